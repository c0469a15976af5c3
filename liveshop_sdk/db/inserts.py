"""Insert rows: unless their key is there, or else lock them, or many at once.

On PostgreSQL many rows travel as one JSON value, or by COPY: there the driver and
the server would take hundreds of parameters apart anew every time.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

COPY_FROM = 16
"""So many rows go in by COPY on PostgreSQL."""

Row = Mapping[str, object]


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


def add_if_absent(tx: sa.Connection, table: sa.Table, row: Row) -> bool:
    """Insert one row unless a unique key of it is there; say whether it was new."""
    return tx.execute(insert_if_absent(table, tx.dialect.name), row).rowcount == 1


def add_absent(
    tx: sa.Connection, table: sa.Table, rows: Sequence[Row], *, key: Sequence[str]
) -> set[tuple[Any, ...]]:
    """Insert rows unless they are there; return the keys of the new ones.

    Rows are taken in this order. ``rows`` is not empty.
    """
    statement = _absent(table, tuple(rows[0]), tuple(key), tx.dialect.name)
    return {tuple(row) for row in tx.execute(statement, _given(tx, rows))}


def add_or_lock(
    tx: sa.Connection, table: sa.Table, rows: Sequence[Row], *, key: Sequence[str]
) -> Iterable[sa.Row[Any]]:
    """Insert rows, or lock those whose key is there; return all of them.

    Rows are taken in this order. ``rows`` is not empty.
    """
    statement = _locking(table, tuple(rows[0]), tuple(key), tx.dialect.name)
    return tx.execute(statement, _given(tx, rows))


def add_new(tx: sa.Connection, table: sa.Table, rows: Sequence[Row]) -> None:
    """Insert rows that nobody else can have inserted."""
    if len(rows) >= COPY_FROM and tx.dialect.driver == "psycopg":
        names = tuple(rows[0])
        copy(tx, table.name, names, [[row[name] for name in names] for row in rows])
    elif rows:
        tx.execute(_plain(table), rows)


def add_rows(tx: sa.Connection, table: sa.Table, rows: Sequence[tuple[object, ...]]) -> None:
    """Insert whole rows, as the driver has them: all columns, in the table's order."""
    names = table.c.keys()
    if tx.dialect.driver == "psycopg":
        copy(tx, table.name, names, rows)
    else:
        tx.exec_driver_sql(_whole_row(table), list(rows))


def copy(
    tx: sa.Connection, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]
) -> None:
    """Write rows by COPY, through psycopg."""
    raw: Any = tx.connection.driver_connection
    text = f"COPY {table} ({', '.join(columns)}) FROM STDIN"
    fault: Any = tx.dialect.loaded_dbapi.Error
    try:
        with raw.cursor() as cursor, cursor.copy(text) as writer:
            for row in rows:
                writer.write_row(row)
    except fault as error:  # as SQLAlchemy shows the same fault of a statement of its own
        raise sa.exc.DBAPIError.instance(text, None, error, fault, dialect=tx.dialect) from error


@lru_cache(maxsize=128)
def _plain(table: sa.Table) -> sa.Insert:
    return sa.insert(table)


@lru_cache(maxsize=128)
def _whole_row(table: sa.Table) -> str:
    names, marks = ", ".join(table.c.keys()), ", ".join("?" * len(table.c))
    return f"INSERT INTO {table.name} ({names}) VALUES ({marks})"  # noqa: S608 - our own names


@lru_cache(maxsize=128)
def _absent(table: sa.Table, names: tuple[str, ...], key: tuple[str, ...], dialect: str) -> Any:
    insert = _insert(table, names, dialect).on_conflict_do_nothing()
    return insert.returning(*(table.c[name] for name in key))


@lru_cache(maxsize=128)
def _locking(table: sa.Table, names: tuple[str, ...], key: tuple[str, ...], dialect: str) -> Any:
    as_it_is = {key[0]: table.c[key[0]]}
    insert = _insert(table, names, dialect)
    return insert.on_conflict_do_update(index_elements=key, set_=as_it_is).returning(table)


def _insert(table: sa.Table, names: tuple[str, ...], dialect: str) -> Any:
    if dialect != "postgresql":
        return sqlite.insert(table)
    columns = [sa.column(name, _uncut(table.c[name].type)) for name in names]
    given = sa.cast(sa.bindparam("rows", type_=sa.Text), postgresql.JSON)
    rows = sa.func.json_to_recordset(given).table_valued(*columns)
    rows = rows.render_derived(with_types=True)
    return postgresql.insert(table).from_select(names, sa.select(*rows.c))


def _uncut(kind: Any) -> Any:
    """Return a type without its length: whatever is too long is refused, never cut."""
    return sa.Text() if isinstance(kind, sa.String) else kind


def _given(tx: sa.Connection, rows: Sequence[Row]) -> Any:
    return {"rows": json.dumps(rows)} if tx.dialect.name == "postgresql" else rows
