"""What terms of a period count, air time of streams, and products given away."""

from liveshop_sdk.db.migrations import run_ddl

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_ddl("0015_trueups")
