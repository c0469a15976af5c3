"""Links as the public API: issue, open, verify, revoke."""

import random as _random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from liveshop_sdk.checkout.coupons.wishes import check_on
from liveshop_sdk.checkout.links.issuing import check_coupon, check_items
from liveshop_sdk.checkout.links.models import IssuedLink, Link
from liveshop_sdk.checkout.ports import TOO_OLD, CommercePlatform, Seals
from liveshop_sdk.checkout.visits import opening
from liveshop_sdk.checkout.visits.models import Visit
from liveshop_sdk.checkout.visits.service import VisitContext
from liveshop_sdk.clock import Clock
from liveshop_sdk.db import Database, Transaction
from liveshop_sdk.errors import (
    BoundShopError,
    CheckoutDelayedError,
    CouponUnknownError,
    LiveShopError,
    NoAgreementError,
    PersonalCodeUnknownError,
    PlatformBusyError,
    PlatformNotReadyError,
    PlatformRefusedError,
    PlatformUnavailableError,
    VisitUnknownError,
)
from liveshop_sdk.facts import CheckoutClosed
from liveshop_sdk.registry.creators import Creator
from liveshop_sdk.registry.products import Product
from liveshop_sdk.registry.store import CreatorStore, ProductStore, StreamStore
from liveshop_sdk.registry.streams import Stream
from liveshop_sdk.shop.coupon_desk import CouponDesk
from liveshop_sdk.shop.rooms import Rooms

_SPREAD = 4
_SLOW_CLOCK = "it takes a visit just begun for too old, so this machine's clock is slow"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """Where to send a buyer, and the id of their visit."""

    url: str
    checkout_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkView:
    """A link with all it points to, for showing it; looking is no touch."""

    link: Link
    creator: Creator
    stream: Stream | None
    products: Mapping[str, Product]


class Links:
    """What ``shop.links`` is."""

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        rooms: Rooms,
        desk: CouponDesk,
        platform: CommercePlatform,
        seals: Seals,
        random: _random.Random,
    ) -> None:
        """Keep the rooms a link passes through; ``random`` spreads those who wait."""
        self._random = random
        self._db, self._clock, self._desk = db, clock, desk
        self._rules, self._visits, self._affiliate = rooms.links, rooms.visits, rooms.affiliate
        self._coupons, self._personal = rooms.coupons, rooms.personal
        self._platform, self._seals = platform, seals
        self._place = (platform.name, platform.account)
        self._creators, self._streams, self._products = (
            CreatorStore(),
            StreamStore(),
            ProductStore(),
        )

    def issue(
        self,
        *,
        creator_id: str,
        items: Mapping[str, int],
        stream_id: str | None = None,
        coupon: str | None = None,
        channel: str = "",
        placement: str = "",
        expires_in: timedelta | None = None,
    ) -> IssuedLink:
        """Issue a signed link for a creator; no platform is called.

        Args:
            creator_id: A creator who has an agreement with every brand in the
                cart, and hosts the stream if one is given.
            items: Quantity by SKU; one currency.
            stream_id: With it the link lives until 7 days after the stream,
                without it 30 days.
            coupon: A code of the same creator and stream.
            channel: Where it is shared, a short label such as ``chat``.
            placement: Where in that channel, a short label.
            expires_in: Instead of the default life.

        Raises:
            LiveShopError: One of ``NotHostError``, ``StreamOverError``,
                ``CartInvalidError``, ``MixedCurrencyError``,
                ``CouponForeignError``, ``CouponOverError``,
                ``NoAgreementError``, ``ProductNotOnPlatformError``,
                ``MoneyStepError`` (a price the platform cannot carry) or a
                not-found error; nothing was written.
        """
        with self._db.transaction() as tx:
            creator = self._creators.get(tx, creator_id)
            stream = self._stream(tx, stream_id)
            products = self._products.get_many(tx, items)
            found = self._affiliate.agreements(tx, [creator.handle])
            for brand in sorted({product.brand for product in products.values()}):
                if (brand, creator.handle) not in found:
                    raise NoAgreementError(creator=creator.handle, brand=brand)
            return self._rules.issue(
                tx,
                creator=creator.handle,
                stream=stream,
                items=items,
                products=products,
                coupon=self._coupons.get(tx, coupon) if coupon is not None else None,
                channel=channel,
                placement=placement,
                expires_in=expires_in,
                check=lambda link: self._try_out(link, products),
            )

    def _try_out(self, link: Link, products: Mapping[str, Product]) -> None:
        """Write the checkout a buyer would open, without its coupon, and drop it."""
        self._platform.prepare_checkout(
            opening.request_for(
                checkout_id=link.id,
                sealed_ref=link.id,
                link=link,
                products=products,
                coupon=None,
                now=self._clock.now(),
                base_url="",
            )
        )

    def verify(self, text: str) -> Link:
        """Return the live link behind a token or short code, or say why not.

        One whose stream has yet to open is live; one of a cancelled stream is not.
        """
        name = self._rules.named(text)
        with self._db.reading() as tx:
            link = self._rules.find(tx, name)
            opening.check_planned(self._stream(tx, link.stream))
        return link

    def look(self, text: str) -> LinkView:
        """Return a live link with all it points to, as one moment shows it."""
        name = self._rules.named(text)
        with self._db.reading() as tx:
            link = self._rules.find(tx, name)
            return LinkView(
                link=link,
                creator=self._creators.get(tx, link.creator),
                stream=self._stream(tx, link.stream),
                products=self._products.get_many(tx, link.items),
            )

    def get(self, link_id: str) -> Link:
        """Return a link by its id, whatever its state."""
        with self._db.reading() as tx:
            return self._rules.get(tx, link_id)

    def texts(self, link: Link) -> IssuedLink:
        """Return what is shared of a link: URL, short URL, token, QR."""
        return self._rules.texts(link)

    def recent(
        self, *, creator_id: str | None = None, stream_id: str | None = None, limit: int = 100
    ) -> list[Link]:
        """Return the newest links, of one creator or stream if asked.

        Raises:
            NotFoundError: There is no such creator or stream.
        """
        with self._db.reading() as tx:
            if creator_id is not None:
                self._creators.get(tx, creator_id)
            self._stream(tx, stream_id)
            return self._rules.recent(tx, creator=creator_id, stream=stream_id, limit=limit)

    def revoke(self, link_id: str) -> Link:
        """Take a link back for good; repeating it changes nothing."""
        with self._db.transaction() as tx:
            return self._rules.revoke(tx, link_id)

    def open(
        self,
        text: str,
        *,
        code: str | None = None,
        customer_ref: str | None = None,
        again: str | None = None,
        buyer_ip: str | None = None,
    ) -> Opening:
        """Begin a visit and return the platform's checkout to send it to.

        Effects: one touch, one checkout and one unit of the coupon, then one
        checkout at the platform, keyed by the visit; never inside a
        transaction. One that the platform would never end is planned to be
        ended by the worker.

        Args:
            text: A token or a short code.
            code: A personal code of the buyer's, applied in place of the link's
                coupon; of a coupon of the same creator and stream. The visit
                holds it as it holds the unit.
            customer_ref: The buyer's e-mail address if the host knows it, to
                hold a per-customer limit before payment. Only its keyed hash
                is stored.
            again: From a ``CheckoutDelayedError``: try the same visit once more
                instead of beginning another. One that has waited too long for
                the platform gives its place to a new one, which is tried once.
            buyer_ip: The buyer's network address, handed to a platform that
                counts requests by it; never stored or logged.

        Raises:
            CheckoutDelayedError: The platform did not answer; carries what
                ``again`` takes.
            LiveShopError: The link, its stream or its offer does not allow it.
        """
        if self._db.is_bound:
            raise BoundShopError(call="links.open")
        context = self._ready(text, code, is_new=again is None)
        if again is not None:
            visit = self._again(context, again)
            return self._go_on(visit, self._visited(context, visit), buyer_ip)
        key = self._seals.customer_key(customer_ref) if customer_ref else None
        with self._db.transaction() as tx:
            visit = self._visits.begin(tx, context, self._platform, customer_key=key)
        return self._send(visit, buyer_ip)

    def _again(self, context: VisitContext, again: str) -> Visit:
        """Return the visit to go on with; where it is over, so may be the offer."""
        try:
            with self._db.transaction() as tx:
                visit = self._visits.again(tx, context.link, again)
            if (visit.platform, visit.account) != self._place:
                raise VisitUnknownError()
            return visit
        except VisitUnknownError:
            opening.admit(stream=context.stream, coupon=context.coupon, now=self._clock.now())
            raise

    def _go_on(self, visit: Visit, context: VisitContext, buyer_ip: str | None) -> Opening:
        """Try a visit again; one that waited too long gives its place to a new one."""
        if visit.url is None and context.coupon is not None:
            check_on(context.coupon)
        try:
            return self._send(visit, buyer_ip, is_new=False)
        except PlatformRefusedError as error:
            if error.vendor_code != TOO_OLD:
                raise
        return self._send(self._renewed(visit, context), buyer_ip)

    def _ready(self, text: str, code: str | None, *, is_new: bool) -> VisitContext:
        """Return what a visit begins with, its coupon made if it was pending."""
        name = self._rules.named(text)
        with self._db.reading() as tx:
            link = self._rules.find(tx, name)
            context = self._context(tx, link, code)
            coupon = context.coupon
            is_pending = coupon is not None and coupon.status == "pending"
            if is_new and not is_pending:
                opening.admit(stream=context.stream, coupon=coupon, now=self._clock.now())
        if coupon is not None and is_pending:
            self._desk.try_now(coupon.id)
            with self._db.reading() as tx:
                context = self._context(tx, link, code)
        return context

    def visit(self, checkout_id: str) -> Visit:
        """Return a visit by its checkout id, or raise VisitUnknownError."""
        with self._db.reading() as tx:
            found = self._visits.get(tx, checkout_id)
        if found is None:
            raise VisitUnknownError()
        return found

    def _renewed(self, visit: Visit, context: VisitContext) -> Visit:
        """Return a visit in place of one that waited too long, whose end is near."""
        try:
            with self._db.transaction() as tx:
                return self._visits.anew(tx, visit, context, self._platform)
        except LiveShopError:
            self._close(visit)
            raise

    def _send(self, visit: Visit, buyer_ip: str | None, *, is_new: bool = True) -> Opening:
        if visit.url is not None:
            return Opening(url=visit.url, checkout_id=visit.checkout_id)
        try:
            opened = self._platform.open_checkout(
                visit.params, key=visit.checkout_id, buyer_ip=buyer_ip
            )
        except PlatformUnavailableError as error:
            raise CheckoutDelayedError(
                platform=error.platform,
                retry_after=error.retry_after + self._spread(error),
                again=self._visits.seal(visit),
            ) from error
        except PlatformNotReadyError:
            self._close(visit)  # nobody knows for how long; the next one begins anew
            raise
        except PlatformRefusedError as error:
            is_late = error.vendor_code == TOO_OLD
            if is_late and not is_new:
                raise
            self._close(visit)
            if is_late:  # it was just begun
                raise PlatformNotReadyError(
                    platform=error.platform, problem=_SLOW_CLOCK, vendor_code=TOO_OLD
                ) from error
            raise
        with self._db.transaction() as tx:
            url = self._visits.opened(tx, visit, opened)
        return Opening(url=url, checkout_id=visit.checkout_id)

    def _spread(self, error: PlatformUnavailableError) -> int:
        """Return seconds to add, so that buyers turned away together come back apart."""
        return self._random.randint(0, _SPREAD) if isinstance(error, PlatformBusyError) else 0

    def _close(self, visit: Visit) -> None:
        with self._db.transaction() as tx:
            self._visits.close(
                tx,
                CheckoutClosed(
                    platform=visit.platform,
                    account=visit.account,
                    checkout_id=visit.checkout_id,
                    reason="refused",
                    occurred_at=self._clock.now(),
                ),
            )

    def _context(self, tx: Transaction, link: Link, code: str | None) -> VisitContext:
        stream, products = self._stream(tx, link.stream), self._products.get_many(tx, link.items)
        personal = None if code is None else self._personal.find(tx, code)
        if code is not None and (personal is None or personal.made_at is None):
            raise PersonalCodeUnknownError()
        coupon = self._coupons.by_id(tx, personal.coupon_id if personal else link.coupon_id)
        if coupon is not None and (coupon.platform, coupon.account) != self._place:
            raise CouponUnknownError(coupon=coupon.code)
        if personal is not None and coupon is not None:
            check_coupon(
                coupon,
                creator=link.creator,
                stream=stream,
                items=link.items,
                total=check_items(link.items, products),
                now=self._clock.now(),
            )
        return VisitContext(
            link=link, stream=stream, products=products, coupon=coupon, personal=personal
        )

    def _visited(self, context: VisitContext, visit: Visit) -> VisitContext:
        """Return what a visit was begun with, its personal code included."""
        if visit.code_id is None:
            return context
        with self._db.reading() as tx:
            coupon = self._coupons.by_id(tx, visit.coupon_id)
            assert coupon is not None  # noqa: S101 - the code is one of its own
            personal = self._personal.by_id(tx, visit.code_id, coupon)
        return replace(context, coupon=coupon, personal=personal)

    def _stream(self, tx: Transaction, code: str | None) -> Stream | None:
        return None if code is None else self._streams.get(tx, code)
