"""The services of the registry, each on a test's database."""

from datetime import UTC, datetime, timedelta

import pytest

from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.registry.creators import Creator
from liveshop_sdk.registry.service import Brands, Creators, Products, Streams
from liveshop_sdk.registry.store import CreatorStore

OPENS = datetime(2026, 10, 2, 18, tzinfo=UTC)
CLOSES = OPENS + timedelta(hours=2)


@pytest.fixture(name="brands")
def brands_fixture(db: Database, clock: ManualClock) -> Brands:
    return Brands(db, clock)


@pytest.fixture(name="products")
def products_fixture(db: Database, clock: ManualClock) -> Products:
    return Products(db, clock)


@pytest.fixture(name="creators")
def creators_fixture(db: Database, clock: ManualClock) -> Creators:
    return Creators(db, clock)


@pytest.fixture(name="streams")
def streams_fixture(db: Database, clock: ManualClock) -> Streams:
    return Streams(db, clock)


def add_creators(db: Database, clock: ManualClock, *handles: str) -> list[Creator]:
    with db.transaction() as tx:
        return [CreatorStore().add(tx, handle, now=clock.now()) for handle in handles]
