"""Somebody with the database's password and a driver of their own, triggers on.

SQLite has foreign keys and recursive triggers off on such a connection, so
that what a key would refuse and what REPLACE deletes is up to the triggers.
"""

# ruff: noqa: PT012 - a stranger's connection that is refused has several statements

import sqlite3
from datetime import timedelta
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from liveshop_sdk.affiliate import triggers as affiliate
from liveshop_sdk.affiliate.attribution import Policy
from liveshop_sdk.affiliate.ledger import tables, triggers
from liveshop_sdk.affiliate.ledger.models import Balance, Book
from liveshop_sdk.affiliate.ledger.service import Ledger
from liveshop_sdk.affiliate.ledger.verify import verify
from liveshop_sdk.checkout import triggers as checkout
from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database, metadata
from liveshop_sdk.db.inserts import add_if_absent
from liveshop_sdk.events import triggers as events
from liveshop_sdk.money import Money, Rate
from liveshop_sdk.registry import triggers as registry
from tests.contracts import ledger_support as support
from tests.contracts.ledger_support import EXPENSE, opened, sale, stranger
from tests.contracts.shop_support import END, START, Shop
from tests.contracts.shop_support import sale as paid

REFUSALS = (sqlite3.IntegrityError, psycopg.errors.CheckViolation, psycopg.errors.RaiseException)
GUARDS = {
    **registry.TABLES,
    **events.TABLES,
    **checkout.TABLES,
    **affiliate.TABLES,
    **triggers.NEVER_REPLACED,
}
REPLACED = sorted({*GUARDS, "ls_ledger_entry"})
POSTING = (
    "INSERT INTO ls_ledger_posting SELECT {book}, {seq}, 7, account_id, currency, 400, 400,"
    " line_ref, null, null FROM ls_ledger_posting WHERE amount < 0 AND seq = 1 LIMIT 1"
)


@pytest.fixture
def book(db: Database) -> Book:
    ledger = Ledger(support.clock())
    made = opened(db, ledger)
    opened(db, ledger, "other")
    with db.transaction() as tx:
        ledger.post_many(tx, made, [sale(1), sale(2)])
    return made


def balances(db: Database, book: Book) -> list[Balance]:
    with db.reading() as tx:
        return Ledger(support.clock()).balances(tx, book)


# --- postings of their own


@pytest.mark.parametrize("seq", ["0", "-1", "1", "2"])
def test_a_number_that_is_used_up_or_none_takes_no_posting(
    db: Database, book: Book, seq: str
) -> None:
    with pytest.raises(REFUSALS, match="sealed"), stranger(db) as execute:
        execute(POSTING.format(book=book.id, seq=seq))
    assert support.counts(db)[4] == 4


@pytest.mark.parametrize("seq", [1, 3, 1000])
def test_a_book_that_is_not_there_takes_no_posting(db: Database, book: Book, seq: int) -> None:
    with pytest.raises(REFUSALS, match="ls_ledger: the"), stranger(db) as execute:
        execute(POSTING.format(book=999, seq=seq))
    assert support.counts(db)[4] == 4


def test_another_book_s_account_takes_no_posting(db: Database, book: Book) -> None:
    with db.reading() as tx:
        other = Ledger(support.clock()).book(tx, "other")
    with pytest.raises(REFUSALS, match="account of its book"), stranger(db) as execute:
        execute(POSTING.format(book=other.id, seq=1))
    assert support.counts(db)[4] == 4


@pytest.mark.parametrize("column", ["seq", "line_no", "amount", "balance_after"])
@pytest.mark.parametrize("value", ["'x'", "3.5", "x'00'"])
def test_what_is_no_whole_number_is_refused(
    db: Database, book: Book, column: str, value: str
) -> None:
    if db.dialect != "sqlite":
        pytest.skip("only SQLite keeps any type in any column")
    columns = [each.name for each in tables.posting.columns]
    chosen = [{"seq": "3", column: value}.get(name, name) for name in columns]
    with pytest.raises(REFUSALS), stranger(db) as execute:
        execute("PRAGMA ignore_check_constraints = ON")
        execute(
            f"INSERT INTO ls_ledger_posting SELECT {', '.join(chosen)}"
            " FROM ls_ledger_posting LIMIT 1"
        )
    assert support.counts(db)[4] == 4


def test_a_posting_without_its_entry_counts_nowhere_and_is_named(db: Database, book: Book) -> None:
    """SQLite cannot refuse it: postings come first, and its foreign key is off there."""
    if db.dialect != "sqlite":
        pytest.skip("PostgreSQL refuses it at commit")
    before = balances(db, book)
    with stranger(db) as execute:
        execute(POSTING.format(book=book.id, seq=900))
    assert balances(db, book) == before
    with db.transaction() as tx:
        journal = Ledger(support.clock()).journal(tx, book)
        assert journal.balance("creator:mika:pending", "EUR") == -2400
        assert journal.posted(["1/L1"])["1/L1", "creator:mika:pending", "EUR"] == -1200
    report = verify(db, book)
    assert (report.ok, report.first_bad_seq) == (False, 3)


@pytest.mark.parametrize("table", ["ls_ledger_account", "ls_ledger_head"])
def test_no_account_nor_head_is_made_for_a_book_that_is_not_there(
    db: Database, book: Book, table: str
) -> None:
    columns = [each.name for each in metadata.tables[table].columns]
    chosen = [{"book_id": "999", "id": "999"}.get(name, name) for name in columns]
    refusals = (*REFUSALS, psycopg.errors.ForeignKeyViolation)
    with pytest.raises(refusals), stranger(db) as execute:
        execute(f"INSERT INTO {table} SELECT {', '.join(chosen)} FROM {table} LIMIT 1")


@pytest.mark.parametrize("column", ["book_id", "rowid"])
def test_a_head_stays_with_its_book(db: Database, book: Book, column: str) -> None:
    if db.dialect == "postgresql":
        column = "book_id"
    with pytest.raises(REFUSALS, match="ls_ledger"), stranger(db) as execute:
        execute(f"UPDATE ls_ledger_head SET {column} = 77 WHERE book_id = {book.id}")
    assert verify(db, book).ok


@pytest.mark.parametrize("name", ["head", "entry", "account", "posting"])
def test_a_table_of_the_same_name_in_front_misleads_no_seal(
    db: Database, book: Book, name: str
) -> None:
    if db.dialect != "postgresql":
        pytest.skip("SQLite's triggers see the tables of their own file only")
    with db.reading() as tx:
        schema = tx.scalar(sa.select(sa.func.current_schema()))
    with pytest.raises(REFUSALS, match="sealed"), stranger(db) as execute:
        execute(f"CREATE TEMP TABLE ls_ledger_{name} (LIKE {schema}.ls_ledger_{name})")
        execute(
            f"INSERT INTO {schema}.ls_ledger_posting SELECT book_id, seq, 9, account_id,"
            f" currency, 4, 4, null, null, null FROM {schema}.ls_ledger_posting LIMIT 1"
        )


# --- rows that are there


@pytest.fixture
def shop(db: Database, clock: ManualClock) -> Shop:
    shop = Shop(db, clock)
    shop.stock()
    shop.coupon()
    shop.record(paid(checkout_id=shop.visit("MIKA20"), codes=("MIKA20",)))
    shop.live.proofs.checkpoint()
    return shop


@pytest.fixture
def whole(shop: Shop, clock: ManualClock) -> Shop:
    """A shop with a row in every table that is never changed."""
    live = shop.live
    terms = live.creators.agreements("mika")[0].terms_hash
    live.creators.accept("mika", version=1, terms_hash=terms, accepted_by="mika")
    live.brands.set_policy("main", Policy(tie="first"))
    cost, worth = Money(900, "EUR"), Money(1900, "EUR")
    gift = live.seeding.give("mika", "sku_mug", cost=cost, fair_value=worth)
    live.seeding.take_back(gift.id)
    window: dict[str, Any] = {"opens_at": START, "closes_at": END}
    live.streams.schedule("pair", hosts=["mika", "ana"], shares="air_time", **window)
    shop.coupon("PAIR10", stream="pair")
    shop.record(paid("o2", codes=("PAIR10",)))
    live.streams.report_air("pair", minutes={"mika": 30, "ana": 10})
    clock.advance(timedelta(days=40))
    live.periods.close("2026-10")
    return shop


def _rows(shop: Shop, name: str) -> list[dict[str, Any]]:
    return shop.rows(metadata.tables[name])


def _replace(shop: Shop, name: str, **change: str) -> None:
    columns = [column.name for column in metadata.tables[name].columns]
    chosen = [change.get(column, column) for column in columns]
    if "rowid" in change:
        columns, chosen = ["rowid", *columns], [change["rowid"], *chosen]
    with stranger(shop.db) as execute:
        execute(
            f"INSERT OR REPLACE INTO {name} ({', '.join(columns)})"
            f" SELECT {', '.join(chosen)} FROM {name} LIMIT 1"
        )


def _tries(shop: Shop, name: str, **change: str) -> None:
    """Try to replace a row: refused, or passed over where ours are ON CONFLICT DO NOTHING."""
    before = _rows(shop, name)
    assert before
    if name in GUARDS and GUARDS[name].adds_if_absent:
        _replace(shop, name, **change)
    else:
        with pytest.raises(REFUSALS, match=r"replace|follow|no book"):
            _replace(shop, name, **change)
    assert _rows(shop, name) == before


def _other(column: sa.Column[Any]) -> str:
    return "7" if isinstance(column.type, sa.Integer) else "'other'"


@pytest.mark.parametrize("name", REPLACED)
def test_no_row_is_replaced(whole: Shop, name: str) -> None:
    """Neither as a whole, nor by any unique key or row id while all the rest is another."""
    shop = whole
    if shop.db.dialect != "sqlite":
        pytest.skip("only SQLite has INSERT OR REPLACE")
    _tries(shop, name)
    table = metadata.tables[name]
    uniques = [each for each in table.constraints if isinstance(each, sa.UniqueConstraint)]
    for kept in ([*table.primary_key], *([*each.columns] for each in uniques)):
        _tries(
            shop, name, **{each.name: _other(each) for each in table.columns if each not in kept}
        )
    if len(table.primary_key.columns) > 1 or not isinstance(
        next(iter(table.primary_key)).type, sa.Integer
    ):
        others = {each.name: _other(each) for each in table.columns}
        for row_id in ("rowid", "0", "-5"):
            _tries(shop, name, **others, rowid=row_id)


@pytest.mark.parametrize("name", sorted(GUARDS))
def test_a_guard_knows_every_unique_key(name: str) -> None:
    table = metadata.tables[name]
    keys = {
        tuple(column.name for column in each.columns)
        for each in table.constraints
        if isinstance(each, sa.UniqueConstraint | sa.PrimaryKeyConstraint)
        and not _is_row_id([*each.columns])  # SQLite's own, which every guard looks at
    }
    assert set(GUARDS[name].keys) == keys


def _is_row_id(columns: list[sa.Column[Any]]) -> bool:
    return len(columns) == 1 and isinstance(columns[0].type, sa.Integer)


def test_adding_what_is_there_still_says_so(whole: Shop) -> None:
    shop = whole
    for name, guard in GUARDS.items():
        if guard.adds_if_absent:
            row = _rows(shop, name)[0]
            with shop.db.transaction() as tx:
                assert not add_if_absent(tx, metadata.tables[name], row)
    with shop.db.transaction() as tx:
        brand = _rows(shop, "ls_brand")[0] | {"code": "new"}
        assert add_if_absent(tx, metadata.tables["ls_brand"], brand)
        assert not add_if_absent(tx, metadata.tables["ls_brand"], brand)


@pytest.mark.parametrize("statement", ["UPDATE ls_brand SET code = 'evil'", "DELETE FROM ls_brand"])
def test_a_brand_never_changes(shop: Shop, statement: str) -> None:
    before = _rows(shop, "ls_brand")
    with pytest.raises(REFUSALS, match="append-only"), stranger(shop.db) as execute:
        execute(statement)
    assert _rows(shop, "ls_brand") == before


def test_a_repeat_after_a_stranger_s_try_is_a_repeat(shop: Shop) -> None:
    if shop.db.dialect == "sqlite":
        _replace(shop, "ls_fact", body="'{}'")
        _replace(shop, "ls_agreement", rate_bps="9000")
    recording = shop.record(paid(checkout_id=_checkout(shop), codes=("MIKA20",)))
    assert (recording.new, recording.repeats) == (0, 1)
    shop.live.creators.agree("mika", rate=Rate.percent("12"))
    assert shop.standing() == {f"{EXPENSE} EUR": 599, "creator:mika:pending EUR": -599}


def _checkout(shop: Shop) -> str:
    return str(_rows(shop, "ls_touch")[0]["checkout_id"])
