"""Coupons and streams that end at Stripe, whatever becomes of its answers."""

import time
from datetime import timedelta
from typing import Any

from tests.flows.oracle_support import BEN, coupons
from tests.flows.stripe_actors import Stage
from tests.flows.test_stripe_faults import SESSIONS, fail, hasty, heal, hurried, on_stripe, some
from tests.platforms.stripe_support import oracle, running_oracle

__all__ = ["coupons", "hasty", "hurried", "on_stripe", "oracle", "running_oracle"]

CODES = "^/v1/promotion_codes/"
LATER = timedelta(minutes=2)


def drained(stage: Stage, later: timedelta = LATER) -> int:
    stage.site.clock.shift = later
    try:
        return stage.site.shop.worker().drain().sent
    finally:
        stage.site.clock.shift = timedelta()


def promotion(stage: Stage, code: str) -> tuple[bool, bool]:
    """Return whether a promotion code is active, and whether its coupon is there."""
    world = stage.oracle.world
    found = next(one for one in world.all("promotion_code") if one["code"] == code)
    return found["active"], found["promotion"]["coupon"] in world.objs


def test_a_coupon_by_command_line(on_stripe: Stage) -> None:
    site = on_stripe.site
    link = site.issue("ben", "friday-drop", "BEN15", sku_cap=1)
    paused = site.cli("coupons", "pause", "ben15")
    assert (paused["status"], paused["waiting"]) == ("paused", None)
    assert promotion(on_stripe, "BEN15") == (False, True)
    refused = site.get(link)
    assert (refused.status, refused.json["error"]["code"]) == (409, "coupon_paused")
    page = site.get(link, accept="text/html")
    assert "This offer is paused" in page.body.decode()
    assert site.cli("coupons", "resume", "BEN15")["status"] == "ready"
    assert promotion(on_stripe, "BEN15") == (True, True)
    on_stripe.sell(link, BEN)
    assert site.cli("coupons", "end", "BEN15")["status"] == "ended"
    assert promotion(on_stripe, "BEN15") == (False, False)
    over = site.get(link)
    assert (over.status, over.json["error"]["code"]) == (410, "coupon_over")
    assert site.cli("coupons", "resume", "BEN15", exit_code=1)["error"]["code"] == "coupon_over"
    on_stripe.agree()


def test_a_coupon_made_ahead_of_its_time(on_stripe: Stage) -> None:
    """Stripe knows no start: until then our links refuse, which is all that holds it back."""
    site = on_stripe.site
    starts_at = site.clock.now() + timedelta(minutes=30)
    made = site.shop.coupons.create(
        "AHEAD", stream_id="friday-drop", creator_id="ben", percent_off=5, starts_at=starts_at
    )
    assert (made.status, promotion(on_stripe, "AHEAD")) == ("ready", (True, True))
    link = site.issue("ben", "friday-drop", "AHEAD", sku_cap=1)
    early = site.get(link)
    assert (early.status, early.json["error"]["code"]) == (409, "not_open_yet")
    assert site.visits() == []
    site.clock.shift = timedelta(minutes=31)
    assert site.get(link).status == 303


@some("loses the answer", "hangs up afterwards", "is busy")
def test_the_last_wish_wins_whatever_stripe_does(hurried: Stage, faults: tuple[str, ...]) -> None:
    site = hurried.site
    link = site.issue("ben", "friday-drop", "BEN15", sku_cap=1)
    for fault in faults:
        fail(hurried, fault, CODES, "POST", count=99)
        start = time.monotonic()
        assert site.shop.coupons.pause("BEN15").waiting == "pause", fault
        assert time.monotonic() - start < 4, fault
        assert site.get(link).json["error"]["code"] == "coupon_paused"
        resumed = site.shop.coupons.resume("BEN15")  # nothing to do if no pause got there
        assert site.shop.coupons.pause("BEN15").waiting == "pause"
        heal(hurried)
        assert drained(hurried) == (3 if resumed.waiting else 2), fault
        assert promotion(hurried, "BEN15") == (False, True), fault
        assert site.shop.coupons.resume("BEN15").waiting is None
        assert promotion(hurried, "BEN15") == (True, True), fault
        assert site.get(link).status == 303
        assert site.shop.inbox_state().outbox["pending"] == 0


@some("loses the answer", "hangs up afterwards")
def test_a_pending_coupon_that_ends_is_gone_whatever_stripe_does(
    hurried: Stage, faults: tuple[str, ...]
) -> None:
    site, world = hurried.site, hurried.oracle.world
    for n, fault in enumerate(faults, 1):
        for path in ("^/v1/coupons", "^/v1/promotion_codes"):
            fail(hurried, fault, path, "POST", count=99)
        code = f"WAIT-{n}"
        named: dict[str, Any] = {"stream_id": "friday-drop", "creator_id": "mika"}
        assert site.shop.coupons.create(code, **named, percent_off=5).status == "pending"
        ended = site.shop.coupons.end(code)
        assert (ended.status, ended.waiting in ("end", None)) == ("ended", True)
        heal(hurried)
        assert drained(hurried) >= 1, fault
        made = [one for one in world.all("promotion_code") if one["code"] == code]
        assert [one for one in made if one["active"]] == []
        assert ended.id not in world.objs
        coupon = site.shop.coupons.get(code)
        assert (coupon.waiting, coupon.platform_ref is None) == (None, not made)


def test_a_stream_ends_with_its_open_checkouts(on_stripe: Stage) -> None:
    site, world = on_stripe.site, on_stripe.oracle.world
    link = site.issue("ben", "friday-drop", "BEN15", sku_cap=1)
    plain = site.issue("ben", "friday-drop", None, sku_cap=1)
    opened, paid, other = (on_stripe.open(one) for one in (link, link, plain))
    _, told = on_stripe.pay(paid, BEN)
    before = set(world.objs)
    done = site.cli("streams", "end", "friday-drop")
    assert (done["phase"], done["open_checkouts"], done["expiring"]) == ("over", 2, 2)
    assert {(one["status"], one["waiting"]) for one in done["coupons"]} == {("ended", None)}
    assert [world.objs[one]["status"] for one in (opened, paid, other)] == [
        "expired",
        "complete",
        "open",
    ]
    assert site.coupon("BEN15") == (2, 0)
    on_stripe.deliver([*on_stripe.new_events(before), *told], "ok")
    assert site.coupon("BEN15") == (0, 1)
    assert [one.state for one in site.visits()] == ["closed", "paid", "open"]
    assert site.get(link).status == 410
    assert site.get(plain).status == 303
    on_stripe.agree()


@some("loses the answer", "is away")
def test_checkouts_are_ended_whatever_stripe_does(hurried: Stage, faults: tuple[str, ...]) -> None:
    site, world = hurried.site, hurried.oracle.world
    link = site.issue("ben", "friday-drop", "BEN15", sku_cap=1)
    opened = [hurried.open(link) for _ in faults]
    fail(hurried, faults[0], f"{SESSIONS}/.*/expire", "POST", count=99)
    start = time.monotonic()
    assert site.shop.streams.end("friday-drop").expiring == len(opened)
    assert time.monotonic() - start < 9
    for n, fault in enumerate(faults[1:], 1):
        heal(hurried)
        fail(hurried, fault, f"{SESSIONS}/.*/expire", "POST", count=99)
        drained(hurried, n * LATER)
    heal(hurried)
    drained(hurried, timedelta(hours=3))
    assert [world.objs[one]["status"] for one in opened] == ["expired"] * len(opened)
    state = site.shop.inbox_state()
    assert (state.outbox["pending"], state.outbox["dead"]) == (0, 0)
    expired = [one["id"] for one in world.all("event") if one["type"].endswith("session.expired")]
    assert len(expired) == len(opened)
    hurried.deliver(expired, "ok")
    assert site.coupon("BEN15") == (0, 0)
