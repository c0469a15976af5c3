"""Look-alikes and other letters: every code point at every place is allowed or refused.

``make fuzz-long`` tries all that Unicode has assigned; without it those that
any case or compatibility rule turns into ASCII, and a few by chance.
"""

import string
import unicodedata
from collections.abc import Callable
from functools import cache

import pytest

from liveshop_sdk.checkout.codes import parse_code
from liveshop_sdk.errors import CodeInvalidError, NameInvalidError
from liveshop_sdk.registry.names import parse_handle, parse_sku, parse_slug
from tests.scale import IS_LONG

LOWER, DIGITS = string.ascii_lowercase, string.digits
BOTH = string.ascii_letters


@cache
def code_points() -> list[str]:
    """Return every assigned character, lone surrogates included; or the sample."""
    return [
        letter
        for letter in map(chr, range(0x110000 if IS_LONG else 0x20000))
        if (IS_LONG or ord(letter) % 997 == 0 or _is_near_ascii(letter))
        and unicodedata.category(letter) != "Cn"
    ]


def _is_near_ascii(letter: str) -> bool:
    forms = (letter.upper(), letter.lower(), unicodedata.normalize("NFKC", letter))
    return any(form.isascii() for form in forms)


@pytest.mark.parametrize(
    ("parse", "valid", "allowed"),
    [
        (parse_code, "MIKA20", BOTH + DIGITS + "-"),
        (parse_handle, "mika_2", LOWER + DIGITS + "_"),
        (parse_slug, "duo-26", LOWER + DIGITS + "_-"),
        (parse_sku, "Tee.M1", BOTH + DIGITS + "._-"),
    ],
    ids=["code", "handle", "slug", "sku"],
)
def test_every_letter_at_every_place_is_allowed_or_refused(
    parse: Callable[[str], str], valid: str, allowed: str
) -> None:
    taken = set()
    for letter in code_points():
        for at in range(len(valid)):
            text = valid[:at] + letter + valid[at + 1 :]
            try:
                found = parse(text)
            except (CodeInvalidError, NameInvalidError):
                continue
            assert found in (text, text.upper())
            assert found.isascii()
            taken.add(letter)
    assert taken == set(allowed)
