"""Copy rows of one database into another, table by table in pages."""

from collections.abc import Collection

import sqlalchemy as sa

from liveshop_sdk.db.inserts import add_rows
from liveshop_sdk.db.schema import metadata
from liveshop_sdk.db.unit import Database

_PAGE = 500


def copy_rows(
    source: Database,
    target: Database,
    *,
    prefixes: Collection[str],
    where: tuple[str, str],
) -> int:
    """Copy the tables whose names begin so, and return how many rows that were.

    Args:
        prefixes: Of the names of tables; each after those it refers to.
        where: A column and its value: where a table has that column, only such
            rows are copied.

    Effects: a commit a page in the target; the source is only read.
    """
    copied = 0
    for table in metadata.sorted_tables:
        if table.name.startswith(tuple(prefixes)):
            copied += _copy(source, target, table, where)
    return copied


def _copy(source: Database, target: Database, table: sa.Table, where: tuple[str, str]) -> int:
    key = list(table.primary_key.columns)
    query = sa.select(table).order_by(*key).limit(_PAGE)
    name, value = where
    if name in table.c:
        query = query.where(table.c[name] == value)
    copied, page = 0, query
    while True:
        with source.reading() as tx:
            rows = [tuple(row) for row in tx.execute(page)]
        if not rows:
            return copied
        with target.transaction() as tx:
            add_rows(tx, table, rows)
        copied += len(rows)
        last = dict(zip(table.c.keys(), rows[-1], strict=True))
        after = [sa.literal(last[column.name]) for column in key]
        page = query.where(sa.tuple_(*key) > sa.tuple_(*after))
