"""How many statements recording takes, and that none of them reads a whole table."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa

from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.facts import OrderPaid
from tests.contracts.shop_support import Shop, refund, sale

GROWING = ("inbox", "outbox", "fact", "order", "checkout", "touch", "commission_line", "posting")


@pytest.fixture
def shop(db: Database, clock: ManualClock) -> Shop:
    shop = Shop(db, clock)
    shop.stock()
    return shop


@contextmanager
def told(shop: Shop) -> Iterator[list[tuple[str, Any]]]:
    """Collect the statements sent meanwhile, each with one set of parameters."""
    seen: list[tuple[str, Any]] = []

    def note(_c: object, _cursor: object, text: str, given: Any, _x: object, many: bool) -> None:
        seen.append((text, given[0] if many else given))

    sa.event.listen(shop.db.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        sa.event.remove(shop.db.engine, "before_cursor_execute", note)


def visited(shop: Shop, number: int) -> OrderPaid:
    return sale(f"o{number}", checkout_id=shop.visit())


def test_a_sale_takes_twenty_statements_and_a_batch_no_more(shop: Shop) -> None:
    shop.record(visited(shop, 0))
    one, many = visited(shop, 1), [visited(shop, number) for number in range(2, 40)]
    with told(shop) as for_one:
        shop.record(one)
    with told(shop) as for_many:
        shop.record(*many)
    assert len(for_many) <= len(for_one) <= 21
    assert shop.live.stats()["entries"] == 40


def test_sqlite_finds_rows_by_index_however_many_there_are(shop: Shop) -> None:
    if shop.db.dialect != "sqlite":
        pytest.skip("PostgreSQL plans by what it knows of the tables")
    shop.record(visited(shop, 1))
    webhooks, tables = shop.live.worker(), [f"ls_{name}" for name in GROWING]
    with told(shop) as seen:
        shop.record(*(visited(shop, number) for number in (2, 3)), refund("o1"))
        webhooks.drain()
    with shop.db.reading() as tx:
        plans = {
            step.detail
            for text, given in seen
            if text.startswith(("SELECT", "UPDATE"))
            for step in tx.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", given)
        }
    read = [plan for plan in plans if any(name in plan for name in tables) or " p " in plan]
    assert read
    whole = [plan for plan in read if plan.startswith("SCAN") and "COVERING" not in plan]
    assert not whole
    assert not [plan for plan in plans if plan.startswith("SEARCH p") and "(book_id=?)" in plan]
    assert any("USING INDEX ix_ls_inbox_due (state=?)" in plan for plan in plans)
