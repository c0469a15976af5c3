"""Whether the sale of an order is here, and who may decide on it now."""

import hashlib
from collections.abc import Iterable

from sqlalchemy import select, text

from liveshop_sdk.db import Transaction
from liveshop_sdk.events import tables as t

_ADVISORY_LOCKS = text(
    "SELECT pg_advisory_xact_lock(n) FROM unnest(CAST(:numbers AS bigint[])) AS n"
)


def lock_orders(tx: Transaction, platform: str, account: str, order_refs: Iterable[str]) -> None:
    """Make `park` and `wake` of one order exclude each other until the commit.

    SQLite has one writer at a time anyway. Take the order's own lock first:
    nothing is locked after this one.
    """
    if tx.dialect.name == "postgresql":
        names = ["\0".join(("liveshop.order", platform, account, ref)) for ref in order_refs]
        digests = [hashlib.sha256(name.encode()).digest() for name in names]
        numbers = sorted(int.from_bytes(digest[:8], "big", signed=True) for digest in digests)
        tx.execute(_ADVISORY_LOCKS, {"numbers": numbers})


def has_sale(tx: Transaction, platform: str, account: str, order_ref: str) -> bool:
    """Say whether the sale of an order is recorded."""
    c = t.fact.c
    query = select(c.id).where(
        c.platform == platform, c.account == account, c.fact_key == f"order:{order_ref}"
    )
    return tx.execute(query).first() is not None
