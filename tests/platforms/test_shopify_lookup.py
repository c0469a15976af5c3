"""An order of Shopify that is looked up gives the facts that were heard."""

import copy
import random
from typing import Any

import pytest

from tests.platforms import shopify_support as support
from tests.platforms.shopify_reading_support import PAY, order_of, read, refund_of


def same_facts(oracle: Any, order: Any, payloads: list[Any]) -> None:
    adapter = support.platform(oracle)
    heard = list(read("orders/paid", PAY.public(payloads[0]), adapter))
    for payload in payloads[1:]:
        heard += read("refunds/create", PAY.public(payload), adapter)
    found = adapter.find_order(str(order["id"]))
    assert [fact.key for fact in found] == [fact.key for fact in heard]
    assert [fact.body() for fact in found] == [fact.body() for fact in heard]
    assert list(found) == heard


@pytest.mark.parametrize("included", [True, False])
def test_an_order_asked_for_is_the_order_heard_of(included: bool) -> None:
    with support.running_oracle() as oracle:
        order = order_of(
            taxes_included=included,
            lines=[
                {"price": "19.99", "quantity": 3, "variant_id": 50001, "product_id": 9001},
                {"price": "50.00", "quantity": 1, "gift_card": True},
                {"price": "5.00", "quantity": 1, "title": "Tip"},
            ],
            discounts=[{"code": "B", "percent": "15"}, {"code": "A", "amount": "2.50"}],
            note_attributes={"_liveshop": "sealed:chk_9"},
            cart_token="hWNabc",
            presentment_currency="JPY",
            rate="160.01",
        )
        order["line_items"][2] |= {"requires_shipping": False, "taxable": False}
        order["total_tip_received"] = "5.00"
        oracle.orders[order["id"]] = order
        first = copy.deepcopy(order)
        shirt = order["line_items"][0]["id"]
        back = [
            refund_of(order, items={shirt: 1}),
            refund_of(order, items={shirt: 1}, amount="10.00"),
            refund_of(order, shipping="4.90"),
            refund_of(order, amount="1.00"),
            refund_of(order, items={order["line_items"][2]["id"]: 1}),
        ]
        back[3]["transactions"][0]["status"] = "failure"
        back[0]["refund_shipping_lines"] = []
        same_facts(oracle, order, [first, *back])


def test_the_whole_story_in_any_order_gives_one_set_of_facts() -> None:
    want: dict[str, Any] = {}
    for seed in range(12):
        events = PAY.story(id=4711, lines=[{"id": 1, "price": "25.00", "quantity": 2}]) * 2
        random.Random(seed).shuffle(events)
        facts = {
            fact.key: fact.body()
            for event in events
            for fact in read(event["topic"], event["payload"])
        }
        kinds = sorted(key.partition(":")[0] for key in facts)
        assert kinds == ["order", "refund", "refund"]
        assert sum(body["amount"] for key, body in facts.items() if key[:6] == "refund") == 5490
        bases = [line[1] for key, body in facts.items() if key[0] == "r" for line in body["lines"]]
        assert sum(bases) == facts["order:4711"]["lines"][0]["base"] == 4202
        order = facts["order:4711"]
        assert want.setdefault("order", order) == order


def test_orders_of_many_lines_are_read_to_the_last() -> None:
    with support.running_oracle() as oracle:
        order = order_of(lines=[{"price": "1.00", "quantity": 1}] * 95, shipping="0")
        oracle.orders[order["id"]] = order
        first = copy.deepcopy(order)
        refund = refund_of(order, items={line["id"]: 1 for line in order["line_items"]})
        same_facts(oracle, order, [first, refund])
        assert len(oracle.log) == 3 + 3 + 1


def test_what_is_not_there_or_not_paid_gives_nothing() -> None:
    with support.running_oracle() as oracle:
        adapter = support.platform(oracle)
        for ref in ("", "x", "-1", "1.5", "٣", "9" * 20, "gid://shopify/Order/1"):
            assert adapter.find_order(ref) == ()
        assert oracle.log == []
        assert adapter.find_order("123") == ()
        order = order_of(financial_status="authorized")
        oracle.orders[order["id"]] = order
        assert adapter.find_order(str(order["id"])) == ()
