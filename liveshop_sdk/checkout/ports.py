"""What we ask of a commerce platform, and what it answers.

Three adapters implement ``CommercePlatform``: the sandbox, Stripe and Shopify.
Only they know a vendor's shapes; every value here is ours.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from liveshop_sdk.checkout.coupons.kinds import Gives
from liveshop_sdk.errors import DeliveryUnreadableError
from liveshop_sdk.facts import Fact, Happening, Json
from liveshop_sdk.money import Money

TOO_OLD = "visit_too_old"
"""The ``vendor_code`` of a checkout whose stored end is too near to open it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckoutItem:
    """One product of a cart; ``unit`` is the price of one, tax as configured.

    ``platform_refs`` holds the product's ids per platform, such as
    ``{"stripe": "price_1", "shopify": "gid://shopify/ProductVariant/1"}``.
    """

    sku: str
    title: str
    quantity: int
    unit: Money
    platform_refs: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckoutRequest:
    """One visit that wants to pay.

    Attributes:
        checkout_id: Our id of the visit; also the idempotency key.
        sealed_ref: The same id, sealed: proof when it comes back.
        coupon_code: The code to apply, or None.
        coupon_ref: The platform's own id of that coupon.
        expires_at: When the checkout must end; on the platform's clock.
        success_url: Where the buyer lands after paying.
        cancel_url: Where the buyer lands after giving up.
    """

    checkout_id: str
    sealed_ref: str
    items: tuple[CheckoutItem, ...]
    coupon_code: str | None
    coupon_ref: str | None
    expires_at: datetime
    success_url: str
    cancel_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedCheckout:
    """Where to send the buyer, and the platform's own id of the checkout.

    Attributes:
        platform_ref: ``""`` where there is no checkout before the buyer comes.
        is_endless: Whether it must be ended by us: the platform does not do so
            when the visit is over.
    """

    url: str
    platform_ref: str
    is_endless: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CouponRequest:
    """A coupon to exist at the platform.

    Exactly one of ``percent_bps`` (2000 is 20 %), ``amount_off`` and ``gives`` is
    set. ``coupon_id`` is ours and the idempotency key.

    Attributes:
        product_refs: The platform's ids of the products that ``gives`` names, by
            SKU, where they have one; needed to make it and for nothing else.
    """

    coupon_id: str
    code: str
    title: str
    percent_bps: int | None
    amount_off: Money | None
    starts_at: datetime
    ends_at: datetime
    limit: int | None
    per_customer: int | None
    gives: Gives | None = None
    product_refs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A webhook whose signature was verified; nothing in it was acted on yet.

    Attributes:
        account: The platform account it is about, from what was signed or
            from our own configuration.
        delivery_id: Unique per platform, account and topic.
        event_id: The platform's id of what happened, for people.
    """

    platform: str
    account: str
    topic: str
    delivery_id: str
    event_id: str
    occurred_at: datetime
    body: bytes = field(repr=False)

    def __post_init__(self) -> None:
        """Refuse names that no row has room for; PostgreSQL would, SQLite would not."""
        for name, most in (("topic", 128), ("delivery_id", 255), ("event_id", 255)):
            if len(getattr(self, name)) > most:
                raise DeliveryUnreadableError(
                    platform=self.platform, problem=f"its {name} is longer than {most} characters"
                )


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of ``doctor``: what was looked at, whether it is well, the fix."""

    name: str
    ok: bool
    text: str
    fix: str = ""

    def as_json(self) -> dict[str, Json]:
        """Return the fields by name."""
        return {"name": self.name, "ok": self.ok, "text": self.text, "fix": self.fix}


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """Something a platform shows that is not as documented, and so became no fact.

    ``key`` and ``order_ref`` are those that its fact would have.
    """

    key: str
    order_ref: str
    problem: str


class CommercePlatform(Protocol):
    """What every platform adapter does.

    ``prepare_*`` is pure: it returns the exact parameters as canonical text,
    which the caller stores before ``open_checkout`` or ``create_coupon`` sends
    them, so that a retry is the same request byte for byte.

    Raises (all calls that talk to the platform): ``PlatformUnavailableError``
    when trying again with the same key is right, ``PlatformRefusedError`` when
    the platform said no for good. Vendor exceptions never leave an adapter.
    """

    @property
    def name(self) -> str:
        """``sandbox``, ``stripe`` or ``shopify``."""
        ...

    @property
    def account(self) -> str:
        """The account or shop this adapter talks to."""
        ...

    @property
    def mode(self) -> str:
        """``sandbox``, ``test`` or ``live``."""
        ...

    def prepare_checkout(self, request: CheckoutRequest) -> str:
        """Return the parameters of a hosted checkout as canonical text."""
        ...

    def open_checkout(
        self, params: str, *, key: str, buyer_ip: str | None = None
    ) -> OpenedCheckout:
        """Open the hosted checkout; the same key and params, the same one.

        Args:
            buyer_ip: The buyer's network address, for a platform that counts
                requests by it. For this call alone: never stored or logged.

        Raises:
            PlatformRefusedError: With ``vendor_code`` `TOO_OLD` if these params
                came too late: another visit would do.
        """
        ...

    @property
    def coupon_kinds(self) -> frozenset[str]:
        """Which kinds of coupon it has; no other is ever asked of it."""
        ...

    def prepare_coupon(self, request: CouponRequest) -> str:
        """Return the parameters of a coupon as canonical text."""
        ...

    def create_coupon(self, params: str, *, key: str) -> str:
        """Make the coupon exist and return the platform's id of it."""
        ...

    def switch_coupon(
        self, request: CouponRequest, *, ref: str | None, wish: str, key: str
    ) -> str | None:
        """Pause, resume or end a coupon; repeating it is harmless.

        Resuming gives it the window it was made with. Where there is no such
        coupon, pausing and ending it is done already.

        Args:
            ref: The platform's id of it; None where nobody knows whether it
                was made, and it must be looked for.
            wish: ``pause``, ``resume`` or ``end``, which is for good.

        Returns:
            The platform's id of it; None if it is not there.
        """
        ...

    def coupon_uses(self, ref: str) -> int | None:
        """Return how often the platform counted a coupon as used; None if it is gone.

        Platforms count late, and some only what was paid at once.
        """
        ...

    @property
    def expires_checkouts(self) -> bool:
        """Whether an open checkout can be ended from here."""
        ...

    def expire_checkout(self, params: str, *, ref: str | None, key: str) -> bool:
        """End an open checkout; one that is paid or over already is left alone.

        Args:
            params: What it was opened with.
            ref: The platform's id of it; None where nobody knows whether it
                was opened, and it must be looked for.

        Returns:
            Whether there is such a checkout, so that a webhook tells of its
            end; False as well for one that no buyer ever followed.
        """
        ...

    def receive(self, headers: Mapping[str, str], body: bytes, *, now: datetime) -> Delivery:
        """Verify a webhook on its raw bytes and name it; reads nothing else.

        Raises:
            WebhookRefusedError: Not from the platform, or unreadable.
        """
        ...

    def read(self, delivery: Delivery, *, patience: int | None = None) -> tuple[Happening, ...]:
        """Turn a stored delivery into what happened; may ask the platform.

        An unknown topic, or one that says nothing about money, gives ``()``.

        Args:
            patience: Seconds that asking may take in all, where that is less
                than the adapter's own.
        """
        ...

    def find_order(self, order_ref: str) -> tuple[Fact, ...]:
        """Ask the platform for all it knows of one order; ``()`` if nothing."""
        ...

    def walk(self, since: datetime, until: datetime) -> Iterator[Sequence[Fact | Unreadable]]:
        """Go through all that happened from `since` to `until`, page by page.

        Yields what the webhooks told or would tell, whether they came or not:
        sales, refunds and disputes, each as it is now. A refund may come
        without its sale, and what is older or newer may be among them, since
        platforms list by when a thing was made or last changed. A platform
        that asks to slow down is waited for, within bounds.
        """
        ...

    def sees_since(self, now: datetime) -> datetime | None:
        """Return since when orders are shown to us; None where all are."""
        ...

    def check(self) -> tuple[Finding, ...]:
        """Report whether credentials, webhooks and versions are in order."""
        ...


class Seals(Protocol):
    """What an adapter needs of our secrets, so that facts carry none."""

    def unseal(self, text: str) -> str | None:
        """Return the checkout id in a sealed reference, None if not ours."""
        ...

    def customer_key(self, email: str) -> str:
        """Return the keyed hash that stands for a buyer's address."""
        ...
