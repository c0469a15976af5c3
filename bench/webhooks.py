"""T4, T5: telling whether a webhook is genuine and what it is, against its HMAC."""

import hmac
import json
import random
from base64 import b64encode
from datetime import UTC, datetime

import stripe

from bench.measure import Result, Size, interleave, main, per_call, result
from bench.payloads import shopify_order, stripe_event
from liveshop_sdk.checkout.tokens import SealedRef
from liveshop_sdk.clock import ManualClock, to_seconds
from liveshop_sdk.ids import Ids
from liveshop_sdk.platforms.shopify import signature as shopify_signature
from liveshop_sdk.platforms.shopify.receiving import receive as receive_shopify
from liveshop_sdk.platforms.stripe import signature as stripe_signature
from liveshop_sdk.platforms.stripe.adapter import StripePlatform
from liveshop_sdk.shop.seals import ShopSeals
from liveshop_sdk.testing import sign_shopify, sign_stripe

BENCH = "webhooks"
NOW = datetime(2026, 10, 2, 18, tzinfo=UTC)
SECRET = "whsec_for_measuring_only"
SHOP = "demo-live.myshopify.com"


def measure(size: Size) -> list[Result]:
    return [*_stripe(size), *_shopify(size)]


def _stripe(size: Size) -> list[Result]:
    key = Ids(ManualClock(NOW), random.Random(1)).new("key")
    platform = StripePlatform(
        api_key="sk_test_measuring",
        webhook_secrets=[SECRET],
        seals=ShopSeals([key], SealedRef([key])),
    )
    body, secret, stamp = stripe_event(), SECRET.encode(), str(to_seconds(NOW)).encode()
    headers = sign_stripe(body, SECRET, now=NOW)
    header = headers["Stripe-Signature"]
    expected = header.rpartition("=")[2].encode()
    tolerance = 10**10  # construct_event reads the real clock

    def limit() -> bool:
        digest = hmac.digest(secret, stamp + b"." + body, "sha256").hex().encode()
        return hmac.compare_digest(digest, expected)

    def verify() -> None:
        stripe_signature.verify(header, body, [secret], now=NOW)

    def sdk() -> object:
        return stripe.Webhook.construct_event(body, header, SECRET, tolerance)

    def sdk_header() -> object:
        text = body.decode()
        stripe.WebhookSignature.verify_header(text, header, SECRET, tolerance)
        return json.loads(text)

    calls = size.pick(tiny=2, quick=200, full=500)
    times = interleave(
        {
            "HMAC of the event": per_call(limit, calls * 4),
            "verify a Stripe event": per_call(verify, calls * 4),
            "receive a Stripe event": per_call(
                lambda: platform.receive(headers, body, now=NOW), calls
            ),
            "Stripe's verify_header + json.loads": per_call(sdk_header, calls),
            "stripe.Webhook.construct_event": per_call(sdk, max(calls // 10, 2)),
        },
        size.rounds,
    )
    lines: list[tuple[str, str, str, float | None]] = [
        ("", "verify a Stripe event", "HMAC of the event", None),
        ("T4", "receive a Stripe event", "HMAC of the event", 7.0),
        ("T4", "receive a Stripe event", "stripe.Webhook.construct_event", 0.05),
        ("", "Stripe's verify_header + json.loads", "HMAC of the event", None),
    ]
    return [
        result(times, what, against, bench=BENCH, sense="cost", key=name, target=target)
        for name, what, against, target in lines
    ]


def _shopify(size: Size) -> list[Result]:
    body, secret = shopify_order(), SECRET.encode()
    headers = sign_shopify(body, SECRET, topic="orders/paid", shop=SHOP, webhook_id="w-1")
    given = headers["X-Shopify-Hmac-SHA256"]
    expected = given.encode()

    def limit() -> bool:
        return hmac.compare_digest(b64encode(hmac.digest(secret, body, "sha256")), expected)

    def receive() -> object:
        return receive_shopify(headers, body, shop=SHOP, secrets=[secret], now=NOW)

    calls = size.pick(tiny=2, quick=500, full=2_000)
    times = interleave(
        {
            "HMAC of the order": per_call(limit, calls),
            "verify a Shopify order": per_call(
                lambda: shopify_signature.verify(given, body, [secret]), calls
            ),
            "receive a Shopify order": per_call(receive, max(calls // 5, 2)),
        },
        size.rounds,
    )
    lines = [("T5", "verify a Shopify order", 1.2), ("", "receive a Shopify order", None)]
    return [
        result(times, what, "HMAC of the order", bench=BENCH, sense="cost", key=name, target=goal)
        for name, what, goal in lines
    ]


if __name__ == "__main__":
    main(measure, __doc__)
