"""Our ids: a prefix that names the kind, then a UUIDv7 in 26 letters.

``chk_06f4m2...`` sorts by the time it was made, also within a millisecond
and while the clock goes back. An id is a name and never a secret: nothing may
be derived from it that must not be guessed.
"""

import random as _random
import re
from datetime import datetime
from threading import Lock

from liveshop_sdk.clock import Clock, from_micros, to_micros

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's base32 in lower case: no i, l, o or u."""

_PREFIX = re.compile(r"[a-z]{2,8}")
_BODY = re.compile(rf"[0-7][{ALPHABET}]{{25}}")
_TAIL_BITS = 74
_PAIRS = [a + b for a in ALPHABET for b in ALPHABET]


class Ids:
    """Makes ids; two from one process never compare in the wrong order.

    RFC 9562 layout: 48 bits of Unix milliseconds, version 7, 12 random bits,
    variant 2, 62 random bits. Within a millisecond, or when the clock went
    back, the 74 random bits are raised by a random step instead (its section
    6.2, method 2), and at their end the millisecond is.
    """

    def __init__(self, clock: Clock, random: _random.Random | None = None) -> None:
        """Take time from `clock` and chance from `random`.

        Args:
            random: A seeded source for replays; the system's own otherwise.
        """
        self._clock = clock
        self._random = random if random is not None else _random.SystemRandom()
        self._lock = Lock()
        self._millis = -1
        self._tail = 0

    def new(self, prefix: str) -> str:
        """Return a new id such as ``chk_06f4m2…``: prefix, ``_``, 26 letters."""
        if not _PREFIX.fullmatch(prefix):
            raise ValueError(f"an id prefix is 2 to 8 letters a-z, not {prefix!r}")
        with self._lock:
            millis, tail = self._next()
        return f"{prefix}_{_body(millis, tail)}"

    def _next(self) -> tuple[int, int]:
        millis = max(0, to_micros(self._clock.now()) // 1000)
        if millis > self._millis:
            # the top bit stays free, so that a busy millisecond has room
            self._millis, self._tail = millis, self._random.getrandbits(_TAIL_BITS - 1)
        else:
            self._tail += 1 + self._random.getrandbits(32)
            if self._tail >> _TAIL_BITS:
                self._millis += 1
                self._tail = self._random.getrandbits(_TAIL_BITS - 1)
        return self._millis, self._tail


def _body(millis: int, tail: int) -> str:
    high, low = tail >> 62, tail & ((1 << 62) - 1)
    number = millis << 80 | 0x7 << 76 | high << 64 | 0b10 << 62 | low
    pairs = [_PAIRS[(number >> shift) & 0x3FF] for shift in range(120, -1, -10)]
    return "".join(pairs)


def is_id(text: str, prefix: str) -> bool:
    """Say whether `text` is spelled like an id of this kind."""
    kind, _, body = text.partition("_")
    return kind == prefix and _BODY.fullmatch(body) is not None


def body_of(text: str) -> str:
    """Return the 26 letters of an id, without its prefix."""
    body = text.partition("_")[2]
    if not _BODY.fullmatch(body):
        raise ValueError("not an id of ours")
    return body


def made_at(text: str) -> datetime:
    """Return the millisecond an id was made in, by its maker's clock."""
    number = 0
    for letter in body_of(text):
        number = number << 5 | ALPHABET.index(letter)
    return from_micros((number >> 80) * 1000)
