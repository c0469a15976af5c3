"""Make coupons exist at Stripe, pause, resume and end them.

A coupon is two objects there. The promotion code is what is switched off and
on. To end it for good, the coupon behind is deleted as well: no code of it can
be made active again then, at the dashboard either. The promotion code stays,
with what it was used for.
"""

from liveshop_sdk.checkout.coupons.models import END, RESUME
from liveshop_sdk.checkout.ports import CouponRequest
from liveshop_sdk.errors import PlatformRefusedError
from liveshop_sdk.platforms.stripe.client import StripeCalls
from liveshop_sdk.platforms.stripe.coupons import (
    coupon_of,
    is_of_coupon,
    is_same_code,
    is_same_coupon,
    promotion_code_of,
    ref_text,
)
from liveshop_sdk.platforms.stripe.faults import StoredFailure, as_documented, as_written
from liveshop_sdk.platforms.stripe.fields import Obj, ShapeError, obj, text, whole
from liveshop_sdk.platforms.stripe.making import made
from liveshop_sdk.platforms.stripe.stored import stored


class Discounts:
    """The coupons of one account."""

    def __init__(self, calls: StripeCalls) -> None:
        """Speak through these calls."""
        self._calls = calls

    def create(self, params: str, *, key: str) -> str:
        """Make coupon and promotion code exist; return both ids as one text."""
        wanted = stored(params)
        terms, code = obj(wanted, "coupon"), obj(wanted, "promotion_code")
        with self._calls.within_budget(), as_written():
            coupon = made(
                lambda use: self._calls.create_coupon(terms, use),
                key=f"{key}:coupon",
                find=lambda: self._same_coupon(terms),
            )
            promotion = made(
                lambda use: self._calls.create_promotion_code(code, use),
                key=f"{key}:promo",
                find=lambda: self._same_code(code),
            )
            ids = text(coupon, "id"), text(promotion, "id")
            if not all(ids):
                raise ShapeError("id is missing")
        return ref_text(*ids)

    def switch(self, request: CouponRequest, *, ref: str | None, wish: str, key: str) -> str | None:
        """Pause, resume or end a coupon; looks first, and changes what is not so yet."""
        with self._calls.within_budget(), as_written():
            found = self._code(request, ref)
            is_active = wish == RESUME
            if found is not None and (found.get("active") is True) != is_active:
                self._set(text(found, "id"), key, is_active=is_active)
            if wish == END:
                self._calls.delete_coupon(request.coupon_id)
            if found is None and ref is not None and is_active:
                raise _refused("it does not show the promotion code", "resource_missing")
        if found is None:
            return ref
        return ref_text(request.coupon_id, text(found, "id"))

    def uses(self, ref: str) -> int | None:
        """Return how often the coupon was redeemed, by any code; None if it is not there.

        One that was deleted is told by its own promotion code, which stays.
        """
        code_id = promotion_code_of(ref)
        with as_documented():
            found = None if ref == code_id else self._calls.coupon(coupon_of(ref))
            if found is None:
                found = self._calls.promotion_code(code_id)
            return None if found is None else whole(found, "times_redeemed")

    def _code(self, request: CouponRequest, ref: str | None) -> Obj | None:
        if ref is not None:
            return self._calls.promotion_code(promotion_code_of(ref))
        found = self._calls.promotion_codes(request.code)
        return next((one for one in found if is_of_coupon(one, request.coupon_id)), None)

    def _set(self, code_id: str, key: str, *, is_active: bool) -> None:
        try:
            found = self._calls.switch_promotion_code(code_id, key, is_active=is_active)
        except StoredFailure as failure:  # another try has another key
            raise failure.error from None
        if (found.get("active") is True) != is_active:
            stays = "off, as its coupon is used up or over" if is_active else "on"
            raise _refused(f"the promotion code stays {stays}", "promotion_code_active")

    def _same_coupon(self, wanted: Obj) -> Obj | None:
        found = self._calls.coupon(text(wanted, "id"))
        return found if found is not None and is_same_coupon(found, wanted) else None

    def _same_code(self, wanted: Obj) -> Obj | None:
        found = self._calls.promotion_codes(text(wanted, "code"))
        return next((one for one in found if is_same_code(one, wanted)), None)


def _refused(problem: str, code: str) -> PlatformRefusedError:
    return PlatformRefusedError(platform="stripe", problem=problem, vendor_code=code)
