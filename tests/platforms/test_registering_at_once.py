"""Two people register the same webhooks at the same time: one of each is left."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from liveshop_sdk.checkout.endpoints import Endpoints, Registration
from tests.platforms import shopify_support, test_shopify_endpoints, test_stripe_endpoints
from tests.platforms import stripe_support as support
from tests.platforms.stripe_support import Oracle

running_oracle = support.running_oracle
oracle = support.oracle

ROUNDS = 5
"""How often both begin together: who comes first at which step is chance."""


@pytest.fixture(name="shop")
def shop_fixture() -> Iterator[Any]:
    with shopify_support.running_oracle() as found:
        yield found


def together(*works: Callable[[], Registration]) -> list[Registration]:
    start = Barrier(len(works))

    def after_the_start(work: Callable[[], Registration]) -> Registration:
        start.wait()
        return work()

    with ThreadPoolExecutor(len(works)) as crowd:
        return list(crowd.map(after_the_start, works))


def seeing_the_same(endpoints: Endpoints, name: str, looked: Barrier) -> Endpoints:
    """Let both see what there is before either of them changes it."""
    holder: Any = endpoints
    holder = holder._calls if name == "webhook_endpoints" else holder
    look, is_first = getattr(holder, name), [True]

    def once_together() -> Any:
        found = look()
        if is_first.pop() if is_first else False:
            looked.wait()
        return found

    setattr(holder, name, once_together)
    return endpoints


def test_stripe_is_given_one_endpoint_and_both_are_shown_its_secret(oracle: Oracle) -> None:
    url = test_stripe_endpoints.URL
    for _ in range(ROUNDS):
        looked = Barrier(2)
        two = [
            seeing_the_same(oracle.platform().endpoints, "webhook_endpoints", looked)
            for _ in range(2)
        ]
        done = together(*(lambda one=one: one.register(url) for one in two))
        (made,) = oracle.world.all("webhook_endpoint")
        secrets = {one.secret.reveal() for one in done if one.secret}
        assert len(secrets) == 1
        assert all(one.report.ok for one in done), [one.report for one in done]
        assert oracle.platform().endpoints.check(url).ok
        again = oracle.platform().endpoints.register(url)
        assert (again.changes, again.secret) == ((), None)
        del oracle.world.objs[made["id"]]


def test_stripes_endpoint_is_made_anew_once_for_both(oracle: Oracle) -> None:
    url = test_stripe_endpoints.URL
    oracle.platform().endpoints.register(url)
    (old,) = oracle.world.all("webhook_endpoint")
    looked = Barrier(2)
    two = [
        seeing_the_same(oracle.platform().endpoints, "webhook_endpoints", looked) for _ in range(2)
    ]
    done = together(*(lambda one=one: one.register(url, replace=True) for one in two))
    (made,) = oracle.world.all("webhook_endpoint")
    assert made["id"] != old["id"]
    assert len({one.secret.reveal() for one in done if one.secret}) == 1
    assert all(one.report.ok for one in done), [one.report for one in done]


def test_shopify_is_given_each_subscription_once(shop: Any) -> None:
    url = test_shopify_endpoints.URL
    for _ in range(ROUNDS):
        looked = Barrier(2)
        two = [
            seeing_the_same(shopify_support.platform(shop).endpoints, "_listed", looked)
            for _ in range(2)
        ]
        done = together(*(lambda one=one: one.register(url) for one in two))
        topics = sorted(one["topic"] for one in shop.webhooks.values())
        assert topics == sorted(set(topics)), topics
        assert all(one.report.ok for one in done), [one.report for one in done]
        assert shopify_support.platform(shop).endpoints.check(url).ok
        assert shopify_support.platform(shop).endpoints.register(url).changes == ()
        shop.webhooks.clear()
