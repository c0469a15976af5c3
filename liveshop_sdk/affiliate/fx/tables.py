"""The table of exchange rates; append-only."""

import sqlalchemy as sa

from liveshop_sdk.affiliate.fx import triggers
from liveshop_sdk.db import append_only, metadata
from liveshop_sdk.db.types import Currency, Micros, Text

rate = sa.Table(
    "ls_fx_rate",
    metadata,
    sa.Column("base", Currency(), nullable=False),
    sa.Column("quote", Currency(), nullable=False),
    sa.Column("as_of", Micros, nullable=False),
    sa.Column("num", sa.BigInteger, nullable=False),
    sa.Column("den", sa.BigInteger, nullable=False),
    sa.Column("source", Text, nullable=False),
    sa.Column("created_at", Micros, nullable=False),
    sa.PrimaryKeyConstraint("base", "quote", "as_of"),
    sa.CheckConstraint("num > 0 AND den > 0", name="positive"),
    sa.CheckConstraint("base <> quote", name="two"),
)

append_only.keep(triggers.TABLES)
