"""What may be agreed with a creator: rates, flat amounts, caps and guarantees.

Pure values. Each checks itself when it is made, so terms that exist can be
paid; what they come to stands in ``earning.py`` (per order line) and in the
rules of a whole period.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType

from liveshop_sdk.errors import AgreementInvalidError
from liveshop_sdk.money import Money, Rate, exponent_of
from liveshop_sdk.registry.names import parse_sku, parse_slug

DEFAULT_HOLD = timedelta(days=14)
LONGEST = timedelta(days=366)
MAX_PER_UNIT = 10**8
"""The largest flat amount per unit, in minor units; a million euro."""

MAX_RULES = 1_000
MAX_MINUTES = 7 * 24 * 60
ROUNDINGS = ("half_up", "half_even")
SHORTS = ("none", "pro_rata")
MODES = ("marginal", "whole_order", "retroactive")
WINDOWS = ("month", "quarter", "year", "agreement")


@dataclass(frozen=True, slots=True, kw_only=True)
class LineTerms:
    """What one product, or one collection, pays instead of the default.

    It stands alone: of a part left out nothing is paid, whatever the default
    is. So ``per_unit`` alone is a flat amount a piece and no percentage.
    """

    rate: Rate | None = None
    per_unit: Money | None = None

    def __post_init__(self) -> None:
        """Refuse what pays nothing it names."""
        if self.rate is None and self.per_unit is None:
            _refuse("a rule for some products without rate and amount", "one of the two, or both")
        _check_rate(self.rate)
        _check_per_unit(self.per_unit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Guarantee:
    """A minimum for a month; a recoupable one is repaid out of later months."""

    amount: Money
    recoupable: bool = True

    def __post_init__(self) -> None:
        """Refuse a guarantee of nothing."""
        _check_positive(self.amount, "guarantee")
        _check_kind(self.recoupable, bool, "recoupable, or not")


@dataclass(frozen=True, slots=True, kw_only=True)
class Appearance:
    """A fee for being live.

    Attributes:
        min_minutes: On air, of one stream, for the whole fee.
        short: What a shorter appearance pays: ``none``, or its minutes' part.
    """

    amount: Money
    min_minutes: int
    short: str = "none"

    def __post_init__(self) -> None:
        """Refuse a fee of nothing, and minutes no stream has."""
        _check_positive(self.amount, "appearance fee")
        if type(self.min_minutes) is not int or not 1 <= self.min_minutes <= MAX_MINUTES:
            _refuse(f"an appearance of {str(self.min_minutes)[:20]} minutes", f"1 to {MAX_MINUTES}")
        _check_word(self.short, SHORTS, "short appearance")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tiers:
    """Higher rates from certain sales on, added up within a window.

    Attributes:
        mode: ``marginal`` (each part of the sum at its own rate),
            ``whole_order`` (an order at the rate reached with it) or
            ``retroactive`` (the whole sum at the rate reached).
        window: ``month``, ``quarter``, ``year`` in the book's time zone, or
            the ``agreement`` version's whole life.
        steps: (from this many minor units of net sales, rate), amounts rising.
    """

    mode: str
    window: str
    currency: str
    steps: tuple[tuple[int, Rate], ...]

    def __post_init__(self) -> None:
        """Refuse steps that do not rise, and words nobody knows."""
        _check_word(self.mode, MODES, "tier mode")
        _check_word(self.window, WINDOWS, "tier window")
        exponent_of(self.currency)
        if not 1 <= len(self.steps) <= MAX_RULES:
            _refuse(f"{len(self.steps)} tiers", f"1 to {MAX_RULES}")
        below = 0
        for start, rate in self.steps:
            _check_kind(rate, Rate, "a rate such as 12%")
            if Money(start, self.currency).amount <= below:
                _refuse(f"a tier from {start} after {below}", "amounts above 0 that rise")
            below = start


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """All that is agreed: what each order line pays, and what a period adds.

    Invariant: every amount is in one currency, and no tier pays less than
    ``rate``.

    Attributes:
        rate: Of net: after discounts, without tax and shipping.
        hold: From payment until commission becomes payable.
        notice: How long before it takes effect a cut must be agreed.
        per_unit: Paid for each unit sold besides the rate.
        products: By SKU, what stands in place of everything below.
        collections: By name, likewise for products without a rule of their own.
        first_time: The rate for buyers known to be new; ``returning`` for those
            known to have bought before. An unknown buyer is at ``rate``.
        cap_per_order: The most a creator's lines of one order earn, before
            hosts share it.
        rounding: Of each order line: ``half_up`` or ``half_even``.
    """

    rate: Rate
    hold: timedelta = DEFAULT_HOLD
    notice: timedelta = timedelta(0)
    per_unit: Money | None = None
    products: Mapping[str, LineTerms] = field(default_factory=dict, hash=False)
    collections: Mapping[str, LineTerms] = field(default_factory=dict, hash=False)
    first_time: Rate | None = None
    returning: Rate | None = None
    cap_per_order: Money | None = None
    cap_per_month: Money | None = None
    guarantee: Guarantee | None = None
    appearance: Appearance | None = None
    tiers: Tiers | None = None
    base: str = "net"
    rounding: str = "half_up"

    def __post_init__(self) -> None:
        """Refuse terms that cannot be paid, naming what is wrong."""
        _check_kind(self.rate, Rate, "a rate such as 12%")
        check_span(self.hold, "hold")
        check_span(self.notice, "notice")
        _check_per_unit(self.per_unit)
        for rate in (self.first_time, self.returning):
            _check_rate(rate)
        for cap in (self.cap_per_order, self.cap_per_month):
            if cap is not None:
                _check_positive(cap, "cap")
        for part, kind in (
            (self.guarantee, Guarantee),
            (self.appearance, Appearance),
            (self.tiers, Tiers),
        ):
            if part is not None:
                _check_kind(part, kind, f"{kind.__name__}(…) or None")
        _check_word(self.base, ("net",), "base")
        _check_word(self.rounding, ROUNDINGS, "rounding")
        self._check_rules()
        for _start, rate in self.tiers.steps if self.tiers else ():
            if rate < self.rate:
                _refuse(f"a tier at {rate}", f"at least the default rate of {self.rate}")
        if len(self._currencies()) > 1:
            _refuse(f"amounts in {' and '.join(sorted(self._currencies()))}", "one currency")

    @property
    def currency(self) -> str | None:
        """Return the currency of every amount, None without any."""
        return next(iter(self._currencies()), None)

    @property
    def is_plain(self) -> bool:
        """Tell whether nothing is agreed but rate, hold and how to round."""
        plain = Terms(rate=self.rate, hold=self.hold, base=self.base, rounding=self.rounding)
        return self == plain

    def _check_rules(self) -> None:
        if len(self.products) + len(self.collections) > MAX_RULES:
            _refuse("so many rules", f"at most {MAX_RULES} products and collections")
        for sku in self.products:
            parse_sku(sku)
        for name in self.collections:
            parse_slug(name, kind="collection")
        for rule in (*self.products.values(), *self.collections.values()):
            _check_kind(rule, LineTerms, "LineTerms for each of them")
        # Copies that nobody can change: the terms are hashed, and accepted.
        object.__setattr__(self, "products", MappingProxyType(dict(self.products)))
        object.__setattr__(self, "collections", MappingProxyType(dict(self.collections)))

    def _currencies(self) -> set[str]:
        rules = (*self.products.values(), *self.collections.values())
        amounts = [
            self.per_unit,
            self.cap_per_order,
            self.cap_per_month,
            self.guarantee.amount if self.guarantee else None,
            self.appearance.amount if self.appearance else None,
            *(rule.per_unit for rule in rules),
        ]
        found = {money.currency for money in amounts if money is not None}
        return found | ({self.tiers.currency} if self.tiers else set())


def check_span(span: object, what: str) -> timedelta:
    """Return a length of time if it is zero to 366 days.

    Raises:
        AgreementInvalidError: It is negative or longer.
    """
    if not isinstance(span, timedelta) or not timedelta(0) <= span <= LONGEST:
        raise AgreementInvalidError(
            problem=f"a {what} of {str(span)[:60]}", expected="a timedelta from 0 to 366 days"
        )
    return span


def _refuse(problem: str, expected: str) -> None:
    raise AgreementInvalidError(problem=problem, expected=expected)


def _check_kind(value: object, kind: type, expected: str) -> None:
    if not isinstance(value, kind):
        _refuse(f"a {type(value).__name__}", expected)


def _check_rate(rate: object) -> None:
    if rate is not None:
        _check_kind(rate, Rate, "a rate such as 12%")


def _check_positive(money: object, what: str) -> None:
    if not isinstance(money, Money) or money.amount < 1:
        _refuse(f"a {what} of {str(money)[:40]}", "an amount of money above 0")


def _check_per_unit(money: Money | None) -> None:
    if money is None:
        return
    _check_positive(money, "amount per unit")
    if money.amount > MAX_PER_UNIT:
        _refuse(f"{money} per unit", f"at most {Money(MAX_PER_UNIT, money.currency)}")


def _check_word(value: object, allowed: tuple[str, ...], what: str) -> None:
    if value not in allowed:
        _refuse(f"the {what} {str(value)[:20]!r}", " or ".join(allowed))
