"""What the checkout room never changes: 2 tables whose rows are for ever."""

from liveshop_sdk.db import append_only

TABLES = ("ls_touch", "ls_redemption")


def statements(dialect: str) -> list[str]:
    """Return the statements that make them append-only on a dialect."""
    return [text for table in TABLES for text in append_only.statements(table, dialect)]
