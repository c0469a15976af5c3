"""Agreed terms beyond a rate, who accepted them, and policies per brand."""

from liveshop_sdk.db.migrations import run_ddl

revision = "0011"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_ddl("0011_terms")
