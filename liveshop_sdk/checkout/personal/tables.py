"""Tables of personal codes: batches, and a row for each number of one.

No code stands here. All codes of a coupon follow from one seed, which is kept
encrypted; ``lookup`` is what finds the row of a code that somebody used.
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from liveshop_sdk.db import metadata

batch = Table(
    "ls_code_batch",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("coupon_id", String(40), ForeignKey("ls_coupon.id"), nullable=False),
    Column("prefix", String(16), nullable=False),
    Column("seed", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Column("made", Integer, nullable=False),
    Column("step", Integer, nullable=False),
    Column("problem", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("done_at", BigInteger),
    CheckConstraint("made >= 0 AND made <= size", name="counts"),
    Index("ix_ls_code_batch_coupon", "coupon_id"),
    Index("ix_ls_code_batch_prefix", "prefix"),
)

code = Table(
    "ls_personal_code",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("batch_id", String(40), ForeignKey("ls_code_batch.id"), nullable=False),
    Column("coupon_id", String(40), nullable=False),
    Column("n", Integer, nullable=False),
    Column("turn", Integer, nullable=False),
    Column("lookup", String(32), nullable=False),
    Column("platform_ref", String(255)),
    Column("made_at", BigInteger),
    Column("uses", Integer, nullable=False),
    Column("order_id", String(40)),
    Column("used_at", BigInteger),
    UniqueConstraint("batch_id", "n"),
    UniqueConstraint("coupon_id", "lookup"),
    CheckConstraint("uses >= 0", name="uses"),
    Index("ix_ls_personal_code_ref", "platform_ref"),
)
