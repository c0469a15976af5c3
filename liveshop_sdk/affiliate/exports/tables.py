"""The table of exports that were made; append-only."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
)

from liveshop_sdk.affiliate.exports import triggers
from liveshop_sdk.db import append_only, metadata

export_run = Table(
    "ls_export_run",
    metadata,
    Column("book_id", BigInteger, nullable=False),
    Column("id", String(32), nullable=False),
    Column("format", String(16), nullable=False),
    Column("mapping_version", String(64), nullable=False),
    Column("from_seq", BigInteger, nullable=False),
    Column("to_seq", BigInteger, nullable=False),
    Column("period", String(7), nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("in_series", Integer, nullable=False),
    Column("repeats", String(32)),
    Column("created_by", String(64), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("book_id", "id"),
    CheckConstraint("from_seq >= 1 AND to_seq >= from_seq", name="range"),
    CheckConstraint("in_series IN (0, 1)", name="in_series"),
    Index("ix_ls_export_run_format", "format", "book_id", "to_seq"),
)

append_only.keep(triggers.TABLES)
