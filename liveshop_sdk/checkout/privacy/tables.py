"""The table of what was asked for privacy's sake; nothing in it names a buyer."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from liveshop_sdk.db import metadata
from liveshop_sdk.db.types import Micros

request = Table(
    "ls_privacy_request",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("platform", String(16), nullable=False),
    Column("account", String(128), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("request_key", String(64), nullable=False),
    Column("inbox_id", String(40), nullable=False),
    Column("orders", Integer, nullable=False),
    Column("state", String(8), nullable=False),
    Column("problem", Text),
    Column("cleared", Integer, nullable=False),
    Column("asked_at", Micros, nullable=False),
    Column("heard_at", Micros, nullable=False),
    Column("done_at", Micros),
    UniqueConstraint("request_key", "account", "platform"),
    CheckConstraint("kind IN ('data', 'customer', 'shop')", name="kind_known"),
    CheckConstraint("state IN ('open', 'done', 'problem')", name="state_known"),
    Index("ix_ls_privacy_request_state", "state", "heard_at"),
)
