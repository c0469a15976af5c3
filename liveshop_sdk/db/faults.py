"""Tell a database that cannot answer apart from a statement that is wrong.

Both arrive as ``OperationalError``; only the first is worth a retry, so only
the first becomes ``StorageUnavailableError``. Constraint violations stay what
they are: the rooms decide on them.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from liveshop_sdk.errors import StorageUnavailableError

# Primary result codes of https://www.sqlite.org/rescode.html: BUSY, LOCKED, NOMEM,
# READONLY, IOERR, CORRUPT, FULL, CANTOPEN, PROTOCOL, NOTADB.
_SQLITE_STORAGE = {5, 6, 7, 8, 10, 11, 13, 14, 15, 26}
_SQLITE_WORDS = ("locked", "full", "disk", "unable to open", "malformed", "readonly")
_TEXT_LIMIT = 200


@contextmanager
def storage_faults() -> Iterator[None]:
    """Turn "the database did not answer" into our error, cause chained.

    Raises:
        StorageUnavailableError: disk full, locked, unreachable, connection lost,
            deadlock, or no connection free in the pool.
    """
    try:
        yield
    except sa.exc.TimeoutError as error:
        raise StorageUnavailableError(problem="no connection became free in time") from error
    except sa.exc.DBAPIError as error:
        if not _is_storage(error):
            raise
        raise StorageUnavailableError(problem=_first_line(error.orig)) from error


def _is_storage(error: sa.exc.DBAPIError) -> bool:
    if error.connection_invalidated:
        return True
    if isinstance(error, sa.exc.IntegrityError):
        return False
    cause = error.orig
    if "sqlite3" in type(cause).__module__:
        code = getattr(cause, "sqlite_errorcode", None)
        if code is not None:
            return int(code) & 0xFF in _SQLITE_STORAGE
        return any(word in str(cause) for word in _SQLITE_WORDS)
    return isinstance(error, sa.exc.OperationalError)


def _first_line(cause: BaseException | None) -> str:
    lines = str(cause).strip().splitlines() or ["no detail"]
    return lines[0][:_TEXT_LIMIT]
