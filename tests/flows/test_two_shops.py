"""Two shops in one process, worked on by the same threads: neither ever meets the other.

Both sell the same products by the same creators with the same codes, at two accounts of
one platform. Each way to a platform keeps what credentials came along it.
"""

import logging
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import pytest

from liveshop_sdk.db import Database
from liveshop_sdk.errors import WebhookRefusedError
from tests import databases
from tests.flows.equal_support import AtShopify, AtStripe, Place, Plan, by_model, plans
from tests.flows.faulty_way import FaultyWay, faulty_way
from tests.platforms import shopify_support, stripe_support
from tests.scale import IS_LONG

Server = databases.Sqlite | databases.Postgres
ORDERS = 200 if IS_LONG else 8
THREADS = 8
NAMES = ("here", "there")


@pytest.fixture(params=["stripe", "shopify"])
def two(
    request: pytest.FixtureRequest, server: Server
) -> Iterator[list[tuple[Place, FaultyWay, set[str]]]]:
    """Two shops, each with its database, platform, way there, and what it may show on it."""
    with ExitStack() as stack:
        found: list[tuple[Place, FaultyWay, set[str]]] = []
        for name in NAMES:
            db = Database.connect(stack.enter_context(server.fresh()))
            stack.callback(db.dispose)
            found.append(_shop(request.param, name, db, stack))
        yield found


def _shop(
    platform: str, name: str, db: Database, stack: ExitStack
) -> tuple[Place, FaultyWay, set[str]]:
    if platform == "stripe":
        world = stack.enter_context(stripe_support.oracle_running(strict_version=True))
        way = stack.enter_context(faulty_way(world.base, 1))
        key = f"sk_test_{name}"
        place: Place = AtStripe(db, world, base=way.url, key=key, secret=f"whsec_{name}")
        return place, way, {f"Bearer {key}"}
    shop = stack.enter_context(shopify_support.running_oracle())
    shop.shop = f"{name}.myshopify.com"
    shop.tokens = {f"shpat_{name}": None}
    shop.storefront = {"X-Shopify-Storefront-Access-Token": {f"sfpub_{name}"}}
    way = stack.enter_context(faulty_way(shop.url, 1))
    place = AtShopify(db, shop, base=way.url, token=name, secret=f"hush-{name}")
    return place, way, {f"shpat_{name}", f"sfpub_{name}"}


def refused(place: Place, deliveries: list[Any]) -> None:
    """What is signed for another shop is refused here."""
    for headers, body in deliveries:
        with pytest.raises(WebhookRefusedError):
            place.shop.receive(place.name, headers, body)


def test_two_shops_side_by_side_never_meet(
    two: list[tuple[Place, FaultyWay, set[str]]], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "liveshop_sdk")
    places = [place for place, _, _ in two]
    other = dict(zip(places, reversed(places), strict=True))
    stories = [plans(ORDERS, seed) for seed in (500, 503)]
    work = [(place, plan) for place, story in zip(places, stories, strict=True) for plan in story]
    random.Random(8).shuffle(work)

    def does(job: tuple[Place, Plan]) -> None:
        place, plan = job
        told = place.signed(place.happens(plan))
        refused(other[place], told[-1:])
        for headers, body in told:
            place.shop.receive(place.name, headers, body)
        place.shop.worker().run_once()

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(does, work))
    for place, way, credentials in two:
        place.shop.worker().drain()
        assert place.balances() == by_model(place)
        assert len(place.shop.orders(limit=ORDERS + 1)) == len(place.sales()) == ORDERS
        found = place.shop.reconcile(fix=True)
        assert (found.ok, found.missing, found.extra, found.different) == (True, 0, 0, 0)
        assert place.shop.ledger.verify().ok
        assert way.credentials == credentials
    mine, theirs = (rows_of(place) for place in places)
    assert mine.isdisjoint(theirs)
    secrets = {text for name in NAMES for text in (f"sk_test_{name}", f"shpat_{name}")}
    assert [line for line in caplog.messages if any(text in line for text in secrets)] == []


def rows_of(place: Place) -> set[str]:
    """Return what the platform names in a shop's tables: orders, deliveries, references."""
    refs = {order.order_ref for order in place.shop.orders(limit=ORDERS + 1)}
    return refs | {fact.key for ref in refs for fact in place.shop.explain(ref).facts}
