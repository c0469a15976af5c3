"""What the platforms charged for orders."""

from liveshop_sdk.db.migrations import run_ddl

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_ddl("0020_fees")
