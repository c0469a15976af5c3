"""What needs no table: choices, URLs, and which faults are the storage's."""

import sqlite3
import sys
from types import ModuleType

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import registry as dialects

from liveshop_sdk.db import Database, include_object, journal_choice, metadata
from liveshop_sdk.db.engine import make_engines, parse_url
from liveshop_sdk.db.faults import storage_faults
from liveshop_sdk.db.sqlite import driver
from liveshop_sdk.db.types import Serial
from liveshop_sdk.errors import EngineUnsuitableError, StorageUnavailableError


@pytest.mark.parametrize(
    ("version", "mode"),
    [
        ((3, 6, 23), "TRUNCATE"),
        ((3, 40, 1), "TRUNCATE"),
        ((3, 44, 5), "TRUNCATE"),
        ((3, 44, 6), "WAL"),
        ((3, 44, 99), "WAL"),
        ((3, 45, 0), "TRUNCATE"),
        ((3, 49, 9), "TRUNCATE"),
        ((3, 50, 6), "TRUNCATE"),
        ((3, 50, 7), "WAL"),
        ((3, 51, 0), "TRUNCATE"),
        ((3, 51, 2), "TRUNCATE"),
        ((3, 51, 3), "WAL"),
        ((3, 53, 4), "WAL"),
        ((4, 0), "WAL"),
    ],
)
def test_wal_only_where_its_bug_is_mended(version: tuple[int, ...], mode: str) -> None:
    found, why = journal_choice(version)
    assert found == mode
    assert ".".join(str(part) for part in version) in why


@pytest.mark.parametrize(
    ("version", "is_taken"), [((3, 99, 0), True), (sqlite3.sqlite_version_info, False)]
)
def test_a_newer_pysqlite3_is_used(
    monkeypatch: pytest.MonkeyPatch, version: tuple[int, ...], is_taken: bool
) -> None:
    newer = ModuleType("pysqlite3.dbapi2")
    newer.sqlite_version_info = version  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "pysqlite3", ModuleType("pysqlite3"))
    monkeypatch.setitem(sys.modules, "pysqlite3.dbapi2", newer)
    assert (driver() is newer) is is_taken


def test_without_pysqlite3_the_standard_library_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pysqlite3", None)
    assert driver() is sqlite3


@pytest.mark.parametrize(
    "url", ["postgres://u@h/d", "postgresql://u@h/d", "postgresql+psycopg://u@h/d"]
)
def test_every_postgresql_url_means_psycopg_3(url: str) -> None:
    assert parse_url(url).drivername == "postgresql+psycopg"
    assert Database.connect(url).dialect == "postgresql"


@pytest.mark.parametrize(
    "url", ["", "nonsense", "mysql://root:pass-word@h/d", "postgresql+asyncpg://u:pass-word@h/d"]
)
def test_other_urls_are_refused_without_their_password(url: str) -> None:
    with pytest.raises(EngineUnsuitableError) as caught:
        Database.connect(url)
    assert "pass-word" not in str(caught.value)
    assert "Use sqlite:///file.db or postgresql://" in str(caught.value)


def test_the_password_does_not_show() -> None:
    db = Database.connect("postgresql://u:pass-word@h/d")
    assert repr(db) == "<Database postgresql+psycopg://u:***@h/d>"


def test_a_schema_is_set_on_connect_beside_given_options() -> None:
    engine = make_engines("postgresql://u@h/d?options=-cjit%3Doff", schema="show_2").writer
    _, arguments = engine.dialect.create_connect_args(engine.url)
    assert "options" not in arguments
    assert Database.connect("postgresql://u@h/d", schema="show_2").schema == "show_2"


@pytest.mark.parametrize("name", ["", "Public", "a b", "x;drop", "a-b", "a" * 64, "1a", "a\n"])
def test_a_schema_is_one_plain_word(name: str) -> None:
    with pytest.raises(EngineUnsuitableError):
        Database.connect("postgresql://u@h/d", schema=name)


def test_sqlite_has_no_schemas() -> None:
    with pytest.raises(EngineUnsuitableError):
        Database.connect("sqlite://", schema="a")


def test_a_missing_driver_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    dialects.impls.pop("postgresql.psycopg", None)
    with pytest.raises(EngineUnsuitableError) as caught:
        Database.connect("postgresql://u@h/d")
    assert 'pip install "liveshop-sdk[postgres]"' in str(caught.value)


def _sqlite_error(code: int, text: str) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError(text)
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    ("code", "text", "is_storage"),
    [
        (5, "database is locked", True),
        (517, "database is locked", True),  # SQLITE_BUSY_SNAPSHOT
        (13, "database or disk is full", True),
        (10, "disk I/O error", True),
        (14, "unable to open database file", True),
        (1, "no such table: ls_full_disk", False),
        (19, "constraint failed", False),
    ],
)
def test_only_a_storage_that_cannot_answer_is_unavailable(
    code: int, text: str, is_storage: bool
) -> None:
    error = sa.exc.OperationalError("INSERT 'm@example.org'", {}, _sqlite_error(code, text))
    expected = StorageUnavailableError if is_storage else sa.exc.OperationalError
    with pytest.raises(expected) as caught, storage_faults():
        raise error
    if is_storage:
        assert caught.value.__cause__ is error
        assert str(caught.value).startswith(f"The database did not answer ({text}). ")


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("database is locked", "Repeating the same call is safe."),
        ("disk I/O error", "Repeating the same call is safe."),
        ("unable to open database file", "LIVESHOP_DATABASE_URL names the file you mean"),
        ("attempt to write a readonly database", "read and write both the file and its folder"),
        ("file is not a database", "is damaged or no SQLite database"),
        ("database or disk is full", "Make room on the disk"),
        ("connection failed: FATAL: no such role", "Check that the server runs"),
    ],
)
def test_a_fault_that_stays_says_what_to_check(text: str, remedy: str) -> None:
    error = sa.exc.OperationalError("x", {}, Exception(text))
    with pytest.raises(StorageUnavailableError) as caught, storage_faults():
        raise error
    assert remedy in caught.value.remedy
    assert caught.value.remedy in str(caught.value)


def test_an_older_driver_without_codes_goes_by_its_words() -> None:
    for text, expected in {
        "database is locked": StorageUnavailableError,
        "near SELEC: syntax error": sa.exc.OperationalError,
    }.items():
        with pytest.raises(expected), storage_faults():
            raise sa.exc.OperationalError("x", {}, sqlite3.OperationalError(text))


def test_violations_and_own_errors_pass_untouched() -> None:
    for error in (
        sa.exc.IntegrityError("x", {}, sqlite3.IntegrityError("UNIQUE")),
        ValueError("no"),
    ):
        with pytest.raises(type(error)) as caught, storage_faults():
            raise error
        assert caught.value is error


def test_an_exhausted_pool_is_unavailable() -> None:
    with pytest.raises(StorageUnavailableError), storage_faults():
        raise sa.exc.TimeoutError


def test_a_lost_connection_is_unavailable_whatever_its_class() -> None:
    lost = sa.exc.InterfaceError("x", {}, Exception("gone"), connection_invalidated=True)
    with pytest.raises(StorageUnavailableError), storage_faults():
        raise lost


def test_a_host_s_autogenerate_leaves_our_tables_alone() -> None:
    ours = sa.Table("ls_thing", sa.MetaData(), sa.Column("id", Serial, index=True))
    theirs = sa.Table("shop_thing", sa.MetaData(), sa.Column("id", Serial, index=True))
    for table, is_kept in ((ours, False), (theirs, True)):
        assert include_object(table, table.name, "table", True, None) is is_kept
        assert include_object(table.c.id, "id", "column", True, None) is is_kept
        (index,) = table.indexes
        assert include_object(index, index.name, "index", True, None) is is_kept


def test_names_of_constraints_are_made_by_rule() -> None:
    assert metadata.naming_convention["pk"] == "pk_%(table_name)s"
