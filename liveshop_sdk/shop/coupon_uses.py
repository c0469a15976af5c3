"""Compare how often coupons were used with what the platform counted."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial

from liveshop_sdk.checkout.coupons.models import Coupon
from liveshop_sdk.checkout.coupons.service import Coupons
from liveshop_sdk.checkout.ports import CommercePlatform
from liveshop_sdk.db import Database
from liveshop_sdk.errors import PlatformNotReadyError, PlatformRefusedError
from liveshop_sdk.facts import Json
from liveshop_sdk.platforms.patience import patiently


@dataclass(frozen=True, slots=True, kw_only=True)
class CouponUses:
    """A coupon of which platform and record differ.

    Attributes:
        uses: As the platform counts; None where it has no such coupon, or
            does not tell.
        recorded: Orders of ours that used it, beyond its limit or not.
        problem: In words.
    """

    code: str
    uses: int | None
    recorded: int
    problem: str

    def as_json(self) -> dict[str, Json]:
        """Return the fields by name."""
        return {
            "code": self.code,
            "uses": self.uses,
            "recorded": self.recorded,
            "problem": self.problem,
        }


class CouponCount:
    """Asks the platform of every coupon of a time, one after the other."""

    def __init__(self, db: Database, platform: CommercePlatform, rules: Coupons) -> None:
        """Ask nothing yet."""
        self._db, self._platform, self._rules = db, platform, rules

    def differing(self, since: datetime, until: datetime) -> tuple[CouponUses, ...]:
        """Return the coupons that the platform counted more often than we, or has lost.

        Fewer is no difference: platforms count late. A coupon of ours that
        ended may be gone there.

        Raises:
            PlatformUnavailableError: It could not be asked to the end.
        """
        with self._db.reading() as tx:
            known = self._rules.recorded(tx, since, until)
        found = [self._compared(coupon, recorded) for coupon, recorded in known]
        return tuple(one for one in found if one is not None)

    def _compared(self, coupon: Coupon, recorded: int) -> CouponUses | None:
        name, uses = self._platform.name, None
        try:
            uses = patiently(partial(self._platform.coupon_uses, str(coupon.platform_ref)))
        except (PlatformRefusedError, PlatformNotReadyError) as error:
            problem = f"{name} does not tell: {error.problem}"
        else:
            if uses is None:
                problem = "" if coupon.ended_at is not None else f"{name} does not have it any more"
            else:
                more = uses - recorded
                problem = f"{name} counts {more} more than orders are known" if more > 0 else ""
        if not problem:
            return None
        return CouponUses(code=coupon.code, uses=uses, recorded=recorded, problem=problem)
