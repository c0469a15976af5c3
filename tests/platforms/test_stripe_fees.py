"""What Stripe charged: its balance transactions, what each is about, and their money."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from liveshop_sdk.checkout.fees.models import Fee
from liveshop_sdk.checkout.ports import Unreadable
from liveshop_sdk.errors import PlatformNotReadyError
from liveshop_sdk.money import Money
from liveshop_sdk.platforms.stripe import StripePlatform
from tests.platforms import stripe_support as support
from tests.platforms.stripe_support import Oracle, sold

running_oracle = support.running_oracle
oracle = support.oracle


def read(platform: StripePlatform) -> list[Fee | Unreadable]:
    """Return the movements of a day, the oldest first."""
    now = datetime.now(UTC)
    pages = platform.fees.pages(now - timedelta(days=1), now + timedelta(hours=1))
    return [one for page in pages for one in page][::-1]


def figures(found: list[Fee | Unreadable]) -> list[tuple[str, str, str, str]]:
    return [
        (one.kind, one.gross.decimal_text(), one.fee.decimal_text(), one.net.decimal_text())
        for one in found
        if isinstance(one, Fee)
    ]


def movement(oracle: Oracle) -> dict[str, Any]:
    """Return the only balance transaction there is, to be changed."""
    (one,) = oracle.world.all("balance_transaction")
    found: dict[str, Any] = one
    return found


def test_a_charge_its_refunds_and_its_dispute(oracle: Oracle) -> None:
    """49.90 costs 1.74; a dispute 15.00, which comes back when it is won."""
    platform = oracle.platform()
    order, stored = sold(oracle, platform)
    made = oracle.sdk().refunds.create({"payment_intent": stored["payment_intent"], "amount": 100})
    oracle.tell("refund", refund=made.id, status="failed")
    charge = oracle.world.all("charge")[0]["id"]
    dispute = oracle.tell("dispute", charge=charge, amount=200)["dispute"]["id"]
    oracle.tell("dispute", dispute=dispute, status="won")
    found = read(platform)
    assert figures(found) == [
        ("charge", "49.90", "1.74", "48.16"),
        ("refund", "-1.00", "0.00", "-1.00"),
        ("refund", "1.00", "0.00", "1.00"),
        ("dispute", "-2.00", "15.00", "-17.00"),
        ("dispute", "2.00", "-15.00", "17.00"),
    ]
    there = [one["id"] for one in oracle.world.all("balance_transaction")]
    assert [one.ref for one in found if isinstance(one, Fee)] == there
    assert {one.order_ref for one in found} == {order.order_ref}


def test_a_charge_whose_money_has_not_moved_yet_is_not_there(oracle: Oracle) -> None:
    """An asynchronous capture names no balance transaction until later."""
    platform = oracle.platform()
    sold(oracle, platform)
    late = oracle.world.objs.pop(movement(oracle)["id"])
    assert read(platform) == []
    oracle.world.objs[late["id"]] = late
    assert figures(read(platform)) == [("charge", "49.90", "1.74", "48.16")]


def test_the_currency_is_the_one_of_the_account(oracle: Oracle) -> None:
    platform = oracle.platform()
    order, _ = sold(oracle, platform)
    movement(oracle).update(currency="jpy", amount=8123, fee=281, net=7842, exchange_rate=1.628)
    (found,) = read(platform)
    assert isinstance(found, Fee)
    assert (found.gross, found.fee, found.net) == (
        Money(8123, "JPY"),
        Money(281, "JPY"),
        Money(7842, "JPY"),
    )
    assert (order.currency, found.order_ref) == ("EUR", order.order_ref)


def test_what_is_of_no_order_says_so(oracle: Oracle) -> None:
    platform = oracle.platform()
    account = oracle.sdk().accounts.create(
        {"type": "express", "capabilities": {"transfers": {"requested": True}}}
    )
    oracle.sdk().transfers.create({"amount": 500, "currency": "eur", "destination": account.id})
    (found,) = read(platform)
    assert isinstance(found, Fee)
    assert (found.kind, found.order_ref, found.gross) == ("other", "", Money(-500, "EUR"))
    movement(oracle)["source"] = None
    (found,) = read(platform)
    assert (found.kind, found.order_ref) == ("other", "")  # type: ignore[union-attr]


def test_a_refund_that_names_only_its_charge_is_of_its_payment(oracle: Oracle) -> None:
    platform = oracle.platform()
    order, stored = sold(oracle, platform)
    made = oracle.sdk().refunds.create({"payment_intent": stored["payment_intent"]})
    oracle.world.objs[made.id]["payment_intent"] = None
    assert [one.order_ref for one in read(platform)] == [order.order_ref] * 2
    charge = oracle.world.objs[made.id]["charge"]
    oracle.world.objs[made.id]["charge"] = "ch_gone"
    oracle.world.objs[charge]["refunded"] = True
    refused = read(platform)[1]
    assert isinstance(refused, Unreadable)
    assert (refused.order_ref, refused.problem) == ("", "it does not show the charge ch_gone")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"net": 4817}, "net is not amount less fee"),
        ({"fee": None}, "fee is not a whole number"),
        ({"amount": 49.9}, "amount is not a whole number"),
        ({"amount": 10**16}, "amount is not an amount: amount_invalid"),
        ({"currency": "xxx"}, "currency is not known"),
        ({"currency": "isk", "fee": 151, "net": 4839}, "amount is not an amount: money_step"),
        ({"created": -1}, "created is not a whole number of zero or more"),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_what_is_not_as_documented_becomes_no_fee(
    oracle: Oracle, monkeypatch: Any, change: dict[str, Any], problem: str
) -> None:
    platform = oracle.platform()
    order, _ = sold(oracle, platform)
    asked = platform._calls._page

    def changed(*args: Any) -> Any:
        page = asked(*args)
        return {**page, "data": [{**one, **change} for one in page["data"]]}

    monkeypatch.setattr(platform._calls, "_page", changed)
    ref = movement(oracle)["id"]
    assert read(platform) == [Unreadable(key=ref, order_ref=order.order_ref, problem=problem)]


def test_a_source_that_is_not_shown_is_not_taken_for_none(oracle: Oracle, monkeypatch: Any) -> None:
    platform = oracle.platform()
    sold(oracle, platform)
    monkeypatch.setattr(
        platform._calls,
        "movements_made",
        lambda *_: iter([[{**movement(oracle), "source": "ch_1"}]]),
    )
    (found,) = read(platform)
    assert isinstance(found, Unreadable)
    assert (found.order_ref, found.problem) == ("", "source is not shown")


def test_a_key_that_may_not_read_them_ends_it_at_once(oracle: Oracle) -> None:
    platform = oracle.platform()
    oracle.tell("fail", status=403, count=1)
    with pytest.raises(PlatformNotReadyError):
        read(platform)
