"""Read parsed JSON field by field, refusing whatever is not as it should be."""

from collections.abc import Mapping
from datetime import datetime

from liveshop_sdk.clock import parse_iso
from liveshop_sdk.errors import InvalidError
from liveshop_sdk.money import MAX_AMOUNT

Obj = Mapping[str, object]


class ShapeError(Exception):
    """A field is missing or of another type; the text names it."""


def as_object(value: object) -> Obj:
    """Return the value if it is a JSON object."""
    if not isinstance(value, dict):
        raise ShapeError("it is not an object")
    return value


def inner(holder: Obj, name: str) -> Obj:
    """Return a field that is an object."""
    value = holder.get(name)
    if not isinstance(value, dict):
        raise ShapeError(f"{name} is not an object")
    return value


def objects(holder: Obj, name: str) -> list[Obj]:
    """Return a field that is a list of objects."""
    value = holder.get(name)
    if not isinstance(value, list):
        raise ShapeError(f"{name} is not a list")
    return [as_object(one) for one in value]


def texts(holder: Obj, name: str) -> tuple[str, ...]:
    """Return a field that is a list of texts."""
    value = holder.get(name)
    if not isinstance(value, list):
        raise ShapeError(f"{name} is not a list")
    return tuple(text({name: one}, name) for one in value)


def text(holder: Obj, name: str) -> str:
    """Return a field that is text."""
    value = holder.get(name)
    if not isinstance(value, str):
        raise ShapeError(f"{name} is not a text")
    return value


def maybe_text(holder: Obj, name: str) -> str | None:
    """Return a field that is text or null."""
    return None if holder.get(name) is None else text(holder, name)


def whole(holder: Obj, name: str) -> int:
    """Return a field that is an amount or a count: whole, zero or more."""
    value = holder.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MAX_AMOUNT:
        raise ShapeError(f"{name} is not a whole number of zero or more")
    return value


def maybe_whole(holder: Obj, name: str) -> int | None:
    """Return a field that is such a number, or null."""
    return None if holder.get(name) is None else whole(holder, name)


def flag(holder: Obj, name: str) -> bool:
    """Return a field that is true or false."""
    value = holder.get(name)
    if not isinstance(value, bool):
        raise ShapeError(f"{name} is not true or false")
    return value


def instant(holder: Obj, name: str) -> datetime:
    """Return a field that is an instant as ISO text."""
    try:
        return parse_iso(text(holder, name))
    except InvalidError:
        raise ShapeError(f"{name} is not an instant") from None
