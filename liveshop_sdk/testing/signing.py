"""Sign webhook bodies as the platforms do, to feed them to a shop under test."""

import hmac
from base64 import b64encode
from datetime import datetime

from liveshop_sdk.platforms import stamped
from liveshop_sdk.platforms.sandbox import signature as sandbox_signature


def sign_sandbox(body: bytes, secret: str, *, now: datetime) -> dict[str, str]:
    """Return the headers of a sandbox webhook."""
    signed = sandbox_signature.sign(body, [secret.encode()], now=now)
    return {"Content-Type": "application/json", sandbox_signature.HEADER: signed}


def sign_stripe(body: bytes, secret: str, *, now: datetime) -> dict[str, str]:
    """Return the headers of a Stripe webhook, by its published scheme ``v1``."""
    signed = stamped.sign(body, [secret.encode()], now=now)
    return {"Content-Type": "application/json", "Stripe-Signature": signed}


def sign_shopify(
    body: bytes, secret: str, *, topic: str, shop: str, webhook_id: str, triggered_at: str = ""
) -> dict[str, str]:
    """Return the headers of a Shopify webhook.

    Args:
        topic: Such as ``orders/paid``.
        shop: Such as ``name.myshopify.com``.
        webhook_id: Names the delivery; the same one again is a repeat.
        triggered_at: RFC 3339; left out when empty.
    """
    digest = b64encode(hmac.digest(secret.encode(), body, "sha256")).decode()
    headers = {
        "Content-Type": "application/json",
        "X-Shopify-Hmac-SHA256": digest,
        "X-Shopify-Topic": topic,
        "X-Shopify-Shop-Domain": shop,
        "X-Shopify-Webhook-Id": webhook_id,
    }
    return headers | ({"X-Shopify-Triggered-At": triggered_at} if triggered_at else {})
