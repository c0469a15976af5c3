"""Decide whether Stripe signed these bytes: one pure function.

Our own, because the SDK's check raises TypeError for a non-ASCII signature,
accepts any future timestamp and takes one secret at a time.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from liveshop_sdk.errors import SignatureInvalidError
from liveshop_sdk.platforms import stamped

HEADER = "stripe-signature"


def header_of(headers: Mapping[str, str]) -> str:
    """Return the signature header, however its name is spelled, or ``""``."""
    return stamped.header_of(headers, HEADER)


def verify(header: str, body: bytes, secrets: Sequence[bytes], *, now: datetime) -> None:
    """Accept a body that one of our secrets signed within five minutes.

    Args:
        secrets: Signing secrets; several while one is being rolled.

    Raises:
        SignatureInvalidError: for anything else; never another exception.
    """
    if not secrets:
        raise SignatureInvalidError(platform="stripe", problem="no webhook secret is configured")
    stamped.verify(header, body, secrets, now=now, platform="stripe")
