"""The queries on privacy requests, and on what is held of buyers."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, Select, Table, delete, select, update

from liveshop_sdk.checkout import tables as checkout
from liveshop_sdk.checkout.privacy.models import PrivacyRequest
from liveshop_sdk.checkout.privacy.tables import request as t
from liveshop_sdk.clock import from_micros, to_iso, to_micros
from liveshop_sdk.db import Transaction
from liveshop_sdk.db.inserts import add_if_absent
from liveshop_sdk.facts import Json

_AT_ONCE = 500


class PrivacyStore:
    """Reads and writes requests; finds and blanks what stands of a buyer in our rows."""

    def add(self, tx: Transaction, request: PrivacyRequest, key: str) -> bool:
        """Record a request, unless it is; says whether it was new."""
        row = {
            "id": request.id,
            "platform": request.platform,
            "account": request.account,
            "kind": request.kind,
            "request_key": key,
            "inbox_id": request.inbox_id,
            "orders": request.orders,
            "state": request.state,
            "problem": request.problem,
            "cleared": request.cleared,
            "asked_at": to_micros(request.asked_at),
            "heard_at": to_micros(request.heard_at),
            "done_at": None if request.done_at is None else to_micros(request.done_at),
        }
        return add_if_absent(tx, t, row)

    def drop_problem(self, tx: Transaction, inbox_id: str) -> None:
        """Drop the record of a webhook that could not be read, to record it anew."""
        tx.execute(delete(t).where(t.c.inbox_id == inbox_id, t.c.state == "problem"))

    def by_key(
        self, tx: Transaction, platform: str, account: str, key: str
    ) -> PrivacyRequest | None:
        """Return a request by what it is told apart by, None if there is none."""
        same = {"platform": platform, "account": account, "request_key": key}
        row = tx.execute(select(t).filter_by(**same)).mappings().one_or_none()
        return None if row is None else _request(row)

    def get(self, tx: Transaction, request_id: str) -> PrivacyRequest | None:
        """Return a request by its id, None if there is none."""
        row = tx.execute(select(t).where(t.c.id == request_id)).mappings().one_or_none()
        return None if row is None else _request(row)

    def recorded(
        self, tx: Transaction, *, states: Collection[str], limit: int
    ) -> list[PrivacyRequest]:
        """Return requests in these states, the oldest first."""
        query = select(t).where(t.c.state.in_(sorted(states)))
        rows = tx.execute(query.order_by(t.c.heard_at, t.c.id).limit(limit)).mappings()
        return [_request(row) for row in rows]

    def settle(self, tx: Transaction, request_id: str, at: datetime) -> None:
        """Mark a request as done; the first instant stays."""
        is_due = (t.c.id == request_id) & (t.c.state != "done")
        tx.execute(update(t).where(is_due).values(state="done", done_at=to_micros(at)))

    # --- what is held of buyers

    def orders_of(
        self, tx: Transaction, platform: str, account: str, customer_key: str
    ) -> frozenset[str]:
        """Return the references of a customer's orders, by the hash of the address."""
        query = select(checkout.order.c.order_ref).filter_by(
            platform=platform, account=account, customer_key=customer_key
        )
        return frozenset(tx.execute(query).scalars())

    def forget(
        self,
        tx: Transaction,
        platform: str,
        account: str,
        *,
        refs: Collection[str] | None = None,
        customer_key: str | None = None,
    ) -> int:
        """Take the hash of the buyer's address off orders; returns from how many.

        Args:
            refs: Of which orders; None is all.
            customer_key: Of which customer as well.
        """
        c = checkout.order.c
        here = (c.platform == platform) & (c.account == account) & c.customer_key.is_not(None)
        blank = update(checkout.order).values(customer_key=None)
        if refs is None:
            return tx.execute(blank.where(here)).rowcount
        which: list[ColumnElement[bool]] = [c.order_ref.in_(some) for some in _parts(sorted(refs))]
        if customer_key is not None:
            which.append(c.customer_key == customer_key)
        return sum(tx.execute(blank.where(here, one)).rowcount for one in which)

    def holdings(
        self,
        tx: Transaction,
        platform: str,
        account: str,
        *,
        refs: Collection[str],
        customer_key: str | None,
    ) -> dict[str, list[Json]]:
        """Return an account's rows on orders and a customer, for people to read."""
        o, v, r = checkout.order.c, checkout.touch.c, checkout.redemption.c
        here = {"platform": platform, "account": account}
        ours = select(checkout.order).filter_by(**here).order_by(o.id)
        opened = select(checkout.checkout.c.id).filter_by(**here)
        touched = select(checkout.touch).where(v.checkout_id.in_(opened))
        used = select(checkout.redemption).where(r.order_id.in_(select(o.id).filter_by(**here)))
        orders: list[RowMapping] = []
        for some in _parts(sorted(refs)):
            orders += _rows(tx, ours.where(o.order_ref.in_(some)))
        visits: list[RowMapping] = []
        uses: list[RowMapping] = []
        for part in _parts(sorted(row["checkout_id"] for row in orders if row["checkout_id"])):
            visits += _rows(tx, touched.where(v.checkout_id.in_(part)))
        for part in _parts(sorted(row["id"] for row in orders)):
            uses += _rows(tx, used.where(r.order_id.in_(part)))
        if customer_key is not None:
            visits += _rows(tx, touched.where(v.customer_key == customer_key))
            uses += _rows(tx, used.where(r.customer_key == customer_key))
        return {
            "orders": _plain(orders, checkout.order, "id"),
            "visits": _plain(visits, checkout.touch, "checkout_id"),
            "coupon_uses": _plain(uses, checkout.redemption, "coupon_id", "order_id"),
        }


def _parts(values: list[str]) -> list[list[str]]:
    return [values[n : n + _AT_ONCE] for n in range(0, len(values), _AT_ONCE)]


def _rows(tx: Transaction, query: Select[Any]) -> list[RowMapping]:
    return list(tx.execute(query).mappings())


def _plain(rows: list[RowMapping], table: Table, *key: str) -> list[Json]:
    """Return rows once each, instants as text."""
    once = {tuple(row[name] for name in key): row for row in rows}
    return [
        {name: _cell(name, row[name]) for name in table.c.keys()}  # noqa: SIM118 - no mapping
        for _, row in sorted(once.items())
    ]


def _cell(name: str, value: Any) -> Json:
    is_instant = name.endswith("_at") and value is not None
    return to_iso(from_micros(value)) if is_instant else value


def _request(row: Mapping[Any, Any]) -> PrivacyRequest:
    done_at = row["done_at"]
    return PrivacyRequest(
        id=row["id"],
        platform=row["platform"],
        account=row["account"],
        kind=row["kind"],
        inbox_id=row["inbox_id"],
        orders=row["orders"],
        state=row["state"],
        problem=row["problem"],
        cleared=row["cleared"],
        asked_at=from_micros(row["asked_at"]),
        heard_at=from_micros(row["heard_at"]),
        done_at=None if done_at is None else from_micros(done_at),
    )
