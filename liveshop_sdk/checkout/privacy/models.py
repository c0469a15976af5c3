"""What is asked for privacy's sake: of whom, until when, and what became of it."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from liveshop_sdk.clock import to_iso
from liveshop_sdk.db import Transaction
from liveshop_sdk.facts import Json

DATA, CUSTOMER, SHOP = "data", "customer", "shop"
"""To be told what is held of a customer; to drop it; to drop it of all customers."""

LEFT = "left"
"""The app was removed from the shop; not a request, so nothing is recorded."""

ANSWER_WITHIN = timedelta(days=30)
"""So long Shopify gives a shop to answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Whose data it is about; none of it shows in repr.

    Attributes:
        orders: The references of orders.
        customer: The platform's id of the customer; 0 where it names none.
        email: The address, ``""`` where it names none.
        phone: Likewise.
    """

    orders: frozenset[str] = frozenset()
    customer: int = field(default=0, repr=False)
    email: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)

    @property
    def address(self) -> str:
        """The address a person is known by; the phone for want of anything else.

        A household shares a phone: by it, one would be told of another.
        """
        return self.email.strip() or ("" if self.customer else self.phone.strip())


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What a platform told about the app or its buyers' data, not yet acted on.

    Attributes:
        kind: `DATA`, `CUSTOMER`, `SHOP` or `LEFT`.
        key: The platform's own id of the request; ``""`` where it has none.
        problem: Why nobody can act on it; ``""`` if somebody can.
        cleared: From how many webhooks buyer data was taken.
    """

    kind: str
    key: str = ""
    subject: Subject = Subject()
    problem: str = ""
    cleared: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivacyRequest:
    """One request as it is recorded; it names no buyer.

    Attributes:
        inbox_id: The webhook it came by.
        orders: How many orders it is about, as far as is known.
        state: ``open`` (a person is to answer), ``done``, or ``problem`` (it
            could not be read, and a person is to look at it).
        cleared: From how many webhooks buyer data was taken.
        asked_at: By the platform's clock.
        heard_at: By ours.
    """

    id: str
    platform: str
    account: str
    kind: str
    inbox_id: str
    orders: int
    state: str
    problem: str | None
    cleared: int
    asked_at: datetime
    heard_at: datetime
    done_at: datetime | None

    @property
    def due_at(self) -> datetime:
        """Until when it is to be answered."""
        return self.heard_at + ANSWER_WITHIN

    def as_json(self) -> dict[str, Json]:
        """Return the same for scripts."""
        return {
            "id": self.id,
            "platform": self.platform,
            "account": self.account,
            "kind": self.kind,
            "inbox_id": self.inbox_id,
            "orders": self.orders,
            "state": self.state,
            "problem": self.problem,
            "cleared": self.cleared,
            "asked_at": to_iso(self.asked_at),
            "heard_at": to_iso(self.heard_at),
            "due_at": to_iso(self.due_at),
            "done_at": to_iso(self.done_at) if self.done_at else None,
        }


class NoticeReader(Protocol):
    """What only the platform knows of its notices and of buyer data in its webhooks."""

    @property
    def platform(self) -> str:
        """Whose notices it reads."""
        ...

    @property
    def topics(self) -> frozenset[str]:
        """The topics that are notices."""
        ...

    def kind_of(self, topic: str) -> str:
        """Return what a topic is about, whatever its body says."""
        ...

    def read(self, topic: str, body: bytes) -> Notice:
        """Read a notice.

        Raises:
            DeliveryUnreadableError: it is not what its topic promises.
        """
        ...

    def needles(self, subject: Subject) -> frozenset[bytes]:
        """Return bytes of which a webhook about this subject holds at least one."""
        ...

    def concerns(self, topic: str, body: bytes, subject: Subject) -> bool:
        """Say whether a webhook is about one of these orders, or this customer."""
        ...

    def without_buyer(self, topic: str, body: bytes) -> bytes:
        """Return a webhook with nothing left in it but what its facts are read from.

        Doing it again changes nothing.
        """
        ...

    def leave(self, tx: Transaction, at: datetime) -> bool:
        """Give up what the platform granted the app until then."""
        ...
