"""Make engines: one that writes and one that reads, on SQLite or PostgreSQL.

PostgreSQL writes at READ COMMITTED, said explicitly because a server's default
can be changed; readers see one snapshot on both engines. ``postgresql://`` and
``postgres://`` mean psycopg 3, whatever SQLAlchemy's own default is.
"""

import re
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.pool import StaticPool

from liveshop_sdk.db.sqlite import BUSY_SECONDS, driver, prepare_sqlite
from liveshop_sdk.errors import EngineUnsuitableError

_CONNECT_SECONDS = 5
_POOL = {"pool_size": 5, "max_overflow": 10, "pool_timeout": 10}
_SCHEMA = re.compile(r"[a-z_][a-z0-9_]{0,62}\Z")
_POSTGRES = {"postgres", "postgresql", "postgresql+psycopg"}
_SQLITE = {"sqlite", "sqlite+pysqlite"}


@dataclass(frozen=True, kw_only=True)
class Engines:
    """The writing and the reading engine of one database."""

    writer: sa.Engine
    reader: sa.Engine
    is_shared: bool = False
    """True where both use one connection: SQLite in memory."""


def make_engines(url: str, *, schema: str | None = None) -> Engines:
    """Return both engines for a database URL.

    Raises:
        EngineUnsuitableError: the URL is unreadable, names another database, or
            its driver is not installed.
    """
    parsed = parse_url(url)
    if parsed.get_backend_name() == "sqlite":
        return _sqlite(parsed, schema)
    return _postgres(parsed, schema)


def parse_url(url: str) -> sa.URL:
    """Return the URL with the driver we use, or refuse it without echoing it."""
    try:
        parsed = sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError):
        raise EngineUnsuitableError(
            problem="the database URL cannot be read",
            remedy="Use sqlite:///file.db or postgresql://user@host/name.",
        ) from None
    if parsed.drivername in _SQLITE:
        return parsed.set(drivername="sqlite+pysqlite")
    if parsed.drivername in _POSTGRES:
        return parsed.set(drivername="postgresql+psycopg")
    raise EngineUnsuitableError(
        problem=f"{parsed.drivername} is not supported",
        remedy="Use sqlite:///file.db or postgresql://user@host/name.",
    )


def reader_of(engine: sa.Engine) -> sa.Engine:
    """Return a view of a PostgreSQL engine that reads one snapshot."""
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def writer_of(engine: sa.Engine) -> sa.Engine:
    """Return a view of a PostgreSQL engine that writes at READ COMMITTED."""
    return engine.execution_options(isolation_level="READ COMMITTED", postgresql_readonly=False)


def _sqlite(url: sa.URL, schema: str | None) -> Engines:
    if schema is not None:
        raise EngineUnsuitableError(
            problem="SQLite has no schemas", remedy="Use another file instead."
        )
    if is_memory(url):
        engine = sa.create_engine(
            url,
            module=driver(),
            poolclass=StaticPool,
            connect_args={"check_same_thread": False},
        )
        prepare_sqlite(engine)
        return Engines(writer=engine, reader=engine, is_shared=True)
    writer, reader = (
        sa.create_engine(url, module=driver(), connect_args={"timeout": BUSY_SECONDS}, **_POOL)
        for _ in range(2)
    )
    prepare_sqlite(writer)
    prepare_sqlite(reader, begin="BEGIN")
    return Engines(writer=writer, reader=reader)


def is_memory(url: sa.URL) -> bool:
    """Tell whether a SQLite URL names no file."""
    name = url.database or ""
    return name in ("", ":memory:") or "mode=memory" in str(url) or ":memory:" in name


def _postgres(url: sa.URL, schema: str | None) -> Engines:
    connect_args: dict[str, object] = {"connect_timeout": _CONNECT_SECONDS}
    if schema is not None:
        if not _SCHEMA.match(schema):
            raise EngineUnsuitableError(
                problem="the schema name is not a plain lower-case word",
                remedy="Use letters, digits and underscores, at most 63.",
            )
        given = url.query.get("options", "")
        options = given if isinstance(given, str) else " ".join(given)
        connect_args["options"] = f"{options} -csearch_path={schema}".strip()
        url = url.difference_update_query(["options"])
    try:
        engine = sa.create_engine(
            url,
            isolation_level="READ COMMITTED",
            pool_pre_ping=True,
            connect_args=connect_args,
            **_POOL,
        )
    except ModuleNotFoundError as error:
        raise EngineUnsuitableError(
            problem="the PostgreSQL driver psycopg is not installed",
            remedy='Run `pip install "liveshop-sdk[postgres]"`.',
        ) from error
    return Engines(writer=engine, reader=reader_of(engine))
