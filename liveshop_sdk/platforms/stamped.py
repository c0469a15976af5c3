"""Signatures ``t=<unix seconds>,v1=<hex HMAC-SHA256 of "t.body">[,v1=…]``.

Stripe's published scheme, which the sandbox signs by as well; several ``v1``
stand for several secrets while one is replaced. Pure functions.
"""

import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from liveshop_sdk.clock import to_seconds
from liveshop_sdk.errors import SignatureInvalidError

TOLERANCE = 300
"""Seconds of clock difference accepted, in both directions."""

_MAX_HEADER = 2048
_MAX_SIGNATURES = 8
_STAMP = re.compile(r"[0-9]{1,12}")
_DIGEST = re.compile(r"[0-9a-f]{64}")


def header_of(headers: Mapping[str, str], name: str) -> str:
    """Return the header of this name, however it is spelled, or ``""``."""
    return next((value for key, value in headers.items() if key.lower() == name.lower()), "")


def sign(body: bytes, secrets: Sequence[bytes], *, now: datetime) -> str:
    """Return the header for these bytes, one signature per secret."""
    stamp = str(to_seconds(now))
    digests = [_digest(secret, stamp.encode(), body).decode() for secret in secrets]
    return ",".join([f"t={stamp}", *(f"v1={digest}" for digest in digests)])


def verify(
    header: str, body: bytes, secrets: Sequence[bytes], *, now: datetime, platform: str
) -> None:
    """Accept a body that one of these secrets signed within the tolerance.

    Args:
        now: Our clock; the timestamp may differ by ``TOLERANCE`` either way.
        platform: Named in the refusal.

    Raises:
        SignatureInvalidError: for anything else; never another exception.
    """
    try:
        stamp, offered = _parse(header)
        expected = [_digest(secret, stamp, body) for secret in secrets]
        if not any(hmac.compare_digest(one, other) for one in expected for other in offered):
            raise _UnsignedError("no signature matches")
        # Judged last, so that only who knows a secret learns about our clock.
        if abs(to_seconds(now) - int(stamp)) > TOLERANCE:
            raise _UnsignedError(f"its timestamp is more than {TOLERANCE} s from our clock")
    except _UnsignedError as found:
        raise SignatureInvalidError(platform=platform, problem=str(found)) from None


class _UnsignedError(Exception):
    """Why a header proves nothing; never leaves this module."""


def _digest(secret: bytes, stamp: bytes, body: bytes) -> bytes:
    return hmac.digest(secret, stamp + b"." + body, "sha256").hex().encode()


def _parse(header: str) -> tuple[bytes, list[bytes]]:
    if not header:
        raise _UnsignedError("the header is missing")
    if len(header) > _MAX_HEADER or not header.isascii() or " " in header:
        raise _UnsignedError("the header is malformed")
    stamps: list[str] = []
    offered: list[bytes] = []
    for part in header.split(","):
        scheme, _, value = part.partition("=")
        if scheme == "t":
            stamps.append(value)
        elif scheme == "v1" and _DIGEST.fullmatch(value):
            offered.append(value.encode())
    if len(stamps) != 1 or not _STAMP.fullmatch(stamps[0]):
        raise _UnsignedError("it must carry one timestamp")
    if not 0 < len(offered) <= _MAX_SIGNATURES:
        raise _UnsignedError(f"it must carry 1 to {_MAX_SIGNATURES} v1 signatures")
    return stamps[0].encode(), offered
