"""What a sandbox takes off for units that a buyer gets for less, against a count of units."""

import math
from dataclasses import replace
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from liveshop_sdk.checkout.coupons.kinds import BuyGet
from liveshop_sdk.platforms.sandbox.pricing import Discount, Item, Terms, line_base, price

SKUS = ("MUG", "TEE", "CAP")
GIVES = st.builds(
    BuyGet,
    buy_sku=st.sampled_from(SKUS),
    buy_units=st.integers(1, 4),
    get_sku=st.sampled_from(SKUS),
    get_units=st.integers(1, 4),
    get_bps=st.integers(1, 10_000),
    per_order=st.none() | st.integers(1, 3),
)
ITEMS = st.lists(
    st.builds(
        Item,
        sku=st.sampled_from(SKUS),
        item_ref=st.just(""),
        title=st.just(""),
        quantity=st.integers(1, 9),
        unit=st.integers(0, 9_999),
    ),
    min_size=1,
    max_size=5,
)
TERMS = st.builds(
    Terms,
    tax_bps=st.sampled_from((0, 700, 1900)),
    is_tax_included=st.booleans(),
    shipping=st.integers(0, 999),
)


def off(gives: BuyGet, items: list[Item], terms: Terms | None = None) -> list[int]:
    discount = Discount(percent_bps=None, amount_off=None, gives=gives)
    return [line.discount for line in price(items, terms or Terms(), discount).lines]


def by_counting(gives: BuyGet, items: list[Item]) -> Fraction:
    """Serve one unit after the other: the dearest are bought, the cheapest got."""
    shelf = {
        sku: sorted(item.unit for item in items if item.sku == sku for _ in range(item.quantity))
        for sku in SKUS
    }
    taken, times = Fraction(0), 0
    while times != gives.per_order:
        if len(shelf[gives.buy_sku]) < gives.buy_units:
            break
        for _ in range(gives.buy_units):
            shelf[gives.buy_sku].pop()
        if len(shelf[gives.get_sku]) < gives.get_units:
            break
        got = [shelf[gives.get_sku].pop(0) for _ in range(gives.get_units)]
        taken += sum(got) * Fraction(gives.get_bps, 10_000)
        times += 1
    return taken


@given(GIVES, ITEMS)
def test_it_is_exactly_what_a_count_of_units_says(gives: BuyGet, items: list[Item]) -> None:
    assert sum(off(gives, items)) == math.floor(by_counting(gives, items) + Fraction(1, 2))


@given(GIVES, ITEMS)
def test_a_line_loses_no_more_than_its_units_are_worth(gives: BuyGet, items: list[Item]) -> None:
    for item, part in zip(items, off(gives, items), strict=True):
        assert 0 <= part <= item.unit * item.quantity
        assert part == 0 or item.sku == gives.get_sku


@given(GIVES, ITEMS)
def test_never_more_than_is_promised(gives: BuyGet, items: list[Item]) -> None:
    once = replace(gives, per_order=1)
    held = sum(item.quantity for item in items)
    dearest = max((item.unit for item in items if item.sku == gives.get_sku), default=0)
    most = gives.get_units * dearest * gives.get_bps
    assert sum(off(once, items)) * 10_000 <= most + 5_000
    times = held if gives.per_order is None else gives.per_order
    assert sum(off(gives, items)) * 10_000 <= times * most + 5_000
    assert sum(off(once, items)) <= sum(off(gives, items))


@given(GIVES, ITEMS, TERMS)
def test_a_cart_adds_up(gives: BuyGet, items: list[Item], terms: Terms) -> None:
    """What was promised off is what the buyer does not pay, and no base is below nothing."""
    discount = Discount(percent_bps=None, amount_off=None, gives=gives)
    priced = price(items, terms, discount)
    gross = sum(item.unit * item.quantity for item in items)
    on_top = 0 if terms.is_tax_included else priced.tax
    assert priced.total == gross - priced.discount + on_top + terms.shipping
    bases = [line_base(line, is_tax_included=terms.is_tax_included) for line in priced.lines]
    assert min(bases) >= 0
    inside = priced.tax if terms.is_tax_included else 0
    assert sum(bases) == gross - priced.discount - inside


@given(GIVES, ITEMS, st.randoms(use_true_random=False))
def test_the_order_of_lines_moves_no_cent(gives: BuyGet, items: list[Item], chance: object) -> None:
    turned = list(items)
    chance.shuffle(turned)  # type: ignore[attr-defined]
    assert sum(off(gives, turned)) == sum(off(gives, items))
