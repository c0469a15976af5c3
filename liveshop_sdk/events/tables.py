"""Tables of what came in, what must go out, and what happened."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from liveshop_sdk.db import append_only, metadata
from liveshop_sdk.db.types import Micros, Serial
from liveshop_sdk.events import triggers

_IS_PARKED = text("state = 'parked'")

inbox = Table(
    "ls_inbox",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("platform", String(16), nullable=False),
    Column("account", String(128), nullable=False),
    Column("topic", String(128), nullable=False),
    Column("delivery_id", String(255), nullable=False),
    Column("event_id", String(255), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("body_sha256", String(64), nullable=False),
    Column("occurred_at", Micros, nullable=False),
    Column("received_at", Micros, nullable=False),
    Column("state", String(8), nullable=False),
    Column("waits_for", String(128)),
    Column("parked_at", Micros),
    Column("attempts", Integer, nullable=False),
    Column("next_at", Micros, nullable=False),
    Column("lease_until", Micros),
    Column("lease_by", String(128)),
    Column("reason", Text),
    Column("conflicts", Integer, nullable=False),
    Column("done_at", Micros),
    UniqueConstraint("platform", "account", "topic", "delivery_id"),
    CheckConstraint("state IN ('new', 'parked', 'done', 'dead')", name="state_known"),
    Index("ix_ls_inbox_due", "state", "received_at", "id"),
    Index(
        "ix_ls_inbox_waits_for",
        "waits_for",
        "account",
        "platform",
        sqlite_where=_IS_PARKED,
        postgresql_where=_IS_PARKED,
    ),
)

outbox = Table(
    "ls_outbox",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("key", String(128), nullable=False, unique=True),
    Column("payload", Text, nullable=False),
    Column("state", String(8), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", Micros, nullable=False),
    Column("lease_until", Micros),
    Column("lease_by", String(128)),
    Column("result", Text),
    Column("reason", Text),
    Column("created_at", Micros, nullable=False),
    Column("done_at", Micros),
    CheckConstraint("state IN ('pending', 'done', 'dead')", name="state_known"),
    Index("ix_ls_outbox_due", "state", "created_at", "id"),
)

# Append-only: triggers refuse every change (triggers.py).
fact = Table(
    "ls_fact",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("platform", String(16), nullable=False),
    Column("account", String(128), nullable=False),
    Column("fact_key", String(255), nullable=False),
    Column("order_ref", String(128), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("occurred_at", Micros, nullable=False),
    Column("body", Text, nullable=False),
    Column("recorded_at", Micros, nullable=False),
    UniqueConstraint("platform", "account", "fact_key"),
    Index("ix_ls_fact_order", "order_ref", "account", "platform"),
)

append_only.keep(triggers.TABLES)
