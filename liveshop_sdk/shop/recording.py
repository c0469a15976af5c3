"""Record what happened: one transaction from facts to balanced entries."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from liveshop_sdk.affiliate.ledger.models import PostedEntry
from liveshop_sdk.affiliate.service import Affiliate, Trigger
from liveshop_sdk.checkout.orders.models import Order
from liveshop_sdk.checkout.orders.service import Orders
from liveshop_sdk.checkout.orders.store import OrderKey
from liveshop_sdk.checkout.visits.service import Visits
from liveshop_sdk.db import Transaction
from liveshop_sdk.errors import FactInvalidError
from liveshop_sdk.events.factlog import FactLog, Recorded
from liveshop_sdk.events.inbox import Inbox
from liveshop_sdk.facts import (
    CheckoutClosed,
    DisputeOpened,
    Fact,
    Happening,
    HoldReleased,
    OrderPaid,
    OrderRefunded,
    SoldLine,
)
from liveshop_sdk.registry.store import ProductStore, StreamStore

MAX_AMOUNT = 10**13
"""No order is this large; an amount beyond it is a mistake, not a sale."""


@dataclass(frozen=True, slots=True)
class Recording:
    """What recording did.

    Attributes:
        new: Facts not known before.
        repeats: Facts known before, with the same content.
        waiting: Orders some facts are about whose sale is not known yet; those
            facts were not recorded.
        entries: What was posted.
    """

    new: int
    repeats: int
    waiting: tuple[OrderKey, ...]
    entries: tuple[PostedEntry, ...]


class Recorder:
    """Routes facts through the rooms, in the order that keeps locks safe.

    Order rows first, then coupon rows, then book heads by id; so any number of
    workers may record any batches at once.
    """

    def __init__(
        self,
        *,
        facts: FactLog,
        inbox: Inbox,
        orders: Orders,
        visits: Visits,
        affiliate: Affiliate,
        is_live: Callable[[], bool],
    ) -> None:
        """Keep the rooms; in live mode orders without real money earn nothing."""
        self._facts, self._inbox = facts, inbox
        self._orders, self._visits, self._affiliate = orders, visits, affiliate
        self._products, self._streams = ProductStore(), StreamStore()
        self._is_live = is_live

    def record(self, tx: Transaction, happenings: Iterable[Happening]) -> Recording:
        """Record facts once each and post what they change.

        Facts about an order whose sale is unknown are left out and named in
        ``waiting``; recording them again once the sale is there is right.

        Raises:
            FactConflictError: A fact's key is known with other content.
            FactInvalidError: Its amounts cannot be true.
        """
        happenings = list(happenings)
        facts = [item for item in happenings if isinstance(item, Fact)]
        for fact in facts:
            check(fact)
        orders = self._orders.lock(tx, [_key(fact) for fact in facts])
        for item in happenings:
            if isinstance(item, CheckoutClosed):
                self._visits.close(tx, item)
        known = self._facts.of_orders(tx, orders)
        new, repeats, waiting = [], 0, []
        for fact in sorted(facts, key=lambda fact: not isinstance(fact, OrderPaid)):
            key = _key(fact)
            before = known.setdefault(key, [])
            sale = fact if isinstance(fact, OrderPaid) else sale_in(before)
            if sale is None:
                waiting.append(key)
                continue
            check_against(fact, sale)
            if self._facts.add(tx, fact) is Recorded.DUPLICATE:
                repeats += 1
                continue
            before.append(fact)
            if isinstance(fact, OrderPaid):
                self._credit(tx, orders[key], fact)
            new.append(Trigger(fact=fact, order=sale, known=tuple(before)))
        entries = self._affiliate.accrue(tx, new) if new else []
        return Recording(len(new), repeats, tuple(waiting), tuple(entries))

    def _credit(self, tx: Transaction, order: Order, fact: OrderPaid) -> None:
        evidence = self._orders.settle(tx, order, fact)
        streams = self._streams.get_many(
            tx, sorted({claim.stream for claim in evidence.claims if claim.stream})
        )
        self._affiliate.credit(
            tx,
            fact,
            self._by_brand(tx, fact),
            evidence,
            brands_of={code: stream.brands for code, stream in streams.items()},
            earns=not (fact.is_test and self._is_live()),
        )
        self._inbox.wake(tx, *order.key)

    def _by_brand(self, tx: Transaction, fact: OrderPaid) -> Mapping[str, Sequence[SoldLine]]:
        by_sku = self._products.known(tx, [line.sku for line in fact.lines if line.sku])
        by_ref = self._products.by_platform_refs(
            tx, fact.platform, [line.item_ref for line in fact.lines if line.item_ref]
        )
        sold: dict[str, list[SoldLine]] = {}
        for line in fact.lines:
            product = by_ref.get(line.item_ref) or by_sku.get(line.sku)
            sold.setdefault(product.brand if product else "", []).append(line)
        return sold


def sale_in(facts: Iterable[Fact]) -> OrderPaid | None:
    """Return the sale among an order's facts."""
    return next((fact for fact in facts if isinstance(fact, OrderPaid)), None)


def check(fact: Fact) -> None:
    """Refuse amounts that cannot be true, before anything is locked."""
    amounts: list[int] = []
    if isinstance(fact, OrderPaid):
        amounts = [fact.total, fact.shipping, fact.tax]
        for line in fact.lines:
            amounts += [line.gross, line.discount, line.base, line.tax, line.quantity]
        if len({line.ref for line in fact.lines}) != len(fact.lines):
            raise FactInvalidError(key=fact.key, problem="two lines have the same reference")
    elif isinstance(fact, OrderRefunded):
        amounts = [fact.amount, fact.named_amount, *(base for _, base in fact.lines)]
    elif isinstance(fact, DisputeOpened):
        amounts = [fact.amount]
    for amount in amounts:
        if type(amount) is not int or not 0 <= amount <= MAX_AMOUNT:
            raise FactInvalidError(
                key=fact.key, problem=f"the amount {str(amount)[:30]} is not 0 to {MAX_AMOUNT}"
            )


def check_against(fact: Fact, sale: OrderPaid) -> None:
    """Refuse a fact in another currency than its sale."""
    if isinstance(fact, OrderRefunded | DisputeOpened) and fact.currency != sale.currency:
        raise FactInvalidError(
            key=fact.key, problem=f"it is in {fact.currency}, the sale in {sale.currency}"
        )
    if isinstance(fact, HoldReleased) and fact.hold_until < sale.occurred_at:
        raise FactInvalidError(key=fact.key, problem="its hold ends before the sale")


def _key(fact: Fact) -> OrderKey:
    return (fact.platform, fact.account, fact.order_ref)
