"""Where the demo is played: its database, its clock, its summary, its storefront."""

import hashlib
import os
import random as _random
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, cast

import click
from flask import Flask

from liveshop_sdk.cli.demo.cast import BRAND, Evening, furnish, schedule
from liveshop_sdk.cli.demo.story import LATE, Story
from liveshop_sdk.clock import ManualClock, SystemClock
from liveshop_sdk.db import Database, migrate
from liveshop_sdk.db.scratch import drop_schema
from liveshop_sdk.money import Money
from liveshop_sdk.platforms.sandbox.store import SandboxStore
from liveshop_sdk.settings import Settings
from liveshop_sdk.shop.live_shop import LiveShop
from liveshop_sdk.testing import InProcessDelivery

OPENS_AT = datetime(2026, 10, 2, 18, tzinfo=UTC)
"""When the headless evening begins, whatever day it is played."""

AGO = timedelta(days=21)
"""How long before the real evening the story was when the demo is served."""

GROUP = "liveshop.storefront"
_BASE_URL = "http://127.0.0.1:8000"
_TONIGHT = ("pay", "pay", "pay_code", "look", "abandon", "pay")

Storefront = Callable[[LiveShop], Flask]


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What came of an evening; ``ok`` tells whether the ledger verifies."""

    ok: bool
    document: dict[str, Any]


def is_postgres(url: str) -> bool:
    """Tell whether a database URL names PostgreSQL."""
    return url.startswith(("postgres:", "postgresql:", "postgresql+psycopg:"))


@contextmanager
def database(url: str) -> Iterator[Database]:
    """Yield an empty, migrated database of the demo's own, gone afterwards.

    Args:
        url: PostgreSQL: a schema there. Anything else: a temporary SQLite file.
    """
    if is_postgres(url):
        db = Database.connect(url, schema=f"liveshop_demo_{os.getpid()}")
        try:
            drop_schema(db)
            migrate.upgrade(db)
            yield db
        finally:
            drop_schema(db)
            db.dispose()
        return
    with tempfile.TemporaryDirectory(prefix="liveshop-demo-") as folder:
        db = Database.connect(f"sqlite:///{Path(folder) / 'demo.db'}")
        try:
            migrate.upgrade(db)
            yield db
        finally:
            db.dispose()


def perform(db: Database, *, seed: int) -> Summary:
    """Play the whole story and sum it up; the same seed gives the same summary."""
    started = time.perf_counter()
    shop = play(db, seed=seed, evening=Evening(opens_at=OPENS_AT))
    report = shop.ledger.verify(brand=BRAND)
    document = {"stream": Evening(opens_at=OPENS_AT).main, **summed_up(shop)}
    seconds = round(time.perf_counter() - started, 2)
    return Summary(ok=report.ok, document={**document, "seconds": seconds})


def play(db: Database, *, seed: int, evening: Evening, base_url: str = _BASE_URL) -> LiveShop:
    """Play one evening with its aftermath in an empty database; returns its shop."""
    clock = ManualClock(evening.opens_at - timedelta(days=1))
    random = _random.Random(seed)  # noqa: S311 - repeatable is the point
    with db.transaction() as tx:
        store = SandboxStore()
        for name in ("secret_key", "webhook_secret"):
            text = hashlib.sha256(f"liveshop demo {seed} {name}".encode()).hexdigest()
            store.put_value(tx, name, text)
    shop = _shop(db, base_url, clock=clock, random=random)
    furnish(shop)
    links = schedule(shop, evening)
    shop.sandbox.deliveries(duplicate=1, reorder=LATE)
    story = Story(shop, clock, random, evening)
    story.evening(links)
    story.aftercare()
    return shop


def open_tonight(db: Database, *, seed: int, base_url: str) -> LiveShop:
    """Play the story as of three weeks ago, then open a stream that is on now."""
    now = SystemClock().now().replace(microsecond=0)
    play(db, seed=seed, evening=Evening(opens_at=now - AGO), base_url=base_url)
    tonight = Evening(opens_at=now - timedelta(minutes=20), lasts=timedelta(hours=3), suffix="-2")
    clock = ManualClock(tonight.opens_at)
    random = _random.Random(seed + 1)  # noqa: S311 - as above
    shop = _shop(db, base_url, clock=clock, random=random)
    shop.sandbox.deliveries(duplicate=0, reorder=timedelta(0))
    links = schedule(shop, tonight)
    first = Evening(opens_at=tonight.opens_at, lasts=timedelta(minutes=18), suffix="-2")
    Story(shop, clock, random, first).evening(links, _TONIGHT)
    shop.worker(batch=1).drain()
    return LiveShop.from_settings(_settings(base_url), db=db)


def summed_up(shop: LiveShop) -> dict[str, Any]:
    """Return counts, money and the sealed root of the shop's one book."""
    found = shop.ledger.balance(brand=BRAND)
    gross: Counter[str] = Counter()
    for order in shop.orders(limit=10_000):
        gross[order.currency or ""] += order.total or 0
    commission = {
        row.currency: row.amount
        for row in found.balances
        if row.account == "brand:commission_expense"
    }
    return {
        **{name: shop.stats()[name] for name in ("links", "touches", "orders", "refunds")},
        "gross": _moneys(gross),
        "commission": _moneys(commission),
        "balances": found.as_json()["balances"],
        "entries": found.head.seq,
        "root_hash": found.head.root_hash,
    }


def find_storefront() -> Storefront:
    """Return the sample shop that is installed beside us.

    Raises:
        click.UsageError: there is none.
    """
    found = next(iter(entry_points(group=GROUP)), None)
    if found is None:
        raise click.UsageError(
            "The sample storefront is not installed: run `make demo` in a checkout, which "
            "installs it, or `liveshop demo --headless`, which needs none."
        )
    return cast("Storefront", found.load())


def _shop(db: Database, base_url: str, *, clock: ManualClock, random: _random.Random) -> LiveShop:
    delivery = InProcessDelivery()
    shop = LiveShop.from_settings(
        _settings(base_url), db=db, clock=clock, random=random, sandbox_transport=delivery
    )
    delivery.connect(shop)
    return shop


def _settings(base_url: str) -> Settings:
    return Settings.load({"LIVESHOP_BASE_URL": base_url})


def _moneys(amounts: dict[str, int]) -> list[dict[str, Any]]:
    return [Money(amount, code).as_json() for code, amount in sorted(amounts.items())]
