"""Prices and refunds of the sandbox, to the cent and for every cart."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liveshop_sdk.checkout.coupons.kinds import FreeShipping
from liveshop_sdk.errors import SandboxAmountError
from liveshop_sdk.platforms.sandbox.pricing import (
    Discount,
    Item,
    Line,
    Terms,
    line_base,
    line_paid,
    price,
)
from liveshop_sdk.platforms.sandbox.refunds import RefundedLine, refund_lines

INCLUDED = Terms(tax_bps=1900, is_tax_included=True)
ON_TOP = Terms(tax_bps=1900)


def items(*units: int, quantity: int = 1) -> list[Item]:
    return [
        Item(sku=f"sku_{number}", item_ref="", title="", quantity=quantity, unit=unit)
        for number, unit in enumerate(units)
    ]


def percent(bps: int) -> Discount:
    return Discount(percent_bps=bps, amount_off=None)


def amount_off(amount: int) -> Discount:
    return Discount(percent_bps=None, amount_off=amount)


def parts(field: str, *units: int, discount: Discount) -> list[int]:
    return [getattr(line, field) for line in price(items(*units), Terms(), discount).lines]


def test_a_cart_without_anything_special() -> None:
    priced = price(items(4990, 1550, quantity=2), Terms(), None)
    assert (priced.subtotal, priced.discount, priced.tax, priced.total) == (13080, 0, 0, 13080)


def test_a_percentage_is_rounded_half_up_on_the_total() -> None:
    # 15 % of 4990 is 748.5
    assert parts("discount", 4990, discount=percent(1500)) == [749]


def test_a_discount_is_shared_by_largest_remainder() -> None:
    # 10 % of 100 is 10: exact shares 3.3, 3.3 and 3.4
    assert parts("discount", 33, 33, 34, discount=percent(1000)) == [3, 3, 4]
    assert parts("discount", 1, 1, 1, discount=amount_off(2)) == [1, 1, 0]


def test_free_shipping_takes_the_shipping_off_and_nothing_else() -> None:
    ships = Discount(percent_bps=None, amount_off=None, gives=FreeShipping())
    for shipping in (490, 0):
        priced = price(items(4990, quantity=2), Terms(tax_bps=1900, shipping=shipping), ships)
        assert (priced.shipping, priced.shipping_off, priced.discount) == (0, shipping, 0)
        assert (priced.tax, priced.total) == (1896, 11876)


def test_an_amount_off_takes_no_more_than_there_is() -> None:
    assert parts("discount", 300, 200, discount=amount_off(9900)) == [300, 200]


def test_a_free_item_takes_no_discount() -> None:
    assert parts("discount", 0, 1000, discount=percent(5000)) == [0, 500]
    assert parts("discount", 0, discount=percent(5000)) == [0]


def test_tax_on_top_is_paid_and_earns_nothing() -> None:
    priced = price(items(4990), ON_TOP, percent(2000))
    (line,) = priced.lines
    assert (line.discount, line.tax, priced.total) == (998, 758, 4750)
    assert line_base(line, is_tax_included=False) == 3992


def test_included_tax_is_inside_the_price_and_outside_the_base() -> None:
    priced = price(items(4990), INCLUDED, percent(2000))
    (line,) = priced.lines
    assert (line.discount, line.tax, priced.total) == (998, 637, 3992)
    assert line_base(line, is_tax_included=True) == 3355


def test_shipping_is_added_and_never_discounted() -> None:
    terms = Terms(shipping=490)
    assert price(items(1000), terms, percent(10_000)).total == 490


CARTS = st.lists(st.tuples(st.integers(0, 99_999), st.integers(1, 99)), min_size=1, max_size=8)
TERMS = st.builds(
    Terms,
    tax_bps=st.integers(0, 3000),
    is_tax_included=st.booleans(),
    shipping=st.integers(0, 9999),
)
DISCOUNTS = st.none() | st.integers(1, 10_000).map(percent) | st.integers(1, 10**6).map(amount_off)


@given(CARTS, TERMS, DISCOUNTS)
def test_lines_always_add_up(
    cart: list[tuple[int, int]], terms: Terms, discount: Discount | None
) -> None:
    bought = [
        Item(sku=f"s{n}", item_ref="", title="", quantity=quantity, unit=unit)
        for n, (unit, quantity) in enumerate(cart)
    ]
    priced = price(bought, terms, discount)
    eligible = sum(unit * quantity for unit, quantity in cart)
    assert priced.discount == (discount.of(eligible) if discount else 0)
    on_top = 0 if terms.is_tax_included else priced.tax
    assert priced.total == eligible - priced.discount + on_top + terms.shipping
    for line in priced.lines:
        assert 0 <= line.discount <= line.gross
        assert line_base(line, is_tax_included=terms.is_tax_included) >= 0


# --- refunds of units

LINE = Line(
    ref="li_1", sku="sku_tee", item_ref="", title="", quantity=3, gross=100, discount=0, tax=19
)


def refund(before: list[RefundedLine], quantities: Any, **changes: Any) -> list[tuple[int, int]]:
    found = refund_lines([LINE], before, quantities, is_tax_included=False, **changes)
    return [(one.amount, one.base) for one in found]


def test_units_are_refunded_cumulatively() -> None:
    first = RefundedLine(ref="li_1", quantity=1, amount=40, base=33)
    second = RefundedLine(ref="li_1", quantity=1, amount=39, base=34)
    assert refund([], {"li_1": 1}) == [(40, 33)]
    assert refund([first], {"sku_tee": 1}) == [(39, 34)]
    assert refund([first, second], {"li_1": 1}) == [(40, 33)]
    assert refund([], {"li_1": 3}) == [(119, 100)]


@pytest.mark.parametrize(
    "quantities",
    [
        {},
        {"li_1": 0},
        {"li_1": -1},
        {"li_1": 4},
        {"li_1": True},
        {"li_2": 1},
        {"": 1},
        {"li_1": 2, "sku_tee": 2},
    ],
)
def test_units_that_are_not_there_are_refused(quantities: dict[str, int]) -> None:
    with pytest.raises(SandboxAmountError):
        refund([], quantities)


@given(
    st.integers(1, 50),
    st.integers(0, 10**6),
    st.integers(0, 10**6),
    st.integers(0, 10**4),
    st.booleans(),
    st.data(),
)
def test_any_sequence_of_unit_refunds_ends_at_what_was_paid(
    quantity: int, gross: int, discount: int, tax: int, is_included: bool, data: st.DataObject
) -> None:
    discount = min(discount, gross)
    tax = min(tax, gross - discount)
    line = Line(
        ref="l",
        sku="",
        item_ref="",
        title="",
        quantity=quantity,
        gross=gross,
        discount=discount,
        tax=tax,
    )
    done: list[RefundedLine] = []
    while (left := quantity - sum(one.quantity for one in done)) > 0:
        units = data.draw(st.integers(1, left))
        done += refund_lines([line], done, {"l": units}, is_tax_included=is_included)
        assert done[-1].amount >= 0
        assert done[-1].base >= 0
    assert sum(one.amount for one in done) == line_paid(line, is_tax_included=is_included)
    assert sum(one.base for one in done) == line_base(line, is_tax_included=is_included)
