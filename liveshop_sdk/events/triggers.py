"""What the log of facts never changes: its one table."""

from liveshop_sdk.db import append_only

TABLES = ("ls_fact",)


def statements(dialect: str) -> list[str]:
    """Return the statements that make it append-only on a dialect."""
    return [text for table in TABLES for text in append_only.statements(table, dialect)]
