"""Orders to simulate, read from a table."""

from datetime import UTC, datetime

import pytest

from liveshop_sdk.affiliate.orders_csv import read_orders
from liveshop_sdk.affiliate.simulation import (
    OrderPay,
    PeriodPay,
    SimpleLine,
    SimpleOrder,
    simulate,
)
from liveshop_sdk.affiliate.terms import Terms
from liveshop_sdk.errors import OrdersInvalidError
from liveshop_sdk.money import Rate
from tests.unit.test_terms import eur

HEAD = "order_ref,paid_at,currency,sku,quantity,base"
AT = "2026-10-02T20:00:00+02:00"


def test_rows_of_one_order_are_its_lines() -> None:
    rows = [
        f"{HEAD},collection,returning",
        f"o1,{AT},EUR,sku_tee,2,99.80,,yes",
        f'o2,{AT},JPY,"sku ""x""",1,1000,winter,',
        f"o1,{AT},EUR,,0,0.00,,yes",
    ]
    paid_at = datetime(2026, 10, 2, 18, tzinfo=UTC)
    assert read_orders(rows) == [
        SimpleOrder(
            order_ref="o1",
            paid_at=paid_at,
            currency="EUR",
            lines=(
                SimpleLine(sku="sku_tee", base=9980, quantity=2),
                SimpleLine(sku="", base=0, quantity=0),
            ),
            is_returning=True,
        ),
        SimpleOrder(
            order_ref="o2",
            paid_at=paid_at,
            currency="JPY",
            lines=(SimpleLine(sku='sku "x"', base=1000, collection="winter"),),
        ),
    ]


def test_columns_may_stand_in_any_order() -> None:
    rows = ["base,sku,quantity,currency,paid_at,order_ref", f"1.00,a,1,EUR,{AT},o1"]
    assert read_orders(rows)[0].lines == (SimpleLine(sku="a", base=100),)


def test_a_table_without_rows_holds_no_orders() -> None:
    assert read_orders([HEAD]) == []


GOOD = f"o1,{AT},EUR,sku_tee,1,1.00"
BAD = {
    "nothing": ([], 1, "no column order_ref"),
    "a column less": (["order_ref,paid_at,currency,sku,quantity"], 1, "no column base"),
    "a column nobody knows": ([f"{HEAD},notes"], 1, "notes"),
    "a column twice": ([f"{HEAD},sku"], 1, "columns"),
    "a cell less": ([HEAD, f"o1,{AT},EUR,sku_tee,1"], 2, "cells"),
    "a cell more": ([HEAD, GOOD, f"{GOOD},1"], 3, "cells"),
    "no reference": ([HEAD, GOOD.replace("o1", " ")], 2, "no order_ref"),
    "a fraction of a unit": ([HEAD, f"o1,{AT},EUR,sku_tee,1.5,1.00"], 2, "quantity"),
    "less than no unit": ([HEAD, f"o1,{AT},EUR,sku_tee,-1,1.00"], 2, "quantity"),
    "a million and one": ([HEAD, f"o1,{AT},EUR,sku_tee,1000001,1.00"], 2, "quantity"),
    "many behind zeros": ([HEAD, f"o1,{AT},EUR,sku_tee,00000000{'9' * 20},1.00"], 2, "quantity"),
    "endless and zeros": ([HEAD, f"o1,{AT},EUR,sku_tee,{'9' * 5000:0>6000},1"], 2, "quantity"),
    "endless units": ([HEAD, f"o1,{AT},EUR,sku_tee,{'9' * 5000},1.00"], 2, "quantity"),
    "a base with a comma": ([HEAD, f'o1,{AT},EUR,sku_tee,1,"1,00"'], 2, "1,00"),
    "a negative base": ([HEAD, f"o1,{AT},EUR,sku_tee,1,-1.00"], 2, "base -1.00 EUR"),
    "no currency": ([HEAD, f"o1,{AT},EUX,sku_tee,1,1.00"], 2, "EUX"),
    "no offset": ([HEAD, "o1,2026-10-02T20:00:00,EUR,sku_tee,1,1.00"], 2, "2026"),
    "a buyer in between": ([f"{HEAD},returning", f"{GOOD},maybe"], 2, "maybe"),
    "two currencies": ([HEAD, GOOD, GOOD.replace("EUR", "USD")], 3, "another buyer"),
    "no table": ([HEAD, f'o1,{AT},EUR,"sku"tee,1,1.00'], 2, "no table"),
}


@pytest.mark.parametrize(("rows", "line", "said"), BAD.values(), ids=BAD)
def test_what_cannot_be_read_is_named_with_its_line(rows: list[str], line: int, said: str) -> None:
    with pytest.raises(OrdersInvalidError, match=said) as refused:
        read_orders(rows)
    assert refused.value.line == line


def test_a_rule_of_periods_adds_to_what_orders_pay() -> None:
    orders = read_orders([HEAD, GOOD, GOOD.replace("o1", "o2").replace("EUR", "USD")])
    found = simulate(
        Terms(rate=Rate.percent("12"), cap_per_order=eur("0.10")),
        orders,
        periods=lambda _terms, _orders, paid: [
            PeriodPay(component="tiers", period="2026-10", currency="EUR", amount=paid[0].total)
        ],
    )
    assert found.orders == (
        OrderPay(order_ref="o1", currency="EUR", commission=12, capped=-2),
        OrderPay(order_ref="o2", currency="USD", commission=12, capped=0),
    )
    assert found.totals() == {
        "EUR": {"commission": 12, "cap_per_order": -2, "total": 20, "tiers": 10},
        "USD": {"commission": 12, "cap_per_order": 0, "total": 12},
    }
