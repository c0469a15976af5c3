"""Payees, payouts, exchange rates, and the sandbox's transfers."""

from liveshop_sdk.db.migrations import run_ddl

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_ddl("0012_payouts")
