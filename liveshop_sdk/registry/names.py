"""How things may be called: handles, codes of streams and brands, SKUs.

Names stand in account paths, URLs and file names, are never re-used and never
changed. So what could be read in two ways is refused, not corrected.
"""

import re
import unicodedata

from liveshop_sdk.errors import NameInvalidError

_HANDLE = (re.compile(r"[a-z0-9_]"), 2, 32, "2 to 32 of a-z, 0-9 and _")
_SLUG = (re.compile(r"[a-z0-9_-]"), 2, 64, "2 to 64 of a-z, 0-9, _ and -, not beginning with -")
_SKU = (re.compile(r"[A-Za-z0-9._-]"), 1, 64, "1 to 64 of A-Z, a-z, 0-9, '.', _ and -")

_Rule = tuple[re.Pattern[str], int, int, str]


def parse_handle(text: str) -> str:
    """Return a creator's handle as it is, if it may be one.

    Raises:
        NameInvalidError: with the first offending character by name.
    """
    return _parse("handle", text, _HANDLE)


def parse_slug(text: str, *, kind: str = "code") -> str:
    """Return the code of a stream or brand as it is, if it may be one.

    Args:
        kind: What the error calls it: ``stream code``, ``brand code``.

    Raises:
        NameInvalidError: with the first offending character by name.
    """
    slug = _parse(kind, text, _SLUG)
    if slug.startswith("-"):
        raise NameInvalidError(
            kind=kind, value=slug, problem="it begins with '-'", allowed=_SLUG[3]
        )
    return slug


def parse_sku(text: str) -> str:
    """Return a product's SKU as it is, if it may be one.

    Raises:
        NameInvalidError: with the first offending character by name.
    """
    return _parse("SKU", text, _SKU)


def key(text: object, kind: str) -> str:
    """Return what something is looked up by, if a database can be asked for it.

    Raises:
        NameInvalidError: it is no text, such as the record instead of its id,
            or holds characters that no text in a database has.
    """
    if not isinstance(text, str):
        problem = f"it is of type {type(text).__name__}"
        raise NameInvalidError(kind=kind, value=repr(text)[:60], problem=problem, allowed="text")
    odd = next((letter for letter in text if letter == "\0" or "\ud800" <= letter <= "\udfff"), "")
    if odd:
        problem = f"{describe(odd)} is not allowed"
        shown = ascii(text[:60])[1:-1]
        raise NameInvalidError(kind=kind, value=shown, problem=problem, allowed="printable text")
    return text


def describe(character: str) -> str:
    """Name a character so that a look-alike can be told: ``'а' (CYRILLIC …)``."""
    if character.isascii() and character.isprintable() and character != " ":
        return repr(character)
    name = unicodedata.name(character, f"U+{ord(character):04X}")
    shown = repr(character) if character.isprintable() else ascii(character)
    return f"{shown} ({name})"


def _parse(kind: str, text: object, rule: _Rule) -> str:
    letter, least, most, allowed = rule
    text = key(text, kind)
    shown = ascii(text[: most + 1])[1:-1]
    for character in text[: most + 1]:
        if not letter.fullmatch(character):
            problem = f"{describe(character)} is not allowed"
            raise NameInvalidError(kind=kind, value=shown, problem=problem, allowed=allowed)
    if not least <= len(text) <= most:
        problem = f"its length is {len(text)}"
        raise NameInvalidError(kind=kind, value=shown, problem=problem, allowed=allowed)
    return text
