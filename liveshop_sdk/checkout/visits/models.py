"""One opening of a link, from the touch to the end of its checkout."""

from dataclasses import dataclass
from datetime import datetime, timedelta

RESERVED_FOR = timedelta(minutes=31)
"""How long a visit holds its coupon unit; the checkout ends at the same instant.

A minute more than the 30 that Stripe demands at least of ``expires_at``.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Touch:
    """A buyer opened a link; append-only.

    ``stream_offset_us`` counts from the stream's opening: the minute that
    earned it.
    """

    checkout_id: str
    link_id: str
    creator: str
    stream: str | None
    opened_at: datetime
    stream_offset_us: int | None
    channel: str
    placement: str
    customer_key: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A visit's checkout at a platform.

    ``state`` goes from ``opening`` to ``open`` to ``paid`` or ``closed``;
    ``reservation`` from ``none``, or from ``held`` to ``used`` or ``freed``.
    ``code_id`` is the personal code of the coupon that it was opened with.
    """

    checkout_id: str
    platform: str
    account: str
    state: str
    params: str
    platform_ref: str | None
    url: str | None
    coupon_id: str | None
    reservation: str
    reserved_until: datetime
    code_id: str | None = None
