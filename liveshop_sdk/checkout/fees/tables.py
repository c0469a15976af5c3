"""The table of what platforms charged; append-only."""

import sqlalchemy as sa

from liveshop_sdk.checkout.fees import triggers
from liveshop_sdk.db import append_only, metadata
from liveshop_sdk.db.types import Code, Currency, Micros, Minor

fee = sa.Table(
    "ls_fee",
    metadata,
    sa.Column("ref", Code(255), nullable=False),
    sa.Column("account", Code(128), nullable=False),
    sa.Column("platform", Code(16), nullable=False),
    sa.Column("order_ref", Code(128), nullable=False),
    sa.Column("kind", Code(16), nullable=False),
    sa.Column("currency", Currency(), nullable=False),
    sa.Column("gross", Minor, nullable=False),
    sa.Column("fee", Minor, nullable=False),
    sa.Column("net", Minor, nullable=False),
    sa.Column("occurred_at", Micros, nullable=False),
    sa.Column("read_at", Micros, nullable=False),
    sa.PrimaryKeyConstraint("ref", "account", "platform"),
    sa.CheckConstraint("net = gross - fee", name="adds_up"),
    sa.Index("ix_ls_fee_order_ref", "order_ref"),
    sa.Index("ix_ls_fee_occurred_at", "occurred_at"),
)

append_only.keep(triggers.TABLES)
