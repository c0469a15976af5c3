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

# Faults that stay until a person sees to them, by the words of
# SQLite and PostgreSQL. None of the remedies shows a URL: it may hold a password.
_FILE = (
    "Check that LIVESHOP_DATABASE_URL names the file you mean, and that this user may read "
    "and write both the file and its folder."
)
_NOT_OURS = "Check LIVESHOP_DATABASE_URL: the file it names is damaged or no SQLite database."
_FULL = "Make room on the disk; then repeating the same call is safe."
_UNREACHED = (
    "Check that the server runs and that host, user and database in LIVESHOP_DATABASE_URL "
    "are right. Repeating the same call is safe."
)
_REMEDIES = {
    "unable to open": _FILE,
    "readonly": _FILE,
    "malformed": _NOT_OURS,
    "not a database": _NOT_OURS,
    "full": _FULL,
    "connection failed": _UNREACHED,
    "failed to resolve": _UNREACHED,
}


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
        raise _unavailable(_first_line(error.orig)) from error


def _unavailable(problem: str) -> StorageUnavailableError:
    """Return the error with what a person must do, if repeating alone cannot help."""
    for words, remedy in _REMEDIES.items():
        if words in problem:
            return StorageUnavailableError(problem=problem, remedy=remedy)
    return StorageUnavailableError(problem=problem)


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
