"""Read Stripe's objects field by field, refusing what is not as documented.

Answers and events are plain dicts here. A missing or mistyped field raises
``ShapeError``, which callers turn into a refused delivery or answer: a shape
we do not understand must never become money.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from liveshop_sdk.clock import from_seconds
from liveshop_sdk.errors import InvalidError, MoneyStepError
from liveshop_sdk.money import Money, exponent_of, from_platform, half_up, platform_scale
from liveshop_sdk.wire import is_storable

Obj = Mapping[str, Any]

_LAST_SECOND = 1 << 34  # year 2514: keeps datetime far from its end


class ShapeError(Exception):
    """A field is missing, or is not what Stripe documents."""


def is_made_by_stripe(session: Obj) -> bool:
    """Say whether Stripe made a session: from a Payment Link, or of one that expired."""
    return bool(session.get("payment_link") or session.get("recovered_from"))


def obj(holder: Obj, name: str) -> Obj:
    """Return an object, ``{}`` for null or absent."""
    value = holder.get(name)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise ShapeError(f"{name} is not an object")
    return value


def objs(holder: Obj, name: str) -> list[Obj]:
    """Return a list of objects, empty for null or absent."""
    value = holder.get(name)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(one, Mapping) for one in value):
        raise ShapeError(f"{name} is not a list of objects")
    return value


def text(holder: Obj, name: str) -> str:
    """Return a text, ``""`` for null or absent; one no database holds is refused."""
    value = holder.get(name)
    if value is None:
        return ""
    if not isinstance(value, str) or not is_storable(value):
        raise ShapeError(f"{name} is not a text")
    return value


def ref(holder: Obj, name: str) -> str:
    """Return an id, whether the object was expanded or not; ``""`` for null."""
    value = holder.get(name)
    return text(value, "id") if isinstance(value, Mapping) else text(holder, name)


def whole(holder: Obj, name: str, default: int | None = None) -> int:
    """Return a whole number that is not negative."""
    value = holder.get(name)
    if value is None and default is not None:
        return default
    if type(value) is not int or value < 0:
        raise ShapeError(f"{name} is not a whole number of zero or more")
    return value


def signed(holder: Obj, name: str) -> int:
    """Return a whole number."""
    value = holder.get(name)
    if type(value) is not int:
        raise ShapeError(f"{name} is not a whole number")
    return value


def instant(holder: Obj, name: str) -> datetime:
    """Return an instant given in Unix seconds."""
    seconds = whole(holder, name)
    if seconds > _LAST_SECOND:
        raise ShapeError(f"{name} is out of range")
    return from_seconds(seconds)


def currency_of(holder: Obj) -> str:
    """Return the currency in capitals; one we know."""
    code = text(holder, "currency").upper()
    try:
        exponent_of(code)
    except InvalidError:
        raise ShapeError("currency is not known") from None
    return code


def amount(holder: Obj, name: str, currency: str) -> int:
    """Return an amount in our minor units, exactly."""
    try:
        return from_platform(whole(holder, name), currency, "stripe").amount
    except InvalidError as error:
        raise ShapeError(f"{name} is not an amount: {error.code}") from None


def moved(holder: Obj, name: str, currency: str) -> Money:
    """Return an amount that came in, or went out and is below zero, exactly."""
    value = holder.get(name)
    if type(value) is not int:
        raise ShapeError(f"{name} is not a whole number")
    try:
        return from_platform(value, currency, "stripe")
    except InvalidError as error:
        raise ShapeError(f"{name} is not an amount: {error.code}") from None


def part(holder: Obj, name: str, currency: str) -> int:
    """Return a part of an order (a line, tax) in our minor units; null is 0.

    Stripe writes ISK and UGX with two decimals they do not have, and splits
    discounts and tax over lines in those hundredths: such parts are rounded
    half up. Totals go through ``amount``, which is exact.
    """
    value = whole(holder, name, 0)
    try:
        return from_platform(value, currency, "stripe").amount
    except MoneyStepError:
        finer = platform_scale("stripe", currency)[0] - exponent_of(currency)
        return half_up(value, 10**finer)
    except InvalidError as error:
        raise ShapeError(f"{name} is not an amount: {error.code}") from None
