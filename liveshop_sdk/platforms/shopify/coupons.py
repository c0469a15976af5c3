"""Write a coupon as a Shopify code discount, and tell ours from others'."""

from decimal import Decimal

from liveshop_sdk.checkout.coupons.kinds import BuyGet, FreeShipping, Gives
from liveshop_sdk.checkout.ports import CouponRequest
from liveshop_sdk.clock import to_iso
from liveshop_sdk.facts import Json
from liveshop_sdk.platforms.shopify.carts import variant_of
from liveshop_sdk.platforms.shopify.fields import Obj, obj, text

_BRAND = "liveshop"


def discount_params(request: CouponRequest) -> dict[str, Json]:
    """Return the discount as canonical values, a percentage as exact text.

    Raises:
        ProductNotOnPlatformError: a product that it names has no variant.
    """
    discount = named(request)
    if isinstance(request.gives, FreeShipping):
        return {**discount, "destination": {"all": True}}
    if isinstance(request.gives, BuyGet):
        return {**discount, **_units(request.gives, request)}
    return {**discount, "customerGets": {"items": {"all": True}, "value": _value(request)}}


def named(request: CouponRequest) -> dict[str, Json]:
    """Return what every discount has: its name, its window, who may use it how often.

    Its title carries our coupon id: after a lost answer that is how we know
    the discount for our own. One for goods combines with free shipping and with
    nothing else that lowers a price; free shipping combines with any for goods.
    """
    ships = isinstance(request.gives, FreeShipping)
    discount: dict[str, Json] = {
        "title": f"{_BRAND} {request.coupon_id}",
        "code": request.code,
        "startsAt": to_iso(request.starts_at),
        "endsAt": to_iso(request.ends_at),
        "context": {"all": "ALL"},
        "appliesOncePerCustomer": request.per_customer == 1,
        "combinesWith": {
            "orderDiscounts": ships,
            "productDiscounts": ships,
            "shippingDiscounts": not ships,
        },
    }
    if request.limit is not None:
        discount["usageLimit"] = request.limit
    return discount


def _value(request: CouponRequest) -> dict[str, Json]:
    value: dict[str, Json] = {}
    if request.percent_bps is not None:
        value["percentage"] = share_text(request.percent_bps)
    elif request.amount_off is not None:
        value["discountAmount"] = {
            "amount": request.amount_off.decimal_text(),
            "appliesOnEachItem": False,
        }
        value["currency"] = request.amount_off.currency
    return value


def _units(gives: BuyGet, request: CouponRequest) -> dict[str, Json]:
    """Return what is bought and got; Shopify takes quantities as text."""

    def only(sku: str) -> dict[str, Json]:
        variant = variant_of(sku, request.product_refs.get(sku, ""))
        return {"products": {"productVariantsToAdd": [variant]}}

    effect: dict[str, Json] = {"percentage": share_text(gives.get_bps)}
    got: dict[str, Json] = {"quantity": str(gives.get_units), "effect": effect}
    return {
        "customerBuys": {
            "items": only(gives.buy_sku),
            "value": {"quantity": str(gives.buy_units)},
        },
        "customerGets": {"items": only(gives.get_sku), "value": {"discountOnQuantity": got}},
        **({} if gives.per_order is None else {"usesPerOrderLimit": gives.per_order}),
    }


def kind_of(params: Obj) -> str:
    """Return how Shopify's mutations call the kind of discount that is stored."""
    if "customerBuys" in params:
        return "Bxgy"
    return "Basic" if "customerGets" in params else "FreeShipping"


def kind_for(gives: Gives | None) -> str:
    """Return how Shopify's mutations call the kind of discount that is asked for."""
    if gives is None:
        return "Basic"
    return "Bxgy" if isinstance(gives, BuyGet) else "FreeShipping"


def discount_input(params: Obj) -> dict[str, object]:
    """Return what creates it: the stored values, a percentage as Float.

    Shopify takes an amount in the shop's currency, whatever ours was; the name
    of ours is kept back. The schema wants a Float from 0 to 1, where 0.2 is 20 %; the shortest
    spelling of the nearest one is the exact text again.
    """
    gets = obj(params, "customerGets")
    if not gets:
        return dict(params)
    value = dict(obj(gets, "value"))
    value.pop("currency", None)
    if "percentage" in value:
        value["percentage"] = _share(value)
    if got := obj(value, "discountOnQuantity"):
        value["discountOnQuantity"] = {
            **got,
            "effect": {"percentage": _share(obj(got, "effect"))},
        }
    return {**params, "customerGets": {**gets, "value": value}}


def _share(holder: Obj) -> float:
    return float(text(holder, "percentage"))


def window_of(params: Obj) -> dict[str, object]:
    """Return the part of the input that gives a discount its window."""
    return {name: text(params, name) for name in ("startsAt", "endsAt")}


def currency_of_amount(params: Obj) -> str:
    """Return the currency that an amount off was promised in, or ``""``."""
    return text(obj(obj(params, "customerGets"), "value"), "currency")


def share_text(bps: int) -> str:
    """Write basis points as a share of one: 2000 is ``0.2``."""
    return format(Decimal(bps).scaleb(-4).normalize(), "f")


def is_ours(node: Obj, params: Obj) -> bool:
    """Say whether a discount found by its code is the one these params made."""
    found = text(obj(node, "codeDiscount"), "title").split()
    return text(params, "title").split()[-1] in found
