"""When a platform refused a coupon for good; NULL for all others."""

from liveshop_sdk.db.migrations import run_ddl

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_ddl("0007_refused_coupons")
