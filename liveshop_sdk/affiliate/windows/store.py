"""The queries of what terms of a period count, named by what they are for."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Table, bindparam, exists, func, literal, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite

from liveshop_sdk.affiliate.months import months_of
from liveshop_sdk.affiliate.tables import agreement, commission_line
from liveshop_sdk.affiliate.windows import tables as t
from liveshop_sdk.affiliate.windows.models import Count, CountedOrder, Totals, Window
from liveshop_sdk.clock import from_micros, to_micros
from liveshop_sdk.db import Transaction
from liveshop_sdk.db.inserts import add_if_absent, add_new
from liveshop_sdk.facts import OrderKey

_CREATORS: Any = bindparam("creators", expanding=True)
_TOTALS = select(t.total).where(
    t.total.c.creator.in_(_CREATORS), t.total.c.brand == bindparam("of")
)
_WINDOWS = select(t.window).where(
    t.window.c.creator.in_(_CREATORS), t.window.c.brand == bindparam("of")
)
_ORDERS = select(t.order).where(
    t.order.c.order_ref.in_(bindparam("refs", expanding=True)), t.order.c.brand == bindparam("of")
)
_SUMS = ("base", "earned", "pending", "hold_until")


class WindowStore:
    """Reads and writes counts of one brand, under the lock of its book."""

    def totals(self, tx: Transaction, brand: str, creators: Iterable[str]) -> dict[Count, Totals]:
        """Return what every month of these creators comes to."""
        rows = tx.execute(_TOTALS, {"of": brand, "creators": sorted(set(creators))})
        return {
            Count(row.creator, row.terms_version, row.currency, row.month): Totals(
                base=row.base,
                earned=row.earned,
                pending=row.pending,
                hold_until=None if row.hold_until is None else from_micros(row.hold_until),
            )
            for row in rows
        }

    def orders(
        self, tx: Transaction, brand: str, keys: Iterable[OrderKey]
    ) -> dict[tuple[OrderKey, str], CountedOrder]:
        """Return what is counted of orders, by order and creator."""
        refs = sorted({key[2] for key in keys})
        found = [_order(row) for row in tx.execute(_ORDERS, {"of": brand, "refs": refs})]
        return {(each.order_key, each.count.creator): each for each in found}

    def countable(
        self, tx: Transaction, brand: str, *, after: OrderKey | None, limit: int
    ) -> list[OrderKey]:
        """Return a page of the orders a brand's terms count, by what their lines say."""
        c = commission_line.c
        key = (c.order_ref, c.account, c.platform)
        query = select(*key).where(c.brand == brand, c.month.is_not(None)).distinct()
        if after is not None:
            platform, account, order_ref = after
            query = query.where(tuple_(*key) > (order_ref, account, platform))
        rows = tx.execute(query.order_by(*key).limit(limit))
        return [(row.platform, row.account, row.order_ref) for row in rows]

    def sums(self, tx: Transaction, brand: str) -> dict[Count, Totals]:
        """Return what the counted orders of every month come to."""
        c = t.order.c
        key = (c.creator, c.terms_version, c.currency, c.month)
        totals = (func.sum(c.base), func.sum(c.earned), func.sum(c.pending), func.max(c.hold_until))
        query = select(*key, *totals).where(c.brand == brand).group_by(*key)
        return {
            Count(*row[:4]): Totals(
                base=int(row[4]),
                earned=int(row[5]),
                pending=int(row[6]),
                hold_until=from_micros(row[7]),
            )
            for row in tx.execute(query)
        }

    def has_strays(self, tx: Transaction, brand: str) -> bool:
        """Tell whether an order is counted for somebody no line of it counts for."""
        c, line = t.order.c, commission_line.c
        is_theirs = exists().where(
            line.order_ref == c.order_ref,
            line.account == c.account,
            line.platform == c.platform,
            line.brand == c.brand,
            line.creator == c.creator,
            line.month.is_not(None),
        )
        query = select(literal(1)).where(c.brand == brand, ~is_theirs).limit(1)
        return tx.execute(query).first() is not None

    def orders_in(self, tx: Transaction, brand: str, window: Window) -> list[CountedOrder]:
        """Return the orders of one window."""
        first, last = months_of(window.span)
        c = t.order.c
        query = select(t.order).where(
            c.creator == window.creator,
            c.brand == brand,
            c.terms_version == window.terms_version,
            c.currency == window.currency,
            c.month.between(first, last),
        )
        return [_order(row) for row in tx.execute(query)]

    def save(
        self,
        tx: Transaction,
        brand: str,
        orders: Iterable[CountedOrder],
        totals: Iterable[tuple[Count, Totals]],
    ) -> None:
        """Write counts as they are now."""
        _put(tx, t.order, [_order_row(brand, each) for each in orders])
        _put(tx, t.total, [_total_row(brand, count, each) for count, each in totals])

    def creators(self, tx: Transaction, brand: str) -> list[str]:
        """Return everybody a brand ever had an agreement with."""
        query = select(agreement.c.creator).where(agreement.c.brand == brand).distinct()
        return sorted(tx.execute(query).scalars())

    # --- windows

    def windows(self, tx: Transaction, brand: str, creators: Iterable[str]) -> dict[Window, bool]:
        """Return every window begun by these creators, and whether it was released."""
        rows = tx.execute(_WINDOWS, {"of": brand, "creators": sorted(set(creators))})
        return {_window(row): row.released_at is not None for row in rows}

    def add_windows(self, tx: Transaction, brand: str, windows: Iterable[Window]) -> None:
        """Note windows that have just begun."""
        add_new(
            tx,
            t.window,
            [
                {
                    "brand": brand,
                    "creator": each.creator,
                    "terms_version": each.terms_version,
                    "currency": each.currency,
                    "span": each.span,
                    "released_at": None,
                }
                for each in windows
            ],
        )

    def unreleased(self, tx: Transaction) -> list[tuple[str, Window]]:
        """Return every brand's windows that were not released."""
        query = select(t.window).where(t.window.c.released_at.is_(None))
        return sorted((row.brand, _window(row)) for row in tx.execute(query))

    def release(self, tx: Transaction, brand: str, window: Window, *, at: datetime) -> None:
        """Note that a window's bonus was released."""
        c = t.window.c
        tx.execute(
            update(t.window)
            .where(
                c.creator == window.creator,
                c.brand == brand,
                c.terms_version == window.terms_version,
                c.currency == window.currency,
                c.span == window.span,
            )
            .values(released_at=to_micros(at))
        )

    # --- months that were trued up

    def trued_up(self, tx: Transaction, brand: str) -> dict[str, int]:
        """Return how often each month was trued up."""
        c = t.true_up.c
        query = select(c.month, func.count()).where(c.brand == brand).group_by(c.month)
        return {month: int(count) for month, count in tx.execute(query)}

    def add_true_up(
        self, tx: Transaction, brand: str, month: str, round_: int, *, at: datetime
    ) -> None:
        """Note that a month was trued up once more."""
        row = {"brand": brand, "month": month, "round": round_, "done_at": to_micros(at)}
        add_if_absent(tx, t.true_up, row)


def _put(tx: Transaction, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    if not rows:
        return
    insert = (postgresql if tx.dialect.name == "postgresql" else sqlite).insert(table)
    changed = {name: insert.excluded[name] for name in _SUMS}
    keys = [column.name for column in table.primary_key.columns]
    tx.execute(insert.on_conflict_do_update(index_elements=keys, set_=changed), rows)


def _order_row(brand: str, each: CountedOrder) -> dict[str, Any]:
    platform, account, order_ref = each.order_key
    return {
        **_count_row(brand, each.count),
        "platform": platform,
        "account": account,
        "order_ref": order_ref,
        "paid_at": to_micros(each.paid_at),
        "base": each.base,
        "earned": each.earned,
        "pending": each.pending,
        "hold_until": to_micros(each.hold_until),
    }


def _total_row(brand: str, count: Count, each: Totals) -> dict[str, Any]:
    return {
        **_count_row(brand, count),
        "base": each.base,
        "earned": each.earned,
        "pending": each.pending,
        "hold_until": None if each.hold_until is None else to_micros(each.hold_until),
    }


def _count_row(brand: str, count: Count) -> dict[str, Any]:
    return {
        "brand": brand,
        "creator": count.creator,
        "terms_version": count.terms_version,
        "currency": count.currency,
        "month": count.month,
    }


def _order(row: Any) -> CountedOrder:
    return CountedOrder(
        count=Count(row.creator, row.terms_version, row.currency, row.month),
        order_key=(row.platform, row.account, row.order_ref),
        paid_at=from_micros(row.paid_at),
        base=row.base,
        earned=row.earned,
        pending=row.pending,
        hold_until=from_micros(row.hold_until),
    )


def _window(row: Any) -> Window:
    return Window(row.creator, row.terms_version, row.currency, row.span)
