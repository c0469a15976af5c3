"""Turn a webhook request into a delivery, or refuse it: pure.

The signature comes first, on the raw bytes; nothing is parsed before. It does
not cover the headers, so a body must also fit the topic it claims.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from liveshop_sdk.checkout.ports import Delivery
from liveshop_sdk.clock import parse_iso
from liveshop_sdk.errors import DeliveryUnreadableError, InvalidError
from liveshop_sdk.platforms.shopify import signature
from liveshop_sdk.platforms.shopify.fields import Obj, ShapeError, currency_of, obj, objs, ref, text
from liveshop_sdk.platforms.shopify.reading import PLATFORM
from liveshop_sdk.wire import loads

ORDER_PAID = "orders/paid"
ORDER_EDITED = "orders/edited"
REFUND = "refunds/create"
DISPUTES = frozenset({"disputes/create", "disputes/update"})
UNINSTALLED = "app/uninstalled"
_WHATEVER = frozenset({"customers/data_request", "customers/redact", "shop/redact", UNINSTALLED})
"""Stored with any body: one that nobody can read is for a person to look at."""

UNDERSTOOD = (ORDER_PAID, ORDER_EDITED, REFUND, *sorted(DISPUTES), UNINSTALLED)
"""What is acted on and can be subscribed; the privacy topics stand in the app's own settings."""

_MAX_NAME = 255


def receive(
    headers: Mapping[str, str],
    body: bytes,
    *,
    shop: str,
    secrets: Sequence[bytes],
    now: datetime,
) -> Delivery:
    """Verify a webhook and name it.

    How long ago it was triggered is not judged: Shopify repeats a delivery for
    hours with its first time and body, and repeats are told by their id.

    Raises:
        SignatureInvalidError: not signed with one of our secrets.
        DeliveryUnreadableError: signed, but for another shop, without a name,
            or with a body that is not what its topic promises.
    """
    given = signature.shopify_headers(headers)
    signature.verify(given.get(signature.DIGEST, ""), body, secrets)
    if given.get(signature.SHOP, "").strip().lower() != shop:
        raise unreadable("it is about another shop")
    topic = _name(given, signature.TOPIC).lower()
    delivery_id = _name(given, signature.WEBHOOK_ID)
    if topic not in _WHATEVER:
        try:
            check_fits(topic, parsed(body))
        except ShapeError as error:
            raise unreadable(str(error)) from None
    return Delivery(
        platform=PLATFORM,
        account=shop,
        topic=topic,
        delivery_id=delivery_id,
        event_id=_event_id(given.get(signature.EVENT_ID, "")),
        occurred_at=_triggered_at(given.get(signature.TRIGGERED_AT, ""), now),
        body=body,
    )


def parsed(body: bytes) -> Obj:
    """Return the object in a body.

    Raises:
        DeliveryUnreadableError: it is no strict JSON object.
    """
    try:
        value = loads(body)
    except InvalidError as error:
        raise unreadable(str(error.details().get("reason", error.code))) from None
    if not isinstance(value, Mapping):
        raise unreadable("it is not a JSON object")
    return value


def check_fits(topic: str, raw: Obj) -> None:
    """Refuse a body that cannot belong to its topic; unknown topics hold anything.

    Raises:
        ShapeError: what gives it away.
    """
    if topic == ORDER_PAID:
        ref(raw, "id")
        currency_of(raw)
        if not objs(raw, "line_items") or "total_price_set" not in raw:
            raise ShapeError("it is not an order")
    elif topic == ORDER_EDITED:
        ref(obj(raw, "order_edit"), "order_id")
    elif topic == REFUND:
        ref(raw, "id")
        ref(raw, "order_id")
        if not isinstance(raw.get("refund_line_items"), list):
            raise ShapeError("it is not a refund")
        objs(raw, "transactions")
    elif topic in DISPUTES:
        ref(raw, "id")
        if not text(raw, "status") or not text(raw, "type") or "initiated_at" not in raw:
            raise ShapeError("it is not a dispute")


def unreadable(problem: str) -> DeliveryUnreadableError:
    """Return the error for a signed delivery that we cannot use."""
    return DeliveryUnreadableError(platform=PLATFORM, problem=problem)


def _name(given: Mapping[str, str], header: str) -> str:
    value = given.get(header, "").strip()
    if not value or len(value) > _MAX_NAME or not value.isascii() or not value.isprintable():
        raise unreadable(f"the header {header} is missing or malformed")
    return value


def _event_id(given: str) -> str:
    """Return the id of the event, which only people read, if it can be shown and stored."""
    return given[:_MAX_NAME] if given.isprintable() else ""


def _triggered_at(given: str, now: datetime) -> datetime:
    try:
        return parse_iso(given)
    except InvalidError:
        return now
