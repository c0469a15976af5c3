"""Fixtures for tests of a shop, found by the entry point ``liveshop`` of pytest.

Every run of pytest loads this module where the package is installed, so the
shop behind the fixtures is imported by whoever first asks for one.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from liveshop_sdk.clock import ManualClock


@pytest.fixture
def liveshop_clock() -> ManualClock:
    """The time in the test's shop, until the test moves it."""
    from liveshop_sdk.testing.shops import START

    return ManualClock(START)


@pytest.fixture
def liveshop_database_url() -> str:
    """Where the test's shop keeps its rows: in memory; override it for another place."""
    return "sqlite://"


@pytest.fixture
def liveshop_shop(liveshop_clock: ManualClock, liveshop_database_url: str) -> Iterator[Any]:
    """A `LiveShop` on the sandbox: empty, migrated, delivering to itself."""
    from liveshop_sdk.testing.shops import sandbox_shop

    shop = sandbox_shop(clock=liveshop_clock, database_url=liveshop_database_url)
    yield shop
    shop.close()


@pytest.fixture
def liveshop_webhooks(liveshop_clock: ManualClock) -> Any:
    """A maker of signed webhooks of every platform: `liveshop_sdk.testing.Webhooks`."""
    from liveshop_sdk.testing.factory import Webhooks

    return Webhooks(liveshop_clock)


@pytest.fixture
def liveshop_stripe() -> Iterator[Any]:
    """An active stand-in for Stripe: `liveshop_sdk.testing.stripe_api.FakeStripe`."""
    from liveshop_sdk.testing.stripe_api import FakeStripe

    with FakeStripe() as fake:
        yield fake


@pytest.fixture
def liveshop_shopify() -> Iterator[Any]:
    """An active stand-in for Shopify: `liveshop_sdk.testing.shopify_api.FakeShopify`."""
    from liveshop_sdk.testing.shopify_api import FakeShopify

    with FakeShopify() as fake:
        yield fake
