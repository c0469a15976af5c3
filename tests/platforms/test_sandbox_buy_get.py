"""Units for less at the sandbox, worked out by hand, line by line."""

from typing import Any

import pytest

from liveshop_sdk.checkout.coupons.kinds import BuyGet
from liveshop_sdk.errors import PlatformRefusedError, SandboxCodeRefusedError
from liveshop_sdk.facts import OrderPaid
from liveshop_sdk.money import Money
from liveshop_sdk.platforms.sandbox.pricing import Discount, Item, Terms, price
from tests.platforms.sandbox_support import Store, item, store_fixture

__all__ = ["store_fixture"]


def gift(buy: str, units: int, get: str, n: int, bps: int = 10_000, **more: Any) -> BuyGet:
    return BuyGet(buy_sku=buy, buy_units=units, get_sku=get, get_units=n, get_bps=bps, **more)


TWO_PLUS_ONE = gift("MUG", 2, "MUG", 1)
MUG_TO_TEES = gift("TEE", 1, "MUG", 1, 5000)
"""With each tee, a mug at half its price."""


def units(sku: str, quantity: int, unit: int) -> Item:
    return Item(sku=sku, item_ref=sku, title=sku, quantity=quantity, unit=unit)


@pytest.mark.parametrize(
    ("gives", "cart", "off"),
    [
        # Three mugs at 10.00: one is free. Two: none. Six: two. Eight: two, as nine would be three.
        (TWO_PLUS_ONE, [units("MUG", 3, 1000)], [1000]),
        (TWO_PLUS_ONE, [units("MUG", 2, 1000)], [0]),
        (TWO_PLUS_ONE, [units("MUG", 6, 1000)], [2000]),
        (TWO_PLUS_ONE, [units("MUG", 8, 1000)], [2000]),
        # Once an order: six mugs, one free.
        (gift("MUG", 2, "MUG", 1, per_order=1), [units("MUG", 6, 1000)], [1000]),
        # The tee beside them is not touched.
        (TWO_PLUS_ONE, [units("TEE", 4, 4990), units("MUG", 3, 1000)], [0, 1000]),
        # Two tees, three mugs at 9.99: two of them at half price, 9.99 off in all.
        (MUG_TO_TEES, [units("TEE", 2, 4990), units("MUG", 3, 999)], [0, 999]),
        # One tee, one mug at 9.99: half of it is 4.995, rounded up.
        (MUG_TO_TEES, [units("TEE", 1, 4990), units("MUG", 1, 999)], [0, 500]),
        # A mug without a tee, a tee without a mug.
        (MUG_TO_TEES, [units("MUG", 3, 999)], [0]),
        (MUG_TO_TEES, [units("TEE", 3, 4990)], [0]),
        # One product in two lines: of 3 units the cheapest is got, 7.00; of 6 two, 7.00 each.
        (TWO_PLUS_ONE, [units("MUG", 2, 1000), units("MUG", 1, 700)], [0, 700]),
        (TWO_PLUS_ONE, [units("MUG", 4, 1000), units("MUG", 2, 700)], [0, 1400]),
        # … of 9 three: both at 7.00 and one at 10.00.
        (TWO_PLUS_ONE, [units("MUG", 7, 1000), units("MUG", 2, 700)], [1000, 1400]),
        # At 33.33 %: 1.00 + 0.50 of two lines is 0.49995, so 50 cents; 33.33 and 16.67 by share.
        (gift("MUG", 1, "CAP", 2, 3333), [units("MUG", 1, 1), units("CAP", 1, 100),
                                          units("CAP", 1, 50)], [0, 33, 17]),
        # What costs nothing stays at nothing.
        (TWO_PLUS_ONE, [units("MUG", 3, 0)], [0]),
        (gift("MUG", 998, "MUG", 1), [units("MUG", 999, 1000)], [1000]),
    ],
)  # fmt: skip
def test_what_comes_off_each_line(gives: BuyGet, cart: list[Item], off: list[int]) -> None:
    discount = Discount(percent_bps=None, amount_off=None, gives=gives)
    priced = price(cart, Terms(shipping=490), discount)
    assert [line.discount for line in priced.lines] == off
    assert priced.total == sum(one.unit * one.quantity for one in cart) - sum(off) + 490


def test_tax_is_of_what_is_left() -> None:
    """Three mugs at 11.90 with 19 % in them, one free: 23.80, of which 3.80 is tax."""
    discount = Discount(percent_bps=None, amount_off=None, gives=TWO_PLUS_ONE)
    terms = Terms(tax_bps=1900, is_tax_included=True)
    (line,) = price([units("MUG", 3, 1190)], terms, discount).lines
    assert (line.gross, line.discount, line.tax) == (3570, 1190, 380)


def coupon(store: Store, gives: BuyGet, code: str = "PLUSONE") -> str:
    return store.coupon(code, percent_bps=None, gives=gives)


def test_a_paid_order_tells_it_line_by_line(store: Store) -> None:
    coupon(store, TWO_PLUS_ONE)
    items = (item("TEE", 4990), item("MUG", 1000, 3))
    ref = store.open(items=items, coupon_code="PLUSONE")
    store.sandbox.pay(ref)
    (paid,) = store.deliver()
    assert isinstance(paid, OrderPaid)
    assert [(line.gross, line.discount, line.base) for line in paid.lines] == [
        (4990, 0, 4990),
        (3000, 1000, 2000),
    ]
    assert (paid.total, paid.codes) == (6990, ("PLUSONE",))


def test_units_that_go_back_end_at_what_was_paid(store: Store) -> None:
    """20.00 were paid for three mugs: 6.67, 6.66, 6.67 go back with them."""
    coupon(store, TWO_PLUS_ONE)
    ref = store.open(items=(item("MUG", 1000, 3),), coupon_code="PLUSONE")
    store.sandbox.pay(ref)
    amounts = [store.sandbox.refund(ref, lines={"MUG": 1}).amount for _ in range(3)]
    assert (amounts, sum(amounts)) == ([667, 666, 667], 2000)


def test_a_cart_without_what_is_asked_for_is_refused(store: Store) -> None:
    coupon(store, TWO_PLUS_ONE)
    before = store.snapshot()
    with pytest.raises(PlatformRefusedError, match="buy 2 MUG, get 1 MUG free"):
        store.open(items=(item("MUG", 1000, 2),), coupon_code="PLUSONE")
    assert store.snapshot() == before
    ref = store.open(items=(item("MUG", 1000, 2),))
    before = store.snapshot()
    with pytest.raises(SandboxCodeRefusedError, match="has not what it asks for"):
        store.sandbox.apply_code(ref, "plusone")
    assert store.snapshot() == before
    assert store.sandbox.checkout(ref).total == Money(2000, "EUR")
