"""From facts to balanced entries, through database and ledger, on both engines."""

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from itertools import count
from threading import Barrier
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from liveshop_sdk.affiliate.attribution import Policy
from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.errors import FactConflictError, FactInvalidError, OrderUnknownError
from liveshop_sdk.facts import (
    CheckoutClosed,
    DisputeLost,
    DisputeOpened,
    DisputeWon,
    Fact,
    HoldReleased,
    OrderPaid,
    RefundFailed,
)
from liveshop_sdk.money import Rate
from liveshop_sdk.shop.recording import MAX_ORDER
from tests.contracts.shop_support import START, Shop, about, line, refund, sale
from tests.properties.test_accrual_rules import Story, model, stories

SALE_EUR = {"brand:commission_expense EUR": 599, "creator:mika:pending EUR": -599}


@pytest.fixture
def shop(db: Database, clock: ManualClock) -> Shop:
    shop = Shop(db, clock)
    shop.stock()
    shop.coupon()
    return shop


def coded(order_ref: str = "o1", **more: Any) -> OrderPaid:
    return sale(order_ref, codes=("MIKA20",), **more)


# --- one fact at a time


def test_a_sale_is_credited_and_posted(shop: Shop) -> None:
    done = shop.record(coded())
    assert (done.new, done.repeats, done.waiting) == (1, 0, ())
    assert [entry.event_id for entry in done.entries] == ["order:o1"]
    assert shop.standing() == SALE_EUR
    assert shop.live.explain("o1").lines[0].line_ref == "sandbox:o1/li_1/mika"
    assert shop.live.ledger.verify().ok


def test_a_repeat_changes_nothing(shop: Shop) -> None:
    shop.record(coded())
    before = shop.counts()
    again = shop.record(coded(), replace(coded(), occurred_at=START + timedelta(hours=1)))
    assert (again.new, again.repeats, again.entries) == (0, 2, ())
    assert shop.counts() == before


def test_a_fact_that_comes_twice_in_a_batch_counts_once(shop: Shop) -> None:
    done = shop.record(refund(), coded(), refund(), coded())
    assert (done.new, done.repeats, done.waiting) == (2, 2, ())
    assert shop.standing() == {}
    assert shop.kinds() == ["sale", "refund"]


def test_the_same_key_with_other_content_is_a_conflict(shop: Shop) -> None:
    shop.record(coded(), coded("o2"), refund())
    before = shop.counts()
    for other in (coded(total=1), refund(amount=1), refund("o2")):
        with pytest.raises(FactConflictError):
            shop.record(coded("o3"), other)
    assert shop.counts() == before


IMPOSSIBLE = (
    coded(total=-1),
    coded(total=MAX_ORDER + 1),
    coded(total=True),
    coded(lines=(line(), line())),
    coded(lines=(line(base=-1),), total=1),
    refund("known", amount=-1),
    refund("known", amount=5, named_amount=6),
    refund("known", lines=(("li_1", -1),)),
    refund("known", currency="USD"),
    DisputeOpened(**about("known"), dispute_id="dp", amount=-1, currency="EUR"),
    DisputeOpened(**about("known"), dispute_id="dp", amount=1, currency="USD"),
    HoldReleased(**about("known"), hold_until=START),
)


def test_amounts_that_cannot_be_are_refused(shop: Shop) -> None:
    shop.record(coded("known"))
    before = shop.counts()
    for wrong in IMPOSSIBLE:
        with pytest.raises(FactInvalidError):
            shop.record(coded("o9"), wrong)
    assert shop.counts() == before


def test_facts_about_an_unknown_order_wait(shop: Shop) -> None:
    early = [
        refund(),
        refund(ident="re_2", amount=1),
        RefundFailed(**about("o1"), refund_id="re_2"),
    ]
    done = shop.record(*early)
    assert (done.new, done.waiting) == (0, (("sandbox", "sandbox", "o1"),))
    assert shop.live.stats()["refunds"] == 0
    with pytest.raises(OrderUnknownError):
        shop.live.explain("o1")
    shop.record(coded())
    assert shop.record(*early).new == 3
    assert shop.standing() == {}


def test_a_dispute_and_a_release(shop: Shop, clock: ManualClock) -> None:
    shop.record(coded())
    clock.advance(timedelta(days=15))
    assert shop.live.releases.due().as_json() == {"released": 1, "entries": 1}
    assert shop.live.releases.due().as_json() == {"released": 0, "entries": 0}
    payable = {"brand:commission_expense EUR": 599, "creator:mika:payable EUR": -599}
    assert shop.standing() == payable
    shop.record(DisputeOpened(**about("o1"), dispute_id="dp_1", amount=4990, currency="EUR"))
    assert shop.standing()["creator:mika:disputed EUR"] == -599
    shop.record(DisputeWon(**about("o1"), dispute_id="dp_1"))
    assert shop.standing() == payable
    shop.record(DisputeLost(**about("o1"), dispute_id="dp_1"))
    assert shop.standing() == payable


# --- who earns


def reasons(shop: Shop, order_ref: str) -> dict[str, str]:
    found = shop.live.explain(order_ref).decisions
    return {row.brand: row.reason for row in found}


def test_orders_that_credit_nobody_are_seen(shop: Shop) -> None:
    shop.live.products.add("sku_pot", title="Pot", amount=500, currency="EUR")
    shop.live.creators.agree("mika", rate=Rate.percent("12"))
    shop.record(
        sale("nobody"),
        coded("stranger", lines=(line(sku="sku_else"),)),
        sale("empty", codes=("MIKA20",), lines=(), total=500),
        sale("late", checkout_id="chk_unknown"),
    )
    assert reasons(shop, "nobody") == {"main": "no_evidence"}
    assert reasons(shop, "stranger") == {"": "product_unknown"}
    assert reasons(shop, "late") == {"main": "no_evidence"}
    unattributed = {row.order_ref: row.reason for row in shop.live.unattributed()}
    assert unattributed["nobody"] == "no_evidence"
    assert unattributed["stranger"] == "product_unknown"
    assert shop.standing() == {}


def test_an_order_without_lines_is_decided_too(shop: Shop) -> None:
    shop.record(replace(coded("empty"), lines=(), total=500))
    assert reasons(shop, "empty") == {"": "product_unknown"}


def test_a_known_item_beside_an_unknown_one_earns(shop: Shop) -> None:
    shop.record(coded(lines=(line("li_1"), line("li_2", "sku_else", 2000)), total=6990))
    assert reasons(shop, "o1") == {"": "product_unknown", "main": "coupon"}
    assert shop.standing() == SALE_EUR


def test_a_visit_is_evidence_for_thirty_days(shop: Shop, clock: ManualClock) -> None:
    checkout = shop.visit()
    last = clock.now() + timedelta(days=30)
    shop.record(
        sale("in time", checkout_id=checkout, occurred_at=last),
        sale("too late", checkout_id=checkout, occurred_at=last + timedelta(microseconds=1)),
    )
    assert reasons(shop, "in time") == {"main": "checkout_ref"}
    assert reasons(shop, "too late") == {"main": "outside_lookback"}
    assert shop.standing() == SALE_EUR


def test_the_losing_claim_is_stored(shop: Shop) -> None:
    shop.stream("other", "ana")
    shop.coupon("ANA10", "ana", stream="other", percent_off=10)
    checkout = shop.visit("MIKA20")
    shop.record(sale(checkout_id=checkout, codes=("ana10",)))
    (decision,) = shop.live.explain(checkout).decisions
    assert (decision.creator, decision.stream) == ("ana", "other")
    assert decision.reason == "coupon"
    assert [(lost["creator"], lost["why"]) for lost in decision.lost] == [("mika", "outranked")]
    assert decision.lost[0]["checkout_id"] == checkout
    assert decision.policy == Policy().as_json()
    assert shop.standing() == {"brand:commission_expense EUR": 499, "creator:ana:pending EUR": -499}
    coupons = {coupon.code: (coupon.reserved, coupon.used) for coupon in shop.live.coupons.list()}
    assert coupons == {"MIKA20": (0, 0), "ANA10": (0, 1)}


def test_a_cart_token_of_ours_is_evidence(shop: Shop) -> None:
    checkout = shop.visit()
    cart = shop.live.links.visit(checkout).platform_ref
    shop.record(sale(cart_token=cart), sale("o2", cart_token="somebody's"))
    assert reasons(shop, "o1") == {"main": "cart_token"}
    assert reasons(shop, "o2") == {"main": "no_evidence"}
    assert shop.live.explain(checkout).order.order_ref == "o1"
    assert shop.live.links.visit(checkout).state == "paid"


def test_an_order_without_real_money_earns_nothing_live(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    for mode in ("sandbox", "test", "live"):
        monkeypatch.setattr(type(shop.live.platform), "mode", mode)
        shop.record(coded(mode), coded(f"{mode} real", is_test=False))
        earned = "test_order" if mode == "live" else "coupon"
        assert reasons(shop, mode) == {"main": earned}
        assert reasons(shop, f"{mode} real") == {"main": "coupon"}
    assert shop.standing()["creator:mika:pending EUR"] == -599 * 5


def test_an_order_of_two_brands_is_kept_in_two_books(shop: Shop) -> None:
    live = shop.live
    live.brands.add("oak", currency="EUR", timezone="Europe/Berlin")
    live.brands.add("elm", currency="EUR")
    for brand in ("oak", "elm", "ash"):
        if brand == "ash":
            live.brands.add(brand, currency="EUR")
        live.products.add(f"sku_{brand}", title=brand, amount=1000, currency="EUR", brand=brand)
    live.creators.agree("mika", rate=Rate.percent("20"), brand="oak")
    live.creators.agree("mika", rate=Rate.percent("30"), brand="ash")
    shop.stream("mall", "mika", brands=["oak", "elm"])
    shop.coupon("MALL", stream="mall")
    lines = [line(f"li_{b}", f"sku_{b}", 1000) for b in ("oak", "elm", "ash")]
    done = shop.record(sale("o1", line(), *lines, codes=("MALL",)))
    assert reasons(shop, "o1") == {
        "ash": "brand_not_on_stream",
        "elm": "no_agreement",
        "main": "brand_not_on_stream",
        "oak": "coupon",
    }
    assert [(entry.book, entry.seq) for entry in done.entries] == [("oak", 1)]
    shop.stream("plaza", "mika", brands=["main", "oak"])
    shop.coupon("PLAZA", stream="plaza")
    done = shop.record(sale("o2", line(), *lines[:1], codes=("PLAZA",)), refund("o2", amount=2995))
    assert sorted((entry.book, entry.seq, entry.kind) for entry in done.entries) == [
        ("main", 1, "sale"),
        ("main", 2, "refund"),
        ("oak", 2, "sale"),
        ("oak", 3, "refund"),
    ]
    assert shop.standing("oak")["creator:mika:pending EUR"] == -(200 + 100)
    assert shop.standing("main")["creator:mika:pending EUR"] == -(599 - 300)


def test_hosts_share_and_two_versions_of_terms(shop: Shop, clock: ManualClock) -> None:
    shop.stream("duo", "ana:3", "mika:2")
    shop.coupon("DUO", "ana", stream="duo")
    shop.record(sale("o1", codes=("DUO",)))
    clock.advance(timedelta(hours=1))
    shop.live.creators.agree("ana", rate=Rate.percent("20"))
    shop.record(sale("o2", codes=("DUO",)))
    shop.record(sale("o3", codes=("DUO",), occurred_at=clock.now()))
    lines = {ref: shop.live.explain(ref).lines for ref in ("o1", "o2", "o3")}
    shares = {
        ref: [(x.creator, x.amount, x.terms_version) for x in found] for ref, found in lines.items()
    }
    assert shares == {
        "o1": [("ana", 299, 1), ("mika", 200, 1)],
        "o2": [("ana", 299, 1), ("mika", 200, 1)],
        "o3": [("ana", 599, 2), ("mika", 399, 2)],
    }


def test_a_returning_buyer_by_when_they_paid(shop: Shop) -> None:
    def bought(order_ref: str, minutes: int, buyer: str | None = "key") -> OrderPaid:
        at = START + timedelta(minutes=minutes)
        return sale(order_ref, customer_key=buyer, occurred_at=at)

    shop.record(bought("second", 20), bought("first", 10), bought("other", 30, "else"))
    shop.record(bought("third", 40), bought("unknown", 50, None))
    found = {order.order_ref: order.is_returning for order in shop.live.orders()}
    assert found == {"first": False, "second": True, "third": True, "other": False, "unknown": None}


# --- any order


_numbers = count(1)


def renamed(fact: Fact, order_ref: str) -> Fact:
    changes: dict[str, Any] = {
        name: f"{order_ref}/{getattr(fact, name)}"
        for name in ("refund_id", "dispute_id")
        if hasattr(fact, name)
    }
    if isinstance(fact, OrderPaid):
        changes["codes"] = ("TRIO",)
    return replace(fact, order_ref=order_ref, **changes)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(stories(bps=1234, weights=(3, 2, 1)), min_size=1, max_size=3), st.randoms())
def test_any_order_of_arrival_gives_the_models_balances(
    trio: Shop, found: list[Story], chance: random.Random
) -> None:
    expected = Counter(trio.standing())
    facts: list[Fact] = []
    for story in found:
        order_ref = f"order {next(_numbers)}"
        facts += [renamed(fact, order_ref) for fact in story.facts]
        for account, amount in model(story).items():
            expected[f"{account} {story.order.currency}"] += amount
    arriving = facts + chance.choices(facts, k=4)
    chance.shuffle(arriving)
    while arriving:
        batch, arriving = arriving[:4], arriving[4:]
        waiting = set(trio.record(*batch).waiting)
        late = [f for f in batch if (f.platform, f.account, f.order_ref) in waiting]
        arriving += late
    assert trio.standing() == {name: amount for name, amount in expected.items() if amount}
    assert trio.live.ledger.verify().ok


@pytest.fixture
def trio(db: Database, clock: ManualClock) -> Shop:
    shop = Shop(db, clock)
    for number in range(4):
        shop.live.products.add(f"sku_{number}", title="Thing", amount=1, currency="EUR")
    for handle in ("ana", "ben", "mika"):
        shop.live.creators.add(handle, rate=Rate.bps(1234))
    shop.stream("trio", "ana:3", "ben:2", "mika:1")
    shop.coupon("TRIO", "ana", stream="trio")
    return shop


def test_eight_threads_record_overlapping_batches(trio: Shop) -> None:
    facts: list[Fact] = []
    for number in range(24):
        ref = f"o{number}"
        facts.append(sale(ref, line(sku="sku_0", base=1000), codes=("TRIO",)))
        facts.append(refund(ref, f"re_{number}", 100))
        facts.append(refund(ref, f"rf_{number}", 900))
        facts.append(RefundFailed(**about(ref), refund_id=f"rf_{number}"))
    start = Barrier(8)

    def work(seed: int) -> int:
        chance = random.Random(seed)
        mine = chance.sample(facts, len(facts))
        start.wait()
        added = 0
        while mine:
            batch, mine = mine[:12], mine[12:]
            done = trio.record(*batch)
            added += done.new
            mine += [f for f in batch if (f.platform, f.account, f.order_ref) in done.waiting]
        return added

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(work, range(8))) == len(facts)
    # 12.34 % of 10.00 is 1.23: 62, 41 and 20; a tenth of each goes back
    assert trio.standing() == {
        "brand:commission_expense EUR": 24 * 111,
        "creator:ana:pending EUR": -24 * 56,
        "creator:ben:pending EUR": -24 * 37,
        "creator:mika:pending EUR": -24 * 18,
    }
    posted = [entry.event_id for entry in trio.live.ledger.entries()]
    assert len(posted) == len(set(posted))
    assert trio.live.ledger.verify().ok


# --- through the inbox


def test_a_refund_before_its_sale_is_parked_and_woken(shop: Shop) -> None:
    checkout = shop.visit("MIKA20")
    shop.live.sandbox.pay(checkout)
    shop.live.sandbox.refund(checkout, amount=1000)
    shop.live.worker().drain()
    shop.deliver(1)
    assert shop.live.inbox_state().inbox["parked"] == 1
    assert shop.standing() == {}
    shop.deliver(0)
    assert shop.live.worker().drain().done == 1
    assert shop.live.inbox_state().inbox == {"new": 0, "parked": 0, "done": 2, "dead": 0}
    # 12 % of 39.92 is 4.79; 10.00 of 39.92 went back, 1.20 of it
    assert shop.standing() == {
        "brand:commission_expense EUR": 359,
        "creator:mika:pending EUR": -359,
    }


def test_a_checkout_that_closed_after_it_was_paid_stays_paid(shop: Shop) -> None:
    checkout = shop.visit("MIKA20")
    closed = CheckoutClosed(
        platform="sandbox",
        account="sandbox",
        checkout_id=checkout,
        reason="expired",
        occurred_at=START,
    )
    shop.record(coded(checkout_id=checkout))
    shop.record(closed, replace(closed, checkout_id="chk_unknown"), replace(closed, account="x"))
    assert shop.live.links.visit(checkout).state == "paid"
    assert [(c.reserved, c.used) for c in shop.live.coupons.list()] == [(0, 1)]


# --- what it costs


def test_statements_grow_with_coupons_only(trio: Shop) -> None:
    statements: list[str] = []

    @sa.event.listens_for(trio.db.engine, "before_cursor_execute")
    def note(*args: Any) -> None:
        statements.append(args[2])

    def cost(*facts: Fact) -> int:
        before = len(statements)
        trio.record(*facts)
        return len(statements) - before

    thing = line(sku="sku_0")
    checkouts = [trio.visit(creator="ana", stream_id=None, items={"sku_0": 1}) for _ in range(30)]
    visited = [sale(chk, thing, checkout_id=chk) for chk in checkouts]
    assert cost(*visited[:1]) <= 35
    assert cost(*visited[1:]) <= 35
    coded = [sale(f"o{n}", thing, codes=("TRIO",)) for n in range(101)]
    assert cost(*coded[:1]) <= 35
    assert cost(*coded[1:]) <= 35 + 2 * 100  # the cap's update and the redemption of each
    assert cost(*(refund(order.order_ref, f"re_{order.order_ref}", 100) for order in coded)) <= 20
