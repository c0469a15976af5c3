"""Which months were trued up is never changed."""

from liveshop_sdk.db import append_only
from liveshop_sdk.db.append_only import Guard

TABLES = {"ls_true_up": Guard((("brand", "month", "round"),))}


def statements(dialect: str) -> list[str]:
    """Return the statements that make them append-only on a dialect."""
    return append_only.statements(TABLES, dialect)
