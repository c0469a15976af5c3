"""Orders that become other ones after they were paid, read as facts."""

import copy
import random
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liveshop_sdk.edits import OrderEdited, UnitsTakenOff
from liveshop_sdk.errors import PlatformRefusedError
from liveshop_sdk.facts import Fact, OrderPaid, OrderRefunded
from tests.platforms import shopify_support as support
from tests.platforms.shopify_edit_support import Merchant
from tests.scale import IS_LONG

TEE = {"price": "39.90", "quantity": 2}
CAP = {"price": "12.50", "quantity": 1}
NO_TAX = {"tax_rate": "0", "shipping": "4.90"}


@pytest.fixture
def oracle() -> Iterator[Any]:
    with support.running_oracle() as one:
        yield one


def sold(**spec: Any) -> Merchant:
    return Merchant({"lines": [TEE, CAP], **NO_TAX, **spec}).sell()


def asked(oracle: Any, made: Merchant) -> dict[str, Fact]:
    """Return what the shop shows of an order, by key, however it is asked."""
    order = made.order
    oracle.orders.clear()
    oracle.orders[order["id"]] = order
    adapter = support.platform(oracle)
    found = {fact.key: fact for fact in adapter.find_order(str(order["id"]))}
    pages = adapter.walk(made.start, support.NOW)
    assert {one.key: one for page in pages for one in page} == found
    return found


def heard(oracle: Any, made: Merchant, *, start: int = 0) -> dict[str, Fact]:
    """Return what its webhooks tell, while the order is as it is now."""
    oracle.orders[made.order["id"]] = made.order
    adapter = support.platform(oracle)
    found: dict[str, Fact] = {}
    for topic, payload in made.told[start:]:
        for fact in adapter.read(support.delivered(adapter, topic, payload)):
            assert isinstance(fact, Fact)
            known = found.setdefault(fact.key, fact)
            assert known.essence() == fact.essence(), fact.key
    return found


def both(oracle: Any, made: Merchant) -> list[Fact]:
    """Hear of an order and ask for it: the facts are the same; the sale comes first."""
    shown, told = asked(oracle, made), heard(oracle, made)
    assert {key: one.essence() for key, one in shown.items()} == {
        key: one.essence() for key, one in told.items()
    }
    return list(shown.values())


def test_a_unit_taken_off_is_a_fact_of_its_own(oracle: Any) -> None:
    made = sold()
    (before,) = both(oracle, made)
    sale, off = both(oracle, made.edit(off={0: 1}))
    assert sale == before
    assert isinstance(off, UnitsTakenOff)
    assert off.key == f"taken_off:{made.order['refunds'][0]['id']}"
    assert (off.worth, off.lines) == (3990, ((str(made.line(0)["id"]), 3990),))
    *_, refund = both(oracle, made.pay_back())
    assert isinstance(refund, OrderRefunded)
    assert (refund.amount, refund.named_amount, refund.lines) == (3990, 0, ())


@pytest.mark.parametrize("included", [True, False])
def test_the_base_taken_off_is_without_tax(oracle: Any, included: bool) -> None:
    made = sold(taxes_included=included, tax_rate="0.19").edit(off={1: 1})
    sale, off = both(oracle, made)
    assert isinstance(sale, OrderPaid)
    assert isinstance(off, UnitsTakenOff)
    assert off.lines == ((sale.lines[1].ref, sale.lines[1].base),)
    assert sale.lines[1].base == (1050 if included else 1250)
    assert off.worth == (1250 if included else 1488)


def test_a_line_added_and_paid_is_a_fact_of_its_own(oracle: Any) -> None:
    made = sold()
    (before,) = both(oracle, made)
    made.edit(add=[{"price": "20.00", "quantity": 3, "variant_id": 50003}])
    assert made.order["financial_status"] == "partially_paid"
    assert both(oracle, made) == [before]
    sale, added = both(oracle, made.collect())
    assert sale == before
    assert isinstance(added, OrderEdited)
    assert (added.key, added.total, added.paid) == (f"edited:{made.edit_id}", 6000, 6000)
    (line,) = added.lines
    assert (line.ref, line.quantity, line.gross) == (str(made.line(2)["id"]), 3, 6000)
    assert (line.discount, line.tax, line.base) == (0, 0, 6000)
    assert line.item_ref == "gid://shopify/ProductVariant/50003"
    assert added.occurred_at == made.now


@pytest.mark.parametrize("included", [True, False])
def test_an_added_line_is_without_tax_and_discount(oracle: Any, included: bool) -> None:
    made = sold(taxes_included=included, tax_rate="0.19", discounts=[{"code": "X", "amount": "9"}])
    made.edit(add=[{"price": "11.90", "quantity": 1}]).collect()
    sale, added = both(oracle, made)
    assert isinstance(sale, OrderPaid)
    assert isinstance(added, OrderEdited)
    assert (added.lines[0].base, added.lines[0].tax) == ((1000, 190) if included else (1190, 226))
    assert added.total == added.paid == (1190 if included else 1416)
    assert sum(line.base for line in sale.lines) + sum(line.tax for line in sale.lines) == (
        sale.total - 490
    )


def test_an_even_exchange_needs_no_money(oracle: Any) -> None:
    made = sold().exchange(add=[{"price": "39.90", "quantity": 1}], off={0: 1})
    sale, added, off = both(oracle, made)
    assert isinstance(sale, OrderPaid)
    assert isinstance(added, OrderEdited)
    assert isinstance(off, UnitsTakenOff)
    assert (sale.total, added.key) == (9720, f"edited:{made.edit_id}")
    assert (added.total, added.paid, off.worth) == (3990, 0, 3990)


def test_an_exchange_for_something_cheaper_may_be_one_record(oracle: Any) -> None:
    """Of a tee at 39.90, 14.90 are paid back; for the rest a cap at 25.00 is sent."""
    made = sold().exchange(add=[{"price": "25.00", "quantity": 1}], off={0: 1}, back="14.90")
    tee = str(made.line(0)["id"])
    _, added, refund, rest = both(oracle, made)
    assert isinstance(added, OrderEdited)
    assert (added.total, added.paid) == (2500, 0)
    assert isinstance(refund, OrderRefunded)
    assert (refund.amount, refund.named_amount, refund.lines) == (1490, 1490, ((tee, 1490),))
    assert isinstance(rest, UnitsTakenOff)
    assert (rest.key, rest.worth) == (f"taken_off:{refund.refund_id}-rest", 2500)
    assert rest.lines == ((tee, 2500),)


def test_a_return_of_an_order_that_cannot_be_had_is_what_its_refund_says(oracle: Any) -> None:
    made = sold().exchange(add=[{"price": "25.00", "quantity": 1}], off={0: 1}, back="14.90")
    (payload,) = [payload for topic, payload in made.told if topic == "refunds/create"]
    adapter = support.platform(oracle)
    (refund,) = adapter.read(support.delivered(adapter, "refunds/create", payload))
    assert isinstance(refund, OrderRefunded)
    assert (refund.amount, refund.named_amount) == (1490, 1490)


def test_what_went_back_with_a_return_pays_for_nothing_added_later(oracle: Any) -> None:
    made = sold().exchange(add=(), off={0: 1}, back="39.90")
    made.edit(add=[{"price": "39.90", "quantity": 1}])
    assert [fact.kind for fact in both(oracle, made)] == ["order", "refund"]
    _, added, _ = both(oracle, made.collect())
    assert isinstance(added, OrderEdited)
    assert (added.total, added.paid) == (3990, 3990)


def test_an_exchange_for_something_dearer_is_partly_paid(oracle: Any) -> None:
    made = sold().exchange(add=[{"price": "60.00", "quantity": 1}], off={0: 1})
    assert not any(isinstance(fact, OrderEdited) for fact in both(oracle, made))
    _, added, _ = both(oracle, made.collect())
    assert isinstance(added, OrderEdited)
    assert (added.total, added.paid) == (6000, 2010)


def test_what_was_added_before_the_payment_was_sold(oracle: Any) -> None:
    made = Merchant({"lines": [TEE, CAP], **NO_TAX})
    made.edit(add=[{"price": "20.00", "quantity": 1}])
    made.told = []
    made.sell()
    (sale,) = both(oracle, made)
    assert isinstance(sale, OrderPaid)
    assert (len(sale.lines), sale.total) == (3, 9230 + 2490)
    sale_again, added = both(oracle, made.edit(add=[{"price": "7.00", "quantity": 1}]).collect())
    assert sale_again == sale
    assert isinstance(added, OrderEdited)
    assert (added.total, added.paid) == (700, 700)


def test_more_units_of_a_line_are_a_line_of_ours(oracle: Any) -> None:
    made = sold().edit(add=[{"price": "39.90", "quantity": 1}]).collect()
    order, first = made.order, made.line(0)
    extra = order["line_items"].pop()
    first["quantity"] += 1
    first["current_quantity"] += 1
    order["_agreements"][0]["sales"][0]["lineItem"]["id"] = first["admin_graphql_api_id"]
    sale, added = asked(oracle, made).values()
    assert isinstance(sale, OrderPaid)
    assert isinstance(added, OrderEdited)
    assert (sale.lines[0].quantity, sale.lines[0].base) == (2, 7980)
    assert [line.ref for line in added.lines] == [f"{first['id']}+{made.edit_id}"]
    assert (added.lines[0].quantity, added.lines[0].base) == (1, 3990)
    assert extra["id"] != first["id"]


def test_several_edits_paid_at_once_share_the_money(oracle: Any) -> None:
    made = sold().edit(add=[{"price": "20.00", "quantity": 1}])
    made.edit(add=[{"price": "30.00", "quantity": 1}]).collect()
    _, first, second = both(oracle, made)
    assert isinstance(first, OrderEdited)
    assert isinstance(second, OrderEdited)
    assert (first.paid, second.paid, first.total + second.total) == (2000, 3000, 5000)


@pytest.fixture(scope="module")
def long_oracle() -> Iterator[Any]:
    with support.running_oracle() as one:
        yield one


@settings(max_examples=50 if IS_LONG else 6, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    included=st.booleans(),
    tax_rate=st.sampled_from(["0", "0.19"]),
    rate=st.sampled_from(["1", "1.0837"]),
)
def test_what_an_order_told_once_it_tells_for_ever(
    long_oracle: Any, seed: int, included: bool, tax_rate: str, rate: str
) -> None:
    chance = random.Random(seed)
    buyer = {"presentment_currency": "EUR" if rate == "1" else "USD", "rate": rate}
    made = sold(taxes_included=included, tax_rate=tax_rate, **buyer)
    known: dict[str, Any] = {}
    for _ in range(8):
        told = {key: fact.essence() for key, fact in asked(long_oracle, made).items()}
        assert {key: told.get(key) for key in known} == known
        known = told
        made.live_on(chance)


def test_many_agreements_and_sales_are_all_read(oracle: Any) -> None:
    made = sold()
    add = [{"price": "1.00", "quantity": 1} for _ in range(60)]
    _, added = both(oracle, made.edit(add=add).collect())
    assert isinstance(added, OrderEdited)
    assert (len(added.lines), added.total) == (60, 6000)
    for _ in range(3):
        made.edit(add=[{"price": "2.00", "quantity": 1}]).collect()
    assert len(both(oracle, made)) == 5


def test_an_old_payload_tells_what_it_told_then(oracle: Any) -> None:
    made = sold()
    first = copy.deepcopy(made.told[0])
    made.edit(add=[CAP], off={0: 1}).collect().pay_back()
    shown = asked(oracle, made)
    oracle.log.clear()
    adapter = support.platform(oracle)
    (sale,) = adapter.read(support.delivered(adapter, *first))
    assert isinstance(sale, OrderPaid)
    assert sale.essence() == shown[sale.key].essence()
    assert oracle.log == []


def test_an_edit_of_an_order_that_cannot_be_had_is_refused(oracle: Any) -> None:
    made = sold().edit(off={0: 1})
    adapter = support.platform(oracle)
    topic, payload = next(one for one in made.told if one[0] == "orders/edited")
    with pytest.raises(PlatformRefusedError, match="read_all_orders"):
        adapter.read(support.delivered(adapter, topic, payload))


def test_an_edit_of_an_order_not_paid_says_nothing(oracle: Any) -> None:
    made = Merchant({"lines": [TEE, CAP], **NO_TAX}).edit(off={0: 1})
    made.order["financial_status"] = "pending"
    assert heard(oracle, made) == {}


def test_shop_money_is_read_whatever_the_buyer_paid_in(oracle: Any) -> None:
    made = sold(presentment_currency="USD", rate="1.0837")
    made.exchange(add=[{"price": "60.00", "quantity": 1}], off={0: 1}).collect()
    made.edit(off={1: 1}).pay_back().refund({2: 1})
    plain = sold()
    plain.exchange(add=[{"price": "60.00", "quantity": 1}], off={0: 1}).collect()
    plain.edit(off={1: 1}).pay_back().refund({2: 1})
    kinds = [fact.kind for fact in both(oracle, plain)]
    assert [fact.kind for fact in both(oracle, made)] == kinds
    assert kinds == ["order", "edited", "taken_off", "taken_off", "refund", "refund"]
    for ours, theirs in zip(both(oracle, made), both(oracle, plain), strict=True):
        for name in ("total", "paid", "worth", "amount", "currency"):
            assert getattr(ours, name, None) == getattr(theirs, name, None), (ours, name)
