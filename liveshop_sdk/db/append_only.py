"""Triggers that refuse every change to a table whose rows are for ever.

SQLite runs no DELETE trigger for ``INSERT OR REPLACE`` unless a connection asks
for ``recursive_triggers``. Ours do, a foreign one need not; so there an insert
is looked at before it happens, and a row that is there is never replaced.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from liveshop_sdk.db.schema import register_triggers

_SQLITE = (
    "DROP TRIGGER IF EXISTS {table}_no_{event}",
    "CREATE TRIGGER {table}_no_{event} BEFORE {event} ON {table} "
    + "BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END",
)
_SQLITE_REPLACE = (
    "DROP TRIGGER IF EXISTS {table}_no_replace",
    "CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
    + "WHEN {is_there} BEGIN SELECT RAISE({answer}); END",
)
_REFUSE = "ABORT, '{table} is append-only, no row is replaced'"
_IGNORE = "IGNORE"
_POSTGRESQL = (
    "CREATE OR REPLACE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS "
    + "$$ BEGIN RAISE EXCEPTION '{table} is append-only'; END $$",
    "DROP TRIGGER IF EXISTS {table}_no_change ON {table}",
    # The events in the order in which PostgreSQL spells them.
    "CREATE TRIGGER {table}_no_change BEFORE DELETE OR UPDATE OR TRUNCATE ON {table} "
    + "FOR EACH STATEMENT EXECUTE FUNCTION {table}_refuse()",
)
_EVENTS = ("update", "delete")
# A row id that nobody gave reads as -1 here; SQLite numbers from 1 by itself.
_ROW_IS_THERE = (
    "(NEW.rowid <> -1 AND (NEW.rowid < 1 OR"
    " EXISTS (SELECT 1 FROM {table} old WHERE old.rowid = NEW.rowid)))"
)
_KEY_IS_THERE = "EXISTS (SELECT 1 FROM {table} old WHERE {same})"


@dataclass(frozen=True, slots=True)
class Guard:
    """What tells the rows of an append-only table apart.

    Attributes:
        keys: Every unique key, but for a row number the database makes.
        adds_if_absent: All of the package's inserts are ``ON CONFLICT DO
            NOTHING``. The trigger comes before that clause, so it passes over
            a row that is there, as the clause would: refusing would turn each
            repeat into an error, and looking first would cost each insert one
            more statement. Elsewhere such a row is a mistake and is refused.
    """

    keys: tuple[tuple[str, ...], ...]
    adds_if_absent: bool = False


def statements(tables: Mapping[str, Guard], dialect: str) -> list[str]:
    """Return the statements that make tables append-only on a dialect.

    Safe to run again: each trigger is dropped first. On PostgreSQL TRUNCATE is
    refused as well; SQLite has none.
    """
    made = []
    for table, guard in tables.items():
        if dialect == "sqlite":
            made += [text.format(table=table, event=e) for e in _EVENTS for text in _SQLITE]
            made += no_replace(table, guard)
        else:
            made += [text.format(table=table) for text in _POSTGRESQL]
    return made


def no_replace(table: str, guard: Guard) -> list[str]:
    """Return the statements that keep SQLite from replacing a table's rows."""
    same = [" AND ".join(f"old.{name} = NEW.{name}" for name in key) for key in guard.keys]
    there = [_KEY_IS_THERE.format(table=table, same=each) for each in same]
    is_there = " OR ".join([_ROW_IS_THERE.format(table=table), *there])
    answer = _IGNORE if guard.adds_if_absent else _REFUSE.format(table=table)
    return [text.format(table=table, is_there=is_there, answer=answer) for text in _SQLITE_REPLACE]


def keep(tables: Mapping[str, Guard]) -> None:
    """Expect these tables' triggers in every database (``migrate.check``)."""
    for dialect in ("sqlite", "postgresql"):
        register_triggers(dialect, statements(tables, dialect))
