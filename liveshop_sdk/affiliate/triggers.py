"""What the affiliate room never changes: 3 tables whose rows are for ever."""

from liveshop_sdk.db import append_only

TABLES = ("ls_agreement", "ls_attribution", "ls_commission_line")


def statements(dialect: str) -> list[str]:
    """Return the statements that make them append-only on a dialect."""
    return [text for table in TABLES for text in append_only.statements(table, dialect)]
