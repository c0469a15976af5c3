"""Entries by hand: a reason, two people, once per key, and within what is there."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from liveshop_sdk.affiliate.ledger.models import PostedEntry
from liveshop_sdk.affiliate.terms import Appearance
from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.errors import (
    AccountFloorError,
    CreatorNotFoundError,
    EntryInvalidError,
    IdempotencyConflictError,
    LiveShopError,
    PersonMissingError,
    RecordInvalidError,
    SelfApprovalError,
    SeqUnknownError,
)
from liveshop_sdk.facts import RefundFailed
from liveshop_sdk.money import Money
from liveshop_sdk.shop.recording import Recorder
from tests.contracts.period_support import shop_with, ten, tiers
from tests.contracts.shop_support import HERE, Shop, line, refund, sale

PEOPLE: dict[str, Any] = {"reason": "sample never arrived", "by": "ulla", "approved_by": "vera"}


@pytest.fixture
def shop(db: Database, clock: ManualClock) -> Shop:
    shop = Shop(db, clock)
    shop.stock()
    return shop


def eur(amount: int) -> Money:
    return Money(amount, "EUR")


def refused(shop: Shop, error: type[LiveShopError], call: Any, *given: Any, **more: Any) -> None:
    before = shop.counts(), shop.standing()
    with pytest.raises(error):
        call(*given, **more)
    assert (shop.counts(), shop.standing()) == before


def test_an_adjustment_needs_two_people_and_a_reason(shop: Shop) -> None:
    adjust = shop.live.adjustments.adjust
    for field in ("reason", "by", "approved_by"):
        refused(shop, PersonMissingError, adjust, "mika", eur(250), **PEOPLE | {field: ""})
    refused(shop, SelfApprovalError, adjust, "mika", eur(250), **PEOPLE | {"approved_by": "Ulla"})
    refused(shop, EntryInvalidError, adjust, "mika", eur(0), **PEOPLE)
    refused(shop, EntryInvalidError, adjust, "mika", eur(1), **PEOPLE | {"reason": "a\x1b]0;b"})
    refused(shop, CreatorNotFoundError, adjust, "nobody", eur(250), **PEOPLE)
    entry = adjust("mika", eur(250), **PEOPLE)
    assert (entry.created_by, entry.approved_by, entry.reason) == (
        "ulla",
        "vera",
        "sample never arrived",
    )
    assert shop.standing() == {
        "brand:commission_expense EUR": 250,
        "creator:mika:payable EUR": -250,
    }


def test_nobody_is_named_by_an_address_or_by_nothing(shop: Shop) -> None:
    shop.coupon()
    shop.record(sale("o1", codes=("MIKA20",)))
    hand = shop.live.adjustments
    for field in ("by", "approved_by"):
        named = PEOPLE | {field: "ulla@shop.example"}
        refused(shop, EntryInvalidError, hand.adjust, "mika", eur(250), **named)
        refused(shop, EntryInvalidError, hand.correct, 1, eur(599), **named)  # nothing to post
    payouts = shop.live.payouts
    refused(shop, RecordInvalidError, payouts.plan, rail="sandbox", by="ulla@shop.example")
    refused(shop, RecordInvalidError, payouts.send, by="ulla@shop.example")
    for by, error in (("u@shop.example", EntryInvalidError), (" ", PersonMissingError)):
        refused(shop, error, hand.annotate, "seen", by=by)
        refused(shop, error, hand.dispute_fee, "dp_1", eur(1500), rail="stripe", by=by)


def test_a_repeat_with_its_key_posts_nothing(shop: Shop) -> None:
    adjust = shop.live.adjustments.adjust
    one = adjust("mika", eur(100), key="k1", **PEOPLE)
    two = adjust("mika", eur(100), key="k1", **PEOPLE)
    assert (two.seq, two.repeated) == (one.seq, True)
    refused(shop, IdempotencyConflictError, adjust, "mika", eur(101), key="k1", **PEOPLE)
    refused(shop, EntryInvalidError, adjust, "mika", eur(101), key="a key", **PEOPLE)


def test_a_key_names_one_correction_whatever_the_platform(shop: Shop) -> None:
    shop.coupon()
    told = sale("o7", codes=("MIKA20",))
    for fact in (told, replace(told, platform="stripe", account="acct_1")):
        shop.record(fact)
    seq = shop.live.ledger.head().seq
    correct = shop.live.adjustments.correct
    assert correct(1, eur(100), key="c7", **PEOPLE) is not None
    refused(shop, IdempotencyConflictError, correct, seq, eur(100), key="c7", **PEOPLE)
    assert correct(seq, eur(100), key="c8", **PEOPLE) is not None


def test_a_key_names_one_entry_however_late_it_is_repeated(shop: Shop) -> None:
    hand = shop.live.adjustments
    shop.coupon()
    shop.record(sale("o1", codes=("MIKA20",)))
    calls: list[Callable[[], PostedEntry | None]] = [
        lambda: hand.adjust("mika", eur(-100), key="k1", **PEOPLE),
        lambda: hand.write_off("mika", eur(50), key="k1", **PEOPLE),
        lambda: hand.correct(1, eur(700), key="k1", **PEOPLE),
        lambda: hand.annotate("seen", by="ulla", key="k1"),
        lambda: hand.dispute_fee("dp_1", eur(5), rail="stripe", by="ulla"),
    ]
    for call in calls:
        first = call()
        assert first is not None
        assert not first.repeated
        before = shop.counts(), shop.standing()
        for _ in range(2):
            shop.clock.advance(timedelta(days=31, seconds=7))
            assert call() == replace(first, repeated=True)
            assert (shop.counts(), shop.standing()) == before
    assert shop.live.ledger.verify().ok


@pytest.mark.parametrize("what", ["adjust", "write_off", "correct"])
def test_whatever_moves_money_by_hand_takes_two_people_and_a_reason(shop: Shop, what: str) -> None:
    hand = shop.live.adjustments
    shop.coupon()
    shop.record(sale("o1", codes=("MIKA20",)))
    hand.adjust("mika", eur(-100), **PEOPLE)
    given: dict[str, tuple[Any, ...]] = {
        "adjust": (hand.adjust, "mika", eur(9)),
        "write_off": (hand.write_off, "mika", eur(9)),
        "correct": (hand.correct, 1, eur(9)),
    }
    for field in ("reason", "by", "approved_by"):
        refused(shop, PersonMissingError, *given[what], **PEOPLE | {field: " "})
    for same in ("ulla", "ULLA", " Ulla "):
        refused(shop, SelfApprovalError, *given[what], **PEOPLE | {"approved_by": same})


def test_less_is_taken_from_what_is_payable_then_becomes_a_receivable(shop: Shop) -> None:
    hand = shop.live.adjustments
    hand.adjust("mika", eur(250), **PEOPLE)
    hand.adjust("mika", eur(-400), **PEOPLE)
    assert shop.standing() == {
        "brand:commission_expense EUR": -150,
        "creator:mika:clawback_receivable EUR": 150,
    }
    refused(shop, AccountFloorError, hand.write_off, "mika", eur(151), **PEOPLE)
    refused(shop, EntryInvalidError, hand.write_off, "mika", eur(-1), **PEOPLE)
    hand.write_off("mika", eur(50), **PEOPLE)
    hand.adjust("mika", eur(120), **PEOPLE)
    assert shop.standing() == {
        "brand:bad_debt_expense EUR": 50,
        "brand:commission_expense EUR": -30,
        "creator:mika:payable EUR": -20,
    }
    assert shop.live.ledger.verify().ok


def test_a_refund_that_fails_after_its_write_off_is_taken_back_by_hand(
    shop: Shop, clock: ManualClock
) -> None:
    """A write-off is tied to no order: the remedy of the finance guide, in figures."""
    hand, payouts = shop.live.adjustments, shop.live.payouts
    shop.coupon()
    shop.record(sale("o1", codes=("MIKA20",)))
    shop.live.releases.approve("o1")
    payouts.set_payee("mika", rail="sandbox", fields={"account": "mika_1"})
    plan = payouts.plan(rail="sandbox", by="ulla")
    assert plan.batch is not None
    payouts.approve(plan.batch.id, by="vera")
    assert payouts.send(by="vera").sent == 1
    shop.record(refund("o1"))
    hand.write_off("mika", eur(599), **PEOPLE)
    paid_and_lost = {"brand:bad_debt_expense EUR": 599, "clearing:sandbox EUR": -599}
    assert shop.standing() == paid_and_lost
    failed = RefundFailed(**HERE, order_ref="o1", occurred_at=clock.now(), refund_id="re_1")
    shop.record(failed)
    assert shop.standing() == {
        **paid_and_lost,
        "brand:commission_expense EUR": 599,
        "creator:mika:payable EUR": -599,
    }
    hand.adjust("mika", eur(-599), **PEOPLE)
    assert shop.standing() == paid_and_lost
    assert shop.live.ledger.verify().ok


def test_a_dispute_fee_is_booked_once_a_dispute(shop: Shop) -> None:
    fee = shop.live.adjustments.dispute_fee
    fee("dp_1", eur(2000), rail="stripe", by="ulla")
    assert fee("dp_1", eur(2000), rail="stripe", by="ulla").repeated
    refused(shop, IdempotencyConflictError, fee, "dp_1", eur(1500), rail="stripe", by="ulla")
    refused(shop, LiveShopError, fee, "dp_2", eur(1500), rail="Str:ipe", by="ulla")
    assert shop.standing() == {
        "brand:dispute_fee_expense EUR": 2000,
        "clearing:stripe EUR": -2000,
    }


def test_a_remark_moves_nothing(shop: Shop) -> None:
    hand = shop.live.adjustments
    shop.coupon()
    shop.record(sale("o1", codes=("MIKA20",)))
    standing = shop.standing()
    entry = hand.annotate("checked with the agency", by="ulla", about=1)
    assert (entry.meta, entry.postings, entry.reason) == (
        {"about": 1},
        (),
        "checked with the agency",
    )
    refused(shop, SeqUnknownError, hand.annotate, "x", by="ulla", about=77)
    refused(shop, EntryInvalidError, hand.annotate, "  ", by="ulla")
    assert shop.standing() == standing
    assert shop.live.ledger.verify().ok


def test_a_correction_is_a_fact_like_any_other(shop: Shop) -> None:
    hand = shop.live.adjustments
    shop.coupon()
    shop.record(sale("o1", codes=("MIKA20",)), refund("o1", amount=2495))
    assert shop.standing()["brand:commission_expense EUR"] == 299
    refused(shop, EntryInvalidError, hand.correct, 1, eur(-1), **PEOPLE)
    refused(shop, EntryInvalidError, hand.correct, 1, Money(1, "USD"), **PEOPLE)
    refused(shop, SeqUnknownError, hand.correct, 9, eur(1), **PEOPLE)
    refused(shop, SelfApprovalError, hand.correct, 1, eur(1), **PEOPLE | {"by": "vera"})
    refused(shop, EntryInvalidError, hand.correct, 1, eur(1), **PEOPLE | {"reason": "a\x1b]0;b"})
    first = hand.correct(2, eur(720), key="c1", **PEOPLE)
    assert shop.standing()["brand:commission_expense EUR"] == 360
    again = hand.correct(2, eur(720), key="c1", **PEOPLE)
    assert first is not None
    assert again == replace(first, repeated=True)
    assert hand.correct(2, eur(720), key="c2", **PEOPLE) is None  # it is so already
    assert hand.correct(2, eur(720), key="c2", **PEOPLE) is None
    hand.correct(1, eur(0), **PEOPLE)
    assert shop.standing() == {}
    assert shop.live.ledger.verify().ok


@pytest.mark.postgres  # SQLite has one writer at a time
@pytest.mark.parametrize("engine_kind", ["postgresql"], indirect=True)
def test_of_corrections_at_once_by_different_clocks_the_last_one_holds(
    shop: Shop, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.coupon()
    shop.record(sale(codes=("MIKA20",)))
    ahead = Shop(shop.db, ManualClock(clock.now() + timedelta(seconds=1)), seed=2)
    recorder = shop.live.adjustments._recorder
    pool = ThreadPoolExecutor(1)
    others: list[Future[PostedEntry | None]] = []

    def record(*given: Any) -> Any:
        if not others:
            others.append(pool.submit(ahead.live.adjustments.correct, 1, eur(300), **PEOPLE))
            wait(others, timeout=1)  # it may have to wait for the order
        return Recorder.record(recorder, *given)

    monkeypatch.setattr(recorder, "record", record)
    mine = shop.live.adjustments.correct(1, eur(200), **PEOPLE)
    theirs = others[0].result(20)
    assert mine is not None
    assert theirs is not None
    assert theirs.seq > mine.seq
    assert shop.standing()["creator:mika:pending EUR"] == -300


def test_a_correction_is_told_apart_from_what_a_cap_gives_back(
    db: Database, clock: ManualClock
) -> None:
    shop = shop_with(db, clock, ten(cap_per_month=eur(3000)))
    shop.record(sale("o1", line(base=100_000), codes=("BEN",)))
    clock.set(datetime(2026, 11, 2, tzinfo=UTC))
    shop.live.periods.close("2026-10")
    made = shop.live.adjustments.correct(1, eur(2000), **PEOPLE)
    assert shop.kinds()[-3:] == ["period_close", "cap_true_up", "correction"]
    assert made is not None
    assert (made.kind, made.seq, made.repeated) == ("correction", 6, False)


def test_of_several_lines_one_is_named(db: Database, clock: ManualClock) -> None:
    shop = shop_with(db, clock, ten())
    shop.record(sale("o1", line("li_1", base=1_000), line("li_2", base=2_000), codes=("BEN",)))
    with pytest.raises(EntryInvalidError, match=r"li_1/ben, .*li_2/ben; name one of them"):
        shop.live.adjustments.correct(1, eur(0), **PEOPLE)


def test_what_is_no_commission_line_is_not_corrected(db: Database, clock: ManualClock) -> None:
    fee = Appearance(amount=eur(500), min_minutes=1)
    shop = shop_with(db, clock, ten(tiers=tiers(), appearance=fee))
    shop.record(sale("o1", line(base=1_000_500), codes=("BEN",)))
    shop.live.streams.report_air("drop", {"ben": 60})
    assert shop.kinds() == ["sale", "tier_true_up", "appearance_fee"]
    for seq in (2, 3):
        refused(shop, EntryInvalidError, shop.live.adjustments.correct, seq, eur(0), **PEOPLE)
    named = {"line_ref": "tier:ben:v1:EUR:2026-10", **PEOPLE}
    refused(shop, EntryInvalidError, shop.live.adjustments.correct, 2, eur(0), **named)
