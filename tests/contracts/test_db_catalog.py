"""``db check`` compares definitions: what kept its name but not its meaning is named."""

from collections.abc import Iterator

import pytest

from liveshop_sdk.db import Database, migrate

SQLITE = [
    (
        [
            "DROP TRIGGER ls_fact_no_update",
            "CREATE TRIGGER ls_fact_no_update BEFORE UPDATE ON ls_fact BEGIN SELECT 1; END",
        ],
        ["trigger ls_fact_no_update was changed"],
    ),
    (
        [
            "DROP TRIGGER ls_ledger_posting_seal",
            "CREATE TRIGGER ls_ledger_posting_seal AFTER INSERT ON ls_brand BEGIN SELECT 1; END",
        ],
        ["trigger ls_ledger_posting_seal was changed"],
    ),
    (
        ["CREATE TRIGGER sly AFTER INSERT ON LS_FACT BEGIN SELECT 1; END"],
        ["trigger sly is unknown"],
    ),
]
REFUSE = "ls_ledger_refuse() RETURNS trigger LANGUAGE plpgsql"
FK = "fk_ls_ledger_posting_book_id_seq"
POSTGRESQL = [
    (
        [f"CREATE OR REPLACE FUNCTION {REFUSE} AS $$ BEGIN RETURN NULL; END $$"],
        ["function ls_ledger_refuse was changed"],
    ),
    (
        ["ALTER FUNCTION ls_ledger_entry_seal() RESET search_path"],
        ["function ls_ledger_entry_seal was changed"],
    ),
    (
        ["ALTER FUNCTION ls_ledger_posting_seal() SECURITY DEFINER"],
        ["function ls_ledger_posting_seal was changed"],
    ),
    (
        ["ALTER TABLE ls_fact ENABLE REPLICA TRIGGER ls_fact_no_change"],
        ["trigger ls_fact_no_change is disabled"],
    ),
    (["ALTER TABLE ls_fact ENABLE ALWAYS TRIGGER ls_fact_no_change"], []),
    (
        [
            "DROP TRIGGER ls_fact_no_change ON ls_fact",
            "CREATE TRIGGER ls_fact_no_change BEFORE TRUNCATE ON ls_fact"
            " EXECUTE FUNCTION ls_fact_refuse()",
        ],
        ["trigger ls_fact_no_change was changed"],
    ),
    (
        [
            "DROP TRIGGER ls_ledger_entry_seal ON ls_ledger_entry",
            "CREATE TRIGGER ls_ledger_entry_seal AFTER INSERT ON ls_ledger_entry"
            " REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT WHEN (false)"
            " EXECUTE FUNCTION ls_ledger_entry_seal()",
        ],
        ["trigger ls_ledger_entry_seal was changed"],
    ),
    ([f"ALTER TABLE ls_ledger_posting DROP CONSTRAINT {FK}"], [f"constraint {FK} is missing"]),
    (
        ["ALTER TABLE ls_ledger_posting DISABLE TRIGGER ALL"],
        [
            "trigger ls_ledger_posting_no_change is disabled",
            "trigger ls_ledger_posting_seal is disabled",
            f"constraint {FK} is disabled",
        ],
    ),
    (
        [
            "ALTER TABLE ls_ledger_posting DROP CONSTRAINT ck_ls_ledger_posting_amount",
            "ALTER TABLE ls_ledger_posting ADD CONSTRAINT ck_ls_ledger_posting_amount CHECK (true)",
        ],
        ["constraint ck_ls_ledger_posting_amount was changed"],
    ),
    (
        ["ALTER TABLE ls_ledger_entry DROP CONSTRAINT ck_ls_ledger_entry_second_person"],
        ["constraint ck_ls_ledger_entry_second_person is missing"],
    ),
    (
        [
            "ALTER TABLE ls_fact DROP CONSTRAINT uq_ls_fact_platform_account_fact_key",
            "ALTER TABLE ls_fact ADD CONSTRAINT uq_ls_fact_platform_account_fact_key UNIQUE (id)",
        ],
        ["constraint uq_ls_fact_platform_account_fact_key was changed"],
    ),
    (
        ["CREATE RULE sly AS ON INSERT TO ls_fact DO INSTEAD NOTHING"],
        ["rule sly is unknown"],
    ),
]


@pytest.fixture
def current(bare_db_url: str) -> Iterator[Database]:
    db = Database.connect(bare_db_url)
    migrate.upgrade(db)
    yield db
    db.dispose()


def test_each_sabotage_is_named(current: Database, engine_kind: str) -> None:
    assert migrate.check(current) == []
    for statements, expected in SQLITE if engine_kind == "sqlite" else POSTGRESQL:
        with current.engine.connect() as connection, connection.begin() as change:
            for statement in statements:
                connection.exec_driver_sql(statement)
            found = migrate.check(current.bound_to(connection))
            change.rollback()
        assert found == expected, statements
    assert migrate.check(current) == []


def test_spaces_make_no_difference(current: Database, engine_kind: str) -> None:
    if engine_kind == "postgresql":
        return
    with current.transaction() as tx:
        name = "ls_fact_no_update"
        text = str(
            tx.exec_driver_sql(f"SELECT sql FROM sqlite_master WHERE name = '{name}'").scalar()
        )
        tx.exec_driver_sql(f"DROP TRIGGER {name}")
        tx.exec_driver_sql(text.replace(" BEGIN", "\n\n   BEGIN\n"))
    assert migrate.check(current) == []
