"""What every sandbox operation shares: finding things, and telling of changes.

An operation is one transaction that holds the change and the outbox rows of
the webhooks it causes; nothing is sent from inside it.
"""

from collections.abc import Callable
from datetime import datetime
from typing import NoReturn, Self

from liveshop_sdk.clock import Clock
from liveshop_sdk.db import Database, Transaction
from liveshop_sdk.errors import SandboxRefUnknownError, SandboxStateError
from liveshop_sdk.events.outbox import Outbox
from liveshop_sdk.facts import Json
from liveshop_sdk.ids import Ids
from liveshop_sdk.platforms.sandbox.codes.store import CodeStore
from liveshop_sdk.platforms.sandbox.deliveries import Deliveries
from liveshop_sdk.platforms.sandbox.events import event_text
from liveshop_sdk.platforms.sandbox.models import Checkout, Order
from liveshop_sdk.platforms.sandbox.pricing import Terms
from liveshop_sdk.platforms.sandbox.store import SandboxStore
from liveshop_sdk.wire import loads_canonical

OUTBOX_KIND = "sandbox.webhook"
DELIVERIES = "deliveries"
DELIVERY_COUNT = "delivery_count"
LIMITS = "coupon_limits"
TERMS = "terms"

CheckCustomer = Callable[[str, str], str | None]
"""Called with code and e-mail before payment; returns why not, or None."""


class Desk:
    """Where sandbox operations start: the database, time, ids and the outbox."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        ids: Ids,
        outbox: Outbox,
        *,
        check_customer: CheckCustomer | None = None,
    ) -> None:
        """Work on this database.

        Args:
            check_customer: Asked before a payment with a code, outside any
                transaction; see `CheckCustomer`.
        """
        self._db = db
        self._clock = clock
        self._ids = ids
        self._outbox = outbox
        self._check_customer = check_customer
        self._store, self._codes = SandboxStore(), CodeStore()

    def telling(self, outbox: Outbox) -> Self:
        """Return the same desk, which plans its webhooks in another outbox."""
        return type(self)(
            self._db, self._clock, self._ids, outbox, check_customer=self._check_customer
        )

    def _announce(
        self, tx: Transaction, topic: str, data: dict[str, Json], given: Deliveries | None
    ) -> None:
        """Plan the webhooks of one event, as the switches have it."""
        now = self._clock.now()
        switches = given or stored_deliveries(self._store, tx)
        event_id = self._ids.new("sbe")
        if switches.drop and self._store.count(tx, DELIVERY_COUNT) % switches.drop == 0:
            return
        event = loads_canonical(event_text(event_id, topic, now, data))
        assert isinstance(event, dict)  # noqa: S101 - we wrote it
        for copy, due_at in enumerate(switches.times(event_id, now)):
            self._outbox.add(tx, OUTBOX_KIND, f"{event_id}:{copy}", event, due_at=due_at)

    def _locked_checkout(self, tx: Transaction, ref: str) -> Checkout:
        found = self._store.checkout(tx, ref, lock=True)
        if found is None:
            raise SandboxRefUnknownError(kind="checkout", ref=ref[:64])
        return found

    def _locked_order(self, tx: Transaction, ref: str) -> Order:
        """Return the order of a checkout, order, refund or dispute, locked."""
        order_id: str | None = ref
        kind = ref.partition("_")[0]
        if kind == "sbr":
            order_id = self._store.order_of_refund(tx, ref)
        elif kind == "sbd":
            order_id = self._store.order_of_dispute(tx, ref)
        elif kind != "sbo":
            checkout = self._store.checkout(tx, ref)
            order_id = checkout.order_id if checkout else None
            if checkout and order_id is None:
                not_paid(ref, checkout.state)
        order = self._store.order(tx, order_id, lock=True) if order_id else None
        if order is None:
            raise SandboxRefUnknownError(kind="order", ref=ref[:64])
        return order


def stored_deliveries(store: SandboxStore, tx: Transaction) -> Deliveries:
    """Return the delivery switches as they stand."""
    text = store.value(tx, DELIVERIES)
    return Deliveries.from_text(text) if text else Deliveries()


def stored_terms(store: SandboxStore, tx: Transaction) -> Terms:
    """Return the tax and shipping that a checkout opened now gets."""
    text = store.value(tx, TERMS)
    if text is None:
        return Terms()
    tax_bps, is_included, shipping = (int(part) for part in text.split())
    return Terms(tax_bps=tax_bps, is_tax_included=bool(is_included), shipping=shipping)


def must_be(checkout: Checkout, state: str, step: str, now: datetime) -> None:
    """Refuse a step that the checkout's state, or its end, does not allow.

    Raises:
        SandboxStateError: it is in another state, or its time is over.
    """
    if checkout.state == "open" and checkout.expires_at <= now:
        raise SandboxStateError(
            ref=checkout.id, step=step, problem="its time is over", remedy="Open the link again."
        )
    if checkout.state != state:
        raise SandboxStateError(
            ref=checkout.id,
            step=step,
            problem=f"it is {checkout.state}, not {state}",
            remedy="Refund a paid order, or open the link again for another checkout.",
        )


def not_paid(ref: str, state: str) -> NoReturn:
    """Refuse what needs an order, of a checkout that has none.

    Raises:
        SandboxStateError: always.
    """
    raise SandboxStateError(
        ref=ref,
        step="refunded or disputed",
        problem=f"it is {state}, so nothing was paid",
        remedy="Pay it first: liveshop sandbox pay REF.",
    )
