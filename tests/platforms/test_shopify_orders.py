"""Orders of Shopify as facts: exact amounts, and what is no sale."""

from decimal import Decimal
from typing import Any

import pytest

from liveshop_sdk.errors import DeliveryUnreadableError
from tests.platforms import shopify_support as support
from tests.platforms.shopify_reading_support import bases_by_hand, order_of, paid, read


def test_an_order_with_tax_inside_has_these_exact_amounts() -> None:
    order = order_of(
        lines=[{"price": "25.00", "quantity": 2, "sku": "shirt", "variant_id": 50001}],
        discounts=[{"code": "MIKA20", "percent": "20"}],
        note_attributes={"gift": "yes", "_liveshop": "sealed:chk_1"},
        cart_token="hWN123",
    )
    fact = paid(order)
    assert fact.key == f"order:{order['id']}"
    assert (fact.platform, fact.account) == ("shopify", support.SHOP)
    assert fact.occurred_at.isoformat() == "2026-11-22T17:00:00+00:00"
    assert (fact.total, fact.shipping, fact.tax, fact.currency) == (4490, 490, 639, "EUR")
    assert fact.tax_included
    (line,) = fact.lines
    assert (line.gross, line.discount, line.tax, line.base) == (5000, 1000, 639, 3361)
    assert (line.sku, line.quantity) == ("shirt", 2)
    assert line.item_ref == "gid://shopify/ProductVariant/50001"
    assert (fact.checkout_id, fact.cart_token) == ("chk_1", "hWN123")
    assert fact.codes == ("MIKA20",)
    assert fact.customer_key == support.Seals().customer_key(order["email"])
    assert fact.market == "US"
    assert not fact.is_test


def test_an_order_with_tax_on_top_has_these_exact_amounts() -> None:
    fact = paid(order_of(taxes_included=False, discounts=[{"code": "X", "amount": "10"}]))
    assert (fact.total, fact.shipping, fact.tax) == (5250, 490, 760)
    assert fact.lines[0].base == 4000
    assert not fact.tax_included


def test_the_email_is_in_no_fact() -> None:
    order = order_of(email="jon@example.com")
    assert "jon@example.com" not in repr(paid(order))
    assert paid(order_of(email="")).customer_key is None
    assert paid(order_of(email=None)).customer_key is None


def test_shop_money_is_read_whatever_the_buyer_saw() -> None:
    plain = order_of(id=77, lines=[{"id": 1, "price": "10.00", "quantity": 3}])
    abroad = order_of(
        id=77,
        lines=[{"id": 1, "price": "10.00", "quantity": 3}],
        presentment_currency="JPY",
        rate="162.37",
    )
    assert paid(abroad).body() == paid(plain).body()


@pytest.mark.parametrize(
    ("currency", "price", "minor"), [("JPY", "1200", 1200), ("KWD", "1.250", 1250)]
)
def test_currencies_with_other_decimals(currency: str, price: str, minor: int) -> None:
    fact = paid(
        order_of(
            currency=currency, lines=[{"price": price, "quantity": 1}], tax_rate="0", shipping="0"
        )
    )
    assert (fact.total, fact.lines[0].base) == (minor, minor)


def test_gift_cards_and_tips_earn_nothing() -> None:
    order = order_of(
        lines=[
            {"price": "30.00", "quantity": 1},
            {"price": "50.00", "quantity": 1, "gift_card": True},
            {"price": "5.00", "quantity": 1, "title": "Tip"},
            {"price": "7.00", "quantity": 1, "title": "Trinkgeld"},
        ],
        tax_rate="0",
    )
    order["line_items"][2]["tip"] = {"payment_gateway": None}
    order["line_items"][3] |= {"requires_shipping": False, "taxable": False}
    order["total_tip_received"] = "7.00"
    assert [line.base for line in paid(order).lines] == [3000, 0, 0, 0]


def test_a_reference_that_we_did_not_seal_is_no_reference() -> None:
    for value in ("forged", "", "sealed:" + "x" * 600):
        assert paid(order_of(note_attributes={"_liveshop": value})).checkout_id is None
    order = order_of()
    order["note_attributes"] = [
        {"name": "_liveshop", "value": None},
        {"name": "_liveshop", "value": "forged"},
        {"name": "_liveshop", "value": "sealed:chk_2"},
    ]
    assert paid(order).checkout_id == "chk_2"


def test_several_codes_are_all_told_and_sorted() -> None:
    order = order_of(
        discounts=[
            {"code": "ZOE", "percent": "10"},
            {"code": "ANNA", "amount": "3.33"},
            {"code": "SHIP", "shipping": True},
        ]
    )
    fact = paid(order)
    assert fact.codes == ("ANNA", "SHIP", "ZOE")
    assert fact.shipping == 0
    assert {line.ref: Decimal(line.base) for line in fact.lines} == {
        ref: base * 100 for ref, base in bases_by_hand(order).items()
    }


@pytest.mark.parametrize("status", ["pending", "authorized", "voided", "partially_paid", None])
def test_an_order_that_is_not_fully_paid_is_no_sale(status: str | None) -> None:
    assert read("orders/paid", order_of() | {"financial_status": status}) == ()


@pytest.mark.parametrize(
    "topic", ["orders/create", "orders/updated", "orders/cancelled", "app/other"]
)
def test_other_topics_move_no_money(topic: str) -> None:
    assert read(topic, order_of()) == ()


def test_a_test_order_says_so() -> None:
    assert paid(order_of(test=True)).is_test


def _spoil(path: str, value: Any) -> Any:
    order = order_of()
    holder: Any = order
    *way, last = path.split(".")
    for step in way:
        holder = holder[int(step) if step.isdigit() else step]
    holder[last] = value
    return order


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("line_items.0.price_set.shop_money.amount", "-25.00"),
        ("line_items.0.price_set.shop_money.amount", "25.001"),
        ("line_items.0.price_set.shop_money.amount", "1e3"),
        ("line_items.0.price_set.shop_money.amount", 25),
        ("line_items.0.price_set.shop_money.amount", "99999999999999.99"),
        ("line_items.0.price_set.shop_money.currency_code", "USD"),
        ("line_items.0.price_set", None),
        ("line_items.0.quantity", -1),
        ("line_items.0.quantity", 2**62),
        ("line_items.0.quantity", "2"),
        ("line_items.0.id", None),
        ("line_items.0.tax_lines.0.price_set.shop_money.amount", "70.00"),
        ("total_price_set", None),
        ("total_price_set.shop_money.amount", "-1.00"),
        ("processed_at", "2026-11-22"),
        ("processed_at", None),
        ("taxes_included", "yes"),
        ("currency", "BTC"),
        ("note_attributes", {"name": "x"}),
        ("discount_codes", ["MIKA20"]),
        ("line_items.0.sku", 5),
    ],
)
def test_amounts_and_shapes_that_cannot_be_are_refused(path: str, value: Any) -> None:
    with pytest.raises(DeliveryUnreadableError):
        read("orders/paid", _spoil(path, value))
