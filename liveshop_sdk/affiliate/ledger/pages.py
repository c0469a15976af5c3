"""Read a book in pages by key: constant memory, no cursor kept open.

Each page is one short transaction of its own when a `Database` is given, so a
long export or verification never holds up a writer on SQLite. Entries never
change, so pages bounded by a number are one consistent journal all the same.
"""

# ruff: noqa: S608 - every statement is made of constants

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Any

from liveshop_sdk.affiliate.ledger.canonical import EntryRow, LineRow
from liveshop_sdk.db import Database, Transaction

PAGE = 500
_SEALS_AT_ONCE = 5_000

_ENTRIES = (
    f"SELECT {', '.join(EntryRow._fields)} FROM ls_ledger_entry"
    " WHERE book_id = ? AND seq > ? AND seq <= ? ORDER BY seq LIMIT ?"
)
_LINES = (
    "SELECT p.seq, p.line_no, coalesce(a.path, ''), p.currency, p.amount, p.balance_after,"
    " p.line_ref, p.payout_item_id, p.memo FROM ls_ledger_posting p"
    " LEFT JOIN ls_ledger_account a ON a.id = p.account_id AND a.book_id = p.book_id"
    " WHERE p.book_id = ? AND p.seq > ? AND p.seq <= ? ORDER BY p.seq, p.line_no"
)
_EXTENT = (
    "SELECT (SELECT CAST(coalesce(max(seq), 0) AS BIGINT) FROM ls_ledger_entry"
    " WHERE book_id = ?),"
    " (SELECT CAST(coalesce(max(seq), 0) AS BIGINT) FROM ls_ledger_posting WHERE book_id = ?),"
    " h.seq, h.chain_hash, h.frontier, h.recorded_at"
    " FROM ls_ledger_head h WHERE h.book_id = ?"
)
_BOOK = (
    "SELECT code, functional_currency, timezone, created_at, hash_version, genesis_hash"
    " FROM ls_ledger_book WHERE id = ?"
)
_SEALS = (
    "SELECT seq, leaf_hash, chain_hash FROM ls_ledger_entry"
    " WHERE book_id = ? AND seq > ? AND seq <= ? ORDER BY seq LIMIT ?"
)
_ACCOUNTS = (
    "SELECT path, class, party_type, party_id, floor, opened_at, id FROM ls_ledger_account"
    " WHERE book_id = ? AND id > ? ORDER BY id LIMIT ?"
)
_TWICE = (
    "SELECT max(seq) FROM ls_ledger_entry WHERE book_id = ? AND seq <= ?"
    " GROUP BY event_id, source HAVING count(*) > 1 ORDER BY 1 LIMIT 1"
)

Page = list[tuple[EntryRow, list[LineRow]]]


@dataclass(frozen=True, slots=True)
class Extent:
    """How far a book's rows go, beside what its head says; read at one moment."""

    last_entry: int
    last_posting: int
    seq: int
    chain_hash: bytes
    frontier: bytes
    recorded_at: int


@dataclass(frozen=True, slots=True)
class StoredBook:
    """A book's row, to be compared with its genesis hash."""

    code: str
    currency: str
    timezone: str
    created_at: int
    hash_version: int
    genesis_hash: bytes


@dataclass(frozen=True, slots=True)
class StoredAccount:
    """An account's row, to be compared with what its path says."""

    path: str
    account_class: str
    party_type: str
    party_id: str | None
    floor: str
    opened_at: int


class BookReader:
    """Reads one book, in a transaction a page or within an open one."""

    def __init__(self, source: Database | Transaction, book_id: int) -> None:
        """Read from a database, or inside a transaction the caller has open."""
        self._source = source
        self._book_id = book_id

    def book(self) -> StoredBook | None:
        """Return the book's row; None when it is gone."""
        with reading(self._source) as tx:
            found = rows(tx, _BOOK, self._book_id)
        return StoredBook(*found[0]) if found else None

    def extent(self) -> Extent | None:
        """Return how far the book goes; None when its head is gone."""
        with reading(self._source) as tx:
            found = rows(tx, _EXTENT, self._book_id, self._book_id, self._book_id)
        return Extent(*found[0]) if found else None

    def accounts(self) -> Iterator[StoredAccount]:
        """Return every account of the book."""
        after = 0
        while True:
            with reading(self._source) as tx:
                found = rows(tx, _ACCOUNTS, self._book_id, after, PAGE)
            yield from (StoredAccount(*row[:-1]) for row in found)
            if len(found) < PAGE:
                return
            after = found[-1][-1]

    def posted_twice(self, up_to: int) -> int | None:
        """Return the first number whose (source, event id) was posted before."""
        with reading(self._source) as tx:
            found = rows(tx, _TWICE, self._book_id, up_to)
        return int(found[0][0]) if found else None

    def seals(self, *, up_to: int, after: int = 0) -> Iterator[tuple[bytes, bytes]]:
        """Return leaf and chain hash of every entry up to a number, as stored."""
        while after < up_to:
            with reading(self._source) as tx:
                found = rows(tx, _SEALS, self._book_id, after, up_to, _SEALS_AT_ONCE)
            yield from ((leaf, chain) for _seq, leaf, chain in found)
            if len(found) < _SEALS_AT_ONCE:
                return
            after = found[-1][0]

    def pages(self, *, after: int, up_to: int, size: int = PAGE) -> Iterator[Page]:
        """Return entries with their postings, from `after` (excluded) in pages."""
        while after < up_to:
            with reading(self._source) as tx:
                found = rows(tx, _ENTRIES, self._book_id, after, up_to, size)
                entries = [EntryRow._make(row) for row in found]
                last = entries[-1].seq if len(entries) == size else up_to
                lines = rows(tx, _LINES, self._book_id, after, last)
            yield _joined(entries, [LineRow._make(row) for row in lines])
            after = last


def reading(source: Database | Transaction) -> AbstractContextManager[Transaction]:
    """Return a transaction of its own, or the one that is open already."""
    return source.reading() if isinstance(source, Database) else nullcontext(source)


def _joined(entries: list[EntryRow], lines: list[LineRow]) -> Page:
    by_seq = {seq: list(group) for seq, group in groupby(lines, attrgetter("seq"))}
    return [(entry, by_seq.get(entry.seq, [])) for entry in entries]


def rows(tx: Transaction, text: str, *values: object) -> Sequence[Any]:
    """Run one constant statement: both drivers take positions, spelled differently."""
    if tx.dialect.name == "postgresql":
        text = text.replace("?", "%s")
    return tx.exec_driver_sql(text, values).all()
