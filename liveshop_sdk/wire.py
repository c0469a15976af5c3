"""The strict door for JSON, and the one spelling we store and hash.

Python's parser takes duplicate keys, NaN, lone surrogates and numbers that no
database holds, and falls over deep nesting. `loads` refuses all of them with
one error, so that whatever passes can be stored by both engines and hashed.
"""

import json
import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import NoReturn

from liveshop_sdk.errors import BodyInvalidError
from liveshop_sdk.facts import Json

MAX_DEPTH = 32
MAX_BYTES = 2_000_000  # more than the largest order a platform sends
_INT64 = range(-(2**63), 2**63)

_PLAIN = {str, int, bool, type(None), dict, list}
_SUSPECT_ESCAPE = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_NUL = r"\u0000"
_LONG_NUMBER = re.compile("[0-9]{19}")
_MAX_FLOAT_CHARS = 64
_MAX_FLOAT_EXPONENT = 400


def loads(raw: bytes, *, limit: int = MAX_BYTES) -> object:
    """Parse a body from outside, or say in one word why not.

    Whole numbers come back as int, all others as Decimal, never float.

    Args:
        raw: The bytes as received.
        limit: The largest number of bytes looked at.

    Raises:
        BodyInvalidError: its ``reason`` is ``too_large``, ``not_utf8``,
            ``byte_order_mark``, ``too_deep`` (over 32), ``not_json``,
            ``duplicate_key``, ``not_finite``, ``number_too_big``,
            ``nul_character`` or ``lone_surrogate``.
    """
    if len(raw) > limit:
        raise BodyInvalidError(reason="too_large")
    if raw.startswith(b"\xef\xbb\xbf"):
        raise BodyInvalidError(reason="byte_order_mark")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise BodyInvalidError(reason="not_utf8") from None
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError:
        raise BodyInvalidError(reason="not_json") from None
    except RecursionError:  # the parser's own limit, long before the stack's end
        raise BodyInvalidError(reason="too_deep") from None
    for _ in _levels(value):
        pass
    if _SUSPECT_ESCAPE.search(raw):
        _check_strings(value)
    return value


def canonical(value: object) -> str:
    """Write a value in its only spelling: sorted keys, no spaces, no floats.

    Keys are sorted by code point and text is not escaped beyond what JSON
    asks for. `loads_canonical` gives the same value back.

    Raises:
        TypeError: a float, a Decimal, a key that is no text, or any object.
        BodyInvalidError: what `loads` would refuse to read back.
    """
    for level in _levels(value):
        _check_plain(level)
    text = _ENCODER.encode(value)
    if not is_storable(text) or _NUL in text:
        _check_strings(value)
    return text


def is_storable(text: object) -> bool:
    """Tell whether both engines hold it: a text, no NUL, no half of a character."""
    if not isinstance(text, str):
        return False
    return (text.isascii() and "\x00" not in text) or not _UNSTORABLE.search(text)


def loads_canonical(text: str) -> Json:
    """Read back what `canonical` wrote, and nothing else.

    Raises:
        BodyInvalidError: ``not_canonical``, when it is spelled in another way,
            or what `loads` says of it.
    """
    try:
        value = _STORED.decode(text)
    except ValueError:  # a number of thousands of digits is one as well
        raise BodyInvalidError(reason="not_json") from None
    except RecursionError:
        raise BodyInvalidError(reason="too_deep") from None
    is_long = _LONG_NUMBER.search(text) is not None
    for level in _levels(value):
        if is_long:
            _check_plain(level)
    if _ENCODER.encode(value) != text:  # a key that comes twice is written once
        raise BodyInvalidError(reason="not_canonical")
    if not is_storable(text) or _NUL in text:
        _check_strings(value)
    return value  # type: ignore[no-any-return]


# --- parts


def _levels(value: object) -> Iterator[list[object]]:
    """Yield a value, then what it holds, then what that holds; 32 deep, no more."""
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        yield level
        outer = [one for one in level if type(one) is dict or type(one) is list]
        if not outer:
            return
        level = []
        for one in outer:
            level += one.values() if type(one) is dict else one
    raise BodyInvalidError(reason="too_deep")


def _pairs(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BodyInvalidError(reason="duplicate_key")
    return found


def _int(text: str) -> int:
    # 20 characters hold every 64-bit number; longer ones are never converted
    number = int(text) if len(text) <= 20 else _INT64.stop
    if number not in _INT64:
        raise BodyInvalidError(reason="number_too_big")
    return number


def _float(text: str) -> Decimal:
    try:
        number = Decimal(text) if len(text) <= _MAX_FLOAT_CHARS else None
    except InvalidOperation:
        number = None
    if number is None or abs(number.adjusted()) > _MAX_FLOAT_EXPONENT:
        raise BodyInvalidError(reason="number_too_big")
    return number


def _constant(_: str) -> NoReturn:
    raise BodyInvalidError(reason="not_finite")


def _not_canonical(_: str) -> NoReturn:
    raise BodyInvalidError(reason="not_canonical")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_pairs, parse_int=_int, parse_float=_float, parse_constant=_constant
)
_STORED = json.JSONDecoder(parse_float=_not_canonical, parse_constant=_not_canonical)
_ENCODER = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, check_circular=False
)


def _check_strings(value: object) -> None:
    if isinstance(value, str):
        _check_text(value)
    elif isinstance(value, dict):
        for key, inner in value.items():
            _check_text(key)
            _check_strings(inner)
    elif isinstance(value, list):
        for inner in value:
            _check_strings(inner)


def _check_text(text: str) -> None:
    found = _UNSTORABLE.search(text)
    if found:
        reason = "nul_character" if found[0] == "\x00" else "lone_surrogate"
        raise BodyInvalidError(reason=reason)


def _check_plain(level: list[object]) -> None:
    for kind in set(map(type, level)) - _PLAIN:
        raise TypeError(f"{kind.__name__} has no canonical spelling; use int or str")
    for one in level:
        if type(one) is int:
            if one not in _INT64:
                raise BodyInvalidError(reason="number_too_big")
        elif type(one) is dict:
            for kind in set(map(type, one)) - {str}:
                raise TypeError(f"a key must be text, not {kind.__name__}")
