"""A random story behind a way on which calls get lost: in the end everything is as it is there.

Every call to the platform may be silent, reset, cut, answered late, by HTML, by half
a document, by 429, 500 or a redirect, before or after its work was done. Webhooks are
repeated, mixed up and lost. When all is quiet again, later runs have resolved each
outcome: one object at the platform for each of ours, and books that a second opinion
on the platform's own objects agrees with. `make story-long` tells it of 2,000 orders.
"""

import logging
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from liveshop_sdk.db import Database
from liveshop_sdk.errors import PlatformNotReadyError, PlatformUnavailableError
from liveshop_sdk.platforms import patience
from liveshop_sdk.platforms.shopify import transport
from liveshop_sdk.platforms.stripe.adapter import StripePlatform
from tests.flows import shopify_actors, stripe_actors
from tests.flows.faulty_way import FAULTS, FaultyWay, faulty_way
from tests.flows.oracle_support import BEN, DUO, MIKA, Credit, furnish, serving
from tests.platforms import shopify_support, stripe_support
from tests.platforms import stripe_made_support as links
from tests.scale import IS_LONG

ORDERS = 2_000 if IS_LONG else 8
SHARE = 0.05 if IS_LONG else 0.3
FIRST = 0.4 if IS_LONG else 0.3
PER_COUPON = 25 if IS_LONG else 4
LOST = 0.05
EDITED = 0.3 if IS_LONG else 0.7
OFFERS: tuple[tuple[str, str, str, Credit], ...] = (
    ("mika", "friday-drop", "M", MIKA),
    ("ben", "friday-drop", "B", BEN),
    ("mika", "duo-night", "D", DUO),
)
_log = logging.getLogger(__name__)
# In every run on SQLite, in the long one on PostgreSQL too.
on_engines = pytest.mark.parametrize(
    "engine_kind",
    ["sqlite", pytest.param("postgresql", marks=[pytest.mark.long, pytest.mark.postgres])],
)


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for a platform a second, not eight."""
    short = partial(StripePlatform, timeouts=(0.5, 1.2))
    monkeypatch.setattr("liveshop_sdk.platforms.stripe.adapter.StripePlatform", short)
    given: dict[str, Any] = {**(transport.Wire.__init__.__kwdefaults__ or {})}
    given |= {"timeouts": (0.5, 0.6), "patience": 1.0}
    monkeypatch.setattr(transport.Wire.__init__, "__kwdefaults__", given)
    monkeypatch.setattr(patience, "_LONGEST", 0.05)


@pytest.fixture
def on_stripe(hasty: None, db: Database, db_url: str) -> Iterator[tuple[Any, FaultyWay]]:
    with (
        stripe_support.oracle_running(strict_version=True) as oracle,
        faulty_way(oracle.base, 11) as way,
        serving(db, db_url, stripe_actors.settings(way.url)) as site,
    ):
        links.rule()
        furnish(site)
        yield stripe_actors.Stage(site=site, oracle=oracle), way
        assert [entry for entry in oracle.world.log if entry["violations"]] == []


@pytest.fixture
def on_shopify(hasty: None, db: Database, db_url: str) -> Iterator[tuple[Any, FaultyWay]]:
    with (
        shopify_support.running_oracle() as oracle,
        faulty_way(oracle.url, 12) as way,
        serving(db, db_url, shopify_actors.settings(way.url)) as site,
    ):
        furnish(site, **shopify_actors.VARIANTS)
        yield shopify_actors.Stage(site=site, oracle=oracle), way


# --- what everybody does, whatever the platform


def coupon(stage: Any, number: int, chance: random.Random) -> str:
    """Make the coupon of some orders; it may have to wait."""
    creator, stream, letter, _ = OFFERS[number // PER_COUPON % len(OFFERS)]
    code = f"{letter}-{number // PER_COUPON}"
    terms: dict[str, Any] = {"percent_off": chance.choice((5, 10, "12.5", 20))}
    if chance.random() < 0.3:
        terms = {"amount_off": chance.randint(1, 999), "currency": "EUR"}
    coupons = stage.site.shop.coupons
    with suppress(PlatformNotReadyError):  # a redirect is told, and tried again all the same
        coupons.create(code, stream_id=stream, creator_id=creator, **terms)
    assert coupons.get(code).status in ("ready", "pending")
    return code


def reach(stage: Any, link: str) -> str:
    """Open a link as a buyer does who comes back until a checkout opens."""
    answer = stage.site.get(link)
    for tries in range(1, 60):
        if answer.status == 303:
            return str(answer.location)
        assert answer.status == 503, answer
        again = answer.json["error"]["details"].get("again")
        if answer.json["error"]["code"] == "coupon_pending":
            later(stage, tries / 4)  # each try is put off for longer than the one before
        answer = stage.site.get(f"{link}?again={again}" if again else link)
    raise AssertionError(answer)


def later(stage: Any, hours: float) -> None:
    """Let the worker try again what it put off; then the clock is right again."""
    stage.site.clock.shift = timedelta(hours=hours)
    stage.site.shop.worker().drain()
    stage.site.clock.shift = timedelta()


def link_of(stage: Any, number: int, code: str, chance: random.Random) -> tuple[str, Credit]:
    creator, stream, _, credit = OFFERS[number // PER_COUPON % len(OFFERS)]
    items = {sku: chance.randint(1, 3) for sku in ("sku_tee", "sku_cap")[: chance.randint(1, 2)]}
    issued = stage.site.shop.links.issue(
        creator_id=creator,
        stream_id=stream,
        items=items,
        coupon=code if chance.random() < 0.7 else None,
    )
    return issued.url, credit


def resolved(stage: Any, way: FaultyWay) -> None:
    """End the trouble: later runs find out what became of everything."""
    shop = stage.site.shop
    if shop.platform.name == "stripe":  # nobody waits for it now: a long list takes its time
        shop.platform._calls._transport._read = 8.0
    else:
        shop.platform._wire._timeouts, shop.platform._wire._patience = (2.0, 20.0), 20.0
    way.share, way.first = SHARE / 5, 0.0
    for _ in range(30):
        try:
            shop.reconcile(fix=True)
            break
        except (PlatformUnavailableError, PlatformNotReadyError):
            continue
    way.heal()
    for hours in (1, 3, 9, 27):
        later(stage, hours)
    fixed = shop.reconcile(fix=True)
    assert (fixed.ok, fixed.extra, fixed.different) == (True, 0, 0)
    later(stage, 1)
    again = shop.reconcile(fix=True)
    assert (again.ok, again.missing, again.fixed) == (True, 0, 0)
    state = shop.inbox_state()
    assert (state.inbox["new"], state.parked, state.dead) == (0, (), ())
    assert (state.outbox["pending"], state.outbox["dead"]) == (0, 0)
    assert way.strays == []
    stage.agree()
    assert shop.ledger.verify(brand="main").ok


def used_as_paid(stage: Any, codes: Counter[str]) -> None:
    """Each coupon was used by exactly the orders that were paid with it."""
    assert {code: stage.site.coupon(code)[1] for code in codes} == dict(codes)


def every_fault_was_met(way: FaultyWay, *calls: str) -> None:
    """In the long run each call met each fault; in a short one some did."""
    met = {(call, fault) for call, fault in way.done if fault}
    assert met
    if IS_LONG:
        assert {(call, fault) for call in calls for fault in FAULTS} - met == set()
    spoiled = sum(n for (_, fault), n in way.done.items() if fault)
    _log.info("%d of %d calls were spoiled", spoiled, way.done.total())


# --- Stripe


@on_engines
def test_a_random_story_on_stripe(on_stripe: tuple[Any, FaultyWay]) -> None:
    stage, way = on_stripe
    chance, codes = random.Random(2_000), Counter[str]()
    objs = stage.oracle.world.objs
    way.share, way.first, code = SHARE, FIRST, ""
    for number in range(ORDERS):
        if number % PER_COUPON == 0:
            code = coupon(stage, number, chance)
        link, credit = link_of(stage, number, code, chance)
        session, order, events = paid_on_stripe(stage, reach(stage, link), credit)
        codes[code] += bool(objs[session]["discounts"])
        told_on_stripe(stage, events, chance)
        for events in after_on_stripe(stage, order, objs[session]["amount_total"], chance):
            told_on_stripe(stage, events, chance)
    resolved(stage, way)
    used_as_paid(stage, codes)
    one_checkout_for_each_visit(stage)
    for kind in ("coupon", "promotion_code"):
        assert len(stage.oracle.world.all(kind)) == len(codes)
    every_fault_was_met(
        way,
        *("POST /v1/checkout/sessions", "GET /v1/checkout/sessions/*"),
        *("POST /v1/coupons", "POST /v1/promotion_codes", "GET /v1/balance_transactions/*"),
    )


def one_checkout_for_each_visit(stage: Any) -> None:
    """Each visit has one session, or one link; where Stripe got busy, one unseen beside it.

    That is a session whose answer was lost before: nobody has its address, and it ends
    by itself.
    """
    world, unseal = stage.oracle.world, stage.site.shop._seals.unseal

    def of(found: list[Any]) -> Counter[str]:
        return Counter(unseal(one["metadata"]["liveshop"]) for one in found)

    sessions, linked = world.all("checkout.session"), of(world.all("payment_link"))
    paid = [one for one in sessions if one["status"] == "complete"]
    unseen = [one for one in sessions if one["status"] == "open"]
    assert len(paid) + len(unseen) == len(sessions)
    assert of(paid) == Counter(visit.id for visit in stage.site.visits())
    assert set(of(unseen).values()) | set(linked.values()) <= {1}
    assert set(of(unseen)) <= set(linked)


def paid_on_stripe(stage: Any, url: str, credit: Credit) -> tuple[str, str, list[str]]:
    """Pay at an address, which is a link's where Stripe was busy."""
    if all(one["url"] != url.partition("?")[0] for one in stage.oracle.world.all("payment_link")):
        session = stage.session_at(url)
        return session, *stage.pay(session, credit)
    session = links.visit(stage.oracle, url)
    events = [one["id"] for one in links.pay(stage.oracle, session)]
    stage.credits[session] = credit
    return session, str(stage.oracle.world.objs[session]["payment_intent"] or session), events


def told_on_stripe(stage: Any, events: list[str], chance: random.Random) -> None:
    if chance.random() < LOST:
        return
    mode = chance.choice(("ok", "ok", "duplicate", "reorder", "shuffle", "twin"))
    answers = stage.send(events, mode, chance.choice(stripe_actors.PAYLOADS))
    assert {one["status"] for one in answers} == {200}


def after_on_stripe(
    stage: Any, order: str, total: int, chance: random.Random
) -> Iterator[list[str]]:
    """Let something happen to an order; yields what Stripe tells of each step."""
    if chance.random() < 0.1:
        yield stage.refund(order)[1]
        return
    for _ in range(chance.choice((0, 0, 1, 1, 2))):
        refund, events = stage.refund(order, amount=chance.randint(1, total // 3))
        yield events
        if chance.random() < 0.3:
            yield stage.fail_refund(refund)
    if chance.random() < 0.25:
        status = chance.choice(("needs_response", "needs_response", "warning_needs_response"))
        dispute, events = stage.dispute(order, amount=chance.randint(1, total), status=status)
        yield events
        if status.startswith("warning"):
            yield stage.close(dispute, "warning_closed")
        elif chance.random() < 0.7:
            yield stage.close(dispute, chance.choice(("won", "lost")))


# --- Shopify


@on_engines
def test_a_random_story_on_shopify(on_shopify: tuple[Any, FaultyWay]) -> None:
    stage, way = on_shopify
    chance, codes = random.Random(2_001), Counter[str]()
    way.share, way.first, code = SHARE, FIRST, ""
    for number in range(ORDERS):
        if number % PER_COUPON == 0:
            code = coupon(stage, number, chance)
        link, credit = link_of(stage, number, code, chance)
        cart = cart_behind(stage, reach(stage, link))
        order = stage.pay(cart, credit, taxes_included=chance.random() < 0.5)
        codes[code] += bool(order["discount_codes"])
        told_on_shopify(stage, stage.sold(order), chance)
        for events in after_on_shopify(stage, order, chance):
            told_on_shopify(stage, events, chance)
    resolved(stage, way)
    used_as_paid(stage, codes)
    assert len(stage.oracle.discounts) == len(codes)
    assert stage.edited
    paid = Counter(one["cart_token"] for one in stage.oracle.orders.values())
    assert set(paid.values()) == {1}
    assert len(stage.site.shop.orders(limit=ORDERS + 1)) == len(paid) == ORDERS
    every_fault_was_met(
        way,
        *("LiveshopCart", "LiveshopCoupon", "LiveshopOrder", "LiveshopAgreements"),
    )


def cart_behind(stage: Any, url: str) -> Any:
    """Return the cart at an address, which the buyer's browser may have to make first."""
    carts = stage.oracle.carts
    if all(cart["checkoutUrl"] != url for cart in carts.values()):
        cart_id = shopify_support.followed(stage.oracle, url)
        return next(cart for cart in carts.values() if cart["id"] == cart_id)
    return stage.cart_at(url)


def told_on_shopify(stage: Any, events: list[Any], chance: random.Random) -> None:
    chance.shuffle(events)
    for event in events:
        if chance.random() >= LOST:
            mode = chance.choice(("ok", "ok", "ok", "duplicate", "stale"))
            assert stage._post(event, mode, shopify_actors.NEW) == {200}


def after_on_shopify(stage: Any, order: Any, chance: random.Random) -> Iterator[list[Any]]:
    """Let something happen to an order; yields what Shopify tells of each step."""
    if stage.credits[order["id"]] == MIKA and chance.random() < EDITED:
        editor = stage.editor(order)
        for _ in range(chance.randint(1, 4)):
            editor.live_on(chance)
            told, editor.told = editor.told, []
            yield told
        return
    if chance.random() < 0.1:
        yield stage.cancel(order)
        return
    line = order["line_items"][0]
    if chance.random() < 0.4:
        what = {"items": {line["id"]: 1}}
        # Less than it is worth: the sums leave doubt, and the order is asked for.
        less = {"amount": line["price"][:-3]} if chance.random() < 0.4 else {}
        yield stage.refund(order, **what, **less, status=chance.choice(("success", "pending")))
    if chance.random() < 0.3:
        status = chance.choice(("success", "failure"))
        yield stage.refund(
            order, amount=f"{chance.randint(1, 5)}.{chance.randint(10, 99)}", status=status
        )
    if chance.random() < 0.25:
        yield stage.dispute(order, f"{chance.randint(1, 9)}.00")
        if chance.random() < 0.7:
            yield stage.dispute(order, "", chance.choice(("won", "lost")))
