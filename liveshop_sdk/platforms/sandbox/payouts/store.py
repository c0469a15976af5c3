"""The queries on the sandbox's transfers."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select

from liveshop_sdk.clock import to_micros
from liveshop_sdk.db import Transaction
from liveshop_sdk.db.inserts import add_if_absent
from liveshop_sdk.platforms.sandbox.payouts.tables import transfer as t


class TransferStore:
    """Reads and appends transfers, as rows."""

    def add(self, tx: Transaction, row: Mapping[str, object]) -> bool:
        """Append a transfer; False if its key was used before."""
        return add_if_absent(tx, t, row)

    def by_key(self, tx: Transaction, key: str) -> Mapping[Any, Any] | None:
        """Return the transfer made with this key."""
        return tx.execute(select(t).filter_by(key=key)).mappings().one_or_none()

    def of_item(self, tx: Transaction, item_id: str) -> list[Mapping[Any, Any]]:
        """Return the transfers for one item."""
        return [*tx.execute(select(t).filter_by(item_id=item_id).order_by(t.c.id)).mappings()]

    def since(self, tx: Transaction, at: datetime) -> list[Mapping[Any, Any]]:
        """Return the transfers made since then, oldest first."""
        query = select(t).where(t.c.created_at >= to_micros(at)).order_by(t.c.id)
        return [*tx.execute(query).mappings()]
