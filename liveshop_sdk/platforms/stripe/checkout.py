"""Write the parameters of a hosted checkout: pure, and the same every time."""

from typing import Any
from urllib.parse import urlencode

from liveshop_sdk.checkout.ports import CheckoutItem, CheckoutRequest
from liveshop_sdk.clock import to_seconds
from liveshop_sdk.facts import Json
from liveshop_sdk.money import to_platform
from liveshop_sdk.platforms.stripe.coupons import promotion_code_of
from liveshop_sdk.platforms.stripe.fields import Obj, obj, objs, text
from liveshop_sdk.setting_rules import StripeCheckout

REFERENCE = "liveshop"
"""The metadata key that carries our sealed reference."""

SKU = "liveshop_sku"
"""The metadata key of a product that Stripe makes for one line; lines from a link have none."""

_MAX_NAME = 250
_MAX_LINK_LINES = 20
_SHARED = ("automatic_tax", "shipping_address_collection", "shipping_options")
"""What a shop asks of every checkout, and a Payment Link takes as well."""


def checkout_params(request: CheckoutRequest, asked: StripeCheckout) -> dict[str, Json]:
    """Return all that opening a visit's checkout may need, to be stored first.

    ``session`` is sent as it stands; ``code`` is for a Payment Link, whose
    address names the coupon by its text.
    """
    params: dict[str, Json] = {"session": session_params(request) | _asked(asked)}
    if request.coupon_ref is not None and request.coupon_code is not None:
        params["code"] = request.coupon_code
    return params


def session_params(request: CheckoutRequest) -> dict[str, Json]:
    """Return what ``checkout.sessions.create`` is sent, without any default.

    The reference stands on the session and, since Stripe does not copy it,
    on the payment intent too. ``payment_method_types`` is left out: the API
    no longer takes it. One discount, by the promotion code's id, so the code
    text cannot be swapped; no field to type another one.
    """
    reference: dict[str, Json] = {REFERENCE: request.sealed_ref}
    params: dict[str, Json] = {
        "mode": "payment",
        "client_reference_id": request.checkout_id,
        "metadata": reference,
        "payment_intent_data": {"metadata": reference},
        "line_items": [_line(item) for item in request.items],
        "expires_at": to_seconds(request.expires_at),
        "success_url": request.success_url,
        "cancel_url": request.cancel_url,
    }
    if request.coupon_ref is not None:
        params["discounts"] = [{"promotion_code": promotion_code_of(request.coupon_ref)}]
    return params


def _asked(asked: StripeCheckout) -> dict[str, Json]:
    """Return what a shop has every checkout ask for."""
    params: dict[str, Json] = {}
    if asked.automatic_tax:
        params["automatic_tax"] = {"enabled": True}
    if asked.countries:
        params["shipping_address_collection"] = {"allowed_countries": [*asked.countries]}
    if asked.shipping:
        params["shipping_options"] = [{"shipping_rate": rate} for rate in asked.shipping]
    if asked.recovery:
        params["after_expiration"] = {"recovery": {"enabled": True}}
    return params


def link_params(session: Obj, *, code: str) -> dict[str, Any] | None:
    """Return what ``payment_links.create`` is sent instead of a stored session.

    It is for one payment, and carries the same reference, which Stripe copies
    onto every session made from it. A link takes no discount: with a code, its
    field for codes is open, and `link_url` fills it in.

    Returns:
        None for a cart that no Payment Link holds.
    """
    lines = objs(session, "line_items")
    if len(lines) > _MAX_LINK_LINES:
        return None
    params: dict[str, Any] = {
        "line_items": [_without(line, "metadata") for line in lines],
        "metadata": obj(session, "metadata"),
        "payment_intent_data": obj(session, "payment_intent_data"),
        "restrictions": {"completed_sessions": {"limit": 1}},
        "after_completion": {
            "type": "redirect",
            "redirect": {"url": text(session, "success_url")},
        },
    }
    if code:
        params["allow_promotion_codes"] = True
    return params | {name: session[name] for name in _SHARED if name in session}


def link_url(url: str, *, code: str) -> str:
    """Return a Payment Link's address, with the coupon filled in."""
    return f"{url}?{urlencode({'prefilled_promo_code': code})}" if code else url


def _line(item: CheckoutItem) -> dict[str, Json]:
    line: dict[str, Json] = {"quantity": item.quantity, "metadata": {"sku": item.sku}}
    price = item.platform_refs.get("stripe")
    if price:
        line["price"] = price
    else:
        line["price_data"] = {
            "currency": item.unit.currency.lower(),
            "unit_amount": to_platform(item.unit, "stripe"),
            "product_data": {
                "name": item.title[:_MAX_NAME] or item.sku,
                "metadata": {SKU: item.sku},
            },
        }
    return line


def _without(holder: Obj, name: str) -> Obj:
    return {key: value for key, value in holder.items() if key != name}
