"""What Stripe charged a shop: random lives, answers that are lost, and the oracle's own sums."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from liveshop_sdk.checkout.fees import tables
from liveshop_sdk.db import Database
from liveshop_sdk.errors import PlatformUnavailableError
from tests.flows import stripe_actors as actors
from tests.flows.oracle_support import BEN, DUO, MIKA, coupons
from tests.flows.stripe_actors import Stage
from tests.looking import contents
from tests.platforms.stripe_support import Oracle, oracle, running_oracle

__all__ = ["oracle", "running_oracle"]

LINKS = (
    ("mika", "friday-drop", None, MIKA),
    ("ben", "friday-drop", "BEN15", BEN),
    ("mika", "duo-night", None, DUO),
)
PATH = "^/v1/balance_transactions"


@pytest.fixture
def on_stripe(db: Database, db_url: str, oracle: Oracle) -> Iterator[Stage]:
    with actors.stage(db, db_url, oracle) as stage:
        coupons(stage.site)
        yield stage


def sums(moved: list[dict[str, Any]]) -> dict[str, int]:
    return {name: sum(one[name] for one in moved) for name in ("amount", "fee", "net")}


def stored(db: Database) -> list[Any]:
    return sorted(contents(db)[tables.fee.name])


@pytest.mark.parametrize("seed", [1, 2])
def test_what_is_listed_is_what_stripe_moved(on_stripe: Stage, db: Database, seed: int) -> None:
    """Only of sales we know; one sale, its refund and its dispute stay unheard of."""
    chance, site, world = random.Random(seed), on_stripe.site, on_stripe.oracle.world
    streams: dict[str, str] = {}
    for number in range(6):
        creator, stream, code, credit = LINKS[number % 3]
        order, events = on_stripe.pay(
            on_stripe.open(site.issue(creator, stream, code, sku_tee=2)), credit
        )
        if number:
            on_stripe.deliver(events, "ok")
            streams[order] = stream
        for _ in range(chance.randrange(3)):
            refund, _ = on_stripe.refund(order, amount=chance.randint(1, 900))
            if chance.random() < 0.4:
                on_stripe.fail_refund(refund)
        if not number or chance.random() < 0.6:
            dispute, _ = on_stripe.dispute(order, amount=700)
            if chance.random() < 0.6:
                on_stripe.close(dispute, chance.choice(("won", "lost")))
        if number == 3:
            site.cli("fees", "sync")
    done = site.cli("fees", "sync")
    of = {
        one["id"]: one["payment_intent"] for one in world.objs.values() if "payment_intent" in one
    }
    moved = world.all("balance_transaction")
    ours = [one for one in moved if of[one["source"]] in streams]
    assert done["foreign"] == len(moved) - len(ours) > 0 == len(done["problems"])
    assert done["added"] + done["same"] == len(ours)
    found = site.cli("fees", "list")
    (total,) = found["sums"]
    assert sums(ours) == {
        "amount": total["gross"]["amount"],
        "fee": total["fee"]["amount"],
        "net": total["net"]["amount"],
    }
    assert {one["ref"] for one in found["fees"]} == {one["id"] for one in ours}
    for stream in ("friday-drop", "duo-night"):
        (part,) = site.cli("fees", "list", "--stream", stream)["sums"]
        mine = [one for one in ours if streams[of[one["source"]]] == stream]
        assert part["fee"]["amount"] == sums(mine)["fee"]
    for order in streams:
        (part,) = site.cli("fees", "list", "--order", order)["sums"]
        mine = [one for one in ours if of[one["source"]] == order]
        assert part["net"]["amount"] == sums(mine)["net"]
        assert len(site.cli("explain", order)["fees"]) == len(mine)
    before = stored(db)
    again = site.cli("fees", "sync")
    assert (again["added"], again["same"]) == (0, len(ours))
    assert stored(db) == before


def test_answers_that_are_lost_in_the_middle(
    on_stripe: Stage, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hundred and more movements; the second page is not answered, and asked for anew."""
    pauses: list[float] = []
    ours = SimpleNamespace(sleep=pauses.append)  # Stripe's SDK sleeps by the same module
    monkeypatch.setattr("liveshop_sdk.platforms.patience.time", ours)
    site, oracle = on_stripe.site, on_stripe.oracle
    order = on_stripe.sell(site.issue("mika", "friday-drop", None, sku_tee=2), MIKA)
    for _ in range(104):
        on_stripe.refund(order, amount=1)
    seen: list[int] = []

    def goes_away(done: int) -> None:
        seen.append(done)
        if done == 100:
            oracle.tell("fail", status=503, count=10_000, path=PATH, drop=True)

    with pytest.raises(PlatformUnavailableError):
        site.shop.fees.sync(progress=goes_away)
    assert (seen, len(stored(db)), len(pauses)) == ([100], 100, 6)
    oracle.world.fails.clear()
    assert len(site.shop.fees.list().unknown) == 1
    oracle.tell("fail", status=503, count=2, path=PATH, after=True, drop=True)
    report = site.shop.fees.sync()
    assert (report.added, report.same, report.foreign, report.problems) == (5, 100, 0, [])
    (total,) = site.shop.fees.list().sums
    assert total.gross.amount == sums(oracle.world.all("balance_transaction"))["amount"]
    assert site.shop.fees.list().unknown == ()


def test_a_month_holds_what_was_charged_in_it(on_stripe: Stage) -> None:
    """The charge is of two months ago, its dispute of today."""
    site, world = on_stripe.site, on_stripe.oracle.world
    order = on_stripe.sell(site.issue("mika", "friday-drop", None, sku_tee=2), MIKA)
    (charge,) = world.all("balance_transaction")
    charge["created"] -= 62 * 86_400
    on_stripe.dispute(order, amount=700)
    then, now = (f"{datetime.now(UTC) - timedelta(days=days):%Y-%m}" for days in (62, 0))
    since = (datetime.now(UTC) - timedelta(days=70)).isoformat()
    assert site.cli("fees", "sync", "--since", since)["added"] == 2
    found = [site.cli("fees", "list", "--month", month)["fees"] for month in (then, now)]
    assert [[one["kind"] for one in some] for some in found] == [["charge"], ["dispute"]]
