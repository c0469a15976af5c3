"""What the affiliate room never changes: tables whose rows are for ever."""

from liveshop_sdk.db import append_only
from liveshop_sdk.db.append_only import Guard

TABLES = {
    "ls_agreement": Guard((("brand", "creator", "version"),), adds_if_absent=True),
    "ls_acceptance": Guard((("brand", "creator", "version", "accepted_by"),), adds_if_absent=True),
    "ls_policy": Guard((("brand", "version"),), adds_if_absent=True),
    "ls_attribution": Guard((("platform", "account", "order_ref", "brand"),)),
    "ls_commission_line": Guard(
        (
            ("line_ref",),
            ("order_ref", "account", "platform", "brand", "order_line", "creator"),
        )
    ),
    "ls_waiting_line": Guard((("line_ref",),)),
    "ls_seeding": Guard((("id",),), adds_if_absent=True),
    "ls_seeding_return": Guard((("id",),), adds_if_absent=True),
}


def statements(dialect: str) -> list[str]:
    """Return the statements that make them append-only on a dialect."""
    return append_only.statements(TABLES, dialect)
