"""A shop with money to pay out, and rails that do as a test says."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from liveshop_sdk.affiliate.ledger.models import EntryDraft, Posting
from liveshop_sdk.affiliate.ledger.verify import verify
from liveshop_sdk.affiliate.payouts.models import Batch, Item
from liveshop_sdk.affiliate.payouts.ports import Order, Outcome, Transfer
from liveshop_sdk.affiliate.payouts.rails import Rails
from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.money import Money
from liveshop_sdk.shop.payouts import Payouts
from liveshop_sdk.wire import canonical, loads_canonical
from tests.contracts.shop_support import Shop

EXPENSE = "brand:commission_expense"
LEASES_END = timedelta(minutes=6)


@dataclass
class ScriptedRail:
    """A rail in memory: pays, unless ``says`` holds what it does next.

    An exception in ``says`` is raised; with ``after`` only once the money has left.
    """

    name: str = "stripe"
    fee: int | None = None
    says: list[Outcome | Exception] = field(default_factory=list)
    after: list[Exception] = field(default_factory=list)
    made: dict[str, tuple[str, str]] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    found: list[str] = field(default_factory=list)
    number: int = 0

    def step(self, currency: str) -> int:
        return {"HUF": 100}.get(currency, 1)

    def prepare(self, order: Order) -> str:
        paid = order.paid_from
        return canonical(
            {
                "item": order.item_id,
                "to": order.payee["account"],
                "amount": paid.amount,
                "currency": paid.currency,
                "brand": order.brand,
            }
        )

    def send(self, params: str, *, key: str) -> Outcome:
        self.asked.append((key, params))
        if self.says:
            said = self.says.pop(0)
            if isinstance(said, Exception):
                raise said
            return said
        if key not in self.made:
            self.number += 1
            self.made[key] = (f"tr_{self.number}", params)
        if self.after:
            raise self.after.pop(0)
        return Outcome(verdict="sent", ref=self.made[key][0], fee=self.fee)

    def find(self, params: str) -> Outcome | None:
        item = read(params)["item"]
        self.found.append(item)
        for ref, sent in self.made.values():
            if read(sent)["item"] == item:
                return Outcome(verdict="sent", ref=ref, fee=self.fee)
        return None

    def transfers(self, since: datetime) -> Iterator[Transfer]:
        for ref, params in self.made.values():
            sent = read(params)
            amount = Money(sent["amount"], sent["currency"])
            yield Transfer(ref=ref, item_id=sent["item"], amount=amount, brand=sent["brand"])


def read(params: str) -> dict[str, Any]:
    found: Any = loads_canonical(params)
    return dict(found)


@dataclass
class Till:
    """A shop, its payouts by scripted rails, and entries by hand."""

    shop: Shop
    rail: ScriptedRail
    payouts: Payouts
    number: int = 0

    @property
    def clock(self) -> ManualClock:
        return self.shop.clock

    def post(self, kind: str, *lines: tuple[str, int], currency: str = "USD") -> None:
        """Post an entry; names like ``ana:payable`` are creators' accounts."""
        self.number += 1
        postings = tuple(
            Posting(
                name if name.startswith(("brand:", "clearing:")) else f"creator:{name}",
                amount,
                currency,
            )
            for name, amount in lines
        )
        draft = EntryDraft(
            kind=kind,
            source="test",
            event_id=f"{kind}:{self.number}",
            occurred_at=self.clock.now(),
            postings=postings,
        )
        ledger = self.shop.live._rooms.ledger
        with self.shop.db.transaction() as tx:
            ledger.post(tx, ledger.book(tx, "main"), draft)

    def earn(self, creator: str, amount: int, *, currency: str = "USD") -> None:
        """Make so much payable to a creator who owes nothing."""
        pending = f"{creator}:pending"
        self.post("sale", (EXPENSE, amount), (pending, -amount), currency=currency)
        lines = ((pending, amount), (f"{creator}:payable", -amount))
        self.post("release", *lines, currency=currency)

    def pay(self, creator: str, account: str = "acct_1", **more: Any) -> None:
        self.payouts.set_payee(creator, rail=self.rail.name, fields={"account": account}, **more)

    def planned(self, **more: Any) -> tuple[Batch, tuple[Item, ...]]:
        more.setdefault("by", "u1")
        plan = self.payouts.plan(rail=self.rail.name, **more)
        assert plan.batch is not None
        return plan.batch, plan.items

    def approved(self, **more: Any) -> tuple[Batch, tuple[Item, ...]]:
        batch, items = self.planned(**more)
        return self.payouts.approve(batch.id, by="u2"), items

    def item(self, item_id: str) -> Item:
        with self.shop.db.reading() as tx:
            return self.payouts._store.item(tx, item_id)

    def standing(self) -> dict[str, int]:
        return self.shop.standing()

    def holds(self) -> bool:
        """Verify the seal (sales made by hand have no facts), items and rail."""
        with self.shop.db.reading() as tx:
            book = self.shop.live._rooms.ledger.book(tx, "main")
        return verify(self.shop.db, book).ok and self.payouts.reconcile() == []


def till(
    db: Database,
    clock: ManualClock,
    creators: Iterable[str] = ("ana", "ben"),
    *,
    rail: ScriptedRail | None = None,
    **more: Any,
) -> Till:
    """Return a shop whose book is in dollars, with creators who have earned nothing yet."""
    shop = Shop(db, clock)
    shop.live.brands.add("main", currency="USD")
    for creator in creators:
        shop.live.creators.add(creator, rate="10%")
    return Till(shop, rail := rail or ScriptedRail(), payouts_of(shop, rail, **more))


def payouts_of(shop: Shop, *rails: ScriptedRail, alone_up_to: tuple[Money, ...] = ()) -> Payouts:
    """Return payouts of a shop by these rails."""
    return Payouts(
        db=shop.db,
        clock=shop.clock,
        ids=shop.live.ids,
        ledger=shop.live._rooms.ledger,
        rails=Rails(called={rail.name: rail for rail in rails}),
        alone_up_to={limit.currency: limit for limit in alone_up_to},
    )
