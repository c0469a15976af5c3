"""What the Stripe tests share: an oracle over real HTTP, seals, and a shop's requests."""

import importlib
import json
import os
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import stripe

from liveshop_sdk.checkout.ports import CheckoutItem, CheckoutRequest, CouponRequest, Delivery
from liveshop_sdk.clock import from_seconds
from liveshop_sdk.errors import PlatformRefusedError
from liveshop_sdk.facts import Happening, OrderPaid
from liveshop_sdk.money import Money
from liveshop_sdk.platforms.stripe import StripePlatform

SECRET = "whsec_tests"
KEY = "sk_test_tests"


class FakeSeals:
    """Seals that anybody can read: ``sealed:chk_1``."""

    def unseal(self, text: str) -> str | None:
        return text.removeprefix("sealed:") if text.startswith("sealed:") else None

    def customer_key(self, email: str) -> str:
        return f"key:{email.strip().lower()}"


def platform_at(base: str | None, **changes: Any) -> StripePlatform:
    options: dict[str, Any] = {
        "api_key": KEY,
        "webhook_secrets": [SECRET],
        "seals": FakeSeals(),
        "api_base": base,
    }
    return StripePlatform(**{**options, **changes})


def now() -> datetime:
    return datetime.now(UTC)


def item(**changes: Any) -> CheckoutItem:
    fields: dict[str, Any] = {
        "sku": "sku_tee",
        "title": "Tee",
        "quantity": 1,
        "unit": Money(4990, "EUR"),
        "platform_refs": {},
    }
    return CheckoutItem(**{**fields, **changes})


def checkout(checkout_id: str = "chk_1", **changes: Any) -> CheckoutRequest:
    fields: dict[str, Any] = {
        "checkout_id": checkout_id,
        "sealed_ref": f"sealed:{checkout_id}",
        "items": (item(),),
        "coupon_code": None,
        "coupon_ref": None,
        "expires_at": now() + timedelta(minutes=31),
        "success_url": "https://shop.example/thanks",
        "cancel_url": "https://shop.example/cart",
    }
    return CheckoutRequest(**{**fields, **changes})


def coupon(coupon_id: str = "cpn_1", **changes: Any) -> CouponRequest:
    fields: dict[str, Any] = {
        "coupon_id": coupon_id,
        "code": "MIKA20",
        "title": "Friday drop",
        "percent_bps": 2000,
        "amount_off": None,
        "starts_at": now(),
        "ends_at": now() + timedelta(hours=2),
        "limit": 500,
        "per_customer": None,
    }
    return CouponRequest(**{**fields, **changes})


@dataclass
class Oracle:
    """The oracle, its control endpoints, and a platform that talks to it."""

    base: str
    world: Any
    webhooks: Any
    is_provoked: bool = False
    _open: list[StripePlatform] = field(default_factory=list)

    def platform(self, **changes: Any) -> StripePlatform:
        made = platform_at(self.base, **changes)
        self._open.append(made)
        return made

    def sdk(self, api: int = 1) -> Any:
        """Vendor calls that our adapter never makes, such as refunding."""
        client = stripe.StripeClient(
            KEY, base_addresses={"api": self.base}, http_client=stripe.RequestsClient(timeout=5)
        )
        return client.v2 if api == 2 else client.v1

    def tell(self, name: str, **body: Any) -> Any:
        request = urllib.request.Request(
            f"{self.base}/_{name}", json.dumps(body).encode(), method="POST"
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as error:
            raise AssertionError((name, error.code, error.read())) from None

    def opened(self, platform: StripePlatform, request: CheckoutRequest) -> str:
        params = platform.prepare_checkout(request)
        return platform.open_checkout(params, key=request.checkout_id).platform_ref

    def pay(self, session: str, **how: Any) -> list[dict[str, Any]]:
        """Let the buyer act; returns the events Stripe would send."""
        return self.events(self.tell("pay", session=session, **how))

    def events(self, answer: dict[str, Any]) -> list[dict[str, Any]]:
        return [self.world.objs[one] for one in answer["events"]]

    def sent(self, path: str, method: str = "POST") -> list[dict[str, Any]]:
        return [
            one
            for one in self.world.log
            if one["path"].startswith(path) and one["method"] == method
        ]

    def closes(self) -> None:
        for one in self._open:
            one.close()


def oracles() -> Path:
    place = os.environ.get("LIVESHOP_ORACLES", "")
    if not place or not (Path(place) / "stripe_oracle.py").is_file():
        pytest.skip("LIVESHOP_ORACLES does not name the folder of the Stripe oracle")
    return Path(place)


@contextmanager
def oracle_running(*, strict_version: bool = False) -> Iterator[Oracle]:
    """Serve an oracle; a strict one refuses every API version but the newest."""
    place = str(oracles())
    sys.path.insert(0, place)
    try:
        module = importlib.import_module("stripe_oracle")
        webhooks = importlib.import_module("stripe_webhooks")
    finally:
        sys.path.remove(place)
    server, base = module.start(strict_version=strict_version)
    yield Oracle(base, server.world, webhooks)
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def running_oracle() -> Iterator[Oracle]:
    with oracle_running() as running:
        yield running


@pytest.fixture
def oracle(running_oracle: Oracle) -> Iterator[Oracle]:
    """A fresh oracle; at the end no request may have broken the API's rules."""
    running_oracle.world.reset()
    one = Oracle(running_oracle.base, running_oracle.world, running_oracle.webhooks)
    yield one
    one.closes()
    broken = [entry["violations"] for entry in one.world.log if entry["violations"]]
    if not one.is_provoked:
        assert broken == []


def signed(
    event: dict[str, Any], *, at: int | None = None, secret: str = SECRET
) -> tuple[dict[str, str], bytes]:
    """Return headers and body as Stripe sends them; signed by the vendor's own code."""
    body = json.dumps(event, indent=2)
    stamp = int(time.time()) if at is None else at
    header = stripe.WebhookSignature.generate_signature_header(body, secret, stamp)
    return {"Stripe-Signature": header}, body.encode()


def received(platform: StripePlatform, event: dict[str, Any]) -> Delivery:
    headers, body = signed(event)
    return platform.receive(headers, body, now=from_seconds(int(time.time())))


def told(platform: StripePlatform, events: list[dict[str, Any]]) -> tuple[Happening, ...]:
    """Receive and read events in this order."""
    return tuple(one for event in events for one in platform.read(received(platform, event)))


def sold(oracle: Oracle, platform: StripePlatform, **how: Any) -> tuple[OrderPaid, dict[str, Any]]:
    """Open, pay and read; returns the fact and the session as stored."""
    session = oracle.opened(platform, checkout())
    (order,) = told(platform, oracle.pay(session, **how))
    assert isinstance(order, OrderPaid)
    return order, oracle.world.objs[session]


def refuses_to_guess(platform: StripePlatform, event: dict[str, Any], missing: str) -> None:
    with pytest.raises(PlatformRefusedError, match="does not show") as refused:
        platform.read(received(platform, event))
    assert refused.value.vendor_code == "resource_missing"
    assert missing in refused.value.problem
