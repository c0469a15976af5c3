"""A movement of money at a platform, with what the platform charged for it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from liveshop_sdk.checkout.ports import Unreadable
from liveshop_sdk.clock import to_iso
from liveshop_sdk.facts import Json
from liveshop_sdk.money import Money

CHARGE, REFUND, DISPUTE, OTHER = "charge", "refund", "dispute", "other"
"""What a movement is about; `OTHER` is of no order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fee:
    """One movement at the platform; `net` is `gross` less `fee`, in one currency.

    Attributes:
        ref: The platform's own id of the movement.
        order_ref: The order it is of; empty where it is of none.
        kind: `CHARGE`, `REFUND`, `DISPUTE` or `OTHER`.
        gross: Above zero came in: a refund that failed, or a dispute that was
            won, is a movement of its kind above zero.
        fee: Below zero the platform gave one back.
        net: What the shop's balance there moved by. The currency is the one the
            platform settles in, which need not be the order's.
    """

    ref: str
    order_ref: str
    kind: str
    gross: Money
    fee: Money
    net: Money
    occurred_at: datetime

    def __post_init__(self) -> None:
        """Refuse what does not add up.

        Raises:
            ValueError: `net` is another sum.
            CurrencyMismatchError: The currencies are not one.
        """
        if self.gross - self.fee != self.net:
            raise ValueError("net is not gross less fee")

    def as_json(self) -> dict[str, Json]:
        """Return the fields by name; the instant is RFC 3339, money is nested."""
        return {
            "ref": self.ref,
            "order_ref": self.order_ref,
            "kind": self.kind,
            "gross": dict(self.gross.as_json()),
            "fee": dict(self.fee.as_json()),
            "net": dict(self.net.as_json()),
            "occurred_at": to_iso(self.occurred_at),
        }


class PlatformFees(Protocol):
    """What an adapter does whose platform shows what it charges."""

    def pages(self, since: datetime, until: datetime) -> Iterator[Sequence[Fee | Unreadable]]:
        """Yield the movements from `since` and before `until`, page by page.

        A few that are a little older or younger may be among them. One that
        cannot be read holds up no other. A platform that asks to slow down is
        waited for.

        Raises:
            PlatformRefusedError: Reading them is not allowed.
            PlatformNotReadyError, PlatformUnavailableError: It could not be
                asked to the end.
        """
        ...
