"""A statement as values: what it adds up to, and what each of its lines says.

Amounts are as the creator reads them: what is owed to the creator is positive,
what the creator owes back negative; the ledger has the signs the other way
round. Rows of a statement are not kept here: they are read page by page.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from liveshop_sdk.affiliate.commission import CommissionLine
from liveshop_sdk.affiliate.ledger.accounts import CLAWBACK, PAYABLE

PARTS = ("pending", PAYABLE, "in_transit", "disputed", "tax_withheld", CLAWBACK)
"""The accounts of a creator, in the order they are shown."""

GROUPS: Mapping[str, tuple[str, ...]] = {
    "earned": ("sale", "order_changed", "refund_failed"),
    "taken_back": ("refund", "dispute_lost"),
    "disputes": ("dispute_opened", "dispute_won"),
    "released": ("release",),
    "bonuses": ("tier_true_up", "cap_true_up", "guarantee_true_up"),
    "fees": ("appearance_fee",),
    "adjustments": ("adjustment", "correction", "write_off"),
    "payouts": (
        "payout_created",
        "payout_sent",
        "payout_paid",
        "payout_failed",
        "payout_cancelled",
        "payout_returned",
        "tax_remitted",
    ),
}
"""What movements are called together, and the kinds of entry that make them."""

OTHER = "other"
"""Movements of a kind that no group names, so that sums are whole all the same."""

_GROUP_OF = {kind: group for group, kinds in GROUPS.items() for kind in kinds}

Parts = Mapping[str, int]
"""Amounts by account of the creator; one that is missing is zero."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Commission that is not payable yet, and why.

    Attributes:
        why: ``hold``, ``review``, ``window`` or ``dispute``.
        until: The day the hold is over; None where a person or a bank decides.
        lines: How many commission lines.
    """

    why: str
    until: date | None
    lines: int
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Payout:
    """One payout as far as the book knows it.

    Attributes:
        state: ``created``, ``sent``, ``paid``, ``failed``, ``cancelled`` or
            ``returned``.
        rail: Known once it was sent.
        amount: What was reserved for it, tax withheld included.
    """

    item_id: str
    state: str
    rail: str
    created_on: date
    changed_on: date
    amount: int
    withheld: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One currency of one brand.

    Invariant: for every part, opening + all movements = closing, and closing +
    ``later`` is what the ledger says after the statement's last entry.

    Attributes:
        movements: By group, then part, of the entries dated in the month.
        later: Dated after the month, up to the statement's last entry.
    """

    currency: str
    opening: Parts
    movements: Mapping[str, Parts]
    later: Parts
    held: tuple[Held, ...] = ()
    payouts: tuple[Payout, ...] = ()

    @property
    def closing(self) -> dict[str, int]:
        """What the parts stand at when the month ends."""
        return added(self.opening, *self.movements.values())

    @property
    def balance(self) -> dict[str, int]:
        """What the parts stand at after the statement's last entry."""
        return added(self.closing, self.later)

    @property
    def says_something(self) -> bool:
        """Whether there was a balance when the month began, or a movement in it."""
        return bool(self.movements) or any(self.opening.values())

    @property
    def parts(self) -> tuple[str, ...]:
        """The parts that anything is to be said about."""
        moved = {part for sums in self.movements.values() for part in sums}
        return tuple(
            part
            for part in PARTS
            if part in moved or self.opening.get(part) or self.later.get(part)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class BrandPart:
    """One brand's part of a statement, and which book it was read from.

    Attributes:
        as_of_seq: The last entry that was looked at.
        root_hash: The root of the book up to that entry.
        period_status: ``open``, ``closing``, ``closed`` or ``locked`` then.
        checkpoint: The signed note of the book up to that very entry, if any.
    """

    brand: str
    timezone: str
    as_of_seq: int
    root_hash: str
    period_status: str
    sections: tuple[Section, ...]
    checkpoint: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One creator's month with every brand that has a book for them.

    Attributes:
        name: From the side table; None where there is none or it was erased.
        period: ``YYYY-MM``, by effective date in each book's time zone.
    """

    creator: str
    name: str | None
    period: str
    brands: tuple[BrandPart, ...]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to tell: no balance and no movement."""
        return not any(brand.sections for brand in self.brands)


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthCap:
    """The most that single orders of a month earn, where a movement comes of that.

    Attributes:
        period: The month that is capped, ``YYYY-MM``.
    """

    period: str
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One movement: an entry, or the part of it that is about one order line.

    Attributes:
        changes: What it adds to each part.
        sale: The commission line it is about; None for what is no order's.
        why: Why the order was credited to this creator.
        status: What the commission line stands at now: ``pending``,
            ``review``, ``disputed``, ``released`` or ``taken_back``.
        kept: What remains of the line's commission now.
        cut: What the cap of the order took from what the order line earned, for
            all hosts together; 0 where it took nothing.
        month_cap: The cap of a month that the movement comes of.
        note: The reason that a person gave.
    """

    seq: int
    on: date
    kind: str
    changes: Parts
    sale: CommissionLine | None = None
    sku: str = ""
    title: str = ""
    why: str = ""
    status: str = ""
    kept: int = 0
    cut: int = 0
    month_cap: MonthCap | None = None
    note: str = ""
    payout_item: str = ""

    @property
    def group(self) -> str:
        """Which group of movements it belongs to."""
        return group_of(self.kind)

    @property
    def change(self) -> int:
        """What it adds to all that is owed."""
        return sum(self.changes.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """That an entry is in the book with the statement's root (RFC 9162, 2.1.3).

    The hash of the entry and not the entry: it may hold what others earned.
    """

    seq: int
    leaf_hash: str
    path: tuple[str, ...]


def group_of(kind: str) -> str:
    """Return the group of a kind of entry; there is one for every kind."""
    return _GROUP_OF.get(kind, OTHER)


def added(*amounts: Parts) -> dict[str, int]:
    """Return the sum of each part, in the order they are shown."""
    return {part: sum(one.get(part, 0) for one in amounts) for part in PARTS}


def section(
    currency: str,
    sums: Iterable[tuple[int, str, str, int]],
    *,
    held: tuple[Held, ...] = (),
    payouts: tuple[Payout, ...] = (),
) -> Section:
    """Fold sums of postings into a section.

    Args:
        sums: When (-1 before the month, 0 in it, 1 after), the kind of entry,
            the part, and the amount as in the ledger.
    """
    before: dict[str, int] = {}
    after: dict[str, int] = {}
    within: dict[str, dict[str, int]] = {}
    for when, kind, part, amount in sums:
        into = {-1: before, 1: after}.get(when)
        into = within.setdefault(group_of(kind), {}) if into is None else into
        into[part] = into.get(part, 0) - amount
    ordered = {group: within[group] for group in (*GROUPS, OTHER) if group in within}
    return Section(
        currency=currency,
        opening=before,
        movements=ordered,
        later=after,
        held=held,
        payouts=payouts,
    )


def standing(line: CommissionLine, posted: Parts) -> tuple[str, int]:
    """Return what a commission line stands at, and what remains of it.

    Args:
        posted: What is posted for it, by part, as in the ledger.
    """
    pending = -posted.get("pending", 0)
    disputed = -posted.get("disputed", 0)
    kept = pending + disputed - posted.get(PAYABLE, 0) - posted.get(CLAWBACK, 0)
    if disputed:
        return "disputed", kept
    if pending:
        return ("review" if line.withheld else "pending"), kept
    return ("released" if kept else "taken_back"), kept


def held_back(
    posted: Iterable[tuple[str, int]],
    lines: Mapping[str, CommissionLine],
    *,
    day_of: Callable[[datetime], date],
) -> dict[tuple[str, date | None], tuple[int, int]]:
    """Count pending commission by why and until when it is held.

    Args:
        posted: Line ref and what is pending for it, as in the ledger.
        lines: The commission lines among them; others are of a window.

    Returns:
        By (why, until): how many lines and how much.
    """
    found: dict[tuple[str, date | None], tuple[int, int]] = {}
    for ref, amount in posted:
        line = lines.get(ref)
        if line is None:
            key: tuple[str, date | None] = ("window", None)
        else:
            key = ("review", None) if line.withheld else ("hold", day_of(line.hold_until))
        count, total = found.get(key, (0, 0))
        found[key] = (count + 1, total - amount)
    return found
