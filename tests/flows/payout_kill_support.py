"""Two who start the same payouts at once and may die at any point, and what must be true then."""

import json
import subprocess
import sys
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any

from liveshop_sdk.affiliate.ledger.models import EntryDraft, Posting
from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.errors import PayoutStateError
from liveshop_sdk.settings import Settings
from liveshop_sdk.shop.live_shop import LiveShop
from tests.flows.kill_support import NOW, SETTINGS, Fuse, Tell, in_child, in_children
from tests.platforms.stripe_support import KEY, oracles

CREATORS = ("ana", "ben", "mika")
EXPENSE = "brand:commission_expense"
TRANSFERS = {"path": "^/v1/transfers$", "method": "POST"}


@dataclass
class Stripe:
    """The oracle in a process of its own."""

    base: str

    def tell(self, name: str, **body: Any) -> Any:
        data = json.dumps(body).encode() if body else None
        method = "GET" if name in ("state", "log") else "POST"
        request = urllib.request.Request(f"{self.base}/_{name}", data, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read())

    def begin(self) -> None:
        """Forget everything, and know the creators' accounts."""
        self.tell("reset")
        for creator in CREATORS:
            ready = {"transfers": "active"}
            account = {"id": f"acct_{creator}", "object": "account", "capabilities": ready}
            self.tell("seed", object=account)

    def transfers(self) -> list[dict[str, Any]]:
        objects = self.tell("state")["objects"].values()
        return [one for one in objects if one["object"] == "transfer"]


@contextmanager
def stripe() -> Iterator[Stripe]:
    program = str(oracles() / "stripe_oracle.py")
    with subprocess.Popen([sys.executable, program], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            yield Stripe(json.loads(process.stdout.readline())["base"])
        finally:
            process.kill()


def open_shop(db: Database, clock: ManualClock, base: str, seed: int) -> LiveShop:
    """Return a shop that pays by the oracle; each process has chance of its own."""
    settings = SETTINGS | {"LIVESHOP_STRIPE_API_KEY": KEY, "LIVESHOP_STRIPE_API_BASE": base}
    return LiveShop.from_settings(Settings.load(settings), db=db, clock=clock, random=Random(seed))


def fill(shop: LiveShop) -> None:
    """Creators with an account each, and a book."""
    for creator in CREATORS:
        shop.creators.add(creator, rate="10%")
        shop.payouts.set_payee(creator, rail="stripe", fields={"account": f"acct_{creator}"})


def run(shop: LiveShop) -> None:
    """Do what an operator, or a timer, does: plan, approve what was planned, send."""
    shop.payouts.plan(rail="stripe", by="u1")
    for batch in shop.payouts.batches():
        if batch.state == "planned":
            with suppress(PayoutStateError):  # the other one was quicker
                shop.payouts.approve(batch.id, by="u2")
    shop.payouts.send(by="u2")


@dataclass
class Play:
    """Rounds of double starts on one database."""

    db: Database
    oracle: Stripe
    clock: ManualClock = field(default_factory=lambda: ManualClock(NOW))
    earned: Counter[str] = field(default_factory=Counter)
    number: int = 0
    deaths: int = 0

    def heir(self, seed: int) -> LiveShop:
        return open_shop(self.db, self.clock, self.oracle.base, seed)

    def earn(self, shop: LiveShop, chance: Random) -> None:
        """Make something payable to some creators, other amounts every time."""
        ledger = shop._rooms.ledger
        with self.db.transaction() as tx:
            book = ledger.book(tx, "main")
            for creator in chance.sample(CREATORS, chance.randint(1, len(CREATORS))):
                self.number += 1
                amount = chance.randint(1, 9_999)
                self.earned[creator] += amount
                own = f"creator:{creator}"
                ledger.post_many(
                    tx,
                    book,
                    [
                        self._draft("sale", (EXPENSE, amount), (f"{own}:pending", -amount)),
                        self._draft(
                            "release", (f"{own}:pending", amount), (f"{own}:payable", -amount)
                        ),
                    ],
                )

    def _draft(self, kind: str, *lines: tuple[str, int]) -> EntryDraft:
        return EntryDraft(
            kind=kind,
            source="test",
            event_id=f"{kind}:{self.number}",
            occurred_at=self.clock.now(),
            postings=tuple(Posting(account, amount, "EUR") for account, amount in lines),
        )

    def passed(self, seed: int) -> int:
        """Run alone, where nobody dies, and return how many boundaries there were."""
        told = in_child(self._life(seed, 0))
        (passed,) = told.all("passed")
        return int(passed)

    def double(self, seeds: tuple[int, int], fuses: tuple[int, int]) -> None:
        """Start two at once, each to die at its boundary, if it comes that far."""
        self.db.dispose()
        lives = [self._life(seed, at) for seed, at in zip(seeds, fuses, strict=True)]
        told = in_children(*lives)
        self.deaths += sum(one.was_killed for one in told)

    def _life(self, seed: int, fuse_at: int) -> Any:
        def life(tell: Tell) -> None:
            shop = self.heir(seed)
            fuse = Fuse(fuse_at)
            fuse.lay(self.db)
            rail: Any = shop.payouts._rails.called["stripe"]
            rail.send, rail.find = fuse.around(rail.send), fuse.around(rail.find)
            run(shop)
            tell("passed", fuse.passed)

        return life

    def check(self, shop: LiveShop) -> None:
        """Every cent left once: items, ledger and the oracle's own list agree."""
        sent = self.oracle.transfers()
        groups = Counter(one["transfer_group"] for one in sent)
        assert [group for group, count in groups.items() if count > 1] == []
        paid = Counter[str]()
        for one in sent:
            paid[one["destination"].removeprefix("acct_")] += one["amount"]
        assert paid == self.earned
        balances = shop.ledger.balance().balances
        standing = {row.account: row.amount for row in balances if row.amount}
        total = self.earned.total()
        assert standing == {EXPENSE: total, "clearing:stripe": -total}
        assert shop.payouts.reconcile() == []
        assert self.oracle.tell("log")["violations"] == []
