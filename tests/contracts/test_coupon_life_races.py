"""Wishes for a coupon that meet: buyers, creations and workers at the same time."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier, Event
from typing import Any

import pytest

from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.errors import CouponPausedError, SoldOutError
from liveshop_sdk.platforms.sandbox import SandboxPlatform
from tests.contracts.coupon_support import LATER, away, drained, outbox, states
from tests.contracts.shop_support import Shop


@pytest.fixture
def shop(db: Database, clock: ManualClock) -> Shop:
    shop = Shop(db, clock)
    shop.stock()
    return shop


def together(calls: list[Callable[[], Any]]) -> list[Any]:
    start = Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        start.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def test_nobody_gets_in_once_a_pause_is_stored(shop: Shop) -> None:
    """Those who came before it hold a unit; all others were told that it is paused."""
    for n in range(4):
        code = f"RACE{n}"
        shop.coupon(code, limit=6)
        token = shop.link(code)
        held: list[int] = []

        def open_it(token: str = token) -> str:
            try:
                return shop.live.links.open(token).checkout_id
            except (CouponPausedError, SoldOutError) as error:
                return error.code

        def pause(code: str = code, held: list[int] = held) -> str:
            held.append(shop.live.coupons.pause(code).reserved)
            return "paused"

        found = together([*([open_it] * 10), pause])
        opened = [one for one in found if one.startswith("chk_")]
        assert held == [len(opened)]
        assert shop.live.coupons.get(code).reserved == len(opened)


def test_an_end_waits_for_a_creation_under_way(shop: Shop, clock: ManualClock) -> None:
    platform: Any = shop.live.platform
    real, asked, may_go = platform.create_coupon, Event(), Event()

    def slow(params: str, *, key: str) -> str:
        asked.set()
        assert may_go.wait(20)
        return str(real(params, key=key))

    platform.create_coupon = slow
    with ThreadPoolExecutor(1) as pool:
        making = pool.submit(shop.coupon)
        assert asked.wait(20)
        ended = shop.live.coupons.end("MIKA20")
        assert (ended.status, ended.waiting) == ("ended", "end")
        may_go.set()
        assert making.result(20).status == "ended"
    del platform.create_coupon
    assert states(shop) == {"MIKA20": ""}
    assert drained(shop, clock) == 1
    assert states(shop) == {"MIKA20": "ended"}
    assert shop.live.coupons.get("MIKA20").waiting is None


def test_one_who_is_killed_while_telling_is_waited_for(shop: Shop, clock: ManualClock) -> None:
    made = shop.coupon()
    with shop.db.transaction() as tx:
        assert shop.live._rooms.coupons.hold(tx, made.id) is not None
    assert shop.live.coupons.pause("MIKA20").waiting == "pause"
    clock.advance(timedelta(seconds=29))
    assert shop.live.worker().drain().retried == 1
    assert drained(shop, clock) == 1
    assert states(shop) == {"MIKA20": "paused"}


def test_another_shops_worker_tells_nothing_to_its_own_account(
    shop: Shop, db: Database, clock: ManualClock
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SandboxPlatform, "account", "elsewhere")
        other = Shop(db, clock, seed=2)
    platform: Any = other.live.platform
    platform.account = "elsewhere"
    with away(shop, "create_coupon"):
        made = shop.coupon()
    assert drained(other, clock) == 0
    other.live.coupons.attempt(made.id)
    assert (states(shop), shop.live.coupons.get("MIKA20").status) == ({}, "pending")
    assert drained(shop, clock) == 1
    assert (states(shop), shop.live.coupons.get("MIKA20").status) == ({"MIKA20": ""}, "ready")


def test_many_workers_leave_the_last_wish(shop: Shop, clock: ManualClock) -> None:
    shop.coupon()
    for n in range(3):
        with away(shop, "switch_coupon"):
            for wish in ("pause", "resume") if n % 2 else ("resume", "pause", "resume", "pause"):
                getattr(shop.live.coupons, wish)("MIKA20")
        clock.advance(LATER)
        together([lambda: shop.live.worker().drain()] * 4)
        for _ in range(3):
            drained(shop, clock)
        coupon = shop.live.coupons.get("MIKA20")
        assert coupon.waiting is None
        assert states(shop)["MIKA20"] == ("" if coupon.status == "ready" else "paused")
        assert outbox(shop)["pending"] == 0
