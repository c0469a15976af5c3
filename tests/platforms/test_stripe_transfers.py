"""Paying connected accounts at the oracle: each item one transfer, whatever happens."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from liveshop_sdk.affiliate.payouts.ports import Order, Outcome, Transfer
from liveshop_sdk.errors import (
    MoneyStepError,
    PlatformBusyError,
    PlatformNotReadyError,
    PlatformUnavailableError,
)
from liveshop_sdk.money import Money
from liveshop_sdk.platforms.stripe.client import StripeCalls
from liveshop_sdk.platforms.stripe.transfers import StripeRail
from tests.platforms import stripe_support as support
from tests.platforms.stripe_support import KEY, Oracle

running_oracle = support.running_oracle
oracle = support.oracle

CREATE = {"path": "^/v1/transfers$", "method": "POST"}


@pytest.fixture
def rail(oracle: Oracle) -> StripeRail:
    calls = StripeCalls(
        api_key=KEY, api_base=oracle.base, timeouts=(1.0, 2.0), max_network_retries=0
    )
    return StripeRail(calls)


def account(oracle: Oracle, *, is_ready: bool = True) -> str:
    asked: Any = {"transfers": {"requested": is_ready}}
    made = oracle.sdk().accounts.create({"country": "DE", "capabilities": asked})
    return str(made.id)


def order(
    destination: str, item: str = "pay_1", amount: int = 1200, currency: str = "EUR"
) -> Order:
    money = Money(amount, currency)
    return Order(
        item_id=item,
        batch_id="bat_1",
        brand="main",
        creator="mika",
        amount=money,
        paid_from=money,
        payee={"account": destination},
    )


def made(oracle: Oracle) -> list[dict[str, Any]]:
    return list(oracle.world.all("transfer"))


def test_a_transfer_and_its_repeat_are_one(oracle: Oracle, rail: StripeRail) -> None:
    params = rail.prepare(order(account(oracle)))
    first = rail.send(params, key="pay_1")
    assert first.verdict == "sent"
    assert rail.send(params, key="pay_1") == first == rail.find(params)
    (sent,) = made(oracle)
    assert (sent["id"], sent["amount"], sent["currency"]) == (first.ref, 1200, "eur")
    assert (sent["transfer_group"], sent["metadata"]["liveshop_item"]) == ("pay_1", "pay_1")
    since = datetime.now(UTC) - timedelta(days=1)
    assert [*rail.transfers(since)] == [
        Transfer(ref=first.ref, item_id="pay_1", brand="main", amount=Money(1200, "EUR"))
    ]


def test_what_was_not_sent_is_not_found(oracle: Oracle, rail: StripeRail) -> None:
    assert rail.find(rail.prepare(order(account(oracle)))) is None


@pytest.mark.parametrize("fault", [{"drop": True}, {"status": 500}, {"status": 503}])
@pytest.mark.parametrize("after", [False, True])
def test_no_answer_says_nothing(
    oracle: Oracle, rail: StripeRail, fault: dict[str, Any], after: bool
) -> None:
    params = rail.prepare(order(account(oracle)))
    oracle.tell("fail", **CREATE, **fault, after=after)
    with pytest.raises(PlatformUnavailableError):
        rail.send(params, key="pay_1")
    assert (rail.find(params) is not None) == after
    assert rail.send(params, key="pay_1").verdict == "sent"
    assert len(made(oracle)) == 1


@pytest.mark.parametrize(
    ("status", "error"),
    [(429, PlatformBusyError), (401, PlatformNotReadyError), (403, PlatformNotReadyError)],
)
def test_what_was_not_heard_keeps_its_key(
    oracle: Oracle, rail: StripeRail, status: int, error: type[Exception]
) -> None:
    params = rail.prepare(order(account(oracle)))
    oracle.tell("fail", **CREATE, status=status)
    with pytest.raises(error):
        rail.send(params, key="pay_1")
    assert made(oracle) == []


def test_a_failure_that_is_repeated_is_no_answer(oracle: Oracle, rail: StripeRail) -> None:
    params = rail.prepare(order(account(oracle)))
    oracle.tell("fail", **CREATE, status=500, headers={"Idempotent-Replayed": "true"})
    assert rail.send(params, key="pay_1").verdict == "unclear"


def test_a_recipient_who_is_not_ready_may_be_later(oracle: Oracle, rail: StripeRail) -> None:
    oracle.is_provoked = True
    said = rail.send(rail.prepare(order(account(oracle, is_ready=False))), key="pay_1")
    assert said.verdict == "waiting"
    assert said.problem.startswith("insufficient_capabilities_for_transfer: ")


def test_a_balance_that_is_short_may_be_filled(oracle: Oracle, rail: StripeRail) -> None:
    params = rail.prepare(order(account(oracle)))
    error = {
        "type": "invalid_request_error",
        "code": "balance_insufficient",
        "message": "You have insufficient available funds in your Stripe account.",
    }
    oracle.tell("fail", **CREATE, status=400, body={"error": error})
    assert rail.send(params, key="pay_1").verdict == "waiting"


def test_a_recipient_who_does_not_exist_never_will(oracle: Oracle, rail: StripeRail) -> None:
    oracle.is_provoked = True
    said = rail.send(rail.prepare(order("acct_nobody")), key="pay_1")
    assert (said.verdict, said.ref) == ("refused", "")
    assert "resource_missing" in said.problem


def test_a_key_of_another_transfer_is_no_answer(oracle: Oracle, rail: StripeRail) -> None:
    oracle.is_provoked = True
    to = account(oracle)
    rail.send(rail.prepare(order(to)), key="pay_1")
    said = rail.send(rail.prepare(order(to, amount=1300)), key="pay_1")
    assert said.verdict == "unclear"
    assert len(made(oracle)) == 1


@pytest.mark.parametrize("other", [{"amount": 1300}, {"currency": "USD"}])
def test_another_transfer_with_the_items_group_is_not_taken_for_it(
    oracle: Oracle, rail: StripeRail, other: dict[str, Any]
) -> None:
    to = account(oracle)
    rail.send(rail.prepare(order(to, **other)), key="by hand")
    unclear = Outcome(verdict="unclear", problem="another transfer has the item's group")
    params = rail.prepare(order(to))
    assert rail.find(params) == unclear
    rail.send(params, key="pay_1")
    assert rail.find(params) == unclear


def test_transfers_of_others_are_left_out_and_reversals_told(
    oracle: Oracle, rail: StripeRail
) -> None:
    to = account(oracle)
    sdk = oracle.sdk()
    sdk.transfers.create({"amount": 5, "currency": "eur", "destination": to})
    for number in range(120):
        params = rail.prepare(order(to, item=f"pay_{number:03}", amount=100 + number))
        ref = rail.send(params, key=f"pay_{number:03}").ref
    sdk.transfers.reversals.create(ref, {"amount": 19})
    listed = [*rail.transfers(datetime.now(UTC) - timedelta(days=1))]
    assert [one.item_id for one in listed] == [f"pay_{n:03}" for n in range(119, -1, -1)]
    assert [one.reversed for one in listed if one.reversed] == [19]


def test_amounts_are_in_stripes_scale(oracle: Oracle, rail: StripeRail) -> None:
    to = account(oracle)
    assert json.loads(rail.prepare(order(to, amount=500, currency="ISK")))["amount"] == 50_000
    assert (rail.step("HUF"), rail.step("EUR"), rail.step("KWD")) == (100, 1, 10)
    with pytest.raises(MoneyStepError):
        rail.prepare(order(to, amount=150, currency="HUF"))
