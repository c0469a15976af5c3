"""Write the parameters of a hosted checkout: pure, and the same every time."""

from liveshop_sdk.checkout.ports import CheckoutItem, CheckoutRequest
from liveshop_sdk.clock import to_seconds
from liveshop_sdk.facts import Json
from liveshop_sdk.money import to_platform
from liveshop_sdk.platforms.stripe.coupons import promotion_code_of

REFERENCE = "liveshop"
"""The metadata key that carries our sealed reference."""

_MAX_NAME = 250


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


def _line(item: CheckoutItem) -> dict[str, Json]:
    line: dict[str, Json] = {"quantity": item.quantity, "metadata": {"sku": item.sku}}
    price = item.platform_refs.get("stripe")
    if price:
        line["price"] = price
    else:
        line["price_data"] = {
            "currency": item.unit.currency.lower(),
            "unit_amount": to_platform(item.unit, "stripe"),
            "product_data": {"name": item.title[:_MAX_NAME] or item.sku},
        }
    return line
