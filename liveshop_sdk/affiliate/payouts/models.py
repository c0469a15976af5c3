"""Payees, batches and items: what is paid to whom, and how far it is.

Amounts are whole minor units. Payment details never show in a repr.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from liveshop_sdk.affiliate.fx.models import Conversion
from liveshop_sdk.facts import Json
from liveshop_sdk.money import Money

PLANNED, APPROVED, REJECTED = "planned", "approved", "rejected"
"""The states of a batch."""

CREATED, SENT, PAID = "created", "sent", "paid"
FAILED, RETURNED, CANCELLED = "failed", "returned", "cancelled"
"""The states of an item; the last three end it, and the money is payable again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payee:
    """How one creator is paid by one rail.

    Attributes:
        fields: What the rail needs, such as ``account`` or ``iban``.
        hold: Why nothing is paid now; empty when something may be.
        withholding_bps: Of every payout, for backup withholding of tax.
        allows_offset: What the contract says of setting off; the books net
            what is owed and what is owed back in any case.
    """

    creator: str
    rail: str
    fields: Mapping[str, str] = field(repr=False)
    hold: str = ""
    withholding_bps: int = 0
    allows_offset: bool = True

    def as_json(self) -> dict[str, Json]:
        """Return everything but the values of the payment details."""
        return {
            "creator": self.creator,
            "rail": self.rail,
            "fields": [*sorted(self.fields)],
            "hold": self.hold,
            "withholding_bps": self.withholding_bps,
            "allows_offset": self.allows_offset,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What one person planned at once: items of one brand, currency and rail."""

    id: str
    brand: str
    rail: str
    currency: str
    amount: int
    items: int
    as_of_seq: int
    created_by: str
    created_at: datetime
    state: str = PLANNED
    decided_by: str | None = None
    decided_at: datetime | None = None

    @property
    def total(self) -> Money:
        """What all items come to, before tax is withheld."""
        return Money(self.amount, self.currency)

    def as_json(self) -> dict[str, Json]:
        """Return the shape scripts rely on."""
        return {
            "id": self.id,
            "brand": self.brand,
            "rail": self.rail,
            "amount": dict(self.total.as_json()),
            "items": self.items,
            "as_of_seq": self.as_of_seq,
            "state": self.state,
            "created_by": self.created_by,
            "decided_by": self.decided_by,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One creator's part of a batch, and one transfer at most.

    Attributes:
        amount: Reserved of what was payable at ``as_of_seq``.
        withheld: Of that, kept back as tax; the rest is sent.
        params: What the rail is asked, frozen before the first try.
        round: Which key the rail is asked with; raised by a refusal only.
        attempts: How often somebody set out to send it.
        is_held: Whether its payee went on hold after it was asked for.
        conversion: The money it is paid from, where that is another.
        realised: The loss booked by exchange, in the currency it was paid from.
        problem: Why it was not sent yet, or why it failed.
    """

    id: str
    batch: str
    brand: str
    rail: str
    creator: str
    currency: str
    amount: int
    withheld: int
    as_of_seq: int
    created_at: datetime
    state: str = CREATED
    params: str | None = field(default=None, repr=False)
    round: int = 0
    attempts: int = 0
    lease_by: str | None = field(default=None, repr=False)
    lease_until: datetime | None = None
    is_held: bool = field(default=False, repr=False)
    rail_ref: str | None = None
    fee: int = 0
    conversion: Conversion | None = None
    realised: int = 0
    returned: int = 0
    problem: str = ""

    @property
    def net(self) -> Money:
        """What the creator is sent, in the currency that is owed."""
        return Money(self.amount - self.withheld, self.currency)

    @property
    def paid_from(self) -> Money:
        """What leaves the rail without its fee, in the currency it is paid from."""
        return self.conversion.paid if self.conversion else self.net

    @property
    def key(self) -> str:
        """The idempotency key of the next try: our own id, and never another's."""
        return self.id if self.round == 0 else f"{self.id}:{self.round + 1}"

    def as_json(self) -> dict[str, Json]:
        """Return the shape scripts rely on."""
        paid = self.paid_from
        return {
            "id": self.id,
            "batch": self.batch,
            "creator": self.creator,
            "amount": {"amount": self.amount, "currency": self.currency},
            "withheld": {"amount": self.withheld, "currency": self.currency},
            "paid_from": dict(paid.as_json()),
            "fee": {"amount": self.fee, "currency": paid.currency},
            "state": self.state,
            "rail_ref": self.rail_ref,
            "problem": self.problem,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a plan came to; ``batch`` is None when nothing was left to pay.

    Attributes:
        skipped: Who has something payable and gets nothing now, and why.
    """

    batch: Batch | None
    items: tuple[Item, ...] = ()
    skipped: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SendReport:
    """What a run of sending came to, in numbers of items.

    Attributes:
        waiting: Not sent, with a problem that may pass; the next run tries again.
        unknown: The rail did not answer; the next run asks it first.
        busy: In somebody else's hands.
        left: Not tried, because the rail did not answer any more.
    """

    sent: int = 0
    waiting: int = 0
    failed: int = 0
    unknown: int = 0
    busy: int = 0
    left: int = 0

    def as_json(self) -> dict[str, Json]:
        """Return the numbers by name."""
        return {
            "sent": self.sent,
            "waiting": self.waiting,
            "failed": self.failed,
            "unknown": self.unknown,
            "busy": self.busy,
            "left": self.left,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing that items, ledger and rail do not tell alike."""

    item: str
    problem: str

    def as_json(self) -> dict[str, Json]:
        """Return both by name."""
        return {"item": self.item, "problem": self.problem}
