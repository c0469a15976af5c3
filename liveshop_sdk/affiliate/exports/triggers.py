"""Exports that were made stay as they are: a table whose rows are for ever."""

from liveshop_sdk.db import append_only
from liveshop_sdk.db.append_only import Guard

TABLES = {"ls_export_run": Guard((("book_id", "id"),))}


def statements(dialect: str) -> list[str]:
    """Return the statements that make it append-only on a dialect."""
    return append_only.statements(TABLES, dialect)
