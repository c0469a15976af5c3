"""What order lines earn under every part of the terms, to the cent."""

from typing import Any

import pytest

from liveshop_sdk.affiliate.earning import Unit, earned, rule_for
from liveshop_sdk.affiliate.terms import LineTerms, Terms
from liveshop_sdk.money import Money, Rate, half_even


def eur(text: str) -> Money:
    return Money.parse(text, "EUR")


def pct(text: str) -> Rate:
    return Rate.percent(text)


def terms(rate: str = "12", **parts: Any) -> Terms:
    return Terms(rate=pct(rate), **parts)


TEE = Unit(sku="sku_tee", collection="basics", base=4990)
MUG = Unit(sku="sku_mug", base=1000, quantity=3)
FULL: dict[str, Any] = {
    "per_unit": eur("0.50"),
    "products": {"sku_tee": LineTerms(rate=pct("15"))},
    "collections": {"basics": LineTerms(per_unit=eur("1.50"))},
    "first_time": pct("20"),
    "returning": pct("8"),
}


def amounts(agreed: Terms, *units: Unit, currency: str = "EUR") -> list[int]:
    return [line.amount for line in earned(agreed, units, currency)]


@pytest.mark.parametrize(
    ("unit", "name", "amount"),
    [
        # 15 % of 49.90 = 7.485; the product's rule stands alone: nothing per unit.
        (TEE, "product:sku_tee", 749),
        # The collection's flat amount stands alone, too: 2 × 1.50 and no percentage.
        (
            Unit(sku="sku_cap", collection="basics", base=4990, quantity=2),
            "collection:basics",
            300,
        ),
        # 20 % of 10.00, and 3 × 0.50 as agreed for every unit.
        (Unit(sku="sku_mug", base=1000, quantity=3, is_returning=False), "first_time", 350),
        (Unit(sku="sku_mug", base=1000, quantity=3, is_returning=True), "returning", 230),
        (MUG, "default", 270),
        # A product's rule comes before what the buyer is.
        (Unit(sku="sku_tee", base=4990, is_returning=False), "product:sku_tee", 749),
        (Unit(collection="basics", base=4990, is_returning=True), "collection:basics", 150),
        (Unit(base=4990), "default", 649),
        (Unit(sku="sku_mug", base=0, quantity=4), "default", 200),
        (Unit(sku="sku_mug", base=1000, quantity=0), "default", 120),
    ],
)
def test_the_first_rule_that_is_agreed_applies_alone(unit: Unit, name: str, amount: int) -> None:
    agreed = terms(**FULL)
    assert rule_for(agreed, unit).name == name
    assert amounts(agreed, unit) == [amount]


def test_an_unknown_buyer_is_at_the_default_rate() -> None:
    agreed = terms(first_time=pct("20"), returning=pct("8"))
    assert amounts(agreed, MUG) == [120]


def test_a_buyer_without_a_rate_of_their_own_is_at_the_default_rate() -> None:
    new, old = (Unit(base=1000, is_returning=is_old) for is_old in (False, True))
    assert amounts(terms(first_time=pct("20")), new, old) == [200, 120]
    assert amounts(terms(returning=pct("8")), new, old) == [120, 80]


def test_a_rate_and_an_amount_add_up() -> None:
    rule = LineTerms(rate=pct("15"), per_unit=eur("1.00"))
    # 15 % of 99.80 = 14.97, and 2 × 1.00.
    unit = Unit(sku="sku_tee", base=9980, quantity=2)
    (line,) = earned(terms(products={"sku_tee": rule}), [unit], "EUR")
    assert (line.rate, line.per_unit, line.quantity) == (pct("15"), 100, 2)
    assert (line.uncapped, line.cap, line.amount) == (1697, None, 1697)


def test_a_rule_of_nothing_excludes_a_product() -> None:
    assert amounts(terms(products={"sku_tee": LineTerms(rate=pct("0"))}), TEE, MUG) == [0, 120]


@pytest.mark.parametrize(
    ("base", "up", "even"), [(5, 1, 0), (15, 2, 2), (25, 3, 2), (24, 2, 2), (26, 3, 3), (0, 0, 0)]
)
def test_a_half_is_rounded_as_agreed(base: int, up: int, even: int) -> None:
    assert amounts(terms("10"), Unit(base=base)) == [up]
    assert amounts(terms("10", rounding="half_even"), Unit(base=base)) == [even]


@pytest.mark.parametrize(
    ("number", "parts", "whole"),
    [(1, 2, 0), (3, 2, 2), (5, 2, 2), (-1, 2, 0), (-3, 2, -2), (7, 3, 2), (8, 3, 3), (-8, 3, -3)],
)
def test_half_even(number: int, parts: int, whole: int) -> None:
    assert half_even(number, parts) == whole


def test_half_even_divides_by_something() -> None:
    with pytest.raises(ValueError, match="positive"):
        half_even(1, 0)


def test_a_cap_is_shared_out_by_the_largest_remainder() -> None:
    # 5.99 and 1.20 are 7.19; of 5.00 that is 4.1655 and 0.8345.
    agreed = terms(cap_per_order=eur("5.00"))
    lines = earned(agreed, [TEE, MUG], "EUR")
    assert [(x.uncapped, x.cap, x.amount) for x in lines] == [(599, 500, 417), (120, 500, 83)]


def test_a_cap_that_is_not_reached_changes_nothing() -> None:
    assert amounts(terms(cap_per_order=eur("7.19")), TEE, MUG) == [599, 120]
    assert amounts(terms(cap_per_order=eur("7.18")), TEE, MUG) == [598, 120]


def test_a_cap_holds_flat_amounts_too() -> None:
    agreed = terms(cap_per_order=eur("1.00"), per_unit=eur("10.00"))
    assert amounts(agreed, Unit(base=0, quantity=1), Unit(base=0, quantity=3)) == [25, 75]


def test_an_order_in_another_currency_is_paid_by_its_rates_alone() -> None:
    rule = LineTerms(rate=pct("15"), per_unit=eur("1.00"))
    agreed = terms(per_unit=eur("0.50"), cap_per_order=eur("0.01"), products={"sku_tee": rule})
    lines = earned(agreed, [TEE, MUG], "USD")
    assert [(x.per_unit, x.cap, x.amount) for x in lines] == [(0, None, 749), (0, None, 120)]


def test_no_lines_earn_nothing() -> None:
    assert earned(terms(cap_per_order=eur("1.00")), [], "EUR") == []
