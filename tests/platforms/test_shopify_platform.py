"""Carts, coupons, tokens and checks of the Shopify adapter, over real HTTP."""

import json
import socket
import threading
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from liveshop_sdk.checkout.ports import CheckoutItem
from liveshop_sdk.clock import ManualClock
from liveshop_sdk.errors import (
    CouponInvalidError,
    PlatformRefusedError,
    PlatformUnavailableError,
    ProductNotOnPlatformError,
    SettingsInvalidError,
)
from liveshop_sdk.facts import OrderPaid
from liveshop_sdk.money import Money
from liveshop_sdk.platforms.shopify import ShopifyPlatform
from liveshop_sdk.platforms.shopify.coupons import discount_input, share_text
from liveshop_sdk.platforms.shopify.transport import Wire
from tests.platforms import shopify_support as support

_, RESOLVERS, PAY = support.oracle_modules()


@pytest.fixture
def oracle() -> Iterator[Any]:
    with support.running_oracle() as running:
        yield running


@pytest.fixture
def shop(oracle: Any) -> ShopifyPlatform:
    return support.platform(oracle)


def coupon(shop: ShopifyPlatform, **given: Any) -> str:
    request = support.coupon_request(**given)
    return shop.create_coupon(shop.prepare_coupon(request), key=request.coupon_id)


def open_cart(shop: ShopifyPlatform, **given: Any) -> Any:
    return shop.open_checkout(shop.prepare_checkout(support.checkout_request(**given)), key="chk_1")


# --- checkout


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
        with pytest.raises(ProductNotOnPlatformError, match="'mug'"):
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


def spoiled(monkeypatch: Any, change: Any, answer: str = "cart_answer") -> None:
    plain = getattr(RESOLVERS, answer)

    def other(*args: Any, **given: Any) -> Any:
        found = plain(*args, **given)
        change(found)
        return found

    monkeypatch.setattr(RESOLVERS, answer, other)


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
def test_a_checkout_address_we_would_not_send_a_buyer_to_is_refused(
    oracle: Any, shop: ShopifyPlatform, monkeypatch: Any, url: str
) -> None:
    spoiled(monkeypatch, lambda found: found["cart"].update(checkoutUrl=url))
    with pytest.raises(PlatformUnavailableError, match="cart cannot be read"):
        open_cart(shop)


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


def test_the_carts_service_being_down_is_worth_another_try(
    oracle: Any, shop: ShopifyPlatform, monkeypatch: Any
) -> None:
    error = {"code": "SERVICE_UNAVAILABLE", "message": "down", "field": None}
    spoiled(monkeypatch, lambda found: found.update(cart=None, userErrors=[error]))
    with pytest.raises(PlatformUnavailableError):
        open_cart(shop)


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


# --- coupons


def test_a_percentage_coupon_is_exactly_this_discount(oracle: Any, shop: ShopifyPlatform) -> None:
    gid = coupon(shop, percent_bps=1250)
    (discount,) = oracle.discounts.values()
    assert gid == f"gid://shopify/DiscountCodeNode/{discount['id']}"
    assert oracle.log[-1]["variables"]["discount"] == {
        "title": "liveshop cpn_1",
        "code": "MIKA20",
        "startsAt": "2026-01-01T00:00:00Z",
        "endsAt": "2090-01-01T00:00:00Z",
        "usageLimit": 10,
        "appliesOncePerCustomer": True,
        "context": {"all": "ALL"},
        "customerGets": {"items": {"all": True}, "value": {"percentage": 0.125}},
        "combinesWith": {
            "orderDiscounts": False,
            "productDiscounts": False,
            "shippingDiscounts": True,
        },
    }


def test_an_amount_coupon_is_exact_text_off_the_order(oracle: Any, shop: ShopifyPlatform) -> None:
    coupon(shop, percent_bps=None, amount_off=Money(500, "EUR"), limit=None, per_customer=2)
    sent = oracle.log[-1]["variables"]["discount"]
    assert sent["customerGets"]["value"] == {
        "discountAmount": {"amount": "5.00", "appliesOnEachItem": False}
    }
    assert "usageLimit" not in sent
    assert sent["appliesOncePerCustomer"] is False


def test_every_rate_survives_the_way_through_a_float() -> None:
    for bps in range(1, 10_001):
        sent: Any = discount_input({"customerGets": {"value": {"percentage": share_text(bps)}}})
        assert Decimal(json.dumps(sent["customerGets"]["value"]["percentage"])) * 10_000 == bps


def test_creating_twice_is_one_discount(oracle: Any, shop: ShopifyPlatform) -> None:
    assert coupon(shop) == coupon(shop)
    assert len(oracle.discounts) == 1


def test_an_amount_in_another_currency_than_the_shops_is_refused(
    oracle: Any, shop: ShopifyPlatform
) -> None:
    """Shopify would take five dollars for five euros."""
    abroad = support.coupon_request(percent_bps=None, amount_off=Money(500, "USD"))
    home = support.coupon_request(percent_bps=None, amount_off=Money(500, "EUR"))
    before_it_is_known = shop.prepare_coupon(abroad)
    with pytest.raises(PlatformRefusedError, match="sells in EUR, and USD is promised"):
        shop.create_coupon(before_it_is_known, key="cpn_1")
    assert oracle.discounts == {}
    with pytest.raises(CouponInvalidError, match="sells in EUR"):
        shop.prepare_coupon(abroad)
    assert shop.create_coupon(shop.prepare_coupon(home), key="cpn_1").startswith("gid://")
    shop.create_coupon(shop.prepare_coupon(home), key="cpn_1")
    assert sum("LiveshopShop" in one["query"] for one in oracle.log) == 1


def test_a_code_of_another_discount_is_refused(oracle: Any, shop: ShopifyPlatform) -> None:
    coupon(shop)
    for other in ("cpn_2", "cpn", "cpn_11"):
        with pytest.raises(PlatformRefusedError, match="belongs to another") as caught:
            coupon(shop, coupon_id=other)
        assert caught.value.vendor_code == "TAKEN"
    assert len(oracle.discounts) == 1


@pytest.mark.parametrize("mode", ["lost", "truncated"])
def test_a_lost_answer_is_looked_up(oracle: Any, shop: ShopifyPlatform, mode: str) -> None:
    oracle.fail(mode, match="discountCodeBasicCreate")
    gid = coupon(shop)
    assert gid == coupon(shop)
    assert len(oracle.discounts) == 1


def test_a_lost_answer_that_cannot_be_looked_up_is_settled_by_the_retry(
    oracle: Any, shop: ShopifyPlatform
) -> None:
    oracle.fail("lost", 2)
    with pytest.raises(PlatformUnavailableError):
        coupon(shop)
    assert coupon(shop).startswith("gid://shopify/DiscountCodeNode/")
    assert len(oracle.discounts) == 1


def test_an_answer_that_cannot_be_read_is_looked_up_like_a_lost_one(
    oracle: Any, shop: ShopifyPlatform, monkeypatch: Any
) -> None:
    plain = RESOLVERS.admin_discountCodeBasicCreate

    def nameless(*args: Any, **given: Any) -> Any:
        plain(*args, **given)
        return {"codeDiscountNode": None, "userErrors": []}

    monkeypatch.setattr(RESOLVERS, "admin_discountCodeBasicCreate", nameless)
    assert coupon(shop).startswith("gid://shopify/DiscountCodeNode/")
    assert len(oracle.discounts) == 1


def test_a_request_that_never_arrived_is_reported(oracle: Any, shop: ShopifyPlatform) -> None:
    oracle.fail("drop", match="discountCodeBasicCreate")
    with pytest.raises(PlatformUnavailableError):
        coupon(shop)
    assert oracle.discounts == {}


def test_what_shopify_finds_wrong_is_refused_in_its_words(
    oracle: Any, shop: ShopifyPlatform
) -> None:
    request = support.coupon_request()
    backwards = support.coupon_request(ends_at=request.starts_at - timedelta(days=1))
    with pytest.raises(PlatformRefusedError, match="Ends at needs to be after") as caught:
        shop.create_coupon(shop.prepare_coupon(backwards), key="cpn_1")
    assert caught.value.vendor_code == "END_DATE_BEFORE_START_DATE"
    assert oracle.discounts == {}


# --- tokens


def by_credentials(oracle: Any, clock: ManualClock, secret: str = "hush") -> ShopifyPlatform:
    return support.platform(
        oracle, admin_token="", client_id="client", client_secret=secret, clock=clock
    )


def trades(oracle: Any) -> int:
    return sum(entry["path"] == "/admin/oauth/access_token" for entry in oracle.log)


def test_client_credentials_are_traded_once_a_day(oracle: Any) -> None:
    clock = ManualClock(support.NOW)
    shop = by_credentials(oracle, clock)
    shop.find_order("1")
    clock.advance(timedelta(hours=23, minutes=54))
    shop.find_order("1")
    assert trades(oracle) == 1
    clock.advance(timedelta(minutes=2))
    shop.find_order("1")
    assert trades(oracle) == 2


def test_many_threads_trade_once(oracle: Any) -> None:
    shop = by_credentials(oracle, ManualClock(support.NOW))
    gate = threading.Barrier(8)

    def ask(_: int) -> object:
        gate.wait()
        return shop.find_order("1")

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, range(8))) == [()] * 8
    assert trades(oracle) == 1


def test_no_thread_waits_for_a_token_beyond_its_call() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=64) as silent:
        wire = Wire(timeouts=(0.5, 0.5), patience=0.5, trust_env=False)
        shop = support.platform(
            None,
            api_base=f"http://127.0.0.1:{silent.getsockname()[1]}",
            admin_token="",
            client_id="client",
            client_secret="hush",
            wire=wire,
        )

        def ask(_: int) -> float:
            start = time.monotonic()
            with pytest.raises(PlatformUnavailableError):
                shop.find_order("1")
            return time.monotonic() - start

        with ThreadPoolExecutor(8) as pool:
            assert max(pool.map(ask, range(8))) < 2


def test_a_revoked_token_is_renewed_once_and_no_more(oracle: Any) -> None:
    shop = by_credentials(oracle, ManualClock(support.NOW))
    shop.find_order("1")
    oracle.tokens.clear()
    assert shop.find_order("1") == ()
    assert trades(oracle) == 2
    oracle.fail("401", 5)
    with pytest.raises(PlatformRefusedError, match="token is not accepted"):
        shop.find_order("1")
    assert trades(oracle) == 3


def test_a_given_token_that_is_refused_is_the_end(oracle: Any) -> None:
    shop = support.platform(oracle, admin_token="shpat_old")
    with pytest.raises(PlatformRefusedError, match="token is not accepted"):
        shop.find_order("1")
    assert len(oracle.log) == 1


def test_wrong_credentials_are_refused_without_being_told(oracle: Any) -> None:
    shop = by_credentials(oracle, ManualClock(support.NOW), secret="not-this-one")
    with pytest.raises(PlatformRefusedError, match="not accepted") as caught:
        shop.find_order("1")
    assert "not-this-one" not in str(caught.value)


# --- mode, checks, settings


def test_loopback_is_test_mode_without_asking(oracle: Any, shop: ShopifyPlatform) -> None:
    assert shop.mode == "test"
    assert oracle.log == []


def test_a_development_shop_is_asked_once(
    oracle: Any, shop: ShopifyPlatform, monkeypatch: Any
) -> None:
    monkeypatch.setattr(shop, "_loopback", False)
    oracle.fail("503")
    with pytest.raises(PlatformUnavailableError):
        _ = shop.mode
    assert [shop.mode, shop.mode] == ["test", "test"]
    assert len(oracle.log) == 2


def test_any_other_shop_is_live(oracle: Any, shop: ShopifyPlatform, monkeypatch: Any) -> None:
    spoiled(monkeypatch, lambda s: s["plan"].update(partnerDevelopment=False), "admin_shop")
    monkeypatch.setattr(shop, "_loopback", False)
    assert shop.mode == "live"


def found(shop: ShopifyPlatform) -> dict[str, bool]:
    return {finding.name.removeprefix("shopify "): finding.ok for finding in shop.check()}


def test_all_is_well_with_a_shop_that_is_set_up(
    oracle: Any, shop: ShopifyPlatform, caplog: pytest.LogCaptureFixture
) -> None:
    assert found(shop) == {
        "admin token": True,
        "shop": True,
        "scopes": True,
        "api version": True,
        "storefront token": True,
        "webhook secret": True,
    }
    assert caplog.text == ""


def test_each_thing_that_is_wrong_is_found_with_its_fix(oracle: Any, monkeypatch: Any) -> None:
    spoiled(monkeypatch, lambda s: s.update(accessScopes=[]), "admin_currentAppInstallation")
    oracle.shop = "other.myshopify.com"
    shop = support.platform(oracle, storefront_token="wrong", webhook_secrets=[])
    assert found(shop) == {
        "admin token": True,
        "shop": False,
        "scopes": False,
        "api version": True,
        "storefront token": False,
        "webhook secret": False,
    }
    assert all(finding.fix for finding in shop.check() if not finding.ok)
    assert found(support.platform(oracle, admin_token="wrong"))["admin token"] is False


def test_an_answer_by_another_version_is_told(
    oracle: Any, shop: ShopifyPlatform, caplog: pytest.LogCaptureFixture
) -> None:
    shop._admin._version = shop._version = "2027-01"
    assert not found(shop)["api version"]
    assert found(shop)
    assert caplog.messages == ["Shopify answered with API 2026-10 instead of 2027-01"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"shop": "shop.example.com"},
        {"shop": "evil.com#.myshopify.com"},
        {"shop": "Demo.myshopify.com"},
        {"shop": "a b.myshopify.com"},
        {"shop": "demo.myshopify.com\n"},
        {"shop": "demo.myshopify.com.evil.example"},
        {"api_version": "2026-13"},
        {"api_version": "2026-04"},
        {"api_version": "unstable"},
        {"api_base": "http://example.com"},
        {"api_base": "https://127.0.0.1.evil.example"},
        {"api_base": "http://127.0.0.1@evil.example"},
        {"api_base": "http://[x"},
        {"admin_token": ""},
        {"admin_token": "x\ny"},
        {"storefront_token": ""},
        {"storefront_token": "é"},
    ],
)
def test_settings_that_cannot_work_are_refused_at_once(oracle: Any, wrong: Any) -> None:
    with pytest.raises(SettingsInvalidError):
        support.platform(oracle, **wrong)
    assert oracle.log == []


def test_two_shops_in_one_process_share_nothing(oracle: Any) -> None:
    with support.running_oracle() as other:
        other.tokens = {"shpat_other": None}
        here = support.platform(oracle)
        there = support.platform(other, admin_token="shpat_other")
        with ThreadPoolExecutor(8) as pool:
            shops = [here, there] * 20
            assert list(pool.map(lambda one: one.find_order("1"), shops)) == [()] * 40
        for log in (oracle.log, other.log):
            assert {entry["status"] for entry in log} == {200}
