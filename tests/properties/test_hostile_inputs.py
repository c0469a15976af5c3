"""Every door for strangers' bytes, fed with what was valid once: only our own errors come out.

``make fuzz-long`` feeds a million inputs; without it a sample, always the same.
"""

import base64
import hashlib
import hmac
import json
import logging
import time
from collections.abc import Callable
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
from tests.spoiling import VALID, spoilt

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
