"""Decide whether Stripe signed these bytes: one pure function.

Our own, because the SDK's check raises TypeError for a non-ASCII signature,
accepts any future timestamp and takes one secret at a time. The scheme is
``Stripe-Signature: t=<seconds>,v1=<hex HMAC-SHA256 of "t.body">[,v1=…]``.
"""

import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from liveshop_sdk.clock import to_micros
from liveshop_sdk.errors import SignatureInvalidError

HEADER = "stripe-signature"
TOLERANCE = 300
"""Seconds of clock difference accepted, in both directions."""

_MAX_HEADER = 2048
_MAX_SIGNATURES = 8
_STAMP = re.compile(r"[0-9]{1,12}")
_DIGEST = re.compile(r"[0-9a-f]{64}")


def header_of(headers: Mapping[str, str]) -> str:
    """Return the signature header, however its name is spelled, or ``""``."""
    for name, value in headers.items():
        if name.lower() == HEADER:
            return value
    return ""


def verify(header: str, body: bytes, secrets: Sequence[bytes], *, now: datetime) -> None:
    """Accept a body that one of our secrets signed within the tolerance.

    Args:
        secrets: Signing secrets; several while one is being rolled.
        now: Our clock; the timestamp may differ by ``TOLERANCE`` either way.

    Raises:
        SignatureInvalidError: for anything else; never another exception.
    """
    stamp, offered = _parse(header)
    if not secrets:
        raise _refused("no webhook secret is configured")
    if not any(_matches(secret, stamp, body, offered) for secret in secrets):
        raise _refused("no signature matches")
    # Judged last, so that only who knows a secret learns about our clock.
    if abs(to_micros(now) // 1_000_000 - int(stamp)) > TOLERANCE:
        raise _refused(f"its timestamp is more than {TOLERANCE} s from our clock")


def _matches(secret: bytes, stamp: bytes, body: bytes, offered: Sequence[bytes]) -> bool:
    expected = hmac.digest(secret, stamp + b"." + body, "sha256").hex().encode()
    return any(hmac.compare_digest(expected, one) for one in offered)


def _parse(header: str) -> tuple[bytes, tuple[bytes, ...]]:
    if not header:
        raise _refused("the header is missing")
    if len(header) > _MAX_HEADER or not header.isascii() or " " in header:
        raise _refused("the header is malformed")
    stamps: list[str] = []
    offered: list[bytes] = []
    for part in header.split(","):
        scheme, _, value = part.partition("=")
        if scheme == "t":
            stamps.append(value)
        elif scheme == "v1" and _DIGEST.fullmatch(value):
            offered.append(value.encode())
    if len(stamps) != 1 or not _STAMP.fullmatch(stamps[0]):
        raise _refused("it must carry one timestamp")
    if not 0 < len(offered) <= _MAX_SIGNATURES:
        raise _refused(f"it must carry 1 to {_MAX_SIGNATURES} v1 signatures")
    return stamps[0].encode(), tuple(offered)


def _refused(problem: str) -> SignatureInvalidError:
    return SignatureInvalidError(platform="stripe", problem=problem)
