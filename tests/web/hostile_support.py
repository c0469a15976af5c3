"""What nobody well-meaning sends, and the webhook doors of two vendors to send it to."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from werkzeug.test import TestResponse

from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.platforms.sandbox.signature import HEADER
from liveshop_sdk.settings import Secret
from liveshop_sdk.testing.signing import sign_shopify, sign_stripe
from tests.looking import contents
from tests.web.support import Store, open_store, stock, told

DEEP = b"[" * 5000 + b"]" * 5000
BODIES = [
    b"",
    b"\x00",
    b"\xff\xfe",
    b"null",
    b"[]",
    b'""',
    b"0",
    b"{",
    DEEP,
    b'{"a":' * 5000 + b"1" + b"}" * 5000,
    b'{"token":"\\ud800"}',
    b'{"token":"\\u0000"}',
    b'{"token":"a","token":"b"}',
    b'{"token":NaN}',
    b'{"token":1e999}',
    b'{"token":' + b"9" * 5000 + b"}",
    b'{"token":9223372036854775808}',
    b'{"token":{"$ne":null}}',
    b'{"token":["lk1"]}',
    b'{"token":"' + b"x" * 3000 + b'"}',
    b"\xef\xbb\xbf{}",
    b"token=%00&email=%ff&amount=1e400&code=%F0%9F%98%80",
    b"token=" + b"x" * 70_000,
    b"&".join(b"a%d=1" % n for n in range(3000)),
    b'--x\r\nContent-Disposition: form-data; name="token"\r\n\r\n' + b"y" * 300 + b"\r\n--x--",
    b'--x\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\nz',
    b"x" * 1_100_000,
]
TYPES = [
    "application/json",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "multipart/form-data",
    "application/json; charset=utf-7",
    "text/é",
    "",
]
HEADERS: list[dict[str, str]] = [
    {HEADER: "t=1,v1=é"},
    {HEADER: f"t={'9' * 400},v1={'0' * 64}"},
    {"Stripe-Signature": "t=1,v1=\xff"},
    {"X-Shopify-Hmac-SHA256": "é", "X-Shopify-Topic": "\xff" * 300},
    {"Accept": "text/html;q=\xff"},
    {"Accept": "text/html;q=1e999,*/*;q=nan"},
    {"Cookie": "liveshop_sandbox=\xff; =; a=b=c; \x01"},
    {"Cookie": "liveshop_sandbox=" + "a" * 24},
    {"Authorization": "Bearer \xff"},
    {"Host": "evil.example:99999"},
    {"Host": "\xff"},
    {"X-Forwarded-Host": "evil.example", "X-Forwarded-For": "\xff"},
    {"Range": "bytes=-1,5-2,x"},
    {"If-None-Match": '"\xff'},
    {"If-Modified-Since": "Yesterday"},
    {"Origin": "null"},
    {"User-Agent": "x" * 9000},
    {"User-Agent": "(" * 4000 + "bot http://"},
    {"Content-Length": "-1"},
    {"Content-Length": "9" * 30},
    {"Content-Length": "\xb2"},
    {"Content-Encoding": "gzip"},
    {"Expect": "200-maybe"},
    {"Idempotency-Key": "\xff"},
]

SECRET = "whsec_hostile"
DEMO = "demo-live.myshopify.com"
NOBODY = "http://127.0.0.1:9"  # a platform that never answers
Signed = tuple[dict[str, str], bytes]
EVENT: dict[str, Any] = {
    "id": "evt_1",
    "object": "event",
    "api_version": "2026-10-28.endive",
    "created": 1_790_000_000,
    "livemode": False,
    "type": "radar.new.thing",
    "data": {"object": {"id": "x_1", "object": "thing"}},
}


SETTINGS: dict[str, dict[str, Any]] = {
    "stripe": {
        "stripe_api_key": Secret("sk_test_hostile"),
        "stripe_webhook_secrets": (Secret("whsec_older"), Secret(SECRET)),
        "stripe_api_base": NOBODY,
    },
    "shopify": {
        "shopify_shop": DEMO,
        "shopify_storefront_token": Secret("sfpub_hostile"),
        "shopify_admin_token": Secret("shpat_hostile"),
        "shopify_webhook_secrets": (Secret("older"), Secret(SECRET)),
        "shopify_api_base": NOBODY,
    },
}


def environ_of(headers: Mapping[str, str]) -> dict[str, str]:
    """Return headers as a server hands them over, past the checks of a test client."""
    environ = {f"HTTP_{name.upper().replace('-', '_')}": v for name, v in headers.items()}
    for name in ("CONTENT_LENGTH", "CONTENT_TYPE"):
        if f"HTTP_{name}" in environ:
            environ[name] = environ.pop(f"HTTP_{name}")
    return environ


def event(**changes: Any) -> bytes:
    return json.dumps({**EVENT, "id": "evt_2", **changes}).encode()


@dataclass
class Door:
    """The webhook route of one platform, and how that platform signs."""

    platform: str
    store: Store
    _number: int = field(default=0)

    @property
    def path(self) -> str:
        return f"/webhooks/{self.platform}"

    @property
    def unsigned(self) -> int:
        """The status of a wrong signature."""
        return 401 if self.platform == "shopify" else 400

    def sign(self, body: bytes, *, topic: str = "orders/paid", **how: Any) -> dict[str, str]:
        now = how.pop("now", self.store.clock.now())
        secret = how.pop("secret", SECRET)
        if self.platform == "stripe":
            return sign_stripe(body, secret, now=now)
        self._number += 1
        given = {"shop": DEMO, "webhook_id": f"hook_{self._number}", **how}
        return sign_shopify(body, secret, topic=topic, **given)

    def harmless(self) -> Signed:
        """A signed delivery of a topic that says nothing to us."""
        body = json.dumps(EVENT if self.platform == "stripe" else {"id": 1}).encode()
        return self.sign(body, topic="themes/publish"), body

    def post(self, body: bytes, headers: Mapping[str, str]) -> TestResponse:
        """Post past the test client, which would not send such headers."""
        environ = environ_of(headers)
        return self.store.client.post(self.path, data=body, environ_overrides=environ)

    def dump(self) -> dict[str, list[tuple[Any, ...]]]:
        return contents(self.store.db)


def door_of(platform: str, db: Database, clock: ManualClock) -> Door:
    """Return a stocked shop that has taken one delivery."""
    keys = (Secret("k" * 40),)
    store = open_store(db, clock, platform=platform, secret_keys=keys, **SETTINGS[platform])
    stock(store)
    made = Door(platform, store)
    headers, body = made.harmless()
    assert told(made.post(body, headers))["status"] == "stored"
    return made


def refused(answer: TestResponse, status: int, code: str, what: object) -> None:
    found = told(answer)
    assert (answer.status_code, found["error"]["code"]) == (status, code), what
    assert found["mode"] == "test"


def stored(door: Door, answer: TestResponse, before: Mapping[str, list[Any]], what: object) -> None:
    """Exactly one row more in the inbox, and no other row of any table is another."""
    assert (answer.status_code, answer.json) == (200, {"status": "stored", "mode": "test"}), what
    after = door.dump()
    assert len(after["ls_inbox"]) == len(before["ls_inbox"]) + 1, what
    assert set(before["ls_inbox"]) <= set(after["ls_inbox"]), what
    assert without_inbox(after) == without_inbox(before), what


def first_id(door: Door) -> dict[str, str]:
    """The name of the delivery that is stored; Stripe's stands in the body."""
    return {"X-Shopify-Webhook-Id": "hook_1"} if door.platform == "shopify" else {}


def without_inbox(found: Mapping[str, list[Any]]) -> dict[str, list[Any]]:
    return {table: rows for table, rows in found.items() if table != "ls_inbox"}
