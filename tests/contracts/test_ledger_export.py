"""The journal as CSV: exact columns, the same bytes, all of it and no more."""

import csv
import io

import pytest

from liveshop_sdk.affiliate.exports.csv import export_csv
from liveshop_sdk.affiliate.ledger.models import Book
from liveshop_sdk.affiliate.ledger.service import Ledger
from liveshop_sdk.db import Database
from tests.contracts import ledger_support as support
from tests.contracts.ledger_support import draft, opened, sale, story

HEADER = (
    "book,seq,line_no,effective_date,recorded_at,kind,source,event_id,account,creator,"
    "currency,amount_minor,amount,line_ref,period,chain_hash"
)


@pytest.fixture
def book(db: Database) -> Book:
    ledger = Ledger(support.clock())
    made = opened(db, ledger)
    with db.transaction() as tx:
        ledger.post_many(tx, made, story())
    return made


def _csv(database: Database, book: Book, **bounds: object) -> str:
    out = io.StringIO(newline="")
    export_csv(database, book, out, **bounds)  # type: ignore[arg-type]
    return out.getvalue()


def _rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_the_first_row_is_exact(db: Database, book: Book) -> None:
    with db.reading() as tx:
        first = next(Ledger(support.clock()).entries(tx, book))[0]
    lines = _csv(db, book).split("\r\n")
    assert lines[0] == HEADER
    assert lines[2] == (
        '"main","1","2","2026-10-02","2026-10-02T18:00:00Z","sale","stripe","order:1",'
        '"creator:mika:pending","mika","EUR","-1200","-12.00","1/L1","2026-10",'
        f'"{first.chain_hash.hex()}"'
    )
    assert lines[-1] == ""


def test_the_rows_are_the_journal(db: Database, book: Book) -> None:
    rows = _rows(_csv(db, book))
    sums: dict[tuple[str, str], int] = {}
    for row in rows:
        key = (row["account"], row["currency"])
        sums[key] = sums.get(key, 0) + int(row["amount_minor"])
    with db.reading() as tx:
        balances = Ledger(support.clock()).balances(tx, book)
    assert sums == {(line.account, line.currency): line.amount for line in balances}
    assert [row["amount"] for row in rows if row["currency"] == "JPY"] == ["50", "-50"]


def test_a_repeat_is_byte_for_byte_the_same(db: Database, book: Book) -> None:
    before = _csv(db, book)
    assert _csv(db, book) == before
    ledger = Ledger(support.clock())
    with db.transaction() as tx:
        ledger.post(tx, book, sale(77))
    assert _csv(db, book, to_seq=len(story())) == before
    assert _csv(db, book, to_seq=len(story()) + 50) == _csv(db, book) != before


def test_ranges_join_up_and_periods_filter(db: Database, book: Book) -> None:
    whole = _rows(_csv(db, book))
    parts = _rows(_csv(db, book, to_seq=4)) + _rows(_csv(db, book, from_seq=5))
    assert parts == whole
    assert _rows(_csv(db, book, period="2026-10")) == whole
    assert _csv(db, book, period="2026-11") == HEADER + "\r\n"


def test_a_hostile_text_is_no_formula(db: Database, book: Book) -> None:
    ledger = Ledger(support.clock())
    hostile = '=HYPERLINK("http://x","a")'
    with db.transaction() as tx:
        ledger.post(
            tx,
            book,
            draft("sale", hostile, (support.EXPENSE, 1), ("mika:pending", -1), line_ref="-1\r\n,x"),
        )
    row = _rows(_csv(db, book, from_seq=len(story()) + 1))[1]
    assert (row["event_id"], row["line_ref"]) == (f"'{hostile}", "'-1\r\n,x")
    assert (row["amount_minor"], row["amount"]) == ("-1", "-0.01")
