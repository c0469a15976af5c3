"""End a stream: its window, its coupons, and by wish its open checkouts."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from liveshop_sdk.checkout.coupons.models import Coupon
from liveshop_sdk.checkout.coupons.service import Coupons as CouponRules
from liveshop_sdk.checkout.visits.models import Visit
from liveshop_sdk.checkout.visits.service import Visits
from liveshop_sdk.clock import Clock
from liveshop_sdk.db import Database
from liveshop_sdk.errors import PlatformNotReadyError, PlatformRefusedError, RecordInvalidError
from liveshop_sdk.facts import Json
from liveshop_sdk.registry.closing.store import ClosingStore
from liveshop_sdk.registry.names import key
from liveshop_sdk.registry.streams import Stream
from liveshop_sdk.shop.coupon_desk import CouponDesk
from liveshop_sdk.shop.open_checkouts import CheckoutDesk

KEEP, EXPIRE = "keep", "expire"
_PATIENCE = timedelta(seconds=8)
"""How long the caller waits for the platform in all; the worker does the rest."""
_MOST = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamEnd:
    """What ending a stream did.

    Attributes:
        coupons: Its coupons, all ended; ``waiting`` where the platform does not
            know yet.
        open_checkouts: How many checkouts with these coupons were open.
        expiring: How many of them are ended at the platform; 0 where they are
            kept, and where a platform cannot end them.
    """

    stream: Stream
    coupons: tuple[Coupon, ...]
    open_checkouts: int
    expiring: int

    def as_json(self) -> dict[str, Json]:
        """Return the coupons by code, and the numbers by name."""
        return {
            "coupons": [
                {"code": one.code, "status": one.status, "waiting": one.waiting}
                for one in self.coupons
            ],
            "open_checkouts": self.open_checkouts,
            "expiring": self.expiring,
        }


class StreamEnder:
    """Ends streams in one transaction, then tells the platform."""

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        coupons: CouponRules,
        visits: Visits,
        coupon_desk: CouponDesk,
        checkout_desk: CheckoutDesk,
    ) -> None:
        """Keep the rooms that an end passes through."""
        self._db, self._clock, self._store = db, clock, ClosingStore()
        self._coupons, self._visits = coupons, visits
        self._coupon_desk, self._checkout_desk = coupon_desk, checkout_desk

    def end(self, code: str, *, open_checkouts: str) -> StreamEnd:
        """End a stream; see ``shop.streams.end``."""
        if open_checkouts not in (KEEP, EXPIRE):
            raise RecordInvalidError(
                kind="stream",
                problem=f"open checkouts {str(open_checkouts)[:20]!r}",
                expected=f"{KEEP!r} or {EXPIRE!r}",
            )
        code = key(code, "stream code")
        with self._db.transaction() as tx:
            self._coupons.lock_stream(tx, code)  # coupons before the stream, as sales do
            was, stream = self._store.end(tx, code, now=self._clock.now())
            coupons = self._coupons.end_stream(tx, stream.code, closes_at=was.closes_at)
            for coupon in coupons:
                self._coupon_desk.plan_wish(tx, coupon)
            opened = self._visits.open_with(tx, coupons)
            is_expiring = open_checkouts == EXPIRE and self._checkout_desk.is_able
            expiring = opened if is_expiring else []
            self._checkout_desk.plan(tx, expiring)
        if not self._db.is_bound:
            self._tell(coupons, expiring)
            with self._db.reading() as tx:
                coupons = [self._coupons.get(tx, coupon.code) for coupon in coupons]
        return StreamEnd(
            stream=stream,
            coupons=tuple(coupons),
            open_checkouts=len(opened),
            expiring=len(expiring),
        )

    def attempt(self, code: str) -> None:
        """Try once what the platform does not know of a stream's coupons yet."""
        with self._db.reading() as tx:
            coupons = self._coupons.newest(tx, stream=key(code, "stream code"), limit=_MOST)
        self._tell(coupons, [])

    def _tell(self, coupons: Sequence[Coupon], visits: Sequence[Visit]) -> None:
        """Try what was planned, until the platform fails us or the time is over."""
        calls: list[Callable[[], bool]] = [
            *(partial(self._coupon_desk.tell_now, one) for one in coupons if one.waiting),
            *(partial(self._checkout_desk.try_now, one) for one in visits if one.platform_ref),
        ]
        until = self._clock.now() + _PATIENCE
        with suppress(PlatformNotReadyError, PlatformRefusedError):  # it has ended here
            for call in calls:
                if self._clock.now() >= until or not call():
                    return
