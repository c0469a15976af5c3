"""SQLite as a ledger's store: which library, which journal, which pragmas.

Every connection gets its settings on connect and is refused if one did not
take. ``recursive_triggers`` matters for money: with it off, ``INSERT OR
REPLACE`` deletes a row without firing the triggers that forbid deleting.
"""

import sqlite3
import time
from contextlib import closing, suppress
from importlib import import_module
from types import ModuleType
from typing import Any

import sqlalchemy as sa

from liveshop_sdk.errors import EngineUnsuitableError

BUSY_SECONDS = 15
_FULL = 2
_TURN_SECONDS = 0.002
_STOP = "one step is enough"
_BUSY_CODES = (5, 6)  # SQLITE_BUSY, SQLITE_LOCKED
_PREPARE = "Pass the engine through liveshop_sdk.db.prepare_sqlite(engine) once."


def journal_choice(version: tuple[int, ...]) -> tuple[str, str]:
    """Return the journal mode that is safe with that library, and why.

    SQLite 3.7.0 to 3.51.2 can corrupt a WAL database that two connections
    share; the fix came with 3.51.3 and was back-ported to 3.50.7 and 3.44.6.
    """
    text = ".".join(str(part) for part in version)
    release = (*version, 0, 0)[:3]
    fixed = (
        release >= (3, 51, 3)
        or (3, 50, 7) <= release < (3, 51, 0)
        or (3, 44, 6) <= release < (3, 45, 0)
    )
    if fixed:
        return "WAL", f"SQLite {text} has the fix for the WAL-reset bug"
    return (
        "TRUNCATE",
        (
            f"SQLite {text} has the WAL-reset bug (fixed in 3.51.3, 3.50.7, 3.44.6); "
            '`pip install "liveshop-sdk[sqlite]"` brings a newer one'
        ),
    )


def driver() -> ModuleType:
    """Return the newer of the standard library's SQLite and pysqlite3."""
    try:
        newer: ModuleType = import_module("pysqlite3.dbapi2")
    except ImportError:
        return sqlite3
    return newer if newer.sqlite_version_info > sqlite3.sqlite_version_info else sqlite3


def prepare_sqlite(engine: sa.Engine, *, begin: str = "BEGIN IMMEDIATE") -> sa.Engine:
    """Make an engine's connections fit to keep a ledger; returns the engine.

    Sets the pragmas on every new connection and starts every transaction with
    ``begin`` itself, because the driver's own BEGIN is deferred and loses
    updates. Call it once, before the first connection is made.
    """
    is_reader = begin == "BEGIN"
    dbapi: Any = engine.dialect.dbapi
    mode, _why = journal_choice(dbapi.sqlite_version_info)

    def on_connect(raw: Any, _record: object) -> None:
        raw.isolation_level = None
        _set_pragmas(raw, mode, query_only=is_reader)

    def on_begin(connection: sa.Connection) -> None:
        if is_reader:
            connection.exec_driver_sql(begin)
        else:
            _begin_in_turn(connection, begin)

    sa.event.listen(engine, "connect", on_connect)
    sa.event.listen(engine, "begin", on_begin)
    return engine


def _begin_in_turn(connection: sa.Connection, begin: str) -> None:
    """Begin to write as soon as the file is free, by asking often.

    SQLite's own busy handler ends up asking ten times a second. Among processes
    that write without a pause, one that asks so rarely waited for over ten
    seconds, while each of the others had hundreds of turns.
    """
    raw: Any = connection.connection.driver_connection
    until = time.monotonic() + BUSY_SECONDS
    raw.execute("PRAGMA busy_timeout = 0")
    try:
        while time.monotonic() < until:
            try:
                raw.execute(begin)
            except Exception as error:
                if "locked" not in str(error):
                    break
                time.sleep(_TURN_SECONDS)
            else:
                return
        connection.exec_driver_sql(begin)  # it fails, as an error of SQLAlchemy's
    finally:
        raw.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")


def _set_pragmas(raw: Any, mode: str, *, query_only: bool) -> None:
    with closing(raw.cursor()) as cursor:
        cursor.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
        _set_journal(cursor, mode)
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute("PRAGMA recursive_triggers = ON")
        if query_only:
            cursor.execute("PRAGMA query_only = ON")
        problem = pragma_problem(cursor)
    if problem:
        raise EngineUnsuitableError(
            problem=problem, remedy="This SQLite library cannot keep a ledger; use another build."
        )


def _set_journal(cursor: Any, mode: str) -> None:
    """Switch the journal, waiting for a moment in which nobody holds a lock.

    SQLite does not call its busy handler for this switch, so that several
    processes opening a new file at once would fail without the loop.
    """
    found = ""
    for _attempt in range(BUSY_SECONDS * 100 + 1):
        try:
            found = str(cursor.execute(f"PRAGMA journal_mode = {mode}").fetchone()[0]).upper()
        except Exception as error:
            if "locked" not in str(error):
                raise
        if found in (mode, "MEMORY"):
            return
        time.sleep(0.01)
    raise EngineUnsuitableError(
        problem=f"journal_mode is {found or 'locked'} and cannot become {mode}",
        remedy="Close every other program that has the file open, then try again.",
    )


def pragma_problem(cursor: Any) -> str:
    """Return what is wrong with a connection's pragmas, or the empty text."""
    wanted = {"foreign_keys": 1, "recursive_triggers": 1, "synchronous": _FULL}
    for name, least in wanted.items():
        found = int(cursor.execute(f"PRAGMA {name}").fetchone()[0])
        if found < least:
            return f"PRAGMA {name} is {found}, it must be {least}"
    return ""


def require_suitable(connection: sa.Connection) -> None:
    """Refuse a host's connection that lacks a pragma or a write transaction.

    Raises:
        EngineUnsuitableError: naming what is missing and how to mend it.
    """
    raw: Any = connection.connection.driver_connection
    with closing(raw.cursor()) as cursor:
        problem = pragma_problem(cursor)
    if problem:
        raise EngineUnsuitableError(problem=problem, remedy=_PREPARE)
    if not raw.in_transaction or not _is_writing(raw):
        raise EngineUnsuitableError(
            problem="no write transaction is open on the SQLite connection",
            remedy=f"Start it with BEGIN IMMEDIATE. {_PREPARE}",
        )


def _is_writing(raw: Any) -> bool:
    """Tell whether this connection holds the write lock, without taking it.

    The driver does not show ``sqlite3_txn_state``; but SQLite refuses to back
    up from a connection that is in a write transaction, and says so at once.
    """
    seen: list[int] = []

    def stop(status: int, _remaining: int, _total: int) -> None:
        seen.append(status)
        raise InterruptedError(_STOP)

    scratch = driver_of(raw).connect(":memory:")
    with closing(scratch), suppress(InterruptedError):
        raw.backup(scratch, pages=1, progress=stop)
    return bool(seen) and seen[0] & 0xFF in _BUSY_CODES


def driver_of(raw: Any) -> Any:
    """Return the DBAPI module a raw connection came from."""
    return import_module(type(raw).__module__.partition(".")[0])
