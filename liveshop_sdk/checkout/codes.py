"""Codes that people read, say and type: coupon codes and short links."""

import random as _random
import re

from liveshop_sdk.errors import CodeInvalidError
from liveshop_sdk.ids import ALPHABET
from liveshop_sdk.registry.names import describe

SHORT_CODE_LENGTH = 8
_ALLOWED = "3 to 32 of A-Z, 0-9 and -"
_LETTER = re.compile(r"[A-Za-z0-9-]")
_SHORT = re.compile(rf"[{ALPHABET}]{{{SHORT_CODE_LENGTH}}}")
_MISREAD = str.maketrans("ilo", "110")


def parse_code(text: str) -> str:
    """Return a coupon code in capitals, the only way it is stored.

    Only ASCII is taken: a Cyrillic А or a full-width digit looks the same to
    a buyer and is another code to a platform.

    Raises:
        CodeInvalidError: with the first offending character by name.
    """
    for character in text[:33]:
        if not _LETTER.fullmatch(character):
            raise _refusal(text, f"{describe(character)} is not allowed")
    if not 3 <= len(text) <= 32:
        raise _refusal(text, f"its length is {len(text)}")
    return text.upper()


def short_code(random: _random.Random) -> str:
    """Return a new short code of 8 letters, 40 bits of `random`.

    It is looked up and never verified, so `random` must be the system's own
    (``random.SystemRandom``) wherever a guess could matter.
    """
    number = random.getrandbits(5 * SHORT_CODE_LENGTH)
    letters = [ALPHABET[(number >> 5 * place) & 31] for place in range(SHORT_CODE_LENGTH)]
    return "".join(letters)


def parse_short_code(text: str) -> str | None:
    """Return a short code as it is stored, or None if it cannot be one.

    Capitals are the same, I and L are read as 1, O as 0 (Crockford).
    """
    if len(text) != SHORT_CODE_LENGTH or not text.isascii():
        return None
    code = text.lower().translate(_MISREAD)
    return code if _SHORT.fullmatch(code) else None


def _refusal(text: str, problem: str) -> CodeInvalidError:
    return CodeInvalidError(value=ascii(text[:33])[1:-1], problem=problem, allowed=_ALLOWED)
