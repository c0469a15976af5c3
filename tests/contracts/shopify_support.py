"""A shop on Shopify that nobody can reach: all it hears comes by signed webhooks."""

import json
import random
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from liveshop_sdk.clock import ManualClock, to_iso
from liveshop_sdk.db import Database, metadata
from liveshop_sdk.events import tables as events
from liveshop_sdk.events.inbox import Receipt
from liveshop_sdk.money import Rate
from liveshop_sdk.settings import Settings
from liveshop_sdk.shop.live_shop import LiveShop
from liveshop_sdk.testing.signing import sign_shopify
from tests.platforms.test_shopify_order_by_hand import ORDER, REFUND

SHOP = "demo-live.myshopify.com"
SECRET = "hush"
KEY = "x" * 40
ADA, BEN = 7001, 7002
CANARIES = (
    "ada@example.com",
    "Lovelace",
    "Ackerstrasse",
    "203.0.113.9",
    "+49 30 1234567",
    "for my aunt",
)
ADA_HERSELF = {"id": ADA, "email": "Ada@Example.com", "phone": "+49 30 1234567"}


def order(order_id: int, *, email: str = "ada@example.com", customer: int | None = ADA) -> Any:
    """An order as its webhook tells it, with all a buyer leaves behind."""
    made: Any = deepcopy(ORDER)
    address = {"first_name": "Ada", "last_name": "Lovelace", "address1": "Ackerstrasse 1"}
    made |= {
        "id": order_id,
        "email": email,
        "contact_email": email,
        "phone": "+49 30 1234567",
        "browser_ip": "203.0.113.9",
        "client_details": {"browser_ip": "203.0.113.9", "user_agent": "Mozilla"},
        "customer": customer and {"id": customer, "email": email, "last_name": "Lovelace"},
        "shipping_address": {"country_code": "DE", **address},
        "billing_address": {"country_code": "AT", **address},
        "note": "for my aunt",
        "note_attributes": [{"name": "gift", "value": "for my aunt"}],
        "total_weight": 1.5,
        "payment_terms": None,
    }
    made["line_items"][0] |= {
        "id": order_id * 10,
        "properties": [{"name": "engraving", "value": "for my aunt"}],
    }
    return made


def refund(order_id: int) -> Any:
    """The refund of one of its two units."""
    made: Any = deepcopy(REFUND)
    made |= {"id": order_id + 50_000, "order_id": order_id, "note": "for my aunt"}
    for row in made["refund_line_items"]:
        row["line_item_id"] = row["line_item"]["id"] = order_id * 10
    return made


def request(topic: str, *orders: int, customer: Any = ADA_HERSELF, **more: Any) -> Any:
    """A privacy request as Shopify sends it."""
    body: dict[str, Any] = {"shop_id": 954889, "shop_domain": SHOP}
    if topic == "customers/data_request":
        body |= {"customer": customer, "orders_requested": list(orders)}
        body |= {"data_request": {"id": 9999}}
    elif topic == "customers/redact":
        body |= {"customer": customer, "orders_to_redact": list(orders)}
    elif topic == "app/uninstalled":
        body = {"id": 954889, "myshopify_domain": SHOP, "email": "owner@example.com"}
    return body | more


@dataclass
class Shop:
    """The shop, what it is told, and what stands in its tables."""

    db: Database
    clock: ManualClock
    settings: Mapping[str, str] = field(default_factory=dict)
    live: LiveShop = field(init=False)
    told: int = 0

    def __post_init__(self) -> None:
        given = {
            "LIVESHOP_PLATFORM": "shopify",
            "LIVESHOP_SECRET_KEYS": KEY,
            "LIVESHOP_SHOPIFY_SHOP": SHOP,
            "LIVESHOP_SHOPIFY_CLIENT_ID": "client",
            "LIVESHOP_SHOPIFY_CLIENT_SECRET": SECRET,
            "LIVESHOP_SHOPIFY_STOREFRONT_TOKEN": "sfpub",
            "LIVESHOP_SHOPIFY_API_BASE": "http://127.0.0.1:9",
            **self.settings,
        }
        self.live = LiveShop.from_settings(
            Settings.load(given), db=self.db, clock=self.clock, random=random.Random(1)
        )

    def stock(self) -> None:
        """Add what the orders sell, and mika with the code they name."""
        live, now = self.live, self.clock.now()
        variant = "gid://shopify/ProductVariant/50001"
        live.products.add(
            "shirt", title="Shirt", amount=3990, currency="EUR", shopify_variant=variant
        )
        live.creators.add("mika", rate=Rate.percent("12"))
        ends = datetime(2027, 1, 1, tzinfo=now.tzinfo)
        live.streams.schedule("drop", hosts=["mika"], opens_at=now, closes_at=ends)
        live.coupons.create("MIKA20", stream_id="drop", creator_id="mika", percent_off=20)

    def signed(
        self, topic: str, payload: Any, *, name: str = "", at: datetime | None = None
    ) -> tuple[dict[str, str], bytes]:
        self.told += 1
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        headers = sign_shopify(
            body,
            SECRET,
            topic=topic,
            shop=SHOP,
            webhook_id=name or f"wh-{self.told}",
            triggered_at=to_iso(at or self.clock.now()),
        )
        return headers, body

    def tell(self, topic: str, payload: Any, **head: Any) -> Receipt:
        """Bring a webhook to the door, then let the worker work."""
        receipt = self.live.receive("shopify", *self.signed(topic, payload, **head))
        self.live.worker().drain()
        return receipt

    def bodies(self) -> dict[str, bytes]:
        """Return all stored bodies by the webhook's name."""
        c = events.inbox.c
        with self.db.reading() as tx:
            rows = tx.execute(sa.select(c.delivery_id, c.body)).all()
        return {row.delivery_id: bytes(row.body) for row in rows}

    def states(self) -> dict[str, str]:
        c = events.inbox.c
        with self.db.reading() as tx:
            rows = tx.execute(sa.select(c.delivery_id, c.state)).all()
            return {row.delivery_id: row.state for row in rows}

    def rows(self, *tables: str) -> dict[str, list[tuple[Any, ...]]]:
        """Return all there is in tables; in every table when none is named."""
        with self.db.reading() as tx:
            return {
                name: [tuple(row) for row in tx.execute(sa.select(table))]
                for name, table in sorted(metadata.tables.items())
                if not tables or name in tables
            }


def holds_buyer(value: object) -> list[str]:
    """Return what in it is Ada's."""
    shown = repr(value).lower()
    return [canary for canary in CANARIES if canary.lower() in shown]
