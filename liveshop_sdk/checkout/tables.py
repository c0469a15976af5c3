"""Tables of the checkout room: links, coupons, visits and orders.

Touches and redemptions are append-only: triggers refuse every change (triggers.py).
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from liveshop_sdk.checkout import triggers
from liveshop_sdk.db import append_only, metadata

link = Table(
    "ls_link",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("short_code", String(16), nullable=False, unique=True),
    Column("creator", String(32), nullable=False),
    Column("stream", String(64)),
    Column("coupon_id", String(40)),
    Column("items", Text, nullable=False),
    Column("channel", String(32), nullable=False),
    Column("placement", String(32), nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    Index("ix_ls_link_creator", "creator", "stream"),
)

coupon = Table(
    "ls_coupon",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("platform", String(16), nullable=False),
    Column("account", String(128), nullable=False),
    Column("code", String(32), nullable=False),
    Column("creator", String(32), nullable=False),
    Column("stream", String(64), nullable=False),
    Column("percent_bps", Integer),
    Column("amount_off", BigInteger),
    Column("currency", String(3)),
    Column("starts_at", BigInteger, nullable=False),
    Column("ends_at", BigInteger, nullable=False),
    Column("use_limit", Integer),
    Column("per_customer", Integer),
    Column("reserved", Integer, nullable=False),
    Column("used", Integer, nullable=False),
    Column("platform_ref", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("refused_at", BigInteger),
    Column("paused_at", BigInteger),
    Column("ended_at", BigInteger),
    Column("wish_no", Integer),
    Column("told_no", Integer),
    Column("busy_until", BigInteger),
    Column("gives", Text),
    UniqueConstraint("platform", "account", "code"),
    CheckConstraint("(percent_bps IS NULL) <> (amount_off IS NULL)", name="one_discount"),
    CheckConstraint("reserved >= 0 AND used >= 0", name="counts"),
    CheckConstraint("use_limit IS NULL OR reserved + used <= use_limit", name="cap"),
)

touch = Table(
    "ls_touch",
    metadata,
    Column("checkout_id", String(40), primary_key=True),
    Column("link_id", String(40), ForeignKey("ls_link.id"), nullable=False),
    Column("creator", String(32), nullable=False),
    Column("stream", String(64)),
    Column("opened_at", BigInteger, nullable=False),
    Column("stream_offset_us", BigInteger),
    Column("channel", String(32), nullable=False),
    Column("placement", String(32), nullable=False),
    Column("customer_key", String(64)),
    Index("ix_ls_touch_stream", "stream", "opened_at"),
    Index("ix_ls_touch_link", "link_id"),
)

checkout = Table(
    "ls_checkout",
    metadata,
    Column("id", String(40), ForeignKey("ls_touch.checkout_id"), primary_key=True),
    Column("platform", String(16), nullable=False),
    Column("account", String(128), nullable=False),
    Column("state", String(16), nullable=False),
    Column("params", Text, nullable=False),
    Column("platform_ref", String(255)),
    Column("url", Text),
    Column("coupon_id", String(40)),
    Column("reservation", String(8), nullable=False),
    Column("reserved_until", BigInteger, nullable=False),
    Column("closed_reason", String(32)),
    Column("updated_at", BigInteger, nullable=False),
    Column("code_id", String(40)),
    Index("ix_ls_checkout_platform_ref", "platform_ref"),
    Index("ix_ls_checkout_reserved", "coupon_id", "reservation", "reserved_until"),
)

redemption = Table(
    "ls_redemption",
    metadata,
    Column("coupon_id", String(40), ForeignKey("ls_coupon.id"), nullable=False),
    Column("order_id", String(40), nullable=False),
    Column("checkout_id", String(40)),
    Column("customer_key", String(64)),
    Column("verdict", String(32), nullable=False),
    Column("redeemed_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("coupon_id", "order_id"),
    Index("ix_ls_redemption_customer", "coupon_id", "customer_key"),
)

order = Table(
    "ls_order",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("platform", String(16), nullable=False),
    Column("account", String(128), nullable=False),
    Column("order_ref", String(128), nullable=False),
    Column("paid_at", BigInteger),
    Column("currency", String(3)),
    Column("total", BigInteger),
    Column("checkout_id", String(40)),
    Column("customer_key", String(64)),
    Column("is_returning", Boolean),
    Column("market", String(8)),
    Column("tax_included", Boolean),
    Column("is_test", Boolean),
    Column("touch_offset_us", BigInteger),
    Column("paid_offset_us", BigInteger),
    Column("first_seen_at", BigInteger, nullable=False),
    UniqueConstraint("order_ref", "account", "platform"),
    Index("ix_ls_order_customer", "customer_key"),
    Index("ix_ls_order_checkout", "checkout_id"),
    Index("ix_ls_order_paid", "paid_at"),
)

append_only.keep(triggers.TABLES)
