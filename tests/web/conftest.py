"""A filled store on both engines."""

import pytest

from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from tests.web.support import Store, fill, open_store


@pytest.fixture
def store(db: Database, clock: ManualClock) -> Store:
    made = open_store(db, clock)
    fill(made)
    return made
