"""The queries on touches and checkouts."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, case, func, insert, select, update

from liveshop_sdk.checkout import tables as t
from liveshop_sdk.checkout.visits.models import Touch, Visit
from liveshop_sdk.clock import from_micros, to_micros
from liveshop_sdk.db import Transaction

_ADD_TOUCH = insert(t.touch)
_ADD_CHECKOUT = insert(t.checkout)
_BOTH = select(t.checkout, t.touch).join(t.touch, t.touch.c.checkout_id == t.checkout.c.id)
_BY_IDS = _BOTH.where(t.checkout.c.id.in_(bindparam("ids", expanding=True)))
_BY_CART = _BOTH.where(
    t.checkout.c.platform_ref == bindparam("cart"),
    t.checkout.c.platform == bindparam("platform"),
    t.checkout.c.account == bindparam("account"),
).order_by(t.checkout.c.id)
_IS_OPENING = t.checkout.c.state == "opening"
_OPENED = (
    update(t.checkout)
    .where(t.checkout.c.id == bindparam("checkout"), t.checkout.c.url.is_(None))
    .values(state=case((_IS_OPENING, "open"), else_=t.checkout.c.state))
)
_PAID = (
    update(t.checkout)
    .where(t.checkout.c.id.in_(bindparam("ids", expanding=True)))
    .values(state="paid", updated_at=bindparam("at"))
)


class VisitStore:
    """Reads and writes visits."""

    def add(self, tx: Transaction, touch: Touch, visit: Visit) -> None:
        """Append a touch and the checkout it begins."""
        tx.execute(
            _ADD_TOUCH,
            {
                "checkout_id": touch.checkout_id,
                "link_id": touch.link_id,
                "creator": touch.creator,
                "stream": touch.stream,
                "opened_at": to_micros(touch.opened_at),
                "stream_offset_us": touch.stream_offset_us,
                "channel": touch.channel,
                "placement": touch.placement,
                "customer_key": touch.customer_key,
            },
        )
        tx.execute(
            _ADD_CHECKOUT,
            {
                "id": visit.checkout_id,
                "platform": visit.platform,
                "account": visit.account,
                "state": visit.state,
                "params": visit.params,
                "platform_ref": None,
                "url": None,
                "coupon_id": visit.coupon_id,
                "reservation": visit.reservation,
                "reserved_until": to_micros(visit.reserved_until),
                "closed_reason": None,
                "updated_at": to_micros(touch.opened_at),
                "code_id": visit.code_id,
            },
        )

    def get(self, tx: Transaction, checkout_id: str) -> Visit | None:
        """Return a visit by our checkout id."""
        found = self.get_many(tx, [checkout_id]).get(checkout_id)
        return found and found[0]

    def get_many(
        self, tx: Transaction, checkout_ids: Iterable[str]
    ) -> dict[str, tuple[Visit, Touch]]:
        """Return those of the visits that exist with their touches, by checkout id."""
        ids = sorted(set(checkout_ids))
        rows = tx.execute(_BY_IDS, {"ids": ids}) if ids else ()
        return {row.id: (_visit(row), _touch(row)) for row in rows}

    def open_with(
        self,
        tx: Transaction,
        platform: str,
        account: str,
        coupon_ids: Iterable[str],
        *,
        now: datetime,
    ) -> list[Visit]:
        """Return the visits that hold a unit of these coupons and may still be paid."""
        ids = sorted(set(coupon_ids))
        c = t.checkout.c
        query = select(t.checkout).where(
            c.coupon_id.in_(ids),
            c.reservation == "held",
            c.reserved_until > to_micros(now),
            c.state.in_(("opening", "open")),
            c.platform == platform,
            c.account == account,
        )
        return [_visit(row) for row in tx.execute(query.order_by(c.id))] if ids else []

    def by_cart_token(
        self, tx: Transaction, platform: str, account: str, token: str
    ) -> tuple[Visit, Touch] | None:
        """Return the visit whose cart we created under this platform id."""
        named = {"platform": platform, "account": account, "cart": token}
        row = tx.execute(_BY_CART, named).first()
        return (_visit(row), _touch(row)) if row else None

    def opened(
        self, tx: Transaction, checkout_id: str, *, url: str, platform_ref: str | None, at: datetime
    ) -> bool:
        """Store where the buyer is sent; False if they were sent somewhere before.

        A checkout already over stays over.
        """
        told = {"url": url, "platform_ref": platform_ref, "updated_at": to_micros(at)}
        return bool(tx.execute(_OPENED, {"checkout": checkout_id, **told}).rowcount)

    def paid(self, tx: Transaction, checkout_ids: Iterable[str], *, at: datetime) -> None:
        """Mark the checkouts of visits paid."""
        ids = sorted(set(checkout_ids))
        if ids:
            tx.execute(_PAID, {"ids": ids, "at": to_micros(at)})

    def closed(self, tx: Transaction, checkout_id: str, *, reason: str, at: datetime) -> bool:
        """Mark a visit's checkout over without payment; False if it was over, or is paid."""
        done = tx.execute(
            update(t.checkout)
            .where(t.checkout.c.id == checkout_id, t.checkout.c.state.in_(("opening", "open")))
            .values(state="closed", closed_reason=reason, updated_at=to_micros(at))
        )
        return bool(done.rowcount)

    def count_touches(self, tx: Transaction, *, stream: str | None = None) -> int:
        """Count touches, of one stream if asked."""
        query = select(func.count()).select_from(t.touch)
        if stream is not None:
            query = query.where(t.touch.c.stream == stream)
        return int(tx.execute(query).scalar_one())


def _visit(row: Row[Any]) -> Visit:
    return Visit(
        checkout_id=row.id,
        platform=row.platform,
        account=row.account,
        state=row.state,
        params=row.params,
        platform_ref=row.platform_ref,
        url=row.url,
        coupon_id=row.coupon_id,
        reservation=row.reservation,
        reserved_until=from_micros(row.reserved_until),
        code_id=row.code_id,
    )


def _touch(row: Row[Any]) -> Touch:
    return Touch(
        checkout_id=row.checkout_id,
        link_id=row.link_id,
        creator=row.creator,
        stream=row.stream,
        opened_at=from_micros(row.opened_at),
        stream_offset_us=row.stream_offset_us,
        channel=row.channel,
        placement=row.placement,
        customer_key=row.customer_key,
    )
