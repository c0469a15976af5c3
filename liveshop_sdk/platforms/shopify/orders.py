"""Ask for orders, where a webhook leaves something out or never came."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from liveshop_sdk.checkout.ports import Seals, Unreadable
from liveshop_sdk.clock import Clock, to_iso
from liveshop_sdk.edits import UnitsTakenOff
from liveshop_sdk.errors import PlatformNotReadyError, PlatformRefusedError
from liveshop_sdk.facts import DisputeOpened, Fact, OrderPaid
from liveshop_sdk.platforms.patience import patiently
from liveshop_sdk.platforms.shopify import queries
from liveshop_sdk.platforms.shopify.additions import read_additions
from liveshop_sdk.platforms.shopify.disputes import read_dispute
from liveshop_sdk.platforms.shopify.edits import UnsettledError
from liveshop_sdk.platforms.shopify.fields import Obj, ShapeError, flag, obj, objs, ref, text
from liveshop_sdk.platforms.shopify.graphql import GraphQL
from liveshop_sdk.platforms.shopify.lookup import Ask, dispute_of, find_disputes, find_order
from liveshop_sdk.platforms.shopify.reading import MAYBE_PAID, read_order
from liveshop_sdk.platforms.shopify.refunds import read_refund, terms_of
from liveshop_sdk.platforms.shopify.transport import Wire, reading, refused, unavailable

T = TypeVar("T")

_REFUSED = (PlatformNotReadyError, PlatformRefusedError)
_DENIED = "ACCESS_DENIED"
_DISPUTE_LASTS = timedelta(days=180)


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
        try:
            fact = read_order(
                raw, account=self._account, seals=self._seals, heard_at=heard_at, settled=False
            )
        except UnsettledError:
            return self._asked(ref(raw, "id"), patience, heard_at)
        return (fact,) if fact else ()

    def edited(self, raw: Obj, patience: float | None = None) -> tuple[Fact, ...]:
        """Read an edit's webhook by asking for the order: it tells no money.

        Raises:
            ShapeError: the webhook is not as documented.
            PlatformRefusedError: the order cannot be had.
        """
        return self._asked(ref(obj(raw, "order_edit"), "order_id"), patience)

    def refund(self, raw: Obj, patience: float | None = None) -> tuple[Fact, ...]:
        """Read a refund's webhook, asking for its order where the sums leave doubt.

        What was taken off for no money may have been exchanged: then all that
        the order tells is returned. For a return it is asked for as long as it
        can be had.

        Raises:
            ShapeError: the webhook is not as documented.
            PlatformRefusedError: the order is needed and cannot be had.
            PlatformUnavailableError: the order does not show the refund yet.
        """
        refund_id, order_id = ref(raw, "id"), ref(raw, "order_id")
        told: tuple[Fact, ...] | None = None
        with suppress(UnsettledError):
            told = read_refund(raw, account=self._account)
        if told is not None and not raw.get("return"):
            return told
        with reading(f"order {order_id}"):
            try:
                found = self._needed(order_id, patience)
            except PlatformRefusedError:
                if told is None:
                    raise
                return told
            order = read_order(found, account=self._account, seals=self._seals)
            terms = terms_of(found, order.occurred_at if order else None)
            for row in found["refunds"]:
                if row["id"] == refund_id:
                    facts = read_refund(row, account=self._account, terms=terms)
                    is_edit = any(isinstance(one, UnitsTakenOff) for one in facts)
                    return tuple(self._read(found)) if is_edit else facts
        raise unavailable(f"order {order_id} does not show refund {refund_id} yet")

    def find(self, order_ref: str) -> tuple[Fact, ...]:
        """Return a paid order, its refunds and disputes; ``()`` if there is none."""
        if not (order_ref.isascii() and order_ref.isdecimal() and len(order_ref) <= 19):
            return ()
        ask, order_ref = self._ask(), str(int(order_ref))
        with reading(f"order {order_ref}"):
            facts = self._sold(ask, order_ref)
            for row in self._disputes(ask, order_ref) if facts else ():
                facts += self._disputed(row)
        return tuple(facts)

    def walk(self, since: datetime) -> Iterator[list[Fact | Unreadable]]:
        """Yield each paid order that changed since then, then disputes, page by page.

        A dispute may end long after it was opened, and changes no order. Those
        the app may not see are left out.
        """
        changed = f"updated_at:>='{to_iso(since)}'"
        for page in self._pages(queries.ORDERS_CHANGED, "orders", changed):
            for row in page:
                if text(row, "displayFinancialStatus").lower() in MAYBE_PAID:
                    yield self._read_sold(text(row, "legacyResourceId"))
        opened = f"initiated_at:>='{to_iso(since - _DISPUTE_LASTS)}'"
        try:
            for page in self._pages(queries.DISPUTES, "disputes", opened):
                yield [fact for row in page for fact in self._read_disputed(row)]
        except _REFUSED as error:
            if error.vendor_code != _DENIED:
                raise

    def _pages(self, document: str, name: str, query: str) -> Iterator[list[Obj]]:
        """Yield a long list page by page, waiting while the shop is busy."""
        after: str | None = None
        while True:
            variables = {"query": query, "after": after}
            data = self._patiently(partial(self._once, document, variables))
            with reading(f"list of {name}"):
                page = obj(data, name)
                rows, info = objs(page, "nodes"), obj(page, "pageInfo")
                is_last, end = not flag(info, "hasNextPage"), text(info, "endCursor")
                if not is_last and (not end or end == after):
                    raise ShapeError("it never ends")
            yield rows
            if is_last:
                return
            after = end

    def _once(self, document: str, variables: Mapping[str, object]) -> Obj:
        return self._ask()(document, variables)

    def _patiently(self, ask: Callable[[], T]) -> T:
        return patiently(ask, sleep=self._wire.sleep)

    def _read_sold(self, order_ref: str) -> list[Fact | Unreadable]:
        """Return a sale and its refunds; one that cannot be read holds up no other."""
        try:
            return [*self._patiently(lambda: self._sold(self._ask(), order_ref))]
        except ShapeError as error:
            key = f"{OrderPaid.kind}:{order_ref}"
            return [Unreadable(key=key, order_ref=order_ref, problem=str(error))]

    def _read_disputed(self, row: Obj) -> list[Fact | Unreadable]:
        with reading("list of disputes"):
            dispute_id = text(row, "legacyResourceId")
            order_ref = text(obj(row, "order"), "legacyResourceId")
        try:
            return [*self._disputed(dispute_of(row, int(order_ref)))] if order_ref else []
        except ShapeError as error:
            key = f"{DisputeOpened.kind}:{dispute_id}"
            return [Unreadable(key=key, order_ref=order_ref, problem=str(error))]

    def _sold(self, ask: Ask, order_ref: str) -> list[Fact]:
        found = find_order(ask, order_ref)
        return self._read(found) if found else []

    def _asked(
        self, order_id: int, patience: float | None, heard_at: datetime | None = None
    ) -> tuple[Fact, ...]:
        with reading(f"order {order_id}"):
            return tuple(self._read(self._needed(order_id, patience), heard_at))

    def _read(self, found: Obj, heard_at: datetime | None = None) -> list[Fact]:
        """Return what an order that was asked for tells: nothing before it is paid."""
        order = read_order(found, account=self._account, seals=self._seals, heard_at=heard_at)
        if order is None:
            return []
        facts: list[Fact] = [order, *read_additions(found, account=self._account)]
        terms = terms_of(found, order.occurred_at)
        for row in objs(found, "refunds"):
            facts += read_refund(row, account=self._account, terms=terms)
        return facts

    def _disputed(self, row: Obj) -> tuple[Fact, ...]:
        return read_dispute(row, account=self._account, heard_at=self._clock.now())

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
        except _REFUSED as error:
            if error.vendor_code == _DENIED:
                return []  # no Shopify Payments, or not for this app to see
            raise

    def _ask(self, patience: float | None = None) -> Ask:
        deadline = self._wire.deadline(patience)

        def ask(document: str, variables: Mapping[str, object]) -> Obj:
            return self._admin.execute(
                document, variables, deadline=deadline, may_lack=queries.BUYER_FIELDS
            )

        return ask
