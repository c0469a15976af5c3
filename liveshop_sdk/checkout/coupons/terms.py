"""What a coupon may promise. Pure rules."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from liveshop_sdk.checkout.coupons.kinds import FreeShipping, Gives
from liveshop_sdk.clock import as_utc, to_iso
from liveshop_sdk.errors import CouponInvalidError, StreamOverError
from liveshop_sdk.money import Money, Rate
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
            problem="none or several of percent off, amount off and free shipping",
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


def gives_of(*, free_shipping: bool) -> Gives | None:
    """Return what a buyer gets beside a percentage or an amount, if anything."""
    if type(free_shipping) is not bool:
        raise CouponInvalidError(
            problem=f"free shipping {str(free_shipping)[:20]}", expected="true or false"
        )
    return FreeShipping() if free_shipping else None


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
