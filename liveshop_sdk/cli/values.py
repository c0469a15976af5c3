"""How people type durations, instants, rates and carts; amounts are read by `Money`."""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, NoReturn

import click

from liveshop_sdk.clock import parse_iso
from liveshop_sdk.errors import InstantInvalidError
from liveshop_sdk.money import Rate
from liveshop_sdk.registry.streams import Host, parse_host

_DURATION = re.compile(r"([0-9]{1,6})([dhms])", re.ASCII)
_UNITS = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
_ITEM = re.compile(r"(.+)=([0-9]{1,6})", re.ASCII)


class DurationType(click.ParamType):
    """``14d``, ``12h``, ``30m`` or ``45s``."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return a duration, or say how to write one."""
        if isinstance(value, timedelta):
            return value
        match = _DURATION.fullmatch(value)
        if match is None:
            self.fail(f"{value!r} is not a duration; write 14d, 12h, 30m or 45s.", param, ctx)
        return timedelta(**{_UNITS[match[2]]: int(match[1])})


class InstantType(click.ParamType):
    """A date, a time and an offset: ``2026-10-02T18:00:00Z``."""

    name = "instant"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return an instant; one without a zone is refused, not guessed."""
        if isinstance(value, datetime):
            return value
        try:
            return parse_iso(value)
        except InstantInvalidError:
            hint = "with an offset, such as 2026-10-02T18:00:00Z or 2026-10-02T20:00:00+02:00"
            self.fail(f"{value!r} is not an instant; write date and time {hint}.", param, ctx)


class RateType(click.ParamType):
    """``12%`` or ``12.5%``."""

    name = "rate"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return a rate; `Rate` refuses what is none."""
        return value if isinstance(value, Rate) else Rate.parse(value)


class PercentType(click.ParamType):
    """``20``, ``12.5`` or ``20%``."""

    name = "percent"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return a rate; `Rate` refuses what is none."""
        return value if isinstance(value, Rate) else Rate.percent(value.removesuffix("%"))


class ItemType(click.ParamType):
    """``SKU=QTY``."""

    name = "sku=qty"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return a SKU and its quantity."""
        if isinstance(value, tuple):
            return value
        match = _ITEM.fullmatch(value)
        if match is None:
            self.fail(f"{value!r} is no cart line; write SKU=QTY, such as sku_tee=1.", param, ctx)
        return match[1], int(match[2])


class HostType(click.ParamType):
    """``HANDLE`` or ``HANDLE:SHARE``."""

    name = "handle[:share]"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return a host; a bad handle or share is refused with its code."""
        return value if isinstance(value, Host) else parse_host(value)


DURATION, INSTANT, RATE, PERCENT = DurationType(), InstantType(), RateType(), PercentType()
ITEM, HOST = ItemType(), HostType()


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
