"""What keeps the fees of platforms as they were read."""

from liveshop_sdk.db import append_only
from liveshop_sdk.db.append_only import Guard

TABLES = {"ls_fee": Guard((("ref", "account", "platform"),), adds_if_absent=True)}


def statements(dialect: str) -> list[str]:
    """Return the statements that make it append-only on a dialect."""
    return append_only.statements(TABLES, dialect)
