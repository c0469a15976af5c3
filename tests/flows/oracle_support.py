"""What the long stories share: a shop served over HTTP, its command line, a second opinion.

The shop is the real one: real vendor packages, a Flask app on a loopback port, the
platform's oracle on another. Balances are computed a second time here, with
fractions and from the oracle's own state, by code that shares nothing with ours.
"""

import http.client
import json
import logging
import math
import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa
from click.testing import CliRunner
from flask import Flask
from flask.cli import ScriptInfo
from werkzeug.serving import WSGIRequestHandler, make_server

from liveshop_sdk.checkout import tables as checkout_tables
from liveshop_sdk.cli import cli
from liveshop_sdk.clock import to_iso
from liveshop_sdk.db import Database
from liveshop_sdk.events import tables as event_tables
from liveshop_sdk.settings import Settings
from liveshop_sdk.shop.live_shop import LiveShop
from liveshop_sdk.web import LiveShopFlask

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15"
KEY = "a-key-of-the-stories-and-of-nothing-else"


class ShiftedClock:
    """The real time, and then some: platforms sign with the real one."""

    def __init__(self) -> None:
        self.shift = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.shift


@dataclass(frozen=True)
class Answer:
    """An HTTP answer; redirects are not followed."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def location(self) -> str:
        assert self.status == 303, (self.status, self.body)
        return self.headers["Location"]


class _Silent(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002
        pass


@dataclass
class Site:
    """One shop, served; ``cli`` is its command line, in a process of its own if asked."""

    url: str
    shop: LiveShop
    clock: ShiftedClock
    env: Mapping[str, str] = field(repr=False)
    app: Flask = field(repr=False)

    @property
    def webhooks(self) -> str:
        return f"{self.url}/webhooks/{self.shop.platform.name}"

    def cli(self, *args: str, exit_code: int = 0) -> Any:
        """Run a command here, with the environment alone, and return its document."""
        with _unlogged():
            done = CliRunner().invoke(cli, [*args, "--json"], env=dict(self.env))
        assert done.exit_code == exit_code, (args, done.output, done.exception)
        return json.loads(done.stdout)

    def flask(self, *args: str) -> Any:
        """Run a command as ``flask liveshop`` does, on the served application's own shop."""
        app = ScriptInfo(create_app=lambda: self.app)
        with _unlogged():
            done = CliRunner().invoke(cli, [*args, "--json"], obj=app)
        assert done.exit_code == 0, (args, done.output, done.exception)
        return json.loads(done.stdout)

    def process(self, *args: str, exit_code: int = 0) -> Any:
        """Run a command as a user does: by another interpreter."""
        program = "from liveshop_sdk.cli import main; main()"
        done = subprocess.run(
            [sys.executable, "-c", program, *args, "--json"],
            env={"PATH": os.environ.get("PATH", ""), **self.env},
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == exit_code, (args, done.stdout, done.stderr)
        return json.loads(done.stdout)

    def get(self, address: str, *, accept: str = "application/json") -> Answer:
        """Open a page as a buyer's phone does."""
        parts = urlsplit(address)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=30)
        try:
            connection.request("GET", path, headers={"User-Agent": PHONE, "Accept": accept})
            answer = connection.getresponse()
            return Answer(answer.status, dict(answer.getheaders()), answer.read())
        finally:
            connection.close()

    def issue(self, creator: str, stream: str, coupon: str | None, **items: int) -> str:
        """Issue a link by command line and return its address."""
        cart = [part for sku, n in items.items() for part in ("--item", f"{sku}={n}")]
        code = ["--coupon", coupon] if coupon else []
        made = self.cli("links", "issue", "--creator", creator, "--stream", stream, *cart, *code)
        assert made["url"].startswith(f"{self.url}/l/lk1.")
        return str(made["url"])

    def counts(self) -> dict[str, int]:
        """Return how many rows a delivery could have changed."""
        with self.shop.db.reading() as tx:
            tables = (event_tables.inbox, event_tables.fact)
            rows = {
                t.name: tx.scalar(sa.select(sa.func.count()).select_from(t)) or 0 for t in tables
            }
        return rows | self.shop.stats()

    def coupon(self, code: str) -> tuple[int, int]:
        """Return a coupon's (reserved, used)."""
        coupon = self.shop.coupons.get(code)
        return coupon.reserved, coupon.used

    def visits(self) -> list[Any]:
        """Return every visit's checkout, the oldest first."""
        table = checkout_tables.checkout
        with self.shop.db.reading() as tx:
            return list(tx.execute(sa.select(table).order_by(table.c.id)))

    def balances(self, brand: str) -> dict[str, int]:
        """Return what the ledger says, without what is zero."""
        rows = self.shop.ledger.balance(brand=brand).balances
        return {row.account: row.amount for row in rows if row.amount}

    def check_books(self, *, apart: str) -> None:
        """Verify every book by command line, one of them by a process of its own."""
        for brand in ("main", "tokyo"):
            run = self.process if brand == apart else self.cli
            verified = run("ledger", "verify", "--brand", brand)
            balance = self.cli("ledger", "balance", "--brand", brand)
            assert (verified["ok"], verified["root_hash"]) == (True, balance["root_hash"])
            rows = {row["account"]: row["amount"] for row in balance["balances"] if row["amount"]}
            assert rows == self.balances(brand)

    def reason(self, order_ref: str, *brands: str) -> dict[str, tuple[str | None, str]]:
        """Return whom an order credits and why, by brand."""
        found = self.cli("explain", order_ref)["decisions"]
        return {one["brand"]: (one["creator"], one["reason"]) for one in found}


@contextmanager
def _unlogged() -> Iterator[None]:
    """Let nobody show what is logged: pytest takes a command's output away for that."""
    logging.disable(logging.INFO)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


@contextmanager
def serving(db: Database, db_url: str, environ: Mapping[str, str]) -> Iterator[Site]:
    """Serve a shop on a loopback port for as long as the block lasts."""
    app = Flask("store")
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Silent)
    server.daemon_threads = True  # type: ignore[attr-defined]
    url = f"http://127.0.0.1:{server.server_port}"
    env = {
        "LIVESHOP_DATABASE_URL": db_url,
        "LIVESHOP_SECRET_KEYS": KEY,
        "LIVESHOP_BASE_URL": url,
        **environ,
    }
    clock = ShiftedClock()
    shop = LiveShop.from_settings(Settings.load(env), db=db, clock=clock)
    LiveShopFlask(app, shop)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield Site(url=url, shop=shop, clock=clock, env=env, app=app)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


# --- what every story begins with


def furnish(site: Site, **variants: str) -> None:
    """Fill a shop by command line; repeating every command changes nothing."""

    def add(sku: str, amount: str, currency: str, brand: str) -> tuple[str, ...]:
        refs = ("--shopify-variant", variants[sku]) if sku in variants else ()
        named = ("--title", sku.title(), "--amount", amount, "--currency", currency)
        return ("products", "add", sku, *named, "--brand", brand, *refs)

    opens = to_iso(site.clock.now() - timedelta(minutes=5))
    closes = to_iso(site.clock.now() + timedelta(hours=3))
    window = ("--opens-at", opens, "--closes-at", closes, "--brand", "main", "--brand", "tokyo")
    commands: list[tuple[str, ...]] = [
        ("brands", "add", "main", "--currency", "EUR", "--timezone", "Europe/Berlin"),
        ("brands", "add", "tokyo", "--currency", "JPY", "--timezone", "Asia/Tokyo"),
        add("sku_tee", "49.90", "EUR", "main"),
        add("sku_cap", "15.00", "EUR", "main"),
        add("sku_tabi", "5500", "JPY", "tokyo"),
        *(
            ("creators", "add", creator, "--rate", rate, "--brand", brand)
            for creator, rate in (("mika", "12%"), ("ben", "7.5%"))
            for brand in ("main", "tokyo")
        ),
        ("streams", "add", "friday-drop", "--host", "mika", "--host", "ben", *window),
        ("streams", "add", "duo-night", "--host", "mika:60", "--host", "ben:40", *window),
    ]
    for command in commands:
        site.flask(*command)


def coupons(site: Site) -> None:
    """Make the coupons of the story, by command line."""
    wanted = (
        ("MIKA20", "friday-drop", "mika", ("--percent-off", "20", "--limit", "6")),
        ("BEN15", "friday-drop", "ben", ("--percent-off", "15")),
        ("FREE100", "friday-drop", "ben", ("--percent-off", "100", "--limit", "1")),
        ("DUO5", "duo-night", "mika", ("--amount-off", "5.00", "--currency", "EUR")),
    )
    for code, stream, creator, terms in wanted:
        command = ("coupons", "create", code, "--stream", stream, "--creator", creator, *terms)
        made = site.flask(*command)
        assert made["status"] == "ready"


def nothing_differs(site: Site, *, undone: int = 0) -> None:
    """The platform's own records say what the webhooks said, and there is nothing to post.

    ``undone`` counts refunds that the platform shows only as failed, having told of both.
    """
    before = site.counts()
    found = site.cli("reconcile", "--fix")
    assert found["checked"] + undone == before["ls_fact"], found
    names = ("ok", "missing", "extra", "different", "fixed", "discrepancies")
    assert {name: found[name] for name in names} == {
        "ok": True,
        **dict.fromkeys(("missing", "extra", "different", "fixed"), 0),
        "discrepancies": [],
    }
    assert site.counts() == before


# --- the second opinion


@dataclass(frozen=True)
class Credit:
    """Who earns what of a sale, as the story knows it."""

    rate: Fraction
    hosts: tuple[tuple[str, int], ...]


@dataclass
class Sale:
    """A paid order as the platform has it; amounts in minor units.

    ``refunds`` holds (paid back, of that for named things, base by named line).
    """

    paid: int
    bases: Mapping[str, int]
    credit: Credit | None
    refunds: Sequence[tuple[int, int, Mapping[str, int]]] = ()
    frozen: int = 0
    lost: int = 0
    is_released: bool = False


MIKA = Credit(Fraction(12, 100), (("mika", 1),))
BEN = Credit(Fraction(75, 1000), (("ben", 1),))
DUO = Credit(Fraction(12, 100), (("mika", 60), ("ben", 40)))


def half_up(value: Fraction) -> int:
    """Round to the next whole number, a half upwards."""
    return math.floor(value + Fraction(1, 2))


def shared(total: int, weights: Sequence[int]) -> list[int]:
    """Split by largest remainder; of equals the first one wins."""
    exact = [Fraction(total * weight, sum(weights)) for weight in weights]
    parts = [math.floor(part) for part in exact]
    order = sorted(range(len(parts)), key=lambda i: (parts[i] - exact[i], i))
    for i in order[: total - sum(parts)]:
        parts[i] += 1
    return parts


def expected(sales: Iterable[Sale]) -> dict[str, int]:
    """Return what a book must say, debit positive, without what is zero."""
    book: Counter[str] = Counter()
    for sale in sales:
        for line, base in sale.bases.items() if sale.credit else ():
            assert sale.credit
            earned = half_up(base * sale.credit.rate)
            weights = [weight for _, weight in sale.credit.hosts]
            for (host, _), part in zip(sale.credit.hosts, shared(earned, weights), strict=True):
                gone = _taken(sale, line, base, part, sale.lost)
                at_risk = _taken(sale, line, base, part, sale.lost + sale.frozen)
                kept = "payable" if sale.is_released else "pending"
                book[f"creator:{host}:{kept}"] -= part - at_risk
                book[f"creator:{host}:disputed"] -= at_risk - gone
                book["brand:commission_expense"] += part - gone
    return {account: amount for account, amount in book.items() if amount}


def _taken(sale: Sale, line: str, base: int, part: int, disputed: int) -> int:
    """Return how much of a part goes with what was paid back of its line."""
    if not base:
        return 0
    named = min(sum(bases.get(line, 0) for _, _, bases in sale.refunds), base)
    rest = sale.paid - sum(amount for _, amount, _ in sale.refunds)
    unnamed = sum(paid - amount for paid, amount, _ in sale.refunds) + disputed
    share = Fraction(unnamed, rest) if rest > 0 else Fraction(unnamed > 0)
    back = named + half_up((base - named) * share)
    return half_up(Fraction(part * min(back, base), base))
