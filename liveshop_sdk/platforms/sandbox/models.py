"""What the sandbox keeps: checkouts, orders, refunds, disputes and coupons.

The e-mail a tester typed stands here as it would at any shop; it never shows
in ``repr`` and is never logged.
"""

from dataclasses import dataclass, field
from datetime import datetime

from liveshop_sdk.money import Money
from liveshop_sdk.platforms.sandbox.pricing import Discount, Item, Line, Priced, Terms
from liveshop_sdk.platforms.sandbox.refunds import RefundedLine


@dataclass(frozen=True, slots=True, kw_only=True)
class Cart:
    """The parameters a checkout was opened with, read back from their text."""

    checkout_id: str
    sealed_ref: str = field(repr=False)
    currency: str
    items: tuple[Item, ...]
    coupon_code: str | None
    expires_at: datetime
    success_url: str
    cancel_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkout:
    """A hosted checkout, from opening to payment or its end.

    Attributes:
        id: The sandbox's own id, ``sbc_…``.
        state: ``open``, ``paid``, ``pending`` (completed, not paid yet),
            ``declined``, ``abandoned``, ``failed`` or ``expired``.
        params: The text it was opened with; `cart` is the same, read.
        code: The code applied now, from the link or typed at the shop.
    """

    id: str
    key: str
    state: str
    params: str = field(repr=False)
    cart: Cart
    terms: Terms
    priced: Priced
    code: str | None
    coupon_ref: str | None
    email: str | None = field(repr=False)
    opened_at: datetime
    closed_at: datetime | None
    order_id: str | None

    @property
    def expires_at(self) -> datetime:
        """When it can no longer be paid."""
        return self.cart.expires_at

    def money(self, amount: int) -> Money:
        """Return an amount in the checkout's currency."""
        return Money(amount, self.cart.currency)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A paid checkout; ``refunded`` sums the refunds that did not fail."""

    id: str
    checkout_id: str
    reference: str = field(repr=False)
    currency: str
    total: int
    shipping: int
    tax: int
    is_tax_included: bool
    lines: tuple[Line, ...]
    code: str | None
    coupon_ref: str | None
    email: str = field(repr=False)
    paid_at: datetime
    refunded: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    """Money paid back; ``named_amount`` is the part its lines account for."""

    id: str
    order_id: str
    amount: int
    currency: str
    lines: tuple[RefundedLine, ...]
    state: str
    created_at: datetime
    failed_at: datetime | None

    @property
    def named_amount(self) -> int:
        """What the named lines account for."""
        return sum(line.amount for line in self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute:
    """A buyer's bank took money back: ``open``, then ``won`` or ``lost``."""

    id: str
    order_id: str
    amount: int
    currency: str
    state: str
    opened_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxCoupon:
    """A coupon that exists at the sandbox; ``used`` counts paid orders.

    ``state`` is empty, ``paused`` or ``ended``. ``is_spent`` tells that its code
    was for one use, and had it.
    """

    id: str
    key: str
    code: str
    params: str
    discount: Discount
    currency: str | None
    starts_at: datetime
    ends_at: datetime
    limit: int | None
    used: int
    state: str = ""
    is_spent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckoutPage:
    """What the checkout page shows; ``state`` is judged by the clock now.

    ``shipping`` is what is left of it after ``shipping_off``.
    """

    id: str
    checkout_id: str
    state: str
    lines: tuple[Line, ...]
    subtotal: Money
    discount: Money
    tax: Money
    is_tax_included: bool
    shipping: Money
    shipping_off: Money
    total: Money
    code: str | None
    expires_at: datetime
    success_url: str
    cancel_url: str
    order_id: str | None
