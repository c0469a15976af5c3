"""May this link be issued, and until when does it live? Pure rules."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from liveshop_sdk.checkout.coupons.models import Coupon
from liveshop_sdk.checkout.coupons.wishes import check_ended
from liveshop_sdk.errors import (
    BrandNotOnStreamError,
    CartInvalidError,
    CouponForeignError,
    CouponOverError,
    CouponRefusedError,
    ExpiryInvalidError,
    MixedCurrencyError,
    NotHostError,
    StreamOverError,
)
from liveshop_sdk.money import Money
from liveshop_sdk.registry.products import Product
from liveshop_sdk.registry.streams import Stream

AFTER_STREAM = timedelta(days=7)
WITHOUT_STREAM = timedelta(days=30)
LONGEST_LIFE = timedelta(days=366)
MAX_LINES = 50
MAX_QUANTITY = 999
MAX_CART = 99_999_999
"""The dearest cart in minor units: what Stripe takes at most in one payment."""


def check_host(stream: Stream, creator: str, now: datetime) -> None:
    """Refuse a stream that is over, or a creator who does not host it."""
    if not stream.is_host(creator):
        hosts = ", ".join(host.creator for host in stream.hosts)
        raise NotHostError(creator=creator, stream=stream.code, hosts=hosts)
    closed = stream.over_since(now)
    if closed is not None:
        raise StreamOverError(stream=stream.code, closed_at=closed)


def check_items(items: Mapping[str, int], products: Mapping[str, Product]) -> Money:
    """Return the cart's total before discounts.

    Raises:
        CartInvalidError: Empty, too long, a quantity out of range, too dear.
        MixedCurrencyError: Products of several currencies in one cart.
    """
    if not isinstance(items, Mapping):
        raise CartInvalidError(
            problem=f"items of type {type(items).__name__}",
            expected='quantity by SKU, such as {"sku_tee": 1}',
        )
    if not 1 <= len(items) <= MAX_LINES:
        raise CartInvalidError(problem=f"{len(items)} products", expected=f"1 to {MAX_LINES}")
    for sku, quantity in items.items():
        if type(quantity) is not int or not 1 <= quantity <= MAX_QUANTITY:
            raise CartInvalidError(
                problem=f"quantity {str(quantity)[:20]} of {sku}",
                expected=f"a whole number from 1 to {MAX_QUANTITY}",
            )
    currencies = sorted({products[sku].currency for sku in items})
    if len(currencies) > 1:
        raise MixedCurrencyError(currencies=", ".join(currencies))
    total = sum(products[sku].amount * quantity for sku, quantity in items.items())
    if total > MAX_CART:
        raise CartInvalidError(
            problem=f"a total over {Money(MAX_CART, currencies[0])}", expected="a smaller one"
        )
    return Money(total, currencies[0])


def check_brands(stream: Stream, products: Mapping[str, Product]) -> None:
    """Refuse a product whose brand does not sell on the stream."""
    for product in products.values():
        if product.brand not in stream.brands:
            raise BrandNotOnStreamError(sku=product.sku, brand=product.brand, stream=stream.code)


def check_coupon(
    coupon: Coupon,
    *,
    creator: str,
    stream: Stream | None,
    items: Mapping[str, int],
    total: Money,
    now: datetime,
) -> None:
    """Refuse a coupon of another creator, stream or cart, or one that ended."""
    stream_code = stream.code if stream else None
    if (coupon.creator, coupon.stream) != (creator, stream_code):
        raise CouponForeignError(
            coupon=coupon.code,
            belongs_to=f"{coupon.creator} on {coupon.stream}",
            wanted=f"{creator} on {stream_code or 'no stream'}",
        )
    if coupon.amount_off is not None and coupon.amount_off.currency != total.currency:
        raise MixedCurrencyError(currencies=f"{coupon.amount_off.currency}, {total.currency}")
    check_ended(coupon)
    if coupon.refused_at is not None:
        raise CouponRefusedError(coupon=coupon.code)
    if coupon.ends_at <= now:
        raise CouponOverError(coupon=coupon.code, ended_at=coupon.ends_at)
    if not coupon.fits(items):
        raise CartInvalidError(
            problem=f"the coupon {coupon.code} without what it asks for",
            expected=f"a cart for: {coupon.offer}",
        )


def expiry(*, stream: Stream | None, expires_in: timedelta | None, now: datetime) -> datetime:
    """Return when a link ends: 7 days after its stream, else 30 days from now.

    The instant is cut to whole seconds, as the token carries it.
    """
    if expires_in is not None:
        is_span = isinstance(expires_in, timedelta)
        if not is_span or not timedelta(seconds=1) <= expires_in <= LONGEST_LIFE:
            raise ExpiryInvalidError(
                given=str(expires_in)[:60], expected="a timedelta from 1 second to 366 days"
            )
        end = now + expires_in
    elif stream is not None:
        end = stream.closes_at + AFTER_STREAM
    else:
        end = now + WITHOUT_STREAM
    return end.replace(microsecond=0)
