"""Webhooks that were changed on their way: 4xx and not a row, whatever was changed.

`make fuzz-long` sends 50,000 of them: bodies and headers of all three schemes, each of
a delivery that the platform did sign, with anything else in it than was signed.
"""

import json
from collections.abc import Callable, Mapping
from random import Random

import pytest

from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.platforms.sandbox.signature import HEADER
from liveshop_sdk.shop.live_shop import LiveShop
from tests.looking import contents
from tests.scale import IS_LONG
from tests.spoiling import VALID, broken
from tests.web.hostile_support import Signed, door_of, environ_of
from tests.web.support import Store, fill, open_store, told

REQUESTS = 50_000 if IS_LONG else 900
EACH = REQUESTS // 6 + 1
"""Three platforms on two engines."""

SIGNATURES = {
    "sandbox": (HEADER,),
    "stripe": ("Stripe-Signature",),
    "shopify": ("X-Shopify-Hmac-SHA256", "Shopify-Hmac-SHA256"),
}
ALL = tuple(name for names in SIGNATURES.values() for name in names)
OTHER = ("Content-Type", "X-Shopify-Topic", "X-Shopify-Shop-Domain", "Accept", "X-Request-Id")


def at_sandbox(db: Database, clock: ManualClock) -> tuple[Store, list[Signed]]:
    """A sandbox that has two deliveries under way."""
    store = open_store(db, clock)
    fill(store)
    kept: list[Signed] = []

    def keep(url: str, headers: Mapping[str, str], body: bytes) -> int:
        kept.append((dict(headers), body))
        return 200

    shop = LiveShop.from_settings(
        store.shop.settings, db=db, clock=clock, random=Random(8), sandbox_transport=keep
    )
    link = shop.links.issue(creator_id="mika", items={"sku_tee": 1}, stream_id="friday-drop")
    order = shop.sandbox.pay(shop.links.open(link.token).checkout_id)
    shop.sandbox.refund(order.id, 10)
    shop.worker().drain()
    return store, kept


def deliveries(platform: str, db: Database, clock: ManualClock) -> tuple[Store, list[Signed]]:
    """A shop, and what its platform has signed for it."""
    if platform == "sandbox":
        return at_sandbox(db, clock)
    door = door_of(platform, db, clock)
    bodies = [json.dumps(value).encode() for value in VALID[platform]]
    return door.store, [(door.sign(body), body) for body in bodies]


# --- what happens on the way; each leaves something else than was signed


def other_body(platform: str, signed: Signed, chance: Random) -> Signed:
    headers, body = signed
    changed = body
    while changed == body:
        changed = broken(body, chance)
    return headers, changed


def other_signature(platform: str, signed: Signed, chance: Random) -> Signed:
    headers, body = signed
    (name,) = [one for one in SIGNATURES[platform] if one in headers]
    text = digest = headers[name].rpartition("v1=")[2]
    while digest in text:
        text = broken(headers[name].encode(), chance).decode("latin-1")
        text = "".join(letter for letter in text if letter not in "\r\n\0")
    return {**headers, name: text}, body


def no_signature(platform: str, signed: Signed, chance: Random) -> Signed:
    headers, body = signed
    return {name: value for name, value in headers.items() if name not in ALL}, body


def of_another_scheme(platform: str, signed: Signed, chance: Random) -> Signed:
    """The right proof under a name of another platform's, and something under our own."""
    headers, body = no_signature(platform, signed, chance)
    proof = next(value for name, value in signed[0].items() if name in ALL)
    names = [name for name in ALL if name not in SIGNATURES[platform]]
    own = {SIGNATURES[platform][0]: chance.choice(("", "t=1", "v1=", "AAAA", proof[::-1]))}
    return {**headers, chance.choice(names): proof, **own}, body


def headers_too(platform: str, signed: Signed, chance: Random) -> Signed:
    """Any header is anything; so is the body."""
    headers, body = other_body(platform, signed, chance)
    for name in chance.sample(OTHER, chance.randint(1, 3)):
        text = broken(headers.get(name, "application/json").encode(), chance).decode("latin-1")
        headers = {**headers, name: "".join(one for one in text if one not in "\r\n\0")}
    return headers, body


CHANGES: tuple[Callable[[str, Signed, Random], Signed], ...] = (
    other_body,
    other_signature,
    no_signature,
    of_another_scheme,
    headers_too,
)


@pytest.mark.parametrize("platform", SIGNATURES)
def test_what_was_changed_on_its_way_leaves_no_row(
    platform: str, db: Database, clock: ManualClock
) -> None:
    store, signed = deliveries(platform, db, clock)
    chance, before = Random(platform), contents(store.db)
    for number in range(EACH):
        change = CHANGES[number % len(CHANGES)]
        headers, body = change(platform, chance.choice(signed), chance)
        answer = store.client.post(
            f"/webhooks/{platform}", data=body, environ_overrides=environ_of(headers)
        )
        what = (change.__name__, headers, body)
        assert 400 <= answer.status_code < 500, what
        assert told(answer)["error"]["code"], what
        if number % 500 == 0:
            assert contents(store.db) == before, what
    assert contents(store.db) == before
    for headers, body in signed:
        answer = store.client.post(f"/webhooks/{platform}", data=body, headers=headers)
        assert (answer.status_code, told(answer)["status"]) == (200, "stored")
