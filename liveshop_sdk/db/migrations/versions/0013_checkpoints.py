"""Signed checkpoints of books, beside copies kept elsewhere."""

from liveshop_sdk.db.migrations import run_ddl

revision = "0013"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_ddl("0013_checkpoints")
