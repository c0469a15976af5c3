"""Frozen steps from one schema to the next; they import nothing from the rooms.

The statements stand in ``ddl/<revision>_<name>.<dialect>.sql``, so that a
database administrator can read and run them. A step that has been released is
never edited. One that changes an append-only table re-creates its triggers and
uses no Alembic batch operation: those drop triggers without a word.
"""

from pathlib import Path

from alembic import op

_DDL = Path(__file__).with_name("ddl")
SEPARATOR = "\n--\n"


def run_ddl(name: str) -> None:
    """Run the statements frozen for this step and dialect, in their order."""
    connection = op.get_bind()
    text = (_DDL / f"{name}.{connection.dialect.name}.sql").read_text(encoding="utf-8")
    for statement in text.split(SEPARATOR):
        if statement.strip():
            connection.exec_driver_sql(
                statement.strip().removesuffix(";"), execution_options={"no_parameters": True}
            )
