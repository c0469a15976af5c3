"""Coupons that are paused or ended, and streams that ended early; NULL for all others."""

from liveshop_sdk.db.migrations import run_ddl

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_ddl("0019_coupon_life")
