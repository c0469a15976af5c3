"""One story of many orders, and the three places where it can happen.

What happens is planned beforehand, in amounts that come out whole everywhere:
discounts in whole cents, units paid back only where one line was sold, since
Stripe names no line. So no platform's own rounding stands between the books.
"""

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any, cast

from liveshop_sdk.db import Database
from liveshop_sdk.money import Rate
from liveshop_sdk.settings import Settings
from liveshop_sdk.shop.live_shop import LiveShop
from tests.flows import shopify_actors, stripe_actors
from tests.flows.oracle_support import BEN, DUO, MIKA, Sale, ShiftedClock, expected
from tests.platforms import shopify_support, stripe_support

PRICES = {"sku_tee": 5000, "sku_cap": 1500, "sku_mug": 2000}
VARIANTS = {"sku_tee": 50_001, "sku_cap": 50_002, "sku_mug": 50_003}
CREDITS = {"mika": MIKA, "ben": BEN, "duo": DUO}
OFFERS = (
    ("mika", "mika", "friday", "MIKA20"),
    ("ben", "ben", "friday", "BEN15"),
    ("mika", "mika", "friday", None),
    ("ben", "ben", "friday", None),
    ("duo", "mika", "duo", "DUO5"),
    ("duo", "mika", "duo", None),
)
Delivery = tuple[Mapping[str, str], bytes]


def half_up(top: int, bottom: int) -> int:
    return (2 * top + bottom) // (2 * bottom)


@dataclass(frozen=True)
class Step:
    """One thing that happens to a paid order; amounts in cents."""

    kind: str
    amount: int
    units: int = 0
    end: str = ""


@dataclass(frozen=True)
class Plan:
    """One order: who sells what, and what becomes of it."""

    credit: str
    creator: str
    stream: str
    code: str | None
    items: Mapping[str, int]
    total: int
    steps: tuple[Step, ...]


def plans(count: int, seed: int = 500) -> list[Plan]:
    chance = random.Random(seed)
    return [_plan(chance) for _ in range(count)]


def _plan(chance: random.Random) -> Plan:
    credit, creator, stream, code = chance.choice(OFFERS)
    kinds = 1 if code == "DUO5" or chance.random() < 0.5 else chance.randint(2, 3)
    items = {sku: chance.randint(1, 4) for sku in chance.sample(sorted(PRICES), kinds)}
    gross = sum(PRICES[sku] * units for sku, units in items.items())
    off = {"MIKA20": gross // 5, "BEN15": gross * 15 // 100, "DUO5": 500}.get(code or "", 0)
    total = gross - off
    units = next(iter(items.values())) if kinds == 1 else 0
    steps = tuple(_life(chance, total, units))
    return Plan(credit, creator, stream, code, items, total, steps)


def _life(chance: random.Random, total: int, units: int) -> Iterator[Step]:
    """Yield what happens to an order; ``units`` is 0 where several lines were sold."""
    if chance.random() < 0.25:
        return
    if chance.random() < 0.1:
        yield Step("cancel", total)
        return
    left, done = total, 0
    while units > done and chance.random() < 0.4:
        worth = half_up(total * (done + 1), units) - half_up(total * done, units)
        yield Step("units", worth, units=1)
        left, done = left - worth, done + 1
    while left > 1 and chance.random() < 0.4:
        amount = chance.randint(1, left // 2)
        failed = chance.random() < 0.3
        yield Step("failed" if failed else "amount", amount)
        left -= 0 if failed else amount
    if left and chance.random() < 0.5:
        amount = chance.choice((left, chance.randint(1, left)))
        yield Step("dispute", amount, end=chance.choice(("won", "lost", "")))


class Place:
    """A shop on one platform, and everybody on the other side of it."""

    name = "sandbox"

    def __init__(self, db: Database, **env: str) -> None:
        self.clock, self.sent, self.events = ShiftedClock(), list[Delivery](), list[Any]()
        env |= {
            "LIVESHOP_PLATFORM": self.name,
            "LIVESHOP_SECRET_KEYS": "k" * 40,
            "LIVESHOP_INGEST": "worker",
        }
        self.shop = LiveShop.from_settings(
            Settings.load(env), db=db, clock=self.clock, sandbox_transport=self._take
        )
        self._furnish()

    def _take(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        self.sent.append((headers, body))
        return 200

    def _furnish(self) -> None:
        shop, now = self.shop, self.clock.now().replace(minute=0, second=0, microsecond=0)
        for sku, cents in PRICES.items():
            variant = f"gid://shopify/ProductVariant/{VARIANTS[sku]}"
            shop.products.add(sku, title=sku, amount=cents, currency="EUR", shopify_variant=variant)
        shop.creators.add("mika", rate=Rate.percent("12"))
        shop.creators.add("ben", rate=Rate.percent("7.5"))
        opens, closes = now - timedelta(minutes=5), now + timedelta(hours=3)
        for stream, hosts in (("friday", ["mika", "ben"]), ("duo", ["mika:60", "ben:40"])):
            shop.streams.schedule(stream, hosts=hosts, opens_at=opens, closes_at=closes)
        for code, stream, creator, terms in (
            ("MIKA20", "friday", "mika", {"percent_off": 20}),
            ("BEN15", "friday", "ben", {"percent_off": 15}),
            ("DUO5", "duo", "mika", {"amount_off": 500, "currency": "EUR"}),
        ):
            more = cast(dict[str, Any], terms)
            made = shop.coupons.create(code, stream_id=stream, creator_id=creator, **more)
            assert made.status == "ready"

    # --- what happens

    def live(self, story: Iterable[Plan]) -> None:
        """Let a story happen; what the platform has to tell of it waits."""
        for plan in story:
            self.events += self.happens(plan)

    def happens(self, plan: Plan) -> list[Any]:
        """Let one order happen; returns what the platform has to tell of it."""
        opened = self.shop.links.open(self.link(plan))
        order, events = self.pay(opened, plan)
        for step in plan.steps:
            events += self.does(order, step)
        return events

    def link(self, plan: Plan) -> str:
        issued = self.shop.links.issue(
            creator_id=plan.creator, stream_id=plan.stream, items=plan.items, coupon=plan.code
        )
        return issued.token

    def deliver(self, chance: random.Random) -> None:
        """Bring what was told in any order, some of it twice, and work."""
        told = self.signed(self.events)
        told += chance.sample(told, len(told) // 10)
        chance.shuffle(told)
        for headers, body in told:
            self.shop.receive(self.name, headers, body)
        self.shop.worker().drain()

    def balances(self) -> dict[str, int]:
        rows = self.shop.ledger.balance().balances
        return {row.account: row.amount for row in rows if row.amount}

    # --- what each platform does in its own way

    def pay(self, opened: Any, plan: Plan) -> tuple[Any, list[Any]]:
        raise NotImplementedError

    def does(self, order: Any, step: Step) -> list[Any]:
        raise NotImplementedError

    def signed(self, events: Iterable[Any]) -> list[Delivery]:
        raise NotImplementedError

    def sales(self) -> Sequence[Sale]:
        raise NotImplementedError


class AtSandbox(Place):
    def pay(self, opened: Any, plan: Plan) -> tuple[str, list[Any]]:
        order = self.shop.sandbox.pay(opened.checkout_id)
        assert order.total == plan.total
        return order.id, []

    def does(self, order: str, step: Step) -> list[Any]:
        sandbox = self.shop.sandbox
        if step.kind == "units":
            (line,) = sandbox.order(order).lines
            assert sandbox.refund(order, lines={line.ref: step.units}).amount == step.amount
        elif step.kind in ("amount", "cancel"):
            sandbox.refund(order, step.amount)
        elif step.kind == "failed":
            sandbox.fail_refund(sandbox.refund(order, step.amount).id)
        else:
            sandbox.dispute(order, step.amount)
            if step.end:
                (sandbox.win if step.end == "won" else sandbox.lose)(order)
        return []

    def signed(self, events: Iterable[Any]) -> list[Delivery]:
        self.shop.worker().drain()  # the sandbox's webhooks leave through the outbox
        return self.sent

    def sales(self) -> Sequence[Sale]:
        raise NotImplementedError


class AtStripe(Place):
    name = "stripe"

    def __init__(
        self,
        db: Database,
        oracle: stripe_support.Oracle,
        *,
        base: str = "",
        key: str = stripe_support.KEY,
        secret: str = stripe_support.SECRET,
        account: str = "",
    ) -> None:
        self.oracle, self.secret, self.account = oracle, secret, account
        self.stage = stripe_actors.Stage(site=cast(Any, None), oracle=oracle)
        super().__init__(
            db,
            LIVESHOP_STRIPE_API_KEY=key,
            LIVESHOP_STRIPE_WEBHOOK_SECRETS=secret,
            LIVESHOP_STRIPE_API_BASE=base or oracle.base,
            LIVESHOP_STRIPE_ACCOUNT=account,
        )

    def pay(self, opened: Any, plan: Plan) -> tuple[str, list[Any]]:
        session = self.stage.session_at(opened.url)
        assert self.oracle.world.objs[session]["amount_total"] == plan.total
        return self.stage.pay(session, CREDITS[plan.credit])

    def does(self, order: str, step: Step) -> list[Any]:
        stage = self.stage
        if step.kind == "dispute":
            dispute, events = stage.dispute(order, amount=step.amount)
            return events + (stage.close(dispute, step.end) if step.end else [])
        refund, events = stage.refund(order, amount=step.amount)
        return events + (stage.fail_refund(refund) if step.kind == "failed" else [])

    def signed(self, events: Iterable[Any]) -> list[Delivery]:
        objs, of = self.oracle.world.objs, {"account": self.account} if self.account else {}
        return [stripe_support.signed({**objs[one], **of}, secret=self.secret) for one in events]

    def sales(self) -> Sequence[Sale]:
        return self.stage.sales("main")


class AtShopify(Place):
    name = "shopify"

    def __init__(
        self,
        db: Database,
        oracle: Any,
        *,
        base: str = "",
        token: str = "oracle",
        secret: str = shopify_support.SECRET,
    ) -> None:
        self.stage = shopify_actors.Stage(site=cast(Any, None), oracle=oracle)
        self.secret, self.domain = secret, oracle.shop
        oracle.products = [
            {"id": n, "title": sku, "handle": sku, "variants": [(n, "One", f"{cents // 100}.00")]}
            for (sku, n), cents in zip(VARIANTS.items(), PRICES.values(), strict=True)
        ]
        super().__init__(
            db,
            LIVESHOP_SHOPIFY_SHOP=oracle.shop,
            LIVESHOP_SHOPIFY_ADMIN_TOKEN=f"shpat_{token}",
            LIVESHOP_SHOPIFY_STOREFRONT_TOKEN=f"sfpub_{token}",
            LIVESHOP_SHOPIFY_WEBHOOK_SECRETS=secret,
            LIVESHOP_SHOPIFY_API_BASE=base or oracle.url,
        )

    def pay(self, opened: Any, plan: Plan) -> tuple[Any, list[Any]]:
        cart = self.stage.cart_at(opened.url)
        order = self.stage.pay(cart, CREDITS[plan.credit], tax_rate="0", shipping="0")
        assert order["total_price"] == text(plan.total)
        return order, list(self.stage.sold(order))

    def does(self, order: Any, step: Step) -> list[Any]:
        stage = self.stage
        if step.kind == "units":
            line = order["line_items"][0]["id"]
            events = stage.refund(order, items={line: step.units})
            assert order["refunds"][-1]["transactions"][0]["amount"] == text(step.amount)
            return events
        if step.kind in ("amount", "failed"):
            status = "failure" if step.kind == "failed" else "success"
            return stage.refund(order, amount=text(step.amount), status=status)
        if step.kind == "cancel":
            return stage.cancel(order)
        events = stage.dispute(order, text(step.amount))
        return events + (stage.dispute(order, "", step.end) if step.end else [])

    def signed(self, events: Iterable[Any]) -> list[Delivery]:
        _, _, pay = shopify_support.oracle_modules()
        bodies = [(topic, pay.to_bytes(payload)) for topic, payload in events]
        return [
            (pay.headers_for(topic, body, self.secret, shop=self.domain), body)
            for topic, body in bodies
        ]

    def sales(self) -> Sequence[Sale]:
        return self.stage.sales("main")


def by_model(place: Place) -> dict[str, int]:
    """Return the second opinion on a place's book, from its platform's own objects."""
    return expected(place.sales())


def text(cents: int) -> str:
    return str(Decimal(cents).scaleb(-2))
