"""Webhooks of the sandbox: signed, accepted by us, and delivered as badly as asked."""

import json
import random
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import ClassVar

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from liveshop_sdk.checkout.ports import CommercePlatform, Delivery
from liveshop_sdk.clock import ManualClock, to_micros
from liveshop_sdk.db import Database
from liveshop_sdk.errors import (
    DeliveryUnreadableError,
    PlatformUnavailableError,
    SandboxAmountError,
    SignatureInvalidError,
    WebhookRefusedError,
)
from liveshop_sdk.events.outbox import Outbox
from liveshop_sdk.facts import OrderPaid, OrderRefunded
from liveshop_sdk.ids import Ids
from liveshop_sdk.platforms.sandbox import Deliveries, SandboxPlatform, Transport
from liveshop_sdk.platforms.sandbox.sender import WebhookSender, post
from liveshop_sdk.platforms.sandbox.signature import HEADER, sign
from liveshop_sdk.wire import MAX_BYTES
from tests.platforms.sandbox_support import BASE_URL, SECRET, FakeSeals, Store, store_fixture

__all__ = ["store_fixture"]

NOW = datetime(2026, 10, 2, 18, tzinfo=UTC)


@pytest.fixture(scope="module")
def receiver(tmp_path_factory: pytest.TempPathFactory) -> SandboxPlatform:
    """Return a platform that needs no database: its secret is given."""
    clock = ManualClock(NOW)
    ids = Ids(clock, random.Random(1))
    where: Path = tmp_path_factory.mktemp("none") / "none.db"
    db = Database.connect(f"sqlite:///{where}")
    return SandboxPlatform(db, clock, ids, Outbox(clock, ids), FakeSeals(), BASE_URL, SECRET)


def received(platform: SandboxPlatform, body: bytes) -> Delivery:
    header = sign(body, [SECRET.encode()], now=NOW)
    return platform.receive({HEADER: header}, body, now=NOW)


def event(topic: str = "checkout.paid", **data: object) -> bytes:
    return json.dumps(
        {"id": "sbe_1", "type": topic, "created": "2026-10-02T18:00:00Z", "data": data}
    ).encode()


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


Sent = list[tuple[Mapping[str, str], bytes]]


def keeping(sent: Sent) -> Transport:
    def keep(url: str, headers: Mapping[str, str], body: bytes) -> int:
        sent.append((headers, body))
        return 200

    return keep


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


LINE = {
    "ref": "li_1",
    "sku": "sku_tee",
    "item": "sku_tee",
    "title": "Tee",
    "quantity": 1,
    "gross": 1000,
    "discount": 100,
    "tax": 90,
}
ORDER = {
    "id": "sbo_1",
    "reference": "foreign",
    "currency": "EUR",
    "total": 990,
    "shipping": 0,
    "tax": 90,
    "tax_included": False,
    "codes": [],
    "coupons": [],
    "email": "ana@example.com",
    "paid_at": "2026-10-02T18:00:00Z",
    "lines": [LINE],
}


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


# --- switches


def test_events_can_be_delivered_several_times(store: Store) -> None:
    store.sandbox.deliveries(duplicate=2)
    store.sandbox.pay(store.open())
    happenings = store.deliver()
    assert len(happenings) == 3
    assert len(set(happenings)) == 1
    assert len({delivery.delivery_id for delivery in store.arrived}) == 1


def test_every_nth_event_can_be_lost(store: Store) -> None:
    order = store.sandbox.pay(store.open()).id
    store.deliver()
    store.sandbox.deliveries(drop=3)
    amounts = [store.sandbox.refund(order, 100 + number).amount for number in range(7)]
    told = [one.amount for one in store.deliver() if isinstance(one, OrderRefunded)]
    assert told == [amount for number, amount in enumerate(amounts, 1) if number % 3]


def test_deliveries_can_be_late(store: Store) -> None:
    store.sandbox.deliveries(delay=timedelta(minutes=10))
    store.sandbox.pay(store.open())
    assert store.deliver() == []
    store.clock.advance(timedelta(minutes=10))
    assert len(store.deliver()) == 1


def test_deliveries_can_overtake_each_other(store: Store) -> None:
    order = store.sandbox.pay(store.open()).id
    store.deliver()
    store.sandbox.deliveries(reorder=timedelta(minutes=5))
    made = [store.sandbox.refund(order, 10).id for _ in range(12)]
    arrived: list[str] = []
    for _ in range(301):
        told = store.deliver()
        arrived += [one.refund_id for one in told if isinstance(one, OrderRefunded)]
        store.clock.advance(timedelta(seconds=1))
    assert sorted(arrived) == sorted(made)
    assert arrived != made


def test_switches_stay_until_changed_and_one_call_can_differ(store: Store) -> None:
    store.sandbox.deliveries(duplicate=1, delay=timedelta(seconds=9))
    assert store.sandbox.deliveries() == Deliveries(duplicate=1, delay=timedelta(seconds=9))
    assert store.sandbox.deliveries(duplicate=0).delay == timedelta(seconds=9)
    store.sandbox.pay(store.open(), deliveries=Deliveries(duplicate=4))
    assert len(store.deliver()) == 5


def test_switches_out_of_range_are_refused(store: Store) -> None:
    before = store.snapshot()
    wrong: list[Callable[[], object]] = [
        lambda: store.sandbox.deliveries(duplicate=-1),
        lambda: store.sandbox.deliveries(duplicate=100),
        lambda: store.sandbox.deliveries(drop=-1),
        lambda: store.sandbox.deliveries(delay=timedelta(seconds=-1)),
        lambda: store.sandbox.deliveries(reorder=timedelta(days=31)),
        lambda: store.sandbox.terms(tax_bps=-1),
        lambda: store.sandbox.terms(tax_bps=10_001),
        lambda: store.sandbox.terms(shipping=-1),
    ]
    for change in wrong:
        with pytest.raises(SandboxAmountError):
            change()
    assert store.snapshot() == before


def test_the_same_story_leaves_in_the_same_way(db: Database) -> None:
    def leaves(base_url: str) -> list[tuple[str, datetime]]:
        clock = ManualClock(NOW)
        ids = Ids(clock, random.Random(5))
        switches = Deliveries(duplicate=3, reorder=timedelta(minutes=1))
        return [
            (event_id, at)
            for event_id in (ids.new("sbe"), ids.new("sbe"))
            for at in switches.times(event_id, clock.now())
        ]

    assert leaves("http://127.0.0.1:1") == leaves("http://127.0.0.1:2")
    assert len({at for _, at in leaves("")}) == 8


def test_due_times_are_what_the_switches_say(store: Store) -> None:
    switches = Deliveries(duplicate=2, delay=timedelta(hours=1), reorder=timedelta(minutes=1))
    store.sandbox.pay(store.open(), deliveries=switches)
    rows = store.queued()
    event_id = rows[0].payload["id"]
    expected = {to_micros(at) for at in switches.times(event_id, store.clock.now())}
    assert {row.next_at for row in rows} == expected
    assert {row.key for row in rows} == {f"{event_id}:{copy}" for copy in range(3)}


# --- over real HTTP


class _Handler(BaseHTTPRequestHandler):
    status = 200
    seen: ClassVar[list[tuple[str, dict[str, str], bytes]]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.seen.append((self.path, dict(self.headers), body))
        self.send_response(self.status)
        if self.status == 302:
            self.send_header("Location", "/elsewhere")
        self.end_headers()

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def http_server() -> Iterator[str]:
    _Handler.status = 200
    _Handler.seen = []
    listening = HTTPServer(("127.0.0.1", 0), _Handler)
    thread = threading.Thread(target=listening.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listening.server_port}"
    listening.shutdown()
    listening.server_close()
    thread.join()


def over_http(receiver: SandboxPlatform, url: str) -> WebhookSender:
    return WebhookSender(url, ManualClock(NOW), lambda: [SECRET.encode()])


def test_webhooks_travel_over_http(
    receiver: SandboxPlatform, http_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    payload = json.loads(event(order=ORDER))
    assert over_http(receiver, f"{http_server}/webhooks/sandbox")(payload) == {"status": 200}
    ((path, headers, body),) = _Handler.seen
    assert path == "/webhooks/sandbox"
    assert receiver.receive(headers, body, now=NOW).topic == "checkout.paid"


@pytest.mark.parametrize("status", [302, 400, 404, 413, 500, 503])
def test_any_answer_but_yes_is_tried_again(
    receiver: SandboxPlatform, http_server: str, status: int
) -> None:
    _Handler.status = status
    with pytest.raises(PlatformUnavailableError, match=str(status)):
        over_http(receiver, http_server)({"id": "sbe_1"})
    assert len(_Handler.seen) == 1


def test_nobody_listening_is_tried_again(receiver: SandboxPlatform) -> None:
    with pytest.raises(PlatformUnavailableError, match="no answer"):
        over_http(receiver, "http://127.0.0.1:1/")({"id": "sbe_1"})


def test_a_failed_delivery_stays_in_the_outbox(store: Store) -> None:
    store.sandbox.pay(store.open())
    store.answers = [500]
    with pytest.raises(PlatformUnavailableError):
        store.deliver()
    assert store.arrived == []
    store.clock.advance(timedelta(minutes=2))
    assert len(store.deliver()) == 1


def test_time_outs_are_set(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    def slow(self: object, method: str, url: str, **options: object) -> None:
        asked.append((options["timeout"], options["allow_redirects"]))
        raise requests.Timeout

    monkeypatch.setattr(requests.Session, "request", slow)
    with pytest.raises(requests.Timeout):
        post("http://127.0.0.1", {}, b"")
    assert asked == [((3.05, 10), False)]
