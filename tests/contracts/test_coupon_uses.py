"""How often the platform counted a coupon is held against the orders that are known."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.errors import PlatformRefusedError, PlatformUnavailableError
from liveshop_sdk.platforms.sandbox import tables as sandbox_tables
from tests.contracts.shop_support import END, Shop


@pytest.fixture
def shop(db: Database, clock: ManualClock) -> Shop:
    shop = Shop(db, clock)
    shop.stock()
    shop.coupon()
    return shop


def told(shop: Shop, **span: Any) -> list[tuple[str, int | None, int, str]]:
    found = shop.live.reconcile(**span)
    return [(one.code, one.uses, one.recorded, one.problem) for one in found.coupons]


def test_a_use_without_a_known_order_is_told_until_it_is_fixed(shop: Shop) -> None:
    for _ in range(2):
        shop.live.sandbox.pay(shop.visit("MIKA20"))
    assert told(shop) == [("MIKA20", 2, 0, "sandbox counts 2 more than orders are known")]
    fixed = shop.live.reconcile(fix=True)
    assert (fixed.fixed, fixed.coupons, fixed.ok) == (2, (), True)
    assert told(shop) == []


def test_a_use_beyond_the_limit_is_recorded_too(shop: Shop) -> None:
    shop.coupon("ONCE", limit=1)
    first = shop.visit("ONCE")
    shop.clock.advance(timedelta(minutes=32))  # its reservation lapses, its page does not
    shop.live.sandbox.pay(shop.visit("ONCE"))
    assert first
    assert [row[0] for row in told(shop)] == ["ONCE"]
    shop.live.reconcile(fix=True)
    assert told(shop) == []


def test_a_coupon_that_is_gone_is_told_unless_it_was_ended(shop: Shop) -> None:
    with shop.db.transaction() as tx:
        tx.execute(sa.delete(sandbox_tables.coupon))
    assert told(shop) == [("MIKA20", None, 0, "sandbox does not have it any more")]
    assert shop.live.reconcile().ok
    shop.live.coupons.end("MIKA20")
    assert told(shop) == []


def test_only_coupons_of_that_time_are_asked_for(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def count(ref: str) -> int:
        asked.append(ref)
        return 9

    monkeypatch.setattr(shop.live.platform, "coupon_uses", count)
    shop.clock.set(END + timedelta(days=30))
    assert told(shop) == []
    assert told(shop, since=END + timedelta(microseconds=1)) == []
    assert asked == []
    late = {"since": END, "until": END + timedelta(days=1)}
    assert told(shop, **late) == [("MIKA20", 9, 0, "sandbox counts 9 more than orders are known")]
    assert len(asked) == 1


def test_fewer_uses_than_orders_are_no_difference(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.live.sandbox.pay(shop.visit("MIKA20"))
    shop.live.reconcile(fix=True)
    monkeypatch.setattr(shop.live.platform, "coupon_uses", lambda _ref: 0)
    assert told(shop) == []


def test_a_platform_that_does_not_tell_is_said_to(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_ref: str) -> int:
        raise PlatformRefusedError(platform="sandbox", problem="no scope", vendor_code="403")

    monkeypatch.setattr(shop.live.platform, "coupon_uses", refuse)
    assert told(shop) == [("MIKA20", None, 0, "sandbox does not tell: no scope")]

    def fail(_ref: str) -> int:
        raise PlatformUnavailableError(platform="sandbox", problem="down")

    monkeypatch.setattr(shop.live.platform, "coupon_uses", fail)
    monkeypatch.setattr("liveshop_sdk.platforms.patience.time.sleep", lambda _seconds: None)
    with pytest.raises(PlatformUnavailableError):
        shop.live.reconcile()
