"""What holds of every export: a series is the journal, texts come back, entries balance."""

import csv
import io
import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import pyarrow.parquet as pq
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from liveshop_sdk.affiliate.exports.csv import export_csv
from liveshop_sdk.affiliate.exports.mapping import Mapping
from liveshop_sdk.affiliate.exports.parts import Parts
from liveshop_sdk.affiliate.exports.runs import ExportRun
from liveshop_sdk.affiliate.exports.service import ExportRequest
from liveshop_sdk.affiliate.ledger.models import EntryDraft
from liveshop_sdk.db import Database
from liveshop_sdk.errors import ExportRowRefusedError
from tests.contracts.exports_support import Desk, Sums, csv_rows, minor, summed
from tests.contracts.ledger_support import EXPENSE, draft, opened
from tests.contracts.random_books import RandomBook

Rows = list[tuple[int, int, str, str, int]]
"""Number of the entry, of the line, account, currency, minor units."""


class Run(NamedTuple):
    """A recorded export, and its bytes."""

    kept: ExportRun
    data: bytes


def run(desk: Desk, name: str, **asked: Any) -> Run:
    """Export and record it, as the shop does."""
    parts = Parts(io.BytesIO)
    with desk.db.reading() as tx:
        head = desk.ledger.head(tx, desk.book)
        plan = desk.service.plan(tx, desk.book, head, ExportRequest(format=name, **asked))
    rows = desk.service.produce(desk.db, plan, parts)
    sha256, _ = parts.digests()
    (file,) = parts.files
    file.seek(0)
    with desk.db.transaction() as tx:
        kept = desk.service.record(tx, plan, rows=rows, sha256=sha256)
    assert kept is not None
    return Run(kept, file.read())


def rows_of(name: str, data: bytes) -> Rows:
    if name == "parquet":
        found = pq.read_table(io.BytesIO(data)).to_pylist()
    else:
        found = list(csv.DictReader(io.StringIO(data.decode(), newline="")))
    return [
        (
            int(row["seq"]),
            int(row["line_no"]),
            row["account"],
            row["currency"],
            int(row["amount_minor"]),
        )
        for row in found
    ]


def journal(desk: Desk) -> Rows:
    with desk.db.reading() as tx:
        return [
            (entry.seq, line.line_no, line.account, line.currency, line.amount)
            for page in desk.ledger.entries(tx, desk.book)
            for entry in page
            for line in entry.postings
        ]


def stands(desk: Desk, seq: int) -> Sums:
    with desk.db.reading() as tx:
        found = desk.ledger.balances(tx, desk.book, as_of_seq=seq)
    return summed((row.account, row.currency, row.amount) for row in found)


def moved(before: Sums, after: Sums) -> Sums:
    signed = [(*key, amount) for key, amount in after.items()]
    return summed(signed + [(*key, -amount) for key, amount in before.items()])


def parts_of(drafts: list[EntryDraft], chance: random.Random) -> Iterator[list[EntryDraft]]:
    while drafts:
        size = chance.choice((1, 3, 4, 8, 17))
        yield drafts[:size]
        drafts = drafts[size:]


# --- a series


@pytest.mark.parametrize("name", ["csv", "parquet"])
def test_the_runs_of_a_series_are_the_journal(
    db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Every posting in one file, none in two, whatever was posted between the runs."""
    monkeypatch.setattr("liveshop_sdk.affiliate.exports.extract.PAGE", 4)
    desk = Desk(db, tmp_path)
    runs: list[Run] = []
    for some in parts_of(list(RandomBook(41).orders(25)), random.Random(41)):
        desk.post(some)
        runs.append(run(desk, name, new=True))
    union = [row for one in runs for row in rows_of(name, one.data)]
    assert union == journal(desk)
    assert len({row[:2] for row in union}) == len(union)
    last = 0
    for one in runs:
        scope = one.kept.scope
        assert (scope.from_seq, one.kept.is_in_series) == (last + 1, True)
        sums = summed(row[2:] for row in rows_of(name, one.data))
        assert sums == moved(stands(desk, last), stands(desk, scope.to_seq))
        again = run(desk, name, again=True, from_seq=scope.from_seq, to_seq=scope.to_seq)
        assert (again.data, again.kept.repeats) == (one.data, one.kept.id)
        last = scope.to_seq
    with desk.db.reading() as tx:
        assert last == desk.ledger.head(tx, desk.book).seq


@pytest.mark.parametrize("name", ["qbo", "netsuite"])
def test_the_journals_of_a_series_move_what_the_book_moved(
    db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr("liveshop_sdk.affiliate.exports.extract.PAGE", 4)
    desk, called = Desk(db, tmp_path), Mapping.default(name).account
    last = 0
    for some in parts_of(list(RandomBook(42).orders(20)), random.Random(42)):
        desk.post(some)
        made = run(desk, name, new=True)
        scope = made.kept.scope
        assert scope.from_seq == last + 1
        wanted = [
            (called(path) or "", currency, amount)
            for (path, currency), amount in moved(
                stands(desk, last), stands(desk, scope.to_seq)
            ).items()
            if not path.startswith("memo:")
        ]
        booked = booked_in(name, made.data.decode())
        assert summed((row.account, row.currency, row.amount) for row in booked) == summed(wanted)
        last = scope.to_seq


class Booked(NamedTuple):
    """One row of a book-keeping program's file."""

    journal: str
    account: str
    currency: str
    amount: int


HEADS = {
    "qbo": ("*JournalNo", "*AccountName", "*Debits", "*Credits"),
    "netsuite": ("External ID", "Account", "Debit", "Credit"),
}


def booked_in(name: str, text: str) -> list[Booked]:
    found = []
    for row in csv.DictReader(io.StringIO(text, newline="")):
        if name == "xero":
            amount = minor(row["*Amount"], "EUR")
            found.append(Booked(row["*Narration"] + row["*Date"], row["*AccountCode"], "", amount))
            continue
        number, account, debit, credit = (row[head] for head in HEADS[name])
        amount = minor(debit or "0", row["Currency"]) - minor(credit or "0", row["Currency"])
        found.append(Booked(number, account, row["Currency"], amount))
    return found


# --- texts

NASTY = "=+-@'\"`,;| \t\r\n\x1c\x1f\x7f\x85\xa0\u200f\u2028\u2029\u3000\ufeff\uff1d\uff0dé\u0301😀"
EDGES = [form.format(one) for one in NASTY for form in ("{}", "{}a", "a{}b", "a{}")]
texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=8)


def told(events: Iterable[str]) -> list[EntryDraft]:
    """Return sales known by these texts, which stand in every column that others fill."""
    return [
        draft("sale", text, (EXPENSE, 1), ("mika:pending", -1), line_ref=text) for text in events
    ]


def test_every_text_comes_back_from_a_file_for_people(db: Database, tmp_path: Path) -> None:
    desk, books = Desk(db, tmp_path), count()

    @settings(max_examples=10)
    @example(EDGES)
    @given(st.lists(texts, min_size=1, max_size=8, unique=True))
    def back(events: list[str]) -> None:
        desk.book = opened(db, desk.ledger, f"b{next(books)}")
        desk.post(told(events))
        out = io.StringIO(newline="")
        export_csv(db, desk.book, out)
        rows = list(csv.DictReader(io.StringIO(out.getvalue(), newline="")))[1::2]
        for column in ("event_id", "line_ref"):
            cells = [row[column] for row in rows]
            assert [cell.removeprefix("'") for cell in cells] == events
            assert not any(cell[:1] in "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20" for cell in cells)
        assert {row["amount_minor"] for row in rows} == {"-1"}
        table = pq.read_table(desk.export("parquet"))
        assert table.column("event_id").to_pylist()[1::2] == events

    back()


@pytest.mark.parametrize("name", ["qbo", "netsuite", "xero"])
def test_a_text_in_a_file_for_machines_is_itself_or_refused(
    db: Database, tmp_path: Path, name: str
) -> None:
    desk, books = Desk(db, tmp_path), count()
    column = {"qbo": "Description", "netsuite": "Line Memo", "xero": "Description"}[name]

    kept = [text for text in EDGES if text.isprintable()]
    desk.post(told(kept))
    rows = [row for path in desk.export_all(name, detail=True) for row in csv_rows(path)][::2]
    assert [row[column].partition("sale stripe ")[2] for row in rows] == kept

    @settings(max_examples=10)
    @given(texts | st.sampled_from(EDGES))
    def back(event: str) -> None:
        desk.book = opened(db, desk.ledger, f"b{next(books)}")
        desk.post(told([event]))
        with suppress(*(() if event.isprintable() else (ExportRowRefusedError,))):
            (row, _) = csv_rows(desk.export(name, detail=True))
            assert row[column].partition("sale stripe ")[2] == event

    back()


# --- the book's own currency


class Rates:
    """Rates that divide nothing evenly, another one each day."""

    _of: ClassVar = {"USD": (107, 123), "JPY": (1, 171), "KWD": (2_899, 1_000)}

    def rate(self, base: str, quote: str, on: date) -> tuple[int, int]:
        num, den = self._of[base]
        return num + on.day, den


@pytest.mark.parametrize("name", ["qbo", "netsuite", "xero"])
@pytest.mark.parametrize("detail", [True, False])
def test_every_journal_in_the_books_currency_balances(
    db: Database, tmp_path: Path, name: str, detail: bool
) -> None:
    desk = Desk(db, tmp_path, more={"rates": Rates()})
    desk.post(RandomBook(43).orders(60))
    sums: defaultdict[str, int] = defaultdict(int)
    lines = Counter[str]()
    for path in desk.export_all(name, detail=detail, functional=True):
        with path.open(encoding="utf-8", newline="") as file:
            for row in booked_in(name, file.read()):
                assert row.currency in ("EUR", "")
                sums[row.journal] += row.amount
                lines[row.journal] += 1
    assert len(sums) > 20
    assert max(lines.values()) > 2
    assert set(sums.values()) == {0}
