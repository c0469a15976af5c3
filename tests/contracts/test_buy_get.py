"""Units for less: offered with a link, sold, counted, credited, and paid back."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from liveshop_sdk.checkout.coupons.models import Coupon
from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.errors import (
    BrandNotOnStreamError,
    CartInvalidError,
    CouponExistsError,
    CouponInvalidError,
    CouponKindUnsupportedError,
    CouponOverError,
    CouponPausedError,
    MixedCurrencyError,
    ProductNotFoundError,
    ProductNotOnPlatformError,
    SandboxCodeRefusedError,
)
from tests.contracts.coupon_support import drained, silent, states
from tests.contracts.shop_support import Shop
from tests.contracts.test_free_shipping import ON_STRIPE

THREE_MUGS = {"sku_mug": 3}
ON_SHOPIFY = {
    "LIVESHOP_PLATFORM": "shopify",
    "LIVESHOP_SHOPIFY_SHOP": "demo-live.myshopify.com",
    "LIVESHOP_SHOPIFY_ADMIN_TOKEN": "shpat_1",
    "LIVESHOP_SHOPIFY_WEBHOOK_SECRETS": "hush",
    "LIVESHOP_SHOPIFY_API_BASE": "http://127.0.0.1:9",
}


@pytest.fixture
def shop(db: Database, clock: ManualClock) -> Shop:
    shop = Shop(db, clock)
    shop.stock()
    return shop


def gift(shop: Shop, code: str = "PLUSONE", **more: Any) -> Coupon:
    given: dict[str, Any] = {"buy": ("sku_mug", 2), "get": ("sku_mug", 1), "per_order": 1}
    return shop.coupon(code, percent_off=None, **{**given, **more})


def test_it_is_made_once_and_listed(shop: Shop) -> None:
    made = gift(shop, limit=5)
    assert (made.status, made.kind) == ("ready", "buy_get")
    assert made.offer == "buy 2 sku_mug, get 1 sku_mug free, once an order"
    before = shop.counts()
    assert gift(shop, limit=5) == made == shop.live.coupons.get("plusone")
    assert shop.live.coupons.list() == [made]
    others: list[dict[str, Any]] = [
        {"per_order": None},
        {"get_percent_off": 50},
        {"buy": ("sku_mug", 3)},
        {"get": ("sku_tee", 1)},
        {"limit": 6},
    ]
    for other in others:
        with pytest.raises(CouponExistsError):
            gift(shop, **{"limit": 5, **other})
    assert shop.counts() == before


def test_what_it_cannot_be(shop: Shop) -> None:
    shop.live.brands.add("tokyo", currency="JPY")
    shop.live.products.add("sku_tabi", title="Tabi", amount=5500, brand="tokyo")
    shop.stream("both", "mika", brands=["main", "tokyo"])
    before = shop.counts()
    cases: list[tuple[type[Exception], dict[str, Any]]] = [
        (ProductNotFoundError, {"get": ("nothing", 1)}),
        (BrandNotOnStreamError, {"get": ("sku_tabi", 1), "stream": "drop"}),
        (MixedCurrencyError, {"get": ("sku_tabi", 1), "stream": "both"}),
        (CouponInvalidError, {"get": None}),
        (CouponInvalidError, {"free_shipping": True}),
        (CouponInvalidError, {"buy": ("sku_mug", 999)}),
    ]
    for error, wrong in cases:
        with pytest.raises(error):
            gift(shop, **({"stream": "both"} | wrong))
    twice: tuple[dict[str, Any], ...] = (
        {"percent_off": 10},
        {"percent_off": None, "amount_off": 100},
    )
    for more in twice:
        with pytest.raises(CouponInvalidError, match="exactly one"):
            shop.coupon("BOTH", buy=("sku_mug", 2), get=("sku_mug", 1), **more)
    assert shop.counts() == before


def test_a_sale_with_it_into_exact_postings(shop: Shop) -> None:
    """A tee at 49.90 and three mugs at 10.00, one free.

    12 % of 49.90 is 5.988, and of 20.00 it is 2.40: 5.99 and 2.40.
    """
    gift(shop, limit=5)
    ref = shop.visit("PLUSONE", items={"sku_tee": 1, **THREE_MUGS})
    page = shop.live.sandbox.checkout(ref)
    assert {line.sku: line.discount for line in page.lines} == {"sku_tee": 0, "sku_mug": 1000}
    order = shop.live.sandbox.pay(ref)
    shop.deliver()
    assert shop.standing() == {
        "brand:commission_expense EUR": 839,
        "creator:mika:pending EUR": -839,
    }
    story = shop.live.explain(order.id).as_json()
    assert {line["sku"]: line["base"]["amount"] for line in story["lines"]} == {
        "sku_tee": 4990,
        "sku_mug": 2000,
    }
    assert story["coupons"] == [
        {
            "code": "PLUSONE",
            "creator": "mika",
            "offer": "buy 2 sku_mug, get 1 sku_mug free, once an order",
            "verdict": "within",
        }
    ]
    coupon = shop.live.coupons.get("PLUSONE")
    assert (coupon.reserved, coupon.used) == (0, 1)
    assert shop.live.platform.coupon_uses(str(coupon.platform_ref)) == 1
    assert shop.live.reconcile().ok
    shop.live.sandbox.refund(ref, lines={"sku_mug": 3})
    shop.deliver()
    assert shop.standing()["creator:mika:pending EUR"] == -599


def test_a_gift_of_another_product_at_half_price(shop: Shop) -> None:
    """A tee and a mug at half of 10.00: bases 49.90 and 5.00, so 5.99 and 0.60."""
    gift(shop, buy=("sku_tee", 1), get=("sku_mug", 1), get_percent_off=50, per_order=None)
    ref = shop.visit("PLUSONE", items={"sku_tee": 1, "sku_mug": 1})
    assert shop.live.sandbox.checkout(ref).total.amount == 5490
    shop.live.sandbox.pay(ref)
    shop.deliver()
    assert shop.standing()["creator:mika:pending EUR"] == -659


def test_a_link_holds_what_its_coupon_asks_for(shop: Shop) -> None:
    gift(shop)
    before = shop.counts()
    for items in ({"sku_tee": 1}, {"sku_mug": 2}):
        with pytest.raises(CartInvalidError) as refused:
            shop.link("PLUSONE", items=items)
        assert str(refused.value) == (
            "A cart cannot have the coupon PLUSONE without what it asks for; expected "
            "a cart for: buy 2 sku_mug, get 1 sku_mug free, once an order."
        )
    assert shop.counts() == before
    shop.link("PLUSONE", items=THREE_MUGS)


def test_a_code_typed_at_the_shop_credits_its_creator(shop: Shop) -> None:
    shop.stream("duo", "mika", "ana")
    gift(shop, stream="duo")
    few = shop.visit(creator="ana", stream_id="duo", items={"sku_mug": 2})
    with pytest.raises(SandboxCodeRefusedError, match="has not what it asks for"):
        shop.live.sandbox.apply_code(few, "PLUSONE")
    ref = shop.visit(creator="ana", stream_id="duo", items=THREE_MUGS)
    shop.live.sandbox.apply_code(ref, "PLUSONE")
    shop.live.sandbox.pay(ref)
    shop.deliver()
    assert shop.standing()["creator:mika:pending EUR"] == -240


def test_it_is_paused_resumed_and_ended(shop: Shop, clock: ManualClock) -> None:
    gift(shop)
    token = shop.link("PLUSONE", items=THREE_MUGS)
    shop.live.coupons.pause("PLUSONE")
    with pytest.raises(CouponPausedError):
        shop.live.links.open(token)
    shop.live.coupons.resume("PLUSONE")
    shop.live.links.open(token)
    with silent(shop, "switch_coupon"):
        assert shop.live.coupons.end("PLUSONE").waiting == "end"
    assert states(shop) == {"PLUSONE": "ended"}
    assert drained(shop, clock) == 1
    with pytest.raises(CouponOverError):
        shop.live.links.open(token)


def test_a_lost_answer_is_made_good(shop: Shop, clock: ManualClock) -> None:
    with silent(shop, "create_coupon"):
        assert gift(shop).status == "pending"
    clock.advance(timedelta(minutes=2))
    shop.live.worker().drain()
    assert shop.live.coupons.get("PLUSONE").status == "ready"
    assert len(states(shop)) == 1


def test_a_shop_on_stripe_refuses_it_before_anything_is_stored(
    db: Database, clock: ManualClock
) -> None:
    shop = Shop(db, clock, settings=ON_STRIPE)
    shop.stock()
    before = shop.counts()
    with pytest.raises(CouponKindUnsupportedError, match="of the kind buy_get"):
        gift(shop)
    assert shop.counts() == before


def test_shopify_wants_a_variant_of_each_product(db: Database, clock: ManualClock) -> None:
    """Nothing is stored either in a transaction of the caller's, who may go on with it."""
    shop = Shop(db, clock, settings=ON_SHOPIFY)
    shop.stock()
    before = shop.counts()
    with pytest.raises(ProductNotOnPlatformError, match="update sku_mug --shopify-variant GID"):
        gift(shop)
    with shop.live.transaction() as tx:
        twin = shop.live.using(tx)
        create: Callable[..., Coupon] = twin.coupons.create
        named = {"stream_id": "drop", "creator_id": "mika"}
        with pytest.raises(ProductNotOnPlatformError):
            create("PLUSONE", **named, buy=("sku_mug", 2), get=("sku_mug", 1))
    assert shop.counts() == before
