"""What was paid to whom in a year: cash, by the day of the payment.

A payment counts on the day it was sent, with the tax withheld from it. One that
came back was none: it is taken off the day it was sent, at the rate of that day,
whenever it came back.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from liveshop_sdk.affiliate.ledger.accounts import creator_of, describe
from liveshop_sdk.affiliate.ledger.canonical import EntryRow, LineRow
from liveshop_sdk.errors import ExportRowRefusedError

_FEE = "brand:payout_fee_expense"
_BACK = ("payout_failed", "payout_cancelled")
_CHANGES = ("payout_created", "payout_sent", "payout_returned", *_BACK)


@dataclass(slots=True)
class Paid:
    """One creator's year, in US cents.

    Attributes:
        cash: What reached the creator, by rail.
        withheld: Tax kept back from it.
    """

    cash: dict[str, int] = field(default_factory=dict)
    withheld: int = 0

    @property
    def total(self) -> int:
        """Cash and tax withheld: what counts as paid."""
        return sum(self.cash.values()) + self.withheld


def paid_in(
    year: int,
    entries: Iterable[tuple[EntryRow, list[LineRow]]],
    to_usd: Callable[[EntryRow, str, int], int],
) -> dict[str, Paid]:
    """Add up the payments of a year, by creator.

    Args:
        entries: The book from its first entry on, so that returns are known.
        to_usd: Worth in US cents of an amount of an entry in a currency.

    Raises:
        ExportRowRefusedError: A payment that names no creator, or several.
    """
    counter = _Counter(str(year), to_usd)
    for entry, lines in entries:
        if entry.kind in _CHANGES and lines:
            counter.take(entry, lines)
    return counter.paid


class _Counter:
    """Keeps the payouts that are under way, and those of the year."""

    def __init__(self, year: str, to_usd: Callable[[EntryRow, str, int], int]) -> None:
        self.paid: dict[str, Paid] = {}
        self._year, self._to_usd = year, to_usd
        # Tax kept back for a payout not sent yet: how much in which currency.
        self._waiting: dict[str, tuple[int, str]] = {}
        # For each payout sent in the year: its entry, and the tax kept back for it.
        self._sent: dict[str, tuple[EntryRow, int]] = {}
        self._other: set[str] = set()  # sent in another year

    def take(self, entry: EntryRow, lines: list[LineRow]) -> None:
        item = next((line.payout_item_id for line in lines if line.payout_item_id), None)
        creator = _creator(entry, lines)
        if entry.kind == "payout_created":
            self._wait(item, lines)
        elif entry.kind in _BACK:
            self._waiting.pop(item or "", None)
        elif entry.kind == "payout_sent":
            self._count_sent(entry, lines, item, creator)
        else:
            self._count_returned(entry, lines, item, creator)

    def _wait(self, item: str | None, lines: list[LineRow]) -> None:
        for line in lines:
            if item and line.account.endswith(":tax_withheld"):
                self._waiting[item] = -line.amount, line.currency

    def _count_sent(
        self, entry: EntryRow, lines: list[LineRow], item: str | None, creator: str
    ) -> None:
        held = self._waiting.pop(item or "", None)
        if not entry.effective_date.startswith(self._year):
            self._other.add(item or "")
            return
        tax = self._to_usd(entry, held[1], held[0]) if held else 0
        self._sent[item or ""] = entry, tax
        paid = self.paid.setdefault(creator, Paid())
        paid.withheld += tax
        self._move(paid, entry, lines)

    def _count_returned(
        self, entry: EntryRow, lines: list[LineRow], item: str | None, creator: str
    ) -> None:
        is_ours = bool(item) and item in self._sent
        is_dated_here = not item or item not in self._other
        if not is_ours and not (is_dated_here and entry.effective_date.startswith(self._year)):
            return
        paid = self.paid.setdefault(creator, Paid())
        sent, tax = self._sent.pop(item or "", (entry, 0))
        gives_tax_back = any(line.account.endswith(":tax_withheld") for line in lines)
        if gives_tax_back:
            paid.withheld -= tax
        self._move(paid, sent, lines)

    def _move(self, paid: Paid, dated: EntryRow, lines: list[LineRow]) -> None:
        """Add what left a rail, less the fee that did not reach the creator.

        Args:
            dated: The entry whose day says at which rate.
        """
        for line in lines:
            if line.account.startswith("clearing:"):
                rail = line.account.removeprefix("clearing:")
                fees = sum(
                    one.amount
                    for one in lines
                    if one.account == _FEE and one.currency == line.currency
                )
                worth = self._to_usd(dated, line.currency, -line.amount - fees)
                paid.cash[rail] = paid.cash.get(rail, 0) + worth


def _creator(entry: EntryRow, lines: list[LineRow]) -> str:
    people = {creator_of(line.account) for line in lines if _is_known(line.account)} - {""}
    if len(people) != 1:
        problem = f"a payment to {len(people)} creators; expected one"
        raise ExportRowRefusedError(format="1099", seq=entry.seq, problem=problem)
    return people.pop()


def _is_known(path: str) -> bool:
    return describe(path).party_type == "creator"
