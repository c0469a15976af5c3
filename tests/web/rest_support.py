"""A shop with two brands and a stream they share, and keys to look at it with."""

import itertools
import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.money import Rate
from liveshop_sdk.registry.access.models import SCOPES
from tests.looking import contents
from tests.web.support import Store, open_store

BRAND_SCOPES = tuple(scope for scope in SCOPES if scope != "brands:write")
SOUTH = "Southern"
"""Stands in every text of the other brand."""

_COUNT = itertools.count()


@dataclass
class Caller:
    """A client that sends one key."""

    client: FlaskClient
    text: str
    also: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, **how: Any) -> TestResponse:
        return self.client.get(f"/v1{path}", headers=self.headers(how), **how)

    def post(self, path: str, body: Any, **how: Any) -> TestResponse:
        headers = {"Idempotency-Key": f"test-{next(_COUNT)}"} | self.headers(how)
        return self.client.post(f"/v1{path}", headers=headers, json=body, **how)

    def headers(self, how: dict[str, Any]) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.text}", **how.pop("headers", {})}


def caller(store: Store, *scopes: str, brand: str | None = None, **how: Any) -> Caller:
    """Return a client with a new key; every scope there is unless some are named."""
    usual = SCOPES if brand is None else BRAND_SCOPES
    made = store.shop.keys.create("test", scopes=scopes or usual, brand=brand, **how)
    return Caller(store.client, made.text)


def all_pages(by: Caller, path: str, nouns: str, **query: Any) -> list[Any]:
    """Return the records of every page, in order."""
    found: list[Any] = []
    following = None
    while True:
        asked = query | ({"cursor": following} if following else {})
        answer = by.get(path, query_string=asked)
        assert answer.status_code == 200, answer.text
        body = json.loads(answer.text)
        found += body[nouns]
        following = body["next"]
        if following is None:
            return found


def two_brands(db: Database, clock: ManualClock) -> Store:
    """Return a shop where north and south sell apart, and once together."""
    store = open_store(db, clock)
    shop, now = store.shop, clock.now()
    window: dict[str, Any] = {
        "opens_at": now - timedelta(minutes=5),
        "closes_at": now + timedelta(hours=2),
    }
    for brand, handle, named in (("north", "ana", "Northern"), ("south", "ben", SOUTH)):
        shop.brands.add(brand, currency="EUR")
        shop.products.add(f"{brand}_tee", title=f"{named} tee", amount=4990, brand=brand)
        shop.creators.add(handle, name=f"{named} {handle}", rate=Rate.percent("12"), brand=brand)
        shop.streams.schedule(
            f"{brand}-drop", title=f"{named} drop", hosts=[handle], brands=[brand], **window
        )
        shop.coupons.create(
            f"{brand.upper()}20", stream_id=f"{brand}-drop", creator_id=handle, percent_off=20
        )
    shop.streams.schedule("haul", hosts=["ana", "ben"], brands=["north", "south"], **window)
    shop.coupons.create("HAUL10", stream_id="haul", creator_id="ben", percent_off=10)

    shop.creators.agree("ben", rate=Rate.percent("5"), brand="north")
    carts = [
        ("ana", {"north_tee": 1}, "north-drop", "NORTH20"),
        ("ben", {"south_tee": 2}, "south-drop", "SOUTH20"),
        ("ben", {"north_tee": 1, "south_tee": 1}, "haul", "HAUL10"),
    ]
    for handle, items, stream, coupon in carts:
        link = shop.links.issue(creator_id=handle, items=items, stream_id=stream, coupon=coupon)
        opened = shop.links.open(link.token)
        shop.sandbox.pay(opened.url.rpartition("/")[2], email="buyer.secret@example.com")
    shop.worker().drain()
    return store


def unchanged(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    """Return every row of ours but the counts of requests."""
    found = contents(store.db)
    del found["ls_api_use"]
    return found
