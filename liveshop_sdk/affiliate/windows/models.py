"""Counts of what a creator's own sales come to, by order and by month."""

from dataclasses import dataclass
from datetime import datetime

from liveshop_sdk.facts import OrderKey


@dataclass(frozen=True, slots=True, order=True)
class Count:
    """What is counted together: a creator's sales of one month under one version."""

    creator: str
    terms_version: int
    currency: str
    month: str


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """Over what one creator's tiers are reached: months under one version."""

    creator: str
    terms_version: int
    currency: str
    span: str

    @property
    def line_ref(self) -> str:
        """Name the bonus of this window on its postings."""
        return f"tier:{self.creator}:v{self.terms_version}:{self.currency}:{self.span}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """What is left of one month's sales, in minor units.

    Attributes:
        base: Sales that tiers count.
        earned: Commission of single orders, disputed included.
        pending: What of it is still held.
        hold_until: When the last of its holds ends.
    """

    base: int = 0
    earned: int = 0
    pending: int = 0
    hold_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedOrder:
    """One order's part in a month's totals."""

    count: Count
    order_key: OrderKey
    paid_at: datetime
    base: int
    earned: int
    pending: int
    hold_until: datetime
