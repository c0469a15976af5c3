"""One order and its refund written out by hand: needs nothing outside the project."""

from typing import Any

from liveshop_sdk.facts import OrderPaid, OrderRefunded
from liveshop_sdk.platforms.shopify.reading import read_order
from liveshop_sdk.platforms.shopify.refunds import read_refund
from tests.platforms import shopify_support as support


def bag(amount: str, other: str = "1.00") -> dict[str, Any]:
    return {
        "shop_money": {"amount": amount, "currency_code": "EUR"},
        "presentment_money": {"amount": other, "currency_code": "USD"},
    }


LINE = {
    "id": 11,
    "title": "Linen shirt",
    "sku": "shirt",
    "quantity": 2,
    "variant_id": 50001,
    "product_id": 9001,
    "gift_card": False,
    "requires_shipping": True,
    "taxable": True,
    "price": "39.90",
    "price_set": bag("39.90"),
    "total_discount": "0.00",
    "discount_allocations": [{"amount": "15.96", "amount_set": bag("15.96")}],
    "tax_lines": [{"title": "MwSt", "price": "10.19", "price_set": bag("10.19")}],
}
ORDER = {
    "id": 4711,
    "financial_status": "paid",
    "currency": "EUR",
    "presentment_currency": "USD",
    "taxes_included": True,
    "processed_at": "2026-11-22T19:00:00+01:00",
    "test": False,
    "email": " Jon@Example.com ",
    "cart_token": "hWN1",
    "note_attributes": [{"name": "_liveshop", "value": "sealed:chk_1"}],
    "discount_codes": [{"code": "MIKA20", "amount": "15.96", "type": "percentage"}],
    "shipping_address": {"country_code": "DE"},
    "billing_address": {"country_code": "AT"},
    "line_items": [LINE],
    "total_price_set": bag("68.74"),
    "total_tax_set": bag("10.19"),
    "total_shipping_price_set": bag("4.90"),
}
REFUND = {
    "id": 815,
    "order_id": 4711,
    "created_at": "2026-11-25T09:00:00+01:00",
    "processed_at": "2026-11-25T09:00:00+01:00",
    "refund_line_items": [
        {
            "line_item_id": 11,
            "line_item": LINE,
            "quantity": 1,
            "subtotal": 31.92,
            "total_tax": 5.1,
            "subtotal_set": bag("31.92"),
            "total_tax_set": bag("5.10"),
        }
    ],
    "refund_shipping_lines": [],
    "order_adjustments": [],
    "transactions": [{"kind": "refund", "status": "success", "amount": "31.92", "currency": "EUR"}],
}


def test_the_order() -> None:
    fact = read_order(ORDER, account=support.SHOP, seals=support.Seals())
    assert isinstance(fact, OrderPaid)
    assert fact.occurred_at == support.NOW
    assert fact.body() == {
        "currency": "EUR",
        "total": 6874,
        "shipping": 490,
        "tax": 1019,
        "tax_included": True,
        "checkout_id": "chk_1",
        "cart_token": "hWN1",
        "codes": ["MIKA20"],
        "coupon_refs": [],
        "customer_key": support.Seals().customer_key("jon@example.com"),
        "market": "DE",
        "is_test": False,
        "lines": [
            {
                "ref": "11",
                "sku": "shirt",
                "item_ref": "gid://shopify/ProductVariant/50001",
                "title": "Linen shirt",
                "quantity": 2,
                "gross": 7980,
                "discount": 1596,
                "tax": 1019,
                "base": 5365,
            }
        ],
    }


def test_the_refund() -> None:
    (fact,) = read_refund(REFUND, account=support.SHOP)
    assert isinstance(fact, OrderRefunded)
    assert fact.key == "refund:815"
    assert fact.body() == {
        "refund_id": "815",
        "amount": 3192,
        "currency": "EUR",
        "named_amount": 3192,
        "lines": [["11", 2682]],
    }
