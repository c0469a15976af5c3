"""${message}."""

from liveshop_sdk.db.migrations import run_ddl

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_ddl("${up_revision}_${message}")
