"""What the sandbox tests share: a shop of one, and its webhooks as they arrive."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from liveshop_sdk.checkout.ports import CheckoutItem, CheckoutRequest, CouponRequest, Delivery
from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.events import tables as e
from liveshop_sdk.events.outbox import Outbox
from liveshop_sdk.facts import Happening
from liveshop_sdk.ids import Ids
from liveshop_sdk.money import Money
from liveshop_sdk.platforms.sandbox import OUTBOX_KIND, Sandbox, SandboxPlatform
from liveshop_sdk.platforms.sandbox import tables as t
from liveshop_sdk.platforms.sandbox.codes import tables as codes
from liveshop_sdk.wire import loads_canonical

BASE_URL = "http://127.0.0.1:8000"
SECRET = "sandbox-tests"
TABLES = (t.state, t.coupon, codes.code, t.checkout, t.order, t.refund, t.dispute)


class FakeSeals:
    """Seals that anybody can read: ``sealed:chk_1``."""

    def unseal(self, text: str) -> str | None:
        return text.removeprefix("sealed:") if text.startswith("sealed:") else None

    def customer_key(self, email: str) -> str:
        return f"key:{email.strip().lower()}"


@dataclass
class Store:
    """One sandbox shop, and every webhook it sent."""

    db: Database
    clock: ManualClock
    ids: Ids
    platform: SandboxPlatform = field(init=False)
    outbox: Outbox = field(init=False)
    refusals: dict[str, str] = field(default_factory=dict)
    arrived: list[Delivery] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.outbox = Outbox(self.clock, self.ids)
        self.platform = SandboxPlatform(
            self.db,
            self.clock,
            self.ids,
            self.outbox,
            FakeSeals(),
            BASE_URL,
            SECRET,
            check_customer=lambda code, email: self.refusals.get(email),
            transport=self.take,
        )

    @property
    def sandbox(self) -> Sandbox:
        return self.platform.sandbox

    def take(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        """Stand in for the network and for our own webhook route."""
        assert url == f"{BASE_URL}/webhooks/sandbox"
        status = self.answers.pop(0) if self.answers else 200
        if status == 200:
            self.arrived.append(self.platform.receive(headers, body, now=self.clock.now()))
        return status

    def request(self, **changes: Any) -> CheckoutRequest:
        checkout_id = changes.pop("checkout_id", None) or self.ids.new("chk")
        fields: dict[str, Any] = {
            "checkout_id": checkout_id,
            "sealed_ref": f"sealed:{checkout_id}",
            "items": (item(),),
            "coupon_code": None,
            "coupon_ref": None,
            "expires_at": self.clock.now() + timedelta(minutes=31),
            "success_url": f"{BASE_URL}/thanks",
            "cancel_url": f"{BASE_URL}/bye",
        }
        return CheckoutRequest(**{**fields, **changes})

    def open(self, **changes: Any) -> str:
        """Open a checkout and return the sandbox's id of it."""
        request = self.request(**changes)
        params = self.platform.prepare_checkout(request)
        return self.platform.open_checkout(params, key=request.checkout_id).platform_ref

    def coupon(self, code: str = "MIKA20", **changes: Any) -> str:
        fields: dict[str, Any] = {
            "coupon_id": self.ids.new("cpn"),
            "code": code,
            "title": code,
            "percent_bps": 2000,
            "amount_off": None,
            "starts_at": self.clock.now() - timedelta(hours=1),
            "ends_at": self.clock.now() + timedelta(hours=1),
            "limit": None,
            "per_customer": None,
        }
        request = CouponRequest(**{**fields, **changes})
        params = self.platform.prepare_coupon(request)
        return self.platform.create_coupon(params, key=request.coupon_id)

    def queued(self) -> list["Queued"]:
        """Return what waits in the outbox or left through it, oldest first."""
        with self.db.reading() as tx:
            query = sa.select(e.outbox).order_by(e.outbox.c.created_at, e.outbox.c.id)
            rows = tx.execute(query).mappings().all()
        return [Queued(row["key"], loads_canonical(row["payload"]), row["next_at"]) for row in rows]

    def deliver(self) -> list[Happening]:
        """Send what is due and return what we read of it, in that order."""
        before = len(self.arrived)
        lease = timedelta(minutes=1)
        with self.db.transaction() as tx:
            rows = self.outbox.claim(tx, limit=1000, by="test", lease_for=lease)
        for row in rows:
            assert row.kind == OUTBOX_KIND
            result = self.platform.send_webhook(row.payload)
            with self.db.transaction() as tx:
                self.outbox.done(tx, row, result)
        return [one for each in self.arrived[before:] for one in self.platform.read(each)]

    def snapshot(self) -> list[object]:
        """Return every row there is, to show that a refusal wrote nothing."""
        with self.db.reading() as tx:
            rows = [tuple(row) for table in TABLES for row in tx.execute(sa.select(table))]
        return [*rows, len(self.queued())]


@dataclass
class Queued:
    key: str
    payload: Any
    next_at: int


def item(sku: str = "sku_tee", amount: int = 4990, quantity: int = 1) -> CheckoutItem:
    return CheckoutItem(
        sku=sku,
        title=sku.removeprefix("sku_").title(),
        quantity=quantity,
        unit=Money(amount, "EUR"),
        platform_refs={},
    )


@pytest.fixture(name="store")
def store_fixture(db: Database, clock: ManualClock, ids: Ids) -> Store:
    return Store(db, clock, ids)
