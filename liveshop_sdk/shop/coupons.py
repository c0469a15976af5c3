"""Coupons as the public API: create, pause, resume, end, list."""

from datetime import datetime

from liveshop_sdk.checkout.coupons import terms
from liveshop_sdk.checkout.coupons.models import END, PAUSE, RESUME, Coupon
from liveshop_sdk.checkout.coupons.service import Coupons as CouponRules
from liveshop_sdk.clock import Clock
from liveshop_sdk.db import Database, Transaction
from liveshop_sdk.errors import BoundShopError
from liveshop_sdk.money import Money, Rate
from liveshop_sdk.registry.closing.store import ClosingStore
from liveshop_sdk.registry.products import Product
from liveshop_sdk.registry.store import BrandStore, CreatorStore, ProductStore, StreamStore
from liveshop_sdk.shop.coupon_desk import CouponDesk


class Coupons:
    """What ``shop.coupons`` is."""

    def __init__(self, *, db: Database, clock: Clock, rules: CouponRules, desk: CouponDesk) -> None:
        """Keep the rules and the desk."""
        self._db, self._clock, self._rules, self._desk = db, clock, rules, desk
        self._streams, self._creators, self._brands = StreamStore(), CreatorStore(), BrandStore()
        self._closing, self._products = ClosingStore(), ProductStore()

    def create(
        self,
        code: str,
        *,
        stream_id: str,
        creator_id: str,
        percent_off: int | str | Rate | None = None,
        amount_off: int | Money | None = None,
        currency: str | None = None,
        free_shipping: bool = False,
        buy: tuple[str, int] | None = None,
        get: tuple[str, int] | None = None,
        get_percent_off: int | str | Rate | None = None,
        per_order: int | None = None,
        starts_at: datetime | None = None,
        ends_at: datetime | None = None,
        limit: int | None = None,
        per_customer: int | None = None,
    ) -> Coupon:
        """Create a coupon bound to a creator and a stream.

        It is stored and planned in one transaction, then tried once at the
        platform; ``status`` is ``ready``, or ``pending`` until the worker gets
        through. The same call again is a repeat, with the coupon as it is now;
        one that was refused or given up is asked for once more.

        Args:
            code: ``[A-Z0-9-]{3,32}`` in any case; look-alike letters are refused.
            percent_off: ``20``, ``"12.5"`` or a ``Rate``.
            amount_off: Money, or minor units of ``currency``, by default the brand's.
            free_shipping: Instead of either; not every platform has it.
            buy: An SKU and units of it, with ``get`` instead of all these.
            get: An SKU and units of it that come for less then.
            get_percent_off: What comes off them; left out, they are free.
            per_order: How often in one order; as often as the cart has it.
            starts_at, ends_at: Instead of the stream's opening and closing.
            limit, per_customer: Uses in all, exact on our links; and by one customer.

        Raises:
            LiveShopError: ``CodeInvalidError``, ``CouponInvalidError``,
                ``CouponKindUnsupportedError``, ``CouponExistsError``,
                ``NotHostError``, ``StreamOverError`` or ``PlatformRefusedError``.
        """
        wanted = terms.Wanted(
            percent_off=terms.rate_of(percent_off),
            amount_off=amount_off,
            currency=currency,
            gives=terms.gives_of(buy, get, get_percent_off, per_order, free_shipping=free_shipping),
            starts_at=starts_at,
            ends_at=ends_at,
            limit=limit,
            per_customer=per_customer,
        )
        self._desk.check_kind(wanted.gives)
        with self._db.transaction() as tx:
            coupon = self._planned(tx, code, stream_id, creator_id, wanted)
        if coupon.platform_ref is None and not self._db.is_bound:
            self._desk.try_now(coupon.id)
            return self.get(coupon.code)
        return coupon

    def _planned(
        self, tx: Transaction, code: str, stream_id: str, creator_id: str, wanted: terms.Wanted
    ) -> Coupon:
        """Store a coupon with what the platform is to be told, or return it as it is."""
        stream = self._closing.keep_open(tx, stream_id)
        creator = self._creators.get(tx, creator_id)
        sold_in = [self._brands.get(tx, brand).currency for brand in stream.brands]
        terms.check_products(wanted.gives, stream, self._named(tx, wanted))
        with tx.begin_nested():  # in a caller's transaction, a refusal leaves nothing, too
            coupon = self._rules.create(
                tx, code, stream=stream, creator=creator.handle, wanted=wanted, sold_in=sold_in
            )
            if coupon.platform_ref is None:
                self._desk.plan(tx, coupon)
        return coupon

    def _named(self, tx: Transaction, wanted: terms.Wanted) -> dict[str, Product]:
        skus = wanted.gives.skus if wanted.gives else ()
        return self._products.get_many(tx, skus) if skus else {}

    def attempt(self, coupon_id: str) -> None:
        """Tell the platform once what it does not know of a coupon, if anything.

        For coupons created, paused, resumed or ended inside a transaction of your
        own, once it is committed; without this the worker does it.

        Raises:
            PlatformRefusedError: The platform will not have it.
        """
        if self._db.is_bound:
            raise BoundShopError(call="coupons.attempt")
        self._desk.try_now(coupon_id)
        with self._db.reading() as tx:
            coupon = self._rules.by_id(tx, coupon_id)
        if coupon is not None and coupon.waiting is not None:
            self._desk.tell_now(coupon)

    def pause(self, code: str) -> Coupon:
        """Let nobody use a coupon until it is resumed; repeating it changes nothing.

        Our links refuse it from now on and stay good. The platform is told once
        now, then by the worker: ``waiting`` says so. A checkout that is open
        already is left alone, and a sale that comes through counts as ever.

        Raises:
            CouponUnknownError: There is none of that code.
            CouponOverError: It has ended, or its window is over.
            LiveShopError: ``CouponRefusedError``, ``PlatformNotReadyError`` or
                ``PlatformRefusedError``; the last two come when it is paused here.
        """
        return self._wish(code, PAUSE)

    def resume(self, code: str) -> Coupon:
        """Let a paused coupon be used again, in its window as it was.

        Raises:
            PlatformRefusedError: The platform will not have it; it stays paused.
            LiveShopError: As `pause` does.
        """
        return self._wish(code, RESUME)

    def end(self, code: str) -> Coupon:
        """End a coupon for good, here and at the platform.

        One that is still ``pending`` never comes to be. What was sold with it
        counts as ever, and so does a payment that comes late, as after its window.

        Raises:
            CouponUnknownError: There is none of that code.
            LiveShopError: ``PlatformNotReadyError`` or ``PlatformRefusedError``,
                which come when it has ended here.
        """
        return self._wish(code, END)

    def _wish(self, code: str, wish: str) -> Coupon:
        with self._db.transaction() as tx:
            coupon = self._rules.wish(tx, code, wish)
            self._desk.plan_wish(tx, coupon)
        if coupon.waiting is None or self._db.is_bound:
            return coupon
        self._desk.tell_now(coupon)
        return self.get(coupon.code)

    def get(self, code: str) -> Coupon:
        """Return a coupon by its code, in any case."""
        with self._db.reading() as tx:
            return self._rules.get(tx, code)

    def list(self, *, stream_id: str | None = None, limit: int = 100) -> list[Coupon]:
        """Return the newest coupons, of one stream if asked; it must exist."""
        with self._db.reading() as tx:
            if stream_id is not None:
                self._streams.get(tx, stream_id)
            return self._rules.newest(tx, stream=stream_id, limit=limit)
