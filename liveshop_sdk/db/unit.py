"""The unit of work: one transaction per call, opened at the top.

``Database.transaction`` commits at the end and rolls back on any exception;
``Database.reading`` sees one snapshot and cannot write. ``bound_to`` joins a
transaction the host application has already opened.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import sqlalchemy as sa

from liveshop_sdk.db.engine import Engines, make_engines, reader_of, writer_of
from liveshop_sdk.db.faults import storage_faults
from liveshop_sdk.db.sqlite import BUSY_SECONDS, require_suitable
from liveshop_sdk.errors import EngineUnsuitableError, StorageUnavailableError

Transaction = sa.Connection
Dialect = Literal["sqlite", "postgresql"]


class Database:
    """One database: hands out transactions, and knows nothing of tables.

    On SQLite one writer at a time enters per process; without that queue,
    threads would sleep in SQLite's own back-off and starve one another.
    """

    def __init__(
        self,
        engines: Engines,
        *,
        schema: str | None = None,
        is_hosted: bool = False,
        bound: sa.Connection | None = None,
    ) -> None:
        """Wrap engines; use ``connect``, ``over`` or ``bound_to`` instead."""
        self._engines = engines
        self._bound = bound
        self._is_hosted = is_hosted
        self._pid = os.getpid()
        self._write_lock = threading.Lock()
        self._local = threading.local()
        self.schema = schema
        self.dialect: Dialect = _dialect(engines.writer)

    @classmethod
    def connect(cls, url: str, *, schema: str | None = None) -> "Database":
        """Return a database for a URL; nothing is opened until first use.

        Args:
            url: ``sqlite:///file.db``, ``sqlite://`` (in memory, for trials) or
                ``postgresql://…``.
            schema: PostgreSQL only: the schema all tables live in.
        """
        return cls(make_engines(url, schema=schema), schema=schema)

    @classmethod
    def over(cls, engine: sa.Engine) -> "Database":
        """Return a database over a host application's own engine.

        A SQLite engine must have gone through ``prepare_sqlite``; each
        transaction checks it and refuses otherwise.
        """
        if _dialect(engine) == "sqlite":
            engines = Engines(
                writer=engine,
                reader=engine,
                is_shared=isinstance(engine.pool, (sa.StaticPool, sa.SingletonThreadPool)),
            )
        else:
            engines = Engines(writer=writer_of(engine), reader=reader_of(engine))
        return cls(engines, is_hosted=True)

    def bound_to(self, connection: sa.Connection) -> "Database":
        """Return a twin that works inside a transaction the host has open.

        Its ``transaction`` and ``reading`` yield that connection; it never
        commits and never rolls back.

        Raises:
            EngineUnsuitableError: SQLite without the pragmas or without a write
                transaction; PostgreSQL not at READ COMMITTED, or autocommit.
        """
        _require_suitable(connection)
        return Database(self._engines, schema=self.schema, bound=connection)

    @property
    def is_bound(self) -> bool:
        """Whether this works inside a transaction that somebody else commits."""
        return self._bound is not None

    @property
    def engine(self) -> sa.Engine:
        """The writing engine, for migrations and for looking at the schema."""
        return self._engines.writer

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Open a write transaction: commits at the end, or leaves nothing.

        Raises:
            StorageUnavailableError: the database is locked, full or out of reach;
                after a lost connection the outcome is unknown, so repeat with the
                same keys.
        """
        if self._bound is not None:
            with storage_faults():
                yield self._bound
            return
        writer = self._engines.writer
        with self._only_writer(), storage_faults(), writer.connect() as tx, tx.begin():
            if self._is_hosted:
                _require_suitable(tx)
            yield tx

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """Open a read transaction on one snapshot; writing in it is refused.

        Keep it short on SQLite: a reader holds up the commit of a writer there.
        """
        if self._bound is not None:
            with storage_faults():
                yield self._bound
            return
        if self._engines.is_shared:
            with self.transaction() as tx:
                yield tx
            return
        self._renew_after_fork()
        with storage_faults(), self._engines.reader.connect() as tx, tx.begin():
            yield tx

    def dispose(self) -> None:
        """Close every pooled connection; a host's own engine is left alone."""
        if self._is_hosted or self.is_bound:
            return
        self._engines.writer.dispose()
        if self._engines.reader is not self._engines.writer:
            self._engines.reader.dispose()

    def __repr__(self) -> str:
        """Show which database this is, without its password."""
        where = self._engines.writer.url.render_as_string(hide_password=True)
        return f"<Database {where}{' bound' if self.is_bound else ''}>"

    @contextmanager
    def _only_writer(self) -> Iterator[None]:
        self._renew_after_fork()
        if getattr(self._local, "is_writing", False):
            raise RuntimeError("transaction() inside transaction(): pass the open one down")
        if self.dialect != "sqlite":
            with self._marked():
                yield
            return
        if not self._write_lock.acquire(timeout=BUSY_SECONDS):
            raise StorageUnavailableError(problem="another writer of this process did not finish")
        try:
            with self._marked():
                yield
        finally:
            self._write_lock.release()

    @contextmanager
    def _marked(self) -> Iterator[None]:
        self._local.is_writing = True
        try:
            yield
        finally:
            self._local.is_writing = False

    def _renew_after_fork(self) -> None:
        """Leave the parent's connections to the parent, after a fork."""
        if self._pid == os.getpid():
            return
        self._pid = os.getpid()
        self._write_lock = threading.Lock()
        self._local = threading.local()
        for engine in (self._engines.writer, self._engines.reader):
            engine.dispose(close=False)


def _dialect(engine: sa.Engine) -> Dialect:
    name = engine.dialect.name
    if name == "sqlite":
        return "sqlite"
    if name == "postgresql":
        return "postgresql"
    raise EngineUnsuitableError(
        problem=f"{name} is not supported", remedy="Use SQLite or PostgreSQL."
    )


def _require_suitable(connection: sa.Connection) -> None:
    """Refuse a connection on which entries could be lost or counted twice."""
    if connection.dialect.name == "sqlite":
        require_suitable(connection)
        return
    raw = connection.connection.driver_connection
    # The server calls an autocommitting connection READ COMMITTED as well.
    level = "AUTOCOMMIT" if getattr(raw, "autocommit", False) else connection.get_isolation_level()
    if level != "READ COMMITTED":
        raise EngineUnsuitableError(
            problem=f"the isolation level is {level}, it must be READ COMMITTED",
            remedy='Open it with execution_options(isolation_level="READ COMMITTED").',
        )
    if not connection.in_transaction():
        raise EngineUnsuitableError(
            problem="no transaction is open on the connection",
            remedy="Call connection.begin() first.",
        )
