"""Checkouts that are open when their coupon's window ends by itself: kept, or ended with it."""

from datetime import timedelta
from typing import Any

import pytest

from liveshop_sdk.checkout import tables as t
from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.errors import SandboxStateError
from tests.contracts.shop_support import START, Shop

ENDS = START + timedelta(minutes=40)
SETTLED = timedelta(seconds=15)


def shop_of(db: Database, clock: ManualClock, **settings: str) -> Shop:
    shop = Shop(db, clock, settings=settings)
    shop.stock()
    shop.coupon(ends_at=ENDS, limit=9)
    return shop


def states(shop: Shop) -> dict[str, Any]:
    return {row["id"]: (row["state"], row["reservation"]) for row in shop.rows(t.checkout)}


def after(shop: Shop, clock: ManualClock, time_passes: timedelta) -> None:
    clock.advance(time_passes)
    shop.deliver()
    shop.sent.clear()
    shop.live.worker().drain()


def test_they_are_ended_where_the_brand_wants_it(db: Database, clock: ManualClock) -> None:
    shop = shop_of(db, clock, LIVESHOP_OPEN_CHECKOUTS="expire")
    clock.advance(ENDS - timedelta(minutes=31) - clock.now())
    early = shop.visit("MIKA20")  # ends by itself, with the window
    clock.advance(timedelta(minutes=21))
    late, paid, plain = shop.visit("MIKA20"), shop.visit("MIKA20"), shop.visit()
    shop.live.sandbox.pay(paid)
    shop.live.sandbox.pay(early)
    after(shop, clock, timedelta(0))
    after(shop, clock, timedelta(minutes=10))
    assert states(shop)[late] == ("open", "held")
    after(shop, clock, SETTLED)
    assert states(shop) == {
        early: ("paid", "used"),
        late: ("closed", "freed"),
        paid: ("paid", "used"),
        plain: ("open", "none"),
    }
    with pytest.raises(SandboxStateError, match="expired"):
        shop.live.sandbox.pay(late)
    coupon = shop.live.coupons.get("MIKA20")
    assert (coupon.reserved, coupon.used) == (0, 2)
    assert shop.live.inbox_state().outbox["pending"] == 0


def test_they_are_kept_otherwise(db: Database, clock: ManualClock) -> None:
    shop = shop_of(db, clock)
    clock.advance(ENDS - timedelta(minutes=10) - clock.now())
    late = shop.visit("MIKA20")
    after(shop, clock, timedelta(minutes=10) + SETTLED)
    assert states(shop) == {late: ("open", "held")}
    assert shop.live.inbox_state().outbox["pending"] == 0


def test_one_that_was_ended_by_hand_before_is_left_alone(db: Database, clock: ManualClock) -> None:
    shop = shop_of(db, clock, LIVESHOP_OPEN_CHECKOUTS="expire")
    clock.advance(ENDS - timedelta(minutes=10) - clock.now())
    late = shop.visit("MIKA20")
    assert shop.live.streams.end("drop").expiring == 1
    after(shop, clock, timedelta(0))
    assert states(shop) == {late: ("closed", "freed")}
    after(shop, clock, timedelta(minutes=10) + SETTLED)
    assert states(shop) == {late: ("closed", "freed")}
    assert shop.live.inbox_state().dead == ()
