"""Signed webhooks for a shop under test, and what may become of them on the way."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from liveshop_sdk.platforms.sandbox import Deliveries

Sign = Callable[[bytes, datetime], Mapping[str, str]]
"""Returns the headers a platform sends with a body at some instant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """One delivery: the bytes a platform sends, and its signature over them.

    Attributes:
        id: The platform's name of the delivery; the same one again is a repeat.
        signed_at: When it leaves; Stripe and the sandbox sign this, too.
    """

    platform: str
    topic: str
    id: str
    body: bytes = field(repr=False)
    signed_at: datetime
    sign: Sign = field(repr=False, compare=False)

    @property
    def path(self) -> str:
        """The route that takes it, below the shop's address."""
        return f"/webhooks/{self.platform}"

    @property
    def headers(self) -> dict[str, str]:
        """The headers it is sent with, signature included."""
        return dict(self.sign(self.body, self.signed_at))

    def tampered(self) -> "Webhook":
        """Return it with a byte more than was signed: to be refused."""
        headers = self.headers
        return replace(self, body=self.body + b" ", sign=lambda _body, _at: headers)

    def aged(self, by: timedelta = timedelta(minutes=6)) -> "Webhook":
        """Return it as signed so long ago; more than five minutes are refused.

        Not by Shopify's scheme, which signs no time: a repeat may be hours late.
        """
        return replace(self, signed_at=self.signed_at - by)


def on_the_way(
    webhooks: Sequence[Webhook], *, duplicate: int = 0, reorder: bool = False, drop: int = 0
) -> list[Webhook]:
    """Return what arrives of these webhooks, and in which order.

    Args:
        duplicate: So many extra copies of each, one behind the other.
        reorder: The last comes first, so that a refund is there before its sale.
        drop: Every n-th is lost, counted as they were sent; 1 loses all.

    Raises:
        SandboxAmountError: a count out of range.
    """
    switches = Deliveries(duplicate=duplicate, drop=drop)
    kept = [
        one
        for number, one in enumerate(webhooks, start=1)
        if not switches.drop or number % switches.drop
    ]
    if reorder:
        kept.reverse()
    return [one for one in kept for _ in range(switches.duplicate + 1)]
