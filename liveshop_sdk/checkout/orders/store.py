"""The queries on orders; every change to one begins with its row lock."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, func, select, update

from liveshop_sdk.checkout import tables as t
from liveshop_sdk.checkout.orders.models import Order
from liveshop_sdk.clock import from_micros, to_micros
from liveshop_sdk.db import Transaction
from liveshop_sdk.db.inserts import add_or_lock
from liveshop_sdk.facts import OrderKey, OrderPaid
from liveshop_sdk.ids import Ids

_BUYER = (t.order.c.platform, t.order.c.account, t.order.c.customer_key)
_FIRST_PAID = (
    select(*_BUYER, func.min(t.order.c.paid_at))
    .where(t.order.c.customer_key.in_(bindparam("customers", expanding=True)))
    .group_by(*_BUYER)
)
_RETURNING = select(
    t.order.c.platform, t.order.c.account, t.order.c.order_ref, t.order.c.is_returning
).where(t.order.c.order_ref.in_(bindparam("refs", expanding=True)))
_MARK_PAID = update(t.order).where(t.order.c.id == bindparam("order"))


BuyerKey = tuple[str, str, str]
"""A customer of one account: platform, account, and the hash of the address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """What a sale said of an order, and what we know of its buyer and stream."""

    order: Order
    fact: OrderPaid
    checkout_id: str | None
    is_returning: bool | None
    touch_offset_us: int | None
    paid_offset_us: int | None


class OrderStore:
    """Reads and writes orders."""

    def lock(
        self, tx: Transaction, keys: Iterable[OrderKey], *, ids: Ids, at: datetime
    ) -> dict[OrderKey, Order]:
        """Insert what is missing, lock the rest, and return the orders.

        One statement for any number of orders, always in one order of keys,
        so that two batches cannot wait for each other.
        """
        wanted = sorted({(ref, account, platform) for platform, account, ref in keys})
        if not wanted:
            return {}
        now = to_micros(at)
        rows = add_or_lock(
            tx,
            t.order,
            [
                {
                    "id": ids.new("ord"),
                    "platform": platform,
                    "account": account,
                    "order_ref": ref,
                    "first_seen_at": now,
                }
                for ref, account, platform in wanted
            ],
            key=("order_ref", "account", "platform"),
        )
        return {order.key: order for order in map(_order, rows)}

    def by_ref(self, tx: Transaction, order_ref: str) -> list[Order]:
        """Return the orders a person may mean: by ref, our id or checkout's id."""
        visits = select(t.checkout.c.id).where(t.checkout.c.platform_ref == order_ref)
        query = select(t.order).where(
            (t.order.c.order_ref == order_ref)
            | (t.order.c.id == order_ref)
            | (t.order.c.checkout_id == order_ref)
            | (t.order.c.checkout_id.in_(visits))
        )
        return [_order(row) for row in tx.execute(query.order_by(t.order.c.id))]

    def recent(self, tx: Transaction, limit: int) -> list[Order]:
        """Return the newest paid orders."""
        query = (
            select(t.order)
            .where(t.order.c.paid_at.is_not(None))
            .order_by(t.order.c.paid_at.desc(), t.order.c.id)
            .limit(limit)
        )
        return [_order(row) for row in tx.execute(query)]

    def page(self, tx: Transaction, *, after: str | None, limit: int) -> list[Order]:
        """Return paid orders by our id, the newest first, from the one behind ``after``."""
        query = select(t.order).where(t.order.c.paid_at.is_not(None))
        if after is not None:
            query = query.where(t.order.c.id < after)
        rows = tx.execute(query.order_by(t.order.c.id.desc()).limit(limit))
        return [_order(row) for row in rows]

    def returning(self, tx: Transaction, keys: Iterable[OrderKey]) -> dict[OrderKey, bool | None]:
        """Return whether the buyers of orders had paid here before, where known."""
        refs = sorted({key[2] for key in keys})
        rows = tx.execute(_RETURNING, {"refs": refs}) if refs else ()
        return {(row.platform, row.account, row.order_ref): row.is_returning for row in rows}

    def first_payments(
        self, tx: Transaction, customer_keys: Iterable[str]
    ) -> dict[BuyerKey, datetime]:
        """Return when customers paid first, at each account where they did."""
        customers = sorted(set(customer_keys))
        rows = tx.execute(_FIRST_PAID, {"customers": customers}) if customers else ()
        return {
            (platform, account, customer): from_micros(paid_at)
            for platform, account, customer, paid_at in rows
            if paid_at is not None
        }

    def mark_paid(self, tx: Transaction, payments: Sequence[Payment]) -> None:
        """Store what sales said; done once each, with the orders' rows locked."""
        if payments:
            tx.execute(_MARK_PAID, [_payment_row(payment) for payment in payments])


def _payment_row(payment: Payment) -> dict[str, Any]:
    fact = payment.fact
    return {
        "order": payment.order.id,
        "paid_at": to_micros(fact.occurred_at),
        "currency": fact.currency,
        "total": fact.total,
        "checkout_id": payment.checkout_id,
        "customer_key": fact.customer_key,
        "is_returning": payment.is_returning,
        "market": fact.market,
        "tax_included": fact.tax_included,
        "is_test": fact.is_test,
        "touch_offset_us": payment.touch_offset_us,
        "paid_offset_us": payment.paid_offset_us,
    }


def _order(row: Row[Any]) -> Order:
    return Order(
        id=row.id,
        platform=row.platform,
        account=row.account,
        order_ref=row.order_ref,
        paid_at=None if row.paid_at is None else from_micros(row.paid_at),
        currency=row.currency,
        total=row.total,
        checkout_id=row.checkout_id,
        customer_key=row.customer_key,
        is_returning=row.is_returning,
        market=row.market,
        tax_included=row.tax_included,
        is_test=row.is_test,
        touch_offset_us=row.touch_offset_us,
        paid_offset_us=row.paid_offset_us,
    )
