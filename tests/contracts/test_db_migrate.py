"""Upgrading makes exactly the schema of the tables, once, whoever comes first."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from liveshop_sdk.db import (
    VERSION_TABLE,
    Database,
    expected_triggers,
    include_object,
    metadata,
    migrate,
)
from liveshop_sdk.errors import MigrationNeededError
from tests import databases, schema

_UPGRADE = """
import sys
from liveshop_sdk.db import Database, migrate
print("ready", flush=True)
sys.stdin.readline()
db = Database.connect(sys.argv[1])
migrate.upgrade(db)
migrate.require_current(db)
"""


@pytest.fixture
def empty(bare_db_url: str) -> Iterator[Database]:
    db = Database.connect(bare_db_url)
    yield db
    db.dispose()


def tables(db: Database) -> set[str]:
    with db.reading() as tx:
        return set(sa.inspect(tx).get_table_names())


def differences(db: Database, **options: object) -> list[object]:
    with db.reading() as tx:
        context = MigrationContext.configure(
            tx, opts={"version_table": VERSION_TABLE, "compare_server_default": True, **options}
        )
        return list(compare_metadata(context, metadata))


def definitions(db: Database) -> list[tuple[object, ...]]:
    """Return what the catalog says of every table, index, check, trigger and function."""
    if db.dialect == "sqlite":
        queries = ["SELECT type, name, sql FROM sqlite_master WHERE tbl_name <> :versions"]
    else:
        ours = "FROM pg_class c WHERE c.relnamespace = current_schema()::regnamespace"
        shown = "replace({0}(oid), current_schema(), '')"
        queries = [
            f"SELECT c.relname, {shown.format('pg_get_indexdef')} {ours} "
            "AND c.relkind = 'i' AND c.relname NOT LIKE :versions || '%'",
            "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint "
            f"WHERE conrelid IN (SELECT c.oid {ours} AND c.relname <> :versions)",
            f"SELECT tgname, {shown.format('pg_get_triggerdef')} FROM pg_trigger "
            "WHERE NOT tgisinternal AND "
            f"tgrelid IN (SELECT c.oid {ours} AND c.relname <> :versions)",
            "SELECT proname, prosrc, proconfig::text FROM pg_proc "
            "WHERE pronamespace = current_schema()::regnamespace AND :versions <> ''",
        ]
    with db.reading() as tx:
        rows = [
            tuple(" ".join(str(cell).split()) for cell in row)
            for query in queries
            for row in tx.execute(sa.text(query), {"versions": VERSION_TABLE})
        ]
    return sorted(rows)


def test_an_upgraded_schema_is_that_of_the_tables(empty: Database) -> None:
    assert migrate.upgrade(empty) == migrate.head()
    assert differences(empty) == []
    assert migrate.check(empty) == []
    assert tables(empty) == set(metadata.tables) | {VERSION_TABLE}
    assert all(name.startswith("ls_") for name in tables(empty))


def test_frozen_statements_equal_those_of_today(
    empty: Database, server: databases.Sqlite | databases.Postgres
) -> None:
    """Checks, triggers and functions too, which Alembic does not compare."""
    migrate.upgrade(empty)
    with server.fresh(is_empty=True) as url:
        today = Database.connect(url)
        schema.build(today)
        expected = definitions(today)
        today.dispose()
    assert definitions(empty) == expected
    assert expected != []


def test_an_upgrade_again_changes_nothing(empty: Database) -> None:
    migrate.upgrade(empty)
    before = definitions(empty)
    assert migrate.upgrade(empty) == migrate.head()
    assert definitions(empty) == before
    assert migrate.current(empty) == migrate.head()


def test_eight_upgraders_at_once_all_end_at_head(bare_db_url: str) -> None:
    upgraders = [
        subprocess.Popen(
            [sys.executable, "-c", _UPGRADE, bare_db_url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(8)
    ]
    for each in upgraders:
        assert each.stdout is not None
        assert each.stdout.readline() == "ready\n"
    ended = []
    for each in upgraders:
        assert each.stdin is not None
        each.stdin.write("go\n")
        each.stdin.flush()
    for each in upgraders:
        _out, errors = each.communicate(timeout=60)
        ended.append((each.returncode, errors))
    assert ended == [(0, "")] * 8
    db = Database.connect(bare_db_url)
    assert migrate.check(db) == []
    db.dispose()


def test_an_upgrade_that_fails_leaves_nothing(
    empty: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    from liveshop_sdk.db import migrations

    honest, calls = migrations.run_ddl, list[str]()

    def fail_at_the_third(name: str) -> None:
        calls.append(name)
        if len(calls) == 3:
            raise ZeroDivisionError
        honest(name)

    monkeypatch.setattr(migrations, "run_ddl", fail_at_the_third)
    with pytest.raises(ZeroDivisionError):
        migrate.upgrade(empty)
    assert len(calls) == 3
    assert tables(empty) == set()
    monkeypatch.undo()
    assert migrate.upgrade(empty) == migrate.head()
    assert migrate.check(empty) == []


def test_an_upgrade_joins_a_host_s_transaction(empty: Database) -> None:
    with empty.engine.connect() as host, host.begin() as outer:
        migrate.upgrade(empty.bound_to(host))
        assert sa.inspect(host).has_table("ls_fact")
        outer.rollback()
    assert tables(empty) == set()


def test_a_database_behind_is_refused_and_named(empty: Database) -> None:
    with pytest.raises(MigrationNeededError) as caught:
        migrate.require_current(empty)
    assert (caught.value.found, caught.value.expected) == ("nothing", migrate.head())
    assert tables(empty) == set()
    migrate.upgrade(empty)
    with empty.transaction() as tx:
        tx.exec_driver_sql(f"UPDATE {VERSION_TABLE} SET version_num = '0001'")
    with pytest.raises(MigrationNeededError) as caught:
        migrate.require_current(empty)
    assert caught.value.found == "0001"
    assert migrate.check(empty) == [
        f"the schema is at 0001, this version needs {migrate.head()}: run `liveshop db upgrade`"
    ]


def test_only_an_empty_sqlite_file_is_upgraded_by_itself(empty: Database, engine_kind: str) -> None:
    if engine_kind == "postgresql":
        with pytest.raises(MigrationNeededError):
            migrate.ensure_sandbox(empty)
        assert tables(empty) == set()
        return
    migrate.ensure_sandbox(empty)
    assert migrate.check(empty) == []
    migrate.ensure_sandbox(empty)


def test_a_sqlite_file_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    db = Database.connect(f"sqlite:///{tmp_path / 'host.db'}")
    with db.transaction() as tx:
        tx.exec_driver_sql("CREATE TABLE host_thing (a INTEGER)")
    with pytest.raises(MigrationNeededError):
        migrate.ensure_sandbox(db)
    assert tables(db) == {"host_thing"}
    db.dispose()


def test_memory_is_upgraded_too() -> None:
    db = Database.connect("sqlite://")
    migrate.ensure_sandbox(db)
    assert migrate.check(db) == []
    db.dispose()


def test_check_names_triggers_that_are_gone_strange_or_off(
    empty: Database, engine_kind: str
) -> None:
    migrate.upgrade(empty)
    victim, other = sorted(expected_triggers[empty.dialect])[:2]
    with empty.transaction() as tx:
        if engine_kind == "sqlite":
            tx.exec_driver_sql(f"DROP TRIGGER {victim}")
            tx.exec_driver_sql("CREATE TRIGGER sly AFTER INSERT ON ls_fact BEGIN SELECT 1; END")
        else:
            owner = sa.text("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = :name")
            for name, change in (
                (victim, "DROP TRIGGER {0} ON {1}"),
                (other, "ALTER TABLE {1} DISABLE TRIGGER {0}"),
            ):
                table = tx.scalar(owner, {"name": name})
                tx.exec_driver_sql(change.format(name, table))
            tx.exec_driver_sql(
                "CREATE TRIGGER sly AFTER INSERT ON ls_fact "
                "EXECUTE FUNCTION suppress_redundant_updates_trigger()"
            )
    expected = [f"trigger {victim} is missing", "trigger sly is unknown"]
    if engine_kind == "postgresql":
        expected.append(f"trigger {other} is disabled")
    assert migrate.check(empty) == expected


def test_check_names_a_missing_table(empty: Database) -> None:
    migrate.upgrade(empty)
    with empty.transaction() as tx:
        tx.exec_driver_sql("DROP TABLE ls_outbox")
    assert migrate.check(empty) == ["table ls_outbox is missing"]


def test_a_schema_of_its_own_is_made_and_kept_apart(empty: Database, engine_kind: str) -> None:
    if engine_kind == "sqlite":
        return
    url = empty.engine.url.render_as_string(hide_password=False)
    db = Database.connect(url, schema="liveshop_apart")
    migrate.upgrade(db)
    assert migrate.check(db) == []
    assert differences(db) == []
    assert tables(empty) == set()
    with db.transaction() as tx:
        tx.exec_driver_sql("DROP SCHEMA liveshop_apart CASCADE")
    db.dispose()


def test_a_host_s_autogenerate_would_drop_our_tables_without_our_filter(empty: Database) -> None:
    migrate.upgrade(empty)
    host = sa.MetaData()
    with empty.reading() as tx:
        for filtered in (False, True):
            options = {"include_object": include_object} if filtered else {}
            context = MigrationContext.configure(tx, opts=options)
            assert (compare_metadata(context, host) == []) is filtered


def test_there_is_one_head_and_it_is_the_last_file() -> None:
    config = Config()
    config.set_main_option("script_location", "liveshop_sdk:db/migrations")
    scripts = ScriptDirectory.from_config(config)
    assert scripts.get_heads() == [migrate.head()]
    for script in scripts.walk_revisions():
        assert Path(script.path).name.startswith(f"{script.revision}_")


def test_migrations_import_nothing_from_the_rooms() -> None:
    code = (
        "import sys, liveshop_sdk.db.migrate as m; from liveshop_sdk.db import Database;"
        "assert 'alembic' not in sys.modules;"
        "m.upgrade(Database.connect('sqlite://'));"
        "print(sorted({n.split('.')[1] for n in sys.modules if n.startswith('liveshop_sdk.')}))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "['__about__', 'db', 'errors']"
