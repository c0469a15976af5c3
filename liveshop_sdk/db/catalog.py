"""Compare what a database's catalog says with what this version would have made.

By definition, not by name: a trigger whose body does nothing, a function that
returns before it looks, or a check that is always true keeps its name.
"""

# ruff: noqa: S608 - every statement is made of constants

import re
from collections.abc import Iterable, Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from liveshop_sdk.db.schema import expected_functions, expected_triggers, metadata
from liveshop_sdk.db.unit import Transaction

# SQLite takes a table's name in any case, and keeps it as it was given.
_SQLITE_TRIGGERS = sa.text(
    "SELECT name, sql FROM sqlite_master"
    " WHERE type = 'trigger' AND lower(substr(tbl_name, 1, 3)) = 'ls_'"
)
_OURS = "c.relnamespace = current_schema()::regnamespace AND starts_with(c.relname, 'ls_')"
_TRIGGERS = sa.text(
    "SELECT t.tgname, pg_get_triggerdef(t.oid, true) AS definition, t.tgenabled, p.proname,"
    " p.prosrc, p.prosecdef, p.proconfig, l.lanname, current_schema() AS here"
    " FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid"
    f" JOIN pg_language l ON l.oid = p.prolang WHERE NOT t.tgisinternal AND {_OURS}"
)
_CONSTRAINTS = sa.text(
    "SELECT c.relname, k.conname, pg_get_constraintdef(k.oid, true) AS definition,"
    " EXISTS (SELECT 1 FROM pg_trigger t WHERE t.tgconstraint = k.oid"
    " AND t.tgenabled NOT IN ('O', 'A')) AS is_off"
    f" FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid WHERE {_OURS}"
)
_RULES = sa.text(
    f"SELECT r.rulename FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class WHERE {_OURS}"
)
_ENABLED = ("O", "A")  # on, also while replaying; "R" is on then only, "D" never
_BODY = re.compile(r"\$\$(.*?)\$\$", re.DOTALL)
_SETTING = re.compile(r"^SET (\w+) = (\w+)", re.MULTILINE)
# How PostgreSQL spells a check again: IN becomes = ANY (ARRAY[...]), with casts.
_CAST = re.compile(r"::\w+(?: varying)?")
_SPELLING = {"any", "all", "array", "in", "not", "between", "and"}


def sqlite_problems(tx: Transaction) -> list[str]:
    """Return what is wrong with the triggers in a SQLite file, one line each."""
    found: dict[str, str] = {row.name: row.sql for row in tx.execute(_SQLITE_TRIGGERS)}
    wanted = expected_triggers["sqlite"]
    return [*_named("trigger", found, wanted), *_changed("trigger", found, wanted)]


def postgresql_problems(tx: Transaction) -> list[str]:
    """Return what is wrong with triggers, functions and constraints, one line each.

    Tables that are missing are not said to lack a constraint as well.
    """
    rows = tx.execute(_TRIGGERS).all()
    found = {row.tgname: row.definition for row in rows}
    wanted = expected_triggers["postgresql"]
    problems = [*_named("trigger", found, wanted), *_changed("trigger", found, wanted)]
    off = sorted(row.tgname for row in rows if row.tgenabled not in _ENABLED)
    problems += [f"trigger {name} is disabled" for name in off]
    called = {row.proname: row for row in rows if row.tgname in wanted}
    problems += [
        f"function {name} was changed"
        for name, row in sorted(called.items())
        if not _is_function(row, expected_functions.get(name, ""))
    ]
    problems += [f"rule {name} is unknown" for name in sorted(tx.execute(_RULES).scalars())]
    return [*problems, *_constraint_problems(tx)]


def _named(kind: str, found: Iterable[str], wanted: Iterable[str]) -> Iterator[str]:
    there, due = set(found), set(wanted)
    yield from (f"{kind} {name} is missing" for name in sorted(due - there))
    yield from (f"{kind} {name} is unknown" for name in sorted(there - due))


def _changed(kind: str, found: dict[str, str], wanted: dict[str, str]) -> Iterator[str]:
    for name in sorted(found.keys() & wanted.keys()):
        if _plain(found[name]) != _plain(wanted[name]):
            yield f"{kind} {name} was changed"


def _plain(text: str) -> str:
    return " ".join(text.split())


def _is_function(row: Any, statements: str) -> bool:
    body = _BODY.search(statements)
    settings = [f"{name}={value}" for name, value in _SETTING.findall(statements)]
    if "search_path" in statements:
        settings.append(f"search_path={row.here}, pg_temp")
    return (
        body is not None
        and _plain(row.prosrc) == _plain(body[1])
        and [each.replace('"', "") for each in row.proconfig or ()] == settings
        and (row.lanname, row.prosecdef) == ("plpgsql", False)
    )


def _constraint_problems(tx: Transaction) -> Iterator[str]:
    rows = tx.execute(_CONSTRAINTS).all()
    found = {(row.relname, row.conname): row for row in rows}
    tables = {row.relname for row in rows}  # each has a primary key
    dialect: sa.Dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    spell = dialect.identifier_preparer.format_constraint
    for table in metadata.sorted_tables:
        if table.name not in tables:
            continue
        for constraint in sorted(table.constraints, key=lambda each: str(spell(each))):
            name = str(spell(constraint))
            row = found.get((table.name, name))
            if row is None:
                yield f"constraint {name} is missing"
            elif row.is_off:
                yield f"constraint {name} is disabled"
            elif not _is_constraint(row.definition, constraint):
                yield f"constraint {name} was changed"


def _is_constraint(definition: str, constraint: sa.Constraint) -> bool:
    if isinstance(constraint, sa.CheckConstraint):
        body = definition.removeprefix("CHECK ")
        return _words(body) == _words(str(constraint.sqltext))
    return definition.replace('"', "") == _spelled(constraint)


def _words(check: str) -> set[str]:
    """Return the names, numbers and texts of a check, however it is spelled."""
    return set(re.findall(r"\w+", _CAST.sub("", check).lower())) - _SPELLING


def _spelled(constraint: sa.Constraint) -> str:
    columns = ", ".join(column.name for column in getattr(constraint, "columns", ()))
    if not isinstance(constraint, sa.ForeignKeyConstraint):
        is_key = isinstance(constraint, sa.PrimaryKeyConstraint)
        return f"{'PRIMARY KEY' if is_key else 'UNIQUE'} ({columns})"
    targets = [element.column for element in constraint.elements]
    named = ", ".join(column.name for column in targets)
    text = f"FOREIGN KEY ({columns}) REFERENCES {targets[0].table.name}({named})"
    waits = " DEFERRABLE" if constraint.deferrable else ""
    return text + waits + (f" INITIALLY {constraint.initially}" if constraint.initially else "")
