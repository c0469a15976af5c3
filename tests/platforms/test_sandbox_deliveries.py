"""Webhooks of the sandbox as they leave: delivered as badly as asked, over real HTTP."""

import json
import random
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import ClassVar

import pytest
import requests

from liveshop_sdk.clock import ManualClock, to_micros
from liveshop_sdk.db import Database
from liveshop_sdk.errors import PlatformUnavailableError, SandboxAmountError
from liveshop_sdk.facts import OrderRefunded
from liveshop_sdk.ids import Ids
from liveshop_sdk.platforms.sandbox import Deliveries, SandboxPlatform
from liveshop_sdk.platforms.sandbox.sender import WebhookSender, post
from tests.platforms.sandbox_support import SECRET, Store, store_fixture
from tests.platforms.sandbox_webhook_support import NOW, ORDER, event, receiver_fixture

__all__ = ["receiver_fixture", "store_fixture"]


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
    assert over_http(receiver, http_server)(payload) == {"status": 200}
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
    with pytest.raises(PlatformUnavailableError) as caught:
        over_http(receiver, "http://127.0.0.1:1/")({"id": "sbe_1"})
    assert caught.value.problem == (
        "nothing listens at http://127.0.0.1:1; is `liveshop serve` running, "
        "is LIVESHOP_BASE_URL right?"
    )


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
