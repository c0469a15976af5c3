"""Webhooks of the sandbox as they are received and read: signed, or refused."""

import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liveshop_sdk.checkout.ports import CommercePlatform
from liveshop_sdk.errors import DeliveryUnreadableError, SignatureInvalidError, WebhookRefusedError
from liveshop_sdk.facts import OrderPaid
from liveshop_sdk.platforms.sandbox import SandboxPlatform
from liveshop_sdk.platforms.sandbox.sender import WebhookSender
from liveshop_sdk.platforms.sandbox.signature import HEADER, sign
from liveshop_sdk.wire import MAX_BYTES
from tests.platforms.sandbox_support import BASE_URL, SECRET, FakeSeals, Store, store_fixture
from tests.platforms.sandbox_webhook_support import (
    LINE,
    NOW,
    ORDER,
    Sent,
    event,
    keeping,
    received,
    receiver_fixture,
)

__all__ = ["receiver_fixture", "store_fixture"]


def test_it_is_a_commerce_platform(receiver: SandboxPlatform) -> None:
    platform: CommercePlatform = receiver
    assert (platform.name, platform.account, platform.mode) == ("sandbox",) * 3


def test_a_delivery_is_named_from_what_was_signed(store: Store) -> None:
    store.sandbox.pay(store.open())
    (queued,) = store.queued()
    (happening,) = store.deliver()
    (delivery,) = store.arrived
    assert isinstance(happening, OrderPaid)
    assert delivery.topic == "checkout.paid"
    assert delivery.delivery_id == delivery.event_id == queued.payload["id"]
    assert delivery.occurred_at == store.clock.now()
    assert json.loads(delivery.body) == queued.payload


def test_a_webhook_sent_late_is_signed_when_it_leaves(store: Store) -> None:
    store.sandbox.pay(store.open())
    store.clock.advance(timedelta(days=2))
    (paid,) = store.deliver()
    assert paid.occurred_at == store.clock.now() - timedelta(days=2)


def test_an_altered_delivery_is_refused(store: Store) -> None:
    sent: Sent = []
    store.sandbox.pay(store.open())
    sender = WebhookSender(
        "http://127.0.0.1",
        store.clock,
        lambda: [SECRET.encode()],
        keeping(sent),
    )
    (queued,) = store.queued()
    sender(queued.payload)
    ((headers, body),) = sent
    store.platform.receive(headers, body, now=store.clock.now())
    for at in range(0, len(body), 7):
        altered = body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]
        with pytest.raises(SignatureInvalidError):
            store.platform.receive(headers, altered, now=store.clock.now())


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"\xff",
        b"\xef\xbb\xbf{}",
        b"{}",
        b"[" * 5000,
        b'{"id":NaN}',
        b'{"id":"a","id":"b"}',
        b'{"id":1,"type":"t","created":"2026-10-02T18:00:00Z","data":{}}',
        b'{"id":"","type":"t","created":"2026-10-02T18:00:00Z","data":{}}',
        b'{"id":"a","type":"","created":"2026-10-02T18:00:00Z","data":{}}',
        b'{"id":"a","type":"t","created":"yesterday","data":{}}',
        b'{"id":"a","type":"t","created":"2026-10-02T18:00:00Z","data":[]}',
        b'{"id":"a\\u0000","type":"t","created":"2026-10-02T18:00:00Z","data":{}}',
        b'{"id":"' + b"a" * 129 + b'","type":"t","created":"2026-10-02T18:00:00Z","data":{}}',
    ],
)
def test_a_signed_body_that_is_no_event_is_unreadable(
    receiver: SandboxPlatform, body: bytes
) -> None:
    with pytest.raises(DeliveryUnreadableError):
        received(receiver, body)


def test_a_huge_body_is_refused_unread(receiver: SandboxPlatform) -> None:
    with pytest.raises(DeliveryUnreadableError, match="too_large"):
        received(receiver, b" " * (MAX_BYTES + 1))


@given(st.binary(max_size=200))
def test_receiving_raises_only_refusals(receiver: SandboxPlatform, body: bytes) -> None:
    with pytest.raises(WebhookRefusedError):
        received(receiver, body)


@pytest.mark.parametrize("topic", ["checkout.pending", "payout.paid", "x"])
def test_topics_that_say_nothing_about_money_are_nothing(
    receiver: SandboxPlatform, topic: str
) -> None:
    assert receiver.read(received(receiver, event(topic))) == ()


def test_a_closed_checkout_that_is_not_ours_is_nothing(receiver: SandboxPlatform) -> None:
    data = {"id": "sbc_1", "reference": "foreign", "reason": "expired", "closed_at": "x"}
    assert receiver.read(received(receiver, event("checkout.closed", checkout=data))) == ()


def test_an_order_with_a_reference_that_is_not_ours_has_none(receiver: SandboxPlatform) -> None:
    (paid,) = receiver.read(received(receiver, event(order=ORDER)))
    assert isinstance(paid, OrderPaid)
    assert paid.checkout_id is None


@pytest.mark.parametrize(
    "change",
    [
        {"id": None},
        {"id": 7},
        {"currency": "eur"},
        {"currency": "XXX"},
        {"total": 991},
        {"total": -990},
        {"total": 990.0},
        {"total": "990"},
        {"total": True},
        {"tax": 91},
        {"tax_included": 0},
        {"codes": "MIKA20"},
        {"codes": [1]},
        {"email": None},
        {"paid_at": "2026-10-02"},
        {"lines": {}},
        {"lines": [1]},
        {"lines": []},
        {"lines": [{**LINE, "quantity": 0}]},
        {"lines": [{**LINE, "discount": 1001}]},
        {"lines": [{**LINE, "gross": 10**16}]},
        {"lines": [{**LINE, "tax": 901}], "tax": 901, "tax_included": True, "total": 900},
    ],
)
def test_an_order_that_cannot_be_right_is_unreadable(
    receiver: SandboxPlatform, change: dict[str, object]
) -> None:
    with pytest.raises(DeliveryUnreadableError):
        receiver.read(received(receiver, event(order={**ORDER, **change})))


@given(
    st.sampled_from(["checkout.paid", "checkout.closed", "refund.created", "dispute.won"]),
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=10,
    ),
)
def test_reading_raises_only_unreadable(
    receiver: SandboxPlatform, topic: str, value: object
) -> None:
    body = event(topic, order=value, checkout=value, refund=value, dispute=value)
    with pytest.raises(DeliveryUnreadableError):
        receiver.read(received(receiver, body))


# --- the generated secret


def test_a_secret_is_generated_when_something_is_sent(store: Store) -> None:
    def platform() -> SandboxPlatform:
        return SandboxPlatform(
            store.db,
            store.clock,
            store.ids,
            store.outbox,
            FakeSeals(),
            BASE_URL,
            transport=keeping(sent),
        )

    sent: Sent = []
    sending, receiving = platform(), platform()
    before = store.snapshot()
    with pytest.raises(SignatureInvalidError):
        receiving.receive({HEADER: sign(b"{}", [b""], now=NOW)}, b"{}", now=NOW)
    assert store.snapshot() == before
    sending.sandbox.pay(store.open())
    (queued,) = store.queued()
    assert sending.send_webhook(queued.payload) == {"status": 200}
    ((headers, body),) = sent
    assert receiving.receive(headers, body, now=store.clock.now()).topic == "checkout.paid"
    assert all(finding.ok for finding in receiving.check())
    assert "sandbox webhook" in receiving.check()[0].name
