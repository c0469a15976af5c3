"""At which rate something is paid: the newest of these days, either way round."""

from datetime import UTC, datetime, timedelta

import pytest

from liveshop_sdk.affiliate.payouts.files.values import Payer
from liveshop_sdk.affiliate.payouts.filing import sepa_rail
from liveshop_sdk.affiliate.payouts.rails import Rails
from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.money import Money
from liveshop_sdk.shop.export_facts import StoredRates
from tests.contracts.payout_support import Till, till

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)


@pytest.fixture
def desk(db: Database, clock: ManualClock) -> Till:
    desk = till(db, clock)
    desk.earn("ana", 1200)
    desk.pay("ana")
    desk.clock.set(NOW)
    return desk


def test_a_rate_is_of_the_days_before_the_payout(desk: Till) -> None:
    fx = desk.shop.live.fx
    _, (item,) = desk.approved()
    fx.set("USD", "EUR", 9, 10, source="ECB", as_of=NOW.replace(day=12, hour=23))
    assert desk.payouts.send(by="u2", pay_in="EUR").waiting == 1
    assert "of 2026-11-12T23:00:00Z, more than 7 days before" in desk.item(item.id).problem
    assert "liveshop fx set USD EUR" in desk.item(item.id).problem
    fx.set("USD", "EUR", 8, 10, source="ECB", as_of=NOW.replace(day=13, hour=0))
    assert desk.payouts.send(by="u2", pay_in="EUR").sent == 1
    assert desk.item(item.id).paid_from == Money(960, "EUR")


def test_the_newest_rate_counts_either_way_round(desk: Till) -> None:
    fx = desk.shop.live.fx
    rates = StoredRates(desk.shop.db)
    fx.set("USD", "EUR", 9, 10, source="ECB", as_of=NOW - timedelta(days=1))
    fx.set("EUR", "USD", 5, 4, source="ECB", as_of=NOW.replace(hour=1))
    assert rates.rate("USD", "EUR", NOW.date()) == (4, 5)
    assert rates.rate("USD", "EUR", NOW.date() - timedelta(days=1)) == (9, 10)
    _, (item,) = desk.approved()
    assert desk.payouts.send(by="u2", pay_in="EUR").sent == 1
    assert desk.item(item.id).paid_from == Money(960, "EUR")
    fx.set("USD", "EUR", 7, 10, source="ECB", as_of=NOW.replace(hour=0))
    assert rates.rate("USD", "EUR", NOW.date()) == (7, 10)  # of one day, as it is asked
    assert rates.rate("EUR", "USD", NOW.date()) == (5, 4)


def test_what_is_paid_keeps_to_the_steps_of_its_own_currency(desk: Till) -> None:
    desk.shop.live.fx.set("USD", "HUF", 36012, 100, source="ECB", as_of=NOW)
    _, (item,) = desk.approved()
    assert desk.payouts.send(by="u2", pay_in="HUF").sent == 1
    # 12.00 at 360.12 is 4321.44; the rail moves whole forints.
    assert desk.item(item.id).paid_from == Money(432_100, "HUF")
    assert desk.holds()


def test_what_a_file_pays_arrives_in_its_own_currency_from_any_other(desk: Till) -> None:
    bank = {"iban": "DE89370400440532013000", "town": "Berlin", "country": "DE"}
    payer = Payer(name="Shop GmbH", **bank)
    desk.payouts._rails = Rails(filed={"sepa": sepa_rail(payer, desk.clock)})
    desk.payouts.set_payee("ana", rail="sepa", fields={"name": "Ana", **bank})
    desk.earn("ana", 9000, currency="EUR")
    desk.shop.live.fx.set("EUR", "USD", 217, 200, source="ECB", as_of=NOW)
    plan = desk.payouts.plan(rail="sepa", by="u1", currency="EUR")
    assert plan.batch is not None
    desk.payouts.approve(plan.batch.id, by="u2")
    [(_, content)] = desk.payouts.file(plan.batch.id, rail="sepa", pay_in="USD")
    assert b'<InstdAmt Ccy="EUR">90.00<' in content
    assert desk.standing()["clearing:sepa USD"] == -9765
    assert desk.holds()
