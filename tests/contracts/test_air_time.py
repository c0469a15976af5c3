"""Time on air: fees for it, and sales shared by it, on both engines."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from functools import cache
from threading import Barrier

import pytest

from liveshop_sdk.affiliate import tables
from liveshop_sdk.affiliate.store import AffiliateStore
from liveshop_sdk.affiliate.terms import Appearance, Terms
from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.errors import AgreementBackdatedError, AlreadyExistsError, RecordInvalidError
from liveshop_sdk.facts import DisputeLost, DisputeOpened, Happening, HoldReleased, RefundFailed
from liveshop_sdk.money import Rate
from liveshop_sdk.registry.streams import AIR_TIME
from liveshop_sdk.shop import streams
from tests import schema
from tests.contracts.ledger_support import draft
from tests.contracts.period_support import eur, ten, tiers
from tests.contracts.shop_support import END, START, Shop, about, line, refund, sale

FEE = Appearance(amount=eur(50_000), min_minutes=60, short="pro_rata")


def shop_on_air(db: Database, clock: ManualClock, **terms: object) -> Shop:
    """A shop whose stream, duo, is hosted by ana and ben and shared by air time."""
    shop = Shop(db, clock)
    shop.live.products.add("sku_tee", title="Tee", amount=4990, currency="EUR")
    for handle in ("ana", "ben", "eve"):
        shop.live.creators.add(handle, terms=ten(**terms))
    duo(shop, "duo", shares=AIR_TIME)
    shop.coupon("BEN", "ben", stream="duo")
    return shop


def duo(shop: Shop, code: str, **more: str) -> None:
    shop.live.streams.schedule(
        code,
        hosts=["ana", "ben"],
        opens_at=START,
        closes_at=END,
        **more,
    )


def report(shop: Shop, ana: int, ben: int) -> Mapping[str, object]:
    return shop.live.streams.report_air("duo", {"ana": ana, "ben": ben}).as_json()


# --- fees


def test_time_on_air_is_paid_as_agreed_and_once(db: Database, clock: ManualClock) -> None:
    shop = shop_on_air(db, clock, appearance=FEE)
    assert report(shop, 60, 30)["entries"] == 2
    found = shop.standing()
    assert found["brand:appearance_fee_expense EUR"] == 75_000
    assert found["creator:ana:payable EUR"] == -50_000
    assert found["creator:ben:payable EUR"] == -25_000
    entry = next(shop.live.ledger.entries())
    assert (entry.kind, entry.source, entry.event_id) == (
        "appearance_fee",
        "streams",
        "stream:duo/ana",
    )
    before = shop.counts()
    assert report(shop, 60, 30)["entries"] == 0
    assert shop.counts() == before


def test_a_no_show_is_paid_nothing(db: Database, clock: ManualClock) -> None:
    shop = shop_on_air(db, clock, appearance=FEE)
    assert report(shop, 0, 0)["entries"] == 0
    assert shop.standing() == {}


def test_a_fee_first_repays_what_is_owed_back(db: Database, clock: ManualClock) -> None:
    shop = shop_on_air(db, clock, appearance=FEE)
    shop.stream("solo", "ana")
    shop.coupon("ANA", "ana", stream="solo")
    shop.record(sale("o1", line(base=3_000), codes=("ANA",)))
    shop.live.releases.due(START + timedelta(days=30))
    rooms = shop.live._rooms
    with db.transaction() as tx:  # paid out, then refunded
        book = rooms.ledger.book(tx, "main")
        rooms.ledger.post(
            tx,
            book,
            draft("payout_created", "item:1", ("ana:payable", 300), ("ana:in_transit", -300)),
        )
    shop.record(refund("o1", "re_1", 3_000))
    assert shop.standing()["creator:ana:clawback_receivable EUR"] == 300
    report(shop, 60, 0)
    assert shop.standing()["creator:ana:payable EUR"] == -49_700
    assert "creator:ana:clawback_receivable EUR" not in shop.standing()


@pytest.mark.parametrize(
    "minutes",
    [
        {"ana": 60},
        {"ana": 60, "ben": 1, "eve": 1},
        {"ana": 60, "ben": -1},
        {"ana": 60, "ben": True},
    ],
)
def test_minutes_that_cannot_be_are_refused(
    db: Database, clock: ManualClock, minutes: dict[str, int]
) -> None:
    shop = shop_on_air(db, clock, appearance=FEE)
    before = shop.counts()
    with pytest.raises(RecordInvalidError):
        shop.live.streams.report_air("duo", minutes)
    assert shop.counts() == before


def test_other_minutes_are_refused_and_so_are_minutes_before_the_start(
    db: Database, clock: ManualClock
) -> None:
    shop = shop_on_air(db, clock, appearance=FEE)
    clock.advance(-timedelta(hours=1))
    before = shop.counts()
    with pytest.raises(RecordInvalidError, match="before its start"):
        report(shop, 60, 30)
    assert shop.counts() == before
    clock.advance(timedelta(hours=1))
    report(shop, 60, 30)
    before = shop.counts()
    with pytest.raises(AlreadyExistsError):
        report(shop, 60, 31)
    assert shop.counts() == before


# --- shares


def story() -> list[Happening]:
    """Sales of two orders and all that can happen to them, in no tidy order."""
    return [
        sale("o1", line(base=8_005), line("li_2", base=333), codes=("BEN",)),
        refund("o1", "re_1", 1_000),
        sale("o2", line(base=99_999), codes=("BEN",)),
        DisputeOpened(**about("o2"), dispute_id="dp_1", amount=50_000, currency="EUR"),
        RefundFailed(**about("o1"), refund_id="re_1"),
        refund("o1", "re_2", 333, lines=(("li_2", 333),), named_amount=333),
        DisputeLost(**about("o2"), dispute_id="dp_1"),
    ]


def told(shop: Shop) -> list[tuple[object, ...]]:
    return [
        (entry.kind, entry.event_id, entry.effective_date, entry.request_hash, entry.postings)
        for entry in shop.live.ledger.entries()
    ]


@pytest.mark.parametrize(
    ("minutes", "at"),
    [
        *(((40, 20), at) for at in range(8)),
        ((0, 45), 7),
        ((45, 0), 7),
        ((0, 0), 7),
        ((1, 9_999), 7),
    ],
)
def test_whenever_it_is_told_the_book_is_as_if_it_had_been_known(
    db: Database, clock: ManualClock, minutes: tuple[int, int], at: int
) -> None:
    shop = shop_on_air(db, clock, tiers=tiers(start=50_000))
    for n, happening in enumerate(story()):
        if n == at:
            report(shop, *minutes)
        shop.record(happening)
    if at == 7:
        assert shop.kinds() == []  # all of it waits
        assert report(shop, *minutes)["shared"] == 2
    late = told(shop)
    lines = [one for key in ("o1", "o2") for one in shop.live.explain(key).lines]
    assert sum(one.amount for one in lines) == 801 + 33 + 10_000
    assert shop.live.ledger.verify().ok
    assert late == told_at_once(minutes)


@cache
def told_at_once(minutes: tuple[int, int]) -> list[tuple[object, ...]]:
    """Return what another book holds where the minutes were known from the start."""
    twin = Database.connect("sqlite://")
    schema.build(twin)
    other = shop_on_air(twin, ManualClock(START), tiers=tiers(start=50_000))
    report(other, *minutes)
    for happening in story():
        other.record(happening)
    found = told(other)
    twin.dispose()
    return found


def test_explain_says_what_an_order_waits_for(db: Database, clock: ManualClock) -> None:
    shop = shop_on_air(db, clock)
    shop.record(sale("o1", line(base=8_005), codes=("BEN",)))
    found = shop.live.explain("o1").as_json()
    assert found["lines"] == []
    assert found["waiting"] == [
        {
            "brand": "main",
            "order_line": "li_1",
            "credited": "ben",
            "stream": "duo",
            "waits_for": "air_time",
            "earned": {"amount": 801, "currency": "EUR"},
        }
    ]
    report(shop, 60, 40)
    found = shop.live.explain("o1").as_json()
    assert found["waiting"] == []
    assert [(one["creator"], one["share"], one["earned"]["amount"]) for one in found["lines"]] == [
        ("ana", "60/100", 481),
        ("ben", "40/100", 320),
    ]


def test_terms_are_those_of_the_sale_not_of_the_report(db: Database, clock: ManualClock) -> None:
    shop = shop_on_air(db, clock)
    shop.record(sale("o1", line(base=10_000), codes=("BEN",)))
    clock.advance(timedelta(hours=1))
    shop.live.creators.agree("ben", terms=Terms(rate=Rate.percent(50)))
    report(shop, 1, 1)
    assert [one.amount for one in shop.live.explain("o1").lines] == [500, 500]


def test_what_waited_is_held_from_its_payment(db: Database, clock: ManualClock) -> None:
    shop = shop_on_air(db, clock)
    shop.record(sale("o1", line(base=10_000), codes=("BEN",)))
    clock.advance(timedelta(days=20))
    assert shop.live.releases.due().holds == 0
    report(shop, 1, 1)
    assert shop.live.releases.due().holds == 1
    assert shop.standing()["creator:ana:payable EUR"] == -500


def test_terms_never_begin_before_what_waits(db: Database, clock: ManualClock) -> None:
    shop = shop_on_air(db, clock)
    clock.advance(timedelta(hours=1))
    shop.record(sale("o1", line(base=10_000), codes=("BEN",)))
    before = shop.counts()
    paid_at = START + timedelta(minutes=5)
    with pytest.raises(AgreementBackdatedError):
        shop.live.creators.agree("ben", terms=Terms(rate=Rate.percent(50)), effective_from=paid_at)
    assert shop.counts() == before
    later = paid_at + timedelta(microseconds=1)
    shop.live.creators.agree("ben", terms=Terms(rate=Rate.percent(50)), effective_from=later)
    report(shop, 1, 1)
    assert [one.amount for one in shop.live.explain("o1").lines] == [500, 500]


def test_a_hold_that_is_there_is_kept_when_another_brand_shares_later(
    db: Database, clock: ManualClock
) -> None:
    shop = shop_on_air(db, clock)
    report(shop, 1, 1)
    shop.record(sale("o1", line(base=10_000), codes=("BEN",)))
    shop.live.releases.due(START + timedelta(days=30))
    before = shop.rows(tables.hold)
    first = shop.live.explain("o1").lines[0]
    with db.transaction() as tx:
        AffiliateStore().add_lines(
            tx, [replace(first, brand="east", line_ref="sandbox:o1/li_2/ana")], at=clock.now()
        )
    assert shop.rows(tables.hold) == before


def test_a_report_cut_short_goes_on_when_repeated(
    db: Database, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = shop_on_air(db, clock)
    shop.record(*(sale(f"o{n}", line(base=10_000), codes=("BEN",)) for n in range(5)))
    monkeypatch.setattr(streams, "BATCH", 2)
    share_out, calls = streams.Streams._share_out, []

    def dies(self: streams.Streams, *given: object) -> object:
        calls.append(given)
        if len(calls) == 2:
            raise RuntimeError("the machine went away")
        return share_out(self, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(streams.Streams, "_share_out", dies)
    with pytest.raises(RuntimeError):
        report(shop, 1, 1)
    assert shop.kinds() == ["sale", "sale"]
    assert report(shop, 1, 1)["shared"] == 3
    assert shop.kinds() == ["sale"] * 5
    assert shop.standing()["creator:ana:pending EUR"] == -2_500


def test_a_fee_stays_whatever_is_agreed_later(db: Database, clock: ManualClock) -> None:
    shop = shop_on_air(db, clock, appearance=FEE)
    shop.record(sale("o1", codes=("BEN",)))
    assert report(shop, 60, 60)["entries"] == 3
    before = shop.standing()
    more = ten(appearance=Appearance(amount=eur(90_000), min_minutes=60))
    shop.live.creators.agree("ana", terms=more, effective_from=START)
    assert report(shop, 60, 60)["entries"] == 0
    assert shop.standing() == before


def test_hosts_with_shares_are_not_shared_by_air_time(db: Database, clock: ManualClock) -> None:
    shop = shop_on_air(db, clock)
    before = shop.counts()
    with pytest.raises(RecordInvalidError, match="one of the two"):
        shop.live.streams.schedule(
            "both", hosts=["ana:60", "ben:40"], opens_at=START, closes_at=END, shares=AIR_TIME
        )
    with pytest.raises(AlreadyExistsError, match="shares_by"):
        duo(shop, "duo")
    assert shop.counts() == before


def test_a_hold_that_is_released_is_told_as_it_was(db: Database, clock: ManualClock) -> None:
    """A release can only follow the report: before it there is no hold."""
    shop = shop_on_air(db, clock)
    shop.record(sale("o1", line(base=10_000), codes=("BEN",)))
    until = START + timedelta(days=14, minutes=5)
    shop.record(HoldReleased(**about("o1"), hold_until=until))
    assert shop.kinds() == []
    report(shop, 3, 1)
    assert shop.kinds() == ["sale", "release"]
    assert shop.standing()["creator:ana:payable EUR"] == -750


def test_orders_recorded_while_the_air_time_is_told_are_all_shared(
    db: Database, clock: ManualClock
) -> None:
    """Whoever comes first, no order is left waiting."""
    shop = shop_on_air(db, clock)
    start = Barrier(4)

    def work(number: int) -> None:
        start.wait()
        if number == 0:
            report(shop, 3, 1)
        for n in range(6 if number else 0):
            shop.record(sale(f"o{number}_{n}", line(base=1_000), codes=("BEN",)))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert report(shop, 3, 1)["shared"] == 0
    assert shop.kinds() == ["sale"] * 18
    assert shop.standing()["creator:ana:pending EUR"] == -75 * 18
    assert shop.live.ledger.verify().ok
