"""The table of the sandbox's codes for one use."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Integer, String, Table

from liveshop_sdk.db import metadata

code = Table(
    "ls_sandbox_code",
    metadata,
    Column("code", String(32), primary_key=True),
    Column("coupon_ref", String(40), ForeignKey("ls_sandbox_coupon.id"), nullable=False),
    Column("key", String(128), nullable=False, unique=True),
    Column("used", Integer, nullable=False),
    CheckConstraint("used >= 0", name="used"),
)
