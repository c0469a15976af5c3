"""What platforms granted us: tokens, sealed, and who renews them."""

from liveshop_sdk.db.migrations import run_ddl

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_ddl("0016_vault")
