"""Settle a paid order: find its visit, count its coupons, gather evidence."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from liveshop_sdk.checkout.coupons.models import Coupon
from liveshop_sdk.checkout.coupons.service import (
    OVER_CODE,
    OVER_CUSTOMER,
    OVER_LIMIT,
    Coupons,
    used_on,
)
from liveshop_sdk.checkout.orders.models import Order
from liveshop_sdk.checkout.orders.store import BuyerKey, OrderStore, Payment
from liveshop_sdk.checkout.personal.models import PersonalCode
from liveshop_sdk.checkout.personal.service import PersonalCodes
from liveshop_sdk.checkout.visits.models import Touch, Visit
from liveshop_sdk.checkout.visits.opening import stream_offset
from liveshop_sdk.checkout.visits.store import VisitStore
from liveshop_sdk.clock import Clock
from liveshop_sdk.db import Transaction
from liveshop_sdk.errors import OrderUnknownError
from liveshop_sdk.facts import CheckoutClosed, Claim, Evidence, OrderKey, OrderPaid
from liveshop_sdk.ids import Ids
from liveshop_sdk.registry.names import key
from liveshop_sdk.registry.streams import Stream


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale:
    """A sale with what we know of its way here.

    Attributes:
        source: How its visit was recognised, ``""`` without one.
        coupons: Ours that it used, locked.
        codes: The personal codes of these that it used.
    """

    order: Order
    fact: OrderPaid
    visit: Visit | None
    source: str
    touch: Touch | None
    coupons: tuple[Coupon, ...]
    codes: tuple[PersonalCode, ...] = ()


class Orders:
    """Orders of one platform account."""

    def __init__(
        self, *, clock: Clock, ids: Ids, coupons: Coupons, personal: PersonalCodes
    ) -> None:
        """Keep what settling needs."""
        self._clock, self._ids, self._coupons, self._personal = clock, ids, coupons, personal
        self._store, self._visits = OrderStore(), VisitStore()

    def lock(self, tx: Transaction, keys: Iterable[OrderKey]) -> dict[OrderKey, Order]:
        """Insert what is missing and lock the orders, always in key order."""
        return self._store.lock(tx, keys, ids=self._ids, at=self._clock.now())

    def find(self, tx: Transaction, order_ref: str) -> Order:
        """Return the one order a person means.

        Args:
            order_ref: The platform's reference, our ``ord_`` id, or the id of
                its visit's checkout: ours or the platform's.

        Raises:
            OrderUnknownError: None, or not paid as far as we know.
        """
        orders = self._store.by_ref(tx, key(order_ref, "order reference"))
        paid = next((order for order in orders if order.paid_at is not None), None)
        if paid is None:
            raise OrderUnknownError(order_ref=order_ref[:60])
        return paid

    def recent(self, tx: Transaction, limit: int = 50) -> list[Order]:
        """Return the newest paid orders."""
        return self._store.recent(tx, limit)

    def returning(self, tx: Transaction, keys: Iterable[OrderKey]) -> dict[OrderKey, bool | None]:
        """Return whether the buyers of orders had paid here before, where known."""
        return self._store.returning(tx, keys)

    def coupons_of(self, tx: Transaction, order: Order) -> list[tuple[Coupon, str]]:
        """Return the coupons of ours that an order used, each with its verdict."""
        return self._coupons.redeemed_by(tx, order.id)

    def gather(
        self,
        tx: Transaction,
        sales: Sequence[tuple[Order, OrderPaid]],
        ended: Iterable[CheckoutClosed] = (),
    ) -> list[Sale]:
        """Find the visits and coupons of sales, and lock all coupons at stake.

        Called with the orders' rows locked. Those of visits that ended without
        a sale are locked as well, so that a transaction asks for coupons once,
        in one order, and never waits for another that waits for it.
        """
        facts = [fact for _, fact in sales]
        ended_ids = {happening.checkout_id for happening in ended}
        visits = self._visits.get_many(
            tx, ended_ids | {fact.checkout_id for fact in facts if fact.checkout_id}
        )
        found = [self._visit_of(tx, fact, visits) for fact in facts]
        personal = self._personal.used(
            tx,
            [code for fact in facts for code in fact.codes],
            [ref for fact in facts for ref in fact.coupon_refs],
        )
        named = {key: code.coupon_id for key, code in personal.items()}
        coupons = self._coupons.matching(tx, facts, named.values())
        at_stake = [visits[key][0] for key in ended_ids & visits.keys()]
        at_stake += [visit for visit, _, _ in found if visit is not None]
        reserved = {visit.coupon_id for visit in at_stake if visit.coupon_id}
        self._coupons.lock(tx, reserved | {coupon.id for coupon in coupons})
        return [
            Sale(
                order=order,
                fact=fact,
                visit=visit,
                source=source,
                touch=touch,
                coupons=used,
                codes=_codes_of(fact, personal, used),
            )
            for (order, fact), (visit, touch, source) in zip(sales, found, strict=True)
            for used in (used_on(fact, coupons, named),)
        ]

    def settle(
        self, tx: Transaction, sales: Sequence[Sale], streams: Mapping[str, Stream]
    ) -> list[Evidence]:
        """Count the sales' coupons, end their visits, return the evidence of each.

        Called once per order, with its row and coupons locked. Effects:
        redemptions, reservations used or freed, the order rows filled in.

        Args:
            streams: Those that `streams_of` names, by code.
        """
        if not sales:
            return []
        first_paid = self._first_paid(tx, [sale.fact for sale in sales])
        shares = {code: stream.shares() for code, stream in streams.items()}
        awaiting = {
            code: frozenset(host.creator for host in stream.hosts)
            for code, stream in streams.items()
            if stream.awaits_air
        }
        evidence, payments = [], []
        for sale in sales:
            fact, touch = sale.fact, sale.touch
            spent = self._spent(tx, sale)
            redeemed = self._coupons.redeem(tx, sale.order, fact, sale.visit, sale.coupons, spent)
            claims = _claims(sale, streams)
            is_returning = _is_returning(fact, first_paid)
            evidence.append(
                Evidence(
                    paid_at=fact.occurred_at,
                    claims=tuple(claims),
                    shares=shares,
                    awaiting=awaiting,
                    review=_review(verdict for _, verdict in redeemed),
                    is_returning=is_returning,
                )
            )
            payments.append(
                Payment(
                    order=sale.order,
                    fact=fact,
                    checkout_id=sale.visit.checkout_id if sale.visit else fact.checkout_id,
                    is_returning=is_returning,
                    touch_offset_us=touch.stream_offset_us if touch else None,
                    paid_offset_us=_paid_offset(claims, streams, fact.occurred_at),
                )
            )
        visits = [sale.visit.checkout_id for sale in sales if sale.visit]
        self._visits.paid(tx, visits, at=self._clock.now())
        self._store.mark_paid(tx, payments)
        return evidence

    def _spent(self, tx: Transaction, sale: Sale) -> set[str]:
        """Use a sale's personal codes; return coupons whose code was used before."""
        at = sale.fact.occurred_at
        return {
            code.coupon_id
            for code in sale.codes
            if not self._personal.use(tx, code, sale.order.id, at)
        }

    def _visit_of(
        self, tx: Transaction, fact: OrderPaid, visits: Mapping[str, tuple[Visit, Touch]]
    ) -> tuple[Visit | None, Touch | None, str]:
        visit, touch = visits.get(fact.checkout_id or "", (None, None))
        if visit and (visit.platform, visit.account) == (fact.platform, fact.account):
            return visit, touch, "checkout_ref"
        if fact.cart_token is not None:
            cart = self._visits.by_cart_token(tx, fact.platform, fact.account, fact.cart_token)
            if cart is not None:
                return *cart, "cart_token"
        return None, None, ""

    def _first_paid(self, tx: Transaction, facts: Sequence[OrderPaid]) -> dict[BuyerKey, datetime]:
        """Return each customer's first payment at an account, these sales included."""
        buyers = [(key, fact.occurred_at) for fact in facts if (key := _buyer(fact)) is not None]
        first = self._store.first_payments(tx, [key[2] for key, _ in buyers])
        for key, paid_at in buyers:
            first[key] = min(first.get(key, paid_at), paid_at)
        return first


def streams_of(sales: Iterable[Sale]) -> set[str]:
    """Return the codes of every stream that sales may be credited to."""
    codes = {coupon.stream for sale in sales for coupon in sale.coupons}
    return codes | {sale.touch.stream for sale in sales if sale.touch and sale.touch.stream}


def _codes_of(
    fact: OrderPaid, personal: Mapping[str, PersonalCode], used: Sequence[Coupon]
) -> tuple[PersonalCode, ...]:
    """Return each personal code of these coupons that an order used, once."""
    ids = {coupon.id for coupon in used}
    named = [personal[key] for key in (*fact.codes, *fact.coupon_refs) if key in personal]
    found = {code.id: code for code in named if code.coupon_id in ids}
    return tuple(found[code_id] for code_id in sorted(found))


def _buyer(fact: OrderPaid) -> BuyerKey | None:
    return (fact.platform, fact.account, fact.customer_key) if fact.customer_key else None


def _is_returning(fact: OrderPaid, first_paid: Mapping[BuyerKey, datetime]) -> bool | None:
    buyer = _buyer(fact)
    return None if buyer is None else first_paid[buyer] < fact.occurred_at


def _claims(sale: Sale, streams: Mapping[str, Stream]) -> list[Claim]:
    claims = [_coupon_claim(coupon, sale.fact.occurred_at, streams) for coupon in sale.coupons]
    if sale.visit is not None and sale.touch is not None:
        claims.append(_link_claim(sale.visit, sale.touch, sale.source))
    return claims


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
    order = (OVER_LIMIT, OVER_CODE, OVER_CUSTOMER)
    return next((name for name in order if name in found), "")
