"""Stripe at its worst, seen from a buyer's phone and from the ledger."""

import time
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from liveshop_sdk.db import Database
from liveshop_sdk.platforms.stripe.adapter import StripePlatform
from tests.flows import stripe_actors as actors
from tests.flows.oracle_support import BEN, DUO, MIKA, Answer, coupons
from tests.flows.stripe_actors import ACCEPTED, PAYLOADS, REFUSED, Stage
from tests.platforms.stripe_support import Oracle, oracle, running_oracle

__all__ = ["oracle", "running_oracle"]

FAULTS: dict[str, dict[str, Any]] = {
    "fails": {"status": 500},
    "is away": {"status": 503},
    "loses the answer": {"status": 500, "after": True},
    "hangs up": {"drop": True},
    "hangs up afterwards": {"drop": True, "after": True},
    "hangs": {"status": 500, "delay": 1.5},
    "hangs afterwards": {"status": 500, "delay": 1.5, "after": True},
    "is busy": {"status": 429},
    "holds a lock": {"status": 409},
}
SESSIONS = "^/v1/checkout/sessions"
OPENINGS = "^/v1/(checkout/sessions|payment_links)$"
ALL = tuple(FAULTS)
long = pytest.mark.long


def some(*faults: str) -> pytest.MarkDecorator:
    """Meet these faults each time, on SQLite, and all of them in the long run, on both."""
    return pytest.mark.parametrize(
        ("engine_kind", "faults"),
        [
            pytest.param("sqlite", faults, id="some"),
            pytest.param("sqlite", ALL, id="sqlite", marks=long),
            pytest.param("postgresql", ALL, id="postgresql", marks=[long, pytest.mark.postgres]),
        ],
    )


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for Stripe a second and a bit, not eight."""
    short = partial(StripePlatform, timeouts=(0.5, 1.2))
    monkeypatch.setattr("liveshop_sdk.platforms.stripe.adapter.StripePlatform", short)


@pytest.fixture
def on_stripe(db: Database, db_url: str, oracle: Oracle) -> Iterator[Stage]:
    with actors.stage(db, db_url, oracle) as stage:
        coupons(stage.site)
        yield stage


@pytest.fixture
def hurried(hasty: None, db: Database, db_url: str, oracle: Oracle) -> Iterator[Stage]:
    with actors.stage(db, db_url, oracle) as stage:
        coupons(stage.site)
        yield stage


def fail(stage: Stage, fault: str, path: str, method: str, count: int = 6) -> None:
    stage.oracle.tell("fail", path=path, method=method, count=count, **FAULTS[fault])


def heal(stage: Stage) -> None:
    stage.oracle.world.fails.clear()


def again(stage: Stage, link: str, answer: Answer) -> Answer:
    """Come back as the waiting page does."""
    assert answer.status == 503, answer
    assert int(answer.headers["Retry-After"]) >= 1
    return stage.site.get(f"{link}?again={answer.json['error']['details']['again']}")


def sessions_of(stage: Stage, checkout_id: str) -> list[str]:
    found = stage.oracle.world.all("checkout.session")
    return [one["id"] for one in found if one["client_reference_id"] == checkout_id]


@some("loses the answer", "hangs up afterwards", "is busy")
def test_a_buyer_reaches_one_checkout_whatever_stripe_does(
    hurried: Stage, faults: tuple[str, ...]
) -> None:
    site = hurried.site
    link = site.issue("ben", "friday-drop", "BEN15", sku_cap=1)
    for n, fault in enumerate(faults, 1):
        fail(hurried, fault, OPENINGS, "POST")
        start = time.monotonic()
        answer = site.get(link)
        assert time.monotonic() - start < 4, fault
        assert again(hurried, link, answer).status == 503
        heal(hurried)
        location = again(hurried, link, answer).location
        assert site.coupon("BEN15") == (n, 0), fault
        visit = site.visits()[-1]
        assert sessions_of(hurried, visit.id) == [hurried.session_at(location)]
        assert again(hurried, link, answer).location == location
    assert len(site.visits()) == len(faults)
    page = site.get(link, accept="text/html")
    assert page.status == 303


@some("hangs up", "hangs")
def test_a_sale_is_booked_whatever_stripe_answers(hurried: Stage, faults: tuple[str, ...]) -> None:
    site = hurried.site
    link = site.issue("mika", "duo-night", None, sku_tee=1)
    for fault in faults:
        _, events = hurried.pay(hurried.open(link), DUO)
        before = site.balances("main")
        fail(hurried, fault, SESSIONS, "GET", count=99)
        start = time.monotonic()
        answers = hurried.send(events, "ok", "snapshot")
        assert {one["status"] for one in answers} == {200}
        assert time.monotonic() - start < 5, fault
        assert site.balances("main") == before
        heal(hurried)
        site.clock.shift = timedelta(minutes=10)
        report = site.shop.worker().drain()
        site.clock.shift = timedelta()
        assert (report.done, report.retried, report.dead) == (1, 0, 0), fault
        hurried.agree()


def test_a_buyer_who_waited_longer_than_stripe_allows_is_sent_on(hurried: Stage) -> None:
    site = hurried.site
    link = site.issue("ben", "friday-drop", "FREE100", sku_cap=1)
    fail(hurried, "is away", SESSIONS, "POST", count=99)
    waiting = site.get(link)
    heal(hurried)
    hurried.oracle.is_provoked = True
    hurried.oracle.tell("clock", offset=90)
    site.clock.shift = timedelta(seconds=90)
    location = again(hurried, link, waiting).location
    assert site.coupon("FREE100") == (1, 0)
    first, second = site.visits()
    assert (first.state, second.state) == ("closed", "open")
    assert sessions_of(hurried, second.id) == [hurried.session_at(location)]
    assert sessions_of(hurried, first.id) == []


def test_a_place_that_lapsed_is_not_given_twice(hurried: Stage) -> None:
    """Who comes back after 31 minutes is no longer expected: another has the unit."""
    site = hurried.site
    link = site.issue("ben", "friday-drop", "FREE100", sku_cap=1)
    fail(hurried, "is away", SESSIONS, "POST", count=9)
    waiting = site.get(link)
    assert waiting.status == 503
    heal(hurried)
    site.clock.shift = timedelta(minutes=32)
    assert site.get(link).status == 303
    late = site.get(f"{link}?again={waiting.json['error']['details']['again']}")
    assert (late.status, late.json["error"]["code"]) == (404, "visit_unknown")
    assert sum(site.coupon("FREE100")) == 1


def test_a_lost_dispute_of_which_only_the_end_was_told(on_stripe: Stage) -> None:
    site = on_stripe.site
    order, events = on_stripe.pay(
        on_stripe.open(site.issue("mika", "duo-night", None, sku_tee=1)), DUO
    )
    dispute, opening = on_stripe.dispute(order, amount=1500)
    on_stripe.deliver([*events, *on_stripe.close(dispute, "lost")], "ok", "snapshot")
    on_stripe.agree()
    told = on_stripe.oracle.world.objs[opening[1]]
    told["data"]["object"]["amount"] = 1600
    on_stripe.deliver(opening, "ok", "snapshot")
    on_stripe.agree()
    state = site.shop.inbox_state()
    assert (state.inbox["new"], state.inbox["dead"]) == (0, 0)


def test_a_clock_that_is_slow_is_named_in_the_log_alone(
    hurried: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    site = hurried.site
    hurried.oracle.is_provoked = True
    hurried.oracle.tell("clock", offset=90)
    refused = site.get(site.issue("ben", "friday-drop", "BEN15", sku_cap=1))
    assert (refused.status, refused.json["error"]["code"]) == (503, "platform_not_ready")
    assert "clock" not in refused.body.decode()
    assert "clock is slow" in caplog.text
    assert site.coupon("BEN15") == (0, 0)


def test_a_sale_that_stripe_does_not_show_is_seen_and_can_be_replayed(hurried: Stage) -> None:
    site = hurried.site
    _, events = hurried.pay(hurried.open(site.issue("mika", "duo-night", None, sku_tee=1)), DUO)
    gone = {"error": {"type": "invalid_request_error", "code": "resource_missing"}}
    hurried.oracle.tell("fail", path=SESSIONS, method="GET", count=99, status=404, body=gone)
    before = site.balances("main")
    assert {one["status"] for one in hurried.send(events, "ok", "snapshot")} == {200}
    for hours in range(1, 13):
        site.clock.shift = timedelta(hours=hours)
        site.shop.worker().drain()
    state = site.shop.inbox_state()
    (dead,) = state.dead
    assert (state.inbox["new"], state.inbox["dead"], state.parked) == (0, 1, ())
    assert "does not show the checkout.session" in str(dead.reason)
    found = {one["name"]: one["text"] for one in site.cli("doctor", exit_code=1)["findings"]}
    assert found["dead letters"] == "1 given up"
    assert site.balances("main") == before
    heal(hurried)
    site.cli("events", "replay", dead.id)
    assert site.shop.worker().drain().done == 1
    site.clock.shift = timedelta()
    hurried.agree()


@some("loses the answer", "hangs up afterwards")
def test_a_coupon_is_made_once_whatever_stripe_does(
    hurried: Stage, faults: tuple[str, ...]
) -> None:
    site, world = hurried.site, hurried.oracle.world
    known = len(world.all("promotion_code"))
    window = ("--stream", "friday-drop", "--creator", "mika", "--percent-off", "5")
    for n, fault in enumerate(faults, 1):
        path = "^/v1/promotion_codes" if n % 2 else "^/v1/coupons"
        fail(hurried, fault, path, "POST")
        code = f"WAIT-{n}"
        made = site.shop.coupons.create(
            code, stream_id="friday-drop", creator_id="mika", percent_off=5
        )
        assert made.status == "pending", fault
        link = site.issue("mika", "friday-drop", code, sku_cap=1)
        waiting = site.get(link)
        assert (waiting.status, waiting.json["error"]["code"]) == (503, "coupon_pending")
        heal(hurried)
        site.clock.shift = timedelta(minutes=2)
        assert site.shop.worker().drain().sent == 1, fault
        site.clock.shift = timedelta()
        assert site.cli("coupons", "create", code, *window)["status"] == "ready"
        assert site.get(link).status == 303
        assert len(world.all("promotion_code")) == known + n, fault


# --- the whole matrix: make oracle-long


def life(stage: Stage) -> list[str]:
    """Return every event of two orders with all that can happen to one."""
    link = stage.site.issue("mika", "friday-drop", "MIKA20", sku_tee=2, sku_cap=1)
    order, events = stage.pay(stage.open(link), MIKA)
    for amount in (1000, 2001):
        events += stage.refund(order, amount=amount)[1]
    refund, more = stage.refund(order, amount=777)
    events += more + stage.fail_refund(refund)
    dispute, more = stage.dispute(order, amount=2222)
    events += more + stage.close(dispute, "won")
    late = stage.open(stage.site.issue("ben", "friday-drop", "BEN15", sku_cap=3))
    events += stage.pay(late, BEN, outcome="async")[1]
    second, more = stage.pay(late, BEN, outcome="async_succeeded")
    dispute, lost = stage.dispute(second, amount=1500)
    return [*events, *more, *lost, *stage.close(dispute, "lost")]


@long
@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize("mode", ACCEPTED)
def test_a_life_in_every_mode(on_stripe: Stage, mode: str, payload: str) -> None:
    events = life(on_stripe)
    answers = on_stripe.send(events, mode, payload)
    assert {one["status"] for one in answers} == {200}
    on_stripe.site.shop.worker().drain()
    on_stripe.agree()
    state = on_stripe.site.shop.inbox_state()
    assert (state.inbox["new"], state.parked, state.dead) == (0, (), ())
    on_stripe.site.check_books(apart="")


@long
@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize("mode", REFUSED)
def test_a_forged_life_changes_nothing(on_stripe: Stage, mode: str, payload: str) -> None:
    events = life(on_stripe)
    before = on_stripe.site.counts()
    answers = on_stripe.send(events, mode, payload)
    assert {one["status"] for one in answers} == {400}
    assert on_stripe.site.counts() == before


@long
@pytest.mark.parametrize("after", [False, True])
def test_a_hang_holds_a_buyer_ten_seconds_at_most(on_stripe: Stage, after: bool) -> None:
    site = on_stripe.site
    link = site.issue("ben", "friday-drop", "BEN15", sku_cap=1)
    on_stripe.oracle.tell(
        "fail", path=SESSIONS, method="POST", count=9, delay=12, status=500, after=after
    )
    start = time.monotonic()
    answer = site.get(link)
    assert time.monotonic() - start <= 10
    heal(on_stripe)
    assert again(on_stripe, link, answer).status == 303
    assert site.coupon("BEN15") == (1, 0)
    assert len(sessions_of(on_stripe, site.visits()[-1].id)) == 1
