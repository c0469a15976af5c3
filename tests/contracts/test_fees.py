"""What the platform charged is read once, kept as it was read, and summed per currency."""

import random
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from liveshop_sdk.checkout.fees import tables
from liveshop_sdk.checkout.fees.models import CHARGE, OTHER, Fee
from liveshop_sdk.checkout.ports import Unreadable
from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.errors import (
    BoundShopError,
    FeesNotShownError,
    LiveShopError,
    OrderUnknownError,
    PeriodInvalidError,
    PlatformUnavailableError,
    ReconcileWindowError,
    StreamNotFoundError,
)
from liveshop_sdk.money import Money
from liveshop_sdk.shop.fees import Fees, FeesReport
from liveshop_sdk.shop.platform import Connected
from tests.contracts.shop_support import START, Shop, sale

Page = Sequence[Fee | Unreadable]


def eur(text: str) -> Money:
    return Money.parse(text, "EUR")


def fee(ref: str, order_ref: str = "o1", currency: str = "EUR", **more: object) -> Fee:
    gross, charged = Money(4990, currency), Money(100, currency)
    fields: dict[str, object] = {
        "kind": CHARGE,
        "gross": gross,
        "fee": charged,
        "net": gross - charged,
        "occurred_at": START,
    }
    return Fee(ref=ref, order_ref=order_ref, **{**fields, **more})  # type: ignore[arg-type]


class Shown:
    """Movements in memory, a page at a time; the platform may fall silent."""

    def __init__(self, *pages: Page) -> None:
        self.pages_there: Sequence[Page] = pages
        self.breaks_at: int | None = None

    def pages(self, since: datetime, until: datetime) -> Iterator[Page]:
        assert since < until
        for number, page in enumerate(self.pages_there):
            if number == self.breaks_at:
                raise PlatformUnavailableError(platform="sandbox", problem="away")
            yield page


@pytest.fixture
def shop(db: Database, clock: ManualClock) -> Shop:
    shop = Shop(db, clock)
    shop.stock()
    return shop


def fees_of(shop: Shop, shown: Shown | None) -> Fees:
    codes = shop.live._connected.codes
    there = Connected(platform=shop.live.platform, codes=codes, fees=shown)
    return Fees(shop.db, shop.clock, shop.live._rooms, there)


def counted(report: FeesReport) -> tuple[int, int, int, int]:
    """Return added, same, foreign and problems."""
    return (report.added, report.same, report.foreign, len(report.problems))


def paid(shop: Shop, coupon: str | None = None) -> str:
    order = shop.live.sandbox.pay(shop.visit(coupon)).id
    shop.deliver()
    shop.sent.clear()
    return order


# --- the sandbox's own figures


def test_an_order_its_refunds_and_its_dispute_cost_what_the_sandbox_says(shop: Shop) -> None:
    """49.90: 1.5 % is 0.7485, half up 0.75, and 0.25; a dispute 15.00, given back when won."""
    order = paid(shop)
    shop.clock.advance(timedelta(minutes=1))
    failed = shop.live.sandbox.refund(order, 1000)
    shop.clock.advance(timedelta(minutes=1))
    shop.live.sandbox.fail_refund(failed.id)
    shop.live.sandbox.dispute(order, 2000)
    shop.clock.advance(timedelta(minutes=1))
    shop.live.sandbox.win(order)
    shop.clock.advance(timedelta(seconds=1))
    report = shop.live.fees.sync()
    assert counted(report) == (5, 0, 0, 0)
    found = shop.live.fees.list(order=order)
    assert [(one.kind, one.gross, one.fee, one.net) for one in found.fees] == [
        ("charge", eur("49.90"), eur("1.00"), eur("48.90")),
        ("refund", eur("-10.00"), eur("0.00"), eur("-10.00")),
        ("refund", eur("10.00"), eur("0.00"), eur("10.00")),
        ("dispute", eur("-20.00"), eur("15.00"), eur("-35.00")),
        ("dispute", eur("20.00"), eur("-15.00"), eur("35.00")),
    ]
    (total,) = found.sums
    assert (total.gross, total.fee, total.net) == (eur("49.90"), eur("1.00"), eur("48.90"))
    assert found.unknown == ()


def test_a_run_reads_what_happened_from_one_instant_and_before_another(shop: Shop) -> None:
    """The charge is of the first minute, the refund of the second, the dispute of the third."""
    order, minute = paid(shop), timedelta(minutes=1)
    for act in (shop.live.sandbox.refund, shop.live.sandbox.dispute):
        shop.clock.advance(minute)
        act(order, 1000)
    at = shop.clock.now() - minute
    for since, until, kinds in (
        (at, at + minute, ["refund"]),
        (at - minute, at, ["charge", "refund"]),
        (at, at + minute + timedelta(microseconds=1), ["charge", "refund", "dispute"]),
    ):
        shop.live.fees.sync(since, until)
        assert [one.kind for one in shop.live.fees.list().fees] == kinds


def test_a_second_run_changes_nothing(shop: Shop) -> None:
    order = paid(shop)
    shop.clock.advance(timedelta(seconds=1))
    shop.live.fees.sync()
    before, rows = shop.counts(), shop.rows(tables.fee)
    assert (len(rows), rows[0]["order_ref"]) == (1, order)
    shop.clock.advance(timedelta(hours=1))
    assert counted(shop.live.fees.sync()) == (0, 1, 0, 0)
    assert (shop.counts(), shop.rows(tables.fee)) == (before, rows)


def test_fees_move_no_commission(shop: Shop) -> None:
    paid(shop)
    shop.clock.advance(timedelta(seconds=1))
    before = shop.standing(), shop.kinds()
    assert before[0]
    assert shop.live.fees.sync().added == 1
    assert (shop.standing(), shop.kinds()) == before


def test_an_order_of_which_we_have_not_heard_is_counted_and_not_stored(shop: Shop) -> None:
    shop.live.sandbox.pay(shop.visit())
    shop.clock.advance(timedelta(seconds=1))
    before = shop.counts()
    assert counted(shop.live.fees.sync()) == (0, 0, 1, 0)
    assert shop.counts() == before
    shop.live.reconcile(fix=True)
    assert counted(shop.live.fees.sync()) == (1, 0, 0, 0)


def test_an_order_without_a_known_charge_is_named(shop: Shop) -> None:
    order, later = paid(shop), ""
    shop.clock.advance(timedelta(seconds=1))
    shop.live.fees.sync()
    later = paid(shop)
    found = shop.live.fees.list()
    assert ([one.order_ref for one in found.fees], found.unknown) == ([order], (later,))
    shop.clock.advance(timedelta(seconds=1))
    shop.live.fees.sync()
    assert shop.live.fees.list().unknown == ()


def test_what_a_stream_cost_is_the_fees_of_its_orders(shop: Shop) -> None:
    shop.stream("other", "ana")
    order = paid(shop)
    other = shop.live.sandbox.pay(shop.visit(stream_id="other", creator="ana")).id
    shop.deliver()
    shop.clock.advance(timedelta(seconds=1))
    shop.live.fees.sync()
    fees = shop.live.fees
    assert [one.order_ref for one in fees.list(stream="drop").fees] == [order]
    assert [one.order_ref for one in fees.list(stream="other").fees] == [other]
    assert fees.list(stream="other", order=order).fees == ()
    assert [str(one.fee) for one in fees.list().sums] == ["2.00 EUR"]


def test_a_month_is_that_of_the_brands_time_zone(db: Database, clock: ManualClock) -> None:
    shop = Shop(db, clock)
    shop.live.brands.add("main", currency="EUR", timezone="America/New_York")
    shop.record(sale("o1", occurred_at=datetime.fromisoformat("2026-11-01T03:59:59Z")))
    shop.record(sale("o2", occurred_at=datetime.fromisoformat("2026-11-01T04:00:00Z")))
    shop.record(sale("o3", occurred_at=datetime.fromisoformat("2026-12-01T05:00:00Z")))
    edges = [
        fee("f0", occurred_at=datetime.fromisoformat("2026-11-01T03:59:59Z")),
        fee("f1", occurred_at=datetime.fromisoformat("2026-11-01T04:00:00Z")),
        fee("f2", occurred_at=datetime.fromisoformat("2026-12-01T04:59:59Z")),
        fee("f3", occurred_at=datetime.fromisoformat("2026-12-01T05:00:00Z")),
    ]
    fees = fees_of(shop, Shown(edges))
    fees.sync()
    found = fees.list(month="2026-11")
    assert [one.ref for one in found.fees] == ["f1", "f2"]
    assert (found.timezone, found.unknown) == ("America/New_York", ("o2",))
    shop.live.brands.add("tokyo", currency="JPY", timezone="Asia/Tokyo")
    assert fees.list(month="2026-11").timezone == "UTC"


def test_currencies_are_never_mixed(shop: Shop) -> None:
    shop.record(sale("o1"), sale("o2"))
    fees = fees_of(shop, Shown([fee("f1"), fee("f2", "o2", "USD"), fee("f3", "o2", "USD")]))
    fees.sync()
    assert [(one.gross, one.fee, one.net) for one in fees.list().sums] == [
        (Money(4990, "EUR"), Money(100, "EUR"), Money(4890, "EUR")),
        (Money(9980, "USD"), Money(200, "USD"), Money(9780, "USD")),
    ]


def test_what_a_free_order_cost_is_not_waited_for(shop: Shop) -> None:
    shop.record(sale("o1", total=0))
    assert shop.live.fees.list().unknown == ()


def test_explaining_an_order_says_what_the_platform_charged(shop: Shop) -> None:
    order = paid(shop)
    assert shop.live.explain(order).as_json()["fees"] == []
    shop.clock.advance(timedelta(seconds=1))
    shop.live.fees.sync()
    (told,) = shop.live.explain(order).as_json()["fees"]
    assert (told["kind"], told["fee"]) == ("charge", {"amount": 100, "currency": "EUR"})


# --- what a platform may do


def test_a_run_that_breaks_off_keeps_its_pages_and_may_be_run_again(shop: Shop) -> None:
    shop.record(sale("o1"))
    shown = Shown([fee("f1")], [fee("f2")], [fee("f3")])
    fees, told = fees_of(shop, shown), list[int]()
    shown.breaks_at = 2
    with pytest.raises(PlatformUnavailableError):
        fees.sync(progress=told.append)
    assert ([one.ref for one in fees.list().fees], told) == (["f1", "f2"], [1, 2])
    shown.breaks_at = None
    assert counted(fees.sync()) == (1, 2, 0, 0)
    assert [one.ref for one in fees.list().fees] == ["f1", "f2", "f3"]


def test_another_amount_under_a_known_id_is_told_and_not_taken(shop: Shop) -> None:
    shop.record(sale("o1"))
    fees_of(shop, Shown([fee("f1")])).sync()
    rows = shop.rows(tables.fee)
    less = fee("f1", fee=eur("0.90"), net=eur("49.00"))
    report = fees_of(shop, Shown([less, fee("f2")])).sync()
    assert counted(report) == (1, 0, 0, 1)
    assert report.problems == [
        Unreadable(
            key="f1",
            order_ref="o1",
            problem="49.90 EUR less 1.00 EUR for a charge of o1 is stored, "
            "now it is 49.90 EUR less 0.90 EUR for a charge of o1",
        )
    ]
    assert shop.rows(tables.fee)[:1] == rows


def test_what_cannot_be_read_holds_up_no_other(shop: Shop) -> None:
    shop.record(sale("o1"))
    bad = [Unreadable(key=f"b{n}", order_ref=ref, problem="odd") for n, ref in ((1, "o1"), (2, ""))]
    strange = Unreadable(key="b3", order_ref="somebody's", problem="odd")
    payout = fee("po", "", kind=OTHER)
    report = fees_of(shop, Shown([bad[0], fee("f1"), strange, payout, bad[1]])).sync()
    assert (counted(report), report.problems) == ((1, 0, 2, 2), bad)
    assert report.seen == 5


def test_two_runs_at_once_store_each_movement_once(shop: Shop) -> None:
    shop.record(sale("o1"))
    pages = [[fee(f"f{n}_{m}") for m in range(30)] for n in range(5)]
    mixed = [random.Random(2).sample(page, len(page)) for page in pages]
    runs = [fees_of(shop, Shown(*pages)), fees_of(shop, Shown(*mixed))]
    with ThreadPoolExecutor(2) as pool:
        reports = list(pool.map(lambda one: one.sync(), runs))
    assert sum(one.added for one in reports) == 150
    assert [one.added + one.same for one in reports] == [150, 150]
    assert len(shop.rows(tables.fee)) == 150


def test_a_row_is_for_ever(shop: Shop) -> None:
    shop.record(sale("o1"))
    fees_of(shop, Shown([fee("f1")])).sync()
    rows = shop.rows(tables.fee)
    for change in (sa.update(tables.fee).values(fee=0, net=4990), sa.delete(tables.fee)):
        with pytest.raises(sa.exc.DBAPIError), shop.db.transaction() as tx:
            tx.execute(change)
    assert shop.rows(tables.fee) == rows


def test_a_platform_that_shows_no_fees_says_so(shop: Shop) -> None:
    shop.record(sale("o1"))
    fees, before = fees_of(shop, None), shop.counts()
    with pytest.raises(FeesNotShownError):
        fees.sync()
    found = fees.list()
    assert (found.is_shown, found.fees, found.unknown) == (False, (), ("o1",))
    assert shop.counts() == before


def test_what_is_asked_must_be_there(shop: Shop) -> None:
    fees = shop.live.fees
    with pytest.raises(OrderUnknownError):
        fees.list(order="nobody's")
    with pytest.raises(StreamNotFoundError):
        fees.list(stream="never")
    with pytest.raises(PeriodInvalidError):
        fees.list(month="2026-13")
    with pytest.raises(ReconcileWindowError):
        fees.sync(START, START)
    with shop.live.transaction() as tx, pytest.raises(BoundShopError):
        shop.live.using(tx).fees.sync()


def test_movements_that_do_not_add_up_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="net is not gross less fee"):
        fee("f1", net=eur("49.90"))


# --- random stories


@pytest.mark.parametrize("seed", range(4))
def test_what_is_listed_is_what_the_platform_moved(shop: Shop, seed: int) -> None:
    """Refunds that fail, disputes won and lost, lost webhooks, a run in the middle."""
    chance, sandbox = random.Random(seed), shop.live.sandbox
    orders = [sandbox.pay(shop.visit()).id for _ in range(4)]
    shop.deliver()
    for step in range(40):
        shop.clock.advance(timedelta(minutes=chance.randint(1, 90)))
        order = chance.choice(orders)
        with suppress(LiveShopError):  # a step the order's state does not allow
            match chance.randrange(5):
                case 0:
                    sandbox.refund(order, chance.randint(1, 2_000))
                case 1:
                    refund = sandbox.refund(order, chance.randint(1, 900))
                    sandbox.fail_refund(refund.id)
                case 2:
                    sandbox.dispute(order, chance.randint(1, 3_000))
                case 3:
                    sandbox.win(order)
                case 4:
                    sandbox.lose(order)
        if step == 20:
            shop.live.fees.sync()
    shop.clock.advance(timedelta(seconds=1))
    shop.live.fees.sync()
    listed = shop.live.fees.list()
    with shop.db.reading() as tx:
        store = shop.live.platform._store  # type: ignore[attr-defined]
        there = [store.order(tx, order) for order in orders]
        refunds = [one for order in there for one in store.refunds(tx, order)]
        disputes = [one for order in there for one in store.disputes(tx, order)]
    kept = sum(one.amount for one in refunds if one.failed_at is None)
    taken = sum(one.amount for one in disputes if one.state != "won")
    charged = 100 * len(orders) + 1500 * sum(one.state != "won" for one in disputes)
    (total,) = listed.sums
    assert total.gross == Money(4990 * len(orders) - kept - taken, "EUR")
    assert total.fee == Money(charged, "EUR")
    assert total.net == total.gross - total.fee
    assert {one.order_ref for one in listed.fees} == set(orders)
    assert refunds
    assert disputes
