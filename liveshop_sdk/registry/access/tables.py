"""Tables of API keys: the keys, answers to writes, and requests in this minute."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
)

from liveshop_sdk.db import metadata
from liveshop_sdk.db.types import Micros

api_key = Table(
    "ls_api_key",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("name", Text, nullable=False),
    Column("mode", String(16), nullable=False),
    Column("scopes", Text, nullable=False),
    Column("brand", String(64), ForeignKey("ls_brand.code")),
    Column("per_minute", Integer, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("old_digest", String(64)),
    Column("old_until", Micros),
    Column("created_at", Micros, nullable=False),
    Column("expires_at", Micros),
    Column("revoked_at", Micros),
    CheckConstraint("per_minute > 0", name="per_minute_range"),
    CheckConstraint("(old_digest IS NULL) = (old_until IS NULL)", name="old"),
)

# The answer to a write, by the Idempotency-Key it was sent under.
api_answer = Table(
    "ls_api_answer",
    metadata,
    Column("key_id", String(40), ForeignKey("ls_api_key.id"), nullable=False),
    Column("idempotency_key", String(64), nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("status", Integer),
    Column("body", Text),
    Column("created_at", Micros, nullable=False),
    PrimaryKeyConstraint("key_id", "idempotency_key"),
    Index("ix_ls_api_answer_created_at", "created_at"),
)

# One row a key: the last minute it was used in, and how often.
api_use = Table(
    "ls_api_use",
    metadata,
    Column("key_id", String(40), ForeignKey("ls_api_key.id"), primary_key=True),
    Column("minute", Micros, nullable=False),
    Column("requests", Integer, nullable=False),
)
