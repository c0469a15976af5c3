"""Coupons of the Shopify adapter, over real HTTP."""

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from liveshop_sdk.errors import (
    CouponInvalidError,
    PlatformRefusedError,
    PlatformUnavailableError,
)
from liveshop_sdk.money import Money
from liveshop_sdk.platforms.shopify import ShopifyPlatform
from liveshop_sdk.platforms.shopify.coupons import discount_input, share_text
from tests.platforms import shopify_support as support
from tests.platforms.shopify_adapter_support import coupon, oracle_fixture, shop_fixture

__all__ = ["oracle_fixture", "shop_fixture"]

_, RESOLVERS, _ = support.oracle_modules()


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
