"""What the registry never changes: brands, whose codes name books, and air time."""

from liveshop_sdk.db import append_only
from liveshop_sdk.db.append_only import Guard

TABLES = {
    "ls_brand": Guard((("code",),), adds_if_absent=True),
    "ls_stream_air": Guard((("stream", "creator"),)),
}


def statements(dialect: str) -> list[str]:
    """Return the statements that make them append-only on a dialect."""
    return append_only.statements(TABLES, dialect)
