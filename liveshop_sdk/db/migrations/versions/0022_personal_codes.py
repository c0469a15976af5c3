"""Batches of codes for one use each, and which one a checkout was opened with."""

from liveshop_sdk.db.migrations import run_ddl

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_ddl("0022_personal_codes")
