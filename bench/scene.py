"""A shop with one open stream, and sales that come in as signed deliveries."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count, islice

from liveshop_sdk.checkout.links.models import IssuedLink
from liveshop_sdk.checkout.tokens import SealedRef
from liveshop_sdk.checkout.visits.models import RESERVED_FOR, Touch, Visit
from liveshop_sdk.checkout.visits.store import VisitStore
from liveshop_sdk.clock import ManualClock, to_iso
from liveshop_sdk.db import Database
from liveshop_sdk.events.inbox import Inbox
from liveshop_sdk.money import Rate
from liveshop_sdk.platforms.sandbox.adapter import SECRET
from liveshop_sdk.platforms.sandbox.store import SandboxStore
from liveshop_sdk.settings import Settings
from liveshop_sdk.shop.live_shop import LiveShop
from liveshop_sdk.testing import sign_sandbox
from liveshop_sdk.wire import canonical

NOW = datetime(2026, 10, 2, 18, tzinfo=UTC)
KEY = "for-measuring-only-and-never-for-money"
STREAM = "friday-drop"
COMMISSION = 958
"""12 % of two tees at 39.90: what each sale credits, in cents."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One webhook as it comes in; ``number`` is in every id it carries."""

    number: int
    headers: Mapping[str, str]
    body: bytes


def shop_on(db: Database, clock: ManualClock, *, ingest: str = "inline") -> LiveShop:
    """Return a shop on a database, whatever is in it."""
    settings = Settings.load({"LIVESHOP_SECRET_KEYS": KEY, "LIVESHOP_INGEST": ingest})
    return LiveShop.from_settings(settings, db=db, clock=clock, random=random.Random(7))


class Scene:
    """One shop on one database, and a source of sales that were never seen."""

    def __init__(self, db: Database, *, ingest: str = "inline") -> None:
        self.clock = ManualClock(NOW)
        self.shop = shop_on(db, self.clock, ingest=ingest)
        self._refs, self._visits, self._numbers = SealedRef([KEY]), VisitStore(), count(1)
        self._inbox = Inbox(self.clock, self.shop.ids)
        with db.transaction() as tx:
            self._secret = SandboxStore().value_or(tx, SECRET, KEY[::-1])
        self._furnish()

    def _furnish(self) -> None:
        shop = self.shop
        shop.brands.add("main", currency="EUR", timezone="Europe/Berlin")
        shop.products.add("sku_tee", title="Tee", amount=3990, currency="EUR")
        shop.creators.add("mika", name="Mika", rate=Rate.percent("12"))
        shop.streams.schedule(
            STREAM,
            title="Friday drop",
            hosts=["mika"],
            opens_at=NOW - timedelta(minutes=5),
            closes_at=NOW + timedelta(hours=2),
        )
        self.link = self.issue()

    def issue(self) -> IssuedLink:
        return self.shop.links.issue(creator_id="mika", stream_id=STREAM, items={"sku_tee": 2})

    def sales(self, wanted: int) -> list[Delivery]:
        """Let so many buyers open the link, and return the webhooks of their payments."""
        numbers = list(islice(self._numbers, wanted))
        with self.shop.transaction() as tx:
            for number in numbers:
                self._visits.add(tx, self._touch(number), self._visit(number))
        return list(self._paid(numbers))

    def store(self, deliveries: list[Delivery]) -> None:
        """Put deliveries in the inbox, as the webhook route does before anything else."""
        with self.shop.transaction() as tx:
            for one in deliveries:
                arrival = self.shop.platform.receive(one.headers, one.body, now=NOW)
                self._inbox.store(tx, arrival)

    def sell(self) -> None:
        """Let one buyer pay, and record the sale."""
        self.store(self.sales(1))
        if self.shop.worker().run_once().done != 1:
            raise RuntimeError("the sale was not recorded")

    def _touch(self, number: int) -> Touch:
        return Touch(
            checkout_id=_id("chk", number),
            link_id=self.link.id,
            creator="mika",
            stream=STREAM,
            opened_at=NOW,
            stream_offset_us=300_000_000,
            channel="chat",
            placement="",
            customer_key=None,
        )

    def _visit(self, number: int) -> Visit:
        return Visit(
            checkout_id=_id("chk", number),
            platform=self.shop.platform.name,
            account=self.shop.platform.account,
            state="open",
            params="{}",
            platform_ref=None,
            url=None,
            coupon_id=None,
            reservation="none",
            reserved_until=NOW + RESERVED_FOR,
        )

    def _paid(self, numbers: list[int]) -> Iterator[Delivery]:
        for number in numbers:
            line = {
                "ref": "1",
                "sku": "sku_tee",
                "item": "sku_tee",
                "title": "Tee",
                "quantity": 2,
                "gross": 7980,
                "discount": 0,
                "tax": 0,
            }
            order = {
                "id": _id("sbo", number),
                "checkout": _id("sbc", number),
                "reference": self._refs.seal(_id("chk", number)),
                "currency": "EUR",
                "total": 7980,
                "shipping": 0,
                "tax": 0,
                "tax_included": True,
                "codes": [],
                "coupons": [],
                "email": f"buyer{number % 997}@example.com",
                "paid_at": to_iso(NOW),
                "lines": [line],
            }
            event = {
                "id": _id("sbe", number),
                "type": "checkout.paid",
                "created": to_iso(NOW),
                "data": {"order": order},
            }
            body = canonical(event).encode()
            yield Delivery(number, sign_sandbox(body, self._secret, now=NOW), body)


def _id(prefix: str, number: int) -> str:
    return f"{prefix}_0{number:025d}"
