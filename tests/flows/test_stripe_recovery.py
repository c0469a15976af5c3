"""A checkout that expired and was gone on with: the same visit, and what is paid counts once."""

from collections.abc import Iterator

import pytest

from liveshop_sdk.db import Database
from tests.flows import stripe_actors as actors
from tests.flows.oracle_support import BEN, coupons
from tests.flows.stripe_actors import Stage
from tests.platforms.stripe_made_support import recovered
from tests.platforms.stripe_support import Oracle, oracle, running_oracle

__all__ = ["oracle", "running_oracle"]


@pytest.fixture
def on_stripe(db: Database, db_url: str, oracle: Oracle) -> Iterator[Stage]:
    with actors.stage(db, db_url, oracle, checkout="automatic_tax,recovery") as stage:
        coupons(stage.site)
        yield stage


def abandoned(stage: Stage, code: str | None) -> tuple[str, list[str]]:
    """Open a link and let its session expire; returns the copy gone on with, and the events."""
    session = stage.open(stage.site.issue("ben", "friday-drop", code, sku_cap=1))
    _, events = stage.pay(session, None, outcome="expired")
    return recovered(stage.oracle, session), events


def seen(stage: Stage) -> list[tuple[str, str]]:
    return [(one.state, one.reservation) for one in stage.site.visits()]


def test_a_recovered_sale_is_credited_to_the_visit_once(on_stripe: Stage) -> None:
    site = on_stripe.site
    session, ended = abandoned(on_stripe, "BEN15")
    on_stripe.deliver(ended)
    assert (seen(on_stripe), site.coupon("BEN15")) == ([("closed", "freed")], (0, 0))
    order, events = on_stripe.pay(session, BEN)
    on_stripe.deliver(events)
    on_stripe.deliver([*events, *ended])
    on_stripe.agree()
    assert (seen(on_stripe), site.coupon("BEN15")) == ([("paid", "freed")], (0, 1))
    assert site.reason(order) == {"main": ("ben", "coupon")}
    assert len(site.shop.orders()) == 1
    assert site.cli("reconcile")["ok"] is True


def test_a_recovered_sale_without_the_coupon_is_the_links(on_stripe: Stage) -> None:
    site = on_stripe.site
    session, ended = abandoned(on_stripe, None)
    on_stripe.deliver(ended)
    order, events = on_stripe.pay(session, BEN)
    on_stripe.deliver(events)
    on_stripe.agree()
    assert site.reason(order) == {"main": ("ben", "checkout_ref")}


def test_its_payment_may_be_heard_of_before_the_end_of_the_first_session(
    on_stripe: Stage,
) -> None:
    site = on_stripe.site
    session, ended = abandoned(on_stripe, "BEN15")
    _, events = on_stripe.pay(session, BEN)
    on_stripe.deliver(events)
    assert (seen(on_stripe), site.coupon("BEN15")) == ([("paid", "used")], (0, 1))
    on_stripe.deliver(ended)
    assert (seen(on_stripe), site.coupon("BEN15")) == ([("paid", "used")], (0, 1))
    on_stripe.agree()


def test_a_unit_that_another_visit_holds_by_then_is_over_the_limit(on_stripe: Stage) -> None:
    """ONE10 is for one; whom Stripe lets use it beyond that is seen, and commission waits."""
    site = on_stripe.site
    terms = ("--percent-off", "10", "--limit", "1")
    site.cli("coupons", "create", "ONE10", "--stream", "friday-drop", "--creator", "ben", *terms)
    session, ended = abandoned(on_stripe, "ONE10")
    on_stripe.deliver(ended)
    on_stripe.open(site.issue("ben", "friday-drop", "ONE10", sku_cap=1))
    assert site.coupon("ONE10") == (1, 0)
    order, events = on_stripe.pay(session, BEN)
    on_stripe.deliver(events)
    assert site.coupon("ONE10") == (1, 0)
    assert seen(on_stripe) == [("paid", "freed"), ("open", "held")]
    assert [line.withheld for line in site.shop.explain(order).lines] == ["over_limit"]
