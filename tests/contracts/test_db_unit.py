"""The unit of work holds the same promises on both engines."""

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from liveshop_sdk.db import Database, prepare_sqlite
from liveshop_sdk.db import sqlite as sqlite_rules
from liveshop_sdk.db import unit as unit_rules
from liveshop_sdk.errors import EngineUnsuitableError, StorageUnavailableError

_own = sa.MetaData()
note = sa.Table(
    "note", _own, sa.Column("id", sa.Integer, primary_key=True), sa.Column("n", sa.Integer)
)


@pytest.fixture
def bare(bare_db_url: str) -> Iterator[Database]:
    db = Database.connect(bare_db_url)
    with db.transaction() as tx:
        _own.create_all(tx)
    yield db
    db.dispose()


def count(db: Database) -> int:
    with db.reading() as tx:
        return int(tx.scalar(sa.select(sa.func.count()).select_from(note)) or 0)


def add(tx: sa.Connection, number: int = 1) -> None:
    tx.execute(sa.insert(note).values(id=number, n=0))


def fail_after(call: Callable[..., object], *arguments: object) -> None:
    call(*arguments)
    raise ZeroDivisionError


def test_a_transaction_commits_at_its_end(bare: Database) -> None:
    with bare.transaction() as tx:
        add(tx)
        assert count(bare) == 0
    assert count(bare) == 1


def test_a_transaction_leaves_nothing_after_an_exception(bare: Database) -> None:
    with pytest.raises(ZeroDivisionError), bare.transaction() as tx:
        fail_after(add, tx)
    assert count(bare) == 0
    with bare.transaction() as tx:
        add(tx)
    assert count(bare) == 1


def test_a_schema_change_is_rolled_back_too(bare: Database) -> None:
    with pytest.raises(ZeroDivisionError), bare.transaction() as tx:
        fail_after(tx.exec_driver_sql, "CREATE TABLE half_done (a INTEGER)")
    with bare.reading() as tx:
        assert not sa.inspect(tx).has_table("half_done")


def test_a_violation_stays_what_it_is(bare: Database) -> None:
    with bare.transaction() as tx:
        add(tx)
    with pytest.raises(sa.exc.IntegrityError), bare.transaction() as tx:
        add(tx)
    assert count(bare) == 1


def test_reading_cannot_write(bare: Database) -> None:
    with pytest.raises((sa.exc.DBAPIError, StorageUnavailableError)), bare.reading() as tx:
        add(tx)
    assert count(bare) == 0


def test_writing_works_on_a_connection_that_read_before(bare: Database) -> None:
    assert count(bare) == 0
    with bare.transaction() as tx:
        add(tx)
    assert count(bare) == 1


def test_postgresql_reads_one_snapshot(bare: Database, engine_kind: str) -> None:
    if engine_kind == "sqlite":
        return  # a reader there holds up the writer instead, in rollback mode
    with bare.reading() as tx:
        assert tx.scalar(sa.select(sa.func.count()).select_from(note)) == 0
        with bare.transaction() as other:
            add(other)
        assert tx.scalar(sa.select(sa.func.count()).select_from(note)) == 0
    assert count(bare) == 1


def test_a_transaction_inside_a_transaction_is_a_mistake(bare: Database) -> None:
    with bare.transaction() as tx:
        with pytest.raises(RuntimeError), bare.transaction():
            pass
        add(tx)
    assert count(bare) == 1


def test_no_update_is_lost_between_threads(bare: Database) -> None:
    with bare.transaction() as tx:
        add(tx)

    def work(_turn: int) -> None:
        with bare.transaction() as tx:
            found = tx.scalar(sa.select(note.c.n).with_for_update())
            tx.execute(sa.update(note).values(n=int(found or 0) + 1))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(80)))
    with bare.reading() as tx:
        assert tx.scalar(sa.select(note.c.n)) == 80


def test_no_update_is_lost_between_processes(bare: Database) -> None:
    with bare.transaction() as tx:
        add(tx)
    children = []
    for turn in range(4):
        child = os.fork()
        if child == 0:
            _count_up_and_exit(bare, 10 + turn)
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0, 0, 0, 0]
    with bare.reading() as tx:
        assert tx.scalar(sa.select(note.c.n)) == 10 + 11 + 12 + 13


def _count_up_and_exit(db: Database, times: int) -> None:
    """Work in a forked child, on the pool it inherited."""
    try:
        for _ in range(times):
            with db.transaction() as tx:
                found = tx.scalar(sa.select(note.c.n).with_for_update())
                tx.execute(sa.update(note).values(n=int(found or 0) + 1))
    except BaseException:
        os._exit(1)
    os._exit(0)


# --- bound to a host's transaction


def test_a_bound_database_joins_and_never_commits(bare: Database) -> None:
    with bare.engine.connect() as host:
        outer = host.begin()
        bound = bare.bound_to(host)
        assert (bound.is_bound, bare.is_bound) == (True, False)
        with bound.transaction() as tx:
            assert tx is host
            add(tx)
        with bound.transaction() as tx, bound.reading() as again:
            assert tx is again
        assert outer.is_active
        bound.dispose()
        outer.rollback()
    assert count(bare) == 0


def test_a_bound_failure_leaves_the_rollback_to_the_host(bare: Database) -> None:
    with bare.engine.connect() as host, host.begin() as outer:
        add(host, 1)
        with pytest.raises(ZeroDivisionError), bare.bound_to(host).transaction():
            raise ZeroDivisionError
        assert outer.is_active
    assert count(bare) == 1


def test_a_connection_without_a_transaction_is_refused(bare: Database) -> None:
    with bare.engine.connect() as host, pytest.raises(EngineUnsuitableError) as caught:
        bare.bound_to(host)
    assert caught.value.code == "engine_unsuitable"


@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE", "AUTOCOMMIT"])
def test_another_isolation_level_is_refused(bare: Database, engine_kind: str, level: str) -> None:
    if engine_kind == "sqlite":
        return
    engine = bare.engine.execution_options(isolation_level=level)
    with engine.begin() as host, pytest.raises(EngineUnsuitableError) as caught:
        bare.bound_to(host)
    assert level in caught.value.problem


def test_a_server_s_own_default_is_overruled(bare: Database, engine_kind: str) -> None:
    if engine_kind == "sqlite":
        return
    url = bare.engine.url.update_query_dict(
        {"options": "-cdefault_transaction_isolation=serializable"}, append=False
    )
    db = Database.connect(url.render_as_string(hide_password=False))
    with db.transaction() as tx:
        assert tx.scalar(sa.text("SHOW transaction_isolation")) == "read committed"
    with db.reading() as tx:
        assert tx.scalar(sa.text("SHOW transaction_isolation")) == "repeatable read"
        assert tx.scalar(sa.text("SHOW transaction_read_only")) == "on"
    db.dispose()


def test_over_a_host_s_engine(bare: Database, engine_kind: str) -> None:
    url = bare.engine.url.render_as_string(hide_password=False)
    engine = sa.create_engine(url)
    db = Database.over(engine)
    if engine_kind == "sqlite":
        with pytest.raises(EngineUnsuitableError) as caught, db.transaction() as tx:
            add(tx)
        assert "prepare_sqlite" in caught.value.remedy
        assert count(bare) == 0
        engine.dispose()
        prepare_sqlite(engine)
    with db.transaction() as tx:
        add(tx)
    assert count(db) == 1
    db.dispose()
    with engine.connect() as still_open:
        assert still_open.scalar(sa.select(note.c.id)) == 1
    still_open.close()
    engine.dispose()


# --- SQLite alone


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Database]:
    db = Database.connect(f"sqlite:///{tmp_path / 'own.db'}")
    with db.transaction() as tx:
        _own.create_all(tx)
    yield db
    db.dispose()


def pragma(tx: sa.Connection, name: str) -> object:
    return tx.exec_driver_sql(f"PRAGMA {name}").scalar()


def test_every_sqlite_connection_has_its_pragmas(file: Database) -> None:
    mode = sqlite_rules.journal_choice(sqlite_rules.driver().sqlite_version_info)[0]
    for opened in (file.transaction, file.reading):
        with opened() as tx:
            assert pragma(tx, "foreign_keys") == 1
            assert pragma(tx, "recursive_triggers") == 1
            assert pragma(tx, "synchronous") == 2
            assert pragma(tx, "busy_timeout") == 15_000
            assert str(pragma(tx, "journal_mode")).upper() == mode
    with file.reading() as tx:
        assert pragma(tx, "query_only") == 1


def test_a_sqlite_transaction_is_immediate(file: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_rules, "BUSY_SECONDS", 0)
    other = Database.connect(file.engine.url.render_as_string())
    with file.transaction():
        with pytest.raises(StorageUnavailableError) as caught, other.transaction():
            pass
        with other.reading() as tx:
            assert tx.scalar(sa.select(sa.func.count()).select_from(note)) == 0
    assert caught.value.problem == "database is locked"
    assert isinstance(caught.value.__cause__, sa.exc.OperationalError)
    other.dispose()


def test_a_deferred_transaction_is_refused(file: Database) -> None:
    engine = prepare_sqlite(
        sa.create_engine(file.engine.url, module=sqlite_rules.driver()), begin="BEGIN DEFERRED"
    )
    with engine.connect() as host, host.begin():
        host.scalar(sa.select(note.c.id))
        with pytest.raises(EngineUnsuitableError) as caught:
            file.bound_to(host)
        assert "BEGIN IMMEDIATE" in caught.value.remedy
        add(host)
        assert file.bound_to(host).is_bound
    engine.dispose()


@pytest.mark.parametrize("name", ["foreign_keys", "recursive_triggers", "synchronous"])
def test_a_missing_pragma_is_refused_by_name(file: Database, name: str) -> None:
    with file.engine.connect() as host:
        host.exec_driver_sql("COMMIT")
        host.exec_driver_sql(f"PRAGMA {name} = {1 if name == 'synchronous' else 0}")
        host.exec_driver_sql("BEGIN IMMEDIATE")
        with pytest.raises(EngineUnsuitableError) as caught:
            file.bound_to(host)
        assert name in caught.value.problem
        host.invalidate()


def test_memory_serves_quick_trials() -> None:
    db = Database.connect("sqlite://")
    with db.transaction() as tx:
        _own.create_all(tx)
        add(tx)
    assert count(db) == 1
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda _: count(db), range(8))) == [1] * 8
    db.dispose()


def test_a_writer_that_never_ends_does_not_block_for_ever(
    file: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unit_rules, "BUSY_SECONDS", 0.05)
    entered, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with file.transaction():
            entered.set()
            leave.wait(10)

    holder = threading.Thread(target=hold)
    holder.start()
    entered.wait(10)
    with pytest.raises(StorageUnavailableError), file.transaction():
        pass
    leave.set()
    holder.join()
    with file.transaction() as tx:
        add(tx)
    assert count(file) == 1


def test_a_full_file_is_unavailable_and_keeps_what_it_had(file: Database) -> None:
    with file.transaction() as tx:
        add(tx)
        tx.exec_driver_sql("CREATE TABLE blob (b BLOB)")
    with file.engine.connect() as raw:
        pages = int(str(pragma(raw, "page_count")))
        raw.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        bound = file.bound_to(raw)
        with pytest.raises(StorageUnavailableError) as caught, bound.transaction() as tx:
            tx.exec_driver_sql("INSERT INTO blob VALUES (zeroblob(1000000))")
        raw.invalidate()
    assert caught.value.problem == "database or disk is full"
    assert count(file) == 1


def test_an_unreachable_server_is_unavailable() -> None:
    db = Database.connect("postgresql://nobody:pass-word@127.0.0.1:1/none")
    for opened in (db.transaction, db.reading):
        with pytest.raises(StorageUnavailableError) as caught, opened():
            pass
        assert "pass-word" not in str(caught.value)
