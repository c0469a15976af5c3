"""Tables of the affiliate room; all but ``ls_hold`` are append-only."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from liveshop_sdk.affiliate import triggers
from liveshop_sdk.db import append_only, metadata

agreement = Table(
    "ls_agreement",
    metadata,
    Column("brand", String(64), nullable=False),
    Column("creator", String(32), nullable=False),
    Column("version", Integer, nullable=False),
    Column("rate_bps", Integer, nullable=False),
    Column("hold_us", BigInteger, nullable=False),
    Column("base", String(16), nullable=False),
    Column("rounding", String(16), nullable=False),
    Column("terms_hash", String(64), nullable=False),
    Column("effective_from", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("terms", Text),  # NULL: rate and hold are all that is agreed
    PrimaryKeyConstraint("brand", "creator", "version"),
    CheckConstraint("rate_bps BETWEEN 0 AND 10000", name="rate_range"),
)

acceptance = Table(
    "ls_acceptance",
    metadata,
    Column("brand", String(64), nullable=False),
    Column("creator", String(32), nullable=False),
    Column("version", Integer, nullable=False),
    Column("accepted_by", String(64), nullable=False),
    Column("terms_hash", String(64), nullable=False),
    Column("accepted_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("brand", "creator", "version", "accepted_by"),
)

policy = Table(
    "ls_policy",
    metadata,
    Column("brand", String(64), nullable=False),
    Column("version", Integer, nullable=False),
    Column("policy", Text, nullable=False),
    Column("effective_from", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("brand", "version"),
)

attribution = Table(
    "ls_attribution",
    metadata,
    Column("platform", String(16), nullable=False),
    Column("account", String(128), nullable=False),
    Column("order_ref", String(128), nullable=False),
    Column("brand", String(64), nullable=False),
    Column("creator", String(32)),
    Column("stream", String(64)),
    Column("reason", String(32), nullable=False),
    Column("stream_offset_us", BigInteger),
    Column("channel", String(32), nullable=False),
    Column("placement", String(32), nullable=False),
    Column("claim", Text),
    Column("lost", Text, nullable=False),
    Column("policy", Text, nullable=False),
    Column("decided_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("platform", "account", "order_ref", "brand"),
    Index("ix_ls_attribution_creator", "creator", "stream"),
)

commission_line = Table(
    "ls_commission_line",
    metadata,
    Column("line_ref", String(320), primary_key=True),
    Column("brand", String(64), nullable=False),
    Column("platform", String(16), nullable=False),
    Column("account", String(128), nullable=False),
    Column("order_ref", String(128), nullable=False),
    Column("order_line", String(128), nullable=False),
    Column("creator", String(32), nullable=False),
    Column("credited", String(32), nullable=False),
    Column("stream", String(64)),
    Column("currency", String(3), nullable=False),
    Column("base", BigInteger, nullable=False),
    Column("rate_bps", Integer, nullable=False),
    Column("weight", Integer, nullable=False),
    Column("weight_total", Integer, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("terms_version", Integer, nullable=False),
    Column("hold_until", BigInteger, nullable=False),
    Column("withheld", String(32), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    # NULL in rows from before terms had more than a rate.
    Column("rule", String(80)),
    Column("per_unit", BigInteger),
    Column("quantity", BigInteger),
    Column("uncapped", BigInteger),
    Column("cap", BigInteger),
    # NULL where the creator's terms count nothing over a period.
    Column("month", String(7)),
    UniqueConstraint("order_ref", "account", "platform", "brand", "order_line", "creator"),
)

hold = Table(
    "ls_hold",
    metadata,
    Column("platform", String(16), nullable=False),
    Column("account", String(128), nullable=False),
    Column("order_ref", String(128), nullable=False),
    Column("hold_until", BigInteger, nullable=False),
    Column("withheld", String(32), nullable=False),
    Column("released_at", BigInteger),
    PrimaryKeyConstraint("platform", "account", "order_ref", "hold_until"),
    Index("ix_ls_hold_due", "released_at", "hold_until"),
)

# What a sale earns, to be shared among hosts once their air time is known: the
# commission line as it would be for the credited creator alone, as JSON.
waiting_line = Table(
    "ls_waiting_line",
    metadata,
    Column("line_ref", String(320), primary_key=True),
    Column("stream", String(64), nullable=False),
    Column("brand", String(64), nullable=False),
    Column("platform", String(16), nullable=False),
    Column("account", String(128), nullable=False),
    Column("order_ref", String(128), nullable=False),
    Column("line", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Index("ix_ls_waiting_line_stream", "stream", "order_ref"),
    Index("ix_ls_waiting_line_order_ref", "order_ref"),
)

seeding = Table(
    "ls_seeding",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("brand", String(64), nullable=False),
    Column("creator", String(32), nullable=False),
    Column("sku", String(64), nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("cost", BigInteger, nullable=False),
    Column("fair_value", BigInteger, nullable=False),
    Column("given_at", BigInteger, nullable=False),
    Index("ix_ls_seeding_creator", "creator", "given_at"),
)

seeding_return = Table(
    "ls_seeding_return",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("taken_back_at", BigInteger, nullable=False),
)

append_only.keep(triggers.TABLES)
