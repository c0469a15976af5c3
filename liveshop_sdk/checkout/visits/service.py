"""Begin a visit, note where it led, end it; a look never gets here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from liveshop_sdk.checkout.coupons.models import Coupon
from liveshop_sdk.checkout.coupons.service import Coupons
from liveshop_sdk.checkout.links.models import Link
from liveshop_sdk.checkout.personal.models import PersonalCode
from liveshop_sdk.checkout.personal.service import PersonalCodes
from liveshop_sdk.checkout.ports import CommercePlatform, OpenedCheckout
from liveshop_sdk.checkout.tokens import SealedRef
from liveshop_sdk.checkout.visits import opening
from liveshop_sdk.checkout.visits.models import RESERVED_FOR, Touch, Visit
from liveshop_sdk.checkout.visits.store import VisitStore
from liveshop_sdk.clock import Clock
from liveshop_sdk.db import Transaction
from liveshop_sdk.errors import PersonalCodeUsedError, SoldOutError, VisitUnknownError
from liveshop_sdk.events.outbox import Outbox
from liveshop_sdk.facts import CheckoutClosed
from liveshop_sdk.ids import Ids
from liveshop_sdk.registry.names import key
from liveshop_sdk.registry.products import Product
from liveshop_sdk.registry.streams import Stream

CHECKOUT = "chk"

EXPIRE = "checkout.expire"
"""The kind of outbox row that ends a checkout before its time."""

SETTLES = timedelta(seconds=15)
"""After this an opening that was under way has come to its end, one way or the other."""

END_CHECKOUT = "checkout.end"
"""The kind of outbox row that has a checkout ended which its platform would not end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitContext:
    """All a visit reads before it is decided: one link and what it points to.

    Attributes:
        personal: The code that the buyer brought, of ``coupon``.
    """

    link: Link
    stream: Stream | None
    products: Mapping[str, Product]
    coupon: Coupon | None
    personal: PersonalCode | None = None


class Visits:
    """Visits to one platform account."""

    def __init__(
        self,
        *,
        clock: Clock,
        ids: Ids,
        coupons: Coupons,
        personal: PersonalCodes,
        refs: SealedRef,
        outbox: Outbox,
        base_url: str,
        end_with_offer: bool = False,
    ) -> None:
        """Keep what beginning a visit needs.

        Args:
            end_with_offer: Whether a checkout ends with its coupon's window,
                where the platform lets us; else it runs to its own end.
        """
        self._end_with_offer = end_with_offer
        self._outbox = outbox
        self._clock, self._ids, self._coupons = clock, ids, coupons
        self._personal, self._refs, self._base_url = personal, refs, base_url
        self._store = VisitStore()

    def begin(
        self,
        tx: Transaction,
        context: VisitContext,
        platform: CommercePlatform,
        *,
        customer_key: str | None,
    ) -> Visit:
        """Admit a buyer: reserve, append the touch, fix the platform's request.

        Effects: one touch, one checkout, one unit of the coupon. Nothing is
        asked of the platform here; its parameters are stored first, so that
        every later attempt sends the same bytes under the same key.

        Raises:
            NotOpenYetError, CouponOverError, CouponPausedError, CouponPendingError,
            SoldOutError, PersonalCodeUsedError, CustomerLimitError: Nothing was written.
        """
        now = self._clock.now()
        link, coupon = context.link, context.coupon
        opening.admit(stream=context.stream, coupon=coupon, now=now)
        if coupon is not None:
            if customer_key is not None:
                self._coupons.check_customer(tx, coupon, customer_key)
            if not self._coupons.reserve(tx, coupon, now):
                coupon = self._coupons.by_id(tx, coupon.id) or coupon
                opening.admit(stream=context.stream, coupon=coupon, now=now)
                raise SoldOutError(coupon=coupon.code, limit=coupon.limit or 0)
            if context.personal is not None and self._personal.is_taken(tx, context.personal):
                raise PersonalCodeUsedError(coupon=coupon.code)
        checkout_id = self._ids.new(CHECKOUT)
        request = opening.request_for(
            checkout_id=checkout_id,
            sealed_ref=self._refs.seal(checkout_id),
            link=link,
            products=context.products,
            coupon=coupon,
            now=now,
            base_url=self._base_url,
            personal=context.personal,
        )
        visit = Visit(
            checkout_id=checkout_id,
            platform=platform.name,
            account=platform.account,
            state="opening",
            params=platform.prepare_checkout(request),
            platform_ref=None,
            url=None,
            coupon_id=coupon.id if coupon else None,
            reservation="held" if coupon else "none",
            reserved_until=(now + RESERVED_FOR).replace(microsecond=0),
            code_id=context.personal.id if context.personal else None,
        )
        touch = _touch(context, checkout_id, now, customer_key)
        self._store.add(tx, touch, visit)
        if coupon is not None and platform.expires_checkouts:
            self._plan_end(tx, visit, coupon)
        return visit

    def _plan_end(self, tx: Transaction, visit: Visit, coupon: Coupon) -> None:
        """Have a checkout ended with its coupon's window, if it would outlive that."""
        if not self._end_with_offer or coupon.ends_at >= visit.reserved_until:
            return
        self._outbox.add(
            tx,
            EXPIRE,
            f"{EXPIRE}:{visit.checkout_id}:offer",
            {"checkout_id": visit.checkout_id},
            of=(visit.platform, visit.account),
            due_at=coupon.ends_at + SETTLES,
        )

    def again(self, tx: Transaction, link: Link, sealed: str) -> Visit:
        """Return the visit a retry page came back with.

        Raises:
            VisitUnknownError: Not sealed by us, not of this link, or over: what
                it reserved may be another visit's by now.
        """
        checkout_id = self._refs.open(sealed)
        found = self._store.get_many(tx, [checkout_id] if checkout_id else ())
        visit, touch = found.get(checkout_id or "", (None, None))
        if visit is None or touch is None or touch.link_id != link.id:
            raise VisitUnknownError()
        if visit.state == "closed" or visit.reserved_until <= self._clock.now():
            raise VisitUnknownError()
        return visit

    def anew(
        self, tx: Transaction, visit: Visit, context: VisitContext, platform: CommercePlatform
    ) -> Visit:
        """End a visit that the platform finds too old, and begin one in its place.

        Effects: the first one's unit is freed before the second takes one, in
        one transaction, so that nobody comes between; the buyer is the same.

        Raises:
            VisitUnknownError: It is over already: another request did this.
            LiveShopError: As `begin` does; nothing was written.
        """
        known = self._store.get_many(tx, [visit.checkout_id]).get(visit.checkout_id)
        self._coupons.free(tx, visit)
        if not self._store.closed(tx, visit.checkout_id, reason="too_old", at=self._clock.now()):
            raise VisitUnknownError()
        customer_key = known[1].customer_key if known else None
        return self.begin(tx, context, platform, customer_key=customer_key)

    def get(self, tx: Transaction, checkout_id: str) -> Visit | None:
        """Return a visit by our checkout id."""
        return self._store.get(tx, key(checkout_id, "checkout id"))

    def open_with(self, tx: Transaction, coupons: Sequence[Coupon]) -> list[Visit]:
        """Return the visits with these coupons, of one account, that may still be paid."""
        if not coupons:
            return []
        platform, account = coupons[0].platform, coupons[0].account
        ids = [coupon.id for coupon in coupons]
        return self._store.open_with(tx, platform, account, ids, now=self._clock.now())

    def opened(self, tx: Transaction, visit: Visit, opened: OpenedCheckout) -> str:
        """Store where the buyer is sent, and return the address.

        Two requests for one visit may have opened two checkouts: both buyers'
        tabs go to the first one that was stored, so that one alone is paid.

        Effects: the visit, and what is to be ended with it, or now if nobody
        is sent there.
        """
        is_first = self._store.opened(
            tx,
            visit.checkout_id,
            url=opened.url,
            platform_ref=opened.platform_ref or None,
            at=self._clock.now(),
        )
        known = None if is_first else self._store.get(tx, visit.checkout_id)
        url = (known and known.url) or opened.url
        if opened.is_endless:
            ref, due_at = opened.platform_ref, visit.reserved_until if url == opened.url else None
            self._outbox.add(
                tx,
                END_CHECKOUT,
                f"{END_CHECKOUT}:{ref}",
                {"ref": ref},
                of=(visit.platform, visit.account),
                due_at=due_at,
            )
        return url

    def close(self, tx: Transaction, happening: CheckoutClosed) -> bool:
        """End a visit that was not paid and free its unit; False if unknown.

        A checkout that was paid stays paid, whatever arrives late.
        """
        visit = self._store.get(tx, happening.checkout_id)
        if visit is None or (visit.platform, visit.account) != (
            happening.platform,
            happening.account,
        ):
            return False
        self._coupons.free(tx, visit)
        self._store.closed(tx, visit.checkout_id, reason=happening.reason, at=self._clock.now())
        return True

    def seal(self, visit: Visit) -> str:
        """Return the sealed form of a visit's id, for the retry page."""
        return self._refs.seal(visit.checkout_id)


def _touch(
    context: VisitContext, checkout_id: str, now: datetime, customer_key: str | None
) -> Touch:
    link = context.link
    return Touch(
        checkout_id=checkout_id,
        link_id=link.id,
        creator=link.creator,
        stream=link.stream,
        opened_at=now,
        stream_offset_us=opening.stream_offset(context.stream, now),
        channel=link.channel,
        placement=link.placement,
        customer_key=customer_key,
    )
