"""Bring a database up to this version's schema, and tell when it is not.

Only ``upgrade`` loads Alembic. Its version table is our own, so that a host's
migrations and ours never meet; the whole upgrade is one transaction, entered by
one process at a time.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from liveshop_sdk.db.catalog import postgresql_problems, sqlite_problems
from liveshop_sdk.db.schema import VERSION_TABLE, metadata
from liveshop_sdk.db.unit import Database, Transaction
from liveshop_sdk.errors import MigrationNeededError

_FOLDER = Path(__file__).with_name("migrations")
_VERSIONS = sa.table(VERSION_TABLE, sa.column("version_num", sa.String))
_LOCK_KEY = 0x6C73_6D69  # "lsmi": one upgrader at a time in a PostgreSQL database
_NOTHING = "nothing"


def head() -> str:
    """Return the revision this version of the package needs."""
    return max(path.name.partition("_")[0] for path in (_FOLDER / "versions").glob("[0-9]*.py"))


def current(db: Database) -> str | None:
    """Return the revision the database is at; None if it was never upgraded."""
    with db.reading() as tx:
        return _current(tx)


def upgrade(db: Database) -> str:
    """Bring the database to the newest revision and return that.

    Effects: creates the schema, tables and triggers that are missing, in one
    transaction; concurrent callers wait and then find nothing left to do.
    """
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "liveshop_sdk:db/migrations")
    with _alone(db) as tx:
        config.attributes["connection"] = tx
        command.upgrade(config, "head")
    return head()


def require_current(db: Database) -> None:
    """Refuse to work on a schema that is not this version's.

    Raises:
        MigrationNeededError: naming the revision found and the one needed.
    """
    found = current(db)
    if found != head():
        raise MigrationNeededError(found=found or _NOTHING, expected=head())


def ensure_sandbox(db: Database) -> None:
    """Upgrade an empty SQLite file on first use; anything else must be current.

    Raises:
        MigrationNeededError: the database holds something, but not our schema.
    """
    if db.dialect == "sqlite":
        with db.reading() as tx:
            is_empty = not tx.scalar(sa.text("SELECT count(*) FROM sqlite_master"))
        if is_empty:
            upgrade(db)
    require_current(db)


def check(db: Database) -> list[str]:
    """Return what is wrong with the schema, one line each; empty if all is well."""
    with db.reading() as tx:
        found = _current(tx)
        tables = set(sa.inspect(tx).get_table_names())
        is_sqlite = db.dialect == "sqlite"
        others = sqlite_problems(tx) if is_sqlite else postgresql_problems(tx)
    problems = []
    if found != head():
        problems.append(
            f"the schema is at {found or _NOTHING}, this version needs {head()}: "
            "run `liveshop db upgrade`"
        )
    problems += [f"table {name} is missing" for name in sorted(set(metadata.tables) - tables)]
    return problems + others


def _current(tx: Transaction) -> str | None:
    if not sa.inspect(tx).has_table(VERSION_TABLE):
        return None
    found: str | None = tx.scalar(sa.select(_VERSIONS.c.version_num))
    return found


@contextmanager
def _alone(db: Database) -> Iterator[Transaction]:
    """Open a transaction that no other upgrader shares the database with."""
    with db.transaction() as tx:
        if db.dialect == "postgresql":
            tx.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK_KEY})
            if db.schema is not None:
                tx.execute(sa.schema.CreateSchema(db.schema, if_not_exists=True))
        yield tx
