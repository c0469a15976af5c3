"""Payees, payout batches and their items: workflow, which the ledger proves.

A batch never changes but for its decision. An item changes by conditional
updates only, each beside an entry of the book.
"""

import sqlalchemy as sa

from liveshop_sdk.db import metadata
from liveshop_sdk.db.types import Code, Currency, Id, Micros, Minor, Text

payee = sa.Table(
    "ls_payee",
    metadata,
    sa.Column("creator", Code(32), nullable=False),
    sa.Column("rail", Code(16), nullable=False),
    sa.Column("fields", Text, nullable=False),
    sa.Column("hold", Text, nullable=False),
    sa.Column("withholding_bps", sa.Integer, nullable=False),
    sa.Column("allows_offset", sa.Boolean, nullable=False),
    sa.Column("updated_at", Micros, nullable=False),
    sa.PrimaryKeyConstraint("creator", "rail"),
    sa.CheckConstraint("withholding_bps BETWEEN 0 AND 10000", name="withholding"),
)

batch = sa.Table(
    "ls_payout_batch",
    metadata,
    sa.Column("id", Id(), primary_key=True),
    sa.Column("brand", Code(64), nullable=False),
    sa.Column("rail", Code(16), nullable=False),
    sa.Column("currency", Currency(), nullable=False),
    sa.Column("amount", Minor, nullable=False),
    sa.Column("items", sa.Integer, nullable=False),
    sa.Column("as_of_seq", sa.BigInteger, nullable=False),
    sa.Column("state", Code(16), nullable=False),
    sa.Column("created_by", Text, nullable=False),
    sa.Column("created_at", Micros, nullable=False),
    sa.Column("decided_by", Text),
    sa.Column("decided_at", Micros),
    sa.CheckConstraint("state IN ('planned', 'approved', 'rejected')", name="state_known"),
    sa.CheckConstraint("(state = 'planned') = (decided_at IS NULL)", name="decided"),
    sa.CheckConstraint("amount > 0 AND items > 0", name="not_empty"),
)

item = sa.Table(
    "ls_payout_item",
    metadata,
    sa.Column("id", Id(), primary_key=True),
    sa.Column("batch", Id(), sa.ForeignKey("ls_payout_batch.id"), nullable=False),
    sa.Column("brand", Code(64), nullable=False),
    sa.Column("rail", Code(16), nullable=False),
    sa.Column("creator", Code(32), nullable=False),
    sa.Column("currency", Currency(), nullable=False),
    sa.Column("amount", Minor, nullable=False),
    sa.Column("withheld", Minor, nullable=False),
    sa.Column("as_of_seq", sa.BigInteger, nullable=False),
    sa.Column("state", Code(16), nullable=False),
    sa.Column("created_at", Micros, nullable=False),
    sa.Column("params", Text),
    sa.Column("round", sa.Integer, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("lease_by", Code(40)),
    sa.Column("lease_until", Micros),
    sa.Column("rail_ref", Code(255)),
    sa.Column("fee", Minor, nullable=False),
    sa.Column("pay_currency", Currency()),
    sa.Column("pay_amount", Minor),
    sa.Column("rate_num", sa.BigInteger),
    sa.Column("rate_den", sa.BigInteger),
    sa.Column("realised", Minor, nullable=False),
    sa.Column("returned", Minor, nullable=False),
    sa.Column("problem", Text, nullable=False),
    sa.UniqueConstraint("rail", "rail_ref"),
    sa.UniqueConstraint("batch", "creator"),
    sa.CheckConstraint(
        "state IN ('created', 'sent', 'paid', 'failed', 'returned', 'cancelled')",
        name="state_known",
    ),
    sa.CheckConstraint("amount > 0 AND withheld >= 0 AND withheld < amount", name="amount"),
    sa.CheckConstraint("fee >= 0 AND returned >= 0", name="not_negative"),
    sa.CheckConstraint(
        "(state IN ('sent', 'paid', 'returned')) = (rail_ref IS NOT NULL)", name="left_by"
    ),
    sa.Index("ix_ls_payout_item_state", "state", "batch"),
)
