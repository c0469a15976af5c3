"""Tables of the registry; keys are codes people chose and are never re-used."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from liveshop_sdk.db import append_only, metadata
from liveshop_sdk.db.types import Micros
from liveshop_sdk.registry import triggers

# Append-only: triggers refuse every change (triggers.py).
brand = Table(
    "ls_brand",
    metadata,
    Column("code", String(64), primary_key=True),
    Column("currency", String(3), nullable=False),
    Column("timezone", String(64), nullable=False),
    Column("created_at", Micros, nullable=False),
)

product = Table(
    "ls_product",
    metadata,
    Column("sku", String(64), primary_key=True),
    Column("brand", String(64), ForeignKey("ls_brand.code"), nullable=False, index=True),
    Column("title", Text, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("image", Text),
    Column("stripe_price", String(255), unique=True),
    Column("shopify_variant", String(255), unique=True),
    Column("created_at", Micros, nullable=False),
    Column("updated_at", Micros, nullable=False),
    Column("collection", String(64)),
    CheckConstraint("amount >= 0", name="amount_range"),
)

creator = Table(
    "ls_creator",
    metadata,
    Column("handle", String(32), primary_key=True),
    Column("followers", BigInteger),
    Column("created_at", Micros, nullable=False),
    CheckConstraint("followers >= 0", name="followers_range"),
)

# A person's name stands apart, so that it can be erased and never reaches a hash.
creator_profile = Table(
    "ls_creator_profile",
    metadata,
    Column("handle", String(32), ForeignKey("ls_creator.handle"), primary_key=True),
    Column("name", Text, nullable=False),
)

stream = Table(
    "ls_stream",
    metadata,
    Column("code", String(64), primary_key=True),
    Column("title", Text, nullable=False),
    Column("opens_at", Micros, nullable=False),
    Column("closes_at", Micros, nullable=False),
    Column("created_at", Micros, nullable=False),
    Column("shares_by", String(16)),
    Column("ended_at", Micros),
    CheckConstraint("closes_at > opens_at", name="window"),
)

stream_host = Table(
    "ls_stream_host",
    metadata,
    Column("stream", String(64), ForeignKey("ls_stream.code"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("creator", String(32), ForeignKey("ls_creator.handle"), nullable=False, index=True),
    Column("weight", Integer),
    PrimaryKeyConstraint("stream", "position"),
    UniqueConstraint("stream", "creator"),
    CheckConstraint("weight > 0", name="weight_range"),
)

stream_brand = Table(
    "ls_stream_brand",
    metadata,
    Column("stream", String(64), ForeignKey("ls_stream.code"), nullable=False),
    Column("brand", String(64), ForeignKey("ls_brand.code"), nullable=False, index=True),
    PrimaryKeyConstraint("stream", "brand"),
)

# Append-only: how long each host was on air, told once.
stream_air = Table(
    "ls_stream_air",
    metadata,
    Column("stream", String(64), ForeignKey("ls_stream.code"), nullable=False),
    Column("creator", String(32), ForeignKey("ls_creator.handle"), nullable=False),
    Column("minutes", Integer, nullable=False),
    Column("reported_at", Micros, nullable=False),
    PrimaryKeyConstraint("stream", "creator"),
    CheckConstraint("minutes >= 0", name="minutes_range"),
)

append_only.keep(triggers.TABLES)
