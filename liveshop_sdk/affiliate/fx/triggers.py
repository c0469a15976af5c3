"""What keeps exchange rates as they were stored."""

from liveshop_sdk.db import append_only
from liveshop_sdk.db.append_only import Guard

TABLES = {"ls_fx_rate": Guard((("base", "quote", "as_of"),), adds_if_absent=True)}


def statements(dialect: str) -> list[str]:
    """Return the statements that make it append-only on a dialect."""
    return append_only.statements(TABLES, dialect)
