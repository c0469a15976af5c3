"""A coupon: bound to one creator and one stream's window."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from liveshop_sdk.checkout.coupons.kinds import AMOUNT, PERCENT, Gives, gives_json
from liveshop_sdk.clock import to_iso
from liveshop_sdk.facts import Json
from liveshop_sdk.money import Money, Rate

PAUSE, RESUME, END = "pause", "resume", "end"
"""What a brand may wish of a coupon; the last one can never be taken back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coupon:
    """What a code takes off, for whom it earns, when, and how often.

    Exactly one of ``percent_bps``, ``amount_off`` and ``gives`` is set. ``used`` plus
    ``reserved`` never exceeds ``limit``; what a platform let through beyond it
    is kept as a redemption with its verdict, not counted here.

    Attributes:
        gives: Free shipping, or units for less, where that is what it is for.
        platform_ref: The platform's id of it; None until it exists there.
        refused_at: When the platform refused it for good: a code of that text
            may exist there, but it is not ours.
        paused_at: Since when the brand has it paused.
        ended_at: When the brand ended it, for good.
        wish_no: How often it was paused, resumed or ended.
        told_no: The last of these wishes that the platform has carried out.
    """

    id: str
    platform: str
    account: str
    code: str
    creator: str
    stream: str
    percent_bps: int | None
    amount_off: Money | None
    starts_at: datetime
    ends_at: datetime
    limit: int | None
    per_customer: int | None
    reserved: int
    used: int
    platform_ref: str | None
    created_at: datetime
    refused_at: datetime | None = None
    paused_at: datetime | None = None
    ended_at: datetime | None = None
    wish_no: int = 0
    told_no: int = 0
    gives: Gives | None = None

    @property
    def kind(self) -> str:
        """Return ``percent``, ``amount``, ``free_shipping`` or ``buy_get``."""
        if self.gives is not None:
            return self.gives.kind
        return AMOUNT if self.percent_bps is None else PERCENT

    @property
    def offer(self) -> str:
        """Say in words what a buyer gets, such as ``20% off``."""
        if self.gives is not None:
            return self.gives.words
        off = self.amount_off if self.percent_bps is None else Rate.bps(self.percent_bps)
        return f"{off} off"

    def fits(self, items: Mapping[str, int]) -> bool:
        """Tell whether a cart has what the coupon asks for; most ask for nothing.

        Args:
            items: Quantity by SKU.
        """
        return self.gives is None or self.gives.fits(items)

    @property
    def status(self) -> str:
        """Say what our links make of it.

        ``ready`` once it exists at the platform, else ``pending`` or ``refused``;
        ``paused`` or ``ended`` from the moment the brand said so.
        """
        if self.ended_at is not None:
            return "ended"
        if self.refused_at is not None:
            return "refused"
        if self.paused_at is not None:
            return "paused"
        return "pending" if self.platform_ref is None else "ready"

    @property
    def wish(self) -> str:
        """Return what the brand wants of it now: ``resume``, ``pause`` or ``end``."""
        if self.ended_at is not None:
            return END
        return RESUME if self.paused_at is None else PAUSE

    @property
    def waiting(self) -> str | None:
        """Return the wish that the platform has not carried out yet."""
        return self.wish if self.told_no < self.wish_no else None

    @property
    def never_was(self) -> bool:
        """Tell whether it never came to be at the platform, and never will."""
        is_off = self.ended_at is not None and self.waiting is None
        return self.platform_ref is None and (self.refused_at is not None or is_off)

    def same_terms(self, other: "Coupon") -> bool:
        """Tell whether another coupon promises exactly the same."""
        return self.terms == other.terms

    @property
    def terms(self) -> tuple[object, ...]:
        """Return what it promises, without how far it is used up."""
        return (
            self.platform,
            self.account,
            self.code,
            self.creator,
            self.stream,
            self.percent_bps,
            self.amount_off,
            self.gives,
            self.starts_at,
            self.ends_at,
            self.limit,
            self.per_customer,
        )

    def as_json(self) -> dict[str, Json]:
        """Return the coupon as commands and the API show it."""
        amount_off: Json = None
        if self.amount_off is not None:
            amount_off = {**self.amount_off.as_json()}
        return {
            "id": self.id,
            "code": self.code,
            "creator": self.creator,
            "stream": self.stream,
            "percent_off_bps": self.percent_bps,
            "amount_off": amount_off,
            **gives_json(self.gives),
            "kind": self.kind,
            "offer": self.offer,
            "starts_at": to_iso(self.starts_at),
            "ends_at": to_iso(self.ends_at),
            "limit": self.limit,
            "per_customer": self.per_customer,
            "reserved": self.reserved,
            "used": self.used,
            "status": self.status,
            "waiting": self.waiting,
            "paused_at": to_iso(self.paused_at) if self.paused_at else None,
            "ended_at": to_iso(self.ended_at) if self.ended_at else None,
        }
