"""Make personal codes at Stripe, and have them follow their coupon.

Each is a promotion code of the same coupon object. Deleting that takes all of
them along, but pausing does not: there is no switch on the coupon, so each code
is switched by itself.
"""

import logging
from collections.abc import Callable, Sequence
from time import monotonic

from liveshop_sdk.checkout.coupons.models import RESUME
from liveshop_sdk.checkout.personal.ports import CodeRequest, CodesMade
from liveshop_sdk.checkout.ports import CouponRequest
from liveshop_sdk.errors import PlatformRefusedError, PlatformUnavailableError
from liveshop_sdk.facts import Json
from liveshop_sdk.platforms.stripe.client import StripeCalls
from liveshop_sdk.platforms.stripe.coupons import coupon_of, is_same_code, personal_params
from liveshop_sdk.platforms.stripe.faults import StoredFailure, as_written
from liveshop_sdk.platforms.stripe.fields import Obj, ShapeError, objs, text, whole
from liveshop_sdk.platforms.stripe.making import made

_log = logging.getLogger(__name__)

_LONG = 5.0
"""Seconds after which a call begins no other code; all of them share one budget."""


class StripeCodes:
    """The personal codes of one account's coupons."""

    portion = 50

    def __init__(self, calls: StripeCalls, *, ticks: Callable[[], float] = monotonic) -> None:
        """Speak through these calls; ``ticks`` counts the seconds they take."""
        self._calls, self._ticks = calls, ticks

    def add(
        self,
        request: CouponRequest,
        *,
        ref: str,
        codes: Sequence[CodeRequest],
        job: str | None,  # noqa: ARG002  # nothing is left under way
    ) -> CodesMade:
        """Make one promotion code after the other, for as long as there is time.

        When Stripe is away or busy, what was made until then is returned.
        """
        there: dict[str, str | None] = {}
        taken: set[str] = set()
        coupon, began = coupon_of(ref), self._ticks()
        with self._calls.within_budget():
            for code in codes:
                if (there or taken) and self._ticks() - began >= _LONG:
                    break
                try:
                    there[code.id] = self._made(personal_params(request, coupon, code), code)
                except PlatformUnavailableError:
                    if not there and not taken:
                        raise
                    break
                except PlatformRefusedError as error:
                    if error.vendor_code != "resource_already_exists":
                        raise
                    taken.add(code.id)
        return CodesMade(made=there, taken=frozenset(taken))

    def _made(self, wanted: dict[str, Json], code: CodeRequest) -> str:
        with as_written():
            promotion = made(
                lambda use: self._calls.create_promotion_code(wanted, use),
                key=code.key,
                find=lambda: self._same_code(wanted),
            )
            found = text(promotion, "id")
            if not found:
                raise ShapeError("id is missing")
            return found

    def _same_code(self, wanted: Obj) -> Obj | None:
        found = self._calls.promotion_codes(text(wanted, "code"))
        return next((one for one in found if is_same_code(one, wanted)), None)

    def switch(self, request: CouponRequest, *, wish: str, key: str, after: str) -> str:
        """Go through the coupon's codes, and switch those that are not as wished.

        A coupon that somebody deleted took its codes along.
        """
        is_active, began, start = wish == RESUME, self._ticks(), after
        with self._calls.within_budget(), as_written():
            try:
                page = self._calls.codes_of(request.coupon_id, after)
            except PlatformRefusedError as error:
                if error.vendor_code == "resource_missing":
                    return ""
                raise
            for one in objs(page, "data"):
                code_id = text(one, "id")
                if (one.get("active") is True) != is_active and not _is_spent(one):
                    try:
                        self._set(code_id, f"{key}:{code_id}", is_active=is_active)
                    except PlatformUnavailableError:
                        if after == start:
                            raise
                        return after
                after = code_id
                if self._ticks() - began >= _LONG:
                    return after
            return after if page.get("has_more") is True else ""

    def _set(self, code_id: str, key: str, *, is_active: bool) -> None:
        """Switch a code; one that Stripe will not switch on again is left off."""
        try:
            self._calls.switch_promotion_code(code_id, key, is_active=is_active)
        except StoredFailure as failure:  # another try has another key
            raise failure.error from None
        except PlatformRefusedError as error:
            if not is_active:
                raise
            _log.warning("the promotion code %s stays off: %s", code_id, error.problem)


def _is_spent(code: Obj) -> bool:
    most = code.get("max_redemptions")
    return isinstance(most, int) and whole(code, "times_redeemed") >= most
