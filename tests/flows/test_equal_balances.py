"""One story at the sandbox, on Stripe and on Shopify: the same money in three books.

`make equal-long` tells it of 500 orders.
"""

import logging
import random
import time
from collections import Counter
from collections.abc import Iterator

import pytest

from liveshop_sdk.db import Database
from tests import databases
from tests.flows.equal_support import AtSandbox, AtShopify, AtStripe, Place, by_model, plans
from tests.platforms import shopify_support
from tests.platforms.stripe_support import Oracle, oracle, running_oracle
from tests.scale import IS_LONG

__all__ = ["oracle", "running_oracle"]

ORDERS = 500 if IS_LONG else 24
_log = logging.getLogger(__name__)


@pytest.fixture
def three(
    server: databases.Sqlite | databases.Postgres, oracle: Oracle
) -> Iterator[tuple[Place, ...]]:
    with (
        server.fresh() as first,
        server.fresh() as second,
        server.fresh() as third,
        shopify_support.running_oracle() as shopify,
    ):
        dbs = [Database.connect(url) for url in (first, second, third)]
        yield (
            AtSandbox(dbs[0]),
            AtStripe(dbs[1], oracle),
            AtShopify(dbs[2], shopify),
        )
        for db in dbs:
            db.dispose()


def test_a_story_of_many_orders_gives_equal_balances(three: tuple[Place, ...]) -> None:
    story = plans(ORDERS)
    happened = Counter(f"{step.kind} {step.end}".strip() for plan in story for step in plan.steps)
    kinds = {"units", "amount", "failed", "cancel", "dispute", "dispute won", "dispute lost"}
    assert set(happened) == kinds
    for place in three:
        began = time.perf_counter()
        place.live(story)
        place.deliver(random.Random(40))
        state = place.shop.inbox_state()
        assert (state.inbox["new"], state.parked, state.dead) == (0, (), ())
        took = time.perf_counter() - began
        _log.info("%s: %d orders, %s, in %.1f s", place.name, ORDERS, dict(happened), took)
    sandbox, stripe, shopify = three
    assert stripe.balances() == sandbox.balances()
    assert shopify.balances() == sandbox.balances()
    assert by_model(stripe) == by_model(shopify) == sandbox.balances()
    assert {"creator:mika:pending", "creator:ben:pending"} <= set(sandbox.balances())
    for place in three:
        before = place.shop.stats(), place.balances()
        found = place.shop.reconcile(fix=True)
        assert (found.ok, found.missing, found.extra, found.different) == (True, 0, 0, 0)
        assert found.fixed == 0 < found.checked
        assert (place.shop.stats(), place.balances()) == before
        assert place.shop.ledger.verify().ok
        assert len(place.shop.orders(limit=1000)) == ORDERS
