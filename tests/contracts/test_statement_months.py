"""What a statement says of its month: as it was then, and without reading the book for it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from liveshop_sdk.affiliate.ledger.periods import store
from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from tests.contracts.shop_support import Shop, sale
from tests.contracts.statement_support import OCTOBER, october, stocked, written

PEOPLE: dict[str, Any] = {"reason": "rate typed wrong", "by": "ulla", "approved_by": "vera"}


@pytest.fixture
def shop(db: Database, clock: ManualClock) -> Shop:
    """A shop with a sale in October, in November."""
    shop = stocked(db, clock)
    shop.record(sale("o1", codes=("MIKA20",)))
    clock.advance(timedelta(days=40))
    return shop


def status(shop: Shop, seq: int | None = None) -> str:
    return october(shop, as_of_seq=seq).statement.brands[0].period_status


def test_each_step_is_told_from_its_entry_on(shop: Shop) -> None:
    months = shop.live.periods
    assert status(shop) == "open"
    for step in (
        lambda: months.begin(OCTOBER),
        lambda: months.close(OCTOBER),
        lambda: months.reopen(OCTOBER, **PEOPLE),
        lambda: months.begin(OCTOBER),
        lambda: months.close(OCTOBER),
        lambda: months.lock(OCTOBER),
    ):
        step()
    then = ["open", "closing", "closed", "open", "closing", "closed", "locked"]
    last = shop.live.ledger.head().seq
    assert [status(shop, seq) for seq in range(1, last + 1)] == then
    assert status(shop) == "locked"
    november = shop.live.statements.of("mika", period="2026-11").statement.brands[0]
    assert november.period_status == "open"


def test_it_is_the_status_of_the_books_last_entry_that_was_read(shop: Shop) -> None:
    found = october(shop)
    before = written(found, "json")
    shop.live.periods.close(OCTOBER)
    assert written(found, "json") == before
    assert written(october(shop, as_of_seq=1), "json") == before


@contextmanager
def queries(db: Database) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    yield seen
    sa.event.remove(sa.Engine, "before_cursor_execute", note)


def test_the_status_is_looked_up_and_never_searched_for(shop: Shop, db: Database) -> None:
    shop.live.periods.close(OCTOBER)
    with queries(db) as seen:
        assert status(shop) == "closed"
    about = [one for one in seen if "ls_ledger_period" in one or "applies_to_period" in one]
    assert len(about) == 1
    with db.reading() as tx:
        is_sqlite = db.dialect == "sqlite"
        if not is_sqlite:
            tx.exec_driver_sql("SET LOCAL enable_seqscan = off")  # a book of two entries
        found = {"book": 1, "source": "close", "events": ["close:2026-10", "lock:2026-10"]}
        text = store._TAKEN.bindparams(**found).compile(
            dialect=None, compile_kwargs={"literal_binds": True}
        )
        explain = "EXPLAIN QUERY PLAN" if is_sqlite else "EXPLAIN"
        plan = "\n".join(str(row[-1]) for row in tx.exec_driver_sql(f"{explain} {text}"))
    assert "event_id" in plan, plan
    assert "pk_ls_ledger_entry" not in plan, plan
