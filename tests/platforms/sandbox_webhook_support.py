"""A receiver of sandbox webhooks that needs no database, and webhooks made by hand."""

import json
import random
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from liveshop_sdk.checkout.ports import Delivery
from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.events.outbox import Outbox
from liveshop_sdk.ids import Ids
from liveshop_sdk.platforms.sandbox import SandboxPlatform, Transport
from liveshop_sdk.platforms.sandbox.signature import HEADER, sign
from tests.platforms.sandbox_support import BASE_URL, SECRET, FakeSeals

NOW = datetime(2026, 10, 2, 18, tzinfo=UTC)
LINE = {
    "ref": "li_1",
    "sku": "sku_tee",
    "item": "sku_tee",
    "title": "Tee",
    "quantity": 1,
    "gross": 1000,
    "discount": 100,
    "tax": 90,
}
ORDER = {
    "id": "sbo_1",
    "reference": "foreign",
    "currency": "EUR",
    "total": 990,
    "shipping": 0,
    "tax": 90,
    "tax_included": False,
    "codes": [],
    "coupons": [],
    "email": "ana@example.com",
    "paid_at": "2026-10-02T18:00:00Z",
    "lines": [LINE],
}


@pytest.fixture(scope="module", name="receiver")
def receiver_fixture(tmp_path_factory: pytest.TempPathFactory) -> SandboxPlatform:
    """Return a platform that needs no database: its secret is given."""
    clock = ManualClock(NOW)
    ids = Ids(clock, random.Random(1))
    where: Path = tmp_path_factory.mktemp("none") / "none.db"
    db = Database.connect(f"sqlite:///{where}")
    return SandboxPlatform(db, clock, ids, Outbox(clock, ids), FakeSeals(), BASE_URL, SECRET)


def received(platform: SandboxPlatform, body: bytes) -> Delivery:
    header = sign(body, [SECRET.encode()], now=NOW)
    return platform.receive({HEADER: header}, body, now=NOW)


def event(topic: str = "checkout.paid", **data: object) -> bytes:
    return json.dumps(
        {"id": "sbe_1", "type": topic, "created": "2026-10-02T18:00:00Z", "data": data}
    ).encode()


Sent = list[tuple[Mapping[str, str], bytes]]


def keeping(sent: Sent) -> Transport:
    def keep(url: str, headers: Mapping[str, str], body: bytes) -> int:
        sent.append((headers, body))
        return 200

    return keep
