"""Tell whose webhook it is, and take out of it what is the buyer's: pure.

What stays is named, field by field; whatever Shopify adds later goes. A field
that a fact is read from must stand here: the tests read every sample twice.
"""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from liveshop_sdk.checkout.privacy.models import Subject
from liveshop_sdk.errors import InvalidError
from liveshop_sdk.platforms.shopify.carts import ATTRIBUTE
from liveshop_sdk.platforms.shopify.fields import Obj
from liveshop_sdk.platforms.shopify.receiving import DISPUTES, ORDER_EDITED, REFUND, UNINSTALLED
from liveshop_sdk.wire import canonical, loads

DATA_REQUEST = "customers/data_request"
REDACT = "customers/redact"
SHOP_REDACT = "shop/redact"
REQUESTS = frozenset({DATA_REQUEST, REDACT, SHOP_REDACT})

_ORDERS = "orders/"
_NOTHING = b"{}"
_NO_VALUE = object()

_OF_ORDERS = (
    "id order_id financial_status currency taxes_included cart_token test processed_at updated_at"
    " created_at total_price_set total_tax_set total_shipping_price_set total_tip_received"
    " current_total_price_set current_total_tax_set subtotal_price_set line_items discount_codes"
    " note_attributes shipping_address billing_address refunds transactions order_edit"
)
_OF_LINES = (
    "sku title quantity current_quantity price_set variant_id product_id gift_card tip"
    " requires_shipping taxable discount_allocations tax_lines"
)
_OF_MONEY = "shop_money presentment_money amount currency_code amount_set"
_OF_REFUNDS = (
    "refund_line_items line_item line_item_id subtotal_set total_tax_set refund_shipping_lines"
    " subtotal_amount_set tax_amount_set duties order_adjustments kind status"
)
_OF_DISPUTES = "type initiated_at finalized_on"
_OF_NOTICES = "shop_id shop_domain myshopify_domain orders_requested orders_to_redact data_request"
_KEPT = frozenset(
    " ".join((_OF_ORDERS, _OF_LINES, _OF_MONEY, _OF_REFUNDS, _OF_DISPUTES, _OF_NOTICES)).split()
)


def without_buyer(topic: str, body: bytes) -> bytes:
    """Return a webhook with nothing left but what its facts are read from.

    Of a topic that gives no facts nothing is left. Doing it again changes nothing.
    """
    if body in (b"", _NOTHING):
        return body
    raw = _read(body)
    if raw is None or not _is_known(topic):
        return _NOTHING
    return canonical(_kept(raw)).encode()


def concerns(topic: str, body: bytes, subject: Subject) -> bool:
    """Say whether a webhook is about one of these orders, or this customer."""
    raw = _read(body)
    if raw is None:
        return False
    customer = _inner(raw, "customer")
    own, known = [customer.get("id")], subject.address.lower()
    called = [
        *(raw.get(name) for name in ("email", "contact_email", "phone")),
        *(customer.get(name) for name in ("email", "phone")),
    ]
    if topic == ORDER_EDITED:
        order = _inner(raw, "order_edit").get("order_id")
    elif topic.startswith(_ORDERS):
        order = raw.get("id")
    else:
        order = raw.get("order_id")
        if topic.startswith("customers/") and topic not in REQUESTS:
            own.append(raw.get("id"))
    return (
        (type(order) is int and str(order) in subject.orders)
        or (subject.customer > 0 and subject.customer in own)
        or (known != "" and any(_called(one) == known for one in called))
    )


def needles(subject: Subject) -> frozenset[bytes]:
    """Return bytes of which a webhook about this subject holds at least one.

    An address may be escaped, and written in capitals or not: where it is, the
    customer's id stands beside it, but for those who bought without an account.
    """
    found = {ref.encode() for ref in subject.orders}
    if subject.customer:
        found.add(str(subject.customer).encode())
    for text in {subject.address, subject.address.lower()} - {""}:
        found |= {text.encode(), json.dumps(text)[1:-1].encode()}
    return frozenset(found)


def _read(body: bytes) -> Obj | None:
    try:
        raw = loads(body)
    except InvalidError:
        return None
    return raw if isinstance(raw, Mapping) else None


def _is_known(topic: str) -> bool:
    return (
        topic.startswith(_ORDERS) or topic in REQUESTS or topic in {REFUND, UNINSTALLED, *DISPUTES}
    )


def _called(value: object) -> str:
    return value.strip().lower() if isinstance(value, str) else ""


def _inner(holder: Obj, name: str) -> Obj:
    value = holder.get(name)
    return value if isinstance(value, Mapping) else {}


def _kept(raw: Obj) -> dict[str, Any]:
    found = {name: _value(name, value) for name, value in raw.items() if name in _KEPT}
    return {name: value for name, value in found.items() if value is not _NO_VALUE}


def _value(name: str, value: Any) -> Any:
    if name == "note_attributes":
        return [one for one in map(_note, _list(value)) if one]
    if name == "discount_codes":
        return [
            {"code": _plain(one.get("code"))} for one in _list(value) if isinstance(one, Mapping)
        ]
    if name in ("shipping_address", "billing_address"):
        country = _inner({name: value}, name).get("country_code")
        return {"country_code": country} if isinstance(country, str) else _NO_VALUE
    if name == "tip":
        return {"kept": True} if value else _NO_VALUE
    return _plain(value)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return _kept(value)
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return str(value) if isinstance(value, Decimal) else value


def _note(value: Any) -> dict[str, str] | None:
    """Return our own attribute: all others are the buyer's to write."""
    if not isinstance(value, Mapping) or value.get("name") != ATTRIBUTE:
        return None
    sealed = value.get("value")
    return {"name": ATTRIBUTE, "value": sealed} if isinstance(sealed, str) else None


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
