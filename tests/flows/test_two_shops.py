"""Two shops in one process, worked on by the same threads: neither ever meets the other.

Both sell the same products by the same creators with the same codes, at two accounts of
one platform. Each way to a platform keeps what credentials came along it.
"""

import logging
import random
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, nullcontext

import pytest
import sqlalchemy as sa

from liveshop_sdk.checkout import tables as checkout_tables
from liveshop_sdk.db import Database
from liveshop_sdk.errors import WebhookRefusedError
from liveshop_sdk.events import tables as event_tables
from tests import databases
from tests.flows.equal_support import AtShopify, AtStripe, Place, Plan, by_model, plans
from tests.flows.faulty_way import FaultyWay, faulty_way
from tests.platforms import shopify_support, stripe_support
from tests.scale import IS_LONG

Server = databases.Sqlite | databases.Postgres
ORDERS = 100 if IS_LONG else 6
THREADS = 8
NAMES = ("here", "there")


Shop = tuple[Place, FaultyWay, set[str]]
"""A shop, the way to its platform, and the credentials that may come along it."""


@pytest.fixture(params=["stripe", "shopify"])
def two(request: pytest.FixtureRequest, server: Server) -> Iterator[list[Shop]]:
    """Two shops, each with a database of its own."""
    with ExitStack() as stack:
        found: list[Shop] = []
        for name in NAMES:
            db = Database.connect(stack.enter_context(server.fresh()))
            stack.callback(db.dispose)
            make = at_stripe if request.param == "stripe" else at_shopify
            found.append(make(name, db, stack))
        yield found


@pytest.fixture(params=["connected", "shopify"])
def in_one(request: pytest.FixtureRequest, db: Database) -> Iterator[list[Shop]]:
    """Two shops in one database: their accounts have different names."""
    make = at_connected if request.param == "connected" else at_shopify
    with ExitStack() as stack:
        yield [make(name, db, stack) for name in NAMES]


def at_stripe(name: str, db: Database, stack: ExitStack) -> Shop:
    world = stack.enter_context(stripe_support.oracle_running(strict_version=True))
    world.world.rng.seed(name)  # else both would give out the same ids
    way = stack.enter_context(faulty_way(world.base, 1))
    key = f"sk_test_{name}"
    place = AtStripe(db, world, base=way.url, key=key, secret=f"whsec_{name}")
    return place, way, {f"Bearer {key}"}


def at_connected(name: str, db: Database, stack: ExitStack) -> Shop:
    """Two accounts of one platform: one key, one secret, and each hears of both."""
    world = stack.enter_context(stripe_support.oracle_running(strict_version=True))
    world.world.rng.seed(name)
    way = stack.enter_context(faulty_way(world.base, 1))
    account, key = f"acct_{name}", "sk_test_platform"
    place = AtStripe(db, world, base=way.url, key=key, secret="whsec_platform", account=account)
    return place, way, {f"Bearer {key}", account}


def at_shopify(name: str, db: Database, stack: ExitStack) -> Shop:
    shop = stack.enter_context(shopify_support.running_oracle())
    shop.shop = f"{name}.myshopify.com"
    shop.tokens = {f"shpat_{name}": None}
    shop.storefront = {"X-Shopify-Storefront-Access-Token": {f"sfpub_{name}"}}
    way = stack.enter_context(faulty_way(shop.url, 1))
    place = AtShopify(db, shop, base=way.url, token=name, secret=f"hush-{name}")
    return place, way, {f"shpat_{name}", f"sfpub_{name}"}


def storm(shops: list[Shop]) -> None:
    """Sell in both shops from the same threads; each also works on what is due."""
    places = [place for place, _, _ in shops]
    is_connected = any(isinstance(place, AtStripe) and place.account for place in places)
    other = dict(zip(places, reversed(places), strict=True))
    stories = [plans(ORDERS, seed) for seed in (500, 503)]
    work = [(place, plan) for place, story in zip(places, stories, strict=True) for plan in story]
    random.Random(8).shuffle(work)

    def does(job: tuple[Place, Plan]) -> None:
        place, plan = job
        told = place.signed(place.happens(plan))
        for headers, body in told[-1:]:
            with nullcontext() if is_connected else pytest.raises(WebhookRefusedError):
                other[place].shop.receive(place.name, headers, body)
        for headers, body in told:
            place.shop.receive(place.name, headers, body)
        other[place].shop.worker().run_once()

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(does, work))
    for place in places:
        place.shop.worker().drain()


def is_whole(shop: Shop) -> None:
    """What a shop's platform has is what the shop has, and nobody else asked there."""
    place, way, credentials = shop
    found = place.shop.reconcile(fix=True)
    assert (found.ok, found.missing, found.extra, found.different) == (True, 0, 0, 0)
    assert found.checked > len(place.sales()) == ORDERS
    assert way.credentials == credentials


def of_accounts(db: Database, table: sa.Table) -> Counter[str]:
    with db.reading() as tx:
        return Counter(tx.scalars(sa.select(table.c.account)))


def test_two_shops_side_by_side_never_meet(
    two: list[Shop], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "liveshop_sdk")
    storm(two)
    for shop in two:
        place = shop[0]
        is_whole(shop)
        assert place.balances() == by_model(place)
        assert place.shop.ledger.verify().ok
        account = place.shop.platform.account
        assert of_accounts(place.shop.db, checkout_tables.order) == {account: ORDERS}
        assert set(of_accounts(place.shop.db, event_tables.inbox)) == {account}
    mine, theirs = ({one.order_ref for one in place.shop.orders(limit=500)} for place, _, _ in two)
    assert mine.isdisjoint(theirs)
    assert len(mine) == len(theirs) == ORDERS
    secrets = set().union(*(credentials for _, _, credentials in two))
    assert [line for line in caplog.messages if any(text in line for text in secrets)] == []


def test_two_shops_in_one_database_share_the_books_alone(in_one: list[Shop], db: Database) -> None:
    storm(in_one)
    both = Counter[str]()
    for shop in in_one:
        is_whole(shop)
        both.update(by_model(shop[0]))
    place = in_one[0][0]
    assert place.balances() == {account: amount for account, amount in both.items() if amount}
    assert place.shop.ledger.verify().ok
    accounts = {shop[0].shop.platform.account for shop in in_one}
    assert len(accounts) == len(NAMES)
    assert of_accounts(db, checkout_tables.order) == dict.fromkeys(accounts, ORDERS)
    assert set(of_accounts(db, event_tables.fact)) == accounts
