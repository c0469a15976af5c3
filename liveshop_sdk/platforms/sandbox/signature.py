"""Sign webhooks and decide whether we signed these bytes.

The scheme is Stripe's, under a name of our own: ``Sandbox-Signature``.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from liveshop_sdk.platforms import stamped
from liveshop_sdk.platforms.stamped import sign

__all__ = ["HEADER", "header_of", "sign", "verify"]

HEADER = "Sandbox-Signature"


def header_of(headers: Mapping[str, str]) -> str:
    """Return the signature header, however its name is spelled, or ``""``."""
    return stamped.header_of(headers, HEADER)


def verify(header: str, body: bytes, secrets: Sequence[bytes], *, now: datetime) -> None:
    """Accept a body that one of our secrets signed within five minutes.

    Raises:
        SignatureInvalidError: for anything else; never another exception.
    """
    stamped.verify(header, body, secrets, now=now, platform="sandbox")
