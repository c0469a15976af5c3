"""Read Shopify's payloads field by field, refusing what is not as documented.

A missing or mistyped field raises ``ShapeError``, which callers turn into a
refused delivery or answer: a shape we do not understand must never become
money. Amounts are read from ``*_set.shop_money`` only: the shop's currency,
as exact text. The plain fields beside them may be JSON floats, and
``presentment_money`` is in whatever currency the buyer saw.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from liveshop_sdk.clock import parse_iso
from liveshop_sdk.errors import InvalidError
from liveshop_sdk.money import exponent_of, from_decimal_text

Obj = Mapping[str, Any]

_MAX_ID = (1 << 63) - 1


class ShapeError(Exception):
    """A field is missing, or is not what Shopify documents."""


def as_obj(value: object, name: str) -> Obj:
    """Return an object, or refuse."""
    if not isinstance(value, Mapping):
        raise ShapeError(f"{name} is not an object")
    return value


def obj(holder: Obj, name: str) -> Obj:
    """Return an object, ``{}`` for null or absent."""
    value = holder.get(name)
    return {} if value is None else as_obj(value, name)


def objs(holder: Obj, name: str) -> list[Obj]:
    """Return a list of objects, empty for null or absent."""
    value = holder.get(name)
    if value is None:
        return []
    if not isinstance(value, list):
        raise ShapeError(f"{name} is not a list")
    return [as_obj(one, name) for one in value]


def text(holder: Obj, name: str) -> str:
    """Return a text, ``""`` for null or absent; NUL is refused."""
    value = holder.get(name)
    if value is None:
        return ""
    if not isinstance(value, str) or "\0" in value:
        raise ShapeError(f"{name} is not a text")
    return value


def texts(holder: Obj, name: str) -> list[str]:
    """Return a list of texts, empty for null or absent."""
    value = holder.get(name)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise ShapeError(f"{name} is not a list of texts")
    return value


def flag(holder: Obj, name: str) -> bool:
    """Return a truth value, False for null or absent."""
    value = holder.get(name)
    if value is None or isinstance(value, bool):
        return bool(value)
    raise ShapeError(f"{name} is neither true nor false")


def number(holder: Obj, name: str) -> int:
    """Return a whole number that is not negative."""
    value = holder.get(name)
    if type(value) is not int or not 0 <= value <= _MAX_ID:
        raise ShapeError(f"{name} is not a whole number of zero or more")
    return value


def ref(holder: Obj, name: str) -> int:
    """Return a numeric id."""
    value = number(holder, name)
    if not value:
        raise ShapeError(f"{name} is not an id")
    return value


def ref_or_none(holder: Obj, name: str) -> int | None:
    """Return a numeric id, None for null or absent."""
    return None if holder.get(name) is None else ref(holder, name)


def instant(holder: Obj, name: str) -> datetime:
    """Return an instant with its offset."""
    try:
        return parse_iso(text(holder, name))
    except InvalidError:
        raise ShapeError(f"{name} is not an instant") from None


def currency_of(holder: Obj, name: str = "currency") -> str:
    """Return a currency that we know."""
    code = text(holder, name)
    try:
        exponent_of(code)
    except InvalidError:
        raise ShapeError(f"{name} is not a currency in use") from None
    return code


def decimal(holder: Obj, name: str, currency: str, *, signed: bool = False) -> int:
    """Return decimal text as minor units; null or absent is 0."""
    value = text(holder, name)
    if not value:
        return 0
    try:
        amount = from_decimal_text(value, currency).amount
    except InvalidError:
        raise ShapeError(f"{name} is not an amount in {currency}") from None
    if amount < 0 and not signed:
        raise ShapeError(f"{name} is negative")
    return amount


def shop_money(holder: Obj, name: str, currency: str, *, signed: bool = False) -> int:
    """Return the shop-currency side of a ``*_set`` in minor units; null is 0."""
    bag = obj(holder, name)
    if not bag:
        return 0
    money = obj(bag, "shop_money")
    if text(money, "currency_code") != currency:
        raise ShapeError(f"{name} is not in {currency}")
    if not isinstance(money.get("amount"), str):
        raise ShapeError(f"{name} has no amount")
    return decimal(money, "amount", currency, signed=signed)


def presentment_money(holder: Obj, name: str, *, signed: bool = False) -> int:
    """Return the side of a ``*_set`` that the buyer saw; null is 0.

    Only for telling whether the buyer owes anything: books are in shop money.
    """
    money = obj(obj(holder, name), "presentment_money")
    if not money:
        return 0
    return decimal(money, "amount", currency_of(money, "currency_code"), signed=signed)


def needed_money(holder: Obj, name: str, currency: str) -> int:
    """Return the same, refusing null: a price must be there."""
    if not obj(holder, name):
        raise ShapeError(f"{name} is missing")
    return shop_money(holder, name, currency)
