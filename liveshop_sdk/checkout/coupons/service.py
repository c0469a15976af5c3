"""Create coupons here, redeem them once per order, keep their cap exact."""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType

from liveshop_sdk.checkout.codes import parse_code
from liveshop_sdk.checkout.coupons import terms, wishes
from liveshop_sdk.checkout.coupons.models import RESUME, Coupon
from liveshop_sdk.checkout.coupons.store import CouponStore, ids_in
from liveshop_sdk.checkout.links.issuing import check_host
from liveshop_sdk.checkout.orders.models import Order
from liveshop_sdk.checkout.ports import CouponRequest
from liveshop_sdk.checkout.visits.models import Visit
from liveshop_sdk.clock import Clock
from liveshop_sdk.db import Transaction
from liveshop_sdk.errors import CouponExistsError, CouponUnknownError, CustomerLimitError
from liveshop_sdk.facts import OrderPaid
from liveshop_sdk.ids import Ids
from liveshop_sdk.registry.streams import Stream

CLOCKS = timedelta(minutes=5)
"""How far a platform's clock may be behind ours."""

PAID_LATER = timedelta(days=30)
"""How long after a coupon's end an order that used it may be paid."""

_NONE: Mapping[str, str] = MappingProxyType({})

HELD_FOR = timedelta(seconds=30)
"""How long one caller may tell a platform about a coupon; a call takes 8 seconds."""

WITHIN, OVER_LIMIT, OVER_CUSTOMER = "within", "over_limit", "over_customer_limit"
OVER_CODE = "over_code_limit"
"""A personal code that another order had used before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A coupon that only one caller tells the platform about, for a while."""

    coupon: Coupon
    until: datetime


class Coupons:
    """Coupons of one platform account, as far as no platform is needed."""

    def __init__(self, *, clock: Clock, ids: Ids, platform: str, account: str) -> None:
        """Keep whose coupons these are."""
        self._clock, self._ids = clock, ids
        self._platform, self._account = platform, account
        self._store = CouponStore()

    def now(self) -> datetime:
        """Return the instant that windows are judged by."""
        return self._clock.now()

    def create(
        self,
        tx: Transaction,
        code: str,
        *,
        stream: Stream,
        creator: str,
        wanted: terms.Wanted,
        sold_in: Sequence[str],
    ) -> Coupon:
        """Check and store a coupon, or return it as it is.

        The same code with the same terms is a repeat; with other terms it is
        refused. A new one is ``pending`` until ``confirm`` says it exists at the
        platform.

        Args:
            sold_in: The currency of each brand on the stream.
        """
        now = self._clock.now()
        code = parse_code(code)
        percent_off, gives = wanted.percent_off, wanted.gives
        amount_off = terms.money_off(wanted.amount_off, wanted.currency, sold_in)
        terms.check_discount(percent_off, amount_off, gives)
        start, end = terms.window(stream, wanted.starts_at, wanted.ends_at, now)
        known = self._store.by_code(tx, self._platform, self._account, code)
        made = Coupon(
            id=known.id if known else self._ids.new("cpn"),
            platform=self._platform,
            account=self._account,
            code=code,
            creator=creator,
            stream=stream.code,
            percent_bps=percent_off.basis_points if percent_off else None,
            amount_off=amount_off,
            gives=gives,
            starts_at=start,
            ends_at=end,
            limit=terms.check_count("limit", wanted.limit),
            per_customer=terms.check_count("per-customer limit", wanted.per_customer),
            reserved=0,
            used=0,
            platform_ref=None,
            created_at=now,
        )
        if known is None:
            check_host(stream, creator, now)
            if self._store.add(tx, made):
                return made
            known = self._store.by_code(tx, self._platform, self._account, code)
        if known is None or not known.same_terms(made):
            raise CouponExistsError(coupon=code)
        return known

    def get(self, tx: Transaction, code: str) -> Coupon:
        """Return a coupon by its code, in any case.

        Raises:
            CouponUnknownError: There is none at this account.
        """
        code = parse_code(code)
        coupon = self._store.by_code(tx, self._platform, self._account, code)
        if coupon is None:
            raise CouponUnknownError(coupon=code)
        return coupon

    def by_id(self, tx: Transaction, coupon_id: str | None) -> Coupon | None:
        """Return a coupon by our id."""
        return None if coupon_id is None else self._store.by_id(tx, coupon_id)

    def newest(
        self, tx: Transaction, *, stream: str | None = None, limit: int = 100
    ) -> list[Coupon]:
        """Return the newest coupons of this account, of one stream if asked."""
        return self._store.recent(tx, self._platform, self._account, stream=stream, limit=limit)

    def recorded(
        self, tx: Transaction, since: datetime, until: datetime
    ) -> list[tuple[Coupon, int]]:
        """Return coupons whose window meets this time, with their recorded uses.

        Only those that exist at the platform.
        """
        return self._store.recorded(tx, self._platform, self._account, since, until)

    def confirm(self, tx: Transaction, coupon_id: str, ref: str) -> None:
        """Note the platform's id: the coupon is ready."""
        self._store.set_platform_ref(tx, coupon_id, ref)

    def refuse(self, tx: Transaction, coupon_id: str) -> None:
        """Note that the platform refused the coupon: it earns nothing from now on."""
        self._store.set_refused(tx, coupon_id, self._clock.now())

    def ask_again(self, tx: Transaction, coupon_id: str) -> None:
        """Make a refused coupon pending again."""
        self._store.set_refused(tx, coupon_id, None)

    def wish(self, tx: Transaction, code: str, wish: str) -> Coupon:
        """Pause, resume or end a coupon as far as our links go; a repeat changes nothing.

        Raises:
            CouponUnknownError: There is none of that code.
            CouponOverError: It has ended, or its window is over.
            CouponRefusedError: The platform never had it.
        """
        self._store.lock(tx, [self.get(tx, code).id])
        known = self.get(tx, code)
        wanted = wishes.wished(known, wish, self._clock.now())
        if wanted != known:
            self._store.set_wish(tx, wanted)
        return wanted

    def lock_stream(self, tx: Transaction, stream: str) -> None:
        """Lock the coupons of a stream that is about to end."""
        found = self._store.of_stream(tx, self._platform, self._account, stream)
        self._store.lock(tx, [coupon.id for coupon in found])

    def end_stream(self, tx: Transaction, stream: str, *, closes_at: datetime) -> list[Coupon]:
        """End every coupon of a stream that has ended; returns all of its ended ones.

        The window of one that was to end with the stream, or later, ends now too.

        Args:
            closes_at: When the stream was to close.
        """
        now = self._clock.now()
        found = self._store.of_stream(tx, self._platform, self._account, stream)
        for n, coupon in enumerate(found):
            if coupon.ended_at is None and now < coupon.ends_at:
                end = now if closes_at <= coupon.ends_at else None
                found[n] = wishes.ended(coupon, now, ends_at=end)
                self._store.set_wish(tx, found[n])
        return [coupon for coupon in found if coupon.ended_at is not None]

    def hold(self, tx: Transaction, coupon_id: str) -> Held | None:
        """Return a coupon that only the caller tells the platform about now.

        None while somebody else does; one who was killed is waited for half a minute.
        """
        now = self._clock.now()
        until = now + HELD_FOR
        if not self._store.hold(tx, coupon_id, now=now, until=until):
            return None
        coupon = self._store.by_id(tx, coupon_id)
        assert coupon is not None  # noqa: S101 - its row was changed just now
        return Held(coupon=coupon, until=until)

    def let_go(self, tx: Transaction, held: Held) -> None:
        """Let others tell the platform about a coupon again."""
        self._store.let_go(tx, held.coupon.id, until=held.until)

    def told(self, tx: Transaction, coupon_id: str, number: int) -> None:
        """Note that the platform has carried out a wish, and all before it."""
        self._store.set_told(tx, coupon_id, number)

    def keep_off(self, tx: Transaction, coupon_id: str, number: int) -> None:
        """Pause a coupon again that the platform will not resume.

        Only if nothing else was wished since.
        """
        self._store.lock(tx, [coupon_id])
        coupon = self._store.by_id(tx, coupon_id)
        if coupon is not None and (coupon.wish_no, coupon.wish) == (number, RESUME):
            now = self._clock.now()
            self._store.set_wish(tx, replace(coupon, paused_at=now, told_no=number))

    def reserve(self, tx: Transaction, coupon: Coupon, now: datetime) -> bool:
        """Take a unit for a visit; False when sold out."""
        return self._store.reserve(tx, coupon.id, now=now)

    def free(self, tx: Transaction, visit: Visit) -> bool:
        """Give back a visit's unit, once."""
        if visit.coupon_id is None or visit.reservation != "held":
            return False
        return self._store.free(tx, visit.coupon_id, visit.checkout_id)

    def check_customer(self, tx: Transaction, coupon: Coupon, customer_key: str) -> None:
        """Refuse a customer who used the coupon as often as allowed.

        Raises:
            CustomerLimitError: No further use is left for this customer.
        """
        if coupon.per_customer is None:
            return
        if self._store.uses_by(tx, coupon.id, customer_key) >= coupon.per_customer:
            raise CustomerLimitError(coupon=coupon.code, limit=coupon.per_customer)

    def matching(
        self, tx: Transaction, facts: Sequence[OrderPaid], named: Iterable[str] = ()
    ) -> list[Coupon]:
        """Return our coupons that any of these orders used; it locks none.

        Args:
            named: Ids of more of them, whose personal codes were used.
        """
        codes = {code for fact in facts for code in _plain(fact.codes)}
        refs = {ref for fact in facts for ref in fact.coupon_refs}
        if not codes and not refs:
            return []
        found = self._store.matching(tx, self._platform, self._account, codes=codes, refs=refs)
        rest = sorted(set(named) - {coupon.id for coupon in found})
        return found + [one for key in rest if (one := self._store.by_id(tx, key)) is not None]

    def redeemed_by(self, tx: Transaction, order_id: str) -> list[tuple[Coupon, str]]:
        """Return the coupons an order of ours redeemed, each with its verdict."""
        return self._store.redeemed_by(tx, order_id)

    def lock(self, tx: Transaction, coupon_ids: Iterable[str]) -> None:
        """Lock all coupons that a transaction will change, in one fixed order."""
        self._store.lock(tx, coupon_ids)

    def redeem(
        self,
        tx: Transaction,
        order: Order,
        fact: OrderPaid,
        visit: Visit | None,
        used: Sequence[Coupon],
        spent: Set[str] = frozenset(),
    ) -> list[tuple[Coupon, str]]:
        """Count an order's coupons, locked before, and return each with its verdict.

        A visit's reservation becomes its use. A code typed at the shop takes a
        free unit if there is one, else it is recorded as over the limit; what
        the platform let through is never undone here, only seen. A unit that
        the visit reserved for a code not used in the end is given back.

        Args:
            spent: Ids of those whose personal code another order had used.
        """
        judged = []
        for coupon in used:
            verdict = self._verdict(tx, coupon, fact, visit)
            if verdict == WITHIN and coupon.id in spent:
                verdict = OVER_CODE
            judged.append((coupon, verdict))
            self._store.add_redemption(
                tx,
                coupon_id=coupon.id,
                order_id=order.id,
                checkout_id=visit.checkout_id if visit else None,
                customer_key=fact.customer_key,
                verdict=verdict,
                redeemed_at=fact.occurred_at,
            )
        if visit is not None and visit.coupon_id not in {coupon.id for coupon, _ in judged}:
            self.free(tx, visit)
        return judged

    def _verdict(
        self, tx: Transaction, coupon: Coupon, fact: OrderPaid, visit: Visit | None
    ) -> str:
        reserved = (
            visit is not None
            and visit.coupon_id == coupon.id
            and self._store.use_reserved(tx, coupon.id, visit.checkout_id)
        )
        if not reserved and not self._store.use_free(tx, coupon.id, now=self._clock.now()):
            return OVER_LIMIT
        if coupon.per_customer is not None and fact.customer_key is not None:
            uses = self._store.uses_by(tx, coupon.id, fact.customer_key)
            if uses >= coupon.per_customer:
                return OVER_CUSTOMER
        return WITHIN


def used_on(
    fact: OrderPaid, coupons: Sequence[Coupon], personal: Mapping[str, str] = _NONE
) -> tuple[Coupon, ...]:
    """Return those of our coupons that an order used, by id.

    Args:
        personal: Coupons' ids by what names them: a personal code as the order
            spells it, or the platform's id of one.
    """
    spelled = {personal.get(code) for code in fact.codes}
    codes = {*_plain(fact.codes), *(one.code for one in coupons if one.id in spelled)}
    refs = {personal.get(ref) for ref in fact.coupon_refs}
    found = {
        coupon.id: coupon
        for coupon in coupons
        if coupon.id in refs or _is_used(coupon, fact, codes)
    }
    return tuple(found[coupon_id] for coupon_id in sorted(found))


def _is_used(coupon: Coupon, fact: OrderPaid, codes: Set[str]) -> bool:
    """Tell whether an order used this very coupon, not one of the same spelling.

    The platform's own id decides where it gives one. Where it gives only the
    code, that must have been ours to use: it came to be at the platform, and is
    in its window, or paid within the time that a payment may follow it.
    """
    named = {one for ref in fact.coupon_refs for one in ids_in(ref)}
    if coupon.id in named:  # Stripe lets us choose the id
        return True
    if coupon.never_was:
        return False
    if named and coupon.platform_ref is not None:
        return not named.isdisjoint(ids_in(coupon.platform_ref))
    is_then = coupon.starts_at - CLOCKS <= fact.occurred_at <= coupon.ends_at + PAID_LATER
    return coupon.code in codes and is_then


def _plain(codes: Iterable[str]) -> list[str]:
    """Return codes in capitals; one with other letters only looks like ours.

    Python upper-cases a dotless i to I, so such a code must go before that.
    """
    return [code.upper() for code in codes if code.isascii()]


def coupon_request(coupon: Coupon) -> CouponRequest:
    """Return what to ask of the platform for a coupon."""
    return CouponRequest(
        coupon_id=coupon.id,
        code=coupon.code,
        title=f"{coupon.code} ({coupon.creator})",
        percent_bps=coupon.percent_bps,
        amount_off=coupon.amount_off,
        gives=coupon.gives,
        starts_at=coupon.starts_at,
        ends_at=coupon.ends_at,
        limit=coupon.limit,
        per_customer=coupon.per_customer,
    )
