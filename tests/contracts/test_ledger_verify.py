"""Tampering behind the ledger's back: with the triggers gone, every edit is found."""

from typing import Any

import pytest
import sqlalchemy as sa

from liveshop_sdk.affiliate.ledger import tables
from liveshop_sdk.affiliate.ledger.chain import Frontier
from liveshop_sdk.affiliate.ledger.models import Book
from liveshop_sdk.affiliate.ledger.service import Ledger
from liveshop_sdk.affiliate.ledger.verify import VerifyReport, verify
from liveshop_sdk.db import Database, Transaction
from tests.contracts import ledger_support as support
from tests.contracts.ledger_support import drop_guards, opened, story, tampering

LAST = len(story())
EDITS = [
    (table, column)
    for table in support.JOURNAL
    if table is not tables.checkpoint
    for column in table.columns
    if (table.name, column.name) != ("ls_ledger_book", "id")
]


@pytest.fixture
def book(db: Database) -> Book:
    ledger = Ledger(support.clock())
    made = opened(db, ledger)
    with db.transaction() as tx:
        ledger.post_many(tx, made, story())
    drop_guards(db)
    return made


def _other(column: sa.Column[Any], value: Any) -> Any:
    """A value next to the stored one that the column's own constraints accept."""
    if column.name == "class":
        return "income"
    if column.name == "floor":
        return "debit_only" if value != "debit_only" else "none"
    if value is None:
        return 7 if isinstance(column.type, sa.Integer) else "x"
    if isinstance(value, bytes):
        return bytes([value[0] ^ 1]) + value[1:]
    if isinstance(value, int):
        return value + 100
    return ("x" if value[:1] != "x" else "y") + value[1:]


def _edit(tx: Transaction, table: sa.Table, column: sa.Column[Any], **where: Any) -> None:
    chosen = sa.select(table).filter_by(**where).order_by(*table.primary_key)
    found = dict(tx.execute(chosen).mappings().first() or {})
    keys = {key.name: found[key.name] for key in table.primary_key}
    changed = {column.name: _other(column, found[column.name])}
    tx.execute(sa.update(table).filter_by(**keys).values(changed))


def test_an_untouched_book_is_true(db: Database, book: Book) -> None:
    report = verify(db, book)
    with db.reading() as tx:
        root = Ledger(support.clock()).head(tx, book).root_hash
        assert verify(tx, book) == report
    assert report == VerifyReport(
        ok=True, entries=LAST, root_hash=root, first_bad_seq=None, problem=""
    )


def _trace(table: sa.Table, column: str) -> tuple[dict[str, Any], int]:
    """Return which row is edited, and where the edit must show."""
    if table is tables.book:
        return {}, 1
    if table is tables.head:
        return {}, {"seq": LAST + 1, "book_id": 1}.get(column, LAST)
    if table is tables.account:
        return {"path": "creator:mika:payable"}, 5
    return {"seq": 5}, 5


def test_an_edit_of_any_column_is_found(db: Database, book: Book) -> None:
    for table, column in EDITS:
        where, seq = _trace(table, column.name)
        with tampering(db, undo=True) as tx:
            _edit(tx, table, column, **where)
            report = verify(tx, book)
        assert (report.ok, report.first_bad_seq) == (False, seq), (column, report)
        assert report.problem
    assert verify(db, book).ok


def test_a_deleted_entry_is_found(db: Database, book: Book) -> None:
    for seq in range(1, LAST + 1):
        with tampering(db, undo=True) as tx:
            tx.execute(sa.delete(tables.posting).filter_by(seq=seq))
            tx.execute(sa.delete(tables.entry).filter_by(seq=seq))
            report = verify(tx, book, page_size=4)
        assert (report.ok, report.first_bad_seq, report.entries) == (False, seq, seq - 1)
    assert verify(db, book).ok


def test_a_cut_tail_is_found(db: Database, book: Book) -> None:
    with tampering(db) as tx:
        tx.execute(sa.delete(tables.posting).where(tables.posting.c.seq > 4))
        tx.execute(sa.delete(tables.entry).where(tables.entry.c.seq > 4))
    assert verify(db, book).first_bad_seq == 5


def test_a_deleted_line_is_found(db: Database, book: Book) -> None:
    with tampering(db) as tx:
        tx.execute(sa.delete(tables.posting).filter_by(seq=3, line_no=2))
    assert verify(db, book).first_bad_seq == 3


@pytest.mark.parametrize("line_no", [3, 9])
def test_an_added_line_is_found(db: Database, book: Book, line_no: int) -> None:
    with tampering(db) as tx:
        line = tx.execute(sa.select(tables.posting).filter_by(seq=3, line_no=2)).mappings().one()
        tx.execute(sa.insert(tables.posting).values(dict(line) | {"line_no": line_no}))
    assert verify(db, book).first_bad_seq == 3


def test_an_entry_beyond_the_head_is_found(db: Database, book: Book) -> None:
    with tampering(db) as tx:
        entry = tx.execute(sa.select(tables.entry).filter_by(seq=LAST)).mappings().one()
        added = {"seq": LAST + 1, "event_id": "new", "prev_hash": entry["chain_hash"]}
        tx.execute(sa.insert(tables.entry).values(dict(entry) | added))
    assert verify(db, book).first_bad_seq == LAST + 1


def test_an_inserted_entry_is_found(db: Database, book: Book) -> None:
    """All later numbers move up by one; the links show where."""
    with tampering(db) as tx:
        for seq in range(LAST, 3, -1):
            tx.execute(sa.update(tables.entry).filter_by(seq=seq).values(seq=seq + 1))
            tx.execute(sa.update(tables.posting).filter_by(seq=seq).values(seq=seq + 1))
        entry = tx.execute(sa.select(tables.entry).filter_by(seq=LAST + 1)).mappings().one()
        tx.execute(sa.insert(tables.entry).values(dict(entry) | {"seq": 4, "event_id": "new"}))
    assert verify(db, book).first_bad_seq == 4


def test_two_entries_that_changed_places_are_found(db: Database, book: Book) -> None:
    with tampering(db) as tx:
        for table in (tables.entry, tables.posting):
            for was, now in ((2, 99), (3, 2), (99, 3)):
                tx.execute(sa.update(table).filter_by(seq=was).values(seq=now))
    assert verify(db, book).first_bad_seq == 2


@pytest.mark.parametrize("table", [tables.head, tables.account, tables.book])
def test_a_missing_head_account_or_book_is_found(db: Database, book: Book, table: sa.Table) -> None:
    with tampering(db) as tx:
        tx.execute(sa.delete(table))
    assert verify(db, book).first_bad_seq == 1


def test_a_value_of_another_type_is_found(db: Database, book: Book) -> None:
    if db.dialect != "sqlite":
        pytest.skip("only SQLite keeps any type in any column")
    for column in ("request_hash", "meta", "recorded_at"):
        with tampering(db) as tx:
            tx.exec_driver_sql(f"UPDATE ls_ledger_entry SET {column} = 'x' WHERE seq = 4")
        assert verify(db, book).first_bad_seq == 4


def test_a_rewritten_head_hides_a_cut_tail(db: Database, book: Book) -> None:
    """The limit of a chain that is kept beside what it seals: docs/reference/ledger.md."""
    with tampering(db) as tx:
        rows = tx.execute(sa.select(tables.entry).order_by(tables.entry.c.seq)).mappings().all()
        frontier = Frontier()
        for row in rows[:4]:
            frontier.append(row["leaf_hash"])
        tx.execute(sa.delete(tables.posting).where(tables.posting.c.seq > 4))
        tx.execute(sa.delete(tables.entry).where(tables.entry.c.seq > 4))
        rewritten = {"seq": 4, "chain_hash": rows[3]["chain_hash"], "frontier": frontier.stored()}
        tx.execute(sa.update(tables.head).values(rewritten))
    assert verify(db, book).ok
