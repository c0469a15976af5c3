"""From facts to balanced entries, through database and ledger, on both engines."""

from dataclasses import replace
from datetime import timedelta

import pytest

from liveshop_sdk.clock import ManualClock
from liveshop_sdk.errors import FactConflictError, FactInvalidError, OrderUnknownError
from liveshop_sdk.facts import (
    CheckoutClosed,
    DisputeLost,
    DisputeOpened,
    DisputeWon,
    HoldReleased,
    RefundFailed,
)
from liveshop_sdk.shop.recording import MAX_ORDER
from tests.contracts.recording_support import SALE_EUR, coded, shop_fixture
from tests.contracts.shop_support import START, Shop, about, line, refund

__all__ = ["shop_fixture"]


# --- one fact at a time


def test_a_sale_is_credited_and_posted(shop: Shop) -> None:
    done = shop.record(coded())
    assert (done.new, done.repeats, done.waiting) == (1, 0, ())
    assert [entry.event_id for entry in done.entries] == ["order:o1"]
    assert shop.standing() == SALE_EUR
    assert shop.live.explain("o1").lines[0].line_ref == "sandbox:o1/li_1/mika"
    assert shop.live.ledger.verify().ok


def test_a_test_order_earns_nothing_where_money_is_real(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.record(coded("tried", is_test=True))
    assert shop.standing() == SALE_EUR
    monkeypatch.setattr(shop.live._rooms.recorder, "_is_live", lambda: True)
    done = shop.record(coded("tried_live", is_test=True))
    assert (done.new, done.entries, shop.live.explain("tried_live").lines) == (1, (), ())
    assert shop.standing() == SALE_EUR
    shop.record(coded("bought", is_test=False))
    assert shop.standing() == {account: 2 * amount for account, amount in SALE_EUR.items()}


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
    assert shop.live.releases.due().as_json() == {"released": 1, "entries": 1, "windows": 0}
    assert shop.live.releases.due().as_json() == {"released": 0, "entries": 0, "windows": 0}
    payable = {"brand:commission_expense EUR": 599, "creator:mika:payable EUR": -599}
    assert shop.standing() == payable
    shop.record(DisputeOpened(**about("o1"), dispute_id="dp_1", amount=4990, currency="EUR"))
    assert shop.standing()["creator:mika:disputed EUR"] == -599
    shop.record(DisputeWon(**about("o1"), dispute_id="dp_1"))
    assert shop.standing() == payable
    shop.record(DisputeLost(**about("o1"), dispute_id="dp_1"))
    assert shop.standing() == payable


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
