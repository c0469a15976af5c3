"""Money is a whole number of minor units and a currency; a rate is basis points.

No float and no Decimal takes part. Every division names its rounding: half up
with halves away from zero (`half_up`), to the even neighbour (`half_even`), or
largest remainder (`split`).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from liveshop_sdk.currencies import EXPONENTS, PAYOUT_SCALES, SCALES
from liveshop_sdk.errors import (
    AmountInvalidError,
    CurrencyMismatchError,
    CurrencyUnknownError,
    MoneyStepError,
    RateInvalidError,
)

MAX_AMOUNT = 10**15 - 1
"""The largest amount: exact in JSON, JavaScript, Excel and 64-bit sums."""

_DECIMAL = re.compile(r"(-?)(0|[1-9][0-9]{0,39})(?:\.([0-9]{1,18}))?")
_RANGE = f"a whole number of minor units from -{MAX_AMOUNT} to {MAX_AMOUNT}"


@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount in one currency, within ±(10**15 − 1) minor units.

    Sums and order comparisons of two currencies raise CurrencyMismatchError;
    ``==`` between them is simply False, so amounts can live in sets.

    Attributes:
        amount: Minor units: cents for EUR, yen for JPY, fils for KWD.
        currency: ISO 4217 code in capitals.

    Example:
        >>> Money.parse("49.90", "EUR").at(Rate.percent("12"))
        Money(amount=599, currency='EUR')
    """

    amount: int
    currency: str

    def __post_init__(self) -> None:
        """Refuse what is no exact amount; bool and float are not."""
        exponent_of(self.currency)
        if type(self.amount) is not int or not -MAX_AMOUNT <= self.amount <= MAX_AMOUNT:
            raise AmountInvalidError(value=_shown(self.amount), expected=_RANGE)

    @classmethod
    def zero(cls, currency: str) -> "Money":
        """Return nothing, in this currency."""
        return cls(0, currency)

    @classmethod
    def parse(cls, text: str, currency: str) -> "Money":
        """Read plain decimal text such as ``49.90``.

        Raises:
            AmountInvalidError: exponents, separators, spaces, a plus sign, or
                more decimals than the currency has.
        """
        return cls(_minor(text, currency, tolerant=False), currency)

    def decimal_text(self) -> str:
        """Write the amount with all the decimals of its currency: ``49.90``."""
        return decimals(self.amount, self.currency)

    def __str__(self) -> str:
        """Write the amount for people: ``49.90 EUR``."""
        return f"{self.decimal_text()} {self.currency}"

    def as_json(self) -> dict[str, int | str]:
        """Return the shape every JSON answer uses for money."""
        return {"amount": self.amount, "currency": self.currency}

    def at(self, rate: "Rate") -> "Money":
        """Return the part a rate takes, half up."""
        return Money(half_up(self.amount * rate.basis_points, 10_000), self.currency)

    def __add__(self, other: "Money") -> "Money":
        return Money(self.amount + self._same(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.amount - self._same(other), self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.amount, self.currency)

    def __mul__(self, quantity: int) -> "Money":
        if type(quantity) is not int:
            raise AmountInvalidError(value=_shown(quantity), expected="a whole quantity")
        return Money(self.amount * quantity, self.currency)

    __rmul__ = __mul__

    def __lt__(self, other: "Money") -> bool:
        return self.amount < self._same(other)

    def __le__(self, other: "Money") -> bool:
        return self.amount <= self._same(other)

    def __gt__(self, other: "Money") -> bool:
        return self.amount > self._same(other)

    def __ge__(self, other: "Money") -> bool:
        return self.amount >= self._same(other)

    def _same(self, other: "Money") -> int:
        if not isinstance(other, Money):
            raise AmountInvalidError(value=_shown(other), expected=f"money in {self.currency}")
        if other.currency != self.currency:
            raise CurrencyMismatchError(left=self.currency, right=other.currency)
        return other.amount


@dataclass(frozen=True, slots=True, order=True)
class Rate:
    """A share between 0 % and 100 %, in whole basis points.

    Example:
        >>> str(Rate.percent("12.5")), Rate.bps(1250).basis_points
        ('12.5%', 1250)
    """

    basis_points: int

    def __post_init__(self) -> None:
        """Refuse what is no whole number from 0 to 10,000."""
        if type(self.basis_points) is not int or not 0 <= self.basis_points <= 10_000:
            raise RateInvalidError(value=_shown(self.basis_points))

    @classmethod
    def bps(cls, basis_points: int) -> "Rate":
        """Return a rate of so many hundredths of a percent."""
        return cls(basis_points)

    @classmethod
    def percent(cls, value: str | int) -> "Rate":
        """Read a number of percent such as ``"12.5"``; nothing finer than 0.01.

        Text may end in its sign: ``"12.5%"``.
        """
        if isinstance(value, str):
            return cls(_basis_points(value.removesuffix("%"), typed=value))
        if type(value) is not int or not 0 <= value <= 100:
            raise RateInvalidError(value=_shown(value))
        return cls(value * 100)

    @classmethod
    def parse(cls, text: str) -> "Rate":
        """Read a rate as people type it, with its sign: ``12%``, ``12.5 %``."""
        number, sign, rest = text.strip().partition("%")
        if not sign or rest:
            raise RateInvalidError(value=_shown(text))
        return cls(_basis_points(number.rstrip(" "), typed=text))

    @classmethod
    def of(cls, value: "Rate | str") -> "Rate":
        """Return a rate, or read one from text with its sign such as ``"12%"``.

        A bare number is refused: it could mean percent or basis points.
        """
        if isinstance(value, Rate):
            return value
        if isinstance(value, str):
            return cls.parse(value)
        raise RateInvalidError(value=_shown(value))

    def __str__(self) -> str:
        """Write the rate as ``12%``, ``12.5%`` or ``12.05%``."""
        whole, part = divmod(self.basis_points, 100)
        return f"{whole}.{part:02}".rstrip("0").rstrip(".") + "%" if part else f"{whole}%"


# --- rules of rounding, on plain whole numbers


def half_up(numerator: int, denominator: int) -> int:
    """Divide and round to the nearest; a half goes away from zero.

    So a refund of minus one takes back exactly what one gave. The
    denominator must be positive.
    """
    if denominator <= 0:
        raise ValueError("the denominator must be positive")
    if numerator < 0:
        return -((-2 * numerator + denominator) // (2 * denominator))
    return (2 * numerator + denominator) // (2 * denominator)


def half_even(numerator: int, denominator: int) -> int:
    """Divide and round to the nearest; a half goes to the even neighbour.

    The denominator must be positive.
    """
    if denominator <= 0:
        raise ValueError("the denominator must be positive")
    whole, rest = divmod(numerator, denominator)
    is_up = 2 * rest > denominator or (2 * rest == denominator and whole % 2)
    return whole + 1 if is_up else whole


def split(total: int, weights: Sequence[int]) -> list[int]:
    """Share a total out by weight so that the parts sum to it exactly.

    Largest remainder: every part is rounded down, and the units left go to
    the largest remainders, of equal ones to the lowest index. Weight zero
    gets zero; a negative total gives the same parts, negated.

    Raises:
        ValueError: a negative weight, or weights of zero for a total.
    """
    if any(weight < 0 for weight in weights):
        raise ValueError("weights must not be negative")
    whole = sum(weights)
    if not whole:
        if total:
            raise ValueError("nobody to share the total with: all weights are zero")
        return [0] * len(weights)
    if total < 0:
        return [-part for part in split(-total, weights)]
    parts = [total * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: -(total * weights[i] % whole))
    for index in by_remainder[: total - sum(parts)]:
        parts[index] += 1
    return parts


def reversed_part(*, total: int, refunded: int, base: int) -> int:
    """Return how much of `total` is undone once `refunded` of `base` went back.

    Cumulative: post the difference to what was posted before. It rises with
    `refunded`, so no refund ever gives commission back, and is `total` at the
    end, whatever the steps were.

    Args:
        refunded: All base refunded so far; taken as within 0 and `base`.
    """
    if base <= 0:
        return 0
    return half_up(total * min(max(refunded, 0), base), base)


def order_refund_base(*, base: int, named: int, unnamed: int, paid_rest: int) -> int:
    """Return a line's refunded base when some refunds name no line.

    ``named + half_up((base − named) × unnamed, paid_rest)`` within 0 and
    `base`, and all of `base` once nothing that was paid is left: a function of
    the set of refunds, so their order cannot matter.

    Args:
        base: The line's commission base.
        named: Base of this line refunded by refunds that name it.
        unnamed: Sum of the order's successful refunds that name no line.
        paid_rest: What was paid less what line-naming refunds took back.
    """
    if base <= 0:
        return 0
    own = min(max(named, 0), base)
    if unnamed <= 0:
        return own
    if unnamed >= paid_rest:  # all that was paid went back, or more
        return base
    return min(base, own + half_up((base - own) * unnamed, paid_rest))


# --- other people's spellings of money


def exponent_of(currency: object) -> int:
    """Return how many decimals a currency has."""
    exponent = EXPONENTS.get(currency) if isinstance(currency, str) else None
    if exponent is None:
        raise CurrencyUnknownError(currency=str(currency)[:12])
    return exponent


def decimals(amount: int, currency: str) -> str:
    """Write minor units with all the decimals of a currency; of any size."""
    exponent = EXPONENTS[currency]
    digits = str(abs(amount)).rjust(exponent + 1, "0")
    text = f"{digits[:-exponent]}.{digits[-exponent:]}" if exponent else digits
    return f"-{text}" if amount < 0 else text


def platform_scale(platform: str, currency: str, *, payout: bool = False) -> tuple[int, int]:
    """Return the decimals in a platform's integers, and the step they keep to.

    Args:
        payout: Ask for payouts, where some currencies have a coarser step.
    """
    exponent = exponent_of(currency)
    if platform not in SCALES:
        raise ValueError(f"{platform!r} does not write amounts as integers")
    scale = SCALES[platform].get(currency, (exponent, 1))
    return PAYOUT_SCALES.get(platform, {}).get(currency, scale) if payout else scale


def to_platform(money: Money, platform: str, *, payout: bool = False) -> int:
    """Write an amount as the integer a platform expects, exactly or not at all.

    Raises:
        MoneyStepError: the platform cannot carry this amount.
    """
    exponent, step = platform_scale(platform, money.currency, payout=payout)
    amount, rest = _rescaled(money.amount, EXPONENTS[money.currency], exponent)
    if rest or amount % step:
        raise MoneyStepError(
            platform=platform,
            currency=money.currency,
            step=str(money_step(platform, money.currency, payout=payout)),
            amount=money.amount,
        )
    return amount


def from_platform(amount: int, currency: str, platform: str) -> Money:
    """Read a platform's integer; its code may be in lower case.

    Raises:
        MoneyStepError: finer than the currency's minor unit.
    """
    code = currency.upper()
    exponent, _ = platform_scale(platform, code)
    if type(amount) is not int:
        raise AmountInvalidError(value=_shown(amount), expected=_RANGE)
    minor, rest = _rescaled(amount, exponent, EXPONENTS[code])
    if rest:
        raise MoneyStepError(platform=platform, currency=code, step="1", amount=amount)
    return Money(minor, code)


def money_step(platform: str, currency: str, *, payout: bool = False) -> int:
    """Return the step, in our minor units, that a platform's amounts keep to.

    Round partial refunds and discounts to it before sending them.
    """
    exponent, step = platform_scale(platform, currency, payout=payout)
    ours, rest = _rescaled(step, exponent, EXPONENTS[currency])
    return ours if not rest else 1


def from_decimal_text(text: str, currency: str) -> Money:
    """Read a platform's decimal text, such as Shopify's ``1000.0`` in JPY.

    Unlike `Money.parse`, zeros beyond the currency's decimals are accepted.
    """
    return Money(_minor(text, currency, tolerant=True), currency)


def _shown(value: object) -> str:
    if isinstance(value, int) and abs(value) > MAX_AMOUNT:
        return "a number out of range"
    return repr(value[:40] if isinstance(value, str) else value)[:60]


def _basis_points(percent: object, *, typed: object) -> int:
    """Read a number of percent; a refusal shows what was typed."""
    match = _DECIMAL.fullmatch(percent) if isinstance(percent, str) else None
    if match is not None and not match[1] and len(match[3] or "") <= 2:
        found = int(match[2]) * 100 + int((match[3] or "").ljust(2, "0"))
        if found <= 10_000:
            return found
    raise RateInvalidError(value=_shown(typed))


def _rescaled(amount: int, have: int, want: int) -> tuple[int, int]:
    if want >= have:
        coarser: int = 10 ** (want - have)
        return amount * coarser, 0
    finer: int = 10 ** (have - want)
    minor, rest = divmod(abs(amount), finer)
    return (-minor if amount < 0 else minor), rest


def _minor(text: str, currency: str, *, tolerant: bool) -> int:
    exponent = exponent_of(currency)
    match = _DECIMAL.fullmatch(text)
    if match is not None:
        sign, whole, part = match[1], match[2], match[3] or ""
        if tolerant and len(part) > exponent:
            part = part[:exponent] + part[exponent:].rstrip("0")
        if len(part) <= exponent:
            minor = int(whole + part.ljust(exponent, "0"))
            if minor > MAX_AMOUNT:
                largest = Money(MAX_AMOUNT, currency).decimal_text()
                raise AmountInvalidError(
                    value=_shown(text), expected=f"-{largest} to {largest} {currency}"
                )
            return -minor if sign else minor
    decimals = f"at most {exponent} decimals" if exponent else "no decimals"
    example = Money(4990, currency).decimal_text()
    raise AmountInvalidError(
        value=_shown(text), expected=f"digits with {decimals} for {currency}, such as {example}"
    )
