"""Tell a platform about a coupon alone: one caller at a time."""

from collections.abc import Iterator
from contextlib import contextmanager

from liveshop_sdk.checkout.coupons.models import Coupon
from liveshop_sdk.checkout.coupons.service import Coupons
from liveshop_sdk.db import Database
from liveshop_sdk.errors import PlatformUnavailableError

_BUSY = 2
"""Seconds until a coupon is looked at again that somebody else is telling about."""


class CouponHold:
    """Lets one caller at a time tell a platform about a coupon."""

    def __init__(self, db: Database, rules: Coupons, platform: str) -> None:
        """Keep where coupons are, and who is told."""
        self._db, self._rules, self._platform = db, rules, platform

    @contextmanager
    def of(self, coupon_id: str) -> Iterator[Coupon]:
        """Read a coupon that nobody else tells the platform about meanwhile.

        Raises:
            PlatformUnavailableError: Somebody else does.
        """
        with self._db.transaction() as tx:
            held = self._rules.hold(tx, coupon_id)
        if held is None:
            raise PlatformUnavailableError(
                platform=self._platform,
                problem="somebody else is telling it about this coupon",
                retry_after=_BUSY,
            )
        try:
            yield held.coupon
        finally:
            with self._db.transaction() as tx:
                self._rules.let_go(tx, held)
