"""What order lines earn under terms: the rule that applies, then the cap.

1. The first of these that is agreed applies, alone: the product's rule, its
   collection's, the rate for new or for returning buyers, the default rate.
2. A line earns that rate of its base, rounded as agreed, and its amount per
   unit times the quantity.
3. What an order earns beyond its cap is cut; the cap is shared out over the
   lines by what they earned, with the largest remainder.

Amounts are in the brand's currency. An order in another one is paid by its
rates alone: no flat amount and no cap is applied, because converting them would
need a rate of exchange that nobody agreed on.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from liveshop_sdk.affiliate.terms import LineTerms, Terms
from liveshop_sdk.money import Money, Rate, half_even, half_up, split

DEFAULT = "default"
FIRST_TIME = "first_time"
RETURNING = "returning"
_NOTHING = Rate.bps(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """What terms look at in an order line.

    Attributes:
        sku: Ours, or ``""``.
        collection: The product's, or ``""``.
        is_returning: Whether the buyer bought here before; None when unknown.
        base: What the rate is of, in minor units of the order's currency.
    """

    sku: str = ""
    collection: str = ""
    is_returning: bool | None = None
    quantity: int = 1
    base: int = 0


@dataclass(frozen=True, slots=True)
class Rule:
    """The rule that applies to a line.

    ``name`` is ``default``, ``first_time``, ``returning``, ``product:<SKU>`` or
    ``collection:<name>``.
    """

    name: str
    rate: Rate
    per_unit: Money | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Earned:
    """What one order line earns, before hosts share it.

    Attributes:
        per_unit: Minor units paid for each of ``quantity``; 0 for none.
        uncapped: What it earns without the order's cap.
        cap: The cap on all the creator's lines of the order; None without.
        amount: What it earns.
    """

    rule: str
    rate: Rate
    per_unit: int
    quantity: int
    uncapped: int
    cap: int | None
    amount: int


def rule_for(terms: Terms, unit: Unit) -> Rule:
    """Return the rule that applies to an order line."""
    if unit.sku in terms.products:
        return _alone(f"product:{unit.sku}", terms.products[unit.sku])
    if unit.collection in terms.collections:
        return _alone(f"collection:{unit.collection}", terms.collections[unit.collection])
    if unit.is_returning is False and terms.first_time is not None:
        return Rule(FIRST_TIME, terms.first_time, terms.per_unit)
    if unit.is_returning is True and terms.returning is not None:
        return Rule(RETURNING, terms.returning, terms.per_unit)
    return Rule(DEFAULT, terms.rate, terms.per_unit)


def earned(terms: Terms, units: Sequence[Unit], currency: str) -> list[Earned]:
    """Return what each of an order's lines earns, in their order.

    Args:
        units: All of the order's lines of one brand.
        currency: The order's.
    """
    rules = [rule_for(terms, unit) for unit in units]
    flat = [_in(rule.per_unit, currency) or 0 for rule in rules]
    rounded = half_even if terms.rounding == "half_even" else half_up
    whole = [
        rounded(unit.base * rule.rate.basis_points, 10_000) + amount * unit.quantity
        for unit, rule, amount in zip(units, rules, flat, strict=True)
    ]
    cap = _in(terms.cap_per_order, currency)
    parts = split(cap, whole) if cap is not None and sum(whole) > cap else whole
    return [
        Earned(
            rule=rule.name,
            rate=rule.rate,
            per_unit=amount,
            quantity=unit.quantity,
            uncapped=before,
            cap=cap,
            amount=part,
        )
        for unit, rule, amount, before, part in zip(units, rules, flat, whole, parts, strict=True)
    ]


def _alone(name: str, rule: LineTerms) -> Rule:
    return Rule(name, rule.rate or _NOTHING, rule.per_unit)


def _in(money: Money | None, currency: str) -> int | None:
    return money.amount if money is not None and money.currency == currency else None
