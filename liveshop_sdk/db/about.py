"""What engine a database runs on, for people who look after it."""

from dataclasses import dataclass

from liveshop_sdk.db.engine import is_memory
from liveshop_sdk.db.sqlite import driver, journal_choice
from liveshop_sdk.db.unit import Database

_SYNCHRONOUS = {"0": "OFF", "1": "NORMAL", "2": "FULL", "3": "EXTRA"}


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """An engine as found; ``journal`` and what follows are empty on PostgreSQL.

    Attributes:
        reason: Why this journal mode was chosen.
        synchronous: ``FULL`` or more: a commit is on the disk.
    """

    engine: str
    version: str
    journal: str = ""
    reason: str = ""
    synchronous: str = ""


def about(db: Database) -> About:
    """Ask the database what it is; opens a connection."""
    with db.reading() as tx:
        if db.dialect == "postgresql":
            version = str(tx.exec_driver_sql("SHOW server_version").scalar())
            return About(engine="PostgreSQL", version=version)
        journal = str(tx.exec_driver_sql("PRAGMA journal_mode").scalar()).upper()
        synchronous = str(tx.exec_driver_sql("PRAGMA synchronous").scalar())
    library = driver()
    _mode, reason = journal_choice(library.sqlite_version_info)
    return About(
        engine="SQLite",
        version=str(library.sqlite_version),
        journal=journal,
        reason=reason,
        synchronous=_SYNCHRONOUS.get(synchronous, synchronous),
    )


def sqlite_file(db: Database) -> str | None:
    """Return the file a SQLite database is in; None in memory and elsewhere."""
    url = db.engine.url
    if db.dialect != "sqlite" or is_memory(url):
        return None
    return (url.database or "").removeprefix("file:")
