"""Coupons that take no percentage or amount off; NULL for all others."""

from liveshop_sdk.db.migrations import run_ddl

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_ddl("0021_coupon_kinds")
