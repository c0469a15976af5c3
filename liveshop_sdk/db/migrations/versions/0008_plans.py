"""Indexes and a trigger whose cost does not grow with what is stored."""

from liveshop_sdk.db.migrations import run_ddl

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_ddl("0008_plans")
