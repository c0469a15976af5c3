"""What the database itself refuses, whoever asks and however."""

# ruff: noqa: PT012 - the transaction that is refused has several statements

import threading
from typing import Any

import pytest
import sqlalchemy as sa

from liveshop_sdk.affiliate.ledger import kinds, tables, triggers
from liveshop_sdk.affiliate.ledger.checkpoints.notes import SigningKey
from liveshop_sdk.affiliate.ledger.checkpoints.service import Checkpoints
from liveshop_sdk.affiliate.ledger.models import Book
from liveshop_sdk.affiliate.ledger.service import Ledger
from liveshop_sdk.affiliate.ledger.verify import verify
from liveshop_sdk.db import Database, Transaction, expected_triggers
from tests.contracts import ledger_support as support
from tests.contracts.ledger_support import opened, sale


@pytest.fixture
def book(db: Database) -> Book:
    ledger = Ledger(support.clock())
    made = opened(db, ledger)
    opened(db, ledger, "other")
    with db.transaction() as tx:
        ledger.post_many(tx, made, [sale(1), sale(2)])
        Checkpoints(support.clock(), ledger, lambda _tx: SigningKey(b"k" * 32)).sign(tx, made)
    return made


def _row(tx: Transaction, table: sa.Table, **where: object) -> dict[str, Any]:
    statement = sa.select(table).filter_by(**where)
    return dict(tx.execute(statement).mappings().first() or {})


def _next_entry(tx: Transaction, book: Book, **change: object) -> dict[str, Any]:
    last = _row(tx, tables.entry, book_id=book.id, seq=2)
    return last | {"seq": 3, "event_id": "new", "prev_hash": last["chain_hash"]} | change


def _next_lines(tx: Transaction, book: Book, *amounts: int, **change: object) -> None:
    line = _row(tx, tables.posting, book_id=book.id, seq=2, line_no=1)
    rows = [
        line | {"seq": 3, "line_no": line_no, "amount": amount} | change
        for line_no, amount in enumerate(amounts, 1)
    ]
    tx.execute(sa.insert(tables.posting), rows)


@pytest.mark.parametrize("table", support.JOURNAL, ids=lambda table: table.name)
def test_nothing_is_deleted(db: Database, book: Book, table: sa.Table) -> None:
    before = support.counts(db)
    with pytest.raises(sa.exc.IntegrityError, match="ls_ledger"), db.transaction() as tx:
        tx.execute(sa.delete(table))
    assert support.counts(db) == before


@pytest.mark.parametrize("name", [n for n in triggers.APPEND_ONLY if "period" not in n])
def test_nothing_is_changed(db: Database, book: Book, name: str) -> None:
    table = tables.book.metadata.tables[name]
    for column in table.columns:
        with pytest.raises(sa.exc.IntegrityError, match="ls_ledger"), db.transaction() as tx:
            tx.execute(sa.update(table).values({column.name: column}))


@pytest.mark.parametrize("table", support.JOURNAL, ids=lambda table: table.name)
def test_nothing_is_truncated(db: Database, book: Book, table: sa.Table) -> None:
    if db.dialect == "sqlite":
        pytest.skip("SQLite has no TRUNCATE; its DELETE without WHERE is refused above")
    before = support.counts(db)
    with pytest.raises(sa.exc.IntegrityError, match="ls_ledger"), db.transaction() as tx:
        tx.exec_driver_sql(f"TRUNCATE {table.name} CASCADE")
    assert support.counts(db) == before


@pytest.mark.parametrize("recursive", ["ON", "OFF"])
@pytest.mark.parametrize("table", [tables.entry, tables.posting], ids=lambda table: table.name)
def test_nothing_is_replaced(db: Database, book: Book, table: sa.Table, recursive: str) -> None:
    if db.dialect != "sqlite":
        pytest.skip("only SQLite has INSERT OR REPLACE")
    with db.engine.connect() as connection:
        raw: Any = connection.connection.driver_connection
        raw.execute(f"PRAGMA recursive_triggers = {recursive}")
        try:
            with pytest.raises(sa.exc.IntegrityError, match="ls_ledger"), connection.begin():
                connection.execute(
                    sa.insert(table)
                    .prefix_with("OR REPLACE")
                    .values(_row(connection, table, book_id=book.id, seq=1))
                )
        finally:
            raw.execute("PRAGMA recursive_triggers = ON")
    assert verify(db, book).entries == 2


def test_a_right_entry_by_hand_is_accepted(db: Database, book: Book) -> None:
    with db.transaction() as tx:
        _next_lines(tx, book, 5, -5)
        tx.execute(sa.insert(tables.entry).values(_next_entry(tx, book)))
    assert support.counts(db)[3:] == [3, 6, 1]


@pytest.mark.parametrize("seq", [1, 2])
def test_a_sealed_entry_takes_no_more_postings(db: Database, book: Book, seq: int) -> None:
    with pytest.raises(sa.exc.IntegrityError, match="sealed"), db.transaction() as tx:
        _next_lines(tx, book, 5, -5, seq=seq, line_no=9)
    assert support.counts(db)[3:] == [2, 4, 1]


def test_postings_without_their_entry_do_not_commit(db: Database, book: Book) -> None:
    with pytest.raises(sa.exc.IntegrityError), db.transaction() as tx:
        _next_lines(tx, book, 5, -5)
    assert support.counts(db)[3:] == [2, 4, 1]


@pytest.mark.parametrize(
    ("amounts", "change", "problem"),
    [
        ((5, -4), {}, "balance"),
        ((5, -5, 1), {"line_count": 3}, "balance"),
        ((5, -5), {"line_count": 3}, "lines"),
        ((5, -5), {"line_count": 1}, "lines"),
        ((), {}, "lines"),
        ((5, -5), {"prev_hash": b"x" * 32}, "follow"),
        ((5, -5), {"kind": "write_off", "reason": None}, "second_person"),
        (
            (5, -5),
            {"kind": "write_off", "reason": "x", "created_by": "u", "approved_by": "u"},
            "second_person",
        ),
    ],
)
def test_an_entry_that_is_not_whole_is_refused(
    db: Database,
    book: Book,
    amounts: tuple[int, ...],
    change: dict[str, object],
    problem: str,
) -> None:
    with pytest.raises(sa.exc.IntegrityError, match=problem), db.transaction() as tx:
        if amounts:
            _next_lines(tx, book, *amounts)
        tx.execute(sa.insert(tables.entry).values(_next_entry(tx, book, **change)))
    assert support.counts(db)[3:] == [2, 4, 1]


@pytest.mark.parametrize("kind", kinds.TWO_PEOPLE)
@pytest.mark.parametrize(
    "change", [{"reason": None}, {"created_by": None}, {"approved_by": None}, {"approved_by": "u"}]
)
def test_what_takes_two_people_is_no_entry_of_one(
    db: Database, book: Book, kind: str, change: dict[str, str | None]
) -> None:
    people = {"reason": "x", "created_by": "u", "approved_by": "v"} | change
    with pytest.raises(sa.exc.IntegrityError, match="second_person"), db.transaction() as tx:
        _next_lines(tx, book, 5, -5)
        tx.execute(sa.insert(tables.entry).values(_next_entry(tx, book, kind=kind, **people)))
    assert support.counts(db)[3:] == [2, 4, 1]


def test_a_gap_is_refused(db: Database, book: Book) -> None:
    with pytest.raises(sa.exc.IntegrityError, match="follow"), db.transaction() as tx:
        _next_lines(tx, book, 5, -5, seq=4)
        tx.execute(sa.insert(tables.entry).values(_next_entry(tx, book, seq=4)))


def test_a_batch_with_one_bad_entry_is_refused(db: Database, book: Book) -> None:
    with pytest.raises(sa.exc.IntegrityError, match="balance"), db.transaction() as tx:
        _next_lines(tx, book, 5, -5)
        _next_lines(tx, book, 5, -4, seq=4)
        first = _next_entry(tx, book, chain_hash=b"3" * 32)
        second = first | {"seq": 4, "event_id": "newer", "prev_hash": b"3" * 32}
        tx.execute(sa.insert(tables.entry).values([first, second]))
    assert support.counts(db)[3:] == [2, 4, 1]


@pytest.mark.parametrize("change", [{"account_id": 999}, {"amount": 0}, {"amount": 10**15}])
def test_a_posting_that_cannot_be_is_refused(
    db: Database, book: Book, change: dict[str, object]
) -> None:
    with pytest.raises(sa.exc.IntegrityError), db.transaction() as tx:
        _next_lines(tx, book, 5, **change)
        tx.execute(sa.insert(tables.entry).values(_next_entry(tx, book, line_count=1)))
    assert support.counts(db)[3:] == [2, 4, 1]


def test_an_account_of_another_book_is_refused(db: Database, book: Book) -> None:
    ledger = Ledger(support.clock())
    with db.transaction() as tx:
        other = ledger.book(tx, "other")
        ledger.post(tx, other, sale(1))
        foreign = _row(tx, tables.account, book_id=other.id)["id"]
    with pytest.raises(sa.exc.IntegrityError, match="account of its book"), db.transaction() as tx:
        _next_lines(tx, book, 5, -5, account_id=foreign)
        tx.execute(sa.insert(tables.entry).values(_next_entry(tx, book)))


def test_the_same_fact_cannot_be_an_entry_twice(db: Database, book: Book) -> None:
    with pytest.raises(sa.exc.IntegrityError), db.transaction() as tx:
        _next_lines(tx, book, 5, -5)
        again = _next_entry(tx, book, event_id="order:1")
        tx.execute(sa.insert(tables.entry).values(again))


def test_copy_is_checked_too(db: Database, book: Book) -> None:
    if db.dialect == "sqlite":
        pytest.skip("only PostgreSQL has COPY")
    with db.transaction() as tx:
        line = _row(tx, tables.posting, book_id=book.id, seq=2, line_no=1)
    for seq, problem in ((2, "sealed"), (3, "foreign key")):
        with pytest.raises(Exception, match=problem), db.transaction() as tx:
            raw: Any = tx.connection.driver_connection
            with raw.cursor() as cursor, cursor.copy("COPY ls_ledger_posting FROM STDIN") as copy:
                copy.write_row(tuple((line | {"seq": seq, "line_no": 7}).values()))
    assert support.counts(db)[3:] == [2, 4, 1]


def test_a_line_cannot_slip_under_an_entry_not_yet_committed(db: Database, book: Book) -> None:
    """Somebody who does not take the book's lock waits for it all the same."""
    if db.dialect == "sqlite":
        pytest.skip("SQLite has one writer at a time")
    faults: list[Exception] = []

    def slip() -> None:
        try:
            with db.transaction() as tx:
                _next_lines(tx, book, 5, -5, line_no=9)
        except sa.exc.IntegrityError as error:
            faults.append(error)

    with db.transaction() as tx:
        Ledger(support.clock()).post(tx, book, sale(3))
        thread = threading.Thread(target=slip)
        thread.start()
        thread.join(0.3)
        assert thread.is_alive()
    thread.join(10)
    assert len(faults) == 1
    assert "sealed" in str(faults[0])
    assert verify(db, book).entries == 3


def test_the_triggers_there_are_the_ones_expected(db: Database) -> None:
    query = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        if db.dialect == "sqlite"
        else "SELECT tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
        " WHERE NOT tgisinternal AND c.relnamespace = current_schema()::regnamespace"
    )
    with db.reading() as tx:
        found = sorted(tx.exec_driver_sql(query).scalars())
    found = [name for name in found if name.startswith("ls_ledger_")]
    assert found == triggers.names(db.dialect)
    assert set(found) <= expected_triggers[db.dialect].keys()
