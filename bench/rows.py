"""The rows one sale leaves behind, and as many more like them as are wanted."""

from collections.abc import Iterator
from itertools import count
from typing import Any

import sqlalchemy as sa

from bench.scene import Scene
from bench.stores import Bare, Row, Store
from liveshop_sdk.db import metadata

_EARLIER = ("ls_touch", "ls_checkout")
_ORDER = ("ls_ledger_posting", "ls_ledger_entry")
_MOVE_HEAD = (
    "UPDATE ls_ledger_head SET seq = ?, chain_hash = ?, frontier = ?, recorded_at = ?"
    " WHERE book_id = ?"
)
Rows = dict[str, list[Row]]


class Template:
    """What one sale wrote, by table; copies differ in every id and number."""

    def __init__(self, store: Store, scene: Scene) -> None:
        """Let one sale through and see what it left."""
        first = _contents(store)
        delivery = scene.sales(1)[0]
        scene.shop.receive("sandbox", delivery.headers, delivery.body)
        after = _contents(store)
        self._mark = f"{delivery.number:025d}"
        self._rows: Rows = {
            name: [row for row in rows if row not in first[name]]
            for name, rows in after.items()
            if name not in (*_EARLIER, "ls_ledger_head", "ls_ledger_account")
        }
        self._rows = {name: rows for name, rows in self._rows.items() if rows}
        self._head = after["ls_ledger_head"][0]
        self._numbers = count(1_000_000)

    @property
    def tables(self) -> list[str]:
        """Name the tables a sale writes to, each row of which is inserted."""
        return sorted(self._rows)

    def plant(self, bare: Bare) -> None:
        """Give the bare tables the one row that is updated."""
        bare.begin()
        bare.insert("ls_ledger_head", [self._head])
        bare.commit()

    def copies(self, wanted: int) -> Iterator[Rows]:
        """Yield the rows of sales that never were."""
        for _ in range(wanted):
            number = next(self._numbers)
            yield {
                name: [self._copy(row, number) for row in rows] for name, rows in self._rows.items()
            }

    def move_head(self, bare: Bare, rows: Rows) -> None:
        entry = rows["ls_ledger_entry"][-1]
        head = self._head
        values = (entry["chain_hash"], head["frontier"], head["recorded_at"], head["book_id"])
        bare.execute(_MOVE_HEAD, (entry["seq"], *values))

    def _copy(self, row: Row, number: int) -> Row:
        return {name: self._changed(name, value, number) for name, value in row.items()}

    def _changed(self, name: str, value: Any, number: int) -> Any:
        if name in ("id", "seq"):
            return number if isinstance(value, int) else f"{value[:4]}0{number:025d}"
        if isinstance(value, str):
            return value.replace(self._mark, f"{number:025d}")
        return value


def _contents(store: Store) -> Rows:
    with store.db.reading() as tx:
        return {
            table.name: [dict(row) for row in tx.execute(sa.select(table)).mappings()]
            for table in metadata.sorted_tables
        }


def joined(sales: list[Rows]) -> Rows:
    """Put the rows of many sales together, table by table."""
    return {name: [row for sale in sales for row in sale[name]] for name in sales[0]}
