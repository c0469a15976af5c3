"""A filled store on both engines, and a door for webhooks of each vendor."""

import pytest

from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from tests.web.hostile_support import Door, door_of
from tests.web.support import Store, fill, open_store


@pytest.fixture
def store(db: Database, clock: ManualClock) -> Store:
    made = open_store(db, clock)
    fill(made)
    return made


@pytest.fixture(params=["stripe", "shopify"])
def door(request: pytest.FixtureRequest, db: Database, clock: ManualClock) -> Door:
    return door_of(request.param, db, clock)
