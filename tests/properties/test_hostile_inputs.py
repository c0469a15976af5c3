"""Every door for strangers' bytes, fed with what was valid once: only our own errors come out.

``make fuzz-long`` feeds a million inputs; without it a sample, always the same.
"""

import base64
import hashlib
import hmac
import json
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from liveshop_sdk.checkout.codes import parse_code, parse_short_code
from liveshop_sdk.checkout.tokens import LinkTokens, SealedRef
from liveshop_sdk.clock import ManualClock, to_seconds
from liveshop_sdk.db import Database
from liveshop_sdk.errors import (
    BodyInvalidError,
    CodeInvalidError,
    LinkExpiredError,
    LinkTokenInvalidError,
    WebhookRefusedError,
)
from liveshop_sdk.events.outbox import Outbox
from liveshop_sdk.ids import Ids, body_of
from liveshop_sdk.platforms.sandbox import SandboxPlatform
from liveshop_sdk.platforms.shopify import ShopifyPlatform
from liveshop_sdk.platforms.stripe import StripePlatform
from liveshop_sdk.wire import loads
from tests.scale import IS_LONG

_log = logging.getLogger(__name__)
INPUTS = 125_000 if IS_LONG else 1_500
"""Per door; eight doors."""
MOST_SECONDS = 300.0
NOW = datetime(2026, 10, 2, 18, tzinfo=UTC)
KEYS = ["the old key of these tests", "the new key of these tests"]
SECRET = "whsec_of_these_tests"
SHOP = "demo-live.myshopify.com"

Door = Callable[[bytes], object]
Errors = tuple[type[Exception], ...]


class Seals:
    """Seals that anybody can read."""

    def unseal(self, text: str) -> str | None:
        return text or None

    def customer_key(self, email: str) -> str:
        return email


# --- inputs: valid ones, and what becomes of them

_MONEY = {"amount": "68.74", "currency_code": "EUR"}
_BAG = {"shop_money": _MONEY, "presentment_money": _MONEY}
VALID: Mapping[str, list[Any]] = {
    "sandbox": [
        {
            "id": "sbe_1",
            "type": "checkout.paid",
            "created": "2026-10-02T18:00:00.000000Z",
            "data": {
                "order": {
                    "id": "sbo_1",
                    "checkout": "sbc_1",
                    "reference": "sealed",
                    "currency": "EUR",
                    "total": 4990,
                    "shipping": 0,
                    "tax": 0,
                    "tax_included": True,
                    "codes": ["MIKA20"],
                    "coupons": ["sbp_1"],
                    "email": "buyer@example.com",
                    "paid_at": "2026-10-02T18:00:00.000000Z",
                    "lines": [
                        {
                            "ref": "1",
                            "sku": "sku_tee",
                            "title": "Tee",
                            "quantity": 1,
                            "item": "",
                            "gross": 4990,
                            "discount": 0,
                            "tax": 0,
                        }
                    ],
                }
            },
        },
        {
            "id": "sbe_2",
            "type": "refund.created",
            "created": "2026-10-02T18:00:00.000000Z",
            "data": {
                "refund": {
                    "id": "sbr_1",
                    "order": "sbo_1",
                    "amount": 10,
                    "currency": "EUR",
                    "created_at": "2026-10-02T18:00:00.000000Z",
                    "lines": [{"ref": "1", "quantity": 1, "amount": 10, "base": 9}],
                }
            },
        },
    ],
    "stripe": [
        {
            "id": "evt_1",
            "object": "event",
            "api_version": "2026-10-28.endive",
            "created": 1_790_000_000,
            "livemode": False,
            "type": "checkout.session.completed",
            "data": {"object": {"id": "cs_test_1", "object": "checkout.session"}},
        },
        {
            "id": "evt_2",
            "object": "v2.core.event",
            "type": "v1.refund.created",
            "created": "2026-10-02T18:00:00.000Z",
            "livemode": False,
            "related_object": {"id": "re_1", "type": "refund", "url": "/v1/refunds/re_1"},
        },
    ],
    "shopify": [
        {
            "id": 4711,
            "currency": "EUR",
            "processed_at": "2026-10-02T18:00:00+01:00",
            "email": "buyer@example.com",
            "discount_codes": [{"code": "MIKA20", "amount": "15.96", "type": "percentage"}],
            "note_attributes": [{"name": "_liveshop", "value": "sealed"}],
            "line_items": [{"id": 11, "quantity": 2, "price_set": _BAG, "tax_lines": []}],
            "total_price_set": _BAG,
        }
    ],
}
HOSTILE: tuple[Any, ...] = (
    None,
    True,
    "",
    "x" * 300,
    "٣",
    "\u202e",
    "sbo_é",
    "1e9",
    "2026-02-30T00:00:00Z",
    "0001-01-01T00:00:00+23:59",
    [],
    {},
    [[]],
    -1,
    0,
    2**31,
    2**63 - 1,
    2**63,
    10**40,
    1.5,
    1e308,
)
PIECES = (
    b"NaN",
    b"-Infinity",
    b"1e999",
    b"\xff\xfe",
    b"\xed\xa0\x80",
    b"\\ud800",
    b"\\u0000",
    b"\x00",
    b"\xef\xbb\xbf",
    b"[" * 40,
    b'{"a":' * 40,
    b'"id":1,"id":2,',
    b"9" * 30,
    b"\xd9\xa3",
    b"\r\n",
    b"=",
    b".",
    b",",
)


def bent(value: Any, chance: Random) -> Any:
    """Return a JSON value with one part of it put wrong."""
    if not isinstance(value, dict | list) or not value or chance.random() < 0.1:
        return chance.choice(HOSTILE)
    if isinstance(value, list):
        at = chance.randrange(len(value))
        return [*value[:at], bent(value[at], chance), *value[at + 1 :]]
    name = chance.choice(sorted(value))
    if chance.random() < 0.2:
        return {key: inner for key, inner in value.items() if key != name}
    return value | {name: bent(value[name], chance)}


def broken(raw: bytes, chance: Random) -> bytes:
    """Return bytes with one to three wounds."""
    for _ in range(chance.randint(1, 3)):
        at, to = chance.randrange(len(raw) + 1), chance.randrange(len(raw) + 1)
        wound = chance.randrange(6)
        if wound == 0 and at < len(raw):
            raw = raw[:at] + bytes([raw[at] ^ 1 << chance.randrange(8)]) + raw[at + 1 :]
        elif wound == 1:
            raw = raw[: min(at, to)] + raw[max(at, to) :]
        elif wound == 2:
            raw = raw[:at] + chance.choice(PIECES) + raw[at:]
        elif wound == 3:
            raw = raw[:at] + raw[min(at, to) : max(at, to)] + raw[at:]
        elif wound == 4:
            raw = raw[:at] + chance.randbytes(chance.randrange(1, 5)) + raw[at:]
        else:
            raw = raw[:at]
    return raw


def spoilt(valid: list[Any], chance: Random) -> Iterator[bytes]:
    """Yield hostile inputs without end: bent values, broken spellings."""
    while True:
        value = chance.choice(valid)
        if isinstance(value, bytes):
            yield broken(value, chance)
        elif chance.random() < 0.5:
            yield json.dumps(bent(value, chance)).encode()
        else:
            yield broken(json.dumps(value).encode(), chance)


# --- doors


@dataclass(frozen=True, kw_only=True)
class Case:
    """A door, what is valid there, and the only errors it may refuse with."""

    door: Door
    valid: list[Any]
    errors: Errors


def as_text(door: Callable[[str], object]) -> Door:
    return lambda raw: door(raw.decode("utf-8", "surrogateescape"))


def must_be(valid: str, text: str, found: object) -> None:
    """Only the text that we signed may be found to say anything."""
    assert found is None or text == valid


def headers_of(platform: str, body: bytes) -> dict[str, str]:
    stamp = str(to_seconds(NOW))
    if platform == "shopify":
        digest = base64.b64encode(hmac.digest(SECRET.encode(), body, "sha256")).decode()
        return {
            "X-Shopify-Hmac-SHA256": digest,
            "X-Shopify-Topic": "orders/paid",
            "X-Shopify-Shop-Domain": SHOP,
            "X-Shopify-Webhook-Id": "w-1",
        }
    made = hmac.new(SECRET.encode(), f"{stamp}.".encode() + body, hashlib.sha256)
    return {f"{platform.title()}-Signature": f"t={stamp},v1={made.hexdigest()}"}


def signed_at(platform: Any, *, then_read: bool = False) -> Door:
    """A body that the platform did sign."""

    def door(body: bytes) -> None:
        delivery = platform.receive(headers_of(platform.name, body), body, now=NOW)
        if then_read:
            platform.read(delivery)

    return door


def unsigned_at(platforms: list[Any]) -> Door:
    """Headers that anybody can send: a valid body, its headers spoilt."""
    bodies = {p.name: json.dumps(VALID[p.name][0]).encode() for p in platforms}

    def door(raw: bytes) -> None:
        platform = platforms[sum(raw) % len(platforms)]
        body = bodies[platform.name]
        headers = headers_of(platform.name, body)
        name = sorted(headers)[len(raw) % len(headers)]
        platform.receive(headers | {name: raw.decode("latin-1")}, body, now=NOW)

    return door


def doors() -> dict[str, Case]:
    clock = ManualClock(NOW)
    ids = Ids(clock, Random(3))
    tokens, refs = LinkTokens(KEYS), SealedRef(KEYS)
    token = tokens.issue(body_of(ids.new("lnk")), NOW + timedelta(days=1))
    sealed = refs.seal(ids.new("chk"))
    db = Database.connect("sqlite://")
    sandbox = SandboxPlatform(
        db, clock, ids, Outbox(clock, ids), Seals(), "http://127.0.0.1:8000", SECRET
    )
    stripe = StripePlatform(api_key="sk_test_x", webhook_secrets=[SECRET], seals=Seals())
    shopify = ShopifyPlatform(
        shop=SHOP,
        admin_token="shpat_x",
        storefront_token="public",
        webhook_secrets=[SECRET],
        seals=Seals(),
        clock=clock,
    )
    every = [value for values in VALID.values() for value in values]
    stamps = [headers_of("stripe", b"{}")["Stripe-Signature"].encode(), b"t=1,v1=00", b"w-1"]
    refused = (WebhookRefusedError,)
    return {
        "wire": Case(door=loads, valid=every, errors=(BodyInvalidError,)),
        "token": Case(
            door=as_text(lambda text: must_be(token, text, tokens.read(text, NOW))),
            valid=[token.encode()],
            errors=(LinkTokenInvalidError, LinkExpiredError),
        ),
        "sealed ref": Case(
            door=as_text(lambda text: must_be(sealed, text, refs.open(text))),
            valid=[sealed.encode()],
            errors=(),
        ),
        "codes": Case(
            door=as_text(lambda text: (parse_short_code(text), parse_code(text))),
            valid=[b"MIKA20", b"0a1b2c3d", b"FRIDAY-DROP"],
            errors=(CodeInvalidError,),
        ),
        "sandbox": Case(
            door=signed_at(sandbox, then_read=True), valid=VALID["sandbox"], errors=refused
        ),
        "stripe": Case(door=signed_at(stripe), valid=VALID["stripe"], errors=refused),
        "shopify": Case(door=signed_at(shopify), valid=VALID["shopify"], errors=refused),
        "headers": Case(door=unsigned_at([sandbox, stripe, shopify]), valid=stamps, errors=refused),
    }


@pytest.mark.parametrize("name", doors())
def test_only_our_own_errors_come_out(name: str) -> None:
    case, chance = doors()[name], Random(f"{name} 1")
    until = time.monotonic() + MOST_SECONDS
    tried = refused = 0
    for tried, raw in enumerate(spoilt(case.valid, chance), start=1):
        refused += _is_refused(case, raw)
        if tried == INPUTS or (tried % 1_000 == 0 and time.monotonic() > until):
            break
    _log.info("%s: %d of %d inputs refused", name, refused, tried)
    assert refused > tried // 4 or not case.errors


def _is_refused(case: Case, raw: bytes) -> bool:
    try:
        case.door(raw)
    except case.errors as error:
        return bool(str(error))
    except Exception as error:
        raise AssertionError(f"broken by {raw!r}") from error
    return False


@pytest.mark.parametrize("name", [name for name, case in doors().items() if name != "headers"])
def test_what_is_valid_comes_through(name: str) -> None:
    """Else nothing deep was ever reached."""
    case = doors()[name]
    for value in case.valid:
        case.door(value if isinstance(value, bytes) else json.dumps(value).encode())
