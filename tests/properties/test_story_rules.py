"""Any story, told in any order and any number of times, ends where its facts say.

The sandbox plays the platform: real amounts, real signed webhooks. They are
shuffled, repeated and received between releases; what then stands in the
ledger must be what the set of facts asks for, and nothing else.
``make fuzz-long`` plays more of them.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from liveshop_sdk.affiliate import accrual
from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.errors import LiveShopError
from liveshop_sdk.facts import OrderPaid
from liveshop_sdk.platforms.sandbox import signature
from tests.flows.kill_flows import offer
from tests.flows.kill_support import NOW, open_shop
from tests.flows.standing import standing
from tests.scale import IS_LONG
from tests.schema import build

STORIES = 2_000 if IS_LONG else 15
LOSSES = 150 if IS_LONG else 8  # each run compares the orders of all before it
Story = list[tuple[str, int]]

steps = st.one_of(
    st.tuples(st.just("refund"), st.integers(1, 9_000)),
    st.tuples(st.just("return"), st.integers(0, 1)),
    st.tuples(st.just("fail"), st.integers(0, 3)),
    st.tuples(st.just("dispute"), st.integers(0, 12_000)),
    st.tuples(st.just("win"), st.just(0)),
    st.tuples(st.just("lose"), st.just(0)),
)
stories = st.tuples(st.booleans(), st.lists(steps, max_size=7))


class World:
    """One shop that hears everything late; each example adds orders of its own."""

    def __init__(self, db: Database, ingest: str) -> None:
        self.clock = ManualClock(NOW)
        self.shop, self.post = open_shop(db, self.clock, 5, ingest=ingest)
        offer(self.shop, self.post)
        self.shop.streams.schedule(
            "duo",
            hosts=["mika:2", "juno:1"],
            opens_at=NOW,
            closes_at=NOW + timedelta(hours=2),
        )
        self.shop.coupons.create("MIKA20", stream_id="duo", creator_id="mika", percent_off=20)
        self.secrets = self.shop.platform.signing_secrets()  # type: ignore[attr-defined]
        issued = (
            self.shop.links.issue(
                creator_id="mika",
                stream_id="duo",
                items={"sku_tee": 2, "sku_cap": 1},
                coupon=coupon,
            )
            for coupon in ("MIKA20", None)
        )
        self.links = {name: link.token for name, link in zip((True, False), issued, strict=True)}

    def played(self, with_coupon: bool, story: Story) -> tuple[str, list[bytes]]:
        """Play a story at the sandbox; returns the order and the webhooks nobody saw yet."""
        sandbox = self.shop.sandbox
        ref = self.shop.links.open(self.links[with_coupon]).checkout_id
        order = sandbox.pay(ref)
        for name, value in story:
            with suppress(LiveShopError):  # a step the order's state does not allow
                if name == "refund":
                    sandbox.refund(ref, amount=value)
                elif name == "return":
                    sandbox.refund(ref, lines={("sku_tee", "sku_cap")[value % 2]: 1})
                elif name == "fail":
                    for refund in sandbox.refunds(ref)[value : value + 1]:
                        sandbox.fail_refund(refund.id)
                elif name == "dispute":
                    sandbox.dispute(ref, value or None)
                else:
                    getattr(sandbox, name)(ref)
        self.post.kept = []
        self.shop.worker().drain()
        bodies, self.post.kept = [body for _, body in self.post.kept], None
        return order.id, bodies

    def deliver(self, body: bytes) -> None:
        signed = signature.sign(body, self.secrets, now=self.clock.now())
        self.shop.receive("sandbox", {signature.HEADER: signed}, body)

    def expected(self, order_ref: str) -> dict[tuple[str, str], int]:
        """Return what the set of an order's facts asks each line to stand at."""
        shop = self.shop
        key = ("sandbox", "sandbox", order_ref)
        with shop.db.reading() as tx:
            facts = shop._rooms.facts.of_orders(tx, [key])[key]
            lines = shop._rooms.affiliate.lines_of(tx, key)
        told = {fact.key for fact in shop.platform.find_order(order_ref)}
        assert {fact.key for fact in facts if fact.kind != "release"} == told
        sale = next(fact for fact in facts if isinstance(fact, OrderPaid))
        state = accrual.order_state(sale, facts, lines)
        found: Counter[tuple[str, str]] = Counter()
        for line in lines:
            goal = accrual.target(line, state)
            found[line.line_ref, "pending"] -= goal.pending
            found[line.line_ref, "disputed"] -= goal.disputed
            found[line.line_ref, "owed"] -= goal.owed
        assert len(lines) == 4
        return {name: amount for name, amount in found.items() if amount}


@pytest.fixture(scope="module")
def worlds() -> Iterator[dict[str, World]]:
    made = {}
    opened = []
    for ingest in ("inline", "worker"):
        db = Database.connect("sqlite://")
        build(db)
        opened.append(db)
        made[ingest] = World(db, ingest)
    yield made
    for db in opened:
        db.dispose()


@pytest.mark.parametrize("ingest", ["inline", "worker"])
@settings(max_examples=STORIES, suppress_health_check=[HealthCheck.too_slow])
@given(told=st.lists(stories, min_size=1, max_size=2), seed=st.integers(0, 2**32))
def test_any_history_ends_where_its_facts_say(
    worlds: dict[str, World],
    ingest: str,
    told: list[tuple[bool, Story]],
    seed: int,
) -> None:
    world, chance = worlds[ingest], Random(seed)
    world.clock.set(NOW)
    played = [world.played(*one) for one in told]
    deliveries = [body for _, bodies in played for body in bodies]
    deliveries += chance.choices(deliveries, k=chance.randrange(len(deliveries) + 1))
    chance.shuffle(deliveries)
    for body in deliveries:
        world.deliver(body)
        if chance.random() < 0.3:
            world.shop.worker(batch=chance.choice((1, 2, 100))).drain()
        if chance.random() < 0.1:
            world.shop.releases.due(NOW + timedelta(days=15))
    world.shop.worker().drain()
    for order_ref, _ in played:
        assert standing(world.shop, order_ref) == world.expected(order_ref)
    state = world.shop.inbox_state()
    assert (state.inbox["new"], state.inbox["parked"], state.dead) == (0, 0, ())


@settings(max_examples=LOSSES, suppress_health_check=[HealthCheck.too_slow])
@given(
    told=st.lists(stories, min_size=1, max_size=2),
    lost=st.floats(0, 1),
    seed=st.integers(0, 2**32),
)
def test_what_is_lost_of_any_history_is_found_and_posted(
    worlds: dict[str, World], told: list[tuple[bool, Story]], lost: float, seed: int
) -> None:
    """Any deliveries never come, in any order; comparing makes it good, and once is enough."""
    world, chance = worlds["inline"], Random(seed)
    world.clock.set(NOW)
    assert world.shop.reconcile(fix=True).missing == 0
    played = [world.played(*one) for one in told]
    deliveries = [body for _, bodies in played for body in bodies]
    chance.shuffle(deliveries)
    for body in deliveries:
        if chance.random() >= lost:
            world.deliver(body)
    found = world.shop.reconcile(fix=True)
    assert (found.ok, found.extra, found.different) == (True, 0, 0)
    again = world.shop.reconcile(fix=True)
    assert (again.checked, again.missing, again.fixed) == (found.checked, 0, 0)
    for order_ref, _ in played:
        assert standing(world.shop, order_ref) == world.expected(order_ref)
    head = world.shop.ledger.head()
    for body in deliveries:
        world.deliver(body)
    world.shop.worker().drain()
    assert world.shop.ledger.head() == head
    state = world.shop.inbox_state()
    assert (state.inbox["new"], state.inbox["parked"], state.dead) == (0, 0, ())


def test_the_books_of_all_those_histories_hold(worlds: dict[str, World]) -> None:
    """Runs after them: nothing was posted twice, and nobody is owed and owing at once."""
    for world in worlds.values():
        assert world.shop.ledger.verify().ok
        balances = {row.account: row.amount for row in world.shop.ledger.balance().balances}
        assert sum(balances.values()) == 0
        for creator in ("mika", "juno"):
            owed = balances.get(f"creator:{creator}:payable", 0)
            back = balances.get(f"creator:{creator}:clawback_receivable", 0)
            assert owed <= 0 <= back
            assert not (owed and back)
