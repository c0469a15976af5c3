"""What terms of a period count can be made again from facts; a difference is found."""

from contextlib import AbstractContextManager
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from liveshop_sdk.affiliate.windows import tables as t
from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database, Transaction
from tests.contracts.ledger_support import drop_every_guard, tampering
from tests.contracts.period_support import GUARANTEE, eur, shop_with, ten, tiers, true_up
from tests.contracts.shop_support import Shop, line, refund, sale

COUNTED = "is counted otherwise than its facts"
TOTALS = "the totals of a month are not those of its orders"


@pytest.fixture
def shop(db: Database, clock: ManualClock) -> Shop:
    terms = ten(tiers=tiers(), cap_per_month=eur(110_000), guarantee=GUARANTEE)
    shop = shop_with(db, clock, terms)
    shop.record(sale("o1", line(base=1_000_500), codes=("BEN",)), refund("o1", "re_1", 100))
    shop.record(sale("o2", line(base=200_000), codes=("BEN",)))
    true_up(shop, "2026-10")
    return shop


def problem(shop: Shop) -> str:
    return shop.live.ledger.verify().problem


def test_counts_and_book_agree(shop: Shop) -> None:
    assert shop.live.ledger.verify().ok


def test_a_shop_that_goes_on_meanwhile_is_no_fault(
    shop: Shop, db: Database, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between any two looks something is sold, or a month is closed or opened again."""
    clock.set(datetime(2026, 11, 5, tzinfo=UTC))
    steps, reading = iter(range(1_000)), Database.reading
    is_busy = False

    def go_on() -> None:
        nonlocal is_busy
        is_busy, step = True, next(steps)
        if step % 2:
            shop.record(sale(f"n{step}", line(base=1_000), codes=("BEN",)))
        elif step % 4:
            shop.live.periods.close("2026-10")
        else:
            people = {"by": "u1", "approved_by": "u2", "reason": "late invoice"}
            shop.live.periods.reopen("2026-10", **people)
        is_busy = False

    def busily(self: Database) -> AbstractContextManager[Transaction]:
        if not is_busy:
            go_on()
        return reading(self)

    shop.live.periods.close("2026-10")
    monkeypatch.setattr(Database, "reading", busily)
    report = shop.live.ledger.verify()
    assert (report.problem, report.ok) == ("", True)
    assert next(steps) > 10


@pytest.mark.parametrize("column", ["base", "earned", "pending", "hold_until"])
def test_an_order_counted_otherwise_is_found(shop: Shop, db: Database, column: str) -> None:
    with tampering(db) as tx:
        at = t.order.c[column]
        tx.execute(sa.update(t.order).where(t.order.c.order_ref == "o2").values({at: at + 1}))
    assert problem(shop) == f"the order o2 {COUNTED}"


def test_an_order_no_longer_counted_is_found(shop: Shop, db: Database) -> None:
    with tampering(db) as tx:
        tx.execute(sa.delete(t.order).where(t.order.c.order_ref == "o1"))
    assert problem(shop) == f"the order o1 {COUNTED}"


def test_an_order_counted_without_a_line_is_found(shop: Shop, db: Database) -> None:
    with tampering(db) as tx:
        row = dict(tx.execute(sa.select(t.order).limit(1)).mappings().one())
        nothing = {"order_ref": "o9", "base": 0, "earned": 0, "pending": 0}
        tx.execute(sa.insert(t.order), row | nothing)
    assert problem(shop) == "orders are counted whose lines say nothing of it"


def test_other_totals_are_found(shop: Shop, db: Database) -> None:
    with tampering(db) as tx:
        tx.execute(sa.update(t.total).values(earned=t.total.c.earned - 1))
    assert problem(shop) == TOTALS


def test_a_window_said_to_be_released_is_found(shop: Shop, db: Database) -> None:
    with tampering(db) as tx:
        tx.execute(sa.update(t.window).values(released_at=1))
    assert problem(shop) == "tier:ben:v1:EUR:2026-10 does not stand at what it comes to"


@pytest.mark.parametrize(
    ("table", "changed"),
    [
        ("ls_fact", "kind = 'ordered' WHERE fact_key = 'order:o2'"),
        ("ls_fact", "body = 'x' WHERE fact_key = 'order:o2'"),
        ("ls_commission_line", "creator = 'ana' WHERE order_ref = 'o2'"),
        ("ls_commission_line", "terms_version = 9 WHERE order_ref = 'o2'"),
        ("ls_agreement", "rate_bps = rate_bps + 1"),
        ("ls_agreement", "terms = 'x'"),
        ("ls_ledger_book", "timezone = 'Mars/North'"),
    ],
)
def test_rows_that_cannot_be_read_are_a_difference_and_no_crash(
    shop: Shop, db: Database, table: str, changed: str
) -> None:
    drop_every_guard(db)
    with tampering(db) as tx:
        tx.execute(sa.text(f"UPDATE {table} SET {changed}"))
    report = shop.live.ledger.verify()
    assert report.ok is False
    assert report.first_bad_seq is not None
