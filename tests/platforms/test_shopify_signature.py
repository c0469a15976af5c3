"""Webhooks at the door: who signed them, for whom, and do they fit their topic."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liveshop_sdk.errors import (
    DeliveryUnreadableError,
    SignatureInvalidError,
    WebhookRefusedError,
)
from liveshop_sdk.platforms.shopify.receiving import receive
from liveshop_sdk.platforms.shopify.signature import verify
from liveshop_sdk.wire import MAX_BYTES

NOW = datetime(2026, 11, 22, 18, tzinfo=UTC)
SHOP = "demo-live.myshopify.com"
ORDER = {
    "id": 9_007_199_254_741_993,
    "currency": "EUR",
    "line_items": [{"id": 1}],
    "total_price_set": {},
}


def signed(body: bytes, secret: bytes = b"hush") -> str:
    return base64.b64encode(hmac.new(secret, body, hashlib.sha256).digest()).decode()


def headers(body: bytes, **given: str) -> dict[str, str]:
    plain = {
        "Topic": "orders/paid",
        "Hmac-SHA256": signed(body),
        "Shop-Domain": SHOP,
        "API-Version": "2026-10",
        "Webhook-Id": "w-1",
        "Event-Id": "e-1",
        "Triggered-At": "2026-11-22T17:59:58.123456789Z",
    } | {name.replace("_", "-"): value for name, value in given.items()}
    return {f"X-Shopify-{name}": value for name, value in plain.items()}


def take(body: bytes, head: dict[str, str], secrets: tuple[bytes, ...] = (b"hush",)) -> Any:
    return receive(head, body, shop=SHOP, secrets=secrets, now=NOW)


def as_bytes(value: object) -> bytes:
    return json.dumps(value).encode()


def test_a_signed_delivery_is_named_by_its_webhook_id() -> None:
    body = as_bytes(ORDER)
    delivery = take(body, headers(body))
    assert (delivery.platform, delivery.account) == ("shopify", SHOP)
    assert (delivery.topic, delivery.delivery_id, delivery.event_id) == (
        "orders/paid",
        "w-1",
        "e-1",
    )
    assert delivery.occurred_at == datetime(2026, 11, 22, 17, 59, 58, 123456, tzinfo=UTC)
    assert delivery.body == body


@pytest.mark.parametrize(
    "spell", [str.lower, str.upper, lambda name: name.removeprefix("X-"), lambda name: name]
)
def test_header_names_are_taken_in_every_spelling(spell: Any) -> None:
    body = as_bytes(ORDER)
    head = {spell(name): value for name, value in headers(body).items()}
    assert take(body, head).delivery_id == "w-1"


def test_the_old_secret_signs_on_while_it_is_configured() -> None:
    body = as_bytes(ORDER)
    head = headers(body, Hmac_SHA256=signed(body, b"old"))
    assert take(body, head, (b"new", b"old")).delivery_id == "w-1"
    with pytest.raises(SignatureInvalidError):
        take(body, head, (b"new",))


def test_every_signature_fault_is_one_error() -> None:
    body = as_bytes(ORDER)
    good = signed(body)
    faults = [
        "",
        "é",
        "\udc80",
        good[:-1],
        good.rstrip("="),
        good + "=",
        good + "," + good,
        " " + good,
        good.swapcase(),
        base64.urlsafe_b64encode(base64.b64decode(good)).decode().replace("=", ""),
        hmac.new(b"hush", body, hashlib.sha256).hexdigest(),
        signed(body + b" "),
        signed(body, b"other"),
    ]
    for fault in faults:
        with pytest.raises(SignatureInvalidError):
            take(body, headers(body, Hmac_SHA256=fault))
    without = headers(body)
    del without["X-Shopify-Hmac-SHA256"]
    with pytest.raises(SignatureInvalidError, match="missing"):
        take(body, without)
    with pytest.raises(SignatureInvalidError, match="no webhook secret"):
        take(body, headers(body), ())


def test_a_header_given_twice_unlike_is_refused() -> None:
    body = as_bytes(ORDER)
    with pytest.raises(SignatureInvalidError, match="twice"):
        take(body, headers(body) | {"shopify-hmac-sha256": signed(b"x")})
    assert take(body, headers(body) | {"shopify-topic": "orders/paid"}).topic == "orders/paid"


def test_nothing_is_parsed_before_the_signature() -> None:
    for body in (b"", b"{not json", b"\xff", b"[" * 100_000, b"x" * (MAX_BYTES + 1)):
        with pytest.raises(SignatureInvalidError):
            take(body, headers(body, Hmac_SHA256=signed(b"other")))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{not json",
        b"[1,2]",
        b"null",
        b"5",
        b"\xff",
        b"[" * 5000,
        b'{"id": 1, "id": 2}',
        b'{"id": NaN}',
        b'{"id": "\\u0000"}',
        b'{"id": ' + b"9" * 5000 + b"}",
        b'"' + b"x" * MAX_BYTES + b'"',
    ],
    ids=range(12),
)
def test_a_signed_body_that_is_no_strict_object_is_unreadable(body: bytes) -> None:
    with pytest.raises(DeliveryUnreadableError):
        take(body, headers(body))


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        ("orders/paid", {"id": 1}),
        ("orders/paid", ORDER | {"id": "1"}),
        ("orders/paid", ORDER | {"id": True}),
        ("orders/paid", ORDER | {"id": 0}),
        ("orders/paid", ORDER | {"currency": "XXY"}),
        ("orders/paid", {"id": 5, "order_id": 6, "refund_line_items": []}),
        ("refunds/create", ORDER),
        ("refunds/create", {"id": 1, "order_id": 2}),
        ("refunds/create", {"id": 1, "order_id": 2, "refund_line_items": [], "transactions": 1}),
        ("disputes/create", ORDER),
        ("disputes/update", {"id": 1, "status": 3, "type": "chargeback", "initiated_at": ""}),
    ],
)
def test_a_body_that_does_not_fit_its_topic_is_unreadable(topic: str, payload: Any) -> None:
    body = as_bytes(payload)
    with pytest.raises(DeliveryUnreadableError):
        take(body, headers(body, Topic=topic))


@pytest.mark.parametrize(
    "wrong",
    [
        {"Shop_Domain": "other-shop.myshopify.com"},
        {"Shop_Domain": ""},
        {"Shop_Domain": SHOP + ".evil.example"},
        {"Topic": ""},
        {"Topic": "orders/\npaid"},
        {"Webhook_Id": ""},
        {"Webhook_Id": "é"},
        {"Webhook_Id": "w" * 256},
    ],
)
def test_headers_that_name_no_delivery_of_ours_are_refused(wrong: dict[str, str]) -> None:
    body = as_bytes(ORDER)
    with pytest.raises(DeliveryUnreadableError):
        take(body, headers(body, **wrong))


@pytest.mark.parametrize("stamp", ["", "soon", "2026-99-99T00:00:00Z", "é"])
def test_a_missing_or_odd_trigger_time_falls_back_on_our_clock(stamp: str) -> None:
    body = as_bytes(ORDER)
    assert take(body, headers(body, Triggered_At=stamp)).occurred_at == NOW


def test_a_delivery_repeated_for_hours_keeps_its_first_time() -> None:
    body = as_bytes(ORDER)
    delivery = take(body, headers(body, Triggered_At="2020-01-01T00:00:00Z"))
    assert delivery.occurred_at == datetime(2020, 1, 1, tzinfo=UTC)


def test_an_unknown_topic_may_hold_any_object() -> None:
    assert take(b"{}", headers(b"{}", Topic="app/uninstalled")).topic == "app/uninstalled"


@given(st.dictionaries(st.text(max_size=30), st.text(max_size=60), max_size=8), st.binary())
def test_hostile_requests_are_refused_and_nothing_else(head: dict[str, str], body: bytes) -> None:
    with pytest.raises(WebhookRefusedError):
        take(body, head)


_SPELLED = st.sampled_from(sorted(headers(b"")))


@given(
    st.dictionaries(_SPELLED, st.text(max_size=80), max_size=7),
    st.one_of(st.binary(max_size=200), st.text(max_size=100).map(str.encode)),
)
def test_hostile_headers_on_a_signed_body_never_fail_in_another_way(
    head: dict[str, str], body: bytes
) -> None:
    full = headers(body) | head
    try:
        delivery = take(body, full)
    except WebhookRefusedError:
        return
    assert full["X-Shopify-Hmac-SHA256"] == signed(body)
    assert delivery.account == SHOP


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner),
    max_leaves=12,
)


@given(
    st.sampled_from(["orders/paid", "refunds/create", "disputes/create"]),
    st.dictionaries(st.sampled_from([*ORDER, "order_id", "transactions", "status"]), _JSON),
)
def test_signed_nonsense_is_read_or_refused(topic: str, payload: Any) -> None:
    body = as_bytes(payload)
    try:
        take(body, headers(body, Topic=topic))
    except DeliveryUnreadableError:
        return


@given(st.binary(max_size=500), st.binary(min_size=1, max_size=40))
def test_every_single_bit_flip_breaks_the_signature(body: bytes, secret: bytes) -> None:
    good = signed(body, secret)
    verify(good, body, [secret])
    raw = bytearray(good.encode())
    for bit in range(len(raw) * 8):
        raw[bit // 8] ^= 1 << bit % 8
        with pytest.raises(SignatureInvalidError):
            verify(raw.decode("latin-1"), body, [secret])
        raw[bit // 8] ^= 1 << bit % 8
