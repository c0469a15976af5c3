"""Column types with one spelling on both engines.

``BigInteger`` becomes ``INTEGER`` as a primary key on SQLite, because only that
spelling is the row id there.
"""

import sqlalchemy as sa

Micros = sa.BigInteger
"""An instant: microseconds since 1970 in UTC (``clock.to_micros``)."""

Minor = sa.BigInteger
"""Money in minor units; its currency stands in a column of its own."""

Serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
"""A database-made row number, for primary keys that never leave the database."""

Text = sa.Text
"""Free or canonical text; ``meta`` is Text too, since JSONB reorders keys."""


def Code(length: int) -> sa.String:  # noqa: N802 - reads as a type where it is used
    """Return a short text column type, for codes, kinds and references."""
    return sa.String(length)


def Id() -> sa.String:  # noqa: N802 - reads as a type where it is used
    """Return the type of our prefixed ids (``chk_`` and 26 characters)."""
    return sa.String(40)


def Currency() -> sa.String:  # noqa: N802 - reads as a type where it is used
    """Return the type of an ISO 4217 code."""
    return sa.String(3)


def Day() -> sa.String:  # noqa: N802 - reads as a type where it is used
    """Return the type of a date as ISO text, ``YYYY-MM-DD``."""
    return sa.String(10)
