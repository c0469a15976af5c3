"""The sandbox's transfers."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, String, Table, Text

from liveshop_sdk.db import metadata

transfer = Table(
    "ls_sandbox_transfer",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("key", String(128), nullable=False, unique=True),
    Column("item_id", String(40), nullable=False),
    Column("brand", String(64), nullable=False),
    Column("params", Text, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    CheckConstraint("amount > 0", name="amount"),
    Index("ix_ls_sandbox_transfer_item", "item_id"),
)
