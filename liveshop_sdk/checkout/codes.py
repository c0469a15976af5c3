"""Codes that people read, say and type: coupon codes and short links."""

import random as _random
import re

from liveshop_sdk.errors import CodeInvalidError
from liveshop_sdk.ids import ALPHABET
from liveshop_sdk.registry.names import describe

SHORT_CODE_LENGTH = 8
_ALLOWED = "3 to 32 of A-Z, 0-9 and -"
_SHORT_ALLOWED = f"{SHORT_CODE_LENGTH} of 0-9 and a-z without u"
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
        raise _refusal(text, f"it has {len(text)} characters")
    return text.upper()


def short_code(random: _random.Random) -> str:
    """Return a new short code of 8 letters, 40 bits of `random`.

    It is looked up and never verified, so `random` must be the system's own
    (``random.SystemRandom``) wherever a guess could matter.
    """
    number = random.getrandbits(5 * SHORT_CODE_LENGTH)
    letters = [ALPHABET[(number >> 5 * place) & 31] for place in range(SHORT_CODE_LENGTH)]
    return "".join(letters)


def read_short_code(text: str) -> str:
    """Return a short code as it is stored, however it was typed.

    Capitals are the same, I and L are read as 1, O as 0 (Crockford).

    Raises:
        CodeInvalidError: it cannot be a short code.
    """
    code = text.lower().translate(_MISREAD) if text.isascii() else ""
    if not _SHORT.fullmatch(code):
        raise CodeInvalidError(
            kind="short code",
            value=_shown(text),
            problem="it is spelled otherwise",
            allowed=_SHORT_ALLOWED,
        )
    return code


def _refusal(text: str, problem: str) -> CodeInvalidError:
    return CodeInvalidError(value=_shown(text), problem=problem, allowed=_ALLOWED)


def _shown(text: str) -> str:
    return ascii(text[:33])[1:-1]
