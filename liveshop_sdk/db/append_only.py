"""Triggers that refuse every change to a table whose rows are for ever."""

from liveshop_sdk.db.schema import register_triggers

_SQLITE = (
    "DROP TRIGGER IF EXISTS {table}_no_{event}",
    "CREATE TRIGGER {table}_no_{event} BEFORE {event} ON {table} "
    + "BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END",
)
_POSTGRESQL = (
    "CREATE OR REPLACE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS "
    + "$$ BEGIN RAISE EXCEPTION '{table} is append-only'; END $$",
    "DROP TRIGGER IF EXISTS {table}_no_change ON {table}",
    "CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
    + "FOR EACH STATEMENT EXECUTE FUNCTION {table}_refuse()",
)
_EVENTS = ("update", "delete")


def statements(table: str, dialect: str) -> list[str]:
    """Return the statements that make a table append-only on a dialect.

    Safe to run again: each trigger is dropped first. On PostgreSQL TRUNCATE is
    refused as well; SQLite has none, and runs delete triggers for REPLACE
    because every connection sets ``recursive_triggers``.
    """
    if dialect == "sqlite":
        return [text.format(table=table, event=e) for e in _EVENTS for text in _SQLITE]
    return [text.format(table=table) for text in _POSTGRESQL]


def names(table: str, dialect: str) -> list[str]:
    """Return the names of the triggers that `statements` makes."""
    if dialect == "sqlite":
        return [f"{table}_no_{event}" for event in _EVENTS]
    return [f"{table}_no_change"]


def keep(*tables: str) -> None:
    """Expect these tables' triggers in every database (``migrate.check``)."""
    for dialect in ("sqlite", "postgresql"):
        for table in tables:
            register_triggers(dialect, names(table, dialect))
