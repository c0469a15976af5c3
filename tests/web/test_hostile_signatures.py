"""Webhooks that Stripe or Shopify never signed: refused, and nothing is stored."""

from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta

import pytest

from liveshop_sdk.wire import MAX_BYTES
from tests.web.hostile_support import BODIES, HEADERS, TYPES, Door, first_id, refused
from tests.web.support import told


def test_bodies_of_every_type_that_nobody_signed(door: Door) -> None:
    before = door.dump()
    for body in BODIES:
        for content_type in TYPES:
            answer = door.store.client.post(door.path, data=body, content_type=content_type)
            refused(answer, door.unsigned, "signature_invalid", (body[:40], content_type))
    assert door.dump() == before


def test_headers_that_no_platform_sends(door: Door) -> None:
    headers, body = door.harmless()
    before = door.dump()
    for odd in HEADERS:
        plain = door.post(body, odd)
        assert plain.status_code in {door.unsigned, 413}, odd
        if plain.is_json:
            assert told(plain)["error"]["code"] in {"signature_invalid", "too_large"}, odd
    assert door.dump() == before
    seen = door.post(body, {**headers, **first_id(door)})
    assert told(seen)["status"] == "seen"
    for odd in HEADERS:
        answer = door.post(body, {**headers, **first_id(door), **odd})
        if answer.status_code == 200:
            assert told(answer)["status"] == "seen", odd
        else:
            assert answer.status_code in {400, 401, 413}, odd
    assert door.dump() == before


@pytest.mark.parametrize("length", ["", "0", "5", "99999", "-1", "9" * 30, "\xb2", "1e9"])
def test_a_false_length(door: Door, length: str) -> None:
    headers, body = door.harmless()
    before = door.dump()
    for signature in (headers, {}):
        answer = door.post(body, {**signature, **first_id(door), "Content-Length": length})
        assert answer.status_code in {door.unsigned, 400, 413}, length
    assert door.dump() == before


def test_a_body_beyond_the_limit_is_not_even_verified(door: Door) -> None:
    body = b" " * (MAX_BYTES + 1)
    before = door.dump()
    for headers in ({}, door.sign(body)):
        refused(door.post(body, headers), 413, "too_large", headers)
    assert door.dump() == before


STRIPE_SIGNATURES: dict[str, Callable[[str, str], str]] = {
    "missing": lambda stamp, digest: "",
    "no stamp": lambda stamp, digest: f"v1={digest}",
    "no digest": lambda stamp, digest: f"t={stamp}",
    "cut": lambda stamp, digest: f"t={stamp},v1={digest[:-1]}",
    "longer": lambda stamp, digest: f"t={stamp},v1={digest}0",
    "in capitals": lambda stamp, digest: f"t={stamp},v1={digest.upper()}",
    "another scheme": lambda stamp, digest: f"t={stamp},v0={digest}",
    "another stamp": lambda stamp, digest: f"t={int(stamp) + 1},v1={digest}",
    "two stamps": lambda stamp, digest: f"t={stamp},t={stamp},v1={digest}",
    "a stamp in other figures": lambda stamp, digest: f"t=\u0661{stamp[1:]},v1={digest}",
    "a stamp without end": lambda stamp, digest: f"t={stamp}{'0' * 400},v1={digest}",
    "a stamp below zero": lambda stamp, digest: f"t=-{stamp},v1={digest}",
    "a space": lambda stamp, digest: f"t={stamp}, v1={digest}",
    "other letters": lambda stamp, digest: f"t={stamp},v1={digest[:-1]}\xe9",
    "a nul": lambda stamp, digest: f"t={stamp},v1={digest}\x00",
    "hundreds": lambda stamp, digest: f"t={stamp}" + f",v1={digest}" * 300,
    "nine": lambda stamp, digest: f"t={stamp}" + f",v1={'0' * 64}" * 8 + f",v1={digest}",
}
SHOPIFY_SIGNATURES: dict[str, Callable[[str], str]] = {
    "missing": lambda digest: "",
    "cut": lambda digest: digest[:-1],
    "in hex": lambda digest: b64decode(digest).hex(),
    "in small letters": lambda digest: digest.lower(),
    "without its end": lambda digest: digest.rstrip("="),
    "in the other alphabet": lambda digest: urlsafe_b64encode(b64decode(digest) + b"\xff").decode(),
    "twice": lambda digest: f"{digest},{digest}",
    "a space": lambda digest: f" {digest}",
    "other letters": lambda digest: digest[:-2] + "\xe9=",
    "a nul": lambda digest: f"{digest}\x00",
    "without end": lambda digest: digest * 300,
}


def wrongly_signed(door: Door, body: bytes) -> Iterator[tuple[str, Mapping[str, str]]]:
    good = door.sign(body)
    yield "by another secret", door.sign(body, secret="whsec_else")
    yield "by no secret", door.sign(body, secret="")
    yield "another body", door.sign(body + b" ")
    if door.platform == "shopify":
        name = "X-Shopify-Hmac-SHA256"
        for what, change in SHOPIFY_SIGNATURES.items():
            yield what, good | {name: change(good[name])}
        yield "one header in two spellings", good | {"Shopify-Hmac-SHA256": "AAAA"}
        return
    stamp, digest = (part.partition("=")[2] for part in good["Stripe-Signature"].split(","))
    for what, rewrite in STRIPE_SIGNATURES.items():
        yield what, {"Stripe-Signature": rewrite(stamp, digest)}
    for minutes in (-6, 6, 60 * 24 * 365):
        at = door.store.clock.now() + timedelta(minutes=minutes)
        yield f"{minutes} minutes off", door.sign(body, now=at)


def test_every_way_to_sign_wrongly(door: Door) -> None:
    _, body = door.harmless()
    before = door.dump()
    for what, headers in wrongly_signed(door, body):
        refused(door.post(body, headers), door.unsigned, "signature_invalid", what)
    assert door.dump() == before
