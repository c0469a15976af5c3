"""What comes in at the webhook: every delivery mode, every hostile body."""

import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
import stripe
from hypothesis import given
from hypothesis import strategies as st

from liveshop_sdk.clock import from_seconds
from liveshop_sdk.errors import (
    DeliveryUnreadableError,
    LiveShopError,
    SignatureInvalidError,
    WebhookRefusedError,
)
from liveshop_sdk.facts import OrderPaid, OrderRefunded
from liveshop_sdk.platforms.stripe import StripePlatform
from liveshop_sdk.platforms.stripe.event import parse_event
from liveshop_sdk.wire import MAX_BYTES
from tests.platforms import stripe_support as support
from tests.platforms.stripe_support import SECRET, Oracle, checkout, platform_at, signed, told

running_oracle = support.running_oracle
oracle = support.oracle

STAMP = 1_790_000_000
EVENT: dict[str, Any] = {
    "id": "evt_1",
    "object": "event",
    "api_version": "2026-10-28.endive",
    "created": STAMP,
    "livemode": False,
    "type": "checkout.session.completed",
    "data": {"object": {"id": "cs_test_1", "object": "checkout.session"}},
}


def receive(body: bytes, **changes: Any) -> Any:
    header = stripe.WebhookSignature.generate_signature_header(
        body.decode("latin-1"), SECRET, STAMP
    )
    if not body.isascii():
        digest = hmac.new(SECRET.encode(), f"{STAMP}.".encode() + body, hashlib.sha256)
        header = f"t={STAMP},v1={digest.hexdigest()}"
    platform = platform_at(None, **changes)
    return platform.receive({"stripe-signature": header}, body, now=from_seconds(STAMP))


def test_a_delivery_is_named_by_what_was_signed() -> None:
    body = json.dumps({**EVENT, "account": "acct_1"}).encode()
    delivery = receive(body, account="acct_1")
    assert (delivery.platform, delivery.account) == ("stripe", "acct_1")
    assert (delivery.topic, delivery.delivery_id) == ("checkout.session.completed", "evt_1")
    assert delivery.occurred_at == from_seconds(STAMP)
    assert delivery.body == body


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[1]",
        b"17",
        b'"text"',
        b"{}",
        b"not json at all",
        b"\xff\xfe{}",
        b'{"id": NaN}',
        b"[" * 5000 + b"]" * 5000,
        b'{"a":' * 3000 + b"1" + b"}" * 3000,
        b'{"id": ' + b"9" * 5000 + b"}",
        b'{"id": "evt_1", "id": "evt_2"}',
        json.dumps({**EVENT, "id": None}).encode(),
        json.dumps({**EVENT, "id": "evt_\0"}).encode(),
        json.dumps({**EVENT, "id": "evt_" + "x" * 300}).encode(),
        json.dumps({**EVENT, "id": ["evt_1"]}).encode(),
        json.dumps({**EVENT, "type": "../../x"}).encode(),
        json.dumps({**EVENT, "type": 5}).encode(),
        json.dumps({**EVENT, "created": "yesterday"}).encode(),
        json.dumps({**EVENT, "created": -1}).encode(),
        json.dumps({**EVENT, "created": 2**62}).encode(),
        json.dumps({**EVENT, "created": True}).encode(),
        json.dumps({**EVENT, "livemode": "false"}).encode(),
        json.dumps({**EVENT, "livemode": None}).encode(),
        json.dumps({**EVENT, "data": None}).encode(),
        json.dumps({**EVENT, "data": {"object": []}}).encode(),
        json.dumps({**EVENT, "object": "charge"}).encode(),
        json.dumps({**EVENT, "account": "\ud800"}).encode(),
        json.dumps({**EVENT, "object": "v2.core.event"}).encode(),
        b" " * (MAX_BYTES + 1),
    ],
)
def test_signed_but_unreadable_bodies_are_refused(body: bytes) -> None:
    with pytest.raises(DeliveryUnreadableError):
        receive(body)


@given(st.binary(max_size=300))
def test_no_bytes_bring_the_reader_down(body: bytes) -> None:
    with pytest.raises(DeliveryUnreadableError):
        parse_event(body)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=12,
)


@given(changes=st.dictionaries(st.sampled_from([*EVENT, "account"]), JSON))
def test_no_shape_brings_receive_and_read_down(changes: dict[str, Any]) -> None:
    body = json.dumps({**EVENT, **changes}).encode()
    try:
        event = parse_event(body)
    except DeliveryUnreadableError:
        return
    assert event.id.startswith("evt_")


FIELDS = [
    "id",
    "object",
    "status",
    "amount",
    "currency",
    "created",
    "payment_intent",
    "metadata",
    "mode",
]
WORDS = ["refund", "dispute", "checkout.session", "succeeded", "eur", "failed"]
KINDS = [
    "refund.updated",
    "charge.dispute.created",
    "charge.dispute.closed",
    "checkout.session.expired",
    "checkout.session.async_payment_failed",
]
SUBJECTS = st.dictionaries(st.sampled_from(FIELDS), JSON | st.sampled_from(WORDS))


@given(kind=st.sampled_from(KINDS), subject=SUBJECTS)
def test_no_signed_object_brings_read_down(kind: str, subject: dict[str, Any]) -> None:
    platform = platform_at("http://127.0.0.1:9", timeouts=(0.05, 0.05), max_network_retries=0)
    body = json.dumps({**EVENT, "type": kind, "data": {"object": subject}}).encode()
    try:
        delivery = receive(body)
        platform.read(delivery)
    except LiveShopError:
        pass


def test_secrets_never_show() -> None:
    platform = platform_at(None, api_key="sk_test_hidden", webhook_secrets=["whsec_hidden"])
    assert repr(platform) == "StripePlatform(account='default', mode='test')"
    with pytest.raises(WebhookRefusedError) as refused:
        platform.receive({"stripe-signature": "t=1,v1=x"}, b"{}", now=from_seconds(STAMP))
    assert "hidden" not in repr(refused.value) + str(refused.value)


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"livemode": True}, "sk_test_x"),
        ({"livemode": False}, "sk_live_x"),
        ({"account": "acct_other"}, "sk_test_x"),
    ],
)
def test_events_of_another_mode_or_account_are_stored_but_say_nothing(
    changes: dict[str, Any], key: str
) -> None:
    refund: dict[str, Any] = {"id": "re_1", "object": "refund", "status": "succeeded"}
    refund |= {"payment_intent": "pi_1", "amount": 100, "currency": "eur", "created": STAMP}
    event = {**EVENT, "type": "refund.created", "data": {"object": refund}}
    live = key.startswith("sk_live")
    ours = receive(json.dumps({**event, "livemode": live}).encode(), api_key=key)
    platform = platform_at(None, api_key=key)
    assert [type(one).__name__ for one in platform.read(ours)] == ["OrderRefunded"]
    foreign = receive(json.dumps({**event, **changes}).encode(), api_key=key)
    assert platform.read(foreign) == ()


@pytest.mark.parametrize("style", ["snapshot", "thin"])
@pytest.mark.parametrize(
    ("ours", "theirs"), [(None, "acct_2"), ("acct_1", "acct_2"), ("acct_1", None)]
)
def test_of_another_account_s_event_nothing_is_kept_but_that_it_came(
    ours: str | None, theirs: str | None, style: str
) -> None:
    subject = {"id": "re_1", "object": "refund", "customer_email": "ann@example.org"}
    event: dict[str, Any] = {**EVENT, "type": "refund.created", "data": {"object": subject}}
    event |= {"account": theirs} if theirs else {}
    if style == "thin":
        event |= {"object": "v2.core.event", "type": "v1.refund.created", "context": theirs}
        event |= {"created": "2026-09-21T14:13:20Z", "related_object": {"id": "ann@example.org"}}
    delivery = receive(json.dumps(event).encode(), account=ours)
    assert (delivery.account, delivery.topic) == (ours or "default", "refund.created")
    assert b"ann" not in delivery.body
    assert platform_at(None, account=ours).read(delivery) == ()
    assert parse_event(delivery.body).account == (theirs or "")


def test_an_event_of_the_connected_account_counts() -> None:
    refund: dict[str, Any] = {"id": "re_1", "object": "refund", "status": "succeeded"}
    refund |= {"payment_intent": "pi_1", "amount": 100, "currency": "eur", "created": STAMP}
    event = {**EVENT, "type": "refund.created", "data": {"object": refund}, "account": "acct_1"}
    (fact,) = platform_at(None, account="acct_1").read(
        receive(json.dumps(event).encode(), account="acct_1")
    )
    assert isinstance(fact, OrderRefunded)
    assert (fact.account, fact.order_ref) == ("acct_1", "pi_1")


# --- over HTTP, as the oracle delivers


class Receiver(ThreadingHTTPServer):
    platform: StripePlatform
    stored: dict[str, Any]


class Route(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        server = self.server
        assert isinstance(server, Receiver)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            now = from_seconds(int(time.time()))
            delivery = server.platform.receive(dict(self.headers.items()), body, now=now)
            server.stored[delivery.delivery_id] = delivery
            status = 200
        except WebhookRefusedError:
            status = 400
        except Exception:
            status = 500
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args: object) -> None:
        return


@pytest.fixture
def receiver(oracle: Oracle) -> Iterator[Receiver]:
    server = Receiver(("127.0.0.1", 0), Route)
    server.daemon_threads = True
    server.platform, server.stored = oracle.platform(), {}
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


GOOD = ["ok", "duplicate", "redelivered", "twin", "reorder", "shuffle"]
GOOD += ["concurrent", "rotate", "extra_scheme"]
BAD = ["bad_signature", "v0_only", "tampered", "stale", "no_header"]
BAD += ["garbage_header", "nonascii", "not_utf8", "not_json"]


@pytest.mark.parametrize("payload", ["snapshot", "thin"])
@pytest.mark.parametrize("mode", [*GOOD, *BAD])
def test_every_delivery_mode(oracle: Oracle, receiver: Receiver, mode: str, payload: str) -> None:
    platform = receiver.platform
    session = oracle.opened(platform, checkout())
    events = [one["id"] for one in oracle.pay(session)]
    url = f"http://127.0.0.1:{receiver.server_address[1]}/webhooks/stripe"
    answers = oracle.tell(
        "deliver", url=url, secret=SECRET, events=events, mode=mode, payload=payload
    )["deliveries"]

    good = mode in GOOD
    assert {one["status"] for one in answers} == {200 if good else 400}
    facts = {
        fact.key: fact
        for delivery in receiver.stored.values()
        for fact in platform.read(delivery)
        if isinstance(fact, OrderPaid)
    }
    assert len(facts) == (1 if good else 0)


def test_another_api_version_is_warned_of_once(
    oracle: Oracle, caplog: pytest.LogCaptureFixture
) -> None:
    platform = oracle.platform()
    events = oracle.pay(oracle.opened(platform, checkout()))
    for version in ("2023-10-16", "2024-06-20", "2023-10-16"):
        assert told(platform, [event | {"api_version": version} for event in events])
    said = [one.getMessage() for one in caplog.records if "API version" in one.getMessage()]
    assert [one.levelname for one in caplog.records if "API version" in one.getMessage()] == [
        "WARNING",
        "WARNING",
    ]
    assert ("2023-10-16" in said[0], "2024-06-20" in said[1]) == (True, True)


def test_a_thin_event_is_the_same_fact_as_its_snapshot(oracle: Oracle) -> None:
    platform = oracle.platform()
    events = oracle.pay(oracle.opened(platform, checkout()))
    thin = [oracle.webhooks.thin_of(event) for event in events]
    (snapshot_fact,) = told(platform, events)
    (thin_fact,) = told(platform, thin)
    assert snapshot_fact == thin_fact


def test_the_vendors_signature_over_a_real_event_passes(oracle: Oracle) -> None:
    platform = oracle.platform()
    (*_, event, _updated) = oracle.pay(oracle.opened(platform, checkout()))
    headers, body = signed(event)
    now = from_seconds(int(time.time()))
    assert platform.receive(headers, body, now=now).topic == "checkout.session.completed"
    with pytest.raises(SignatureInvalidError):
        platform.receive(headers, body + b" ", now=now)
