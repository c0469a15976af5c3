"""What the sandbox has is compared with what was recorded, and what is missing is posted."""

import dataclasses
import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from liveshop_sdk.clock import ManualClock, to_iso
from liveshop_sdk.db import Database
from liveshop_sdk.errors import (
    BoundShopError,
    FactInvalidError,
    InstantInvalidError,
    PlatformUnavailableError,
    ReconcileWindowError,
)
from liveshop_sdk.facts import DisputeWon, Fact, OrderPaid, RefundFailed
from liveshop_sdk.money import Money
from liveshop_sdk.shop import reconciliation
from liveshop_sdk.shop.reconciliation import Reconciliation
from tests.contracts.shop_support import START, Shop, about, refund, sale

SALE = {"brand:commission_expense EUR": 599, "creator:mika:pending EUR": -599}


@pytest.fixture
def shop(db: Database, clock: ManualClock) -> Shop:
    shop = Shop(db, clock)
    shop.stock()
    shop.coupon()
    return shop


def sell(shop: Shop, coupon: str | None = None) -> str:
    """Pay a visit at the sandbox; returns the order."""
    return shop.live.sandbox.pay(shop.visit(coupon)).id


def numbers(found: Reconciliation) -> tuple[int, int, int, int, int]:
    """Return checked, missing, extra, different, fixed."""
    return (found.checked, found.missing, found.extra, found.different, found.fixed)


def fixed_for_good(shop: Shop, *, missing: int) -> Reconciliation:
    """Fix, and show that a second run finds nothing and writes nothing."""
    found = shop.live.reconcile(fix=True)
    assert (found.ok, found.missing, found.fixed) == (True, missing, missing)
    before = shop.counts()
    again = shop.live.reconcile(fix=True)
    assert numbers(again) == (found.checked, 0, 0, 0, 0)
    assert again.ok
    assert shop.counts() == before
    return found


def test_where_all_webhooks_came_nothing_differs(shop: Shop) -> None:
    order = sell(shop, "MIKA20")
    shop.live.sandbox.refund(order, amount=1000)
    shop.live.sandbox.dispute(order, 500)
    shop.deliver()
    before = shop.counts()
    shop.clock.advance(timedelta(seconds=1))
    assert numbers(shop.live.reconcile()) == (3, 0, 0, 0, 0)
    assert numbers(shop.live.reconcile(fix=True)) == (3, 0, 0, 0, 0)
    assert shop.counts() == before


def test_a_lost_sale_is_named_and_then_posted(shop: Shop) -> None:
    order = sell(shop)
    before = shop.counts()
    found = shop.live.reconcile()
    assert (found.ok, numbers(found)) == (False, (1, 1, 0, 0, 0))
    assert [one.as_json() for one in found.discrepancies] == [
        {
            "what": "missing",
            "key": f"order:{order}",
            "order_ref": order,
            "occurred_at": to_iso(START),
            "amount": {"amount": 4990, "currency": "EUR"},
            "fixed": False,
            "problem": "",
        }
    ]
    assert shop.counts() == before
    found = fixed_for_good(shop, missing=1)
    assert [one.is_fixed for one in found.discrepancies] == [True]
    assert shop.standing() == SALE


def test_a_late_webhook_is_a_repeat(shop: Shop) -> None:
    order = sell(shop)
    shop.live.sandbox.refund(order, amount=1000)
    shop.clock.advance(timedelta(seconds=1))
    fixed_for_good(shop, missing=2)
    before = shop.standing(), len(shop.kinds()), shop.counts()["ls_fact"]
    shop.deliver()
    assert (shop.standing(), len(shop.kinds()), shop.counts()["ls_fact"]) == before
    assert shop.live.inbox_state().inbox == {"new": 0, "parked": 0, "done": 2, "dead": 0}


def test_what_was_parked_for_a_lost_sale_wakes(shop: Shop) -> None:
    order = sell(shop)
    shop.live.sandbox.refund(order, amount=1000)
    shop.live.worker().drain()
    headers, body = shop.sent[1]
    shop.live.receive("sandbox", headers, body)
    assert shop.live.inbox_state().inbox["parked"] == 1
    shop.clock.advance(timedelta(seconds=1))
    fixed_for_good(shop, missing=2)
    assert shop.live.inbox_state().inbox["parked"] == 0
    report = shop.live.worker().drain()
    assert (report.done, report.dead) == (1, 0)
    assert shop.standing() == {
        "brand:commission_expense EUR": 479,
        "creator:mika:pending EUR": -479,
    }


def test_what_happened_to_an_old_order_is_found(shop: Shop) -> None:
    """The order is older than the window; its sale and its refund are lost."""
    known, unknown = sell(shop), sell(shop)
    shop.deliver(0)
    shop.clock.advance(timedelta(days=30))
    for order in (known, unknown):
        shop.live.sandbox.refund(order, amount=1000)
    shop.clock.advance(timedelta(seconds=1))
    found = shop.live.reconcile()
    assert {one.key for one in found.discrepancies} == {
        f"order:{unknown}",
        *(f"refund:{shop.live.sandbox.refunds(ref)[0].id}" for ref in (known, unknown)),
    }
    fixed_for_good(shop, missing=3)
    assert shop.standing() == {
        "brand:commission_expense EUR": 958,
        "creator:mika:pending EUR": -958,
    }


def test_only_the_time_asked_for_is_compared(shop: Shop) -> None:
    orders, link = [], shop.link()
    for _ in range(3):
        orders.append(shop.live.sandbox.pay(shop.live.links.open(link).checkout_id).id)
        shop.clock.advance(timedelta(days=1))
    found = shop.live.reconcile(START + timedelta(days=1), START + timedelta(days=2))
    assert [one.order_ref for one in found.discrepancies] == [orders[1]]
    assert (found.since, found.until) == (START + timedelta(days=1), START + timedelta(days=2))
    assert numbers(shop.live.reconcile(until=START + timedelta(days=1))) == (1, 1, 0, 0, 0)
    assert numbers(shop.live.reconcile(shop.clock.now())) == (0, 0, 0, 0, 0)
    shop.clock.advance(timedelta(days=5))
    assert [one.order_ref for one in shop.live.reconcile().discrepancies] == orders[1:]


@pytest.mark.parametrize("span", [timedelta(0), timedelta(seconds=-1)])
def test_a_window_that_ends_before_it_begins_is_refused(shop: Shop, span: timedelta) -> None:
    sell(shop)
    before = shop.counts()
    with pytest.raises(ReconcileWindowError, match="it ends before it begins"):
        shop.live.reconcile(START, START + span, fix=True)
    with pytest.raises(InstantInvalidError):
        shop.live.reconcile(START.replace(tzinfo=None), fix=True)
    assert shop.counts() == before


def test_a_window_that_begins_in_the_future_is_refused(shop: Shop) -> None:
    """One year too many typed must not read as `nothing differs`."""
    sell(shop)
    with pytest.raises(ReconcileWindowError, match="it ends before it begins"):
        shop.live.reconcile(START.replace(year=START.year + 1))
    assert shop.live.reconcile(START + timedelta(minutes=59)).checked == 0


def test_a_window_from_before_what_is_shown_is_refused(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shop.live.platform, "sees_since", lambda now: now - timedelta(days=60))
    now = shop.clock.now()
    with pytest.raises(ReconcileWindowError) as caught:
        shop.live.reconcile(now - timedelta(days=61))
    shown = to_iso(now - timedelta(days=60))
    assert str(caught.value).endswith(f"sandbox shows no order from before {shown} to us.")
    assert shop.live.reconcile(now - timedelta(days=60)).checked == 0


def test_it_asks_the_platform_so_it_joins_no_transaction(shop: Shop) -> None:
    with shop.live.transaction() as tx, pytest.raises(BoundShopError):
        shop.live.using(tx).reconcile()


# --- what only we have, and what we have otherwise


def test_what_the_platform_does_not_have_is_extra(shop: Shop) -> None:
    order = sell(shop)
    shop.deliver()
    shop.record(sale("gone"), refund("gone", "re_gone", 100))
    shop.record(refund(order, "re_made_up", 200, occurred_at=START))
    shop.clock.advance(timedelta(hours=2))
    before = shop.counts()
    found = shop.live.reconcile(fix=True)
    assert (found.ok, numbers(found)) == (False, (1, 0, 3, 0, 0))
    assert {(one.what, one.key, one.amount) for one in found.discrepancies} == {
        ("extra", "order:gone", Money(4990, "EUR")),
        ("extra", "refund:re_gone", Money(100, "EUR")),
        ("extra", "refund:re_made_up", Money(200, "EUR")),
    }
    assert shop.counts() == before


def test_what_we_made_ourselves_is_not_extra(shop: Shop) -> None:
    sell(shop)
    shop.deliver()
    shop.clock.advance(timedelta(days=15))
    assert shop.live.releases.due().holds == 1
    assert numbers(shop.live.reconcile(START)) == (1, 0, 0, 0, 0)


def told(shop: Shop) -> list[Fact]:
    (page,) = shop.live.platform.walk(START, START + timedelta(days=1))
    return [one for one in page if isinstance(one, Fact)]


def test_other_money_under_one_key_is_different_and_stays(shop: Shop) -> None:
    sell(shop)
    (paid,) = told(shop)
    assert isinstance(paid, OrderPaid)
    (line,) = paid.lines
    cheaper = dataclasses.replace(line, gross=4000, base=4000)
    shop.record(dataclasses.replace(paid, total=4000, lines=(cheaper,)))
    shop.clock.advance(timedelta(seconds=1))
    before = shop.counts()
    found = shop.live.reconcile(fix=True)
    assert (found.ok, numbers(found)) == (False, (1, 0, 0, 1, 0))
    (one,) = found.discrepancies
    assert (one.what, one.amount, one.is_fixed) == ("different", Money(4990, "EUR"), False)
    assert one.problem == "in total, lines, recorded: 40.00 EUR"
    assert shop.counts() == before


def test_what_no_money_depends_on_may_differ(shop: Shop) -> None:
    sell(shop)
    (paid,) = told(shop)
    assert isinstance(paid, OrderPaid)
    later: dict[str, Any] = {
        "occurred_at": START + timedelta(seconds=1),
        "customer_key": "k",
        "market": "DE",
    }
    shop.record(dataclasses.replace(paid, **later))
    shop.clock.advance(timedelta(seconds=2))
    assert numbers(shop.live.reconcile()) == (1, 0, 0, 0, 0)


class Told:
    """A platform that tells what a test has it tell; all else is the sandbox's."""

    def __init__(self, inner: Any, **say: Any) -> None:
        self._inner, self._say = inner, say

    def __getattr__(self, name: str) -> Any:
        if name in self._say:
            return lambda *_: self._say[name]
        return getattr(self._inner, name)


def tells(shop: Shop, walk: list[Any], find: tuple[Fact, ...] = (), **more: Any) -> None:
    platform = Told(shop.live.platform, walk=iter([walk]), find_order=find, **more)
    shop.live._reconciler.platform = platform


def test_the_last_state_of_an_object_stands_for_those_before(shop: Shop) -> None:
    """Stripe shows a refund that failed as failed, and a dispute won on appeal as won."""
    shop.record(sale("o1"), refund("o1", "re_1", 100))
    failed = RefundFailed(**about("o1"), refund_id="re_1")
    won = DisputeWon(**about("o1"), dispute_id="dp_1")
    shop.clock.advance(timedelta(hours=2))
    tells(shop, [sale("o1"), failed, won])
    found = shop.live.reconcile(fix=True)
    assert (found.ok, numbers(found)) == (True, (3, 2, 0, 0, 2))


def test_what_belongs_to_no_sale_is_not_ours(shop: Shop) -> None:
    """A refund of a payment that was no checkout: its webhook would wait in vain."""
    shop.clock.advance(timedelta(hours=2))
    before = shop.counts()
    tells(shop, [refund("pi_other", "re_1"), refund("pi_other", "re_2")])
    assert numbers(shop.live.reconcile(fix=True)) == (0, 0, 0, 0, 0)
    assert shop.counts() == before


def test_a_fact_that_cannot_be_true_holds_up_no_other(shop: Shop) -> None:
    shop.clock.advance(timedelta(hours=2))
    bad = refund("o1", "re_bad", 100, currency="USD")
    tells(shop, [sale("o1"), bad, refund("o1", "re_1", 200), sale("o2")])
    found = shop.live.reconcile(fix=True)
    assert (found.ok, numbers(found)) == (False, (4, 4, 0, 0, 3))
    (left,) = [one for one in found.discrepancies if not one.is_fixed]
    assert (left.key, left.problem[:12]) == ("refund:re_bad", FactInvalidError.code)
    assert shop.live.stats()["orders"] == 2


def test_of_many_differences_the_first_are_listed_and_all_are_counted(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconciliation, "LISTED", 2)
    for _ in range(3):
        sell(shop)
    shop.clock.advance(timedelta(seconds=1))
    seen: list[int] = []
    found = shop.live.reconcile(progress=seen.append)
    assert (found.missing, len(found.discrepancies), seen) == (3, 2, [3])


def test_a_platform_that_stays_away_ends_the_run_and_keeps_what_was_posted(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("liveshop_sdk.platforms.patience.time.sleep", pauses.append)

    def walk(*_: Any) -> Iterator[list[Fact]]:
        yield [sale("o1")]
        yield [refund("o2")]

    def away(_: str) -> tuple[Fact, ...]:
        raise PlatformUnavailableError(platform="sandbox", problem="no answer", retry_after=2)

    platform = Told(shop.live.platform)
    platform.walk, platform.find_order = walk, away  # type: ignore[attr-defined]
    shop.live._reconciler.platform = platform
    shop.clock.advance(timedelta(hours=2))
    with pytest.raises(PlatformUnavailableError):
        shop.live.reconcile(fix=True)
    assert pauses == [2, 2, 4, 8, 16, 32]
    assert shop.live.stats()["orders"] == 1


# --- any loss


@pytest.mark.parametrize("seed", range(2))
def test_whatever_was_lost_the_balances_are_those_of_a_shop_that_lost_nothing(
    shop: Shop, seed: int
) -> None:
    chance = random.Random(seed)
    live(shop, chance, 5)
    shop.live.worker().drain()
    kept = [one for one in shop.sent if chance.random() < 0.7]
    chance.shuffle(kept)
    for headers, body in kept:
        shop.live.receive("sandbox", headers, body)
    shop.live.worker().drain()
    shop.clock.advance(timedelta(seconds=1))
    found = shop.live.reconcile(fix=True)
    assert (found.ok, found.extra, found.different) == (True, 0, 0)
    assert numbers(shop.live.reconcile(fix=True)) == (found.checked, 0, 0, 0, 0)
    standing, entries = shop.standing(), len(shop.kinds())
    for headers, body in shop.sent:
        shop.live.receive("sandbox", headers, body)
    shop.live.worker().drain()
    assert (shop.standing(), len(shop.kinds())) == (standing, entries)
    assert shop.live.ledger.verify().ok


def live(shop: Shop, chance: random.Random, orders: int) -> None:
    """Sell, refund in parts, fail, dispute, win and lose at the sandbox."""
    sandbox, links = shop.live.sandbox, [shop.link(), shop.link("MIKA20")]
    for _ in range(orders):
        visit = shop.live.links.open(links[chance.randrange(2)])
        order = sandbox.pay(visit.checkout_id).id
        shop.clock.advance(timedelta(seconds=1))
        for _ in range(chance.randrange(3)):
            made = sandbox.refund(order, amount=chance.randint(1, 900))
            if chance.random() < 0.3:
                sandbox.fail_refund(made.id)
        if chance.random() < 0.5:
            sandbox.dispute(order, 700)
            end = chance.choice((sandbox.win, sandbox.lose, None))
            if end:
                end(order)
