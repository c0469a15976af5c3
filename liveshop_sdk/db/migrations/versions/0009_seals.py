"""Triggers that hold on anybody's connection, and brands that never change."""

from liveshop_sdk.db.migrations import run_ddl

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_ddl("0009_seals")
