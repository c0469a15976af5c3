"""Exports that were made."""

from liveshop_sdk.db.migrations import run_ddl

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_ddl("0014_exports")
