"""The rows of checkpoints: added once, never changed."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from liveshop_sdk.affiliate.ledger.tables import checkpoint as t
from liveshop_sdk.db import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointRow:
    """A checkpoint as it is stored; its note is what counts."""

    tree_size: int
    root_hash: bytes
    chain_hash: bytes
    frontier: bytes
    note: str
    anchors: str
    created_at: int


_COLUMNS = [t.c[name] for name in CheckpointRow.__dataclass_fields__]


class CheckpointStore:
    """Looks up and adds the checkpoints of books."""

    def add(self, tx: Transaction, book_id: int, row: CheckpointRow) -> None:
        """Insert a checkpoint of a size the caller did not find.

        Another writer may have added it meanwhile on PostgreSQL: that one stays.
        """
        insert = pg_insert if tx.dialect.name == "postgresql" else sqlite_insert
        values = {name: getattr(row, name) for name in CheckpointRow.__dataclass_fields__}
        tx.execute(insert(t).values(book_id=book_id, **values).on_conflict_do_nothing())

    def latest(
        self, tx: Transaction, book_id: int, *, up_to: int | None = None
    ) -> CheckpointRow | None:
        """Return the checkpoint of the largest size, or of the largest up to one."""
        query = select(*_COLUMNS).where(t.c.book_id == book_id)
        if up_to is not None:
            query = query.where(t.c.tree_size <= up_to)
        row = tx.execute(query.order_by(t.c.tree_size.desc()).limit(1)).mappings().one_or_none()
        return None if row is None else CheckpointRow(**row)

    def all(self, tx: Transaction, book_id: int) -> list[CheckpointRow]:
        """Return every checkpoint of a book, by size."""
        query = select(*_COLUMNS).where(t.c.book_id == book_id).order_by(t.c.tree_size)
        return [CheckpointRow(**row) for row in tx.execute(query).mappings()]
