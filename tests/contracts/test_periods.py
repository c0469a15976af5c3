"""Months are closed in order, for good, and everything late goes to the next one."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from liveshop_sdk.affiliate.ledger import tables
from liveshop_sdk.affiliate.ledger.models import EntryDraft, Posting
from liveshop_sdk.affiliate.ledger.periods.months import trial_balance_hash
from liveshop_sdk.affiliate.ledger.verify import VerifyReport, verify
from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database, Transaction
from liveshop_sdk.errors import (
    EntryInvalidError,
    LiveShopError,
    PeriodClosedError,
    PeriodInvalidError,
    PeriodLockedError,
    PeriodNotClosedError,
    PeriodNotOverError,
    PeriodOrderError,
    PersonMissingError,
    SelfApprovalError,
)
from liveshop_sdk.money import Money
from tests.contracts.ledger_support import drop_guards, tampering
from tests.contracts.shop_support import START, Shop, line, refund, sale

NOVEMBER = datetime(2026, 11, 3, 9, tzinfo=UTC)
PEOPLE: dict[str, Any] = {"reason": "rate typed wrong", "by": "ulla", "approved_by": "vera"}


@pytest.fixture
def shop(db: Database, clock: ManualClock) -> Shop:
    """A shop with one October sale of 599 commission, in November."""
    shop = Shop(db, clock)
    shop.stock()
    shop.coupon()
    shop.record(sale("o1", codes=("MIKA20",)))
    clock.advance(NOVEMBER - clock.now())
    return shop


def eur(amount: int) -> Money:
    return Money(amount, "EUR")


def checked(shop: Shop, tx: Transaction) -> VerifyReport:
    return verify(tx, shop.live._rooms.ledger.book(tx, "main"))


def entries(shop: Shop) -> list[tuple[str, str, str | None]]:
    return [(e.kind, e.period, e.applies_to_period) for e in shop.live.ledger.entries()]


def statuses(shop: Shop) -> list[tuple[str, str]]:
    return [(period.code, period.status) for period in shop.live.periods.all()]


def refused(shop: Shop, error: type[LiveShopError], call: Any, *given: Any, **more: Any) -> None:
    before = shop.counts(), shop.standing(), statuses(shop)
    with pytest.raises(error):
        call(*given, **more)
    assert (shop.counts(), shop.standing(), statuses(shop)) == before


def test_a_closed_month_keeps_its_trial_balance(shop: Shop) -> None:
    closing = shop.live.periods.close("2026-10", by="ulla").closing
    assert [row.as_json() for row in closing.balances] == [
        {
            "account": "brand:commission_expense",
            "currency": "EUR",
            "opening": 0,
            "debit": 599,
            "credit": 0,
            "closing": 599,
        },
        {
            "account": "creator:mika:pending",
            "currency": "EUR",
            "opening": 0,
            "debit": 0,
            "credit": 599,
            "closing": -599,
        },
    ]
    assert closing.period.trial_balance_hash == trial_balance_hash(closing.balances).hex()
    assert entries(shop) == [
        ("sale", "2026-10", None),
        ("period_closing", "2026-11", "2026-10"),
        ("period_close", "2026-11", "2026-10"),
    ]
    again = shop.live.periods.close("2026-10").closing
    assert (again.repeated, again.balances) == (True, closing.balances)
    assert again.root_before == closing.root_before
    assert shop.live.ledger.verify().ok


def test_what_is_late_goes_to_the_first_open_month(shop: Shop) -> None:
    shop.live.periods.close("2026-10")
    shop.record(refund("o1", amount=4990), sale("o2", codes=("MIKA20",)))
    late = list(shop.live.ledger.entries())[3:]
    assert [(e.kind, e.effective_date.isoformat(), e.applies_to_period) for e in late] == [
        ("sale", "2026-11-01", "2026-10"),
        ("refund", "2026-11-01", "2026-10"),
    ]
    assert shop.standing() == {
        "brand:commission_expense EUR": 599,
        "creator:mika:pending EUR": -599,
    }
    shop.record(refund("o1", amount=4990))  # a repeat is one, however the months went on
    assert len(list(shop.live.ledger.entries())) == 5
    assert shop.live.ledger.verify().ok


def test_while_closing_sales_go_on_and_true_ups_go_back(shop: Shop) -> None:
    shop.live.periods.begin("2026-10")
    shop.record(sale("o2", codes=("MIKA20",)))
    bonus = EntryDraft(
        kind="tier_true_up",
        source="agreements",
        event_id="tier:1",
        occurred_at=NOVEMBER,
        effective_date=datetime(2026, 10, 31, tzinfo=UTC).date(),
        postings=(
            Posting("brand:tier_bonus_expense", 10, "EUR"),
            Posting("creator:mika:pending", -10, "EUR"),
        ),
    )
    ledger = shop.live._rooms.ledger
    with shop.db.transaction() as tx:
        ledger.post(tx, ledger.book(tx, "main"), bonus)
    closing = shop.live.periods.close("2026-10").closing
    assert [(row.path, row.closing) for row in closing.balances] == [
        ("brand:commission_expense", 599),
        ("brand:tier_bonus_expense", 10),
        ("creator:mika:pending", -609),
    ]
    assert entries(shop)[2:4] == [
        ("sale", "2026-11", "2026-10"),
        ("tier_true_up", "2026-10", None),
    ]
    assert shop.live.ledger.verify().ok


def test_an_entry_that_asks_for_a_closed_month_is_refused(shop: Shop) -> None:
    shop.live.periods.close("2026-10")
    ledger = shop.live._rooms.ledger
    draft = EntryDraft(
        kind="annotation",
        source="manual",
        event_id="annotation:1",
        occurred_at=NOVEMBER,
        effective_date=datetime(2026, 10, 31, tzinfo=UTC).date(),
    )

    def post() -> None:
        with shop.db.transaction() as tx:
            ledger.post(tx, ledger.book(tx, "main"), draft)

    refused(shop, PeriodClosedError, post)
    with shop.db.transaction() as tx:  # a book without any mark: only the trigger is left
        tx.execute(sa.update(tables.head).values(open_from=None))
    with pytest.raises(sa.exc.IntegrityError, match="the period of the entry is not open"):
        post()


def test_months_go_in_order_and_only_when_they_are_over(shop: Shop, clock: ManualClock) -> None:
    periods = shop.live.periods
    refused(shop, PeriodInvalidError, periods.close, "2026-13")
    refused(shop, PeriodInvalidError, periods.close, "oct")
    refused(shop, PeriodOrderError, periods.close, "2026-11")
    refused(shop, PeriodNotClosedError, periods.lock, "2026-10")
    refused(shop, PeriodNotClosedError, periods.reopen, "2026-10", **PEOPLE)
    periods.close("2026-10")
    refused(shop, PeriodNotOverError, periods.close, "2026-11")
    clock.advance(timedelta(days=40))
    periods.close("2026-11")
    assert statuses(shop) == [("2026-10", "closed"), ("2026-11", "closed"), ("2026-12", "open")]
    refused(shop, PeriodOrderError, periods.reopen, "2026-10", **PEOPLE)
    assert [one.code for one in periods.lock("2026-11")] == ["2026-10", "2026-11"]
    assert periods.lock("2026-10") == []
    refused(shop, PeriodLockedError, periods.reopen, "2026-11", **PEOPLE)
    assert shop.live.ledger.verify().ok


def test_no_month_before_the_first_open_one_is_closed(shop: Shop, clock: ManualClock) -> None:
    periods = shop.live.periods
    for step in (periods.begin, periods.close):
        refused(shop, PeriodOrderError, step, "2026-09")  # the book begins in October
    clock.advance(timedelta(days=40))
    periods.close("2026-10")
    periods.close("2026-11")
    for step in (periods.begin, periods.close):
        refused(shop, PeriodOrderError, step, "2026-09")
    shop.record(refund("o1", amount=4990))
    assert entries(shop)[-1] == ("refund", "2026-12", "2026-10")
    assert shop.live.ledger.verify().ok


def test_an_empty_book_is_closed_from_the_month_it_was_opened_in(
    db: Database, clock: ManualClock
) -> None:
    shop = Shop(db, clock)
    shop.live.brands.add("east", currency="EUR", timezone="Asia/Tokyo")
    clock.set(datetime(2026, 10, 31, 15, tzinfo=UTC))  # November in Tokyo
    shop.live.creators.add("kei", rate="10%", brand="east")
    periods = shop.live.periods
    clock.advance(timedelta(days=70))
    for month in ("1999-01", "2026-10"):
        for step in (periods.begin, periods.close):
            refused(shop, PeriodOrderError, step, month, brand="east")
    assert periods.close("2026-11", brand="east").closing.period.status == "closed"
    periods.close("2026-12", brand="east")
    assert shop.live.ledger.verify(brand="east").ok


def test_sales_before_the_book_was_opened_are_closed_in_their_month(
    db: Database, clock: ManualClock
) -> None:
    shop = Shop(db, clock)
    shop.stock()
    span: dict[str, Any] = {
        "opens_at": START - timedelta(days=9),
        "closes_at": START + timedelta(days=9),
    }
    shop.live.streams.schedule("early", hosts=["mika"], **span)
    shop.coupon("EARLY", stream="early")
    refused(shop, PeriodOrderError, shop.live.periods.close, "2026-09")
    shop.record(sale("o1", codes=("EARLY",), occurred_at=START - timedelta(days=5)))
    assert entries(shop) == [("sale", "2026-09", None)]
    assert shop.live.periods.close("2026-09").closing.period.status == "closed"


def test_the_last_closed_month_is_opened_again_by_two_people(shop: Shop) -> None:
    periods = shop.live.periods
    periods.close("2026-10")
    nobody = PEOPLE | {"approved_by": " ULLA "}
    refused(shop, SelfApprovalError, periods.reopen, "2026-10", **nobody)
    refused(shop, PersonMissingError, periods.reopen, "2026-10", **PEOPLE | {"reason": " "})
    refused(shop, EntryInvalidError, periods.reopen, "2026-10", **PEOPLE | {"reason": "a\x1b]0;b"})
    periods.reopen("2026-10", **PEOPLE)
    shop.record(sale("o2", codes=("MIKA20",)))
    assert shop.live.ledger.verify().ok
    closing = periods.close("2026-10").closing
    assert [(row.path, row.closing) for row in closing.balances] == [
        ("brand:commission_expense", 1198),
        ("creator:mika:pending", -1198),
    ]
    assert closing.period.closings == 2
    periods.begin("2026-10")  # a repeat of what is done
    periods.reopen("2026-10", **PEOPLE)
    periods.begin("2026-10")
    periods.reopen("2026-10", **PEOPLE)
    assert periods.close("2026-10").closing.period.closings == 4
    assert shop.live.ledger.verify().ok
    kinds = [entry.event_id for entry in shop.live.ledger.entries() if entry.source == "close"]
    assert len(kinds) == len(set(kinds)) == 10


def test_each_edit_of_what_a_closing_keeps_is_found(shop: Shop) -> None:
    shop.live.periods.close("2026-10")
    drop_guards(shop.db)
    for table in (tables.period, tables.period_balance):
        for column in table.columns:
            with tampering(shop.db, undo=True) as tx:
                row = dict(tx.execute(sa.select(table)).mappings().first() or {})
                old = row[column.name]
                new = {int: 7, str: "2026-09", bytes: b"x" * 32}[type(old)]
                new = {"status": "locked", "currency": "USD"}.get(column.name, new)
                keys = [table.c[name] == row[name] for name in table.primary_key.columns.keys()]  # noqa: SIM118
                tx.execute(sa.update(table).where(*keys).values({column.name: new}))
                report = checked(shop, tx)
            assert not report.ok, column
    with tampering(shop.db, undo=True) as tx:
        tx.execute(sa.delete(tables.period_balance))
        assert not checked(shop, tx).ok
    assert shop.live.ledger.verify().ok


def test_the_balances_of_a_closing_are_never_changed(shop: Shop) -> None:
    shop.live.periods.close("2026-10")
    for statement in (
        sa.update(tables.period_balance).values(debit=1),
        sa.delete(tables.period_balance),
        sa.delete(tables.period),
    ):
        with pytest.raises(sa.exc.IntegrityError), shop.db.transaction() as tx:
            tx.execute(statement)


def test_a_correction_of_a_closed_month_is_dated_now(shop: Shop) -> None:
    shop.live.periods.close("2026-10")
    entry = shop.live.adjustments.correct(1, eur(499), **PEOPLE)
    assert entry is not None
    assert (entry.kind, entry.period, entry.applies_to_period, entry.corrects_seq) == (
        "correction",
        "2026-11",
        "2026-10",
        1,
    )
    assert shop.standing() == {
        "brand:commission_expense EUR": 499,
        "creator:mika:pending EUR": -499,
    }
    shop.record(refund("o1", amount=2495))  # half: 249.5 of the corrected 499, half up
    assert shop.standing() == {
        "brand:commission_expense EUR": 249,
        "creator:mika:pending EUR": -249,
    }
    assert shop.live.adjustments.correct(1, eur(499), **PEOPLE) is None
    assert shop.live.explain("o1").as_json()["lines"][0]["corrected_to"]["amount"] == 499
    assert shop.live.ledger.verify().ok


def test_the_latest_correction_holds_though_the_clock_was_put_back(
    shop: Shop, clock: ManualClock
) -> None:
    entry = shop.live.adjustments.correct(1, eur(300), key="first", **PEOPLE)
    clock.advance(timedelta(minutes=-5))
    again = shop.live.adjustments.correct(1, eur(200), key="second", **PEOPLE)
    assert entry is not None
    assert again is not None
    assert again.occurred_at == entry.occurred_at + timedelta(microseconds=1)
    assert shop.standing()["creator:mika:pending EUR"] == -200
    repeat = shop.live.adjustments.correct(1, eur(200), key="second", **PEOPLE)
    assert repeat is not None
    assert (repeat.seq, repeat.repeated) == (again.seq, True)


def test_two_lines_are_told_apart_by_name(shop: Shop) -> None:
    shop.record(sale("o2", line("a"), line("b", base=1000), codes=("MIKA20",)))
    seq = shop.live.ledger.head().seq
    refused(shop, LiveShopError, shop.live.adjustments.correct, seq, eur(1), **PEOPLE)
    made = shop.live.adjustments.correct(seq, eur(100), line_ref="sandbox:o2/b/mika", **PEOPLE)
    assert made is not None
    assert [(x.account, x.amount) for x in made.postings] == [
        ("brand:commission_expense", -20),
        ("creator:mika:pending", 20),
    ]
