"""The ledger's queries, named by what they are for; one statement each.

Every statement is text made once. Lists travel as arrays on PostgreSQL and as
one JSON value on SQLite, so that no statement depends on how many they are.
"""

# ruff: noqa: S608 - every statement is made of constants

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from liveshop_sdk.affiliate.ledger import tables
from liveshop_sdk.affiliate.ledger.accounts import Account
from liveshop_sdk.affiliate.ledger.canonical import EntryRow, LineRow
from liveshop_sdk.affiliate.ledger.models import Book
from liveshop_sdk.clock import from_micros, to_micros
from liveshop_sdk.db import Transaction
from liveshop_sdk.db.inserts import COPY_FROM, copy

_ENTRY_COLUMNS = ("book_id", *EntryRow._fields)
_POSTING_COLUMNS = (
    "book_id",
    "seq",
    "line_no",
    "account_id",
    "currency",
    "amount",
    "balance_after",
    "line_ref",
    "payout_item_id",
    "memo",
)
_VALUES_AT_ONCE = 64
_OPEN_ACCOUNTS = sa.insert(tables.account).returning(tables.account.c.path, tables.account.c.id)

Row = tuple[object, ...]

_LOCK_HEAD = sa.text(
    "SELECT seq, chain_hash, frontier, recorded_at, open_from, closing"
    " FROM ls_ledger_head WHERE book_id = :book"
)
_LOCK_HEAD_PG = sa.text(f"{_LOCK_HEAD.text} FOR UPDATE")
_MOVE_HEAD = sa.text(
    "UPDATE ls_ledger_head SET seq = :seq, chain_hash = :chain, frontier = :frontier,"
    " recorded_at = :recorded WHERE book_id = :book AND seq = :was"
)

# A subquery per id keeps PostgreSQL on the unique index whatever its statistics say.
_SEEN_PG = sa.text(
    "SELECT u.source, u.event_id, e.seq, e.request_hash"
    " FROM unnest(CAST(:sources AS text[]), CAST(:events AS text[])) AS u(source, event_id)"
    " CROSS JOIN LATERAL (SELECT seq, request_hash FROM ls_ledger_entry"
    " WHERE event_id = u.event_id AND source = u.source AND book_id = :book LIMIT 1) e"
)
_SEEN_SQLITE = sa.text(
    "SELECT e.source, e.event_id, e.seq, e.request_hash FROM json_each(:wanted) j"
    " CROSS JOIN ls_ledger_entry e ON e.event_id = json_extract(j.value, '$[1]')"
    " AND e.source = json_extract(j.value, '$[0]') AND e.book_id = :book"
)
# The plus keeps both engines off the numbers, which are the whole book.
_SOURCES = sa.text(
    "SELECT source, seq FROM ls_ledger_entry WHERE event_id = :event AND +book_id = :book"
)
# Only what is sealed counts, and only in its own book. A plus before a column keeps
# both engines on the index that is meant: the primary key begins with the book and
# has the wanted order as well, but goes through all accounts.
_LATEST = (
    "(SELECT p.balance_after FROM ls_ledger_posting p"
    " WHERE p.account_id = a.id AND p.currency = {currency} AND +p.book_id = :book"
    " AND p.seq BETWEEN 1 AND {last} ORDER BY p.seq DESC, p.line_no DESC LIMIT 1)"
)
_SEALED = "(SELECT h.seq FROM ls_ledger_head h WHERE h.book_id = :book)"
_BALANCES_PG = sa.text(
    "SELECT u.path, u.currency, a.id, "
    + _LATEST.format(currency="u.currency", last=_SEALED)
    + " FROM unnest(CAST(:paths AS text[]), CAST(:currencies AS text[])) AS u(path, currency)"
    " CROSS JOIN LATERAL (SELECT id FROM ls_ledger_account"
    " WHERE path = u.path AND book_id = :book LIMIT 1) a"
)
_BALANCES_SQLITE = sa.text(
    "SELECT json_extract(j.value, '$[0]'), json_extract(j.value, '$[1]'), a.id, "
    + _LATEST.format(currency="json_extract(j.value, '$[1]')", last=_SEALED)
    + " FROM json_each(:wanted) j CROSS JOIN ls_ledger_account a"
    " ON a.path = json_extract(j.value, '$[0]') AND a.book_id = :book"
)
_POSTED = (
    "SELECT p.line_ref, a.path, p.currency, CAST(sum(p.amount) AS BIGINT) FROM {wanted}"
    " JOIN ls_ledger_account a ON a.id = p.account_id AND +a.book_id = :book"
    f" WHERE +p.seq BETWEEN 1 AND {_SEALED} GROUP BY p.line_ref, a.path, p.currency"
)
_POSTED_PG = sa.text(
    _POSTED.format(
        wanted="unnest(CAST(:refs AS text[])) AS u(ref) CROSS JOIN LATERAL"
        " (SELECT seq, line_ref, account_id, currency, amount FROM ls_ledger_posting"
        " WHERE line_ref = u.ref AND book_id = :book OFFSET 0) p"
    )
)
# Left to itself, SQLite goes through the whole book by its primary key for every ref.
_POSTED_SQLITE = sa.text(
    _POSTED.format(
        wanted="json_each(:wanted) j CROSS JOIN ls_ledger_posting p"
        " INDEXED BY ix_ls_ledger_posting_line_ref"
        " ON p.line_ref = j.value AND p.book_id = :book"
    )
)
# From one currency of an account to its next by the index, so that the cost is that
# of the accounts, however many postings they have.
_NEXT_CURRENCY = "(SELECT min(p.currency) FROM ls_ledger_posting p WHERE p.account_id = {rest})"
_ALL_BALANCES = sa.text(
    "WITH RECURSIVE moved(id, path, currency) AS (SELECT a.id, a.path, "
    + _NEXT_CURRENCY.format(rest="a.id")
    + " FROM ls_ledger_account a"
    " WHERE a.book_id = :book AND substr(a.path, 1, length(:prefix)) = :prefix"
    " UNION ALL SELECT a.id, a.path, "
    + _NEXT_CURRENCY.format(rest="a.id AND p.currency > a.currency")
    + " FROM moved a WHERE a.currency IS NOT NULL)"
    " SELECT path, currency, balance FROM (SELECT a.path AS path, a.currency AS currency, "
    + _LATEST.format(currency="a.currency", last=f":seq AND p.seq <= {_SEALED}")
    + " AS balance FROM moved a WHERE a.currency IS NOT NULL) found WHERE balance IS NOT NULL"
)
_OF_LINES = sa.text(
    "SELECT DISTINCT p.seq FROM ls_ledger_posting p"
    f" WHERE p.line_ref IN :refs AND +p.book_id = :book AND +p.seq BETWEEN 1 AND {_SEALED}"
).bindparams(sa.bindparam("refs", expanding=True))
_FIND_BOOK = sa.text(
    "SELECT id, code, functional_currency, timezone, hash_version, genesis_hash, created_at"
    " FROM ls_ledger_book WHERE code = :code"
)
_CODES = sa.text("SELECT code FROM ls_ledger_book ORDER BY code")


@dataclass(frozen=True, slots=True)
class HeadRow:
    """The stored head of a book."""

    seq: int
    chain_hash: bytes
    frontier: bytes
    recorded_at: int
    open_from: str | None
    closing: str | None


class LedgerStore:
    """Looks up and writes the ledger's rows within one transaction."""

    def __init__(self, tx: Transaction) -> None:
        """Work in a transaction that somebody else opens and commits."""
        self._tx = tx
        self._is_pg = tx.dialect.name == "postgresql"

    def add_book(self, book: Book) -> None:
        """Insert a book and its empty head, unless they are there."""
        insert = pg_insert if self._is_pg else sqlite_insert
        self._tx.execute(
            insert(tables.book)
            .values(
                code=book.code,
                functional_currency=book.currency,
                timezone=book.timezone,
                hash_version=book.hash_version,
                genesis_hash=book.genesis_hash,
                created_at=to_micros(book.created_at),
            )
            .on_conflict_do_nothing(index_elements=["code"])
        )
        stored = self.find_book(book.code)
        self._tx.execute(
            insert(tables.head)
            .values(
                book_id=stored.id if stored else None,
                seq=0,
                chain_hash=stored.genesis_hash if stored else None,
                frontier=b"",
                recorded_at=to_micros(book.created_at),
            )
            .on_conflict_do_nothing(index_elements=["book_id"])
        )

    def find_book(self, code: str) -> Book | None:
        """Return the book of that code."""
        row = self._tx.execute(_FIND_BOOK, {"code": code}).one_or_none()
        if row is None:
            return None
        number, found, currency, timezone, version, genesis, created = row
        return Book(number, found, currency, timezone, version, genesis, from_micros(created))

    def book_codes(self) -> list[str]:
        """Return the codes of all books, in order."""
        return list(self._tx.execute(_CODES).scalars())

    def head(self, book_id: int, *, lock: bool = False) -> HeadRow | None:
        """Return a book's head; with `lock`, held until the transaction ends."""
        statement = _LOCK_HEAD_PG if lock and self._is_pg else _LOCK_HEAD
        row = self._tx.execute(statement, {"book": book_id}).one_or_none()
        return None if row is None else HeadRow(*row)

    def seen(
        self, book_id: int, keys: Sequence[tuple[str, str]]
    ) -> dict[tuple[str, str], tuple[int, bytes]]:
        """Return number and request hash of what is posted, by (source, event id)."""
        if self._is_pg:
            sources, events = [list(column) for column in zip(*keys, strict=True)]
            wanted = {"sources": sources, "events": events, "book": book_id}
            rows = self._tx.execute(_SEEN_PG, wanted)
        else:
            rows = self._tx.execute(_SEEN_SQLITE, {"wanted": json.dumps(keys), "book": book_id})
        return {(row[0], row[1]): (row[2], row[3]) for row in rows}

    def sources(self, book_id: int, event_id: str) -> list[tuple[str, int]]:
        """Return source and number of every entry with this event id, in order."""
        rows = self._tx.execute(_SOURCES, {"event": event_id, "book": book_id})
        return sorted(((row.source, row.seq) for row in rows), key=lambda found: found[1])

    def balances(
        self, book_id: int, keys: Sequence[tuple[str, str]]
    ) -> list[tuple[str, str, int, int]]:
        """Return path, currency, account number and balance of accounts that exist."""
        if self._is_pg:
            paths, currencies = [list(column) for column in zip(*keys, strict=True)]
            wanted = {"paths": paths, "currencies": currencies, "book": book_id}
            rows = self._tx.execute(_BALANCES_PG, wanted)
        else:
            wanted = {"wanted": json.dumps(keys), "book": book_id}
            rows = self._tx.execute(_BALANCES_SQLITE, wanted)
        return [(row[0], row[1], row[2], row[3] or 0) for row in rows]

    def posted(self, book_id: int, line_refs: Sequence[str]) -> dict[tuple[str, str, str], int]:
        """Return the sums of postings by (line ref, account, currency)."""
        if self._is_pg:
            rows = self._tx.execute(_POSTED_PG, {"refs": list(line_refs), "book": book_id})
        else:
            wanted = {"wanted": json.dumps(line_refs), "book": book_id}
            rows = self._tx.execute(_POSTED_SQLITE, wanted)
        return {(row[0], row[1], row[2]): row[3] for row in rows}

    def entries_of(self, book_id: int, line_refs: Sequence[str]) -> list[int]:
        """Return the numbers of the entries with a posting on these lines, in order."""
        rows = self._tx.execute(_OF_LINES, {"refs": list(line_refs), "book": book_id})
        return sorted(rows.scalars())

    def all_balances(self, book_id: int, prefix: str, up_to: int) -> list[tuple[str, str, int]]:
        """Return the balance of every account that ever moved, as of a number."""
        wanted = {"book": book_id, "prefix": prefix, "seq": up_to}
        rows = self._tx.execute(_ALL_BALANCES, wanted)
        return sorted((row[0], row[1], row[2]) for row in rows)

    def open_accounts(
        self, book_id: int, accounts: Iterable[tuple[Account, int]]
    ) -> dict[str, int]:
        """Insert accounts with the instant they were opened; return their numbers."""
        rows = [
            {
                "book_id": book_id,
                "path": account.path,
                "class": account.account_class,
                "party_type": account.party_type,
                "party_id": account.party_id,
                "floor": account.floor,
                "opened_at": opened_at,
            }
            for account, opened_at in accounts
        ]
        return {row[0]: row[1] for row in self._tx.execute(_OPEN_ACCOUNTS, rows)}

    def append(
        self,
        book_id: int,
        entries: Sequence[EntryRow],
        lines: Sequence[LineRow],
        account_ids: dict[str, int],
    ) -> None:
        """Write postings, then their entries: the database seals in that order."""
        postings = [
            (
                *(book_id, line.seq, line.line_no, account_ids[line.account], line.currency),
                *(line.amount, line.balance_after, line.line_ref, line.payout_item_id, line.memo),
            )
            for line in lines
        ]
        rows = [(book_id, *entry) for entry in entries]
        by_copy = self._is_pg and (len(rows) >= COPY_FROM or len(postings) > 4 * COPY_FROM)
        write = copy if by_copy and self._tx.dialect.driver == "psycopg" else _insert
        write(self._tx, "ls_ledger_posting", _POSTING_COLUMNS, postings)
        write(self._tx, "ls_ledger_entry", _ENTRY_COLUMNS, rows)

    def move_head(self, book_id: int, *, was: int, entry: EntryRow, frontier: bytes) -> bool:
        """Set the head to the last entry; false when it was not where it should be."""
        moved = self._tx.execute(
            _MOVE_HEAD,
            {
                "book": book_id,
                "was": was,
                "seq": entry.seq,
                "chain": entry.chain_hash,
                "frontier": frontier,
                "recorded": entry.recorded_at,
            },
        )
        return moved.rowcount == 1


def _insert(tx: Transaction, table: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
    if tx.dialect.name != "postgresql":
        if rows:
            tx.exec_driver_sql(_insert_text(table, tuple(columns), 1, "?"), list(rows))
        return
    # One statement for all rows: its trigger then runs once, not once a row.
    for at in range(0, len(rows), _VALUES_AT_ONCE):
        part = rows[at : at + _VALUES_AT_ONCE]
        text = _insert_text(table, tuple(columns), len(part), "%s")
        tx.exec_driver_sql(text, tuple(chain.from_iterable(part)))


@lru_cache(maxsize=256)
def _insert_text(table: str, columns: tuple[str, ...], rows: int, mark: str) -> str:
    row = f"({', '.join([mark] * len(columns))})"
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES {', '.join([row] * rows)}"
