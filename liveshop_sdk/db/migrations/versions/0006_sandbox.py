"""The first tables of sandbox."""

from liveshop_sdk.db.migrations import run_ddl

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_ddl("0006_sandbox")
