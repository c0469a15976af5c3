"""How people type durations, instants, rates and carts; `Money` reads amounts."""

import re
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, NoReturn

import click

from liveshop_sdk.clock import parse_iso
from liveshop_sdk.errors import InstantInvalidError
from liveshop_sdk.money import Rate
from liveshop_sdk.registry.streams import parse_host

_DURATION = re.compile(r"([0-9]{1,6})([dhms])", re.ASCII)
_UNITS = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
_ITEM = re.compile(r"(.+)=([0-9]{1,6})", re.ASCII)
_UNITS_OF = re.compile(r"(.+):([0-9]{1,6})", re.ASCII)
_LINK = re.compile(r"https?://[^?#]+/l/([^/?#]+)")
_SHOWN = 60


class Reader(click.ParamType):  # type: ignore[type-arg]  # click 8.1 knows no arguments
    """Reads one kind of value; ValueError is wrong usage, our errors refuse."""

    def __init__(self, name: str, read: Callable[[str], Any]) -> None:
        """Read with this function, and call the value so in the help text."""
        self.name = name
        self._read = read

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return what the text means, or say how to write it."""
        if not isinstance(value, str):
            return value
        try:
            return self._read(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


def duration(text: str) -> timedelta:
    """Read ``14d``, ``12h``, ``30m`` or ``45s``."""
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ValueError(f"{text[:_SHOWN]!r} is not a duration; write 14d, 12h, 30m or 45s.")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def instant(text: str) -> datetime:
    """Read a date, a time and an offset; one without a zone is refused, not guessed."""
    try:
        return parse_iso(text)
    except InstantInvalidError:
        raise ValueError(
            f"{text[:_SHOWN]!r} is not an instant; write date and time with an offset, "
            "such as 2026-10-02T18:00:00Z or 2026-10-02T20:00:00+02:00."
        ) from None


def percent(text: str) -> Rate:
    """Read ``20``, ``12.5`` or ``20%``."""
    return Rate.parse(text) if text.endswith("%") else Rate.percent(text)


def item(text: str) -> tuple[str, int]:
    """Read ``SKU=QTY``."""
    match = _ITEM.fullmatch(text)
    if match is None:
        raise ValueError(f"{text[:_SHOWN]!r} is no cart line; write SKU=QTY, such as sku_tee=1.")
    return match[1], int(match[2])


def units(text: str) -> tuple[str, int]:
    """Read ``SKU:UNITS``."""
    match = _UNITS_OF.fullmatch(text)
    if match is None:
        raise ValueError(f"{text[:_SHOWN]!r} is no number of units; write SKU:2.")
    return match[1], int(match[2])


def minutes(text: str) -> tuple[str, int]:
    """Read ``HANDLE=MINUTES``."""
    match = _ITEM.fullmatch(text)
    if match is None:
        raise ValueError(f"{text[:_SHOWN]!r} is no air time; write HANDLE=MINUTES, such as ana=40.")
    return match[1], int(match[2])


def link(text: str) -> str:
    """Read a token, a short code, or the address of a link as it is shared."""
    match = _LINK.fullmatch(text)
    return match[1] if match else text


LINK = Reader("token", link)
DURATION, INSTANT = Reader("duration", duration), Reader("instant", instant)
RATE, PERCENT = Reader("rate", Rate.parse), Reader("percent", percent)
ITEM, HOST = Reader("sku=qty", item), Reader("handle[:share]", parse_host)
MINUTES, UNITS = Reader("handle=minutes", minutes), Reader("sku:units", units)


def as_cart(items: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Return quantities by SKU; naming one SKU twice is wrong usage."""
    cart: dict[str, int] = {}
    for sku, quantity in items:
        if sku in cart:
            usage(f"{sku} is named twice; add the quantities up.")
        cart[sku] = quantity
    return cart


def usage(problem: str) -> NoReturn:
    """Refuse a combination of options: exit code 2.

    Raises:
        click.UsageError: always.
    """
    raise click.UsageError(problem)
