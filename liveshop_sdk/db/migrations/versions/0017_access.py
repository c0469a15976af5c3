"""API keys, the answers to their writes, and how often they were used."""

from liveshop_sdk.db.migrations import run_ddl

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_ddl("0017_access")
