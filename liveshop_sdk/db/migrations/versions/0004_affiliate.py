"""The first tables of affiliate."""

from liveshop_sdk.db.migrations import run_ddl

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_ddl("0004_affiliate")
