"""How personal codes are spelled, and how they follow from a seed. Pure rules."""

import hmac
import re
from hashlib import sha256

LETTERS = "23456789BCDFGHJKMNPQRSTVWXYZ"
"""No 0, O, 1, I or L, which look alike, and no A, E or U, which make words."""

LENGTH = 10
"""Letters of chance: 48 bits."""

MAX_PREFIX = 8

_SPELLED = re.compile(rf"([A-Z0-9](?:[A-Z0-9-]*[A-Z0-9])?)-[{LETTERS}]{{{LENGTH}}}")


def prefix_of(coupon_code: str) -> str:
    """Return how every personal code of a coupon begins: its first letters."""
    return coupon_code[:MAX_PREFIX].strip("-") or "C"


def code_of(seed: bytes, prefix: str, code_id: str, turn: int) -> str:
    """Return the code of a number; another turn gives another one.

    Args:
        code_id: Batch and number; no two codes have the same.
        turn: How many codes of this number the platform would not have.
    """
    number = int.from_bytes(_keyed(seed, f"code:{code_id}:{turn}"), "big")
    letters = []
    for _ in range(LENGTH):
        number, place = divmod(number, len(LETTERS))
        letters.append(LETTERS[place])
    return f"{prefix}-{''.join(letters)}"


def lookup_of(seed: bytes, code: str) -> str:
    """Return what a code is found by; without the seed it tells nothing."""
    return _keyed(seed, f"lookup:{code}").hex()[:32]


def prefix_in(text: str) -> str | None:
    """Return the prefix of what may be a personal code, None for any other code."""
    match = _SPELLED.fullmatch(text)
    return match[1] if match else None


def _keyed(seed: bytes, text: str) -> bytes:
    return hmac.digest(seed, text.encode(), sha256)
