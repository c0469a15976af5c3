"""What the checkout room never changes: 2 tables whose rows are for ever."""

from liveshop_sdk.db import append_only
from liveshop_sdk.db.append_only import Guard

TABLES = {
    "ls_touch": Guard((("checkout_id",),)),
    "ls_redemption": Guard((("coupon_id", "order_id"),)),
}


def statements(dialect: str) -> list[str]:
    """Return the statements that make them append-only on a dialect."""
    return append_only.statements(TABLES, dialect)
