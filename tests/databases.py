"""Fresh databases for tests, copied from a template that is made once a session.

SQLite copies a file. PostgreSQL copies a database where the role may create
one, and builds a schema otherwise; either way names carry the process id, so
that parallel runs do not meet. To copy a database takes as long as many a test,
so one whose schema was left as it was is emptied for the next test instead.
"""

import os
import shutil
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from importlib import import_module
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

import pytest
import sqlalchemy as sa

from liveshop_sdk.db import VERSION_TABLE, Database

_URL_SETTING = "LIVESHOP_TEST_POSTGRES_URL"
_USUAL = (
    "postgresql://postgres@127.0.0.1:5432/postgres",
    "postgresql://root@127.0.0.1:5432/test",
)
_numbers = count(1)
_MEMORY = Path("/dev/shm")
_ROOM = 2 << 30


def _name() -> str:
    return f"liveshop_test_{os.getpid()}_{next(_numbers)}"


def fill(url: str) -> None:
    """Make the whole schema in an empty database."""
    db = Database.connect(url)
    import_module("tests.schema").build(db)  # the tables as they stand; else migrate.upgrade(db)
    db.dispose()


def unhurried(url: str) -> str:
    """Return the URL such that commits to PostgreSQL do not wait for the disk."""
    parsed = sa.make_url(url)
    if parsed.get_backend_name() != "postgresql":
        return url
    options = f"{parsed.query.get('options', '')} -csynchronous_commit=off".strip()
    return parsed.update_query_dict({"options": options}).render_as_string(hide_password=False)


@contextmanager
def quick_folder() -> Iterator[Path]:
    """Yield a folder in memory if there is room: there, commits wait for no disk."""
    has_room = os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free > _ROOM
    with TemporaryDirectory(prefix="liveshop_test_", dir=_MEMORY if has_room else None) as name:
        yield Path(name)


class Sqlite:
    """Files in a folder of the session, copied from a template file."""

    def __init__(self, folder: Path) -> None:
        """Keep the template in that folder."""
        self._folder = folder
        self._template = folder / "template.db"

    @contextmanager
    def fresh(self, *, is_empty: bool = False) -> Iterator[str]:
        """Yield the URL of a database with the schema, or without one."""
        path = self._folder / f"{_name()}.db"
        if not is_empty:
            if not self._template.exists():
                fill(f"sqlite:///{self._template}")
            shutil.copyfile(self._template, path)
        yield f"sqlite:///{path}"
        path.unlink(missing_ok=True)


# Every part of the schema, with the transaction that wrote it last: a trigger that was
# switched off and on again is another one. Copies of a template have what it has.
_MARKS = """
SELECT md5(string_agg(mark, ',' ORDER BY mark)) FROM (
  SELECT concat('class ', oid, ' ', xmin) AS mark FROM pg_class WHERE oid >= 16384
  UNION ALL SELECT concat('column ', attrelid, ' ', attnum, ' ', xmin)
    FROM pg_attribute WHERE attrelid >= 16384
  UNION ALL SELECT concat('trigger ', oid, ' ', xmin) FROM pg_trigger
  UNION ALL SELECT concat('constraint ', oid, ' ', xmin) FROM pg_constraint WHERE oid >= 16384
  UNION ALL SELECT concat('function ', oid, ' ', xmin) FROM pg_proc WHERE oid >= 16384
  UNION ALL SELECT concat('schema ', oid, ' ', xmin) FROM pg_namespace WHERE oid >= 16384
) AS marks
"""
_TABLES = f"""
SELECT relname FROM pg_class JOIN pg_namespace AS n ON n.oid = relnamespace
WHERE relkind = 'r' AND nspname = 'public' AND relname <> '{VERSION_TABLE}'
"""
_END_SESSIONS = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
_BEGIN_NUMBERS = "SELECT setval(seqrelid::regclass, seqstart, false) FROM pg_sequence"


class Postgres:
    """Databases of one server, copied from a template; or else schemas."""

    def __init__(self, url: str) -> None:
        """Use the server behind that URL."""
        self._url = sa.make_url(url).set(drivername="postgresql+psycopg")
        self._admin = sa.create_engine(self._url, isolation_level="AUTOCOMMIT")
        self._template = ""
        self._marks: object = None
        # Databases are made, emptied and dropped beside the tests. One thread, since the
        # template takes one copy at a time.
        self._work = ThreadPoolExecutor(max_workers=1)
        self._ready: deque[Future[str]] = deque()
        self._dropped: list[Future[None]] = []
        self._can_create = bool(
            self._scalar(
                "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
            )
        )

    @contextmanager
    def fresh(self, *, is_empty: bool = False) -> Iterator[str]:
        """Yield the URL of a database with the schema, or without one."""
        made = self._database if self._can_create else self._schema
        with made(is_empty=is_empty) as url:
            yield url

    @contextmanager
    def _database(self, *, is_empty: bool) -> Iterator[str]:
        if not is_empty and not self._template:
            template = _name()
            self._run(f"CREATE DATABASE {template}")
            fill(self._at(template))
            with self._inside(template) as connection:
                self._marks = connection.exec_driver_sql(_MARKS).scalar()
            self._template = template
        name = self._copied("template1") if is_empty else self._next()
        try:
            yield self._at(name)
        finally:
            if is_empty:
                self._dropped.append(self._work.submit(self._drop, name))
            else:
                self._ready.append(self._work.submit(self._as_new, name))

    def _next(self) -> str:
        """Return a copy of the template, and see to it that the next ones are made."""
        while len(self._ready) < 3:
            self._ready.append(self._work.submit(self._copied, self._template))
        return self._ready.popleft().result()

    def _as_new(self, name: str) -> str:
        """Return this database emptied, or another if this one is not what it was."""
        with suppress(sa.exc.DBAPIError), self._inside(name) as connection:
            connection.exec_driver_sql(_END_SESSIONS)
            if connection.exec_driver_sql(_MARKS).scalar() == self._marks:
                tables = connection.exec_driver_sql(_TABLES).scalars()
                emptying = "".join(f"DELETE FROM {table};" for table in tables)
                connection.exec_driver_sql("SET session_replication_role = replica")
                connection.exec_driver_sql(emptying)
                connection.exec_driver_sql(_BEGIN_NUMBERS)
                return name
        self._drop(name)
        return self._copied(self._template)

    @contextmanager
    def _inside(self, name: str) -> Iterator[sa.Connection]:
        url = self._url.set(database=name)
        engine = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        with engine.connect() as connection:
            yield connection

    def _copied(self, template: str) -> str:
        name = _name()
        self._run(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def _drop(self, name: str) -> None:
        self._run(f"DROP DATABASE {name} WITH (FORCE)")

    @contextmanager
    def _schema(self, *, is_empty: bool) -> Iterator[str]:
        name = _name()
        self._run(f"CREATE SCHEMA {name}")
        url = f"{self._at(self._url.database or '')}?options={quote(f'-csearch_path={name}')}"
        try:
            if not is_empty:
                fill(url)
            yield url
        finally:
            self._run(f"DROP SCHEMA {name} CASCADE")

    def close(self) -> None:
        """Drop the template and let go of the server."""
        made = [future.result() for future in self._ready]
        self._dropped += [self._work.submit(self._drop, name) for name in made]
        if self._template:
            self._dropped.append(self._work.submit(self._drop, self._template))
        for future in self._dropped:
            future.result()
        self._work.shutdown()
        self._admin.dispose()

    def _at(self, database: str) -> str:
        url = self._url.set(drivername="postgresql", database=database)
        return url.render_as_string(hide_password=False)

    def _run(self, statement: str) -> None:
        with self._admin.connect() as connection:
            connection.exec_driver_sql(statement)

    def _scalar(self, statement: str) -> object:
        with self._admin.connect() as connection:
            return connection.exec_driver_sql(statement).scalar()


def reach_postgres() -> Postgres | None:
    """Return the server to test on, or None where there is none."""
    given = os.environ.get(_URL_SETTING)
    for url in [given] if given else _USUAL:
        try:
            return Postgres(url)
        except sa.exc.OperationalError:
            continue
    return None


def skip_or_fail(reason: str) -> None:
    """Skip a test for want of a service; fail it where services are required."""
    if os.environ.get("LIVESHOP_REQUIRE_SERVICES") == "1":
        pytest.fail(f"{reason}, and LIVESHOP_REQUIRE_SERVICES=1")
    pytest.skip(reason)
