"""The first tables of registry."""

from liveshop_sdk.db.migrations import run_ddl

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_ddl("0001_registry")
