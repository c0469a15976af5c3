"""Read again what Stripe has sent: its own list of events, kept for 30 days."""

import json
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from liveshop_sdk.checkout.ports import Delivery
from liveshop_sdk.clock import to_seconds
from liveshop_sdk.platforms.stripe.client import StripeCalls
from liveshop_sdk.platforms.stripe.event import OWN, parse_event
from liveshop_sdk.platforms.stripe.faults import as_documented
from liveshop_sdk.platforms.stripe.fields import Obj


class StripeFeed:
    """The events of one account, of the types that mean something here."""

    def __init__(self, calls: StripeCalls, *, types: Iterable[str], account: str | None) -> None:
        """Ask nothing yet.

        Args:
            account: The connected account whose events they are.
        """
        self._calls, self._types, self._account = calls, sorted(types), account

    def since(self, at: datetime) -> list[Delivery]:
        """Return what was sent from that second on, oldest first."""
        with as_documented():
            newest_first = [
                one for page in self._calls.events(to_seconds(at), self._types) for one in page
            ]
            return [self._delivery(one) for one in reversed(newest_first)]

    def _delivery(self, raw: Obj) -> Delivery:
        if self._account is not None:
            raw = {**raw, "account": self._account}  # as an endpoint of its platform hears it
        body = json.dumps(raw, default=_text, ensure_ascii=False, separators=(",", ":")).encode()
        event = parse_event(body)
        return Delivery(
            platform="stripe",
            account=self._account or OWN,
            topic=event.type,
            delivery_id=event.id,
            event_id=event.id,
            occurred_at=event.created,
            body=body,
        )


def _text(value: object) -> str:
    """Write what the SDK made of a decimal as Stripe sent it."""
    if isinstance(value, Decimal):
        return format(value, "f")
    raise TypeError(type(value).__name__)
