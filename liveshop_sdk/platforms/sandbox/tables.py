"""Tables of the sandbox: the records of a shop that is not ours to trust."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
)

from liveshop_sdk.db import metadata

state = Table(
    "ls_sandbox_state",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("value", Text, nullable=False),
)

coupon = Table(
    "ls_sandbox_coupon",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("key", String(128), nullable=False, unique=True),
    Column("code", String(32), nullable=False, unique=True),
    Column("params", Text, nullable=False),
    Column("use_limit", Integer),
    Column("used", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("state", String(8)),
    CheckConstraint("used >= 0", name="used"),
)

checkout = Table(
    "ls_sandbox_checkout",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("key", String(128), nullable=False, unique=True),
    Column("checkout_id", String(40), nullable=False),
    Column("params", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("lines", Text, nullable=False),
    Column("tax_bps", Integer, nullable=False),
    Column("is_tax_included", Boolean, nullable=False),
    Column("shipping", BigInteger, nullable=False),
    Column("total", BigInteger, nullable=False),
    Column("code", String(32)),
    Column("coupon_ref", String(40)),
    Column("email", Text),
    Column("order_id", String(40)),
    Column("opened_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("closed_at", BigInteger),
    Column("shipping_off", BigInteger),
    CheckConstraint(
        "state IN ('open', 'paid', 'pending', 'declined', 'abandoned', 'failed', 'expired')",
        name="state_known",
    ),
    CheckConstraint("(state = 'paid') = (order_id IS NOT NULL)", name="paid_has_order"),
    CheckConstraint("total >= 0", name="total"),
    Index("ix_ls_sandbox_checkout_checkout_id", "checkout_id"),
    Index("ix_ls_sandbox_checkout_due", "state", "expires_at"),
)

order = Table(
    "ls_sandbox_order",
    metadata,
    Column("id", String(40), primary_key=True),
    Column(
        "checkout_id", String(40), ForeignKey("ls_sandbox_checkout.id"), nullable=False, unique=True
    ),
    Column("reference", Text, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("total", BigInteger, nullable=False),
    Column("shipping", BigInteger, nullable=False),
    Column("tax", BigInteger, nullable=False),
    Column("is_tax_included", Boolean, nullable=False),
    Column("lines", Text, nullable=False),
    Column("code", String(32)),
    Column("coupon_ref", String(40)),
    Column("email", Text, nullable=False),
    Column("paid_at", BigInteger, nullable=False),
    Column("refunded", BigInteger, nullable=False),
    CheckConstraint("refunded >= 0 AND refunded <= total", name="refunded"),
    Index("ix_ls_sandbox_order_paid_at", "paid_at"),
)

refund = Table(
    "ls_sandbox_refund",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("order_id", String(40), ForeignKey("ls_sandbox_order.id"), nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("lines", Text, nullable=False),
    Column("state", String(8), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("failed_at", BigInteger),
    CheckConstraint("state IN ('made', 'failed')", name="state_known"),
    CheckConstraint("amount > 0", name="amount"),
    Index("ix_ls_sandbox_refund_order", "order_id", "created_at"),
)

dispute = Table(
    "ls_sandbox_dispute",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("order_id", String(40), ForeignKey("ls_sandbox_order.id"), nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("state", String(8), nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("closed_at", BigInteger),
    CheckConstraint("state IN ('open', 'won', 'lost')", name="state_known"),
    CheckConstraint("amount > 0", name="amount"),
    Index("ix_ls_sandbox_dispute_order", "order_id", "opened_at"),
)
