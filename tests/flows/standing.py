"""What the lines of one order stand at in the ledger."""

from collections import Counter

import sqlalchemy as sa

from liveshop_sdk.affiliate.ledger import tables as t
from liveshop_sdk.shop.live_shop import LiveShop

_OF_ORDER = (
    sa.select(t.posting.c.line_ref, t.account.c.path, t.posting.c.amount)
    .join(t.account, t.account.c.id == t.posting.c.account_id)
    .where(t.posting.c.line_ref.startswith(sa.bindparam("order"), autoescape=False))
)


def standing(shop: LiveShop, order_ref: str) -> dict[tuple[str, str], int]:
    """Return sums that are not zero by (line, part); payable and receivable are one part."""
    found: Counter[tuple[str, str]] = Counter()
    with shop.db.reading() as tx:
        for line_ref, path, amount in tx.execute(_OF_ORDER, {"order": f"sandbox:{order_ref}/"}):
            part = path.rpartition(":")[2]
            key = "owed" if part in ("payable", "clawback_receivable") else part
            found[line_ref, key] += amount
    return {key: amount for key, amount in found.items() if amount}
