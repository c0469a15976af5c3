"""Insert unless the key is there, or many rows at once: one statement on both engines."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import ReturningInsert


@lru_cache(maxsize=128)
def insert_if_absent(table: sa.Table, dialect: str) -> postgresql.Insert | sqlite.Insert:
    """Return ``INSERT … ON CONFLICT DO NOTHING``; built once per table.

    A row that loses to a concurrent transaction waits for that one to end,
    so that afterwards either it was inserted or the other's row is visible.

    Its ``rowcount`` can be relied on: without the option, SQLAlchemy need not
    keep the row count of an INSERT, and does not on PostgreSQL.

    Args:
        dialect: ``tx.dialect.name``.
    """
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    return insert(table).on_conflict_do_nothing().execution_options(preserve_rowcount=True)


@lru_cache(maxsize=128)
def insert_or_lock(table: sa.Table, dialect: str, key: tuple[str, ...]) -> ReturningInsert[Any]:
    """Return an INSERT that locks and returns the rows whose key is there already.

    Rows are taken in the order in which they are given.
    """
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    kept = {key[0]: table.c[key[0]]}
    return insert(table).on_conflict_do_update(index_elements=key, set_=kept).returning(table)


def add_if_absent(tx: sa.Connection, table: sa.Table, row: Mapping[str, object]) -> bool:
    """Insert one row unless a unique key of it is there; say whether it was new."""
    return tx.execute(insert_if_absent(table, tx.dialect.name), row).rowcount == 1
