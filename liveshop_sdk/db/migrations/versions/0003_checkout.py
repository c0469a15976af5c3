"""The first tables of checkout."""

from liveshop_sdk.db.migrations import run_ddl

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_ddl("0003_checkout")
