"""Tables of what terms of a period count.

The counts are made from facts and commission lines and can be made again from
them (``check.py``), so they change in place, under the lock of their book.
Which months were trued up is for ever.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
)

from liveshop_sdk.affiliate.windows import triggers
from liveshop_sdk.db import append_only, metadata

order = Table(
    "ls_window_order",
    metadata,
    Column("brand", String(64), nullable=False),
    Column("creator", String(32), nullable=False),
    Column("terms_version", Integer, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("month", String(7), nullable=False),
    Column("platform", String(16), nullable=False),
    Column("account", String(128), nullable=False),
    Column("order_ref", String(128), nullable=False),
    Column("paid_at", BigInteger, nullable=False),
    Column("base", BigInteger, nullable=False),
    Column("earned", BigInteger, nullable=False),
    Column("pending", BigInteger, nullable=False),
    Column("hold_until", BigInteger, nullable=False),
    PrimaryKeyConstraint("order_ref", "account", "platform", "brand", "creator"),
    Index("ix_ls_window_order_window", "creator", "brand", "terms_version", "currency", "month"),
)

total = Table(
    "ls_window_month",
    metadata,
    Column("brand", String(64), nullable=False),
    Column("creator", String(32), nullable=False),
    Column("terms_version", Integer, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("month", String(7), nullable=False),
    Column("base", BigInteger, nullable=False),
    Column("earned", BigInteger, nullable=False),
    Column("pending", BigInteger, nullable=False),
    Column("hold_until", BigInteger),
    PrimaryKeyConstraint("creator", "brand", "terms_version", "currency", "month"),
)

window = Table(
    "ls_window",
    metadata,
    Column("brand", String(64), nullable=False),
    Column("creator", String(32), nullable=False),
    Column("terms_version", Integer, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("span", String(7), nullable=False),
    Column("released_at", BigInteger),
    PrimaryKeyConstraint("creator", "brand", "terms_version", "currency", "span"),
    Index("ix_ls_window_released_at", "released_at"),
)

true_up = Table(
    "ls_true_up",
    metadata,
    Column("brand", String(64), nullable=False),
    Column("month", String(7), nullable=False),
    Column("round", Integer, nullable=False),
    Column("done_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("brand", "month", "round"),
)

append_only.keep(triggers.TABLES)
