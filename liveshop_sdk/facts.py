"""What happened, in our own words: frozen values that no vendor shape reaches.

Platforms turn deliveries into facts; the rest of the system knows nothing
else. A fact is keyed by the object it is about (``order:<ref>``,
``refund:<id>``), never by the message that told us. Hearing of it again is a
repeat as long as its ``essence`` is the same; what was heard first stands.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import ClassVar

from liveshop_sdk.clock import to_iso

Json = str | int | bool | None | list["Json"] | dict[str, "Json"]

OrderKey = tuple[str, str, str]
"""(platform, account, order_ref)"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SoldLine:
    """One line of a paid order, in minor units of the order's currency.

    Attributes:
        ref: The platform's id of the line.
        sku: Our SKU, or ``""`` when the item is not in our registry.
        item_ref: The platform's id of what was sold (price, variant).
        gross: Before discounts, as shown to the buyer, for all units.
        discount: All discounts on this line, order-level ones included.
        tax: The tax on this line, whether inside or on top of the price.
        base: What commission is computed on: after discounts, without tax.
    """

    ref: str
    sku: str
    item_ref: str
    title: str
    quantity: int
    gross: int
    discount: int
    tax: int
    base: int

    def body(self) -> dict[str, Json]:
        """Return the line as plain JSON values."""
        return asdict(self)

    def essence(self) -> list[Json]:
        """Return the money, and what it is for; not its names."""
        return [self.ref, self.quantity, self.gross, self.discount, self.tax, self.base]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Something that happened to one order at one platform account."""

    kind: ClassVar[str] = ""

    platform: str
    account: str
    order_ref: str
    occurred_at: datetime

    @property
    def key(self) -> str:
        """Name the object this is about; unique per platform account."""
        return f"{self.kind}:{self.order_ref}"

    @property
    def order_key(self) -> OrderKey:
        """Name the order, whatever platform it is from."""
        return (self.platform, self.account, self.order_ref)

    def body(self) -> dict[str, Json]:
        """Return what is kept about the object, as plain JSON values."""
        return {}

    def essence(self) -> dict[str, Json]:
        """Return what every message about the object must agree on."""
        return self.body()


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPaid(Fact):
    """The buyer has paid (or owed nothing); ``occurred_at`` is the payment.

    Attributes:
        total: What was paid, tax and shipping included.
        checkout_id: Our verified reference, or None when it came back without
            one or with one that we did not make.
        cart_token: The platform's cart id, compared with carts we created.
        codes: Discount codes on the order, as the platform spells them.
        coupon_refs: The platform's own ids of the discounts used.
        customer_key: Keyed hash of the buyer's address, never the address.
        is_test: Paid with no real money.
    """

    kind = "order"

    currency: str
    total: int
    shipping: int
    tax: int
    tax_included: bool
    lines: tuple[SoldLine, ...]
    checkout_id: str | None = None
    cart_token: str | None = None
    codes: tuple[str, ...] = ()
    coupon_refs: tuple[str, ...] = ()
    customer_key: str | None = None
    market: str = ""
    is_test: bool = False

    def body(self) -> dict[str, Json]:
        """Return amounts, lines and references of the sale."""
        return {
            "currency": self.currency,
            "total": self.total,
            "shipping": self.shipping,
            "tax": self.tax,
            "tax_included": self.tax_included,
            "checkout_id": self.checkout_id,
            "cart_token": self.cart_token,
            "codes": list(self.codes),
            "coupon_refs": list(self.coupon_refs),
            "customer_key": self.customer_key,
            "market": self.market,
            "is_test": self.is_test,
            "lines": [line.body() for line in self.lines],
        }

    def essence(self) -> dict[str, Json]:
        """Return the money and the lines it is for.

        All else may be told otherwise later: a buyer corrects an address, a
        variant is taken off the shop and its line then names none.
        """
        sold = sorted(self.lines, key=lambda line: line.ref)
        return {
            "currency": self.currency,
            "total": self.total,
            "shipping": self.shipping,
            "tax": self.tax,
            "is_test": self.is_test,
            "lines": [line.essence() for line in sold],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRefunded(Fact):
    """Money went back to the buyer, for named lines or for no line at all.

    Attributes:
        refund_id: The platform's id of the refund.
        amount: All that was paid back.
        lines: ``(line ref, refunded commission base)`` where lines are named.
        named_amount: The part of ``amount`` whose purpose the platform named:
            those lines with their tax, and shipping. The rest names no line.
    """

    kind = "refund"

    refund_id: str
    amount: int
    currency: str
    lines: tuple[tuple[str, int], ...] = ()
    named_amount: int = 0

    @property
    def key(self) -> str:
        """Name the refund, however many messages tell of it."""
        return f"refund:{self.refund_id}"

    def body(self) -> dict[str, Json]:
        """Return the amounts and the lines named."""
        return {
            "refund_id": self.refund_id,
            "amount": self.amount,
            "currency": self.currency,
            "named_amount": self.named_amount,
            "lines": [[ref, base] for ref, base in self.lines],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundFailed(Fact):
    """A refund did not reach the buyer after all; it counts as never made."""

    kind = "refund_failed"

    refund_id: str

    @property
    def key(self) -> str:
        """Name the failure of this refund."""
        return f"refund_failed:{self.refund_id}"

    def body(self) -> dict[str, Json]:
        """Return the refund's id."""
        return {"refund_id": self.refund_id}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Disputed(Fact):
    """A step of a dispute.

    Attributes:
        turn: Counts how often its money was taken: what was given back may be
            taken again. The last turn holds, and in it a dispute that was lost
            may still be won.
    """

    dispute_id: str
    turn: int = 1

    @property
    def key(self) -> str:
        """Name this step of the dispute, by its turn from the second on."""
        return f"{self.kind}:{self.dispute_id}" + (f":{self.turn}" if self.turn > 1 else "")

    def body(self) -> dict[str, Json]:
        """Return the dispute's id, and its turn from the second on."""
        return {"dispute_id": self.dispute_id} | ({"turn": self.turn} if self.turn > 1 else {})


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeOpened(_Disputed):
    """The buyer's bank took ``amount`` back; commission on it is frozen."""

    kind = "dispute_opened"

    amount: int
    currency: str

    def body(self) -> dict[str, Json]:
        """Return the dispute's id and amount."""
        return _Disputed.body(self) | {"amount": self.amount, "currency": self.currency}

    def essence(self) -> dict[str, Json]:
        """Return all but the amount: banks correct it, and the first one stands."""
        return {"dispute_id": self.dispute_id, "currency": self.currency}


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeWon(_Disputed):
    """The money came back to the brand; the freeze ends."""

    kind = "dispute_won"


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeLost(_Disputed):
    """The money is gone for good; commission on it is taken back."""

    kind = "dispute_lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldReleased(Fact):
    """The hold of an order's commission ended; made by us, not a platform.

    Attributes:
        hold_until: Lines held until this instant or before are released.
        approved: Also lines withheld for review (a coupon over its limit).
    """

    kind = "release"

    hold_until: datetime
    approved: bool = False

    @property
    def key(self) -> str:
        """Name the order and the hold that ended."""
        suffix = ":approved" if self.approved else ""
        return f"release:{self.order_ref}:{to_iso(self.hold_until)}{suffix}"

    def body(self) -> dict[str, Json]:
        """Return the hold that ended."""
        return {"hold_until": to_iso(self.hold_until), "approved": self.approved}


@dataclass(frozen=True, slots=True, kw_only=True)
class CommissionCorrected(Fact):
    """A commission line should have earned another amount; made by two people.

    Attributes:
        line_ref: The commission line.
        amount: What it should have earned before any refund, in minor units.
        corrects_seq: The entry that was wrong, and ``period`` its month.
    """

    kind = "correction"

    correction_id: str
    line_ref: str
    amount: int
    reason: str
    created_by: str
    approved_by: str
    corrects_seq: int
    period: str

    @property
    def key(self) -> str:
        """Name the correction."""
        return f"correction:{self.correction_id}"

    def body(self) -> dict[str, Json]:
        """Return what was corrected, to what, by whom and why."""
        return {
            "correction_id": self.correction_id,
            "line_ref": self.line_ref,
            "amount": self.amount,
            "reason": self.reason,
            "created_by": self.created_by,
            "approved_by": self.approved_by,
            "corrects_seq": self.corrects_seq,
            "period": self.period,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckoutClosed:
    """A visit's checkout ended without payment; what it reserved is free.

    Not a fact about an order: no order exists. ``reason`` is ``expired``,
    ``abandoned``, ``declined`` or ``failed``.
    """

    platform: str
    account: str
    checkout_id: str
    reason: str
    occurred_at: datetime


Happening = Fact | CheckoutClosed


# --- what attribution is decided on


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One piece of verified evidence that a creator earned an order.

    Attributes:
        source: ``coupon`` (our code was redeemed), ``checkout_ref`` (our
            sealed reference came back) or ``cart_token`` (a cart we made).
        touched_at: When the link was opened, or for a coupon when it was
            redeemed.
        stream_offset_us: Microseconds since the stream opened, where known.
    """

    source: str
    creator: str
    stream: str | None
    touched_at: datetime
    coupon_id: str | None = None
    code: str | None = None
    checkout_id: str | None = None
    link_id: str | None = None
    channel: str = ""
    placement: str = ""
    stream_offset_us: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HostShare:
    """A host's share of every sale credited on a stream; zero is none."""

    creator: str
    weight: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All that attribution may look at for one order.

    Attributes:
        claims: In no particular order; the policy ranks them.
        shares: Per stream code, the hosts that have a share, in host order.
        awaiting: Per code of a stream shared by an air time not known yet, its
            hosts.
        review: Why commission must wait for a person, or ``""``.
        is_returning: Whether the buyer paid here before; None when unknown.
    """

    paid_at: datetime
    claims: tuple[Claim, ...]
    shares: Mapping[str, tuple[HostShare, ...]]
    review: str = ""
    awaiting: Mapping[str, frozenset[str]] = field(default_factory=dict)
    is_returning: bool | None = None
