"""More buyers at once than Stripe takes: sessions first, then links, then a short wait."""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from liveshop_sdk.db import Database
from tests.flows import stripe_actors as actors
from tests.flows.oracle_support import BEN, MIKA, Answer, coupons
from tests.flows.stripe_actors import Stage
from tests.platforms import stripe_made_support as links
from tests.platforms.stripe_made_support import BUSY, link_rules, visit
from tests.platforms.stripe_support import Oracle, oracle, running_oracle

__all__ = ["link_rules", "oracle", "running_oracle"]

BUCKETS = {"session": "/v1/checkout/sessions", "link": "/v1/payment_links"}


@pytest.fixture
def on_stripe(db: Database, db_url: str, oracle: Oracle) -> Iterator[Stage]:
    with actors.stage(db, db_url, oracle) as stage:
        coupons(stage.site)
        yield stage


def used_up(stage: Stage, *, session: int = 0, link: int = 0) -> None:
    """Let the account's other shop use so many of the 25 a second of each bucket."""
    stage.oracle.is_provoked = True
    stage.oracle.tell("limit", per_second=25)
    ahead = time.monotonic() + 60
    for name, count in (("session", session), ("link", link)):
        stage.oracle.world.rate["post", BUCKETS[name]] = [ahead] * count


def slow_down(stage: Stage) -> None:
    stage.oracle.tell("fail", **BUSY)


def rush(stage: Stage, link: str, buyers: int) -> list[Answer]:
    with ThreadPoolExecutor(6) as crowd:
        return list(crowd.map(lambda _: stage.site.get(link), range(buyers)))


def only_limits_were_met(stage: Stage) -> bool:
    log = stage.oracle.world.log
    return {said.split()[0] for entry in log for said in entry["violations"]} == {"limit"}


def buy(stage: Stage, url: str) -> tuple[str, list[str]]:
    """Pay behind a Payment Link; returns the session and the events."""
    session = visit(stage.oracle, url)
    return session, [one["id"] for one in links.pay(stage.oracle, session)]


def test_a_rush_that_sessions_do_not_take_goes_to_links(on_stripe: Stage) -> None:
    site, world = on_stripe.site, on_stripe.oracle.world
    link = site.issue("ben", "friday-drop", "BEN15", sku_cap=1)
    used_up(on_stripe, session=25)
    locations = [answer.location for answer in rush(on_stripe, link, 20)]
    assert all(url.endswith("?prefilled_promo_code=BEN15") for url in locations)
    assert len(set(locations)) == len(world.all("payment_link")) == 20
    assert site.coupon("BEN15") == (20, 0)
    assert only_limits_were_met(on_stripe)


def test_a_rush_that_nothing_takes_waits_and_is_sent_on(on_stripe: Stage) -> None:
    site, world = on_stripe.site, on_stripe.oracle.world
    link = site.issue("ben", "friday-drop", "BEN15", sku_cap=1)
    used_up(on_stripe, session=24, link=24)
    answers = rush(on_stripe, link, 30)
    statuses = [answer.status for answer in answers]
    assert set(statuses) == {303, 503}
    assert sum(site.coupon("BEN15")) == 30
    on_stripe.oracle.tell("limit", per_second=None)
    for answer in answers:
        if answer.status == 503:
            token = answer.json["error"]["details"]["again"]
            assert site.get(f"{link}?again={token}").status == 303
    assert site.coupon("BEN15") == (30, 0)
    visits = site.visits()
    refs = [one.platform_ref for one in visits]
    made = [*world.all("checkout.session"), *world.all("payment_link")]
    assert sorted(refs) == sorted(one["id"] for one in made)
    assert world.all("payment_link") != []
    assert only_limits_were_met(on_stripe)


def test_a_sale_behind_a_link_is_credited_and_the_link_is_over(on_stripe: Stage) -> None:
    site, world = on_stripe.site, on_stripe.oracle.world
    link = site.issue("mika", "friday-drop", "MIKA20", sku_tee=1, sku_cap=2)
    slow_down(on_stripe)
    url = site.get(link).location
    session, events = buy(on_stripe, url)
    on_stripe.credits[session] = MIKA
    on_stripe.deliver(events)
    on_stripe.agree()
    order = world.objs[session]["payment_intent"]
    assert site.reason(order) == {"main": ("mika", "coupon")}
    assert site.coupon("MIKA20") == (0, 1)
    (seen,) = site.visits()
    assert (seen.state, seen.reservation) == ("paid", "used")
    assert site.cli("explain", seen.platform_ref)["order"]["order_ref"] == order
    after(on_stripe, timedelta(minutes=32))
    assert [one["active"] for one in world.all("payment_link")] == [False]
    assert site.cli("reconcile")["ok"] is True
    on_stripe.agree()


def after(stage: Stage, time_passes: timedelta) -> None:
    """Let time pass at the shop alone, and its worker work."""
    stage.site.clock.shift = time_passes
    report = stage.site.shop.worker().drain()
    assert (report.retried, report.dead) == (0, 0)
    stage.site.clock.shift = timedelta()


def test_a_link_nobody_paid_is_ended_with_the_visit(on_stripe: Stage) -> None:
    site, world = on_stripe.site, on_stripe.oracle.world
    link = site.issue("ben", "friday-drop", "FREE100", sku_cap=1)
    slow_down(on_stripe)
    url = site.get(link).location
    tab = visit(on_stripe.oracle, url)
    assert site.get(link).status == 409
    after(on_stripe, timedelta(minutes=30))
    assert world.all("payment_link")[0]["active"] is True
    known = set(world.objs)
    after(on_stripe, timedelta(minutes=32))
    assert world.all("payment_link")[0]["active"] is False
    assert world.objs[tab]["status"] == "expired"
    on_stripe.deliver(on_stripe.new_events(known))
    (seen,) = site.visits()
    assert (seen.state, seen.closed_reason, seen.reservation) == ("closed", "expired", "freed")
    assert site.coupon("FREE100") == (0, 0)
    assert site.get(link).status == 303


def test_links_that_stripe_does_not_end_yet_are_tried_again(on_stripe: Stage) -> None:
    site, world = on_stripe.site, on_stripe.oracle.world
    slow_down(on_stripe)
    site.get(site.issue("ben", "friday-drop", None, sku_cap=1))
    on_stripe.oracle.tell("fail", path=BUCKETS["link"], method="POST", status=429)
    site.clock.shift = timedelta(minutes=32)
    assert site.shop.worker().drain().retried == 1
    assert world.all("payment_link")[0]["active"] is True
    after(on_stripe, timedelta(minutes=40))
    assert world.all("payment_link")[0]["active"] is False


def test_a_stream_ends_with_its_links_and_what_nobody_followed_is_free(on_stripe: Stage) -> None:
    """One link was followed by nobody, one is open at Stripe, and one was paid just now."""
    site, world = on_stripe.site, on_stripe.oracle.world
    link = site.issue("ben", "friday-drop", "BEN15", sku_cap=1)
    busy = {"path": "^/v1/(checkout/sessions|payment_links)$", "status": 429}
    on_stripe.oracle.tell("fail", count=2, **busy)
    token = site.get(link).json["error"]["details"]["again"]
    slow_down(on_stripe)
    urls = [site.get(f"{link}?again={token}").location]
    for _ in range(2):
        slow_down(on_stripe)
        urls.append(site.get(link).location)
    assert site.get(f"{link}?again={token}").location == urls[0]
    tab = visit(on_stripe.oracle, urls[1])
    paid, told = buy(on_stripe, urls[2])
    on_stripe.credits[paid] = BEN
    assert site.coupon("BEN15") == (3, 0)
    before = set(world.objs)
    done = site.cli("streams", "end", "friday-drop")
    assert (done["open_checkouts"], done["expiring"]) == (3, 3)
    assert [one["active"] for one in world.all("payment_link")] == [False] * 3
    assert (world.objs[tab]["status"], world.objs[paid]["status"]) == ("expired", "complete")
    assert site.coupon("BEN15") == (2, 0)
    for address in (link, f"{link}?again={token}"):
        over = site.get(address)
        assert (over.status, over.json["error"]["code"]) == (410, "coupon_over")
    page = site.get(f"{link}?again={token}", accept="text/html")
    assert (page.status, "This offer is over" in page.body.decode()) == (410, True)
    on_stripe.deliver([*on_stripe.new_events(before), *told])
    assert site.coupon("BEN15") == (0, 1)
    assert [one.state for one in site.visits()] == ["closed", "closed", "paid"]
    on_stripe.agree()
    after(on_stripe, timedelta(minutes=32))
    assert site.coupon("BEN15") == (0, 1)


def test_two_tabs_of_one_visit_are_sent_to_one_checkout(on_stripe: Stage) -> None:
    """Both asked at once: one was given a session, the other a link."""
    site, world = on_stripe.site, on_stripe.oracle.world
    shop = site.shop
    link = site.issue("ben", "friday-drop", "BEN15", sku_cap=1)
    on_stripe.oracle.tell(
        "fail", path="^/v1/(checkout/sessions|payment_links)$", status=429, count=2
    )
    token = site.get(link).json["error"]["details"]["again"]
    real = shop.platform.open_checkout

    def beside(params: str, *, key: str, buyer_ip: str | None = None) -> object:
        """The other tab gets its session while this one is answered."""
        shop.links._platform.open_checkout = real  # type: ignore[method-assign]
        slow_down(on_stripe)
        mine = real(params, key=key, buyer_ip=buyer_ip)
        urls.append(site.get(f"{link}?again={token}").location)
        return mine

    urls: list[str] = []
    shop.links._platform.open_checkout = beside  # type: ignore[method-assign, assignment]
    urls.append(site.get(f"{link}?again={token}").location)
    (session,) = world.all("checkout.session")
    assert urls == [session["url"], session["url"]]
    assert len(world.all("payment_link")) == 1
    assert shop.worker().drain().sent == 1
    assert world.all("payment_link")[0]["active"] is False
    assert site.coupon("BEN15") == (1, 0)


def test_two_orders_of_one_visit_are_both_counted(on_stripe: Stage) -> None:
    """Two tabs of a link may both be paid at the last moment: Stripe took the money twice."""
    site, world = on_stripe.site, on_stripe.oracle.world
    slow_down(on_stripe)
    url = site.get(site.issue("ben", "friday-drop", None, sku_cap=1)).location
    tabs = [visit(on_stripe.oracle, url) for _ in range(2)]
    paid: Sequence[str] = [one["id"] for tab in tabs for one in links.pay(on_stripe.oracle, tab)]
    on_stripe.credits |= dict.fromkeys(tabs, BEN)
    on_stripe.deliver(paid)
    on_stripe.agree()
    orders = [world.objs[tab]["payment_intent"] for tab in tabs]
    assert len(set(orders)) == 2
    assert [site.reason(one) for one in orders] == [{"main": ("ben", "checkout_ref")}] * 2
    assert len(site.visits()) == 1
