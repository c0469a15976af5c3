"""Settle a paid order: find its visit, count its coupons, gather evidence."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from liveshop_sdk.checkout.coupons.models import Coupon
from liveshop_sdk.checkout.coupons.service import OVER_CUSTOMER, OVER_LIMIT, Coupons
from liveshop_sdk.checkout.orders.models import Order
from liveshop_sdk.checkout.orders.store import OrderKey, OrderStore
from liveshop_sdk.checkout.visits.models import Touch, Visit
from liveshop_sdk.checkout.visits.opening import stream_offset
from liveshop_sdk.checkout.visits.store import VisitStore
from liveshop_sdk.clock import Clock
from liveshop_sdk.db import Transaction
from liveshop_sdk.errors import OrderUnknownError
from liveshop_sdk.facts import Claim, Evidence, OrderPaid
from liveshop_sdk.ids import Ids
from liveshop_sdk.registry.store import StreamStore
from liveshop_sdk.registry.streams import Stream


class Orders:
    """Orders of one platform account."""

    def __init__(self, *, clock: Clock, ids: Ids, coupons: Coupons) -> None:
        """Keep what settling needs."""
        self._clock, self._ids, self._coupons = clock, ids, coupons
        self._store, self._visits, self._streams = OrderStore(), VisitStore(), StreamStore()

    def lock(self, tx: Transaction, keys: Iterable[OrderKey]) -> dict[OrderKey, Order]:
        """Insert what is missing and lock the orders, always in key order."""
        return self._store.lock(tx, keys, ids=self._ids, at=self._clock.now())

    def find(self, tx: Transaction, order_ref: str) -> Order:
        """Return the one order a person means.

        Args:
            order_ref: The platform's reference, our ``ord_`` id, or the
                checkout id of its visit.

        Raises:
            OrderUnknownError: None, or not paid as far as we know.
        """
        orders = self._store.by_ref(tx, order_ref)
        if not orders:
            raise OrderUnknownError(order_ref=order_ref[:60])
        return orders[0]

    def recent(self, tx: Transaction, limit: int = 50) -> list[Order]:
        """Return the newest paid orders."""
        return self._store.recent(tx, limit)

    def settle(self, tx: Transaction, order: Order, fact: OrderPaid) -> Evidence:
        """Count the sale's coupons, end its visit, return the evidence.

        Called once per order, with its row locked. Effects: redemptions, the
        visit's reservation used or freed, the order row filled in.
        """
        visit, source = self._visit_of(tx, fact)
        redeemed = self._coupons.redeem(tx, order, fact, visit)
        touch = self._visits.touch(tx, visit.checkout_id) if visit else None
        codes = {coupon.stream for coupon, _ in redeemed} | (
            {touch.stream} if touch and touch.stream else set()
        )
        streams = self._streams.get_many(tx, sorted(codes))
        claims = [_coupon_claim(coupon, fact.occurred_at, streams) for coupon, _ in redeemed]
        if visit is not None and touch is not None:
            claims.append(_link_claim(visit, touch, source))
            self._visits.paid(tx, visit.checkout_id, at=self._clock.now())
        self._store.mark_paid(
            tx,
            order,
            fact,
            is_returning=self._is_returning(tx, order, fact),
            touch_offset_us=touch.stream_offset_us if touch else None,
            paid_offset_us=_paid_offset(claims, streams, fact.occurred_at),
        )
        return Evidence(
            paid_at=fact.occurred_at,
            claims=tuple(claims),
            shares={code: stream.shares() for code, stream in streams.items()},
            review=_review(verdict for _, verdict in redeemed),
        )

    def _visit_of(self, tx: Transaction, fact: OrderPaid) -> tuple[Visit | None, str]:
        if fact.checkout_id is not None:
            visit = self._visits.get(tx, fact.checkout_id)
            if visit and (visit.platform, visit.account) == (fact.platform, fact.account):
                return visit, "checkout_ref"
        if fact.cart_token is not None:
            cart = self._visits.by_cart_token(tx, fact.platform, fact.account, fact.cart_token)
            if cart is not None:
                return cart, "cart_token"
        return None, ""

    def _is_returning(self, tx: Transaction, order: Order, fact: OrderPaid) -> bool | None:
        if fact.customer_key is None:
            return None
        return self._store.has_bought_before(tx, fact.customer_key, other_than=order.id)


def _coupon_claim(coupon: Coupon, paid_at: datetime, streams: Mapping[str, Stream]) -> Claim:
    return Claim(
        source="coupon",
        creator=coupon.creator,
        stream=coupon.stream,
        touched_at=paid_at,
        coupon_id=coupon.id,
        code=coupon.code,
        stream_offset_us=stream_offset(streams.get(coupon.stream), paid_at),
    )


def _link_claim(visit: Visit, touch: Touch, source: str) -> Claim:
    return Claim(
        source=source,
        creator=touch.creator,
        stream=touch.stream,
        touched_at=touch.opened_at,
        checkout_id=visit.checkout_id,
        link_id=touch.link_id,
        channel=touch.channel,
        placement=touch.placement,
        stream_offset_us=touch.stream_offset_us,
    )


def _paid_offset(
    claims: list[Claim], streams: Mapping[str, Stream], paid_at: datetime
) -> int | None:
    if not claims or claims[0].stream is None:
        return None
    return stream_offset(streams.get(claims[0].stream), paid_at)


def _review(verdicts: Iterable[str]) -> str:
    found = set(verdicts)
    return next((name for name in (OVER_LIMIT, OVER_CUSTOMER) if name in found), "")
