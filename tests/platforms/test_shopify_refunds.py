"""Refunds of Shopify as facts, against a sum done by hand."""

import copy
import random
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liveshop_sdk.edits import UnitsTakenOff
from liveshop_sdk.errors import PlatformRefusedError, PlatformUnavailableError
from liveshop_sdk.facts import OrderRefunded, RefundFailed
from tests.platforms import shopify_support as support
from tests.platforms.shopify_reading_support import (
    PAY,
    bases_by_hand,
    order_of,
    paid,
    read,
    refund_of,
    refunded,
)


def cents(amount: Any) -> int:
    whole = Decimal(str(amount)) * 100
    assert whole == int(whole)
    return int(whole)


@pytest.mark.parametrize("included", [True, False])
def test_refunding_a_line_in_steps_returns_exactly_its_base(included: bool) -> None:
    order = order_of(
        taxes_included=included,
        lines=[{"price": "3.33", "quantity": 7}, {"price": "1.11", "quantity": 3}],
        discounts=[{"code": "X", "percent": "33"}],
    )
    bases = {line.ref: line.base for line in paid(order).lines}
    taken = dict.fromkeys(bases, 0)
    for line in order["line_items"]:
        for _ in range(line["quantity"]):
            fact = refunded(refund_of(order, items={line["id"]: 1}))
            assert fact.named_amount == fact.amount
            for ref, base in fact.lines:
                taken[ref] += base
    assert taken == bases


def test_a_refund_of_shipping_alone_names_no_line() -> None:
    fact = refunded(refund_of(order_of(), shipping="4.90"))
    assert (fact.amount, fact.named_amount, fact.lines) == (490, 490, ())


def test_a_free_amount_names_nothing() -> None:
    order = order_of()
    payload = refund_of(order, amount="10.00")
    fact = refunded(payload)
    assert fact.key == f"refund:{payload['id']}"
    assert (fact.amount, fact.named_amount, fact.lines) == (1000, 0, ())
    assert fact.order_ref == str(order["id"])
    assert fact.occurred_at.isoformat() == "2026-11-23T09:00:00+00:00"


def test_paying_back_more_than_the_items_leaves_the_rest_unnamed() -> None:
    order = order_of()
    fact = refunded(refund_of(order, items={order["line_items"][0]["id"]: 1}, amount="30.00"))
    assert (fact.amount, fact.named_amount) == (3000, 2500)
    assert fact.lines == ((str(order["line_items"][0]["id"]), 2101),)


def test_paying_back_less_shrinks_the_lines_in_proportion() -> None:
    # 25.00 with 3.99 tax inside: 21.01 base; only 20.00 of it came back, so
    # 21.01 * 20 / 25 = 16.808, and 5.00 stay with the shop with their commission.
    order = order_of()
    fact = refunded(refund_of(order, items={order["line_items"][0]["id"]: 1}, amount="20.00"))
    assert (fact.amount, fact.named_amount) == (2000, 2000)
    assert fact.lines == ((str(order["line_items"][0]["id"]), 1681),)


def test_shrinking_several_lines_is_exact_in_sum() -> None:
    order = order_of(
        lines=[{"price": "10.00", "quantity": 1}] * 3, tax_rate="0", taxes_included=False
    )
    items = {line["id"]: 1 for line in order["line_items"]}
    fact = refunded(refund_of(order, items=items, amount="20.00"))
    assert [base for _, base in fact.lines] == [667, 667, 666]


def test_units_taken_off_for_no_money_are_told_once_the_order_was_asked_for() -> None:
    with support.running_oracle() as oracle:
        order = order_of()
        oracle.orders[order["id"]] = order
        payload = refund_of(order, items={order["line_items"][0]["id"]: 1})
        given = payload["transactions"][0]
        adapter = support.platform(oracle)
        for rows in ([], [given | {"kind": "void"}], [given | {"amount": "0.00"}]):
            payload["transactions"] = rows
            _, off = read("refunds/create", PAY.public(payload), adapter)
            assert isinstance(off, UnitsTakenOff)
            assert (off.worth, off.lines) == (2500, ((str(order["line_items"][0]["id"]), 2101),))
        order["financial_status"] = "pending"
        assert read("refunds/create", PAY.public(payload), adapter) == ()


def test_shipping_taken_off_for_no_money_is_told_like_units() -> None:
    with support.running_oracle() as oracle:
        order = order_of()
        oracle.orders[order["id"]] = order
        payload = refund_of(order, shipping="4.90")
        payload["transactions"] = []
        _, off = read("refunds/create", PAY.public(payload), support.platform(oracle))
        assert isinstance(off, UnitsTakenOff)
        assert (off.worth, off.lines) == (490, ())


def test_a_refund_of_nothing_asks_for_nothing() -> None:
    payload = PAY.public(refund_of(order_of(), amount="1.00")) | {"transactions": []}
    assert read("refunds/create", payload) == ()


def test_a_pending_refund_counts_and_a_failed_one_is_told_as_failed() -> None:
    order = order_of()
    payload = PAY.public(refund_of(order, items={order["line_items"][0]["id"]: 1}))
    row = payload["transactions"][0]
    (pending,) = read("refunds/create", payload | {"transactions": [row | {"status": "pending"}]})
    assert pending.amount == 2500
    both = read("refunds/create", payload | {"transactions": [row | {"status": "failure"}]})
    assert [type(fact) for fact in both] == [OrderRefunded, RefundFailed]
    assert both[1].key == f"refund_failed:{payload['id']}"
    assert both[0] == pending
    rows = [row | {"status": "error"}, row | {"id": 5}]
    (again,) = read("refunds/create", payload | {"transactions": rows})
    assert again == pending


def test_a_refunded_gift_card_takes_nothing_back() -> None:
    order = order_of(lines=[{"price": "50.00", "quantity": 1, "gift_card": True}], tax_rate="0")
    fact = refunded(refund_of(order, items={order["line_items"][0]["id"]: 1}))
    assert [base for _, base in fact.lines] == [0]
    assert fact.named_amount == 5000


def test_a_refund_in_the_buyers_currency_is_read_in_the_shops() -> None:
    order = order_of(presentment_currency="JPY", rate="162.37")
    fact = refunded(refund_of(order, items={order["line_items"][0]["id"]: 2}))
    assert (fact.amount, fact.currency) == (5000, "EUR")


def test_shipping_named_the_old_way_is_named_too() -> None:
    order = order_of()
    payload = PAY.public(refund_of(order, items={order["line_items"][0]["id"]: 1}))
    bag = {"shop_money": {"amount": "-4.90", "currency_code": "EUR"}}
    payload["order_adjustments"] = [{"kind": "shipping_refund", "amount_set": bag}]
    payload["transactions"][0]["amount"] = "29.90"
    fact = refunded(payload)
    assert (fact.amount, fact.named_amount) == (2990, 2990)


_LINE = st.builds(
    lambda price, quantity, gift: {
        "price": f"{price // 100}.{price % 100:02}",
        "quantity": quantity,
        "gift_card": gift == 3,
    },
    st.integers(1, 99_999),
    st.integers(1, 9),
    st.integers(0, 3),
)
_LINES = st.lists(_LINE, min_size=1, max_size=5)
_CUT = st.builds(
    lambda kind, value: {"code": f"C{value}", kind: str(value)},
    st.sampled_from(["percent", "amount"]),
    st.integers(1, 100),
)


@pytest.fixture(scope="module")
def long_oracle() -> Iterator[Any]:
    with support.running_oracle() as oracle:
        yield oracle


@settings(max_examples=150, deadline=None)
@given(
    lines=_LINES,
    discounts=st.lists(_CUT, max_size=2),
    included=st.booleans(),
    rate=st.sampled_from(["0", "0.07", "0.19", "0.255"]),
    seed=st.integers(0, 2**32),
)
def test_bases_agree_with_the_sum_by_hand_and_refunds_return_them(
    long_oracle: Any, lines: Any, discounts: Any, included: bool, rate: str, seed: int
) -> None:
    chance = random.Random(seed)
    order = order_of(lines=lines, discounts=discounts, taxes_included=included, tax_rate=rate)
    fact = paid(order)
    by_hand = bases_by_hand(order)
    assert {line.ref: line.base for line in fact.lines} == {
        ref: cents(base) for ref, base in by_hand.items()
    }
    assert sum(line.base for line in fact.lines) <= fact.total
    left = {line["id"]: line["quantity"] for line in order["line_items"]}
    taken = dict.fromkeys(by_hand, 0)
    long_oracle.orders[order["id"]] = order
    adapter = support.platform(long_oracle)
    while any(left.values()):
        items = {ref: chance.randint(0, count) for ref, count in left.items()}
        items = {ref: count for ref, count in items.items() if count}
        if not items:
            continue
        left = {ref: count - items.get(ref, 0) for ref, count in left.items()}
        payload = PAY.add_refund(order, items=items)
        told = read("refunds/create", PAY.public(payload), adapter)
        for one in told:  # the whole order is told with what was taken off for nothing
            if isinstance(one, OrderRefunded) and one.refund_id == str(payload["id"]):
                for ref, base in one.lines:
                    taken[ref] += base
    worth = {line["id"]: line["_net"] + line["_tax"] for line in order["line_items"]}
    for line in fact.lines:
        if worth[int(line.ref)]:
            assert taken[line.ref] == line.base


# --- what a refund leaves out is asked for


def test_a_refund_whose_sums_leave_doubt_asks_for_the_order() -> None:
    with support.running_oracle() as oracle:
        order = order_of(taxes_included=False)
        oracle.orders[order["id"]] = order
        payload = PAY.public(refund_of(order, items={order["line_items"][0]["id"]: 1}))
        adapter = support.platform(oracle)
        sure = refunded(payload, adapter)
        assert oracle.log == []
        vague = copy.deepcopy(payload)
        vague["transactions"][0]["amount"] = "28.00"
        assert refunded(vague, adapter) == sure
        foreign = copy.deepcopy(payload)
        foreign["transactions"][0] |= {"amount": "4712", "currency": "JPY"}
        assert refunded(foreign, adapter) == sure
        assert len(oracle.log) == 2


def test_a_refund_that_the_order_does_not_show_yet_is_tried_again() -> None:
    with support.running_oracle() as oracle:
        order = order_of(taxes_included=False)
        oracle.orders[order["id"]] = order
        payload = PAY.public(refund_of(order, items={order["line_items"][0]["id"]: 1}))
        payload["transactions"][0]["amount"] = "28.00"
        order["refunds"].clear()
        adapter = support.platform(oracle)
        with pytest.raises(PlatformUnavailableError, match="does not show"):
            read("refunds/create", payload, adapter)
        oracle.orders.clear()
        with pytest.raises(PlatformRefusedError, match="read_all_orders"):
            read("refunds/create", payload, adapter)
