"""Write a coupon as Stripe splits it: terms in one object, code in another."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from liveshop_sdk.checkout.personal.ports import CodeRequest
from liveshop_sdk.checkout.ports import CouponRequest
from liveshop_sdk.clock import to_iso, to_seconds
from liveshop_sdk.errors import CouponInvalidError, InvalidError, PlatformRefusedError
from liveshop_sdk.facts import Json
from liveshop_sdk.money import to_platform
from liveshop_sdk.platforms.stripe.fields import Obj, obj, ref
from liveshop_sdk.wire import canonical, loads_canonical

OWNER = "liveshop"
"""The metadata key that names our coupon on both objects."""

NUMBER = "liveshop_code"
"""The metadata key that says which personal code of the coupon it is."""

_LONGEST = timedelta(days=5 * 365)
"""Stripe takes an end up to five years ahead: docs/platforms/stripe.md."""

_MAX_NAME = 40
_TERMS = ("amount_off", "currency", "max_redemptions", "percent_off", "redeem_by")


def check_end(request: CouponRequest, now: datetime) -> None:
    """Refuse a coupon that would outlive what Stripe allows, before it is stored.

    Raises:
        CouponInvalidError: it ends more than five years from now.
    """
    if request.ends_at > now + _LONGEST:
        raise CouponInvalidError(
            problem=f"an end at {to_iso(request.ends_at)} on Stripe",
            expected=f"one within 5 years, by {to_iso(now + _LONGEST)}: give it one of its own "
            "(--ends-at), or schedule a shorter stream",
        )


def coupon_params(request: CouponRequest) -> dict[str, Json]:
    """Return the parameters of both objects: ``coupon`` and ``promotion_code``.

    Stripe has no start: before ``starts_at`` only our links refuse the code.
    Uses per customer are judged by us on the paid order.
    """
    owner: dict[str, Json] = {OWNER: request.coupon_id}
    ends = to_seconds(request.ends_at)
    coupon: dict[str, Json] = {
        "id": request.coupon_id,
        "duration": "once",
        "name": request.title[:_MAX_NAME] or request.code[:_MAX_NAME],
        "redeem_by": ends,
        "metadata": owner,
    }
    if request.percent_bps is not None:
        coupon["percent_off"] = percent_text(request.percent_bps)
    elif request.amount_off is not None:
        coupon["amount_off"] = to_platform(request.amount_off, "stripe")
        coupon["currency"] = request.amount_off.currency.lower()
    code: dict[str, Json] = {
        "promotion": {"type": "coupon", "coupon": request.coupon_id},
        "code": request.code,
        "expires_at": ends,
        "metadata": owner,
    }
    if request.limit is not None:
        coupon["max_redemptions"] = code["max_redemptions"] = request.limit
    return {"coupon": coupon, "promotion_code": code}


def personal_params(request: CouponRequest, coupon: str, code: CodeRequest) -> dict[str, Json]:
    """Return the parameters of a promotion code for one use."""
    return {
        "promotion": {"type": "coupon", "coupon": coupon},
        "code": code.text,
        "expires_at": to_seconds(request.ends_at),
        "max_redemptions": 1,
        "metadata": {OWNER: request.coupon_id, NUMBER: code.id},
    }


def percent_text(bps: int) -> str:
    """Write basis points as the shortest exact percentage: 1250 is ``12.5``."""
    whole, rest = divmod(bps, 100)
    return f"{whole}.{rest:02d}".rstrip("0") if rest else str(whole)


def is_same_coupon(found: Obj, wanted: Obj) -> bool:
    """Say whether a coupon at Stripe is ours, with the terms we want."""
    return _owner(found) == _owner(wanted) and all(
        _number(found.get(name)) == _number(wanted.get(name)) for name in _TERMS
    )


def is_same_code(found: Obj, wanted: Obj) -> bool:
    """Say whether an active promotion code at Stripe is ours, for our coupon."""
    return (
        found.get("active") is True
        and _owner(found) == _owner(wanted)
        and obj(found, "metadata").get(NUMBER) == obj(wanted, "metadata").get(NUMBER)
        and ref(obj(found, "promotion"), "coupon") == ref(obj(wanted, "promotion"), "coupon")
    )


def is_of_coupon(found: Obj, coupon_id: str) -> bool:
    """Say whether a promotion code at Stripe is of this coupon of ours."""
    return _owner(found) == coupon_id and ref(obj(found, "promotion"), "coupon") == coupon_id


def ref_text(coupon: str, promotion_code: str) -> str:
    """Write both ids as the one text that stands for the coupon at Stripe."""
    return canonical({"coupon": coupon, "promotion_code": promotion_code})


def promotion_code_of(coupon_ref: str) -> str:
    """Return the promotion code's id in such a text; a bare id is taken as it is."""
    return coupon_ref if coupon_ref.startswith("promo_") else _part(coupon_ref, "promotion_code")


def coupon_of(coupon_ref: str) -> str:
    """Return the id of the coupon in such a text."""
    return _part(coupon_ref, "coupon")


def _part(coupon_ref: str, name: str) -> str:
    try:
        ids = loads_canonical(coupon_ref)
    except InvalidError:
        ids = None
    code = ids.get(name) if isinstance(ids, Mapping) else None
    if not isinstance(code, str) or not code:
        raise PlatformRefusedError(
            platform="stripe",
            problem="the coupon's reference is not one of this platform",
            vendor_code="coupon_ref",
        )
    return code


def _owner(holder: Obj) -> object:
    return obj(holder, "metadata").get(OWNER)


def _number(value: object) -> object:
    """Compare 12.5, "12.5" and Decimal("12.50") as equal."""
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return Decimal(str(value))
    if isinstance(value, str) and value.replace(".", "", 1).isdecimal():
        return Decimal(value)
    return value
