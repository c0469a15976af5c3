"""What plain-text accounting has in common: accounts with a running balance.

Those programs go by date, while a ledger goes by number and takes late facts in.
So what an account stands at behind a line is counted in their order: all of the
earlier days of the file, then the lines of the same day by number.
"""

from dataclasses import dataclass

from liveshop_sdk.affiliate.exports.cells import decimal_text
from liveshop_sdk.affiliate.exports.extract import Extract
from liveshop_sdk.affiliate.exports.mapping import Mapping
from liveshop_sdk.money import exponent_of

Sums = dict[tuple[str, str], int]


@dataclass(frozen=True)
class Running:
    """Balances by the target's accounts.

    Attributes:
        paths: The ledger's accounts in use, by what they are called there.
        opening: What each account stands at before the file; none is 0.
        closing: What each stands at behind it.
        first_day: The earliest day; None where nothing happened.
    """

    paths: dict[str, list[str]]
    opening: Sums
    closing: Sums
    first_day: str | None
    last_day: str | None
    _days: dict[str, Sums]

    @classmethod
    def of(cls, extract: Extract, mapping: Mapping) -> "Running":
        """Count an extract, by day."""
        totals = extract.totals
        opening = _named(mapping, totals.opening)
        state, days = dict(opening), {}
        for day, moved in sorted(totals.days.items()):
            own = _named(mapping, {key: sum(turnover) for key, turnover in moved.items()})
            days[day] = {key: state.get(key, 0) for key in own}
            for key, amount in own.items():
                state[key] = state.get(key, 0) + amount
        used = {path for path, _ in totals.closing()}
        paths: dict[str, list[str]] = {}
        for path in sorted(used):
            paths.setdefault(mapping.account(path) or path, []).append(path)
        return cls(
            paths=dict(sorted(paths.items())),
            opening={key: amount for key, amount in sorted(opening.items()) if amount},
            closing=dict(sorted(state.items())),
            first_day=min(days, default=None),
            last_day=max(days, default=None),
            _days=days,
        )

    def after(self, day: str, account: str, currency: str, amount: int) -> int:
        """Book a line, in the order of the entries, and return what the account is at."""
        own = self._days[day]
        own[account, currency] += amount
        return own[account, currency]


def _named(mapping: Mapping, sums: Sums) -> Sums:
    found: Sums = {}
    for (path, currency), amount in sums.items():
        key = (mapping.account(path) or path, currency)
        found[key] = found.get(key, 0) + amount
    return found


def money(amount: int, currency: str) -> str:
    """Write an amount as these programs read it: ``12.00 EUR``."""
    return f"{decimal_text(amount, exponent_of(currency))} {currency}"


def preface(extract: Extract) -> list[str]:
    """Say in comments what the file holds, and the root that seals it."""
    scope, head = extract.scope, extract.head
    period = f", period {scope.period}" if scope.period else ""
    return [
        f"; liveshop ledger of {extract.book.code}, entries {scope.from_seq} to"
        f" {scope.to_seq}{period}; days in {extract.book.timezone}",
        f"; root {head.root_hash}",
        "; Made to stand alone: a range that begins later opens with the balances before it.",
    ]
