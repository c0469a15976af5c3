"""Record what happened: one transaction from facts to balanced entries."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from liveshop_sdk.affiliate.additions import Addition
from liveshop_sdk.affiliate.commission import CommissionLine
from liveshop_sdk.affiliate.ledger.models import PostedEntry
from liveshop_sdk.affiliate.service import Affiliate, Credit, Trigger
from liveshop_sdk.checkout.orders.service import Orders, Sale, streams_of
from liveshop_sdk.checkout.visits.service import Visits
from liveshop_sdk.db import Transaction
from liveshop_sdk.edits import OrderEdited, UnitsTakenOff
from liveshop_sdk.errors import FactInvalidError
from liveshop_sdk.events.factlog import FactLog, Recorded
from liveshop_sdk.events.inbox import Inbox
from liveshop_sdk.facts import (
    CheckoutClosed,
    CommissionCorrected,
    DisputeOpened,
    Fact,
    Happening,
    HoldReleased,
    OrderKey,
    OrderPaid,
    OrderRefunded,
    SoldLine,
)
from liveshop_sdk.registry.air.store import AirStore
from liveshop_sdk.registry.products import Product
from liveshop_sdk.registry.store import ProductStore

MAX_REF, MAX_KEY = 128, 255
MAX_ORDER = 10**13
"""No order is this large; an amount beyond it is a mistake, not a sale."""

MAX_QUANTITY = 10**6
"""No line has so many units; with it, an amount per unit stays a sum a book holds."""


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
        self._products, self._streams = ProductStore(), AirStore()
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
        ended = [item for item in happenings if isinstance(item, CheckoutClosed)]
        for fact in facts:
            check(fact)
        orders = self._orders.lock(tx, [fact.order_key for fact in facts])
        # The sale is an order's first fact, and marks its row as paid.
        known: dict[OrderKey, list[Fact]] = {key: [] for key in orders}
        known |= self._facts.of_orders(tx, [key for key in orders if orders[key].paid_at])
        sales = _sales(facts, known)
        able = [fact for fact in facts if fact.order_key in sales]
        for fact in able:
            check_against(fact, sales[fact.order_key])
        added = self._facts.add_many(tx, able)
        new = [fact for fact, how in zip(able, added, strict=True) if how is Recorded.NEW]
        paid = [(orders[fact.order_key], fact) for fact in new if isinstance(fact, OrderPaid)]
        gathered = self._orders.gather(tx, paid, ended)
        for happening in ended:
            self._visits.close(tx, happening)
        credited = self._credit(tx, gathered) if gathered else {}
        for fact in new:
            if isinstance(fact, OrderEdited):
                lines = self._add(tx, sales[fact.order_key], fact)
                if fact.order_key in credited:
                    credited[fact.order_key] += lines
        triggers = _triggers(new, known, sales)
        entries = self._affiliate.accrue(tx, triggers, credited) if new else []
        waiting = dict.fromkeys(fact.order_key for fact in facts if fact.order_key not in sales)
        return Recording(len(new), len(able) - len(new), tuple(waiting), tuple(entries))

    def _credit(
        self, tx: Transaction, sales: Sequence[Sale]
    ) -> dict[OrderKey, list[CommissionLine]]:
        streams = self._streams.settled(tx, streams_of(sales))
        evidence = self._orders.settle(tx, sales, streams)
        products = products_of(tx, self._products, [sale.fact for sale in sales])
        lines = self._affiliate.credit(
            tx,
            [
                Credit(
                    order=sale.fact,
                    sold=_by_brand(sale.fact, ours),
                    products=ours,
                    evidence=found,
                    earns=not (sale.fact.is_test and self._is_live()),
                )
                for sale, ours, found in zip(sales, products, evidence, strict=True)
            ],
            brands_of={code: stream.brands for code, stream in streams.items()},
        )
        refs: dict[tuple[str, str], list[str]] = {}
        for sale in sales:
            refs.setdefault((sale.fact.platform, sale.fact.account), []).append(sale.fact.order_ref)
        for (platform, account), some in refs.items():
            self._inbox.wake(tx, platform, account, *some)
        return lines

    def _add(self, tx: Transaction, sale: OrderPaid, fact: OrderEdited) -> list[CommissionLine]:
        """Credit what was added to an order as its sale was credited."""
        (ours,) = products_of(tx, self._products, [fact])
        addition = Addition(
            order=sale,
            fact=fact,
            sold=_by_brand(fact, ours) if fact.lines else {},
            products=ours,
            is_returning=self._orders.returning(tx, [fact.order_key])[fact.order_key],
        )
        return self._affiliate.additions.credit(tx, addition)


def products_of(
    tx: Transaction, store: ProductStore, facts: Sequence[OrderPaid | OrderEdited]
) -> list[Mapping[str, Product]]:
    """Return each order's products that are ours, by the refs of its lines."""
    lines = [(fact.platform, line) for fact in facts for line in fact.lines]
    by_ref = {
        platform: store.by_platform_refs(
            tx, platform, [line.item_ref for _, line in lines if line.item_ref]
        )
        for platform in {fact.platform for fact in facts}
    }
    rest = [line.sku for platform, line in lines if line.item_ref not in by_ref[platform]]
    by_sku = store.known(tx, filter(None, rest))
    return [
        {
            line.ref: product
            for line in fact.lines
            if (product := by_ref[fact.platform].get(line.item_ref) or by_sku.get(line.sku))
        }
        for fact in facts
    ]


def _by_brand(
    fact: OrderPaid | OrderEdited, products: Mapping[str, Product]
) -> Mapping[str, Sequence[SoldLine]]:
    """Return an order's lines by whose product they are, ``""`` for nobody's here."""
    # An order without lines is nobody's, but is decided and seen.
    sold: dict[str, list[SoldLine]] = {} if fact.lines else {"": []}
    for line in fact.lines:
        product = products.get(line.ref)
        sold.setdefault(product.brand if product else "", []).append(line)
    return sold


def _sales(
    facts: Iterable[Fact], known: Mapping[OrderKey, Sequence[Fact]]
) -> dict[OrderKey, OrderPaid]:
    """Return the sale of each order, from the log or from these facts."""
    logged = {key: sale for key, found in known.items() if (sale := sale_in(found))}
    arrived = {
        fact.order_key: fact for fact in reversed(list(facts)) if isinstance(fact, OrderPaid)
    }
    return arrived | logged


def _triggers(
    new: Iterable[Fact],
    known: Mapping[OrderKey, Sequence[Fact]],
    sales: Mapping[OrderKey, OrderPaid],
) -> list[Trigger]:
    """Return the new facts, sales first, each with all that was known up to it."""
    before = {key: list(found) for key, found in known.items()}
    triggers = []
    for fact in sorted(new, key=lambda fact: not isinstance(fact, OrderPaid)):
        seen = before[fact.order_key]
        seen.append(fact)
        triggers.append(Trigger(fact=fact, order=sales[fact.order_key], known=tuple(seen)))
    return triggers


def sale_in(facts: Iterable[Fact]) -> OrderPaid | None:
    """Return the sale among an order's facts."""
    return next((fact for fact in facts if isinstance(fact, OrderPaid)), None)


def check(fact: Fact) -> None:
    """Refuse what cannot be true or has no room in a row, before anything is locked."""
    amounts: list[int] = []
    if len(fact.key) > MAX_KEY or len(fact.order_ref) > MAX_REF:
        raise FactInvalidError(key=fact.key[:MAX_REF], problem="its references are too long")
    if isinstance(fact, OrderPaid | OrderEdited):
        if any(len(line.ref) > MAX_REF for line in fact.lines):
            raise FactInvalidError(key=fact.key, problem="a line's reference is too long")
        rest = (fact.shipping, fact.tax) if isinstance(fact, OrderPaid) else (fact.paid,)
        amounts = [fact.total, *rest]
        for line in fact.lines:
            amounts += [line.gross, line.discount, line.base, line.tax]
            if type(line.quantity) is not int or not 0 <= line.quantity <= MAX_QUANTITY:
                problem = f"the quantity {str(line.quantity)[:30]} is not 0 to {MAX_QUANTITY}"
                raise FactInvalidError(key=fact.key, problem=problem)
        if len({line.ref for line in fact.lines}) != len(fact.lines):
            raise FactInvalidError(key=fact.key, problem="two lines have the same reference")
    elif isinstance(fact, OrderRefunded):
        amounts = [fact.amount, fact.named_amount, *(base for _, base in fact.lines)]
        amounts.append(fact.amount - fact.named_amount)
    elif isinstance(fact, UnitsTakenOff):
        amounts = [fact.worth, *(base for _, base in fact.lines)]
    elif isinstance(fact, DisputeOpened | CommissionCorrected):
        amounts = [fact.amount]
    for amount in amounts:
        if type(amount) is not int or not 0 <= amount <= MAX_ORDER:
            raise FactInvalidError(
                key=fact.key, problem=f"the amount {str(amount)[:30]} is not 0 to {MAX_ORDER}"
            )


def check_against(fact: Fact, sale: OrderPaid) -> None:
    """Refuse a fact in another currency than its sale, and a line sold twice."""
    if (
        isinstance(fact, OrderRefunded | DisputeOpened | OrderEdited | UnitsTakenOff)
        and fact.currency != sale.currency
    ):
        raise FactInvalidError(
            key=fact.key, problem=f"it is in {fact.currency}, the sale in {sale.currency}"
        )
    if isinstance(fact, OrderEdited) and {one.ref for one in fact.lines} & {
        one.ref for one in sale.lines
    }:
        raise FactInvalidError(key=fact.key, problem="it adds a line that was sold already")
    if isinstance(fact, HoldReleased) and fact.hold_until < sale.occurred_at:
        raise FactInvalidError(key=fact.key, problem="its hold ends before the sale")
