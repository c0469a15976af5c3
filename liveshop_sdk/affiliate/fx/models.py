"""A rate between two currencies, and an amount it was applied to."""

import math
import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fractions import Fraction

from liveshop_sdk.clock import to_iso
from liveshop_sdk.errors import FxRateInvalidError
from liveshop_sdk.facts import Json
from liveshop_sdk.money import Money, exponent_of, half_up
from liveshop_sdk.wire import is_storable

OLDEST = timedelta(days=7)
"""How far a rate may lie behind the day something is paid at it."""

LARGEST = 10**12
"""Of numerator and denominator, so that products stay far from their ends."""

_DECIMAL = re.compile(r"([0-9]{1,9})(?:\.([0-9]{1,9}))?", re.ASCII)
_LONGEST_SOURCE = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class FxRate:
    """One unit of ``base`` is ``num/den`` units of ``quote``, from ``as_of`` on.

    Units are major ones, as rates are quoted: 217/200 for 1.085.
    """

    base: str
    quote: str
    num: int
    den: int
    as_of: datetime
    source: str

    def __post_init__(self) -> None:
        """Refuse what is no rate."""
        exponent_of(self.base)
        exponent_of(self.quote)
        if self.base == self.quote:
            raise self._invalid("it is between a currency and itself")
        for part in (self.num, self.den):
            if type(part) is not int or not 0 < part <= LARGEST:
                raise self._invalid(f"both its parts must be whole, from 1 to {LARGEST}")
        if not is_storable(self.source) or not 0 < len(self.source) <= _LONGEST_SOURCE:
            raise self._invalid(f"its source needs 1 to {_LONGEST_SOURCE} characters")

    def _invalid(self, problem: str) -> FxRateInvalidError:
        return FxRateInvalidError(base=self.base[:12], quote=self.quote[:12], problem=problem)

    def reduced(self) -> "FxRate":
        """Return the same rate in its lowest terms, so that equal rates are equal."""
        common = math.gcd(self.num, self.den)
        return replace(self, num=self.num // common, den=self.den // common)

    def inverted(self) -> "FxRate":
        """Return what it says of the quote in the base."""
        return replace(self, base=self.quote, quote=self.base, num=self.den, den=self.num)

    def convert(self, money: Money) -> Money:
        """Return an amount of the base in the quote, half up to its minor unit."""
        shift = exponent_of(self.quote) - exponent_of(self.base)
        up, down = 10 ** max(shift, 0), 10 ** max(-shift, 0)
        return Money(half_up(money.amount * self.num * up, self.den * down), self.quote)

    def as_json(self) -> dict[str, Json]:
        """Return the rate by name of its parts."""
        return {
            "base": self.base,
            "quote": self.quote,
            "num": self.num,
            "den": self.den,
            "as_of": to_iso(self.as_of),
            "source": self.source,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """An amount as it is paid from another currency, at a rate frozen with it."""

    paid: Money
    num: int
    den: int

    @classmethod
    def of(cls, money: Money, rate: FxRate, *, step: int = 1) -> "Conversion":
        """Apply a rate to what is owed, half up to a whole number of steps.

        Args:
            step: The least a rail moves, in minor units of what it is paid from.
        """
        paid = rate.convert(money)
        whole = half_up(paid.amount, step) * step
        return cls(paid=Money(whole, paid.currency), num=rate.num, den=rate.den)


def parts_of(text: str) -> tuple[int, int]:
    """Read ``1.085`` as 217 and 200.

    Raises:
        ValueError: it is no such number.
    """
    match = _DECIMAL.fullmatch(text)
    if match is None:
        raise ValueError(f"{text[:40]!r} is no rate; write it like 1.085.")
    whole, decimals = match[1], match[2] or ""
    found = Fraction(int(whole + decimals), 10 ** len(decimals))
    return found.numerator, found.denominator
