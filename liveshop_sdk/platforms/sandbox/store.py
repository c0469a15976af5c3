"""The sandbox's queries; a row that may change is locked before it is judged."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Select, and_, insert, or_, select, update

from liveshop_sdk.clock import from_micros, to_micros
from liveshop_sdk.db import Transaction
from liveshop_sdk.db.inserts import insert_if_absent
from liveshop_sdk.facts import Json
from liveshop_sdk.platforms.sandbox import shapes
from liveshop_sdk.platforms.sandbox import tables as t
from liveshop_sdk.platforms.sandbox.models import Checkout, Dispute, Order, Refund, SandboxCoupon
from liveshop_sdk.platforms.sandbox.params import read_cart, read_coupon
from liveshop_sdk.platforms.sandbox.pricing import Line, Priced, Terms
from liveshop_sdk.platforms.sandbox.reading import line_of
from liveshop_sdk.platforms.sandbox.refunds import RefundedLine
from liveshop_sdk.wire import canonical, loads_canonical

Row = Mapping[Any, Any]


class SandboxStore:
    """Reads and writes checkouts, orders and what becomes of them."""

    # --- settings of the sandbox

    def value(self, tx: Transaction, name: str) -> str | None:
        """Return a stored setting, None if it was never stored."""
        return tx.execute(select(t.state.c.value).where(t.state.c.name == name)).scalar()

    def put_value(self, tx: Transaction, name: str, value: str) -> None:
        """Store a setting, replacing what was there."""
        absent = insert_if_absent(t.state, tx.dialect.name)
        if not tx.execute(absent, {"name": name, "value": value}).rowcount:
            tx.execute(update(t.state).where(t.state.c.name == name).values(value=value))

    def value_or(self, tx: Transaction, name: str, value: str) -> str:
        """Return a stored setting; the first to ask stores this one."""
        tx.execute(insert_if_absent(t.state, tx.dialect.name), {"name": name, "value": value})
        return str(tx.execute(select(t.state.c.value).where(t.state.c.name == name)).scalar_one())

    def count(self, tx: Transaction, name: str) -> int:
        """Raise a stored counter by one and return it."""
        tx.execute(insert_if_absent(t.state, tx.dialect.name), {"name": name, "value": "0"})
        query = select(t.state.c.value).where(t.state.c.name == name).with_for_update()
        number = int(tx.execute(query).scalar_one()) + 1
        tx.execute(update(t.state).where(t.state.c.name == name).values(value=str(number)))
        return number

    # --- coupons

    def add_coupon(self, tx: Transaction, coupon: SandboxCoupon, at: datetime) -> bool:
        """Append a coupon; False if its key or code is taken."""
        row = {
            "id": coupon.id,
            "key": coupon.key,
            "code": coupon.code,
            "params": coupon.params,
            "use_limit": coupon.limit,
            "used": 0,
            "created_at": to_micros(at),
        }
        return bool(tx.execute(insert_if_absent(t.coupon, tx.dialect.name), row).rowcount)

    def coupon_by_key(self, tx: Transaction, key: str) -> SandboxCoupon | None:
        """Return the coupon created with this idempotency key."""
        return _coupon(tx, select(t.coupon).where(t.coupon.c.key == key))

    def coupon_by_code(self, tx: Transaction, code: str) -> SandboxCoupon | None:
        """Return the coupon with this code."""
        return _coupon(tx, select(t.coupon).where(t.coupon.c.code == code))

    def set_coupon_state(self, tx: Transaction, coupon_ref: str, state: str) -> None:
        """Pause a coupon, end it, or let it be used again; one that ended stays so."""
        c = t.coupon.c
        change = update(t.coupon).where(c.id == coupon_ref)
        tx.execute(change.where(or_(c.state.is_(None), c.state != "ended")).values(state=state))

    def coupon(self, tx: Transaction, coupon_ref: str) -> SandboxCoupon | None:
        """Return the coupon with the sandbox's own id."""
        return _coupon(tx, select(t.coupon).where(t.coupon.c.id == coupon_ref))

    def use_coupon(self, tx: Transaction, coupon_ref: str, *, is_strict: bool) -> bool:
        """Count one use; False if the limit is reached and is to be kept."""
        c = t.coupon.c
        change = update(t.coupon).where(c.id == coupon_ref).values(used=c.used + 1)
        if is_strict:
            change = change.where(or_(c.use_limit.is_(None), c.used < c.use_limit))
        return bool(tx.execute(change).rowcount)

    def free_coupon(self, tx: Transaction, coupon_ref: str) -> None:
        """Take one use back: the payment it was counted for failed."""
        c = t.coupon.c
        tx.execute(update(t.coupon).where(c.id == coupon_ref).values(used=c.used - 1))

    # --- checkouts

    def add_checkout(self, tx: Transaction, checkout: Checkout) -> bool:
        """Append a checkout; False if its key is taken."""
        row = {
            "id": checkout.id,
            "key": checkout.key,
            "checkout_id": checkout.cart.checkout_id,
            "params": checkout.params,
            "tax_bps": checkout.terms.tax_bps,
            "opened_at": to_micros(checkout.opened_at),
            "expires_at": to_micros(checkout.expires_at),
            **_moving(checkout),
        }
        return bool(tx.execute(insert_if_absent(t.checkout, tx.dialect.name), row).rowcount)

    def save_checkout(self, tx: Transaction, checkout: Checkout) -> None:
        """Store what may change about a locked checkout."""
        where = t.checkout.c.id == checkout.id
        tx.execute(update(t.checkout).where(where).values(**_moving(checkout)))

    def checkout_by_key(self, tx: Transaction, key: str) -> Checkout | None:
        """Return the checkout opened with this idempotency key."""
        return _checkout(tx, select(t.checkout).where(t.checkout.c.key == key))

    def checkout(self, tx: Transaction, ref: str, *, lock: bool = False) -> Checkout | None:
        """Return a checkout by its own id, our visit's id, or its order's id."""
        c = t.checkout.c
        column = {"chk": c.checkout_id, "sbo": c.order_id}.get(ref.partition("_")[0], c.id)
        query = select(t.checkout).where(column == ref).order_by(c.id.desc()).limit(1)
        return _checkout(tx, query.with_for_update() if lock else query)

    def overdue(self, tx: Transaction, now: datetime) -> list[str]:
        """Return the ids of open checkouts whose time is over, oldest first."""
        c = t.checkout.c
        query = select(c.id).where(c.state == "open", c.expires_at <= to_micros(now))
        return list(tx.execute(query.order_by(c.expires_at, c.id)).scalars())

    # --- orders and what becomes of them

    def add_order(self, tx: Transaction, order: Order) -> None:
        """Append a paid order."""
        tx.execute(
            insert(t.order),
            {
                "id": order.id,
                "checkout_id": order.checkout_id,
                "reference": order.reference,
                "currency": order.currency,
                "total": order.total,
                "shipping": order.shipping,
                "tax": order.tax,
                "is_tax_included": order.is_tax_included,
                "lines": _text([line.as_json() for line in order.lines]),
                "code": order.code,
                "coupon_ref": order.coupon_ref,
                "email": order.email,
                "paid_at": to_micros(order.paid_at),
                "refunded": order.refunded,
            },
        )

    def order(self, tx: Transaction, order_id: str, *, lock: bool = False) -> Order | None:
        """Return an order by its id."""
        query = select(t.order).where(t.order.c.id == order_id)
        found = tx.execute(query.with_for_update() if lock else query)
        row = found.mappings().one_or_none()
        return _order(row) if row else None

    def orders(self, tx: Transaction, since: datetime) -> list[Order]:
        """Return the orders paid since then, oldest first."""
        c = t.order.c
        query = select(t.order).where(c.paid_at >= to_micros(since)).order_by(c.paid_at, c.id)
        return [_order(row) for row in tx.execute(query).mappings()]

    def touched(
        self, tx: Transaction, since: datetime, until: datetime, *, after: str, limit: int
    ) -> list[Order]:
        """Return orders paid, refunded or disputed in a time, by id from after this one."""

        def within(*columns: Column[int]) -> ColumnElement[bool]:
            start, end = to_micros(since), to_micros(until)
            return or_(*(and_(column >= start, column < end) for column in columns))

        c, refunds, disputes = t.order.c, t.refund.c, t.dispute.c
        refunded = select(refunds.order_id).where(within(refunds.created_at, refunds.failed_at))
        disputed = select(disputes.order_id).where(within(disputes.opened_at, disputes.closed_at))
        some = or_(within(c.paid_at), c.id.in_(refunded), c.id.in_(disputed))
        query = select(t.order).where(c.id > after, some).order_by(c.id).limit(limit)
        return [_order(row) for row in tx.execute(query).mappings()]

    def set_refunded(self, tx: Transaction, order_id: str, refunded: int) -> None:
        """Store the sum of a locked order's refunds."""
        tx.execute(update(t.order).where(t.order.c.id == order_id).values(refunded=refunded))

    def add_refund(self, tx: Transaction, refund: Refund) -> None:
        """Append a refund."""
        tx.execute(
            insert(t.refund),
            {
                "id": refund.id,
                "order_id": refund.order_id,
                "amount": refund.amount,
                "lines": _text([line.as_json() for line in refund.lines]),
                "state": refund.state,
                "created_at": to_micros(refund.created_at),
                "failed_at": None,
            },
        )

    def fail_refund(self, tx: Transaction, refund_id: str, at: datetime) -> None:
        """Mark a refund of a locked order as failed."""
        change = update(t.refund).where(t.refund.c.id == refund_id)
        tx.execute(change.values(state="failed", failed_at=to_micros(at)))

    def order_of_refund(self, tx: Transaction, refund_id: str) -> str | None:
        """Return the id of the order a refund is of."""
        return tx.execute(select(t.refund.c.order_id).where(t.refund.c.id == refund_id)).scalar()

    def refunds(self, tx: Transaction, order: Order) -> list[Refund]:
        """Return an order's refunds, failed ones included, oldest first."""
        c = t.refund.c
        query = select(t.refund).where(c.order_id == order.id).order_by(c.created_at, c.id)
        return [_refund(row, order.currency) for row in tx.execute(query).mappings()]

    def add_dispute(self, tx: Transaction, dispute: Dispute) -> None:
        """Append a dispute."""
        tx.execute(
            insert(t.dispute),
            {
                "id": dispute.id,
                "order_id": dispute.order_id,
                "amount": dispute.amount,
                "state": dispute.state,
                "opened_at": to_micros(dispute.opened_at),
                "closed_at": None,
            },
        )

    def close_dispute(self, tx: Transaction, dispute_id: str, state: str, at: datetime) -> None:
        """Mark a dispute of a locked order as won or lost."""
        change = update(t.dispute).where(t.dispute.c.id == dispute_id)
        tx.execute(change.values(state=state, closed_at=to_micros(at)))

    def order_of_dispute(self, tx: Transaction, dispute_id: str) -> str | None:
        """Return the id of the order a dispute is about."""
        query = select(t.dispute.c.order_id).where(t.dispute.c.id == dispute_id)
        return tx.execute(query).scalar()

    def disputes(self, tx: Transaction, order: Order) -> list[Dispute]:
        """Return an order's disputes, oldest first."""
        c = t.dispute.c
        query = select(t.dispute).where(c.order_id == order.id).order_by(c.opened_at, c.id)
        return [_dispute(row, order.currency) for row in tx.execute(query).mappings()]


# --- rows and values


def _text(values: Sequence[dict[str, Json]]) -> str:
    return canonical(list(values))


def _objects(text: str) -> list[shapes.Obj]:
    return shapes.objects({"rows": loads_canonical(text)}, "rows")


def _lines(text: str) -> tuple[Line, ...]:
    return tuple(line_of(one) for one in _objects(text))


def _maybe_at(micros: int | None) -> datetime | None:
    return None if micros is None else from_micros(micros)


def _moving(checkout: Checkout) -> dict[str, object]:
    return {
        "state": checkout.state,
        "lines": _text([line.as_json() for line in checkout.priced.lines]),
        "is_tax_included": checkout.terms.is_tax_included,
        "shipping": checkout.terms.shipping,
        "shipping_off": checkout.priced.shipping_off,
        "total": checkout.priced.total,
        "code": checkout.code,
        "coupon_ref": checkout.coupon_ref,
        "email": checkout.email,
        "order_id": checkout.order_id,
        "closed_at": to_micros(checkout.closed_at) if checkout.closed_at else None,
    }


def _checkout(tx: Transaction, query: Select[Any]) -> Checkout | None:
    row = tx.execute(query).mappings().one_or_none()
    if row is None:
        return None
    return Checkout(
        id=row["id"],
        key=row["key"],
        state=row["state"],
        params=row["params"],
        cart=read_cart(row["params"]),
        terms=Terms(
            tax_bps=row["tax_bps"],
            is_tax_included=row["is_tax_included"],
            shipping=row["shipping"],
        ),
        priced=Priced(
            lines=_lines(row["lines"]),
            shipping=row["shipping"] - (row["shipping_off"] or 0),
            is_tax_included=row["is_tax_included"],
            shipping_off=row["shipping_off"] or 0,
        ),
        code=row["code"],
        coupon_ref=row["coupon_ref"],
        email=row["email"],
        opened_at=from_micros(row["opened_at"]),
        closed_at=_maybe_at(row["closed_at"]),
        order_id=row["order_id"],
    )


def _coupon(tx: Transaction, query: Select[Any]) -> SandboxCoupon | None:
    row = tx.execute(query).one_or_none()
    if row is None:
        return None
    made = read_coupon(row.params, coupon_ref=row.id, key=row.key, used=row.used)
    return replace(made, state=row.state or "")


def _order(row: Row) -> Order:
    return Order(
        id=row["id"],
        checkout_id=row["checkout_id"],
        reference=row["reference"],
        currency=row["currency"],
        total=row["total"],
        shipping=row["shipping"],
        tax=row["tax"],
        is_tax_included=row["is_tax_included"],
        lines=_lines(row["lines"]),
        code=row["code"],
        coupon_ref=row["coupon_ref"],
        email=row["email"],
        paid_at=from_micros(row["paid_at"]),
        refunded=row["refunded"],
    )


def _refund(row: Row, currency: str) -> Refund:
    return Refund(
        id=row["id"],
        order_id=row["order_id"],
        amount=row["amount"],
        currency=currency,
        lines=tuple(
            RefundedLine(
                ref=shapes.text(one, "ref"),
                quantity=shapes.whole(one, "quantity"),
                amount=shapes.whole(one, "amount"),
                base=shapes.whole(one, "base"),
            )
            for one in _objects(row["lines"])
        ),
        state=row["state"],
        created_at=from_micros(row["created_at"]),
        failed_at=_maybe_at(row["failed_at"]),
    )


def _dispute(row: Row, currency: str) -> Dispute:
    return Dispute(
        id=row["id"],
        order_id=row["order_id"],
        amount=row["amount"],
        currency=currency,
        state=row["state"],
        opened_at=from_micros(row["opened_at"]),
        closed_at=_maybe_at(row["closed_at"]),
    )
