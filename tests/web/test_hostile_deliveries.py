"""Webhooks that are signed and hostile all the same: refused, or stored and no more."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database, migrate
from tests.web.hostile_support import (
    BODIES,
    DEMO,
    EVENT,
    TYPES,
    Door,
    door_of,
    event,
    first_id,
    refused,
    stored,
    without_inbox,
)
from tests.web.support import told

NO_EVENTS = [
    event(id="evt_2\n"),
    event(id="evt_\u0000"),
    event(id="evt_" + "x" * 300),
    event(id=["evt_2"]),
    event(type="../../x"),
    event(type="x" * 300 + ".y"),
    event(type=None),
    event(created=-1),
    event(created=2**63),
    event(created=1e300),
    event(created=True),
    event(livemode="false"),
    event(account="\ud800"),
    event(account={"$ne": None}),
    event(data=None),
    event(data={"object": [{}]}),
    event(object="charge"),
    event(object="v2.core.event"),
    event(object="v2.core.event", created="9999-12-31T23:59:59-14:00"),
    event(data={"object": {"a": json.loads("[" * 31 + "]" * 31)}}),
    event(data={"object": {"a": "\u0000"}}),
]
UNFIT = [  # for the topic that the headers claim
    ("orders/paid", b'{"id":1}'),
    ("orders/paid", b'{"id":1,"currency":"EUR","line_items":[],"total_price_set":{}}'),
    ("orders/paid", b'{"id":1,"currency":"EUR","line_items":[1],"total_price_set":{}}'),
    ("orders/paid", b'{"id":1,"currency":"BTC","line_items":[{}],"total_price_set":{}}'),
    ("orders/paid", b'{"id":null,"currency":"EUR","line_items":[{}],"total_price_set":{}}'),
    ("orders/paid", b'{"id":"..","currency":"EUR","line_items":[{}],"total_price_set":{}}'),
    ("orders/paid", b'{"id":1,"id":2,"currency":"EUR","line_items":[{}],"total_price_set":{}}'),
    ("orders/paid", b'{"id":1,"currency":"EUR","line_items":[{}],"total_price_set":1e999}'),
    ("refunds/create", b'{"id":1,"currency":"EUR","line_items":[{}],"total_price_set":{}}'),
    ("refunds/create", b'{"id":1,"order_id":"x","refund_line_items":[],"transactions":[]}'),
    ("refunds/create", b'{"id":1,"order_id":1,"refund_line_items":[],"transactions":{}}'),
    ("disputes/create", b'{"id":1,"status":"odd","type":"odd"}'),
    ("disputes/update", b'{"id":{},"status":"won","type":"x","initiated_at":1}'),
    ("app/odd", b'{"id":"\\u0000"}'),
]


def test_signed_bodies_that_are_no_delivery(door: Door) -> None:
    before = door.dump()
    more = [("", body) for body in NO_EVENTS] if door.platform == "stripe" else UNFIT
    for topic, body in [*(("orders/paid", body) for body in BODIES), *more]:
        answer = door.post(body, door.sign(body, topic=topic))
        refused(answer, 400, "delivery_unreadable", (topic, body[:80]))
    assert door.dump() == before


def test_signed_bodies_of_any_content_type(door: Door) -> None:
    headers, body = door.harmless()
    before = door.dump()
    for content_type in TYPES:
        typed = {**headers, **first_id(door), "Content-Type": content_type}
        assert told(door.post(body, typed))["status"] == "seen", content_type
    assert door.dump() == before


def test_shopify_topics_we_do_not_know_hold_any_object(db: Database, clock: ManualClock) -> None:
    door, taken = door_of("shopify", db, clock), 0
    for body in BODIES:
        before = door.dump()
        answer = door.post(body, door.sign(body, topic="app/odd"))
        if answer.status_code == 200:
            stored(door, answer, before, body[:40])
            taken += 1
            continue
        refused(answer, 400, "delivery_unreadable", body[:40])
        assert door.dump() == before
    assert taken == 3


NAMES = ["", " ", "\x00", "a\x00b", "\xff" * 9, "x" * 300, "a\tb", "x\x7f"]


@pytest.mark.parametrize("header", ["Topic", "Webhook-Id", "Shop-Domain"])
def test_shopify_signs_no_header_and_none_is_believed(
    db: Database, clock: ManualClock, header: str
) -> None:
    door = door_of("shopify", db, clock)
    headers, body = door.harmless()
    before = door.dump()
    for name in [*NAMES, *([f"{DEMO}.evil.example"] if header == "Shop-Domain" else [])]:
        answer = door.post(body, headers | {f"X-Shopify-{header}": name})
        refused(answer, 400, "delivery_unreadable", (header, name))
    doubled = {f"Shopify-{header}": "else"}
    refused(door.post(body, headers | doubled), 401, "signature_invalid", doubled)
    assert door.dump() == before


@pytest.mark.parametrize("header", ["Event-Id", "Triggered-At", "API-Version"])
def test_shopify_headers_that_only_describe_do_no_harm(
    db: Database, clock: ManualClock, header: str
) -> None:
    door = door_of("shopify", db, clock)
    more = ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "1e999", "\u0661"]
    for name in [*(one for one in NAMES if "\x00" not in one), *more]:
        headers, body = door.harmless()
        before = door.dump()
        answer = door.post(body, headers | {f"X-Shopify-{header}": name})
        stored(door, answer, before, (header, name))


@pytest.mark.parametrize("name", ["\x00", "a\x00b"])
def test_a_nul_in_shopifys_event_id_does_no_harm(
    db: Database, clock: ManualClock, name: str
) -> None:
    door = door_of("shopify", db, clock)
    headers, body = door.harmless()
    before = door.dump()
    stored(door, door.post(body, headers | {"X-Shopify-Event-Id": name}), before, name)


def test_a_topic_of_any_length_is_stored_or_refused(door: Door) -> None:
    for length in (128, 129, 200):
        topic = "x" * (length - 2) + ".y"
        body = event(id=f"evt_{length}", type=topic)
        before = door.dump()
        answer = door.post(body, door.sign(body, topic=topic))
        if answer.status_code == 200:
            stored(door, answer, before, length)
        else:
            refused(answer, 400, "delivery_unreadable", length)
            assert door.dump() == before


# --- what may be stored, once


def test_a_topic_nobody_knows_is_one_row_and_seen_again(door: Door) -> None:
    unknown = event(type="new.thing") if door.platform == "stripe" else b'{"id":2}'
    headers = door.sign(unknown, topic="new/things")
    before = door.dump()
    stored(door, door.post(unknown, headers), before, "unknown topic")
    before = door.dump()
    assert told(door.post(unknown, headers))["status"] == "seen"
    assert door.dump() == before
    door.store.shop.worker().drain()
    assert without_inbox(door.dump()) == without_inbox(before)


# --- rubbish under a topic we know


def about(kind: str, **thing: Any) -> bytes:
    return event(type=kind, data={"object": thing})


STRIPE_RUBBISH = [
    about("checkout.session.completed"),
    about("checkout.session.completed", id={"id": []}, object="checkout.session"),
    about("checkout.session.expired", id="cs_1", object="checkout.session", metadata=[1]),
    about("checkout.session.expired", id="cs_1", object="charge"),
    about("refund.created", id="re_1", object="refund", amount=-(2**63), currency="eur"),
    about("refund.updated", id="re_1", object="refund", status="succeeded", amount="1"),
    about("charge.dispute.created", id="dp_1", object="dispute", amount=2**63 - 1, currency=5),
    about("charge.dispute.closed", id="../../v1/x", object="dispute", status="odd", charge="?"),
    event(account="acct_else", type="checkout.session.completed", livemode=True),
]
SHOPIFY_RUBBISH = [
    ("orders/paid", b'{"id":1,"currency":"EUR","line_items":[{}],"total_price_set":null}'),
    (
        "orders/paid",
        b'{"id":1,"currency":"EUR","line_items":[{"id":1,"quantity":-9223372036854775808}],'
        b'"total_price_set":{"shop_money":{"amount":"1e999"}},"financial_status":"paid"}',
    ),
    ("refunds/create", b'{"id":1,"order_id":1,"refund_line_items":[[]],"transactions":[]}'),
    ("disputes/create", b'{"id":1,"status":"odd","type":"odd","initiated_at":"x"}'),
    ("disputes/update", b'{"id":1,"status":"won","type":"chargeback","initiated_at":{},"x":[]}'),
]


def test_rubbish_under_a_topic_we_know_becomes_no_money(door: Door) -> None:
    known: list[tuple[str, bytes]] = (
        [("", body) for body in STRIPE_RUBBISH] if door.platform == "stripe" else SHOPIFY_RUBBISH
    )
    start = without_inbox(door.dump())
    for number, (topic, rubbish) in enumerate(known):
        body = rubbish.replace(b"evt_2", f"evt_r{number}".encode())
        before = door.dump()
        stored(door, door.post(body, door.sign(body, topic=topic)), before, body)
    door.store.clock.advance(timedelta(days=1))
    door.store.shop.worker().drain()
    assert without_inbox(door.dump()) == start


# --- whatever comes


@pytest.fixture(scope="module", params=["stripe", "shopify"])
def one_door(request: pytest.FixtureRequest) -> Iterator[Door]:
    database = Database.connect("sqlite://")
    migrate.upgrade(database)
    clock = ManualClock(datetime(2026, 10, 2, 18, tzinfo=UTC))
    yield door_of(request.param, database, clock)
    database.dispose()


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@settings(max_examples=100)
@given(
    body=st.binary(max_size=200)
    | st.builds(lambda value: json.dumps(value).encode(), _JSON)
    | st.builds(lambda name, value: event(**{name: value}), st.sampled_from([*EVENT]), _JSON),
    topic=st.sampled_from(["orders/paid", "refunds/create", "disputes/create", "app/odd"]),
    is_signed=st.booleans(),
)
def test_whatever_is_posted_is_answered(
    one_door: Door, body: bytes, topic: str, is_signed: bool
) -> None:
    before = one_door.dump()
    answer = one_door.post(body, one_door.sign(body, topic=topic) if is_signed else {})
    if is_signed and answer.status_code == 200:
        assert without_inbox(one_door.dump()) == without_inbox(before)
    else:
        assert answer.status_code == (400 if is_signed else one_door.unsigned)
        assert one_door.dump() == before
