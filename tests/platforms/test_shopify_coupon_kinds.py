"""Free shipping, and units for less, at Shopify over real HTTP and in its orders."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from liveshop_sdk.checkout.coupons.kinds import BuyGet, FreeShipping
from liveshop_sdk.errors import (
    PlatformRefusedError,
    PlatformUnavailableError,
    ProductNotOnPlatformError,
)
from liveshop_sdk.platforms.shopify import ShopifyPlatform
from tests.platforms import shopify_support as support
from tests.platforms.shopify_adapter_support import coupon, oracle_fixture, shop_fixture
from tests.platforms.shopify_reading_support import bases_by_hand, order_of, paid

__all__ = ["oracle_fixture", "shop_fixture"]

_, RESOLVERS, PAY = support.oracle_modules()
SHIPPED: dict[str, Any] = {"percent_bps": None, "gives": FreeShipping()}
MUG, TEE = support.VARIANT, "gid://shopify/ProductVariant/50003"
GIFT: dict[str, Any] = {
    "percent_bps": None,
    "gives": BuyGet(
        buy_sku="mug", buy_units=2, get_sku="tee", get_units=1, get_bps=2995, per_order=3
    ),
    "product_refs": {"mug": MUG, "tee": TEE},
}
kinds = pytest.mark.parametrize(
    ("given", "kind"), [(SHIPPED, "FreeShipping"), (GIFT, "Bxgy")], ids=["shipping", "gift"]
)


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


def test_units_for_less_are_exactly_this_discount(oracle: Any, shop: ShopifyPlatform) -> None:
    coupon(shop, **GIFT, limit=None, per_customer=None)
    (discount,) = oracle.discounts.values()
    assert discount["kind"] == "DiscountCodeBxgy"
    sent = oracle.log[-1]["variables"]["discount"]
    assert sent == {
        "title": "liveshop cpn_1",
        "code": "MIKA20",
        "startsAt": "2026-01-01T00:00:00Z",
        "endsAt": "2090-01-01T00:00:00Z",
        "appliesOncePerCustomer": False,
        "context": {"all": "ALL"},
        "customerBuys": {
            "items": {"products": {"productVariantsToAdd": [MUG]}},
            "value": {"quantity": "2"},
        },
        "customerGets": {
            "items": {"products": {"productVariantsToAdd": [TEE]}},
            "value": {"discountOnQuantity": {"quantity": "1", "effect": {"percentage": 0.2995}}},
        },
        "usesPerOrderLimit": 3,
        "combinesWith": {
            "orderDiscounts": False,
            "productDiscounts": False,
            "shippingDiscounts": True,
        },
    }


def test_what_is_free_is_all_off_and_no_limit_is_not_sent(
    oracle: Any, shop: ShopifyPlatform
) -> None:
    gives = BuyGet(buy_sku="mug", buy_units=2, get_sku="mug", get_units=1)
    coupon(shop, percent_bps=None, gives=gives, product_refs={"mug": MUG})
    sent = oracle.log[-1]["variables"]["discount"]
    got = sent["customerGets"]["value"]["discountOnQuantity"]
    assert got == {"quantity": "1", "effect": {"percentage": 1.0}}
    assert sent["customerBuys"]["items"] == sent["customerGets"]["items"]
    assert "usesPerOrderLimit" not in sent


@pytest.mark.parametrize("refs", [{}, {"mug": MUG}, {"mug": MUG, "tee": "50003"}])
def test_a_product_without_a_variant_is_named(
    oracle: Any, shop: ShopifyPlatform, refs: dict[str, str]
) -> None:
    missing = "tee" if refs else "mug"
    with pytest.raises(ProductNotOnPlatformError, match=f"update {missing} --shopify-variant"):
        coupon(shop, **{**GIFT, "product_refs": refs})
    assert oracle.log == []


@kinds
def test_a_resumed_one_has_the_window_it_had(
    oracle: Any, shop: ShopifyPlatform, given: Any, kind: str
) -> None:
    """Each kind has an update of its own, which needs no product; another's is refused."""
    gid = coupon(shop, **given)
    (discount,) = oracle.discounts.values()
    whole = dict(discount)
    request = replace(support.coupon_request(**given), product_refs={})
    for wish in ("pause", "resume"):
        assert shop.switch_coupon(request, ref=gid, wish=wish, key=wish) == gid
    assert discount == whole | {"updatedAt": discount["updatedAt"]}
    assert f"discountCode{kind}Update" in oracle.log[-1]["query"]


@kinds
@pytest.mark.parametrize("mode", ["lost", "truncated"])
def test_a_lost_answer_is_looked_up(
    oracle: Any, shop: ShopifyPlatform, mode: str, given: Any, kind: str
) -> None:
    oracle.fail(mode, match=f"discountCode{kind}Create")
    gid = coupon(shop, **given)
    assert gid == coupon(shop, **given)
    assert [one["kind"] for one in oracle.discounts.values()] == [f"DiscountCode{kind}"]


@kinds
def test_a_lost_answer_that_cannot_be_looked_up_is_settled_by_the_retry(
    oracle: Any, shop: ShopifyPlatform, given: Any, kind: str
) -> None:
    oracle.fail("lost", 2)
    with pytest.raises(PlatformUnavailableError):
        coupon(shop, **given)
    assert coupon(shop, **given).startswith("gid://shopify/DiscountCodeNode/")
    assert [one["kind"] for one in oracle.discounts.values()] == [f"DiscountCode{kind}"]


@kinds
def test_a_code_is_of_one_coupon(oracle: Any, shop: ShopifyPlatform, given: Any, kind: str) -> None:
    coupon(shop, **given)
    for other in ({"percent_bps": 2000}, given):
        with pytest.raises(PlatformRefusedError, match="belongs to another"):
            coupon(shop, coupon_id="cpn_2", **other)
    assert [one["kind"] for one in oracle.discounts.values()] == [f"DiscountCode{kind}"]


@kinds
def test_what_shopify_finds_wrong_is_refused_in_its_words(
    oracle: Any, shop: ShopifyPlatform, given: Any, kind: str
) -> None:
    request = support.coupon_request(**given)
    ends_at = request.starts_at - timedelta(days=1)
    with pytest.raises(PlatformRefusedError, match="Ends at needs to be after"):
        coupon(shop, **given, ends_at=ends_at)
    assert f"discountCode{kind}Create" in oracle.log[-1]["query"]
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


def test_what_came_off_the_units_got_came_off_their_line_alone() -> None:
    """Two shirts at 25.00 and three mugs at 9.99, one of them free."""
    order = order_of(
        lines=[
            {"id": 1, "price": "25.00", "quantity": 2, "variant_id": 50001},
            {"id": 2, "price": "9.99", "quantity": 3, "variant_id": 50003},
        ],
        tax_rate="0",
    )
    bag = PAY._Money(order).bag(Decimal("9.99"))
    order["discount_codes"] = [{"code": "PLUSONE", "amount": "9.99", "type": "percentage"}]
    order["discount_applications"] = [
        {
            "target_type": "line_item",
            "type": "discount_code",
            "value": "100.0",
            "value_type": "percentage",
            "allocation_method": "each",
            "target_selection": "entitled",
            "code": "PLUSONE",
        }
    ]
    order["line_items"][1]["discount_allocations"] = [
        {"amount": "9.99", "amount_set": bag, "discount_application_index": 0}
    ]
    for name in ("total_price_set", "current_total_price_set"):
        total = Decimal(order[name]["shop_money"]["amount"]) - Decimal("9.99")
        order[name] = PAY._Money(order).bag(total)
    fact = paid(order)
    assert [(line.gross, line.discount, line.base) for line in fact.lines] == [
        (5000, 0, 5000),
        (2997, 999, 1998),
    ]
    assert (fact.total, fact.codes) == (5000 + 1998 + 490, ("PLUSONE",))
