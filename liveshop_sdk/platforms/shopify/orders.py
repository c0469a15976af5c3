"""Ask for orders, where a webhook leaves something out or never came."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from liveshop_sdk.checkout.ports import Seals
from liveshop_sdk.clock import Clock
from liveshop_sdk.errors import PlatformNotReadyError, PlatformRefusedError
from liveshop_sdk.facts import Fact
from liveshop_sdk.platforms.shopify import queries
from liveshop_sdk.platforms.shopify.disputes import read_dispute
from liveshop_sdk.platforms.shopify.edits import UnsettledError
from liveshop_sdk.platforms.shopify.fields import Obj, ref
from liveshop_sdk.platforms.shopify.graphql import GraphQL
from liveshop_sdk.platforms.shopify.lookup import Ask, find_disputes, find_order
from liveshop_sdk.platforms.shopify.reading import read_order
from liveshop_sdk.platforms.shopify.refunds import read_refund, terms_of
from liveshop_sdk.platforms.shopify.transport import Wire, reading, refused, unavailable


class Orders:
    """One shop's orders by the Admin API; reads only."""

    def __init__(
        self, wire: Wire, admin: GraphQL, *, account: str, seals: Seals, clock: Clock
    ) -> None:
        """Ask for nothing yet."""
        self._wire = wire
        self._admin = admin
        self._account = account
        self._seals = seals
        self._clock = clock

    def paid(self, raw: Obj, heard_at: datetime, patience: float | None = None) -> tuple[Fact, ...]:
        """Read a paid order's webhook, asking for the order where an edit leaves doubt.

        Raises:
            ShapeError: the webhook is not as documented.
            PlatformRefusedError: the order is needed and cannot be had.
        """

        def read(order: Obj, *, settled: bool) -> tuple[Fact, ...]:
            fact = read_order(
                order, account=self._account, seals=self._seals, heard_at=heard_at, settled=settled
            )
            return (fact,) if fact else ()

        try:
            return read(raw, settled=False)
        except UnsettledError:
            order_id = ref(raw, "id")
        with reading(f"order {order_id}"):
            return read(self._needed(order_id, patience), settled=True)

    def refund(self, raw: Obj, patience: float | None = None) -> tuple[Fact, ...]:
        """Read a refund's webhook, asking for its order where the sums leave doubt.

        Raises:
            ShapeError: the webhook is not as documented.
            PlatformRefusedError: the order is needed and cannot be had.
            PlatformUnavailableError: the order does not show the refund yet.
        """
        try:
            return read_refund(raw, account=self._account)
        except UnsettledError:
            refund_id, order_id = ref(raw, "id"), ref(raw, "order_id")
        with reading(f"order {order_id}"):
            found = self._needed(order_id, patience)
            for row in found["refunds"]:
                if row["id"] == refund_id:
                    return read_refund(row, account=self._account, terms=terms_of(found))
        raise unavailable(f"order {order_id} does not show refund {refund_id} yet")

    def find(self, order_ref: str) -> tuple[Fact, ...]:
        """Return a paid order, its refunds and disputes; ``()`` if there is none."""
        if not (order_ref.isascii() and order_ref.isdecimal() and len(order_ref) <= 19):
            return ()
        ask = self._ask()
        with reading(f"order {order_ref}"):
            found = find_order(ask, str(int(order_ref)))
            if found is None:
                return ()
            order = read_order(found, account=self._account, seals=self._seals)
            if order is None:
                return ()
            facts: list[Fact] = [order]
            for row in found["refunds"]:
                facts += read_refund(row, account=self._account, terms=terms_of(found))
            for row in self._disputes(ask, order.order_ref):
                facts += read_dispute(row, account=self._account, heard_at=self._clock.now())
        return tuple(facts)

    def _needed(self, order_id: int, patience: float | None) -> dict[str, Any]:
        found = find_order(self._ask(patience), str(order_id))
        if found is None:
            raise refused(
                f"order {order_id} cannot be read; "
                "orders older than 60 days need the scope read_all_orders"
            )
        return found

    def _disputes(self, ask: Ask, order_ref: str) -> list[Obj]:
        try:
            return find_disputes(ask, order_ref)
        except (PlatformNotReadyError, PlatformRefusedError) as error:
            if error.vendor_code == "ACCESS_DENIED":
                return []  # no Shopify Payments, or not for this app to see
            raise

    def _ask(self, patience: float | None = None) -> Ask:
        deadline = self._wire.deadline(patience)

        def ask(document: str, variables: Mapping[str, object]) -> Obj:
            return self._admin.execute(
                document, variables, deadline=deadline, may_lack=queries.BUYER_FIELDS
            )

        return ask
