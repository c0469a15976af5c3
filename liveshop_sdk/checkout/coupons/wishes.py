"""What pausing, resuming and ending make of a coupon. Pure rules."""

from dataclasses import replace
from datetime import datetime

from liveshop_sdk.checkout.coupons.models import END, PAUSE, Coupon
from liveshop_sdk.errors import CouponOverError, CouponPausedError, CouponRefusedError


def wished(coupon: Coupon, wish: str, now: datetime) -> Coupon:
    """Return the coupon as a wish makes it; itself if that is so already.

    Raises:
        CouponOverError: It has ended, or its window is over.
        CouponRefusedError: The platform never had it.
    """
    if wish == END:
        return coupon if coupon.ended_at is not None else ended(coupon, now)
    check_ended(coupon)
    if coupon.ends_at <= now:
        raise CouponOverError(coupon=coupon.code, ended_at=coupon.ends_at)
    if coupon.refused_at is not None:
        raise CouponRefusedError(coupon=coupon.code)
    if (coupon.paused_at is not None) == (wish == PAUSE):
        return coupon
    return replace(coupon, paused_at=now if wish == PAUSE else None, wish_no=coupon.wish_no + 1)


def ended(coupon: Coupon, now: datetime, *, ends_at: datetime | None = None) -> Coupon:
    """Return a coupon as ended now; one that was refused has nobody to be told.

    Args:
        ends_at: The end of its window, where that moves.
    """
    number = coupon.wish_no + 1
    told = coupon.told_no if coupon.refused_at is None else number
    end = ends_at or coupon.ends_at
    return replace(coupon, ended_at=now, ends_at=end, wish_no=number, told_no=told)


def check_on(coupon: Coupon) -> None:
    """Refuse a coupon that the brand has paused or ended.

    Raises:
        CouponOverError, CouponPausedError: It has.
    """
    check_ended(coupon)
    if coupon.paused_at is not None:
        raise CouponPausedError(coupon=coupon.code)


def check_usable(coupon: Coupon, now: datetime) -> None:
    """Refuse a coupon that nobody may use any more, or not now.

    Raises:
        CouponOverError, CouponRefusedError, CouponPausedError: Why.
    """
    check_ended(coupon)
    if coupon.refused_at is not None:
        raise CouponRefusedError(coupon=coupon.code)
    if coupon.ends_at <= now:
        raise CouponOverError(coupon=coupon.code, ended_at=coupon.ends_at)
    check_on(coupon)


def check_ended(coupon: Coupon) -> None:
    """Refuse a coupon that the brand has ended."""
    if coupon.ended_at is not None:
        at = min(coupon.ended_at, coupon.ends_at)
        raise CouponOverError(coupon=coupon.code, ended_at=at)
