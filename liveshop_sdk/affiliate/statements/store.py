"""The queries of statements: one creator's postings in one book, up to one entry.

All begin with the creator's few accounts, by the index that begins with the
account, so that the cost is that of the creator and not of the book.
"""

# ruff: noqa: S608 - every statement is made of constants

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from liveshop_sdk.affiliate.accrual import account
from liveshop_sdk.affiliate.statements.model import PARTS
from liveshop_sdk.db import Transaction

_IN: sa.BindParameter[Any] = sa.bindparam("accounts", type_=sa.BigInteger, expanding=True)
_REFS: sa.BindParameter[Any] = sa.bindparam("refs", type_=sa.String, expanding=True)
_ACCOUNTS = sa.text(
    "SELECT id, path FROM ls_ledger_account WHERE book_id = :book AND path IN :paths"
).bindparams(sa.bindparam("paths", type_=sa.String, expanding=True))
_CREATORS = sa.text(
    "SELECT DISTINCT party_id FROM ls_ledger_account"
    " WHERE book_id = :book AND party_type = 'creator' AND path LIKE 'creator:%'"
)
_OWN = " FROM ls_ledger_posting p WHERE p.account_id IN :accounts AND p.seq <= :seq"
# A look-up for each posting, and no join: with statistics of a smaller table PostgreSQL
# goes through all entries for every posting (measured: 4,000 entries, 12 seconds).
_OF_ENTRY = "(SELECT e.{column} FROM ls_ledger_entry e WHERE e.book_id = :book AND e.seq = p.seq)"
_SUMS = sa.text(
    "SELECT CASE WHEN o.period < :period THEN -1 WHEN o.period = :period THEN 0 ELSE 1 END,"
    " o.kind, o.account_id, o.currency, CAST(sum(o.amount) AS BIGINT)"
    " FROM (SELECT p.account_id, p.currency, p.amount, "
    + _OF_ENTRY.format(column="period")
    + " AS period, "
    + _OF_ENTRY.format(column="kind")
    + " AS kind"
    + _OWN
    + ") o GROUP BY 1, 2, 3, 4"
).bindparams(_IN)
_OF_MONTH = sa.text(
    "SELECT DISTINCT p.seq, p.currency"
    + _OWN
    + f" AND {_OF_ENTRY.format(column='period')} = :period"
).bindparams(_IN)
_OF_PAYOUTS = sa.text(
    "SELECT DISTINCT p.seq" + _OWN + " AND p.currency = :currency AND p.payout_item_id IS NOT NULL"
).bindparams(_IN)
# From the numbers, given as one array, to the postings of each, to its entry: both engines
# are held to that order, whatever their statistics say.
_MOVED = (
    "SELECT p.seq, e.effective_date, e.kind, e.source, coalesce(e.reason, ''), p.account_id,"
    " p.amount, coalesce(p.line_ref, ''), coalesce(p.payout_item_id, '') FROM {postings}"
    " WHERE +p.account_id IN :accounts AND p.currency = :currency ORDER BY p.seq, p.line_no"
)
_MOVED_PG = sa.text(
    _MOVED.format(
        postings="unnest(CAST(:seqs AS bigint[])) AS u(seq) CROSS JOIN LATERAL"
        " (SELECT * FROM ls_ledger_posting WHERE book_id = :book AND seq = u.seq OFFSET 0) p"
        " CROSS JOIN LATERAL"
        " (SELECT * FROM ls_ledger_entry WHERE book_id = :book AND seq = u.seq LIMIT 1) e"
    )
).bindparams(_IN)
_MOVED_SQLITE = sa.text(
    _MOVED.format(
        postings="json_each(:seqs) u CROSS JOIN ls_ledger_posting p"
        " ON p.book_id = :book AND p.seq = u.value"
        " CROSS JOIN ls_ledger_entry e ON e.book_id = :book AND e.seq = u.value"
    )
).bindparams(_IN)
# The pluses here and below keep both engines off indexes that lead through a whole book.
_ARRIVED = sa.text(
    "SELECT event_id, effective_date FROM ls_ledger_entry WHERE +book_id = :book"
    " AND +seq <= :seq AND source = 'payouts' AND event_id IN :refs"
).bindparams(_REFS)
# Who asks for lines has few of them: the plus keeps both engines off the accounts' index.
_OF_LINES = sa.text(
    "SELECT p.line_ref, p.account_id, CAST(sum(p.amount) AS BIGINT) FROM ls_ledger_posting p"
    " WHERE p.line_ref IN :refs AND +p.account_id IN :accounts AND p.seq <= :seq"
    " GROUP BY p.line_ref, p.account_id"
).bindparams(_IN, _REFS)
_STANDING = sa.text(
    "SELECT coalesce(p.line_ref, ''), CAST(sum(p.amount) AS BIGINT) FROM ls_ledger_posting p"
    " WHERE p.account_id = :account AND p.currency = :currency AND p.seq <= :seq"
    " GROUP BY coalesce(p.line_ref, '') HAVING sum(p.amount) <> 0"
)


class Moved(NamedTuple):
    """One posting on an account of the creator, with what its entry says."""

    seq: int
    on: str
    kind: str
    source: str
    reason: str
    part: str
    amount: int
    line_ref: str
    payout_item: str


class Scope(NamedTuple):
    """Whose postings, in which book, and up to which entry.

    ``accounts`` are the numbers of the creator's accounts, with their parts.
    """

    book: int
    seq: int
    accounts: Mapping[int, str]


class StatementStore:
    """Reads one creator's postings within one transaction."""

    def __init__(self, tx: Transaction) -> None:
        """Work in a transaction that somebody else opens."""
        self._tx = tx

    def creators(self, book: int) -> list[str]:
        """Return every creator with an account in a book, in order."""
        return sorted(self._tx.execute(_CREATORS, {"book": book}).scalars())

    def scope(self, book: int, creator: str, seq: int) -> Scope:
        """Return where a creator's postings are."""
        parts = {account(creator, part): part for part in PARTS}
        rows = self._tx.execute(_ACCOUNTS, {"book": book, "paths": list(parts)})
        return Scope(book, seq, {row[0]: parts[row[1]] for row in rows})

    def sums(self, scope: Scope, period: str) -> dict[str, list[tuple[int, str, str, int]]]:
        """Return by currency: before, in or after the month; kind; part; amount."""
        found: dict[str, list[tuple[int, str, str, int]]] = {}
        for when, kind, number, currency, amount in self._run(_SUMS, scope, period=period):
            row = (when, kind, scope.accounts[number], amount)
            found.setdefault(currency, []).append(row)
        return found

    def seqs(self, scope: Scope, period: str, currency: str | None = None) -> list[int]:
        """Return the numbers of the month's entries, or of those in one currency."""
        rows = self._run(_OF_MONTH, scope, period=period)
        return sorted({seq for seq, found in rows if currency in (None, found)})

    def seqs_of_payouts(self, scope: Scope, currency: str) -> list[int]:
        """Return the numbers of all entries that are about payouts."""
        return sorted(row[0] for row in self._run(_OF_PAYOUTS, scope, currency=currency))

    def moved(self, scope: Scope, currency: str, seqs: Sequence[int]) -> list[Moved]:
        """Return the creator's postings of these entries, which should not be too many."""
        if self._tx.dialect.name == "postgresql":
            rows = self._run(_MOVED_PG, scope, currency=currency, seqs=list(seqs))
        else:
            rows = self._run(_MOVED_SQLITE, scope, currency=currency, seqs=json.dumps(list(seqs)))
        return [Moved._make(row)._replace(part=scope.accounts[row[5]]) for row in rows]

    def arrived(self, scope: Scope, items: Iterable[str]) -> dict[str, str]:
        """Return the day on which payouts are known to have arrived, by item."""
        events = {f"paid:{item}": item for item in items}
        wanted = {"book": scope.book, "seq": scope.seq, "refs": list(events)}
        return {events[row[0]]: row[1] for row in self._tx.execute(_ARRIVED, wanted)}

    def of_lines(self, scope: Scope, refs: Sequence[str]) -> dict[str, dict[str, int]]:
        """Return what is posted for lines, by ref and part."""
        found: dict[str, dict[str, int]] = {}
        wanted = {"refs": list(refs), "accounts": list(scope.accounts), "seq": scope.seq}
        for ref, number, amount in self._tx.execute(_OF_LINES, wanted):
            found.setdefault(ref, {})[scope.accounts[number]] = amount
        return found

    def standing(self, scope: Scope, part: str, currency: str) -> list[tuple[str, int]]:
        """Return what each line has on one account, where that is not zero, by ref."""
        number = next((one for one, name in scope.accounts.items() if name == part), None)
        if number is None:
            return []
        wanted = {"account": number, "currency": currency, "seq": scope.seq}
        return sorted((row[0], row[1]) for row in self._tx.execute(_STANDING, wanted))

    def _run(self, statement: sa.TextClause, scope: Scope, **more: object) -> Sequence[Any]:
        if not scope.accounts:
            return []
        given = {"book": scope.book, "seq": scope.seq, "accounts": list(scope.accounts)}
        return self._tx.execute(statement, given | more).all()
