"""The queries on what platforms charged, each inside the caller's transaction."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from liveshop_sdk.checkout.fees.models import CHARGE, Fee
from liveshop_sdk.checkout.fees.tables import fee as t
from liveshop_sdk.checkout.tables import order
from liveshop_sdk.clock import from_micros, to_micros
from liveshop_sdk.db import Transaction
from liveshop_sdk.db.inserts import add_absent
from liveshop_sdk.money import Money

_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Which movements and orders of one platform account are meant.

    Attributes:
        orders: References of orders; None is all.
        since: From then on; None is from the beginning.
        until: Before then; None is to the end.
    """

    platform: str
    account: str
    orders: Sequence[str] | None = None
    since: datetime | None = None
    until: datetime | None = None


class FeeStore:
    """Reads and appends movements."""

    def add(
        self, tx: Transaction, platform: str, account: str, fees: Iterable[Fee], *, at: datetime
    ) -> set[str]:
        """Append what is not there yet; return the refs that are new."""
        place = {"platform": platform, "account": account, "read_at": to_micros(at)}
        rows = [_row(one) | place for one in sorted(fees, key=lambda one: one.ref)]
        return {key[0] for key in add_absent(tx, t, rows, key=("ref",))} if rows else set()

    def known(
        self, tx: Transaction, platform: str, account: str, refs: Iterable[str]
    ) -> dict[str, Fee]:
        """Return the movements stored under these refs."""
        found: dict[str, Fee] = {}
        for some in _parts(sorted(set(refs))):
            here = (t.c.platform == platform) & (t.c.account == account) & t.c.ref.in_(some)
            found |= {row.ref: _fee(row) for row in tx.execute(sa.select(t).where(here))}
        return found

    def listed(self, tx: Transaction, scope: Scope) -> list[Fee]:
        """Return movements, the oldest first."""
        found = [
            _fee(row)
            for where in _wheres(t, t.c.occurred_at, scope)
            for row in tx.execute(sa.select(t).where(*where))
        ]
        return sorted(found, key=lambda one: (one.occurred_at, one.ref))

    def uncharged(self, tx: Transaction, scope: Scope) -> list[str]:
        """Return paid orders without the movement that brought their money, oldest first."""
        o = order.c
        charge = sa.select(t.c.ref).where(
            t.c.order_ref == o.order_ref,
            t.c.account == o.account,
            t.c.platform == o.platform,
            t.c.kind == CHARGE,
        )
        found = [
            (row.paid_at, row.order_ref)
            for where in _wheres(order, o.paid_at, scope)
            for row in tx.execute(
                sa.select(o.paid_at, o.order_ref).where(o.total > 0, *where, ~charge.exists())
            )
        ]
        return [ref for _, ref in sorted(found)]


def _wheres(
    table: sa.Table, at: sa.Column[Any], scope: Scope
) -> Iterator[list[sa.ColumnElement[bool]]]:
    """Yield conditions whose rows together are those of a scope, each row once."""
    c = table.c
    where = [c.platform == scope.platform, c.account == scope.account]
    if scope.since is not None:
        where.append(at >= to_micros(scope.since))
    if scope.until is not None:
        where.append(at < to_micros(scope.until))
    if scope.orders is None:
        yield where
        return
    for some in _parts(sorted(set(scope.orders))):
        yield [*where, c.order_ref.in_(some)]


def _parts(values: list[str]) -> list[list[str]]:
    return [values[n : n + _AT_ONCE] for n in range(0, len(values), _AT_ONCE)]


def _row(one: Fee) -> dict[str, object]:
    return {
        "ref": one.ref,
        "order_ref": one.order_ref,
        "kind": one.kind,
        "currency": one.gross.currency,
        "gross": one.gross.amount,
        "fee": one.fee.amount,
        "net": one.net.amount,
        "occurred_at": to_micros(one.occurred_at),
    }


def _fee(row: Any) -> Fee:
    return Fee(
        ref=row.ref,
        order_ref=row.order_ref,
        kind=row.kind,
        gross=Money(row.gross, row.currency),
        fee=Money(row.fee, row.currency),
        net=Money(row.net, row.currency),
        occurred_at=from_micros(row.occurred_at),
    )
