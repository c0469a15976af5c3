"""The one ``MetaData`` every room's tables attach to, and what guards it.

Rooms import ``metadata`` and declare tables named ``ls_…``. A room that ships
triggers registers their statements with ``register_triggers``, so that
``migrate.check`` can tell when one is missing, unknown or another.
"""

import re
from collections.abc import Iterable

import sqlalchemy as sa

VERSION_TABLE = "ls_alembic_version"
TABLE_PREFIX = "ls_"

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

expected_triggers: dict[str, dict[str, str]] = {"sqlite": {}, "postgresql": {}}
"""The statement that makes each trigger, by dialect and name."""

expected_functions: dict[str, str] = {}
"""The statements that make each trigger's function on PostgreSQL, by name."""


def register_triggers(dialect: str, statements: Iterable[str]) -> None:
    """Add the triggers a room expects to find on that dialect, with their functions.

    Args:
        statements: What makes them; those that make something else are passed over.
    """
    for text in statements:
        if found := re.match(r"CREATE TRIGGER (\w+)", text):
            expected_triggers[dialect][found[1]] = text
        elif found := re.match(r"CREATE OR REPLACE FUNCTION (\w+)", text):
            expected_functions[found[1]] = text
        elif found := re.search(r"ALTER FUNCTION (\w+)", text):
            expected_functions[found[1]] += text


def include_object(
    item: object, name: str | None, kind: str, _reflected: bool, _compare_to: object
) -> bool:
    """Keep Alembic autogenerate of a host application away from our tables.

    Pass it as ``include_object`` to ``context.configure`` (Flask-Migrate:
    ``Migrate(app, db, include_object=include_object)``); without it, a host's
    autogenerate sees ``ls_…`` tables it does not know and proposes to drop them.
    """
    table = getattr(item, "table", item)
    table_name = name if kind == "table" else getattr(table, "name", None)
    return not str(table_name or "").startswith(TABLE_PREFIX)
