"""The one ``MetaData`` every room's tables attach to, and what guards it.

Rooms import ``metadata`` and declare tables named ``ls_…``. A room that ships
triggers registers their names with ``register_triggers``, so that ``migrate.check``
can tell when one is missing or unknown.
"""

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

expected_triggers: dict[str, set[str]] = {"sqlite": set(), "postgresql": set()}


def register_triggers(dialect: str, names: Iterable[str]) -> None:
    """Add the trigger names a room expects to find on that dialect."""
    expected_triggers[dialect].update(names)


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
