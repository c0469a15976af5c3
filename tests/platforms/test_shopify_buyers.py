"""What is the buyer's goes out of a webhook; what facts are read from stays."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from liveshop_sdk.checkout.privacy.models import Subject
from liveshop_sdk.facts import OrderPaid
from liveshop_sdk.platforms.shopify.buyers import concerns, needles, without_buyer
from tests.platforms import shopify_support as support
from tests.platforms.shopify_reading_support import PAY, Nowhere, order_of, refund_of

ADAPTER = support.platform(Nowhere())


def facts(topic: str, payload: Any) -> tuple[Any, ...]:
    delivery = support.delivered(ADAPTER, topic, payload)
    found = ADAPTER.read(delivery)
    cleared = without_buyer(topic, delivery.body)
    assert without_buyer(topic, cleared) == cleared
    assert ADAPTER.read(replace(delivery, body=cleared)) == tuple(
        replace(one, customer_key=None) if isinstance(one, OrderPaid) else one for one in found
    )
    text = cleared.decode()
    for gone in ("customer", "browser_ip", "address1", "last_name", "email", "phone", "receipt"):
        assert f'"{gone}"' not in text
    return found


def orders() -> list[tuple[str, Callable[[], Any]]]:
    return [
        ("plain", order_of),
        ("net", lambda: order_of(taxes_included=False)),
        ("notes", lambda: order_of(note_attributes={"_liveshop": "sealed:chk_1", "to": "aunt"})),
        ("tip", lambda: tipped(order_of())),
        ("edited", lambda: edited(order_of())),
    ]


def tipped(order: Any) -> Any:
    order["line_items"][0]["tip"] = {"payment_gateway": "shopify", "payment_method": "card"}
    return order


def edited(order: Any) -> Any:
    line = order["line_items"][0]
    line["current_quantity"] = 0
    return order


@pytest.mark.parametrize("made", [one for _, one in orders()], ids=[name for name, _ in orders()])
def test_a_sale_without_its_buyer_is_the_same_sale(made: Callable[[], Any]) -> None:
    order = PAY.public(made())
    order["customer"] = {"id": 7001, "email": order["email"]}
    (fact,) = facts("orders/paid", order)
    assert fact.customer_key is not None
    assert fact.total > 0


def test_refunds_and_disputes_stay_as_they_are() -> None:
    order = order_of()
    line = order["line_items"][0]["id"]
    for what in ({"items": {line: 1}}, {"shipping": "1.00"}, {"amount": "2.00"}):
        made = PAY.public(refund_of(order, **what))
        made["transactions"][0]["receipt"] = {"name": "Ada Lovelace"}
        assert facts("refunds/create", made) != ()
    (opened,) = facts("disputes/create", DISPUTE)
    assert opened.amount == 1250


DISPUTE = {
    "id": 77,
    "order_id": 4711,
    "type": "chargeback",
    "amount": "12.50",
    "currency": "EUR",
    "reason": "fraudulent",
    "status": "needs_response",
    "evidence_due_by": None,
    "finalized_on": None,
    "initiated_at": "2026-11-22T12:00:00-05:00",
}


@pytest.mark.parametrize("topic", sorted(PAY.SAMPLES))
def test_no_sample_of_shopify_s_keeps_a_person(topic: str) -> None:
    text = without_buyer(topic, PAY.to_bytes(PAY.SAMPLES[topic])).decode()
    kept = json.loads(text)
    assert isinstance(kept, dict)
    for canary in ("@", "555-", "address1", "browser_ip", "first_name", "Steve", "zip"):
        assert canary not in text
    if not topic.startswith(("orders/", "refunds/", "disputes/", "customers/", "shop/", "app/")):
        assert kept == {}


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff", b'{"id": 1e999999}', b"null"])
def test_what_nobody_can_read_is_emptied(body: bytes) -> None:
    assert without_buyer("orders/paid", body) == b"{}"
    assert not concerns("orders/paid", body, Subject(orders=frozenset({"1"}), customer=1))


@pytest.mark.parametrize(
    ("topic", "body", "is_about"),
    [
        ("orders/paid", {"id": 4711}, True),
        ("orders/paid", {"id": 4712}, False),
        ("orders/paid", {"id": "4711"}, False),
        ("orders/paid", {"id": True}, False),
        ("orders/paid", {"order_id": 4711}, False),
        ("refunds/create", {"id": 1, "order_id": 4711}, True),
        ("refunds/create", {"id": 4711, "order_id": 1}, False),
        ("fulfillments/create", {"order_id": 4711}, True),
        ("customers/update", {"id": 7001}, True),
        ("customers/update", {"id": 4711}, False),
        ("orders/paid", {"id": 1, "customer": {"id": 7001}}, True),
        ("orders/paid", {"id": 1, "customer": {"id": 7002}}, False),
        ("orders/paid", {"id": 1, "customer": [7001]}, False),
        ("checkouts/create", {"id": 1, "email": " ADA@example.com"}, True),
        ("checkouts/create", {"id": 1, "customer": {"email": "ada@example.com"}}, True),
        ("checkouts/create", {"id": 1, "email": "ben@example.com"}, False),
        ("checkouts/create", {"id": 1, "email": None, "phone": "030"}, False),
        ("customers/redact", {"customer": {"id": 7001}}, True),
    ],
)
def test_whose_webhook_it_is(topic: str, body: Any, is_about: bool) -> None:
    subject = Subject(
        orders=frozenset({"4711"}), customer=7001, email="Ada@Example.com", phone="030"
    )
    raw = json.dumps(body).encode()
    assert concerns(topic, raw, subject) is is_about
    if is_about and "ADA" not in str(body):
        assert any(needle in raw for needle in needles(subject))


def test_a_phone_counts_for_want_of_anything_else() -> None:
    raw = b'{"id": 1, "phone": "030"}'
    assert concerns("orders/paid", raw, Subject(phone="030"))
    assert not concerns("orders/paid", raw, Subject(phone="030", email="ada@example.com"))
    assert not concerns("orders/paid", raw, Subject(phone="030", customer=1))
    assert not concerns("orders/paid", raw, Subject())
    assert needles(Subject()) == frozenset()
    assert "ada" not in repr(Subject(email="ada@example.com", phone="030", customer=7001))
