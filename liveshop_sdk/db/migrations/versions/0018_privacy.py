"""What was asked for privacy's sake, and what became of it."""

from liveshop_sdk.db.migrations import run_ddl

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_ddl("0018_privacy")
