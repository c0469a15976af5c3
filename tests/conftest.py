"""Fixtures for every test: databases on both engines, a clock, ids."""

import gc
import os
import random
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import settings

from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.ids import Ids
from tests import compiled, databases
from tests.scale import IS_LONG

settings.register_profile("dev", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "dev")
compiled.share()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what takes minutes, unless it is the long run; begin with what is slow."""
    if IS_LONG:
        return
    config.hook.pytest_deselected(items=[item for item in items if item.get_closest_marker("long")])
    items[:] = [item for item in items if not item.get_closest_marker("long")]
    # A file that takes long goes first: begun last, it would leave all other cores idle.
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


def pytest_collection_finish() -> None:
    """Spare the collector what stays to the end: the tests and all modules."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def sqlite_server() -> Iterator[databases.Sqlite]:
    with databases.quick_folder() as folder:
        yield databases.Sqlite(folder)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[databases.Postgres | None]:
    server = databases.reach_postgres()
    yield server
    if server is not None:
        server.close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def engine_kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def server(
    engine_kind: str,
    sqlite_server: databases.Sqlite,
    postgres_server: databases.Postgres | None,
) -> databases.Sqlite | databases.Postgres:
    if engine_kind == "sqlite":
        return sqlite_server
    if postgres_server is None:
        databases.skip_or_fail("no PostgreSQL answers (LIVESHOP_TEST_POSTGRES_URL)")
    assert postgres_server is not None
    return postgres_server


@pytest.fixture
def db_url(server: databases.Sqlite | databases.Postgres) -> Iterator[str]:
    """The URL of a migrated, empty database: for tests that start processes."""
    with server.fresh() as url:
        yield url


@pytest.fixture
def bare_db_url(server: databases.Sqlite | databases.Postgres) -> Iterator[str]:
    """The URL of a database without any table."""
    with server.fresh(is_empty=True) as url:
        yield url


@pytest.fixture
def db(db_url: str) -> Iterator[Database]:
    """A migrated, empty database."""
    database = Database.connect(db_url)
    yield database
    database.dispose()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 10, 2, 18, tzinfo=UTC))


@pytest.fixture
def ids(clock: ManualClock) -> Ids:
    return Ids(clock, random.Random(7))
