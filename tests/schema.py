"""Every table of the package, built at once from the tables as they stand.

Quicker than all migrations, one after another; ``test_db_migrate`` says whether
those come to the same.
"""

from collections.abc import Iterator
from importlib import import_module
from types import ModuleType

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from liveshop_sdk.affiliate import triggers as affiliate
from liveshop_sdk.affiliate.exports import triggers as exports
from liveshop_sdk.affiliate.fx import triggers as fx
from liveshop_sdk.affiliate.ledger import triggers as ledger
from liveshop_sdk.affiliate.windows import triggers as windows
from liveshop_sdk.checkout import triggers as checkout
from liveshop_sdk.checkout.fees import triggers as fees
from liveshop_sdk.db import VERSION_TABLE, Database, metadata, migrate
from liveshop_sdk.events import triggers as events
from liveshop_sdk.registry import triggers as registry

ROOMS = {
    "registry": "liveshop_sdk.registry.tables",
    "access": "liveshop_sdk.registry.access.tables",
    "events": "liveshop_sdk.events.tables",
    "checkout": "liveshop_sdk.checkout.tables",
    "affiliate": "liveshop_sdk.affiliate.tables",
    "windows": "liveshop_sdk.affiliate.windows.tables",
    "ledger": "liveshop_sdk.affiliate.ledger.tables",
    "exports": "liveshop_sdk.affiliate.exports.tables",
    "sandbox": "liveshop_sdk.platforms.sandbox.tables",
    "payouts": "liveshop_sdk.affiliate.payouts.tables",
    "fx": "liveshop_sdk.affiliate.fx.tables",
    "sandbox payouts": "liveshop_sdk.platforms.sandbox.payouts.tables",
    "vault": "liveshop_sdk.platforms.vault.tables",
    "privacy": "liveshop_sdk.checkout.privacy.tables",
    "fees": "liveshop_sdk.checkout.fees.tables",
    "personal": "liveshop_sdk.checkout.personal.tables",
    "sandbox codes": "liveshop_sdk.platforms.sandbox.codes.tables",
}
DIALECTS: dict[str, sa.Dialect] = {
    "sqlite": sqlite.dialect(),
    "postgresql": postgresql.dialect(),
}
_MODULES = {room: import_module(name) for room, name in ROOMS.items()}


def tables_of(room: str) -> list[sa.Table]:
    """Return a room's tables, each after those it refers to."""
    own = [value for value in vars(_MODULES[room]).values() if isinstance(value, sa.Table)]
    return [table for table in metadata.sorted_tables if table in own]


def triggers_of(room: str, dialect: str) -> list[str]:
    """Return the statements that make a room's triggers."""
    rooms: dict[str, ModuleType] = {
        "registry": registry,
        "events": events,
        "checkout": checkout,
        "affiliate": affiliate,
        "windows": windows,
        "ledger": ledger,
        "fx": fx,
        "exports": exports,
        "fees": fees,
    }
    texts: list[str] = rooms[room].statements(dialect) if room in rooms else []
    return [text for text in texts if not text.startswith("DROP")]


def statements(room: str, dialect: str) -> Iterator[str]:
    """Yield all statements that make a room's part of the schema."""
    for table in tables_of(room):
        yield _sql(CreateTable(table), dialect)
        for index in sorted(table.indexes, key=lambda each: str(each.name)):
            yield _sql(CreateIndex(index), dialect)
    yield from triggers_of(room, dialect)


def build(db: Database) -> None:
    """Make the schema from the tables as they stand, and mark it as current."""
    with db.transaction() as tx:
        for room in ROOMS:
            for statement in statements(room, db.dialect):
                tx.exec_driver_sql(statement, execution_options={"no_parameters": True})
        tx.exec_driver_sql(f"CREATE TABLE {VERSION_TABLE} (version_num VARCHAR(32) PRIMARY KEY)")
        tx.exec_driver_sql(f"INSERT INTO {VERSION_TABLE} VALUES ('{migrate.head()}')")


def _sql(element: CreateTable | CreateIndex, dialect: str) -> str:
    text = str(element.compile(dialect=DIALECTS[dialect]))
    return "\n".join(line.replace("\t", "  ").rstrip() for line in text.strip().splitlines())
