"""How money, times and codes are written for people."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from liveshop_sdk import Money, Rate

_SIGNS = {"EUR": "€", "GBP": "£", "USD": "$", "JPY": "¥"}

REASONS = {
    "coupon": "The buyer used your code",
    "checkout_ref": "The buyer came through your link",
    "cart_token": "The buyer paid a cart that your link made",
    "no_evidence": "No creator’s link or code was involved",
    "outside_lookback": "The link was opened too long before the payment",
    "product_unknown": "The product is not in the catalogue",
    "test_order": "A test order earns nothing",
    "brand_not_on_stream": "The stream does not sell this brand",
    "no_agreement": "The creator has no agreement with this brand",
    "not_in_sale": "The product was added after the payment",
}
KINDS = {
    "sale": "Sale",
    "order_changed": "Order changed",
    "refund": "Refund",
    "refund_failed": "Refund failed",
    "dispute_opened": "Dispute opened",
    "dispute_won": "Dispute won",
    "dispute_lost": "Dispute lost",
    "release": "Hold over",
}


def money(value: Money) -> str:
    """Write an amount: ``€49.90``, or ``49.90 CHF``."""
    sign = _SIGNS.get(value.currency)
    if sign is None:
        return str(value)
    text = value.decimal_text()
    return f"−{sign}{text[1:]}" if text.startswith("-") else f"{sign}{text}"


def off(value: Rate | Money) -> str:
    """Write what an offer takes off: ``20%`` or ``€5``."""
    if isinstance(value, Rate):
        return str(value)
    return money(value).removesuffix(".00")


def moment(instant: datetime, zone: str = "UTC") -> str:
    """Write a day and a time: ``Friday 2 October, 20:00 CEST``."""
    local = instant.astimezone(ZoneInfo(zone))
    return f"{local:%A} {local.day} {local:%B, %H:%M %Z}"


def clock_time(instant: datetime, zone: str = "UTC") -> str:
    """Write a time of day: ``20:00 CEST``."""
    return f"{instant.astimezone(ZoneInfo(zone)):%H:%M %Z}"


def day(instant: datetime, zone: str = "UTC") -> str:
    """Write a day: ``2 October``."""
    local = instant.astimezone(ZoneInfo(zone))
    return f"{local.day} {local:%B}"


def iso(instant: datetime) -> str:
    """Write an instant for the ``datetime`` attribute."""
    return f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def reason(code: str) -> str:
    """Say why a sale is credited, or why it is not."""
    return REASONS.get(code, code.replace("_", " "))


def kind(code: str) -> str:
    """Say what an entry of the book is."""
    return KINDS.get(code, code.replace("_", " ").capitalize())


FILTERS: Mapping[str, Callable[..., str]] = {
    "money": money,
    "off": off,
    "moment": moment,
    "clock_time": clock_time,
    "day": day,
    "iso": iso,
    "reason": reason,
    "kind": kind,
}
