"""Going through what Stripe has of a time: its lists, their pages, and a busy Stripe."""

import time
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from liveshop_sdk.checkout.ports import CommercePlatform, Unreadable
from liveshop_sdk.errors import PlatformBusyError, PlatformNotReadyError, PlatformRefusedError
from liveshop_sdk.facts import Fact, OrderPaid, OrderRefunded
from liveshop_sdk.money import Money
from liveshop_sdk.platforms.stripe import StripePlatform
from tests.platforms import stripe_support as support
from tests.platforms.stripe_support import Oracle, checkout, item, sold

running_oracle = support.running_oracle
oracle = support.oracle


@pytest.fixture(name="pauses")
def pauses_fixture(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    pauses: list[float] = []
    ours = SimpleNamespace(sleep=pauses.append)  # Stripe's SDK sleeps by the same module
    monkeypatch.setattr("liveshop_sdk.platforms.patience.time", ours)
    return pauses


def walked(platform: StripePlatform, days: int = 1) -> list[Fact | Unreadable]:
    now = datetime.now(UTC)
    pages = platform.walk(now - timedelta(days=days), now + timedelta(hours=1))
    return [one for page in pages for one in page]


def test_a_hundred_sessions_are_one_call(oracle: Oracle) -> None:
    platform = oracle.platform()
    for number in range(101):
        oracle.pay(oracle.opened(platform, checkout(f"chk_{number}")))
    oracle.opened(platform, checkout("chk_open"))
    oracle.world.log.clear()
    found = walked(platform)
    assert len({one.key for one in found}) == len(found) == 101
    asked = [entry["path"].partition("?")[0] for entry in oracle.world.log]
    assert asked == [
        "/v1/checkout/sessions",
        "/v1/checkout/sessions",
        "/v1/refunds",
        "/v1/disputes",
        "/v1/balance_transactions",
        "/v1/balance_transactions",
    ]


def test_only_what_is_a_sale_is_told(oracle: Oracle) -> None:
    """Not a session left open or expired, nor one whose bank payment is still to come."""
    platform = oracle.platform()
    paid, _ = sold(oracle, platform)
    free = support.checkout("chk_free", items=(item(unit=Money(0, "EUR")),))
    oracle.pay(oracle.opened(platform, free))
    oracle.pay(oracle.opened(platform, checkout("chk_bank")), outcome="async")
    oracle.pay(oracle.opened(platform, checkout("chk_over")), outcome="expired")
    found = walked(platform)
    assert [type(one) for one in found] == [OrderPaid, OrderPaid]
    assert paid in found
    assert sorted(one.total for one in found if isinstance(one, OrderPaid)) == [0, 4990]


def test_money_that_moved_long_after_the_sale_is_found(oracle: Oracle) -> None:
    """The order is a hundred days old; its refund and its dispute are of today."""
    platform = oracle.platform()
    paid, stored = sold(oracle, platform)
    long_ago = int(time.time()) - 100 * 86_400
    for one in oracle.world.objs.values():
        if one["object"] in ("checkout.session", "charge", "payment_intent"):
            one["created"] = long_ago
    oracle.sdk().refunds.create({"payment_intent": stored["payment_intent"], "amount": 100})
    oracle.tell("dispute", charge=oracle.world.all("charge")[0]["id"], amount=200)
    found = walked(platform)
    assert [one.key.partition(":")[0] for one in found] == ["refund", "dispute_opened"]
    assert {one.order_ref for one in found} == {paid.order_ref}


def test_what_is_too_old_to_be_listed_is_found_by_the_money_it_moved(oracle: Oracle) -> None:
    """A refund of a year ago fails today, and a dispute of then is won."""
    platform = oracle.platform()
    paid, stored = sold(oracle, platform)
    made = oracle.sdk().refunds.create({"payment_intent": stored["payment_intent"], "amount": 100})
    oracle.tell("dispute", charge=oracle.world.all("charge")[0]["id"], amount=200)
    (dispute,) = oracle.world.all("dispute")
    for one in oracle.world.objs.values():
        if "created" in one and isinstance(one["created"], int):
            one["created"] -= 365 * 86_400
    for one in dispute["balance_transactions"]:
        one["created"] -= 365 * 86_400
    assert walked(platform) == []
    oracle.tell("refund", refund=made.id, status="failed")
    oracle.tell("dispute", dispute=dispute["id"], status="won")
    assert [(one.key, one.order_ref) for one in walked(platform)] == [
        (f"refund_failed:{made.id}", paid.order_ref),
        (f"dispute_opened:{dispute['id']}", paid.order_ref),
        (f"dispute_won:{dispute['id']}", paid.order_ref),
    ]


def test_a_session_that_cannot_be_read_holds_up_no_other(oracle: Oracle) -> None:
    platform = oracle.platform()
    _, bad = sold(oracle, platform)
    session = oracle.opened(platform, checkout("chk_2"))
    oracle.pay(session)
    oracle.world.lines[bad["id"]][0]["currency"] = "usd"
    good, refused = sorted(walked(platform), key=lambda one: isinstance(one, Unreadable))
    assert good.order_ref == oracle.world.objs[session]["payment_intent"]
    assert refused == Unreadable(
        key=f"order:{bad['payment_intent']}",
        order_ref=bad["payment_intent"],
        problem="a line has another currency than its order",
    )


def test_a_refund_that_cannot_be_read_is_named(oracle: Oracle) -> None:
    platform = oracle.platform()
    _, stored = sold(oracle, platform)
    made = oracle.sdk().refunds.create({"payment_intent": stored["payment_intent"]})
    oracle.world.objs[made.id]["currency"] = "xxx"
    refused = walked(platform)[-1]
    assert refused == Unreadable(
        key=f"refund:{made.id}",
        order_ref=stored["payment_intent"],
        problem="currency is not known",
    )


def test_a_payment_that_names_only_its_charge_is_found(oracle: Oracle) -> None:
    platform = oracle.platform()
    paid, stored = sold(oracle, platform)
    made = oracle.sdk().refunds.create({"payment_intent": stored["payment_intent"]})
    oracle.world.objs[made.id]["payment_intent"] = None
    refund = walked(platform)[-1]
    assert isinstance(refund, OrderRefunded)
    assert (refund.refund_id, refund.order_ref) == (made.id, paid.order_ref)


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_stripe_is_waited_for(oracle: Oracle, pauses: list[float], status: int) -> None:
    platform = oracle.platform(max_network_retries=0)
    paid, _ = sold(oracle, platform)
    oracle.tell("fail", status=status, count=3)
    assert walked(platform) == [paid]
    assert pauses == [2, 2, 4]


def test_a_stripe_that_stays_busy_ends_it(oracle: Oracle, pauses: list[float]) -> None:
    platform = oracle.platform()
    oracle.tell("fail", status=429, count=50)
    with pytest.raises(PlatformBusyError):
        walked(platform)
    assert pauses == [2, 2, 4, 8, 16, 32]
    oracle.world.fails.clear()


def test_a_key_that_is_refused_ends_it_at_once(oracle: Oracle, pauses: list[float]) -> None:
    platform = oracle.platform()
    oracle.tell("fail", status=401, count=1)
    with pytest.raises(PlatformNotReadyError):
        walked(platform)
    assert pauses == []


def test_stripe_shows_every_order(oracle: Oracle) -> None:
    platform: CommercePlatform = oracle.platform()
    assert platform.sees_since(datetime.now(UTC)) is None


def test_a_stripe_that_repeats_a_page_is_refused(oracle: Oracle, monkeypatch: Any) -> None:
    platform = oracle.platform()
    sold(oracle, platform)
    page = platform._calls._page

    def repeated(*args: Any) -> Any:
        return {**page(*args), "has_more": True}

    monkeypatch.setattr(
        platform._calls,
        "_page",
        lambda fetch, params: repeated(
            fetch, {name: value for name, value in params.items() if name != "starting_after"}
        ),
    )
    with pytest.raises(PlatformRefusedError, match="repeats itself"):
        walked(platform)
