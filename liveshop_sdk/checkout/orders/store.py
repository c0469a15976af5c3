"""The queries on orders; every change to one begins with its row lock."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite

from liveshop_sdk.checkout import tables as t
from liveshop_sdk.checkout.orders.models import Order
from liveshop_sdk.clock import from_micros, to_micros
from liveshop_sdk.db import Transaction
from liveshop_sdk.facts import OrderPaid
from liveshop_sdk.ids import Ids

OrderKey = tuple[str, str, str]

_INSERT = {
    "postgresql": postgresql.insert(t.order).on_conflict_do_nothing(),
    "sqlite": sqlite.insert(t.order).on_conflict_do_nothing(),
}
_KEY = tuple_(t.order.c.order_ref, t.order.c.account, t.order.c.platform)
_LOCK = (
    select(t.order)
    .where(_KEY.in_(bindparam("keys", expanding=True)))
    .order_by(t.order.c.order_ref, t.order.c.account, t.order.c.platform)
    .with_for_update()
)


class OrderStore:
    """Reads and writes orders."""

    def lock(
        self, tx: Transaction, keys: Iterable[OrderKey], *, ids: Ids, at: datetime
    ) -> dict[OrderKey, Order]:
        """Insert what is missing, then lock and return the orders.

        Two statements for any number of orders, always in one order of keys,
        so that two batches cannot wait for each other.
        """
        wanted = sorted({(ref, account, platform) for platform, account, ref in keys})
        if not wanted:
            return {}
        now = to_micros(at)
        tx.execute(
            _INSERT[tx.dialect.name],
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
        )
        rows = tx.execute(_LOCK, {"keys": wanted})
        return {order.key: order for order in map(_order, rows)}

    def by_ref(self, tx: Transaction, order_ref: str) -> list[Order]:
        """Return the orders a person may mean: by ref, our id or checkout id."""
        query = select(t.order).where(
            (t.order.c.order_ref == order_ref)
            | (t.order.c.id == order_ref)
            | (t.order.c.checkout_id == order_ref)
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

    def has_bought_before(self, tx: Transaction, customer_key: str, *, other_than: str) -> bool:
        """Tell whether a customer has another paid order."""
        query = select(t.order.c.id).where(
            t.order.c.customer_key == customer_key,
            t.order.c.paid_at.is_not(None),
            t.order.c.id != other_than,
        )
        return tx.execute(query.limit(1)).first() is not None

    def mark_paid(
        self,
        tx: Transaction,
        order: Order,
        fact: OrderPaid,
        *,
        is_returning: bool | None,
        touch_offset_us: int | None,
        paid_offset_us: int | None,
    ) -> None:
        """Store what the sale said; done once, with the order's row locked."""
        tx.execute(
            update(t.order)
            .where(t.order.c.id == order.id)
            .values(
                paid_at=to_micros(fact.occurred_at),
                currency=fact.currency,
                total=fact.total,
                checkout_id=fact.checkout_id,
                customer_key=fact.customer_key,
                is_returning=is_returning,
                market=fact.market,
                tax_included=fact.tax_included,
                is_test=fact.is_test,
                touch_offset_us=touch_offset_us,
                paid_offset_us=paid_offset_us,
            )
        )


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
