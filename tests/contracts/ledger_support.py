"""A book to post to, on both engines, and a story to post."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa

from liveshop_sdk.affiliate.ledger import tables, triggers
from liveshop_sdk.affiliate.ledger.models import Book, EntryDraft, Posting
from liveshop_sdk.affiliate.ledger.service import Ledger
from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database, Transaction

START = datetime(2026, 10, 2, 18, tzinfo=UTC)
EXPENSE = "brand:commission_expense"
JOURNAL = [
    tables.book,
    tables.head,
    tables.account,
    tables.entry,
    tables.posting,
    tables.checkpoint,
]
TABLES = [*JOURNAL, tables.period, tables.period_balance]


def make_schema(database: Database) -> None:
    """Create the ledger's own tables and triggers, apart from any migration."""
    with database.transaction() as tx:
        tables.book.metadata.create_all(tx, tables=TABLES)
        for statement in triggers.statements(database.dialect):
            tx.execute(sa.text(statement))


def sqlite(folder: Path) -> Database:
    return Database.connect(f"sqlite:///{folder / 'ledger.db'}")


def clock() -> ManualClock:
    return ManualClock(START)


def opened(database: Database, ledger: Ledger, code: str = "main") -> Book:
    with database.transaction() as tx:
        return ledger.open_book(tx, code, "EUR", "Europe/Berlin")


def draft(
    kind: str,
    event_id: str,
    *lines: tuple[str, int],
    line_ref: str = "",
    minutes: int = 0,
    currency: str = "EUR",
    **more: object,
) -> EntryDraft:
    """A draft whose lines are (account, amount); names like ``mika:pending`` are creators'."""
    postings = tuple(
        Posting(
            account=name if name.startswith("brand:") else f"creator:{name}",
            amount=amount,
            currency=currency,
            line_ref=line_ref,
        )
        for name, amount in lines
    )
    return EntryDraft(
        kind=kind,
        source="stripe",
        event_id=event_id,
        occurred_at=START + timedelta(minutes=minutes),
        postings=postings,
        **more,  # type: ignore[arg-type]
    )


def sale(number: int, amount: int = 1200, creator: str = "mika", **more: object) -> EntryDraft:
    return draft(
        "sale",
        f"order:{number}",
        (EXPENSE, amount),
        (f"{creator}:pending", -amount),
        line_ref=f"{number}/L1",
        minutes=number,
        **more,  # type: ignore[arg-type]
    )


def story() -> list[EntryDraft]:
    """A sale of each kind of ending, with every account and optional field in use."""
    return [
        sale(1, 1200, meta={"stream": "drop-1", "größe": [1, None, True]}),
        sale(2, 801, creator="ana", reason='ünïcode "quoted"\n\t\x7f 😀', created_by="u1"),
        draft("refund", "refund:1", (EXPENSE, -200), ("mika:pending", 200), line_ref="1/L1"),
        draft("refund_failed", "refund_failed:1", (EXPENSE, 200), ("mika:pending", -200)),
        draft("release", "release:1", ("mika:pending", 1200), ("mika:payable", -1200)),
        draft("dispute_opened", "dispute_opened:1", ("mika:payable", 900), ("mika:disputed", -900)),
        draft("dispute_won", "dispute_won:1", ("mika:disputed", 900), ("mika:payable", -900)),
        draft(
            "refund",
            "refund:2",
            (EXPENSE, -1500),
            ("mika:payable", 1200),
            ("mika:clawback_receivable", 300),
        ),
        draft("order_changed", "order:1:v2", (EXPENSE, 100), ("mika:clawback_receivable", -100)),
        draft("sale", "order:3", (EXPENSE, 50), ("ben:pending", -50), currency="JPY"),
        draft("sale", "order:nothing", terms_version="3", applies_to_period="2026-09"),
    ]


def drop_guards(database: Database) -> None:
    """Do what someone with the database's password can do first."""
    with database.transaction() as tx:
        if tx.dialect.name == "sqlite":
            for name in triggers.names("sqlite"):
                tx.exec_driver_sql(f"DROP TRIGGER {name}")
            return
        for table in TABLES:  # foreign keys are triggers too
            tx.exec_driver_sql(f"ALTER TABLE {table.name} DISABLE TRIGGER ALL")


def drop_every_guard(db: Database) -> None:
    with db.transaction() as tx:
        if tx.dialect.name == "sqlite":
            names = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
            for name in tx.exec_driver_sql(names).scalars().all():
                tx.exec_driver_sql(f"DROP TRIGGER {name}")
            return
        names = "SELECT tablename FROM pg_tables WHERE tablename LIKE 'ls_%'"
        for name in tx.execute(sa.text(names)).scalars().all():
            tx.exec_driver_sql(f"ALTER TABLE {name} DISABLE TRIGGER ALL")


@contextmanager
def tampering(database: Database, *, undo: bool = False) -> Iterator[Transaction]:
    """Open a transaction that no foreign key watches; it can be undone at the end."""
    with database.engine.connect() as connection:
        raw: Any = connection.connection.driver_connection
        is_sqlite = database.dialect == "sqlite"
        if is_sqlite:
            raw.execute("PRAGMA foreign_keys = OFF")
        with connection.begin() as transaction:
            yield connection
            if undo:
                transaction.rollback()
        if is_sqlite:
            raw.execute("PRAGMA foreign_keys = ON")


@contextmanager
def stranger(database: Database) -> Iterator[Callable[[str], object]]:
    """Open a driver's connection as anybody would, with none of our settings.

    On SQLite foreign keys and recursive triggers are off there.
    """
    url = database.engine.url
    raw: Any
    if database.dialect == "sqlite":
        raw = sqlite3.connect(str(url.database))
    else:
        raw = psycopg.connect(
            url.set(drivername="postgresql").render_as_string(hide_password=False)
        )
    try:
        yield raw.execute
        raw.commit()
    finally:
        raw.close()


def counts(database: Database) -> list[int]:
    with database.reading() as tx:
        return [
            tx.exec_driver_sql(f"SELECT count(*) FROM {table.name}").scalar_one()
            for table in JOURNAL
        ]
