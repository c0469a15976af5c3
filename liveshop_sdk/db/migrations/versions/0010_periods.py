"""Months that are closed in order, and what their closings keep."""

from liveshop_sdk.db.migrations import run_ddl

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_ddl("0010_periods")
