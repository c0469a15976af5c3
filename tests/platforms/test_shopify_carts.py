"""Carts of the Shopify adapter, over real HTTP."""

import json
import urllib.request
from typing import Any

import pytest

from liveshop_sdk.checkout.ports import CheckoutItem
from liveshop_sdk.errors import (
    PlatformRefusedError,
    ProductNotOnPlatformError,
)
from liveshop_sdk.facts import OrderPaid
from liveshop_sdk.money import Money
from liveshop_sdk.platforms.shopify import ShopifyPlatform
from tests.platforms import shopify_support as support
from tests.platforms.shopify_adapter_support import (
    coupon,
    open_cart,
    oracle_fixture,
    shop_fixture,
    spoiled,
)

__all__ = ["oracle_fixture", "shop_fixture"]


def test_a_cart_carries_reference_lines_and_code(oracle: Any, shop: ShopifyPlatform) -> None:
    coupon(shop)
    opened = open_cart(shop, coupon_code="MIKA20")
    (cart,) = oracle.carts.values()
    assert opened.url == cart["checkoutUrl"]
    assert opened.platform_ref == cart["token"]
    assert cart["attributes"] == [{"key": "_liveshop", "value": "sealed:chk_1"}]
    assert [(x["merchandiseId"], x["quantity"]) for x in cart["lines"]] == [(support.VARIANT, 2)]
    assert cart["codes"] == ["MIKA20"]


def test_the_stored_parameters_are_the_same_every_time(shop: ShopifyPlatform) -> None:
    params = shop.prepare_checkout(support.checkout_request(coupon_code="MIKA20"))
    assert params == shop.prepare_checkout(support.checkout_request(coupon_code="MIKA20"))
    assert json.loads(params) == {
        "attributes": [{"key": "_liveshop", "value": "sealed:chk_1"}],
        "discountCodes": ["MIKA20"],
        "lines": [{"merchandiseId": support.VARIANT, "quantity": 2}],
    }


def test_from_link_to_paid_order_the_reference_comes_back(
    oracle: Any, shop: ShopifyPlatform
) -> None:
    coupon(shop)
    opened = open_cart(shop, coupon_code="MIKA20")
    (cart,) = oracle.carts.values()
    request = urllib.request.Request(
        f"{oracle.url}/_checkout", json.dumps({"cart_id": cart["id"]}).encode()
    )
    with urllib.request.urlopen(request, timeout=5) as answer:
        order = json.load(answer)
    (fact,) = shop.read(support.delivered(shop, "orders/paid", order))
    assert isinstance(fact, OrderPaid)
    assert fact.checkout_id == "chk_1"
    assert fact.cart_token == opened.platform_ref
    assert fact.codes == ("MIKA20",)
    # 2 x 39.90 less 20 % is 63.84; 19 % inside it are 10.19.
    assert [(line.gross, line.discount, line.tax, line.base) for line in fact.lines] == [
        (7980, 1596, 1019, 5365)
    ]
    assert shop.find_order(fact.order_ref) == (fact,)


def test_a_product_without_a_variant_is_not_on_shopify(oracle: Any, shop: ShopifyPlatform) -> None:
    for refs in ({}, {"stripe": "price_1"}, {"shopify": "50001"}, {"shopify": "gid://x/1"}):
        item = CheckoutItem(
            sku="mug", title="Mug", quantity=1, unit=Money(1250, "EUR"), platform_refs=refs
        )
        with pytest.raises(ProductNotOnPlatformError, match="update mug --shopify-variant GID"):
            shop.prepare_checkout(support.checkout_request(items=(item,)))
    assert oracle.log == []


@pytest.mark.parametrize(
    ("change", "code", "meaning"),
    [
        ({}, "DISCOUNT_NOT_FOUND", "does not know"),
        ({"ends": "2026-02-01T00:00:00Z"}, "DISCOUNT_CURRENTLY_INACTIVE", "not active"),
        ({"used": 10}, "DISCOUNT_USAGE_LIMIT_REACHED", "used up"),
    ],
)
def test_a_code_that_cannot_be_applied_is_refused_with_the_reason(
    oracle: Any, shop: ShopifyPlatform, change: Any, code: str, meaning: str
) -> None:
    if change:
        coupon(shop)
        (discount,) = oracle.discounts.values()
        discount["used"] = change.get("used", 0)
        discount["endsAt"] = change.get("ends", discount["endsAt"])
    with pytest.raises(PlatformRefusedError, match=meaning) as caught:
        open_cart(shop, coupon_code="MIKA20")
    assert caught.value.vendor_code == code


def test_an_unknown_variant_is_refused(oracle: Any, shop: ShopifyPlatform) -> None:
    item = CheckoutItem(
        sku="gone",
        title="Gone",
        quantity=1,
        unit=Money(1, "EUR"),
        platform_refs={"shopify": "gid://shopify/ProductVariant/7"},
    )
    with pytest.raises(PlatformRefusedError, match="does not exist"):
        open_cart(shop, items=(item,))


@pytest.mark.parametrize(
    "url",
    [
        "http://demo-live.myshopify.com/cart/c/x",
        "https://a@evil.example/",
        "https:///x",
        "javascript:alert(1)",
        "https://[x/",
        "https://ü.example/",
        "https://x.example/a b",
    ],
)
def test_a_checkout_address_we_would_not_send_a_buyer_to_is_not_used(
    oracle: Any, shop: ShopifyPlatform, monkeypatch: Any, url: str
) -> None:
    spoiled(monkeypatch, lambda found: found["cart"].update(checkoutUrl=url))
    assert open_cart(shop).url.startswith(f"https://{support.SHOP}/cart/50001:2?")


def test_fewer_units_than_asked_for_is_sold_out(
    oracle: Any, shop: ShopifyPlatform, monkeypatch: Any
) -> None:
    warning = {"code": "MERCHANDISE_NOT_ENOUGH_STOCK", "message": "", "target": "gid://shopify/x/1"}

    def change(found: Any) -> None:
        found["cart"]["totalQuantity"] = 1
        found["warnings"] = [warning]

    spoiled(monkeypatch, change)
    with pytest.raises(PlatformRefusedError, match="does not have all") as caught:
        open_cart(shop)
    assert caught.value.vendor_code == "MERCHANDISE_NOT_ENOUGH_STOCK"


def test_a_private_storefront_token_goes_into_its_own_header(oracle: Any) -> None:
    assert open_cart(support.platform(oracle, storefront_token="shpss_oracle")).platform_ref
    assert "Shopify-Storefront-Private-Token" in oracle.log[-1]["headers"]


@pytest.mark.parametrize(
    ("token", "given", "sent"),
    [
        ("shpss_oracle", "203.0.113.7", "203.0.113.7"),
        ("shpss_oracle", "2001:DB8::7", "2001:db8::7"),
        ("shpss_oracle", "", None),
        ("shpss_oracle", "unix:", None),
        ("shpss_oracle", "203.0.113.7\r\nX: y", None),
        ("sfpub_oracle", "203.0.113.7", None),
    ],
)
def test_the_buyers_address_goes_with_a_private_token_alone(
    oracle: Any, caplog: pytest.LogCaptureFixture, token: str, given: str, sent: str | None
) -> None:
    caplog.set_level(0)
    shop = support.platform(oracle, storefront_token=token)
    shop.open_checkout(
        shop.prepare_checkout(support.checkout_request()), key="chk_1", buyer_ip=given
    )
    assert oracle.log[-1]["headers"].get("Shopify-Storefront-Buyer-IP") == sent
    assert "203.0.113.7" not in caplog.text
    assert "203.0.113.7" not in json.dumps(oracle.log[-1].get("variables"))


def test_the_key_of_a_cart_is_in_no_log(
    oracle: Any, shop: ShopifyPlatform, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    open_cart(shop)
    assert "key=" not in caplog.text
    assert "oracle" not in repr(shop)
