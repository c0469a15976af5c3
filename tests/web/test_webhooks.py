"""``/webhooks/…``: stored or refused, and never a 5xx for a stranger."""

import io
import json
from datetime import timedelta

import pytest

from liveshop_sdk.db import Database
from liveshop_sdk.errors import (
    DeliveryUnreadableError,
    SignatureInvalidError,
    StorageUnavailableError,
)
from liveshop_sdk.events.inbox import Receipt
from liveshop_sdk.platforms.sandbox.signature import HEADER, sign
from liveshop_sdk.platforms.sandbox.store import SandboxStore
from liveshop_sdk.wire import MAX_BYTES
from tests.looking import contents
from tests.web.support import Store, told

BODY = json.dumps(
    {"id": "sbe_1", "type": "nothing.known", "created": "2026-10-02T18:00:00Z", "data": {}}
).encode()


def secret(store: Store) -> bytes:
    """Make the store's webhook secret exist, and return it."""
    with store.db.transaction() as tx:
        return SandboxStore().value_or(tx, "webhook_secret", "s" * 32).encode()


def signed(store: Store, body: bytes) -> dict[str, str]:
    return {HEADER: sign(body, [secret(store)], now=store.clock.now())}


def test_stored_once_and_seen_again(store: Store) -> None:
    headers = signed(store, BODY)
    first = store.client.post("/webhooks/sandbox", data=BODY, headers=headers)
    assert (first.status_code, first.json) == (200, {"status": "stored", "mode": "sandbox"})
    before = store.rows()
    second = store.client.post("/webhooks/sandbox", data=BODY, headers=headers)
    assert (second.status_code, second.json) == (200, {"status": "seen", "mode": "sandbox"})
    assert store.rows() == before


def test_a_stranger_is_refused_and_leaves_nothing(store: Store) -> None:
    good = signed(store, BODY)[HEADER]
    stale = sign(BODY, [secret(store)], now=store.clock.now() - timedelta(minutes=6))
    early = sign(BODY, [secret(store)], now=store.clock.now() + timedelta(days=365))
    before = contents(store.db)
    given = [
        "",
        good[:-1],
        good + "é",
        "t=1,v1=",
        "é" * 50,
        "x" * 5000,
        stale,
        early,
        f"{good},{good}",
    ]
    for header in given:
        answer = store.client.post("/webhooks/sandbox", data=BODY, headers={HEADER: header})
        assert (answer.status_code, told(answer)["error"]["code"]) == (400, "signature_invalid")
    assert store.client.post("/webhooks/sandbox").status_code == 400
    assert contents(store.db) == before


def test_signed_but_unreadable_is_refused(store: Store) -> None:
    bodies = [b"\xff", b"[]", b"null", b"{", b"[" * 3000, b'{"a":1,"a":2}', b'{"id":1e999}']
    headers = [signed(store, body) for body in bodies]
    before = contents(store.db)
    for body, header in zip(bodies, headers, strict=True):
        answer = store.client.post("/webhooks/sandbox", data=body, headers=header)
        assert (answer.status_code, told(answer)["error"]["code"]) == (400, "delivery_unreadable")
    assert contents(store.db) == before


def test_other_platforms_are_unknown_before_a_byte_is_read(store: Store) -> None:
    class Unread(io.BytesIO):
        def read(self, *_: object) -> bytes:
            raise AssertionError("the body was read")

    for platform in ("stripe", "shopify", "x", "%00", "%F0%9F%98%80"):
        answer = store.client.post(
            f"/webhooks/{platform}", input_stream=Unread(), content_length=10
        )
        assert answer.status_code == 404


def test_too_large_is_refused_before_it_is_read(store: Store) -> None:
    before = contents(store.db)
    declared = store.client.post("/webhooks/sandbox", data=b"x" * (MAX_BYTES + 1))
    assert (declared.status_code, told(declared)["error"]["code"]) == (413, "too_large")
    endless = io.BytesIO(b"x" * 3_000_000)
    chunked = store.client.post(
        "/webhooks/sandbox",
        input_stream=endless,
        environ_overrides={"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"},
    )
    assert chunked.status_code == 413
    assert endless.tell() <= MAX_BYTES + 100_000
    assert contents(store.db) == before


def test_a_chunked_body_is_taken(store: Store) -> None:
    answer = store.client.post(
        "/webhooks/sandbox",
        input_stream=io.BytesIO(BODY),
        headers=signed(store, BODY),
        environ_overrides={"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"},
    )
    assert told(answer)["status"] == "stored"


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH", "TRACE"])
def test_other_methods_are_not_allowed(store: Store, method: str) -> None:
    answer = store.client.open("/webhooks/sandbox", method=method)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST, OPTIONS")


def test_a_database_out_of_reach_asks_for_another_try(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_db: Database) -> None:
        raise StorageUnavailableError(problem="password=hunter2 disk full")

    headers = signed(store, BODY)
    monkeypatch.setattr(Database, "transaction", full)
    answer = store.client.post("/webhooks/sandbox", data=BODY, headers=headers)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "hunter2" not in answer.text
    assert told(answer)["error"]["details"] == {}


def test_shopify_gets_401_for_a_signature_and_400_for_a_body(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    faults = {
        401: SignatureInvalidError(platform="shopify", problem="it does not match the body"),
        400: DeliveryUnreadableError(platform="shopify", problem="not_json"),
    }
    monkeypatch.setattr(type(store.shop.platform), "name", "shopify")
    for status, fault in faults.items():

        def refuse(*_: object, error: Exception = fault) -> Receipt:
            raise error

        monkeypatch.setattr(store.shop, "receive", refuse)
        assert store.client.post("/webhooks/shopify", data=b"{}").status_code == status
