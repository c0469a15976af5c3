"""A shop on a test's database, and facts made by hand to record in it."""

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from liveshop_sdk.checkout.coupons.models import Coupon
from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.events.inbox import Receipt
from liveshop_sdk.facts import Happening, OrderPaid, OrderRefunded, SoldLine
from liveshop_sdk.money import Rate
from liveshop_sdk.settings import Settings
from liveshop_sdk.shop.live_shop import LiveShop
from liveshop_sdk.shop.recording import Recording
from tests import looking

START = datetime(2026, 10, 2, 18, tzinfo=UTC)
END = START + timedelta(hours=2)
HERE: dict[str, Any] = {"platform": "sandbox", "account": "sandbox"}


@dataclass
class Shop:
    """A shop whose webhooks wait in a list until a test delivers them."""

    db: Database
    clock: ManualClock
    seed: int = 1
    settings: Mapping[str, str] = field(default_factory=dict)
    sent: list[tuple[Mapping[str, str], bytes]] = field(default_factory=list)
    live: LiveShop = field(init=False)

    def __post_init__(self) -> None:
        given = {"LIVESHOP_SECRET_KEYS": "x" * 40, **self.settings}
        self.live = LiveShop.from_settings(
            Settings.load(given),
            db=self.db,
            clock=self.clock,
            random=random.Random(self.seed),
            sandbox_transport=self._take,
        )

    def _take(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        self.sent.append((headers, body))
        return 200

    # --- catalogue

    def stock(self) -> None:
        """Add a tee at 49.90 and a mug at 10.00, mika at 12 %, and her stream."""
        self.live.products.add("sku_tee", title="Tee", amount=4990, currency="EUR")
        self.live.products.add("sku_mug", title="Mug", amount=1000, currency="EUR")
        self.live.creators.add("mika", rate=Rate.percent("12"))
        self.live.creators.add("ana", rate=Rate.percent("10"))
        self.stream("drop", "mika")

    def stream(self, code: str, *hosts: str, brands: Iterable[str] | None = None) -> None:
        more: dict[str, Any] = {} if brands is None else {"brands": brands}
        self.live.streams.schedule(code, hosts=hosts, opens_at=START, closes_at=END, **more)

    def coupon(self, code: str = "MIKA20", creator: str = "mika", **more: Any) -> Coupon:
        more.setdefault("percent_off", 20)
        stream = more.pop("stream", "drop")
        return self.live.coupons.create(code, stream_id=stream, creator_id=creator, **more)

    def link(self, coupon: str | None = None, creator: str = "mika", **more: Any) -> str:
        more.setdefault("items", {"sku_tee": 1})
        more.setdefault("stream_id", "drop")
        return self.live.links.issue(creator_id=creator, coupon=coupon, **more).token

    def visit(self, coupon: str | None = None, **more: Any) -> str:
        """Open a new link; returns the checkout id."""
        return self.live.links.open(self.link(coupon, **more)).checkout_id

    # --- recording

    def record(self, *happenings: Happening) -> Recording:
        with self.db.transaction() as tx:
            return self.live._rooms.recorder.record(tx, happenings)

    def deliver(self, *which: int) -> list[Receipt]:
        """Send what the outbox holds, then bring these webhooks, or all, to the door."""
        self.live.worker().drain()
        picked = [self.sent[n] for n in which] if which else list(self.sent)
        return [self.live.receive("sandbox", headers, body) for headers, body in picked]

    # --- looking

    def standing(self, brand: str | None = None) -> dict[str, int]:
        found = self.live.ledger.balance(brand=brand).balances
        return {f"{row.account} {row.currency}": row.amount for row in found if row.amount}

    def kinds(self, brand: str | None = None) -> list[str]:
        return [entry.kind for entry in self.live.ledger.entries(brand=brand)]

    def counts(self) -> dict[str, int]:
        """Count the rows of every table, to show that a refusal wrote nothing."""
        return looking.counts(self.db)

    def rows(self, table: sa.Table) -> list[dict[str, Any]]:
        with self.db.reading() as tx:
            return [dict(row) for row in tx.execute(sa.select(table)).mappings()]


def line(ref: str = "li_1", sku: str = "sku_tee", base: int = 4990, **more: Any) -> SoldLine:
    fields: dict[str, Any] = {"item_ref": "", "title": "", "quantity": 1, "discount": 0, "tax": 0}
    return SoldLine(ref=ref, sku=sku, gross=base, base=base, **{**fields, **more})


def sale(order_ref: str = "o1", *lines: SoldLine, **more: Any) -> OrderPaid:
    sold = more.pop("lines", lines or (line(),))
    fields: dict[str, Any] = {
        "occurred_at": START + timedelta(minutes=5),
        "currency": "EUR",
        "total": sum(each.base for each in sold),
        "shipping": 0,
        "tax": 0,
        "tax_included": True,
        "is_test": True,
    }
    return OrderPaid(**HERE, order_ref=order_ref, lines=sold, **{**fields, **more})


def refund(
    order_ref: str = "o1", ident: str = "re_1", amount: int = 4990, **more: Any
) -> OrderRefunded:
    fields: dict[str, Any] = {"occurred_at": START + timedelta(hours=1), "currency": "EUR"}
    return OrderRefunded(
        **HERE, order_ref=order_ref, refund_id=ident, amount=amount, **{**fields, **more}
    )


def about(order_ref: str, at: timedelta = timedelta(hours=1)) -> dict[str, Any]:
    """Return the fields that every other fact about an order needs."""
    return {**HERE, "order_ref": order_ref, "occurred_at": START + at}
