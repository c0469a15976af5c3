"""Kill a process at its k-th boundary, and look at what it left behind.

A boundary is the moment before or after a statement, a commit, or a call that
leaves for the platform. The child is forked with no connection open, works on
engines whose statements are compiled already, and ends by SIGKILL: nothing of
Python, SQLAlchemy or the driver gets to tidy up.
"""

import json
import os
import shutil
import signal
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any, Protocol

import sqlalchemy as sa

from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database, metadata
from liveshop_sdk.settings import Settings
from liveshop_sdk.shop.live_shop import LiveShop
from tests import databases

NOW = datetime(2026, 10, 2, 18, tzinfo=UTC)
SETTINGS = {"LIVESHOP_SECRET_KEYS": "for-the-tests-of-sudden-death-only-40"}
Memo = dict[str, Any]


# --- the boundary


class Fuse:
    """Counts boundaries, and kills this process at the k-th; at 0 it only counts."""

    def __init__(self, at: int) -> None:
        self.at, self.passed = at, 0

    def tick(self, *_: Any, **__: Any) -> None:
        self.passed += 1
        if self.passed == self.at:
            os.kill(os.getpid(), signal.SIGKILL)

    def lay(self, db: Database, shop: LiveShop | None = None, post: "Post | None" = None) -> None:
        """Attach to everything in this process that reaches the outside."""
        sa.event.listen(sa.Engine, "before_cursor_execute", self.tick)
        sa.event.listen(sa.Engine, "after_cursor_execute", self.tick)
        engines = (db._engines.writer, db._engines.reader)
        for dialect in {id(engine.dialect): engine.dialect for engine in engines}.values():
            dialect.do_commit = self.around(dialect.do_commit)  # type: ignore[method-assign]
        if shop is not None:
            for name in ("open_checkout", "create_coupon", "switch_coupon", "expire_checkout"):
                setattr(shop.platform, name, self.around(getattr(shop.platform, name)))
            maker: Any = shop._connected.codes
            maker.add = self.around(maker.add)
        if post is not None:
            post.carry = self.around(post.carry)  # type: ignore[method-assign]

    def around(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def between(*given: Any, **named: Any) -> Any:
            self.tick()
            result = call(*given, **named)
            self.tick()
            return result

        return between


# --- the child


@dataclass(frozen=True, kw_only=True)
class Told:
    """What a child said before it ended; a line it wrote is never lost."""

    lines: tuple[dict[str, Any], ...]
    was_killed: bool

    def all(self, name: str) -> list[Any]:
        return [line[name] for line in self.lines if name in line]


Tell = Callable[[str, Any], None]


def in_child(work: Callable[[Tell], None]) -> Told:
    """Fork, work, and return what was told; any end but SIGKILL must be a clean one."""
    (told,) = in_children(work)
    return told


def in_children(*works: Callable[[Tell], None]) -> list[Told]:
    """Fork once for each work, all at the same time; the same rule for each end."""
    children = [_started(work) for work in works]
    return [_ended(child, reader) for child, reader in children]


def _started(work: Callable[[Tell], None]) -> tuple[int, int]:
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        _work_and_exit(work, writer)
    os.close(writer)
    return child, reader


def _ended(child: int, reader: int) -> Told:
    with os.fdopen(reader, "rb") as stream:
        lines = tuple(json.loads(line) for line in stream.read().splitlines())
    _, status = os.waitpid(child, 0)
    was_killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    told = Told(lines=lines, was_killed=was_killed)
    assert was_killed or status == 0, "\n".join(told.all("error"))
    return told


def _work_and_exit(work: Callable[[Tell], None], writer: int) -> None:
    def tell(name: str, value: Any) -> None:
        os.write(writer, json.dumps({name: value}).encode() + b"\n")

    try:
        work(tell)
    except BaseException:
        tell("error", traceback.format_exc())
        os._exit(1)
    os._exit(0)


# --- the database, again and again as it was


class Ground(Protocol):
    """A database that returns to a state it was saved in."""

    db: Database

    def save(self, slot: str) -> None: ...
    def restore(self, slot: str) -> None: ...


@dataclass
class SqliteGround:
    """A file, put back by copying; what SQLite left beside it goes."""

    db: Database
    path: Path

    def save(self, slot: str) -> None:
        self.db.dispose()
        shutil.copyfile(self.path, self.path.with_suffix(f".{slot}"))

    def restore(self, slot: str) -> None:
        self.db.dispose()
        for suffix in ("-journal", "-wal", "-shm"):
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)
        shutil.copyfile(self.path.with_suffix(f".{slot}"), self.path)


_NAMES = [table.name for table in metadata.sorted_tables]
_GUARDED = sa.text("SELECT tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal")


@dataclass
class PostgresGround:
    """A database, put back row by row: far quicker than making it again."""

    db: Database

    def save(self, slot: str) -> None:
        for name in _NAMES:
            self._run(
                f"CREATE TABLE IF NOT EXISTS {slot}_{name} AS TABLE {name} WITH NO DATA;"
                f"DELETE FROM {slot}_{name}; INSERT INTO {slot}_{name} SELECT * FROM {name}"
            )
        self.db.dispose()

    def restore(self, slot: str) -> None:
        with self.db.reading() as tx:
            guarded = sorted(set(tx.execute(_GUARDED).scalars()))
        statements = [
            *(f"ALTER TABLE {name} DISABLE TRIGGER USER" for name in guarded),
            *(f"DELETE FROM {name}" for name in reversed(_NAMES)),
            *(f"INSERT INTO {name} SELECT * FROM {slot}_{name}" for name in _NAMES),
            "SET CONSTRAINTS ALL IMMEDIATE",
            *(f"ALTER TABLE {name} ENABLE TRIGGER USER" for name in guarded),
        ]
        self._run(";".join(statements))
        self.db.dispose()

    def _run(self, statements: str) -> None:
        with self.db.transaction() as tx:
            tx.exec_driver_sql(statements, execution_options={"no_parameters": True})


@contextmanager
def ground(server: databases.Sqlite | databases.Postgres) -> Iterator[Ground]:
    """Yield a fresh ground on that server, saved as ``empty``.

    Commits to PostgreSQL do not wait for the disk here: it is the client that dies.
    """
    with server.fresh() as url:
        if isinstance(server, databases.Sqlite):
            place: Ground = SqliteGround(
                Database.connect(url), Path(url.removeprefix("sqlite:///"))
            )
        else:
            place = PostgresGround(Database.connect(databases.unhurried(url)))
        place.save("empty")
        yield place
        place.db.dispose()


def wait_for_the_dead(db: Database) -> None:
    """Wait until PostgreSQL has noticed that its client is gone and let go."""
    if db.dialect != "postgresql":
        return
    others = sa.text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
    )
    db.dispose()
    for _ in range(2_000):
        with db.reading() as tx:
            if not tx.scalar(others):
                return
        time.sleep(0.005)
    raise AssertionError("the backend of a killed client is still there")


# --- shops


class Post:
    """Carries webhooks into a shop, or keeps them while ``kept`` is a list."""

    def __init__(self) -> None:
        self.shop: LiveShop | None = None
        self.kept: list[tuple[dict[str, str], bytes]] | None = None

    def __call__(self, _url: str, headers: Mapping[str, str], body: bytes) -> int:
        return self.carry(headers, body)

    def carry(self, headers: Mapping[str, str], body: bytes) -> int:
        if self.kept is not None:
            self.kept.append((dict(headers), body))
            return 200
        assert self.shop is not None
        self.shop.receive("sandbox", headers, body)
        return 200


def open_shop(
    db: Database, clock: ManualClock, seed: int, *, ingest: str = "inline"
) -> tuple[LiveShop, Post]:
    """Return a sandbox shop on a database, and the post between it and itself."""
    post = Post()
    shop = LiveShop.from_settings(
        Settings.load(SETTINGS | {"LIVESHOP_INGEST": ingest}),
        db=db,
        clock=clock,
        random=Random(seed),
        sandbox_transport=post,
    )
    post.shop = shop
    return shop, post
