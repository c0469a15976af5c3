"""Sign webhooks and decide whether we signed these bytes.

The scheme is ``Sandbox-Signature: t=<unix seconds>,v1=<hex HMAC-SHA256 of
"t.body">``; several ``v1`` stand for several secrets while one is replaced.
"""

import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from liveshop_sdk.clock import to_micros
from liveshop_sdk.errors import SignatureInvalidError

HEADER = "Sandbox-Signature"
TOLERANCE = 300
"""Seconds of clock difference accepted, in both directions."""

_MAX_HEADER = 1024
_MAX_SIGNATURES = 8
_STAMP = re.compile(r"[0-9]{1,12}")
_DIGEST = re.compile(r"[0-9a-f]{64}")


def sign(body: bytes, secrets: Sequence[bytes], *, now: datetime) -> str:
    """Return the header for these bytes, one signature per secret."""
    stamp = str(to_micros(now) // 1_000_000)
    parts = [f"t={stamp}"]
    parts += [f"v1={_digest(secret, stamp.encode(), body).decode()}" for secret in secrets]
    return ",".join(parts)


def header_of(headers: Mapping[str, str]) -> str:
    """Return the signature header, however its name is spelled, or ``""``."""
    for name, value in headers.items():
        if name.lower() == HEADER.lower():
            return value
    return ""


def verify(header: str, body: bytes, secrets: Sequence[bytes], *, now: datetime) -> None:
    """Accept a body that one of our secrets signed within the tolerance.

    Raises:
        SignatureInvalidError: for anything else; never another exception.
    """
    stamp, offered = _parse(header)
    expected = [_digest(secret, stamp, body) for secret in secrets]
    if not any(hmac.compare_digest(one, other) for one in expected for other in offered):
        raise _refused("no signature matches")
    # Judged last, so that only who knows a secret learns about our clock.
    if abs(to_micros(now) // 1_000_000 - int(stamp)) > TOLERANCE:
        raise _refused(f"its timestamp is more than {TOLERANCE} s from our clock")


def _digest(secret: bytes, stamp: bytes, body: bytes) -> bytes:
    return hmac.digest(secret, stamp + b"." + body, "sha256").hex().encode()


def _parse(header: str) -> tuple[bytes, list[bytes]]:
    if not header:
        raise _refused("the header is missing")
    if len(header) > _MAX_HEADER or not header.isascii():
        raise _refused("the header is malformed")
    stamps, offered = [], []
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
    return stamps[0].encode(), offered


def _refused(problem: str) -> SignatureInvalidError:
    return SignatureInvalidError(platform="sandbox", problem=problem)
