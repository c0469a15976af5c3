"""A migrated database for us, and bare tables beside it for the raw driver.

The bare tables have the same columns, primary keys and indexes, but no
trigger, foreign key or check: what a driver alone would write.
"""

import os
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa

from liveshop_sdk.db import Database, metadata, migrate
from liveshop_sdk.db.scratch import drop_schema
from liveshop_sdk.db.sqlite import driver, journal_choice

_SETTING = "LIVESHOP_TEST_POSTGRES_URL"
_USUAL = (
    "postgresql://postgres@127.0.0.1:5432/postgres",
    "postgresql://root@127.0.0.1:5432/test",
)
_numbers = count(1)
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Store:
    """One engine: our database, and how to open the bare tables."""

    name: str
    db: Database
    bare: "Bare"


class Bare:
    """The raw driver on one connection to the bare tables."""

    def __init__(self, raw: Any, dialect: str) -> None:
        self.raw, self._is_pg = raw, dialect == "postgresql"

    def begin(self) -> None:
        self.raw.execute("BEGIN" if self._is_pg else "BEGIN IMMEDIATE")

    def commit(self) -> None:
        self.raw.execute("COMMIT")

    def insert(self, table: str, rows: Sequence[Row]) -> None:
        """Insert rows by one statement."""
        if not rows:
            return
        names = list(rows[0])
        if not self._is_pg:
            marks = ", ".join("?" * len(names))
            text = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})"
            self.raw.executemany(text, [tuple(row.values()) for row in rows])
            return
        marks = ", ".join([f"({', '.join(['%s'] * len(names))})"] * len(rows))
        values = [value for row in rows for value in row.values()]
        self.raw.execute(f"INSERT INTO {table} ({', '.join(names)}) VALUES {marks}", values)

    def load(self, table: str, rows: Sequence[Row]) -> None:
        """Insert many rows the fastest way: executemany, or COPY."""
        if not self._is_pg:
            self.insert(table, rows)
            return
        if rows:
            text = f"COPY {table} ({', '.join(rows[0])}) FROM STDIN"
            with self.raw.cursor() as cursor, cursor.copy(text) as copy:
                for row in rows:
                    copy.write_row(tuple(row.values()))

    def execute(self, text: str, values: Sequence[object]) -> None:
        self.raw.execute(text.replace("?", "%s") if self._is_pg else text, values)


@contextmanager
def stores() -> Iterator[list[Store]]:
    """Open SQLite, and PostgreSQL where one answers; all is gone afterwards."""
    with ExitStack() as stack:
        found = [stack.enter_context(_sqlite())]
        url = postgres_url()
        if url is not None:
            found.append(stack.enter_context(_postgresql(url)))
        yield found


@contextmanager
def beside(store: Store) -> Iterator[Store]:
    """Open one more database of the same engine, empty."""
    url = None if store.db.dialect == "sqlite" else postgres_url()
    with _sqlite() if url is None else _postgresql(url) as found:
        yield found


def settle(store: Store) -> None:
    """Do now what PostgreSQL would do by itself in the middle of measuring."""
    if store.db.dialect == "postgresql":
        text = "VACUUM (ANALYZE) ls_ledger_entry, ls_ledger_posting, ls_ledger_account"
        with store.db.engine.connect() as ours:
            ours.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql(text)
        store.bare.raw.execute(text)


def postgres_url() -> str | None:
    """Return a server that answers, None without any."""
    given = os.environ.get(_SETTING)
    for url in [given] if given else _USUAL:
        try:
            psycopg.connect(url, connect_timeout=2).close()
        except psycopg.OperationalError:
            continue
        return url
    return None


def about(store: Store) -> str:
    """Return the engine with its version and how it was told to be durable."""
    with store.db.reading() as tx:
        if store.db.dialect == "sqlite":
            version, mode = sqlite3.sqlite_version, tx.scalar(sa.text("PRAGMA journal_mode"))
            return f"SQLite {version}, {str(mode).upper()}, synchronous FULL"
        version = str(tx.scalar(sa.text("SHOW server_version"))).partition(" ")[0]
        sync = tx.scalar(sa.text("SHOW synchronous_commit"))
        return f"PostgreSQL {version}, synchronous_commit {sync}"


@contextmanager
def _sqlite() -> Iterator[Store]:
    with tempfile.TemporaryDirectory(prefix="liveshop-bench-") as folder:
        db = Database.connect(f"sqlite:///{Path(folder) / 'shop.db'}")
        migrate.upgrade(db)
        url = f"sqlite:///{Path(folder) / 'bare.db'}"
        engine = sa.create_engine(url, module=driver())
        metadata.create_all(engine)
        engine.dispose()
        raw: Any = driver().connect(str(Path(folder) / "bare.db"), isolation_level=None)
        mode, _why = journal_choice(driver().sqlite_version_info)
        raw.execute(f"PRAGMA journal_mode = {mode}")
        raw.execute("PRAGMA synchronous = FULL")
        raw.execute("PRAGMA ignore_check_constraints = ON")
        try:
            yield Store("SQLite", db, Bare(raw, "sqlite"))
        finally:
            raw.close()
            db.dispose()


@contextmanager
def _postgresql(url: str) -> Iterator[Store]:
    ours = f"liveshop_bench_{os.getpid()}_{next(_numbers)}"
    bare = f"{ours}_bare"
    db = Database.connect(url, schema=ours)
    try:
        migrate.upgrade(db)
        with psycopg.connect(url, autocommit=True) as raw:
            raw.execute(f"CREATE SCHEMA {bare}")
            raw.execute(f"SET search_path = {bare}")
            for table in metadata.sorted_tables:
                like = f"LIKE {ours}.{table.name} INCLUDING INDEXES INCLUDING DEFAULTS"
                raw.execute(f"CREATE TABLE {table.name} ({like})")
            yield Store("PostgreSQL", db, Bare(raw, "postgresql"))
            raw.execute(f"DROP SCHEMA {bare} CASCADE")
        drop_schema(db)
    finally:
        db.dispose()
