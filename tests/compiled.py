"""One cache of compiled statements for all databases of a session.

SQLAlchemy compiles a statement once per engine. Nearly every test has engines of
its own, and nearly all of them the same statements, whose text depends on the
dialect's class, its driver and the server alone.
"""

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from liveshop_sdk.db import engine, unit

_STATEMENTS = 4000


def _speaks(dialect: sa.Dialect) -> tuple[object, ...]:
    return type(dialect), dialect.dbapi, dialect.server_version_info


def _alike(one: sa.Dialect, other: object) -> bool:
    return one is other or (isinstance(other, sa.Dialect) and _speaks(one) == _speaks(other))


def share() -> None:
    """Let engines that ``Database.connect`` makes from now on share what they compile."""
    cache = sa.util.LRUCache[Any, Any](_STATEMENTS)

    def make_engines(url: str, *, schema: str | None = None) -> engine.Engines:
        made = engine.make_engines(url, schema=schema)
        made.writer._compiled_cache = made.reader._compiled_cache = cache
        return made

    patch = pytest.MonkeyPatch()
    patch.setattr(unit, "make_engines", make_engines)
    for dialect in (SQLiteDialect_pysqlite, PGDialect_psycopg):  # the cache's keys hold one
        patch.setattr(dialect, "__eq__", _alike)
        patch.setattr(dialect, "__hash__", lambda self: hash(type(self)))
