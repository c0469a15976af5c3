"""The first tables of ledger."""

from liveshop_sdk.db.migrations import run_ddl

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_ddl("0005_ledger")
