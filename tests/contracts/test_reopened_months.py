"""Months that are opened again: what they say, and how they close once more."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.errors import PeriodOrderError
from liveshop_sdk.money import Money
from tests.contracts.shop_support import END, START, Shop, sale

PEOPLE: dict[str, Any] = {"reason": "rate typed wrong", "by": "ulla", "approved_by": "vera"}


def test_an_empty_first_month_that_was_opened_again_is_closed_again(
    db: Database, clock: ManualClock
) -> None:
    shop = Shop(db, clock)
    shop.live.brands.add("main", currency="EUR")
    shop.live.creators.add("kei", rate="10%")
    clock.advance(timedelta(days=70))
    periods = shop.live.periods
    periods.close("2026-10")
    periods.reopen("2026-10", **PEOPLE)
    assert [(one.code, one.status) for one in periods.all()] == [("2026-10", "open")]
    with pytest.raises(PeriodOrderError):
        periods.close("2026-11")
    assert periods.close("2026-10").closing.period.closings == 2
    periods.close("2026-11")
    assert shop.live.ledger.verify().ok


def test_a_sale_of_before_the_first_month_that_was_opened_again_comes_first(
    db: Database, clock: ManualClock
) -> None:
    shop = Shop(db, clock)
    shop.stock()
    span: dict[str, Any] = {"opens_at": START - timedelta(days=9), "closes_at": END}
    shop.live.streams.schedule("early", hosts=["mika"], **span)
    shop.coupon("EARLY", stream="early")
    shop.record(sale("o1", codes=("EARLY",)))
    clock.advance(timedelta(days=70))
    periods = shop.live.periods
    periods.close("2026-10")
    periods.reopen("2026-10", **PEOPLE)
    shop.record(sale("o2", codes=("EARLY",), occurred_at=START - timedelta(days=5)))
    assert [(one.code, one.status) for one in periods.all()] == [
        ("2026-09", "open"),
        ("2026-10", "open"),
    ]
    with pytest.raises(PeriodOrderError):
        periods.close("2026-10")
    for month in ("2026-09", "2026-10"):
        assert periods.close(month).closing.period.status == "closed"
    assert shop.live.ledger.verify().ok


def test_an_account_that_first_moved_in_a_month_that_was_opened_again_is_not_missed(
    db: Database, clock: ManualClock
) -> None:
    clock.set(datetime(2026, 8, 10, tzinfo=UTC))
    live = Shop(db, clock).live
    for creator, month in (("mika", 8), ("ana", 9)):
        clock.set(datetime(2026, month, 10, tzinfo=UTC))
        live.creators.add(creator, rate="10%")
        live.adjustments.adjust(creator, Money(100, "EUR"), **PEOPLE)
    clock.set(datetime(2026, 10, 10, tzinfo=UTC))
    for code in ("2026-08", "2026-09"):
        live.periods.close(code)
    for code in ("2026-09", "2026-08"):
        live.periods.reopen(code, **PEOPLE)
    for code in ("2026-08", "2026-09"):
        live.periods.close(code)
        assert live.ledger.verify().problem == ""
    live.periods.lock("2026-08")
    live.periods.reopen("2026-09", **PEOPLE)
    live.periods.close("2026-09")
    assert live.ledger.verify().ok
