"""Orders that were edited before they were paid, and when a payment was made."""

import copy
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from liveshop_sdk.edits import UnitsTakenOff
from liveshop_sdk.errors import PlatformRefusedError
from liveshop_sdk.facts import OrderPaid, OrderRefunded
from tests.platforms import shopify_support as support

_, RESOLVERS, PAY = support.oracle_modules()
PLACED = "2026-11-01T09:00:00+00:00"
EDITED = "2026-11-02T09:00:00+00:00"
PAID = "2026-11-10T09:00:00+00:00"
AT = datetime(2026, 11, 10, 9, tzinfo=UTC)


@pytest.fixture
def oracle() -> Iterator[Any]:
    with support.running_oracle() as one:
        yield one


class Nowhere:
    """An oracle that nobody may call."""

    url = "http://127.0.0.1:9"


def order_of(**spec: Any) -> Any:
    """An order that was placed, and paid nine days later."""
    order = PAY.build_order(created_at=PLACED, **spec)
    order["updated_at"] = PAID
    order["transactions"] = [
        {"kind": "sale", "status": "failure", "processed_at": EDITED},
        {"kind": "authorization", "status": "success", "processed_at": EDITED},
        {"kind": "capture", "status": "success", "processed_at": PAID},
        {"kind": "refund", "status": "success", "processed_at": "2026-11-20T09:00:00Z"},
    ]
    return order


def take_off(order: Any, line: Any, units: int, *, is_recorded: bool = True) -> None:
    """Edit units off a line: Shopify records that as a refund that pays nothing."""
    made = PAY.add_refund(order, items={line["id"]: units}, created_at=EDITED)
    made["transactions"] = []
    order.update(financial_status="paid", updated_at=PAID)
    if not is_recorded:
        order["refunds"].remove(made)


def told(order: Any, adapter: Any = None, **head: Any) -> OrderPaid:
    """Hear of an order by its webhook, which carries no transactions."""
    adapter = adapter or support.platform(Nowhere())
    payload = copy.deepcopy(order)
    del payload["transactions"]
    (fact,) = adapter.read(support.delivered(adapter, "orders/paid", payload, **head))
    assert isinstance(fact, OrderPaid)
    return fact


def both(oracle: Any, order: Any) -> OrderPaid:
    """Hear of an order and ask for it: the sale is the same."""
    oracle.orders[order["id"]] = order
    adapter = support.platform(oracle)
    heard = told(order, adapter)
    assert adapter.find_order(str(order["id"]))[0] == heard
    return heard


def net(order: Any, fact: OrderPaid) -> int:
    """What the buyer paid for goods, as the lines say."""
    return sum(line.base + (line.tax if order["taxes_included"] else 0) for line in fact.lines)


def test_a_line_taken_off_earns_nothing(oracle: Any) -> None:
    order = order_of(
        lines=[{"price": "39.90", "quantity": 2}, {"price": "12.50", "quantity": 1}],
        discounts=[{"code": "X", "percent": "16"}],
    )
    first, second = order["line_items"]
    take_off(order, second, 1)
    for is_recorded in (True, False):
        order["refunds"] = order["refunds"] if is_recorded else []
        fact = both(oracle, order)
        (line,) = fact.lines
        assert (line.ref, line.quantity) == (str(first["id"]), 2)
        assert (line.gross, line.discount, line.tax, line.base) == (7980, 1277, 1070, 5633)
        assert (fact.total, fact.tax) == (6703 + 490, 1070)


def test_one_unit_less_keeps_its_share_of_the_discount(oracle: Any) -> None:
    # 48.00 twice at 20 %: 19.20 off. One unit is taken off, worth 38.40.
    order = order_of(
        lines=[{"price": "48.00", "quantity": 2}],
        discounts=[{"code": "X", "percent": "20"}],
        tax_rate="0",
    )
    take_off(order, order["line_items"][0], 1)
    (line,) = both(oracle, order).lines
    assert (line.quantity, line.gross, line.discount, line.base) == (1, 4800, 960, 3840)


@pytest.mark.parametrize("included", [True, False])
def test_what_was_taken_off_and_what_went_back_later_are_not_mixed_up(
    oracle: Any, included: bool
) -> None:
    order = order_of(
        taxes_included=included,
        lines=[{"price": "3.33", "quantity": 7}, {"price": "11.11", "quantity": 5}],
        discounts=[{"code": "X", "percent": "33"}],
    )
    first, second = order["line_items"]
    take_off(order, first, 2)
    take_off(order, second, 1)
    paid = both(oracle, order)
    assert [line.quantity for line in paid.lines] == [5, 4]
    assert paid.total == int(Decimal(order["current_total_price"]) * 100)
    assert paid.tax == int(Decimal(order["current_total_tax"]) * 100)
    assert net(order, paid) + (0 if included else paid.tax) + 490 == paid.total
    PAY.add_refund(
        order, items={first["id"]: 5}, shipping="4.90", created_at="2026-11-12T09:00:00Z"
    )
    restock = PAY.add_refund(order, items={second["id"]: 1}, created_at="2026-11-12T10:00:00Z")
    restock["transactions"] = []
    order["updated_at"] = PAID
    sale, refund, off = support.platform(oracle).find_order(str(order["id"]))
    assert sale == paid
    assert isinstance(off, UnitsTakenOff)
    assert off.record_id == str(restock["id"])
    assert isinstance(refund, OrderRefunded)
    assert refund.lines == ((str(first["id"]), paid.lines[0].base),)


def test_units_taken_off_without_any_record_of_them(oracle: Any) -> None:
    """The order is asked for; if it does not tell either, the line is shared out."""
    order = order_of(
        lines=[{"price": "10.00", "quantity": 3}], discounts=[{"code": "X", "amount": "10.00"}]
    )
    line = order["line_items"][0]
    take_off(order, line, 1)
    known = both(oracle, order)
    bare = {**copy.deepcopy(order), "refunds": []}
    oracle.log.clear()
    assert told(bare, support.platform(oracle)) == known
    assert len(oracle.log) == 1
    order["refunds"] = []
    (sold,) = both(oracle, order).lines
    assert (sold.quantity, sold.gross, sold.discount, sold.tax) == (2, 2000, 667, 213)
    assert sold.base == 2000 - 667 - 213


def test_a_line_without_discount_and_tax_needs_no_record() -> None:
    order = order_of(lines=[{"price": "10.00", "quantity": 3}], tax_rate="0")
    take_off(order, order["line_items"][0], 1, is_recorded=False)
    fact = told(order)
    assert [(line.quantity, line.base) for line in fact.lines] == [(2, 2000)]
    assert fact.total == 2490


def add_line(order: Any, price: str) -> None:
    added = copy.deepcopy(order["line_items"][0])
    line_id = added["id"] + 1
    added.update(id=line_id, price=price, discount_allocations=[], tax_lines=[])
    added["admin_graphql_api_id"] = f"gid://shopify/LineItem/{line_id}"
    added["price_set"]["shop_money"]["amount"] = price
    order["line_items"].append(added | {"_tax": Decimal(0), "_net": Decimal(price)})


def test_a_line_added_by_an_edit_is_sold(oracle: Any) -> None:
    for shipping in ("0", "20.00"):
        order = order_of(lines=[{"price": "10.00", "quantity": 1}], shipping=shipping)
        add_line(order, "12.50")
        raised = Decimal("22.50") + Decimal(shipping)
        PAY._Money(order).put(order, "current_total_price", raised)
        fact = both(oracle, order)
        assert [line.base for line in fact.lines] == [840, 1250]
        assert (fact.total, fact.tax) == (int(raised * 100), 160)


def test_lines_worth_more_than_any_total_are_asked_for_and_refused(oracle: Any) -> None:
    order = order_of(lines=[{"price": "10.00", "quantity": 1}], shipping="0")
    oracle.orders[order["id"]] = order
    spoiled = copy.deepcopy(order)
    add_line(spoiled, "12.50")
    adapter = support.platform(oracle)
    assert told(spoiled, adapter) == told(order, adapter)
    oracle.orders[order["id"]] = spoiled
    with pytest.raises(PlatformRefusedError, match="worth more than was paid"):
        told(spoiled, adapter)


# --- when it was paid


def test_a_sale_is_dated_by_its_payment(oracle: Any) -> None:
    order = order_of()
    assert both(oracle, order).occurred_at == AT
    order["transactions"].append({"kind": "sale", "status": "success", "processed_at": EDITED})
    assert both(oracle, order).occurred_at == AT


def test_transactions_in_the_payload_win() -> None:
    order = order_of()
    order["updated_at"] = "2026-11-15T00:00:00Z"
    adapter = support.platform(Nowhere())
    (fact,) = adapter.read(support.delivered(adapter, "orders/paid", order))
    assert fact.occurred_at == AT


def test_a_payload_without_any_date_of_payment_is_dated_by_its_delivery() -> None:
    order = order_of()
    del order["updated_at"]
    assert told(order, triggered_at=PAID).occurred_at == AT
    placed = datetime(2026, 11, 1, 9, tzinfo=UTC)
    assert told(order, triggered_at="2020-01-01T00:00:00Z").occurred_at == placed


def test_an_order_of_nothing_is_paid_when_it_is_placed(oracle: Any) -> None:
    order = order_of(discounts=[{"code": "X", "percent": "100"}], shipping="0")
    order.update(transactions=[], updated_at=PLACED)
    assert both(oracle, order).occurred_at == datetime(2026, 11, 1, 9, tzinfo=UTC)
