"""Shopify at its worst, seen from a buyer's phone and from the ledger."""

import random
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from liveshop_sdk.db import Database
from liveshop_sdk.platforms.shopify import transport
from tests.flows import shopify_actors as actors
from tests.flows.oracle_support import BEN, DUO, MIKA, coupons
from tests.flows.shopify_actors import REFUSED, Event, Stage
from tests.platforms import shopify_support as support

DELAYED = (
    *("429", "500", "502", "503", "430", "THROTTLED", "INTERNAL", "hang", "drop", "lost"),
    *("html", "truncated", "partial"),
)
long = pytest.mark.long


def some(*faults: str, among: tuple[str, ...] = DELAYED) -> pytest.MarkDecorator:
    """Meet these faults each time, on SQLite, and all of them in the long run, on both."""
    return pytest.mark.parametrize(
        ("engine_kind", "faults"),
        [
            pytest.param("sqlite", faults, id="some"),
            pytest.param("sqlite", among, id="sqlite", marks=long),
            pytest.param("postgresql", among, id="postgresql", marks=[long, pytest.mark.postgres]),
        ],
    )


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch, db: Database, db_url: str) -> Iterator[Stage]:
    """A shop that waits for Shopify a second, not eight."""
    short: dict[str, Any] = {**(transport.Wire.__init__.__kwdefaults__ or {})}
    short |= {"timeouts": (0.5, 0.6), "patience": 1.0}
    monkeypatch.setattr(transport.Wire.__init__, "__kwdefaults__", short)
    with support.running_oracle() as oracle, actors.stage(db, db_url, oracle) as stage:
        coupons(stage.site)
        yield stage


@pytest.fixture
def on_shopify(db: Database, db_url: str) -> Iterator[Stage]:
    with support.running_oracle() as oracle, actors.stage(db, db_url, oracle) as stage:
        coupons(stage.site)
        yield stage


def heal(stage: Stage) -> None:
    stage.oracle.failures.clear()


def slow_down(stage: Stage, fault: str) -> None:
    """Let every call fail that way; a busy shop asks for more patience than we have."""
    stage.oracle.config["hang"] = 0.9
    stage.oracle.fail(fault, 50, retry_after="30")
    if fault == "THROTTLED":
        stage.oracle.config |= {"restoreRate": 0.1}
        stage.oracle.points = 0.0


def refill(stage: Stage) -> None:
    heal(stage)
    stage.oracle.config |= {"restoreRate": 100.0}
    stage.oracle.points = 2000.0


@some("429", "hang", "lost", "401", among=(*DELAYED, "401", "403", "ACCESS_DENIED"))
def test_a_buyer_reaches_a_cart_whatever_shopify_does(
    hurried: Stage, faults: tuple[str, ...]
) -> None:
    site = hurried.site
    link = site.issue("ben", "friday-drop", "BEN15", sku_cap=1)
    for n, fault in enumerate(faults, 1):
        slow_down(hurried, fault)
        start = time.monotonic()
        location = site.get(link).location
        assert time.monotonic() - start < 4, fault
        refill(hurried)
        assert site.coupon("BEN15") == (1, n - 1), fault
        cart_id = support.followed(hurried.oracle, location)
        cart = next(one for one in hurried.oracle.carts.values() if one["id"] == cart_id)
        order = hurried.pay(cart, BEN)
        hurried.deliver(hurried.sold(order), "ok")
        assert site.coupon("BEN15") == (0, n), fault
        assert site.reason(str(order["id"])) == {"main": ("ben", "coupon")}
        hurried.agree()
    visits = site.visits()
    assert [(one.state, one.platform_ref) for one in visits] == [("paid", None)] * len(faults)


def test_who_pays_twice_by_one_permalink_has_two_orders(on_shopify: Stage) -> None:
    site = on_shopify.site
    link = site.issue("ben", "friday-drop", None, sku_cap=1)
    slow_down(on_shopify, "503")
    location = site.get(link).location
    refill(on_shopify)
    for _ in range(2):
        cart_id = support.followed(on_shopify.oracle, location)
        cart = next(one for one in on_shopify.oracle.carts.values() if one["id"] == cart_id)
        order = on_shopify.pay(cart, BEN)
        on_shopify.deliver(on_shopify.sold(order), "ok")
        assert site.reason(str(order["id"])) == {"main": ("ben", "checkout_ref")}
    on_shopify.agree()
    assert len(site.visits()) == 1


@some("402", "redirect", among=("402", "423", "redirect"))
def test_a_buyer_whom_shopify_turns_away_holds_no_unit(
    hurried: Stage, faults: tuple[str, ...]
) -> None:
    site = hurried.site
    link = site.issue("ben", "friday-drop", "BEN15", sku_cap=1)
    for fault in faults:
        hurried.oracle.fail(fault, 9)
        refused = site.get(link)
        assert refused.status == 503, (fault, refused)
        assert int(refused.headers["Retry-After"]) >= 30
        assert refused.json["error"]["code"] == "platform_not_ready"
        assert refused.json["error"]["details"] == {"retry_after": 60}
        assert "token" not in refused.body.decode()
        assert site.coupon("BEN15") == (0, 0), fault
        heal(hurried)
    assert not [one for one in hurried.oracle.log if one["path"] == "/_elsewhere"]


@some("lost", "html", "hang")
def test_a_coupon_is_made_once_whatever_shopify_does(
    hurried: Stage, faults: tuple[str, ...]
) -> None:
    site = hurried.site
    known = len(hurried.oracle.discounts)
    for n, fault in enumerate(faults, 1):
        slow_down(hurried, fault)
        code = f"WAIT-{n}"
        made = site.shop.coupons.create(
            code, stream_id="friday-drop", creator_id="mika", percent_off=5
        )
        assert made.status == "pending", fault
        link = site.issue("mika", "friday-drop", code, sku_cap=1)
        waiting = site.get(link)
        assert (waiting.status, waiting.json["error"]["code"]) == (503, "coupon_pending")
        refill(hurried)
        site.clock.shift = timedelta(minutes=2)
        assert site.shop.worker().drain().sent == 1, fault
        site.clock.shift = timedelta()
        assert site.get(link).status == 303
        assert len(hurried.oracle.discounts) == known + n, fault


@some("500", "hang")
def test_a_refund_that_needs_its_order_waits_for_shopify(
    hurried: Stage, faults: tuple[str, ...]
) -> None:
    """A refund that leaves open how it is taxed: its order knows."""
    site = hurried.site
    order = hurried.sell(site.issue("mika", "duo-night", None, sku_tee=20), DUO)
    line = order["line_items"][0]["id"]
    for fault in faults:
        events = hurried.refund(order, items={line: 1}, amount="20.00")[:1]
        events[0][1]["order_adjustments"] = []
        before = site.balances("main")
        slow_down(hurried, fault)
        start = time.monotonic()
        hurried.deliver(events, "ok")
        assert time.monotonic() - start < 5, fault
        assert site.balances("main") == before
        refill(hurried)
        site.clock.shift = timedelta(minutes=10)
        report = site.shop.worker().drain()
        site.clock.shift = timedelta()
        assert (report.done, report.retried, report.dead) == (1, 0, 0), fault
        hurried.agree()


# --- the whole matrix: make oracle-long


def life(stage: Stage) -> list[Event]:
    """Return every delivery about two orders with all that can happen to one."""
    site = stage.site
    cart = stage.open(site.issue("mika", "friday-drop", "MIKA20", sku_tee=2, sku_cap=2))
    order = stage.pay(cart, MIKA)
    tee, cap = (line["id"] for line in order["line_items"])
    events = stage.sold(order)
    events += stage.refund(order, items={tee: 1})
    events += stage.refund(order, shipping="4.90")
    events += stage.refund(order, amount="5.55")
    events += stage.refund(order, items={cap: 1}, status="failure")
    events += stage.dispute(order, "9.99")
    events += stage.dispute(order, "", "won")
    cart = stage.open(site.issue("mika", "duo-night", "DUO5", sku_cap=3))
    second = stage.pay(cart, DUO, taxes_included=False)
    events += stage.sold(second)
    events += stage.dispute(second, "12.34")
    events += stage.dispute(second, "", "lost")
    return [*events, *stage.cancel(order)]


@long
@pytest.mark.parametrize("seed", range(10))
def test_a_life_in_any_order_and_twice(on_shopify: Stage, seed: int) -> None:
    on_shopify.chance = random.Random(seed)
    on_shopify.deliver(life(on_shopify), "repeated")
    on_shopify.agree()
    state = on_shopify.site.shop.inbox_state()
    assert (state.inbox["new"], state.parked, state.dead) == (0, (), ())
    on_shopify.site.check_books(apart="")


@long
@pytest.mark.parametrize("mode", ["ok", "duplicate", "stale", "wrong_secret", "shuffled"])
def test_a_life_in_every_mode(on_shopify: Stage, mode: str) -> None:
    on_shopify.deliver(life(on_shopify), mode)
    on_shopify.agree()


@long
@pytest.mark.parametrize("mode", REFUSED)
def test_a_forged_life_changes_nothing(on_shopify: Stage, mode: str) -> None:
    events = life(on_shopify)
    before = on_shopify.site.counts()
    secret = "stranger" if mode == "wrong_secret" else actors.NEW
    assert {s for e in events for s in on_shopify._post(e, mode, secret)} == {REFUSED[mode]}
    assert on_shopify.site.counts() == before


@long
def test_a_hang_holds_a_buyer_five_seconds_at_most(on_shopify: Stage) -> None:
    site = on_shopify.site
    link = site.issue("ben", "friday-drop", "BEN15", sku_cap=1)
    on_shopify.oracle.fail("hang", 9, seconds=12)
    start = time.monotonic()
    location = site.get(link).location
    assert time.monotonic() - start <= 5
    assert location.startswith(f"https://{support.SHOP}/cart/")
    assert site.coupon("BEN15") == (1, 0)
