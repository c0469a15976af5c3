"""A coupon that ships for nothing: sold with, counted, credited, and off the goods nothing."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from liveshop_sdk.checkout.coupons.models import Coupon
from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.errors import (
    CouponExistsError,
    CouponInvalidError,
    CouponKindUnsupportedError,
    CouponOverError,
    CouponPausedError,
)
from liveshop_sdk.money import Money
from tests.contracts.coupon_support import drained, silent, states
from tests.contracts.shop_support import Shop

ON_STRIPE = {
    "LIVESHOP_PLATFORM": "stripe",
    "LIVESHOP_STRIPE_API_KEY": "sk_test_1",
    "LIVESHOP_STRIPE_WEBHOOK_SECRETS": "whsec_1",
}


@pytest.fixture
def shop(db: Database, clock: ManualClock) -> Shop:
    shop = Shop(db, clock)
    shop.stock()
    shop.live.sandbox.terms(shipping=490)
    return shop


def shipped(shop: Shop, code: str = "SHIPFREE", **more: Any) -> Coupon:
    return shop.coupon(code, percent_off=None, free_shipping=True, **more)


def test_it_is_made_once_and_listed(shop: Shop) -> None:
    made = shipped(shop, limit=5)
    assert (made.status, made.kind, made.offer) == ("ready", "free_shipping", "free shipping")
    before = shop.counts()
    assert shipped(shop, limit=5) == made == shop.live.coupons.get("shipfree")
    assert shop.live.coupons.list() == [made]
    others: list[Callable[[], object]] = [
        lambda: shop.coupon("SHIPFREE", limit=5),
        lambda: shipped(shop, limit=6),
    ]
    for other in others:
        with pytest.raises(CouponExistsError):
            other()
    twice: tuple[dict[str, Any], ...] = (
        {"percent_off": 10},
        {"percent_off": None, "amount_off": Money(100, "EUR")},
    )
    for more in twice:
        with pytest.raises(CouponInvalidError, match="exactly one"):
            shop.coupon("BOTH", free_shipping=True, **more)
    assert shop.counts() == before


def test_a_sale_with_it_into_exact_postings(shop: Shop) -> None:
    """49.90 at 12 % is 5.988: the shipping of 4.90 never was part of it."""
    shipped(shop, limit=5)
    ref = shop.visit("SHIPFREE")
    page = shop.live.sandbox.checkout(ref)
    assert (page.discount.amount, page.shipping.amount, page.shipping_off.amount) == (0, 0, 490)
    assert page.total == Money(4990, "EUR")
    shop.live.sandbox.pay(ref)
    shop.deliver()
    assert shop.standing() == {
        "brand:commission_expense EUR": 599,
        "creator:mika:pending EUR": -599,
    }
    coupon = shop.live.coupons.get("SHIPFREE")
    assert (coupon.reserved, coupon.used) == (0, 1)
    assert shop.live.platform.coupon_uses(str(coupon.platform_ref)) == 1
    assert shop.live.reconcile().ok


def test_without_it_the_same_cart_pays_the_shipping(shop: Shop) -> None:
    shipped(shop)
    ref = shop.visit("SHIPFREE")
    shop.live.sandbox.apply_code(ref, None)
    page = shop.live.sandbox.checkout(ref)
    assert (page.shipping.amount, page.shipping_off.amount, page.total.amount) == (490, 0, 5480)
    shop.live.sandbox.apply_code(ref, "shipfree")
    assert shop.live.sandbox.checkout(ref).total.amount == 4990
    assert shop.live.sandbox.pay(ref).shipping == 0


def test_it_is_tax_free_and_refunds_go_by_what_was_paid(shop: Shop) -> None:
    """Half of what was paid comes back, so half of 5.99 does: 599 - 299.5 leaves 299."""
    shipped(shop)
    ref = shop.visit("SHIPFREE")
    shop.live.sandbox.pay(ref)
    shop.live.sandbox.refund(ref, 2495)
    shop.deliver()
    assert shop.standing()["creator:mika:pending EUR"] == -299


def test_a_code_typed_at_the_shop_credits_its_creator(shop: Shop) -> None:
    shop.stream("duo", "mika", "ana")
    shipped(shop, stream="duo")
    ref = shop.visit(creator="ana", stream_id="duo")
    shop.live.sandbox.apply_code(ref, "SHIPFREE")
    order = shop.live.sandbox.pay(ref)
    shop.deliver()
    assert shop.standing()["creator:mika:pending EUR"] == -599
    (decision,) = shop.live.explain(order.id).as_json()["decisions"]
    assert (decision["creator"], decision["reason"]) == ("mika", "coupon")


def test_it_is_paused_resumed_and_ended(shop: Shop, clock: ManualClock) -> None:
    shipped(shop)
    token = shop.link("SHIPFREE")
    shop.live.coupons.pause("SHIPFREE")
    with pytest.raises(CouponPausedError):
        shop.live.links.open(token)
    shop.live.coupons.resume("SHIPFREE")
    shop.live.links.open(token)
    with silent(shop, "switch_coupon"):
        assert shop.live.coupons.end("SHIPFREE").waiting == "end"
    assert states(shop) == {"SHIPFREE": "ended"}
    assert drained(shop, clock) == 1
    assert shop.live.coupons.get("SHIPFREE").waiting is None
    with pytest.raises(CouponOverError):
        shop.live.links.open(token)


def test_a_lost_answer_is_made_good(shop: Shop, clock: ManualClock) -> None:
    with silent(shop, "create_coupon"):
        assert shipped(shop).status == "pending"
    clock.advance(timedelta(minutes=2))
    shop.live.worker().drain()
    assert shop.live.coupons.get("SHIPFREE").status == "ready"
    assert len(states(shop)) == 1


def test_a_shop_on_stripe_refuses_it_before_anything_is_stored(
    db: Database, clock: ManualClock
) -> None:
    shop = Shop(db, clock, settings=ON_STRIPE)
    shop.stock()
    before = shop.counts()
    with pytest.raises(CouponKindUnsupportedError) as refused:
        shipped(shop)
    assert refused.value.details() == {"platform": "stripe", "kind": "free_shipping"}
    assert "Give a percentage or an amount off" in str(refused.value)
    with db.transaction() as tx, pytest.raises(CouponKindUnsupportedError):
        shop.live.using(tx).coupons.create(
            "SHIPFREE", stream_id="drop", creator_id="mika", free_shipping=True
        )
    assert shop.counts() == before
