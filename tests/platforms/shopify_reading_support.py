"""Orders and refunds of the Shopify oracle, and what the adapter reads in them."""

from decimal import Decimal
from typing import Any

from liveshop_sdk.facts import OrderPaid, OrderRefunded
from tests.platforms import shopify_support as support

_, _, PAY = support.oracle_modules()


class Nowhere:
    """An oracle that nobody may call."""

    url = "http://127.0.0.1:9"


def read(topic: str, payload: Any, adapter: Any = None) -> tuple[Any, ...]:
    adapter = adapter or support.platform(Nowhere())
    facts: tuple[Any, ...] = adapter.read(support.delivered(adapter, topic, payload))
    return facts


def paid(payload: Any) -> OrderPaid:
    (fact,) = read("orders/paid", payload)
    assert isinstance(fact, OrderPaid)
    return fact


def bases_by_hand(order: Any) -> dict[str, Decimal]:
    """Price times quantity, less discounts, less tax when it is inside."""
    found = {}
    for line in order["line_items"]:
        net = Decimal(line["price"]) * line["quantity"]
        net -= sum((Decimal(one["amount"]) for one in line["discount_allocations"]), Decimal(0))
        if order["taxes_included"]:
            net -= sum((Decimal(one["price"]) for one in line["tax_lines"]), Decimal(0))
        found[str(line["id"])] = Decimal(0) if line["gift_card"] else net
    return found


def order_of(**spec: Any) -> Any:
    return PAY.build_order(created_at="2026-11-22T12:00:00-05:00", **spec)


def refund_of(order: Any, **given: Any) -> Any:
    return PAY.add_refund(order, created_at="2026-11-23T09:00:00+00:00", **given)


def refunded(payload: Any, adapter: Any = None) -> OrderRefunded:
    (fact,) = read("refunds/create", PAY.public(payload), adapter)
    assert isinstance(fact, OrderRefunded)
    return fact
