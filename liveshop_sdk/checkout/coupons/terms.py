"""What a coupon may promise. Pure rules."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from liveshop_sdk.checkout.coupons.kinds import WHOLE, BuyGet, FreeShipping, Gives
from liveshop_sdk.checkout.links.issuing import MAX_QUANTITY as MAX_UNITS
from liveshop_sdk.checkout.links.issuing import check_brands
from liveshop_sdk.clock import as_utc, to_iso
from liveshop_sdk.errors import CouponInvalidError, MixedCurrencyError, StreamOverError
from liveshop_sdk.money import Money, Rate
from liveshop_sdk.registry.names import parse_sku
from liveshop_sdk.registry.products import Product
from liveshop_sdk.registry.streams import Stream

MAX_LIMIT = 1_000_000
MAX_OFF = 99_999_999


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a coupon is to promise, as a caller says it; nothing is checked yet."""

    percent_off: Rate | None
    amount_off: int | Money | None
    currency: str | None
    gives: Gives | None
    starts_at: datetime | None
    ends_at: datetime | None
    limit: int | None
    per_customer: int | None


def check_discount(
    percent_off: Rate | None, amount_off: Money | None, gives: Gives | None = None
) -> None:
    """Refuse anything but exactly one thing that a buyer gets."""
    if sum(one is not None for one in (percent_off, amount_off, gives)) != 1:
        raise CouponInvalidError(
            problem="none or several of percent off, amount off, free shipping, and buy and get",
            expected="exactly one",
        )
    if percent_off is not None and percent_off.basis_points == 0:
        raise CouponInvalidError(problem="0% off", expected="more than 0% up to 100%")
    if amount_off is not None and not 0 < amount_off.amount <= MAX_OFF:
        least, most = (Money(amount, amount_off.currency) for amount in (1, MAX_OFF))
        raise CouponInvalidError(problem=f"{amount_off} off", expected=f"{least} to {most}")


def rate_of(percent_off: int | str | Rate | None) -> Rate | None:
    """Return the rate meant by ``20``, ``"12.5"`` or itself."""
    if percent_off is None or isinstance(percent_off, Rate):
        return percent_off
    return Rate.percent(percent_off)


def gives_of(
    buy: tuple[str, int] | None,
    get: tuple[str, int] | None,
    get_percent_off: int | str | Rate | None,
    per_order: int | None,
    *,
    free_shipping: bool,
) -> Gives | None:
    """Return what a buyer gets beside a percentage or an amount, if anything."""
    if type(free_shipping) is not bool:
        raise CouponInvalidError(
            problem=f"free shipping {str(free_shipping)[:20]}", expected="true or false"
        )
    if buy is None and get is None:
        if get_percent_off is not None or per_order is not None:
            raise CouponInvalidError(
                problem="a part of buy and get alone", expected="both of buy and get"
            )
        return FreeShipping() if free_shipping else None
    if buy is None or get is None or free_shipping:
        raise CouponInvalidError(
            problem="one of buy and get, or free shipping beside them",
            expected="both of buy and get, and nothing else",
        )
    off = rate_of(get_percent_off)
    if off is not None and off.basis_points == 0:
        raise CouponInvalidError(problem="0% off", expected="more than 0% up to 100%")
    bought, got = _units("buy", buy), _units("get", get)
    gives = BuyGet(
        buy_sku=bought[0],
        buy_units=bought[1],
        get_sku=got[0],
        get_units=got[1],
        get_bps=WHOLE if off is None else off.basis_points,
        per_order=check_count("uses per order", per_order),
    )
    if max(gives.needs.values()) > MAX_UNITS:
        raise CouponInvalidError(
            problem=f"{max(gives.needs.values())} units of one product",
            expected=f"at most {MAX_UNITS}, as in a cart",
        )
    return gives


def _units(name: str, given: tuple[str, int]) -> tuple[str, int]:
    """Return an SKU and how many units of it."""
    match given:
        case (str(sku), int(units)) if type(units) is int and 1 <= units <= MAX_UNITS:
            return parse_sku(sku), units
    raise CouponInvalidError(
        problem=f"{name} {str(given)[:60]}", expected=f"an SKU and 1 to {MAX_UNITS} units"
    )


def check_products(gives: Gives | None, stream: Stream, products: Mapping[str, Product]) -> None:
    """Refuse products that are not sold on the stream, or not in one cart.

    Args:
        products: Those that it names, by SKU.

    Raises:
        BrandNotOnStreamError: A brand that does not sell there.
        MixedCurrencyError: Two currencies.
    """
    if gives is None:
        return
    check_brands(stream, products)
    currencies = sorted({product.currency for product in products.values()})
    if len(currencies) > 1:
        raise MixedCurrencyError(currencies=", ".join(currencies))


def money_off(
    amount: int | Money | None, currency: str | None, sold_in: Sequence[str]
) -> Money | None:
    """Return what is taken off, in a currency that the stream sells in.

    Args:
        currency: What minor units are in; needed if brands differ in theirs.
        sold_in: The currency of each brand on the stream.
    """
    found = sorted(set(sold_in))
    if amount is None:
        if currency is not None:
            raise CouponInvalidError(problem="a currency without an amount", expected="both")
        return None
    if not isinstance(amount, Money):
        if currency is None and len(found) > 1:
            raise CouponInvalidError(
                problem="an amount without a currency", expected=f"one of {', '.join(found)}"
            )
        amount = Money(amount, found[0] if currency is None else currency)
    elif currency is not None and currency != amount.currency:
        raise CouponInvalidError(
            problem=f"an amount in {amount.currency} and the currency {str(currency)[:12]}",
            expected="one of the two",
        )
    if amount.currency not in found:
        raise CouponInvalidError(
            problem=f"{amount.currency} off on a stream that sells in {', '.join(found)}",
            expected="an amount in what the products cost",
        )
    return amount


def check_count(name: str, count: int | None) -> int | None:
    """Return a limit that is None or a whole number from 1 to a million."""
    if count is not None and (type(count) is not int or not 1 <= count <= MAX_LIMIT):
        raise CouponInvalidError(
            problem=f"{name} {str(count)[:20]}", expected=f"a whole number from 1 to {MAX_LIMIT}"
        )
    return count


def window(
    stream: Stream, starts_at: datetime | None, ends_at: datetime | None, now: datetime
) -> tuple[datetime, datetime]:
    """Return the coupon's window: its own, else its stream's, never over yet."""
    closed = stream.over_since(now)
    if closed is not None and ends_at is None:
        raise StreamOverError(stream=stream.code, closed_at=closed)
    start = stream.opens_at if starts_at is None else as_utc(starts_at)
    end = stream.closes_at if ends_at is None else as_utc(ends_at)
    if end <= start or end <= now:
        raise CouponInvalidError(
            problem=f"a window from {to_iso(start)} to {to_iso(end)}",
            expected="an end after its start and after now",
        )
    return start, end
