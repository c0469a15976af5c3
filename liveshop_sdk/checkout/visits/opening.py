"""May this link be opened now? And what the platform is asked. Pure rules."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from liveshop_sdk.checkout.coupons.models import Coupon
from liveshop_sdk.checkout.coupons.wishes import check_ended, check_on
from liveshop_sdk.checkout.links.models import Link
from liveshop_sdk.checkout.personal.models import PersonalCode
from liveshop_sdk.checkout.ports import CheckoutItem, CheckoutRequest
from liveshop_sdk.checkout.visits.models import RESERVED_FOR
from liveshop_sdk.errors import (
    CouponOverError,
    CouponPendingError,
    CouponRefusedError,
    NotOpenYetError,
    StreamCancelledError,
)
from liveshop_sdk.registry.products import Product
from liveshop_sdk.registry.streams import Stream


def admit(*, stream: Stream | None, coupon: Coupon | None, now: datetime) -> None:
    """Refuse a visit that comes too early, or whose offer is over.

    A link without a coupon outlives its stream: sales after it are half the
    point. With one, the coupon's window decides.
    """
    check_planned(stream)
    if coupon is not None:
        check_ended(coupon)
    if stream is not None and now < stream.opens_at:
        raise NotOpenYetError(stream=stream.code, opens_at=stream.opens_at)
    if coupon is None:
        return
    if now < coupon.starts_at:
        raise NotOpenYetError(stream=coupon.stream, opens_at=coupon.starts_at)
    if coupon.ends_at <= now:
        raise CouponOverError(coupon=coupon.code, ended_at=coupon.ends_at)
    if coupon.refused_at is not None:
        raise CouponRefusedError(coupon=coupon.code)
    check_on(coupon)
    if coupon.platform_ref is None:
        raise CouponPendingError(coupon=coupon.code)


def check_planned(stream: Stream | None) -> None:
    """Refuse what belongs to a stream that was cancelled before it opened."""
    if stream is not None and stream.cancelled_at is not None:
        raise StreamCancelledError(stream=stream.code, cancelled_at=stream.cancelled_at)


def stream_offset(stream: Stream | None, at: datetime) -> int | None:
    """Return microseconds since the stream opened, None without a stream."""
    return None if stream is None else (at - stream.opens_at) // timedelta(microseconds=1)


def request_for(
    *,
    checkout_id: str,
    sealed_ref: str,
    link: Link,
    products: Mapping[str, Product],
    coupon: Coupon | None,
    now: datetime,
    base_url: str,
    personal: PersonalCode | None = None,
) -> CheckoutRequest:
    """Return what to ask of the platform, fixed before it is asked.

    Args:
        personal: The code to apply instead of the coupon's own.
    """
    code, ref = (coupon.code, coupon.platform_ref) if coupon else (None, None)
    if personal is not None:
        code, ref = personal.text, personal.platform_ref or ref
    items = tuple(
        CheckoutItem(
            sku=sku,
            title=products[sku].title,
            quantity=quantity,
            unit=products[sku].price,
            platform_refs=products[sku].platform_refs,
        )
        for sku, quantity in link.items.items()
    )
    return CheckoutRequest(
        checkout_id=checkout_id,
        sealed_ref=sealed_ref,
        items=items,
        coupon_code=code,
        coupon_ref=ref,
        expires_at=(now + RESERVED_FOR).replace(microsecond=0),
        success_url=f"{base_url}/thank-you?visit={checkout_id}",
        cancel_url=f"{base_url}/l/{link.short_code}",
    )
