"""Coupons as the public API: create, pause, resume, end, list."""

from datetime import datetime

from liveshop_sdk.checkout.coupons import terms
from liveshop_sdk.checkout.coupons.models import END, PAUSE, RESUME, Coupon
from liveshop_sdk.checkout.coupons.wishes import check_usable
from liveshop_sdk.checkout.personal.models import CodeBatch, PersonalCode
from liveshop_sdk.clock import Clock
from liveshop_sdk.db import Database, Transaction
from liveshop_sdk.errors import BoundShopError, CodeBatchUnknownError
from liveshop_sdk.money import Money, Rate
from liveshop_sdk.registry.closing.store import ClosingStore
from liveshop_sdk.registry.names import key
from liveshop_sdk.registry.products import Product
from liveshop_sdk.registry.store import BrandStore, CreatorStore, ProductStore, StreamStore
from liveshop_sdk.shop.code_desk import CodeDesk, Progress
from liveshop_sdk.shop.coupon_desk import CouponDesk
from liveshop_sdk.shop.rooms import Rooms


class Coupons:
    """What ``shop.coupons`` is."""

    def __init__(
        self, db: Database, clock: Clock, rooms: Rooms, desk: CouponDesk, codes: CodeDesk
    ) -> None:
        """Keep the rules and the desks."""
        self._db, self._clock, self._desk, self._codes = db, clock, desk, codes
        self._rules, self._personal = rooms.coupons, rooms.personal
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
        """Return this account's newest coupons, of one stream if asked; it must exist."""
        with self._db.reading() as tx:
            if stream_id is not None:
                self._streams.get(tx, stream_id)
            return self._rules.newest(tx, stream=stream_id, limit=limit)

    # --- personal codes

    def issue_codes(self, code: str, *, count: int) -> CodeBatch:
        """Ask for so many more codes of a coupon, each for one use.

        The batch is stored and planned in one transaction, then its first portion
        is tried; the worker makes the rest, or `make_codes`. Each call makes another batch.
        The coupon's terms, window and `limit` hold for all its codes together.

        Args:
            count: 1 to 10,000.

        Raises:
            CouponUnknownError: There is none of that code.
            LiveShopError: ``CouponOverError``, ``CouponPausedError``,
                ``CouponRefusedError``, ``CouponInvalidError`` or
                ``CodesUnreadableError``: nothing was written.
                ``PlatformNotReadyError`` or ``PlatformRefusedError`` come when it
                is planned; `batches` shows its ``problem``.
        """
        with self._db.transaction() as tx:
            coupon = self._rules.get(tx, code)
            self._rules.lock(tx, [coupon.id])
            coupon = self._rules.get(tx, code)
            check_usable(coupon, self._clock.now())
            batch = self._personal.plan(tx, coupon, count)
            self._codes.plan(tx, batch)
        if not self._db.is_bound:
            self.attempt_codes(batch.id)
        return self._batch(batch.id)

    def attempt_codes(self, batch_id: str) -> None:
        """Try the next portion of a batch once, and its coupon before if it must be.

        Raises:
            PlatformRefusedError: The platform will not have it.
        """
        self._ready(batch_id, "coupons.attempt_codes")
        self._codes.try_now(batch_id)

    def make_codes(self, batch_id: str, *, progress: Progress | None = None) -> CodeBatch:
        """Make a batch's codes here and now, as long as the platform answers.

        Whatever is left when this returns, or is killed, the worker makes.

        Args:
            progress: Called with how many exist, and how many there are to be.

        Raises:
            PlatformRefusedError: The platform will not have them.
        """
        self._ready(batch_id, "coupons.make_codes")
        self._codes.carry(batch_id, progress)
        return self._batch(batch_id)

    def batches(self, code: str) -> tuple[CodeBatch, ...]:
        """Return the batches of a coupon's personal codes, the oldest first."""
        with self._db.reading() as tx:
            return tuple(self._personal.batches(tx, self._rules.get(tx, code).id))

    def codes(
        self, code: str, *, after: str | None = None, limit: int = 10_000
    ) -> tuple[PersonalCode, ...]:
        """Return a coupon's personal codes that exist at the platform, in their order.

        Whoever has a code may use it: hand each one to one person.

        Args:
            after: The ``id`` of a code: those behind it.

        Raises:
            CodesUnreadableError: The secret key is gone that they were issued with.
        """
        with self._db.reading() as tx:
            coupon = self._rules.get(tx, code)
            return tuple(self._personal.page(tx, coupon, after=after, limit=limit))

    def unreadable_codes(self) -> tuple[str, ...]:
        """Return coupons whose personal codes no secret key opens any more."""
        with self._db.reading() as tx:
            found = (self._rules.by_id(tx, one) for one in self._personal.unreadable(tx))
            return tuple(sorted(one.code for one in found if one is not None))

    def _batch(self, batch_id: str) -> CodeBatch:
        batch_id = key(batch_id, "batch id")
        with self._db.reading() as tx:
            found = self._personal.batch(tx, batch_id)
        if found is None:
            raise CodeBatchUnknownError(batch=batch_id[:40])
        return found

    def _ready(self, batch_id: str, call: str) -> None:
        if self._db.is_bound:
            raise BoundShopError(call=call)
        coupon_id = self._batch(batch_id).coupon_id
        with self._db.reading() as tx:
            coupon = self._rules.by_id(tx, coupon_id)
        if coupon is not None and coupon.status == "pending":
            self._desk.try_now(coupon.id)
