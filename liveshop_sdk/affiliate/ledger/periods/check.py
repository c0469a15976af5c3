"""Whether a book's months are what its entries make of them."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from liveshop_sdk.affiliate.ledger.canonical import EntryRow, LineRow
from liveshop_sdk.affiliate.ledger.kinds import PERIOD_STEPS, WHILE_CLOSING
from liveshop_sdk.affiliate.ledger.periods.months import (
    BalanceRow,
    Period,
    figures_hash,
    month_after,
    trial_balance_hash,
)
from liveshop_sdk.wire import loads_canonical

Key = tuple[str, str]
Sums = dict[Key, tuple[int, int]]
"""Debits and credits by account and currency, both positive."""


class MonthsCheck:
    """Follows a book's months entry by entry; keeps sums until one is locked."""

    def __init__(self, brand: str) -> None:
        """Begin with a book in which every month is open."""
        self._brand = brand
        self.periods: dict[str, Period] = {}
        self.kept: dict[tuple[str, int], tuple[int, bytes]] = {}
        """By month and number of the closing: its entry, and a hash of its figures."""
        self._balances: dict[Key, int] = {}
        self._open: dict[str, Sums] = {}
        self._closed: dict[str, tuple[dict[Key, int], Sums]] = {}
        """By month: what accounts stood at before its closing, and what it moved."""

    def entry(self, entry: EntryRow, lines: Iterable[LineRow]) -> str:
        """Take the next entry; returns what is wrong with its month."""
        period = self.periods.get(entry.period)
        status = period.status if period else "open"
        is_allowed = status == "closing" and entry.kind in WHILE_CLOSING
        if status != "open" and not is_allowed:
            return f"it is dated in {entry.period}, which is {status}"
        self._add(entry.period, lines)
        return self._step(entry) if entry.kind in PERIOD_STEPS else ""

    @property
    def open_from(self) -> str | None:
        """Return the first month that anything may be dated in; None for any."""
        done = [code for code, period in self.periods.items() if period.status != "open"]
        return month_after(max(done)) if done else None

    @property
    def closing(self) -> str | None:
        """Return the month that is being closed."""
        return next((p.code for p in self.periods.values() if p.status == "closing"), None)

    def differences(self, stored: Iterable[Period]) -> Iterator[str]:
        """Yield how the stored months differ from those the entries tell."""
        found = {period.code: period for period in stored}
        for code in sorted(found.keys() | self.periods.keys()):
            if found.get(code) != self.periods.get(code):
                yield f"the period {code} is not what its entries say"

    def _add(self, month: str, lines: Iterable[LineRow]) -> None:
        for line in lines:
            if line.account.startswith("memo:"):
                continue
            sums = self._open.setdefault(month, {})
            debit, credit = sums.get((line.account, line.currency), (0, 0))
            moved = (debit + max(line.amount, 0), credit + max(-line.amount, 0))
            sums[line.account, line.currency] = moved

    def _step(self, entry: EntryRow) -> str:
        month = entry.applies_to_period or ""
        status = PERIOD_STEPS[entry.kind]
        period = self.periods.get(month, Period(brand=self._brand, code=month, status="open"))
        before = {
            "closing": ("open",),
            "closed": ("closing",),
            "open": ("closing", "closed"),
            "locked": ("closed",),
        }[status]
        if period.status not in before:
            return f"it sets {month} to {status}, which was {period.status}"
        period = replace(period, status=status)  # type: ignore[arg-type]
        if status == "closing":
            period = replace(period, closings=period.closings + 1)
        elif status == "open":
            self._take_back(month)
            period = replace(period, close_seq=None, trial_balance_hash=None)
        elif status == "closed":
            rows = self._close(month)
            digest = trial_balance_hash(rows).hex()
            told = loads_canonical(entry.meta)
            if not isinstance(told, dict) or told.get("trial_balance_hash") != digest:
                return f"the trial balance of {month} is not the one it keeps"
            self.kept[month, period.closings] = (entry.seq, figures_hash(rows))
            period = replace(period, close_seq=entry.seq, trial_balance_hash=digest)
        else:
            self._closed.pop(month, None)
        self.periods[month] = period
        return ""

    def _close(self, month: str) -> list[BalanceRow]:
        """Move a month's sums to the balances, after any earlier one's without a closing."""
        for code in sorted(code for code in self._open if code < month):
            self._move(self._open.pop(code))
        opening = dict(self._balances)
        moved = self._open.pop(month, {})
        self._closed[month] = (opening, moved)
        self._move(moved)
        return [
            BalanceRow(path, currency, opening.get((path, currency), 0), *sums)
            for path, currency in sorted(self._balances)
            for sums in [moved.get((path, currency), (0, 0))]
        ]

    def _take_back(self, month: str) -> None:
        """Undo a closing, the last one: its month moves until it is closed again.

        An account that first moved in it has no balance then, not one of nothing.
        """
        if month in self._closed:
            self._balances, self._open[month] = self._closed.pop(month)

    def _move(self, sums: Sums) -> None:
        for key, (debit, credit) in sums.items():
            self._balances[key] = self._balances.get(key, 0) + debit - credit
