"""Stripe's stories: events as its webhooks carry them, signed by scheme ``v1``.

A sale is fetched from Stripe again before it counts: `session` is what a
stand-in for its API answers then. Refunds and disputes count as they are sent.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from liveshop_sdk.clock import Clock, to_seconds
from liveshop_sdk.errors import StoryRefusedError
from liveshop_sdk.ids import Ids, body_of
from liveshop_sdk.money import Money, to_platform
from liveshop_sdk.testing.sales import Sale, SaleLine
from liveshop_sdk.testing.signing import sign_stripe
from liveshop_sdk.testing.stories import Teller
from liveshop_sdk.testing.webhooks import Webhook

API_VERSION = "2026-10-28.endive"
"""The version events are written in; the adapter reads the same."""

_SHOWN_LATER = ("line_items", "discounts")


class StripeTeller(Teller):
    """Tells what becomes of one sale at a Stripe account in test mode."""

    platform = "stripe"

    def __init__(
        self, sale: Sale, *, secret: str, clock: Clock, ids: Ids, account: str | None = None
    ) -> None:
        """Sign with this webhook secret, ``whsec_…``.

        Args:
            account: The connected account that sells (``acct_…``).
        """
        self._sale, self._secret, self._clock, self._ids = sale, secret, clock, ids
        self._of = {} if account is None else {"account": account}
        self._session = sale.platform_ref or self._new("cs_test")
        self._payment = sale.order_ref or self._new("pi")
        self._charge = self._new("ch")
        self._dispute: dict[str, Any] = {}
        self._is_told = bool(sale.order_ref)

    @property
    def ref(self) -> str:
        """The payment intent: what the order is known by."""
        return self._payment

    @property
    def is_paid(self) -> bool:
        """Whether the payment was told of, or recorded before."""
        return self._is_told

    @property
    def total(self) -> int:
        """What the lines come to, in our minor units."""
        return self._sale.total.amount

    def paid(self) -> Webhook:
        """Tell that the session was completed and paid."""
        self._is_told = True
        session = self.session()
        told = {name: value for name, value in session.items() if name not in _SHOWN_LATER}
        return self._event("checkout.session.completed", told | {"payment_intent": self._payment})

    def session(self, *, is_paid: bool = True) -> dict[str, Any]:
        """Return the session as the API answers it, with its lines and payment."""
        sale, now = self._sale, to_seconds(self._clock.now())
        total, currency = self._units(sale.total), sale.total.currency.lower()
        payment = {
            "id": self._payment,
            "object": "payment_intent",
            "latest_charge": {"id": self._charge, "object": "charge", "created": now},
        }
        return {
            "id": self._session,
            "object": "checkout.session",
            "amount_subtotal": total,
            "amount_total": total,
            "client_reference_id": sale.checkout_id or None,
            "created": now,
            "currency": currency,
            "customer_details": {"address": None, "email": sale.email},
            "discounts": [],
            "expires_at": now + 31 * 60,
            "line_items": {
                "object": "list",
                "data": [self._line(line) for line in sale.lines],
                "has_more": False,
            },
            "livemode": False,
            "metadata": {"liveshop": sale.reference} if sale.reference else {},
            "mode": "payment",
            "payment_intent": payment if is_paid else None,
            "payment_status": "paid" if is_paid else "unpaid",
            "status": "complete" if is_paid else "expired",
            "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        }

    def expired(self) -> Webhook:
        """Tell that the session ended unpaid."""
        session = self.session(is_paid=False)
        told = {name: value for name, value in session.items() if name not in _SHOWN_LATER}
        return self._event("checkout.session.expired", told)

    def refunded(self, amount: int | None = None) -> Webhook:
        """Tell of a refund that went through."""
        return self._event("refund.created", self._refund(amount, "succeeded"))

    def refund_failed(self) -> list[Webhook]:
        """Tell of a refund of everything, and that the bank sent it back."""
        made = self._refund(None, "succeeded")
        failed = made | {"status": "failed", "failure_reason": "lost_or_stolen_card"}
        return [self._event("refund.created", made), self._event("refund.failed", failed)]

    def disputed(self) -> Webhook:
        """Tell of a chargeback about everything."""
        self._dispute = {
            **self._about(None),
            "id": self._new("du"),
            "object": "dispute",
            "balance_transactions": [],
            "reason": "general",
            "status": "needs_response",
        }
        return self._event("charge.dispute.created", self._dispute)

    def won(self) -> Webhook:
        """Tell that the shop won the chargeback."""
        return self._closed("won")

    def lost(self) -> Webhook:
        """Tell that the shop lost the chargeback."""
        return self._closed("lost")

    def _closed(self, status: str) -> Webhook:
        if not self._dispute:
            raise StoryRefusedError(story=status, problem="no dispute was told of before")
        return self._event("charge.dispute.closed", self._dispute | {"status": status})

    def _refund(self, amount: int | None, status: str) -> dict[str, Any]:
        return {
            **self._about(amount),
            "id": self._new("re"),
            "object": "refund",
            # Without it no API is asked when the money came back.
            "failure_balance_transaction": None,
            "reason": "requested_by_customer",
            "status": status,
        }

    def _about(self, amount: int | None) -> dict[str, Any]:
        money = self._sale.part(amount)
        return {
            "amount": self._units(money),
            "charge": self._charge,
            "created": to_seconds(self._clock.now()),
            "currency": money.currency.lower(),
            "metadata": {},
            "payment_intent": self._payment,
        }

    def _line(self, line: SaleLine) -> dict[str, Any]:
        total = self._units(line.price * line.quantity)
        return {
            "id": self._new("li"),
            "object": "item",
            "amount_discount": 0,
            "amount_subtotal": total,
            "amount_tax": 0,
            "amount_total": total,
            "currency": line.price.currency.lower(),
            "description": line.title or line.sku,
            "metadata": {"sku": line.sku},
            "price": {"id": self._new("price"), "object": "price"},
            "quantity": line.quantity,
        }

    def _event(self, topic: str, subject: Mapping[str, Any]) -> Webhook:
        now, event_id = self._clock.now(), self._new("evt")
        event = {
            "id": event_id,
            "object": "event",
            **self._of,
            "api_version": API_VERSION,
            "created": to_seconds(now),
            "data": {"object": subject},
            "livemode": False,
            "pending_webhooks": 1,
            "request": {"id": None, "idempotency_key": None},
            "type": topic,
        }
        return Webhook(
            platform=self.platform,
            topic=topic,
            id=event_id,
            body=json.dumps(event, indent=2).encode(),
            signed_at=now,
            sign=self._signed,
        )

    def _signed(self, body: bytes, at: datetime) -> Mapping[str, str]:
        return sign_stripe(body, self._secret, now=at)

    def _units(self, money: Money) -> int:
        return to_platform(money, self.platform)

    def _new(self, prefix: str) -> str:
        return f"{prefix}_{body_of(self._ids.new('any'))}"
