"""An order as we know it: a row that is locked before anything about it."""

from dataclasses import dataclass
from datetime import datetime

from liveshop_sdk.facts import OrderKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One order at one platform account; unpaid fields are None.

    Attributes:
        id: Ours, ``ord_…``.
        is_returning: Whether this buyer paid here before, when known.
        touch_offset_us: From the stream's opening to the touch.
        paid_offset_us: From the stream's opening to the payment.
    """

    id: str
    platform: str
    account: str
    order_ref: str
    paid_at: datetime | None
    currency: str | None
    total: int | None
    checkout_id: str | None
    customer_key: str | None
    is_returning: bool | None
    market: str | None
    tax_included: bool | None
    is_test: bool | None
    touch_offset_us: int | None
    paid_offset_us: int | None

    @property
    def key(self) -> OrderKey:
        """Return (platform, account, order_ref)."""
        return (self.platform, self.account, self.order_ref)
