"""The first tables of events."""

from liveshop_sdk.db.migrations import run_ddl

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_ddl("0002_events")
