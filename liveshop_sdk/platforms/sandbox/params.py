"""The stored parameters of checkouts and coupons: written once, read back.

The text is canonical, so that opening the same visit again sends the same
bytes, and the sandbox can tell a retry from another request under its key.
"""

from liveshop_sdk.checkout.coupons.kinds import gives_from
from liveshop_sdk.checkout.ports import CheckoutRequest, CouponRequest
from liveshop_sdk.clock import parse_iso, to_iso
from liveshop_sdk.errors import LiveShopError, PlatformRefusedError
from liveshop_sdk.facts import Json
from liveshop_sdk.money import exponent_of
from liveshop_sdk.platforms.sandbox import shapes
from liveshop_sdk.platforms.sandbox.models import Cart, SandboxCoupon
from liveshop_sdk.platforms.sandbox.pricing import Discount, Item
from liveshop_sdk.wire import canonical, loads_canonical

MAX_LINES = 100
MAX_UNIT = 99_999_999
"""The largest price of one unit, in minor units; as at other platforms."""

MAX_QUANTITY = 9_999


def write_cart(request: CheckoutRequest) -> str:
    """Return a visit's checkout parameters as canonical text.

    Raises:
        PlatformRefusedError: no items, too many, several currencies, or a
            quantity or price the sandbox does not take.
    """
    currencies = {item.unit.currency for item in request.items}
    if not 1 <= len(request.items) <= MAX_LINES:
        raise refused(f"a cart has 1 to {MAX_LINES} lines, not {len(request.items)}")
    if len(currencies) != 1:
        raise refused("a cart has one currency")
    for item in request.items:
        if not 1 <= item.quantity <= MAX_QUANTITY or not 0 <= item.unit.amount <= MAX_UNIT:
            raise refused(f"{item.sku} has a quantity or price out of range")
    items: list[Json] = [
        {
            "sku": item.sku,
            "item": item.platform_refs.get("sandbox", item.sku),
            "title": item.title,
            "quantity": item.quantity,
            "unit": item.unit.amount,
        }
        for item in request.items
    ]
    return canonical(
        {
            "checkout_id": request.checkout_id,
            "reference": request.sealed_ref,
            "currency": currencies.pop(),
            "items": items,
            "coupon_code": request.coupon_code,
            "expires_at": to_iso(request.expires_at),
            "success_url": request.success_url,
            "cancel_url": request.cancel_url,
        }
    )


def read_cart(text: str) -> Cart:
    """Return what `write_cart` wrote.

    Raises:
        PlatformRefusedError: it did not write this.
    """
    try:
        found = shapes.as_object(loads_canonical(text))
        cart = Cart(
            checkout_id=shapes.text(found, "checkout_id"),
            sealed_ref=shapes.text(found, "reference"),
            currency=shapes.text(found, "currency"),
            items=tuple(
                Item(
                    sku=shapes.text(item, "sku"),
                    item_ref=shapes.text(item, "item"),
                    title=shapes.text(item, "title"),
                    quantity=shapes.whole(item, "quantity"),
                    unit=shapes.whole(item, "unit"),
                )
                for item in shapes.objects(found, "items")
            ),
            coupon_code=shapes.maybe_text(found, "coupon_code"),
            expires_at=parse_iso(shapes.text(found, "expires_at")),
            success_url=shapes.text(found, "success_url"),
            cancel_url=shapes.text(found, "cancel_url"),
        )
        exponent_of(cart.currency)
    except (shapes.ShapeError, LiveShopError):
        raise refused("the checkout parameters are not ours") from None
    return cart


def write_coupon(request: CouponRequest) -> str:
    """Return a coupon's parameters as canonical text.

    Raises:
        PlatformRefusedError: not exactly one thing a buyer gets, or one out of range.
    """
    off, gives = request.amount_off, request.gives
    if sum(one is not None for one in (request.percent_bps, off, gives)) != 1:
        raise refused("a coupon takes off a percentage or an amount, or gives one other thing")
    if request.percent_bps is not None and not 1 <= request.percent_bps <= 10_000:
        raise refused("a percentage off is above 0 % and at most 100 %")
    if off is not None and off.amount < 1:
        raise refused("an amount off is above zero")
    return canonical(
        {
            "coupon_id": request.coupon_id,
            "code": request.code,
            "title": request.title,
            "percent_bps": request.percent_bps,
            "amount_off": off.amount if off else None,
            "currency": off.currency if off else None,
            "starts_at": to_iso(request.starts_at),
            "ends_at": to_iso(request.ends_at),
            "limit": request.limit,
            "per_customer": request.per_customer,
            **({"gives": gives.as_text()} if gives else {}),
        }
    )


def read_coupon(text: str, *, coupon_ref: str, key: str, used: int) -> SandboxCoupon:
    """Return what `write_coupon` wrote, as the sandbox holds it.

    Raises:
        PlatformRefusedError: it did not write this.
    """
    try:
        found = shapes.as_object(loads_canonical(text))
        return SandboxCoupon(
            id=coupon_ref,
            key=key,
            code=shapes.text(found, "code"),
            params=text,
            discount=Discount(
                percent_bps=shapes.maybe_whole(found, "percent_bps"),
                amount_off=shapes.maybe_whole(found, "amount_off"),
                gives=gives_from(shapes.maybe_text(found, "gives")),
            ),
            currency=shapes.maybe_text(found, "currency"),
            starts_at=parse_iso(shapes.text(found, "starts_at")),
            ends_at=parse_iso(shapes.text(found, "ends_at")),
            limit=shapes.maybe_whole(found, "limit"),
            used=used,
        )
    except (shapes.ShapeError, LiveShopError):
        raise refused("the coupon parameters are not ours") from None


def refused(problem: str) -> PlatformRefusedError:
    """Return the sandbox's no, for good."""
    return PlatformRefusedError(platform="sandbox", problem=problem)
