"""The sandbox's stories: played there, so that its records agree with them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from liveshop_sdk.db import Transaction
from liveshop_sdk.events.outbox import Outbox, OutboxRow
from liveshop_sdk.platforms.sandbox import Deliveries, SandboxPlatform
from liveshop_sdk.platforms.sandbox.signature import HEADER, sign
from liveshop_sdk.shop.live_shop import LiveShop
from liveshop_sdk.testing.stories import Teller
from liveshop_sdk.testing.webhooks import Webhook
from liveshop_sdk.wire import canonical

_PLAIN = Deliveries()


class SandboxTeller(Teller):
    """Presses the sandbox's buttons, and hands out the webhooks they cause.

    None of them waits in the outbox: what is not delivered by whoever asked
    never arrives, as if the network had lost it.
    """

    platform = "sandbox"

    def __init__(self, shop: LiveShop, ref: str) -> None:
        """Tell of a checkout (``chk_…``) or an order (``sbo_…``) of the sandbox.

        Raises:
            SandboxOnlyError: the shop runs on a real platform.
            SandboxRefUnknownError: there is no such checkout or order.
        """
        page = shop.sandbox.checkout(ref)
        assert isinstance(shop.platform, SandboxPlatform)  # noqa: S101 - it has a sandbox
        self._clock, self._secrets = shop.clock, shop.platform.signing_secrets
        self._told = _Caught(shop.clock, shop.ids)
        self._played = shop.sandbox.telling(self._told)
        self._checkout, self._total, self._order = page.id, page.total.amount, page.order_id

    @property
    def ref(self) -> str:
        """The order's id, or the checkout's while it is not paid."""
        return self._order or self._checkout

    @property
    def is_paid(self) -> bool:
        """Whether the checkout is paid."""
        return self._order is not None

    @property
    def total(self) -> int:
        """What the checkout page asks for."""
        return self._total

    def paid(self) -> Webhook:
        """Pay the checkout."""
        self._order = self._played.pay(self._checkout, deliveries=_PLAIN).id
        return self._last()

    def expired(self) -> Webhook:
        """Leave the checkout for good; it ends there before its time is over."""
        self._played.abandon(self._checkout, deliveries=_PLAIN)
        return self._last()

    def refunded(self, amount: int | None = None) -> Webhook:
        """Pay back an amount, or all that is left."""
        self._played.refund(self.ref, amount, deliveries=_PLAIN)
        return self._last()

    def refund_failed(self) -> list[Webhook]:
        """Pay back all that is left, and have the bank send it back."""
        refund = self._played.refund(self.ref, deliveries=_PLAIN)
        made = self._last()
        self._played.fail_refund(refund.id, deliveries=_PLAIN)
        return [made, self._last()]

    def disputed(self) -> Webhook:
        """Have the buyer's bank take back all that is left."""
        self._played.dispute(self.ref, deliveries=_PLAIN)
        return self._last()

    def won(self) -> Webhook:
        """Decide the open dispute for the shop."""
        self._played.win(self.ref, deliveries=_PLAIN)
        return self._last()

    def lost(self) -> Webhook:
        """Decide the open dispute for the buyer."""
        self._played.lose(self.ref, deliveries=_PLAIN)
        return self._last()

    def _last(self) -> Webhook:
        event: Any = self._told.caught.pop()
        return Webhook(
            platform="sandbox",
            topic=event["type"],
            id=event["id"],
            body=canonical(event).encode(),
            signed_at=self._clock.now(),
            sign=self._signed,
        )

    def _signed(self, body: bytes, at: datetime) -> Mapping[str, str]:
        signature = sign(body, self._secrets(), now=at)
        return {"Content-Type": "application/json", HEADER: signature}


class _Caught(Outbox):
    """An outbox that stores nothing and remembers what was meant to be sent."""

    caught: list[object]

    def add(
        self,
        tx: Transaction,  # noqa: ARG002 - stores nothing
        kind: str,
        key: str,
        payload: Mapping[str, object],
        *,
        of: tuple[str, str] | None = None,  # noqa: ARG002 - stores nothing
        due_at: datetime | None = None,  # noqa: ARG002 - whoever asked delivers it
    ) -> OutboxRow:
        self.caught = [payload]
        return OutboxRow(
            id="",
            kind=kind,
            key=key,
            payload=None,
            state="done",
            attempts=0,
            lease_by=None,
            result=None,
            reason=None,
            created_at=self._clock.now(),
        )
