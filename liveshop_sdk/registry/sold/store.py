"""The queries on what one brand sells."""

from typing import Any

from sqlalchemy import select

from liveshop_sdk.db import Transaction
from liveshop_sdk.registry import tables as t


class SoldStore:
    """Finds the names of a brand's products and streams."""

    def skus(self, tx: Transaction, brand: str, *, after: str | None, limit: int) -> list[str]:
        """Return SKUs of a brand in order, from the one behind ``after``."""
        return self._named(tx, t.product.c.sku, t.product.c.brand == brand, after, limit)

    def streams(self, tx: Transaction, brand: str, *, after: str | None, limit: int) -> list[str]:
        """Return codes of streams a brand sells in, in order, from that behind ``after``."""
        of = t.stream_brand.c
        return self._named(tx, of.stream, of.brand == brand, after, limit)

    def _named(
        self, tx: Transaction, name: Any, of_brand: Any, after: str | None, limit: int
    ) -> list[str]:
        query = select(name).where(of_brand)
        if after is not None:
            query = query.where(name > after)
        return list(tx.execute(query.order_by(name).limit(limit)).scalars())
