"""Free shipping at Shopify, over real HTTP, and in the orders that used it."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from liveshop_sdk.checkout.coupons.kinds import FreeShipping
from liveshop_sdk.errors import PlatformRefusedError, PlatformUnavailableError
from liveshop_sdk.platforms.shopify import ShopifyPlatform
from tests.platforms import shopify_support as support
from tests.platforms.shopify_adapter_support import coupon, oracle_fixture, shop_fixture
from tests.platforms.shopify_reading_support import bases_by_hand, order_of, paid

__all__ = ["oracle_fixture", "shop_fixture"]

_, RESOLVERS, PAY = support.oracle_modules()
SHIPPED: dict[str, Any] = {"percent_bps": None, "gives": FreeShipping()}


def test_free_shipping_is_exactly_this_discount(oracle: Any, shop: ShopifyPlatform) -> None:
    gid = coupon(shop, **SHIPPED)
    (discount,) = oracle.discounts.values()
    assert (discount["kind"], gid.rpartition("/")[2]) == (
        "DiscountCodeFreeShipping",
        str(discount["id"]),
    )
    assert oracle.log[-1]["variables"]["discount"] == {
        "title": "liveshop cpn_1",
        "code": "MIKA20",
        "startsAt": "2026-01-01T00:00:00Z",
        "endsAt": "2090-01-01T00:00:00Z",
        "usageLimit": 10,
        "appliesOncePerCustomer": True,
        "context": {"all": "ALL"},
        "destination": {"all": True},
        "combinesWith": {
            "orderDiscounts": True,
            "productDiscounts": True,
            "shippingDiscounts": False,
        },
    }


def test_a_resumed_one_has_the_window_it_had(oracle: Any, shop: ShopifyPlatform) -> None:
    """Each kind has an update of its own; another kind's would be refused by Shopify."""
    gid = coupon(shop, **SHIPPED)
    (discount,) = oracle.discounts.values()
    window = discount["startsAt"], discount["endsAt"]
    request = support.coupon_request(**SHIPPED)
    for wish in ("pause", "resume"):
        assert shop.switch_coupon(request, ref=gid, wish=wish, key=wish) == gid
    assert (discount["startsAt"], discount["endsAt"]) == window
    assert "discountCodeFreeShippingUpdate" in oracle.log[-1]["query"]


@pytest.mark.parametrize("mode", ["lost", "truncated"])
def test_a_lost_answer_is_looked_up(oracle: Any, shop: ShopifyPlatform, mode: str) -> None:
    oracle.fail(mode, match="mutation LiveshopCoupon")
    gid = coupon(shop, **SHIPPED)
    assert gid == coupon(shop, **SHIPPED)
    assert len(oracle.discounts) == 1


def test_a_lost_answer_that_cannot_be_looked_up_is_settled_by_the_retry(
    oracle: Any, shop: ShopifyPlatform
) -> None:
    oracle.fail("lost", 2)
    with pytest.raises(PlatformUnavailableError):
        coupon(shop, **SHIPPED)
    assert coupon(shop, **SHIPPED).startswith("gid://shopify/DiscountCodeNode/")
    assert len(oracle.discounts) == 1


def test_a_code_is_of_one_kind(oracle: Any, shop: ShopifyPlatform) -> None:
    coupon(shop)
    with pytest.raises(PlatformRefusedError, match="belongs to another"):
        coupon(shop, coupon_id="cpn_2", **SHIPPED)
    assert len(oracle.discounts) == 1


def test_what_shopify_finds_wrong_is_refused_in_its_words(
    oracle: Any, shop: ShopifyPlatform
) -> None:
    request = support.coupon_request(**SHIPPED)
    ends_at = request.starts_at - timedelta(days=1)
    with pytest.raises(PlatformRefusedError, match="Ends at needs to be after"):
        coupon(shop, **SHIPPED, ends_at=ends_at)
    assert oracle.discounts == {}


# --- in orders


@pytest.mark.parametrize("is_included", [True, False])
@pytest.mark.parametrize("shipping_told", ["after discounts", "before discounts"])
def test_what_came_off_shipping_came_off_no_goods(shipping_told: str, is_included: bool) -> None:
    lines = [
        {"id": 1, "price": "25.00", "quantity": 2, "variant_id": 50001},
        {"id": 2, "price": "9.99", "quantity": 1, "variant_id": 50003},
    ]
    spec: dict[str, Any] = {"lines": lines, "taxes_included": is_included}
    plain = paid(order_of(**spec, id=7))
    order = order_of(**spec, id=7, discounts=[{"code": "SHIPFREE", "shipping": True}])
    (application,) = order["discount_applications"]
    assert (application["target_type"], application["type"]) == ("shipping_line", "discount_code")
    if shipping_told == "before discounts":
        order["total_shipping_price_set"] = PAY._Money(order).bag(Decimal("4.90"))
    order["shipping_lines"][0]["discount_allocations"] = [
        {"amount": "4.90", "amount_set": PAY._Money(order).bag(Decimal("4.90"))}
        | {"discount_application_index": 0}
    ]
    fact = paid(order)
    assert fact.lines == plain.lines
    assert [line.discount for line in fact.lines] == [0, 0]
    by_hand = {ref: base * 100 for ref, base in bases_by_hand(order).items()}
    assert {line.ref: line.base for line in fact.lines} == by_hand
    assert (plain.total - fact.total, fact.codes) == (490, ("SHIPFREE",))


def test_beside_a_code_for_goods_only_that_one_lowers_the_base() -> None:
    both = [{"code": "MIKA20", "percent": "20"}, {"code": "SHIPFREE", "shipping": True}]
    fact = paid(order_of(discounts=both, tax_rate="0"))
    (line,) = fact.lines
    assert (line.gross, line.discount, line.base, fact.total) == (5000, 1000, 4000, 4000)
    assert fact.codes == ("MIKA20", "SHIPFREE")
