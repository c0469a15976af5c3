"""Decide whether Shopify signed these bytes: pure functions on headers and body.

The scheme is ``X-Shopify-Hmac-SHA256: base64(HMAC-SHA256(client secret, raw
body))``. It covers no header, so what the other headers say is only a claim:
the shop is compared with ours, and the body must fit the topic.
"""

import hmac
from base64 import b64encode
from collections.abc import Mapping, Sequence

from liveshop_sdk.errors import SignatureInvalidError

DIGEST = "shopify-hmac-sha256"
TOPIC = "shopify-topic"
SHOP = "shopify-shop-domain"
WEBHOOK_ID = "shopify-webhook-id"
EVENT_ID = "shopify-event-id"
TRIGGERED_AT = "shopify-triggered-at"


def shopify_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return Shopify's headers under one spelling: lower case, without ``x-``.

    Webhooks write ``X-Shopify-Topic``, events ``Shopify-Topic``.

    Raises:
        SignatureInvalidError: one header stands there twice, unlike.
    """
    found: dict[str, str] = {}
    for name, value in headers.items():
        key = name.lower().removeprefix("x-")
        if key.startswith("shopify-") and found.setdefault(key, value) != value:
            raise _refused("a header is given twice")
    return found


def verify(given: str, body: bytes, secrets: Sequence[bytes]) -> None:
    """Accept a body that one of our secrets signed.

    Both sides are compared as bytes, since text with other letters would make
    the comparison itself fail.

    Args:
        secrets: Client secrets; the old one signs on for up to an hour after
            it was rotated.

    Raises:
        SignatureInvalidError: for anything else; never another exception.
    """
    if not secrets:
        raise _refused("no webhook secret is configured")
    if not given:
        raise _refused("the header is missing")
    offered = given.encode("utf-8", "backslashreplace")
    for secret in secrets:
        expected = b64encode(hmac.digest(secret, body, "sha256"))
        if hmac.compare_digest(expected, offered):
            return
    raise _refused("it does not match the body")


def _refused(problem: str) -> SignatureInvalidError:
    return SignatureInvalidError(platform="shopify", problem=problem)
