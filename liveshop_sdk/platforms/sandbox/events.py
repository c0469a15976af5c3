"""The events the sandbox sends, as plain JSON: everything needed is inside.

``{"id": "sbe_…", "type": …, "created": …, "data": {…}}``; amounts are minor
units, instants RFC 3339 text. Redelivery repeats the same id and bytes.
"""

from datetime import datetime

from liveshop_sdk.clock import to_iso
from liveshop_sdk.facts import Json
from liveshop_sdk.platforms.sandbox.models import Checkout, Dispute, Order, Refund
from liveshop_sdk.wire import canonical

CHECKOUT_PAID = "checkout.paid"
CHECKOUT_PENDING = "checkout.pending"
CHECKOUT_CLOSED = "checkout.closed"
REFUND_CREATED = "refund.created"
REFUND_FAILED = "refund.failed"
DISPUTE_OPENED = "dispute.opened"
DISPUTE_WON = "dispute.won"
DISPUTE_LOST = "dispute.lost"


def event_text(event_id: str, topic: str, created: datetime, data: dict[str, Json]) -> str:
    """Return the event as the canonical text that is signed and sent."""
    return canonical({"id": event_id, "type": topic, "created": to_iso(created), "data": data})


def paid(order: Order) -> dict[str, Json]:
    """Return the data of ``checkout.paid``: the whole order."""
    return {
        "order": {
            "id": order.id,
            "checkout": order.checkout_id,
            "reference": order.reference,
            "currency": order.currency,
            "total": order.total,
            "shipping": order.shipping,
            "tax": order.tax,
            "tax_included": order.is_tax_included,
            "codes": [order.code] if order.code else [],
            "coupons": [order.coupon_ref] if order.coupon_ref else [],
            "email": order.email,
            "paid_at": to_iso(order.paid_at),
            "lines": [line.as_json() for line in order.lines],
        }
    }


def pending(checkout: Checkout) -> dict[str, Json]:
    """Return the data of ``checkout.pending``: no order exists yet."""
    return {
        "checkout": {
            "id": checkout.id,
            "reference": checkout.cart.sealed_ref,
            "currency": checkout.cart.currency,
            "total": checkout.priced.total,
        }
    }


def closed(checkout: Checkout, reason: str, at: datetime) -> dict[str, Json]:
    """Return the data of ``checkout.closed``: it ended without payment."""
    return {
        "checkout": {
            "id": checkout.id,
            "reference": checkout.cart.sealed_ref,
            "reason": reason,
            "closed_at": to_iso(at),
        }
    }


def refunded(refund: Refund) -> dict[str, Json]:
    """Return the data of ``refund.created``."""
    return {
        "refund": {
            "id": refund.id,
            "order": refund.order_id,
            "amount": refund.amount,
            "currency": refund.currency,
            "created_at": to_iso(refund.created_at),
            "lines": [line.as_json() for line in refund.lines],
        }
    }


def refund_failed(refund: Refund) -> dict[str, Json]:
    """Return the data of ``refund.failed``."""
    at = refund.failed_at or refund.created_at
    return {"refund": {"id": refund.id, "order": refund.order_id, "failed_at": to_iso(at)}}


def disputed(dispute: Dispute) -> dict[str, Json]:
    """Return the data of every ``dispute.*`` event."""
    return {
        "dispute": {
            "id": dispute.id,
            "order": dispute.order_id,
            "amount": dispute.amount,
            "currency": dispute.currency,
            "opened_at": to_iso(dispute.opened_at),
            "closed_at": to_iso(dispute.closed_at) if dispute.closed_at else None,
        }
    }
