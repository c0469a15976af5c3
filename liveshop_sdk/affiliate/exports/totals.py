"""Sums that a report needs beside its rows: opening balances and days.

Their size follows accounts and days, not postings. Summed by the database in
short stretches, so that no reader holds up a writer for long.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import NamedTuple

from liveshop_sdk.affiliate.ledger.pages import reading, rows
from liveshop_sdk.db import Database, Transaction

_STRETCH = 20_000
_SUMS = (
    "SELECT e.effective_date, e.period, a.path, p.currency,"
    " CAST(sum(CASE WHEN p.amount > 0 THEN p.amount ELSE 0 END) AS BIGINT),"
    " CAST(sum(CASE WHEN p.amount < 0 THEN p.amount ELSE 0 END) AS BIGINT)"
    " FROM ls_ledger_posting p"
    " JOIN ls_ledger_entry e ON e.book_id = p.book_id AND e.seq = p.seq"
    " JOIN ls_ledger_account a ON a.id = p.account_id AND a.book_id = p.book_id"
    " WHERE p.book_id = ? AND p.seq > ? AND p.seq <= ?"
    " GROUP BY e.effective_date, e.period, a.path, p.currency"
)

Key = tuple[str, str]
"""An account's path and a currency."""


class Scope(NamedTuple):
    """Which entries: from one number to another, of one period if it is named."""

    from_seq: int
    to_seq: int
    period: str = ""


class Turnover(NamedTuple):
    """What moved on an account: debits, and credits as a negative sum."""

    debit: int = 0
    credit: int = 0

    def plus(self, other: "Turnover") -> "Turnover":
        """Return both together."""
        return Turnover(self.debit + other.debit, self.credit + other.credit)


@dataclass(frozen=True)
class Totals:
    """Balances before a scope, and what the scope moved by day.

    Before a period are all entries of earlier periods up to the scope's last
    entry, late ones included, and those of the period before its first entry.
    """

    opening: dict[Key, int] = field(default_factory=lambda: defaultdict(int))
    days: dict[str, dict[Key, Turnover]] = field(default_factory=dict)

    @classmethod
    def read(cls, source: Database | Transaction, book_id: int, scope: Scope) -> "Totals":
        """Sum a book up to the end of a scope."""
        made = cls()
        begin = min(scope.from_seq - 1, scope.to_seq)
        for first, last, is_before in ((0, begin, True), (begin, scope.to_seq, False)):
            for after in range(first, last, _STRETCH):
                with reading(source) as tx:
                    found = rows(tx, _SUMS, book_id, after, min(after + _STRETCH, last))
                for day, period, path, currency, debit, credit in found:
                    moved = Turnover(debit, credit)
                    made._add(scope, day, period, (path, currency), moved, is_before=is_before)
        return made

    def _add(
        self, scope: Scope, day: str, period: str, key: Key, moved: Turnover, *, is_before: bool
    ) -> None:
        if scope.period and period > scope.period:
            return
        if is_before or (scope.period and period < scope.period):
            self.opening[key] += moved.debit + moved.credit
            return
        of_day = self.days.setdefault(day, {})
        of_day[key] = of_day.get(key, Turnover()).plus(moved)

    def moved(self) -> dict[Key, Turnover]:
        """Return what moved in the whole scope."""
        found: dict[Key, Turnover] = {}
        for of_day in self.days.values():
            for key, turnover in of_day.items():
                found[key] = found.get(key, Turnover()).plus(turnover)
        return found

    def closing(self) -> dict[Key, int]:
        """Return the balances at the end, of every account that ever moved."""
        found = dict(self.opening)
        for key, turnover in self.moved().items():
            found[key] = found.get(key, 0) + turnover.debit + turnover.credit
        return found
