"""The rails a shop has, the sandbox as one of them, and calls inside a host's transaction."""

from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from liveshop_sdk.affiliate.payouts.ports import Order, Outcome
from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.errors import BoundShopError, LiveShopError
from liveshop_sdk.ids import Ids
from liveshop_sdk.money import Money
from liveshop_sdk.platforms.sandbox.payouts.rail import SandboxRail
from tests.contracts.payout_support import EXPENSE, till
from tests.contracts.shop_support import Shop

STRIPE = {"LIVESHOP_STRIPE_API_KEY": "sk_test_tests"}
PAYER = {
    "LIVESHOP_PAYER_IBAN": "DE89370400440532013000",
    "LIVESHOP_PAYER_NAME": "Shop GmbH",
    "LIVESHOP_PAYER_TOWN": "Berlin",
    "LIVESHOP_PAYER_COUNTRY": "DE",
}


@pytest.mark.parametrize(
    ("settings", "names"),
    [
        ({}, ("paypal", "sandbox", "wise")),
        (STRIPE, ("paypal", "sandbox", "stripe", "wise")),
        (PAYER, ("paypal", "sandbox", "sepa", "wise")),
    ],
)
def test_a_shop_has_the_rails_that_were_set_up(
    db: Database, clock: ManualClock, settings: dict[str, str], names: tuple[str, ...]
) -> None:
    assert Shop(db, clock, settings=settings).live.payouts.rails() == names


@pytest.fixture
def rail(db: Database, clock: ManualClock, ids: Ids) -> SandboxRail:
    return SandboxRail(db, clock, ids)


def asked(rail: SandboxRail, account: str = "mika_1", item: str = "pay_1", amount: int = 5) -> str:
    money = Money(amount, "EUR")
    order: dict[str, Any] = {"batch_id": "bat_1", "brand": "main", "creator": "mika"}
    return rail.prepare(
        Order(item_id=item, amount=money, paid_from=money, payee={"account": account}, **order)
    )


def test_the_sandbox_pays_an_item_once(rail: SandboxRail, clock: ManualClock) -> None:
    params = asked(rail)
    assert rail.find(params) is None
    sent = rail.send(params, key="pay_1")
    assert sent.verdict == "sent"
    assert rail.send(params, key="pay_1") == rail.find(params) == sent
    (listed,) = rail.transfers(clock.now() - timedelta(seconds=1))
    assert (listed.ref, listed.item_id, listed.amount) == (sent.ref, "pay_1", Money(5, "EUR"))
    assert rail.send(asked(rail, amount=6), key="pay_1").verdict == "unclear"
    other = rail.find(asked(rail, amount=6))
    assert other == Outcome(verdict="unclear", problem="another transfer carries the item's id")


@pytest.mark.parametrize(("account", "verdict"), [("not_ready", "waiting"), ("refused", "refused")])
def test_accounts_of_the_sandbox_do_as_they_say(
    rail: SandboxRail, account: str, verdict: str
) -> None:
    params = asked(rail, account)
    assert rail.send(params, key="pay_1").verdict == verdict
    assert rail.find(params) is None


def test_inside_a_hosts_transaction_nothing_is_sent(db: Database, clock: ManualClock) -> None:
    desk = till(db, clock)
    desk.earn("ana", 1200)
    live = desk.shop.live
    live.payouts.set_payee("ana", rail="sandbox", fields={"account": "a"})
    with suppress(ZeroDivisionError), live.transaction() as tx:
        inside = live.using(tx).payouts
        plan = inside.plan(rail="sandbox", by="u1")
        assert plan.batch is not None
        inside.approve(plan.batch.id, by="u2")
        with pytest.raises(BoundShopError):
            inside.send(by="u2")
        1 / 0  # noqa: B018
    assert live.payouts.batches() == []
    assert desk.standing() == {f"{EXPENSE} USD": 1200, "creator:ana:payable USD": -1200}


def test_a_brand_without_a_book_has_nothing_to_pay(db: Database, clock: ManualClock) -> None:
    shop = Shop(db, clock)
    with pytest.raises(LiveShopError) as caught:
        shop.live.payouts.plan(rail="sandbox", by="u1")
    assert caught.value.code == "brand_not_found"
    shop.live.brands.add("main", currency="EUR")
    assert shop.live.payouts.plan(rail="sandbox", by="u1").batch is None
    assert shop.live.payouts.reconcile() == []
