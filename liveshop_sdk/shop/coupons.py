"""Coupons as the public API, and the desk that makes them at the platform."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from liveshop_sdk.checkout.coupons import terms
from liveshop_sdk.checkout.coupons.models import Coupon
from liveshop_sdk.checkout.coupons.service import Coupons as CouponRules
from liveshop_sdk.checkout.coupons.service import coupon_request
from liveshop_sdk.checkout.ports import CommercePlatform
from liveshop_sdk.clock import Clock
from liveshop_sdk.db import Database, Transaction
from liveshop_sdk.errors import (
    BoundShopError,
    LiveShopError,
    PlatformNotReadyError,
    PlatformRefusedError,
    PlatformUnavailableError,
)
from liveshop_sdk.events.outbox import Outbox, OutboxRow
from liveshop_sdk.facts import Json
from liveshop_sdk.ids import Ids
from liveshop_sdk.money import Money, Rate
from liveshop_sdk.registry.store import BrandStore, CreatorStore, StreamStore

CREATE = "coupon.create"
_LEASE = timedelta(seconds=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class CouponTask:
    """What the outbox keeps of a coupon to be made."""

    coupon_id: str
    params: str


class CouponDesk:
    """Makes coupons exist at the platform, from the outbox, by their own id."""

    def __init__(
        self,
        *,
        db: Database,
        ids: Ids,
        outbox: Outbox,
        rules: CouponRules,
        platform: CommercePlatform,
    ) -> None:
        """Keep where coupons are made."""
        self._db, self._ids, self._outbox = db, ids, outbox
        self._rules, self._platform = rules, platform

    def plan(self, tx: Transaction, coupon: Coupon) -> None:
        """Put a coupon in the outbox, parameters fixed, in the caller's transaction.

        One that was given up or refused is asked for again as it was.
        """
        key = f"{CREATE}:{coupon.id}"
        known = self._outbox.get(tx, key)
        if known is None:
            params = self._platform.prepare_coupon(coupon_request(coupon))
            self._outbox.add(tx, CREATE, key, {"coupon_id": coupon.id, "params": params})
        elif known.state == "dead":
            self._outbox.replay(tx, [known.id])
            self._rules.ask_again(tx, coupon.id)

    def why_not(self, code: str, customer_key: str) -> str | None:
        """Say why a customer may not use a coupon now, for the sandbox's page."""
        with self._db.reading() as tx:
            try:
                self._rules.check_customer(tx, self._rules.get(tx, code), customer_key)
            except LiveShopError as error:
                return str(error).removesuffix(".")
        return None

    def expect(self, tx: Transaction, ids: Collection[str] | None) -> None:
        """Make refused coupons pending whose rows are about to be replayed.

        Args:
            ids: Of outbox rows; None for all that were given up.
        """
        for row in self._outbox.dead_letters(tx, None, kind=CREATE):
            if ids is None or row.id in ids:
                self._rules.ask_again(tx, _task(row).coupon_id)

    def send(self, row: OutboxRow) -> str:
        """Make the coupon at the platform; the worker stores what comes back."""
        task = _task(row)
        return self._platform.create_coupon(task.params, key=task.coupon_id)

    def sent(self, tx: Transaction, row: OutboxRow, ref: Json) -> None:
        """Store the platform's id, where the row is marked done."""
        self._rules.confirm(tx, _task(row).coupon_id, str(ref))

    def refused(self, tx: Transaction, row: OutboxRow) -> None:
        """Note on the coupon that it will not come to be."""
        self._rules.refuse(tx, _task(row).coupon_id)

    def try_now(self, coupon_id: str) -> None:
        """Try a planned coupon once; a failure leaves it to the worker.

        The call to the platform is made outside any transaction. A refusal
        is raised: nobody but the caller can correct it.
        """
        with self._db.transaction() as tx:
            planned = self._outbox.get(tx, f"{CREATE}:{coupon_id}")
            row = planned and self._outbox.claim_one(
                tx, planned.id, by=self._ids.new("wrk"), lease_for=_LEASE
            )
        if not row:
            return
        try:
            ref = self.send(row)
        except (PlatformUnavailableError, PlatformNotReadyError) as error:
            with self._db.transaction() as tx:
                wait = timedelta(seconds=error.retry_after)
                self._outbox.retry(tx, row, str(error), after=wait, is_final=False)
            if isinstance(error, PlatformNotReadyError):
                raise  # it waits, but only a person ends that
            return
        except PlatformRefusedError as error:
            with self._db.transaction() as tx:
                self._outbox.dead(tx, row, str(error))
                self.refused(tx, row)
            raise
        with self._db.transaction() as tx:
            self.sent(tx, row, ref)
            self._outbox.done(tx, row, ref)


class Coupons:
    """What ``shop.coupons`` is."""

    def __init__(self, *, db: Database, clock: Clock, rules: CouponRules, desk: CouponDesk) -> None:
        """Keep the rules and the desk."""
        self._db, self._clock, self._rules, self._desk = db, clock, rules, desk
        self._streams, self._creators, self._brands = StreamStore(), CreatorStore(), BrandStore()

    def create(
        self,
        code: str,
        *,
        stream_id: str,
        creator_id: str,
        percent_off: int | str | Rate | None = None,
        amount_off: int | Money | None = None,
        currency: str | None = None,
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
            percent_off: ``20``, ``"12.5"`` or a ``Rate``; or else ``amount_off``.
            amount_off: Money, or minor units of ``currency``.
            currency: The brand's own where left out.
            starts_at: Instead of the stream's opening.
            ends_at: Instead of the stream's closing.
            limit: Uses in all; exact on our links.
            per_customer: Uses per customer.

        Raises:
            LiveShopError: ``CodeInvalidError``, ``CouponInvalidError``,
                ``CouponExistsError``, ``NotHostError``, ``StreamOverError`` or
                ``PlatformRefusedError``.
        """
        if percent_off is not None and not isinstance(percent_off, Rate):
            percent_off = Rate.percent(percent_off)
        with self._db.transaction() as tx:
            stream = self._streams.get(tx, stream_id)
            creator = self._creators.get(tx, creator_id)
            sold_in = [self._brands.get(tx, brand).currency for brand in stream.brands]
            coupon = self._rules.create(
                tx,
                code,
                stream=stream,
                creator=creator.handle,
                percent_off=percent_off,
                amount_off=terms.money_off(amount_off, currency, sold_in),
                starts_at=starts_at,
                ends_at=ends_at,
                limit=limit,
                per_customer=per_customer,
            )
            if coupon.platform_ref is None:
                self._desk.plan(tx, coupon)
        if coupon.platform_ref is None and not self._db.is_bound:
            self._desk.try_now(coupon.id)
            return self.get(coupon.code)
        return coupon

    def attempt(self, coupon_id: str) -> None:
        """Try a pending coupon at the platform once; one that is not is left alone.

        For coupons created inside a transaction of your own, once it is
        committed; without this the worker makes them.

        Raises:
            PlatformRefusedError: The platform will not have it.
        """
        if self._db.is_bound:
            raise BoundShopError(call="coupons.attempt")
        self._desk.try_now(coupon_id)

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


def _task(row: OutboxRow) -> CouponTask:
    payload = row.payload
    assert isinstance(payload, dict)  # noqa: S101 - we wrote it
    return CouponTask(coupon_id=str(payload["coupon_id"]), params=str(payload["params"]))
