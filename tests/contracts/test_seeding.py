"""Products given to creators: memo accounts at cost, fair value for the tax form."""

import io
from datetime import UTC, datetime
from typing import Any

import pytest

from liveshop_sdk.affiliate.exports.service import ExportRequest
from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.errors import (
    AlreadyExistsError,
    BrandCurrencyError,
    FxRateUnknownError,
    LiveShopError,
    RecordInvalidError,
    SeedingNotFoundError,
)
from liveshop_sdk.money import Money
from tests.contracts.period_support import eur
from tests.contracts.shop_support import Shop


@pytest.fixture
def shop(db: Database, clock: ManualClock) -> Shop:
    shop = Shop(db, clock)
    shop.stock()
    return shop


def test_a_gift_is_booked_at_cost_and_kept_at_fair_value(shop: Shop) -> None:
    gift = shop.live.seeding.give(
        "ana", "sku_tee", 2, cost=eur(3_200), fair_value=eur(7_900), id="parcel-1"
    )
    assert shop.standing() == {"memo:seeding_given EUR": 3_200, "memo:ana:seeded EUR": -3_200}
    [entry] = shop.live.ledger.entries()
    assert (entry.kind, entry.source, entry.event_id) == ("seeding", "seeding", "seeding:parcel-1")
    assert entry.meta == {"sku": "sku_tee", "quantity": 2, "fair_value": 7_900}
    assert shop.live.seeding.list() == (gift,)
    assert shop.live.seeding.fair_values(2026) == {"ana": eur(7_900)}
    assert shop.live.ledger.verify().ok


def test_the_same_gift_again_is_a_repeat_and_another_is_refused(shop: Shop) -> None:
    asked: Any = {"cost": eur(3_200), "fair_value": eur(7_900), "id": "parcel-1"}
    first = shop.live.seeding.give("ana", "sku_tee", 1, **asked)
    before = shop.counts()
    assert shop.live.seeding.give("ana", "sku_tee", 1, **asked) == first
    with pytest.raises(AlreadyExistsError) as caught:
        shop.live.seeding.give("ana", "sku_tee", 2, **asked)
    assert caught.value.differs == "quantity"
    assert shop.counts() == before


def test_what_came_back_is_no_income(shop: Shop) -> None:
    shop.live.seeding.give("ana", "sku_tee", cost=eur(3_200), fair_value=eur(7_900), id="p1")
    shop.live.seeding.give("ana", "sku_mug", cost=eur(400), fair_value=eur(1_000), id="p2")
    back = shop.live.seeding.take_back("p1")
    assert back.taken_back_at is not None
    assert shop.standing() == {"memo:seeding_given EUR": 400, "memo:ana:seeded EUR": -400}
    assert list(shop.live.ledger.entries())[-1].reverses_seq == 1
    assert shop.live.seeding.fair_values(2026) == {"ana": eur(1_000)}
    before = shop.counts()
    assert shop.live.seeding.take_back("p1") == back
    assert shop.counts() == before
    assert shop.live.ledger.verify().ok


def test_gifts_are_found_by_creator_brand_and_year(shop: Shop, clock: ManualClock) -> None:
    money: Any = {"cost": eur(1), "fair_value": eur(2)}
    first = shop.live.seeding.give("ana", "sku_tee", **money)
    clock.set(datetime(2027, 1, 1, tzinfo=UTC))
    second = shop.live.seeding.give("mika", "sku_tee", **money)
    found = shop.live.seeding.list
    assert (found(creator="ana"), found(year=2027)) == ((first,), (second,))
    assert (found(brand="main"), found(year=2025)) == ((first, second), ())
    assert shop.live.seeding.fair_values(2027) == {"mika": eur(2)}


def test_a_gift_counts_for_the_form_1099_at_the_rate_of_its_day(shop: Shop) -> None:
    """79.00 EUR at 1.085 are 85.715, half up 85.72; without a rate there is no form."""
    shop.live.seeding.give("ana", "sku_tee", cost=eur(3_200), fair_value=eur(7_900), id="p1")
    shop.live.seeding.give("ana", "sku_mug", cost=eur(400), fair_value=eur(1_000), id="p2")
    shop.live.seeding.take_back("p2")
    request, before = ExportRequest(format="1099", period="2026"), shop.counts()
    with pytest.raises(FxRateUnknownError) as caught:
        shop.live.exports.write(io.BytesIO(), request)
    assert (caught.value.base, caught.value.quote) == ("EUR", "USD")
    assert shop.counts() == before
    shop.live.fx.set("EUR", "USD", 217, 200, source="ECB")
    out = io.BytesIO()
    shop.live.exports.write(out, request)
    (row,) = out.getvalue().decode().splitlines()[1:]
    assert row == "2026,ana,,false,0,8572,0,8572,0,200000,false"


def test_gifts_and_payments_are_of_one_year_by_the_brands_time_zone(
    shop: Shop, clock: ManualClock
) -> None:
    """At ten in the evening of December 31 in New York it is January in UTC."""
    live = shop.live
    live.brands.add("ny", currency="EUR", timezone="America/New_York")
    live.products.add("sku_ny", title="Cap", amount=1000, currency="EUR", brand="ny")
    live.creators.agree("ana", rate="10%", brand="ny")
    clock.set(datetime(2027, 1, 1, 3, tzinfo=UTC))
    live.fx.set("EUR", "USD", 2, 1, source="ECB", as_of=datetime(2026, 12, 31, 1, tzinfo=UTC))
    live.fx.set("EUR", "USD", 3, 1, source="ECB", as_of=datetime(2027, 1, 1, 1, tzinfo=UTC))
    gift = live.seeding.give("ana", "sku_ny", cost=eur(1), fair_value=eur(1_000), id="p1")
    people = {"reason": "r", "by": "ulla", "approved_by": "vera", "brand": "ny"}
    live.adjustments.adjust("ana", eur(500), **people)
    live.payouts.set_payee("ana", rail="sandbox", fields={"account": "ana_1"})
    plan = live.payouts.plan(rail="sandbox", by="ulla", brand="ny")
    assert plan.batch is not None
    live.payouts.approve(plan.batch.id, by="vera")
    assert live.payouts.send(by="vera").sent == 1
    assert (live.seeding.list(year=2026), live.seeding.list(year=2027)) == ((gift,), ())
    out = io.BytesIO()
    live.exports.write(out, ExportRequest(format="1099", period="2026"), brand="ny")
    (row,) = out.getvalue().decode().splitlines()[1:]
    assert row == "2026,ana,,false,1000,2000,0,3000,0,200000,false"
    assert live.seeding.fair_values(2027, brand="ny") == {}


def test_a_gift_that_cost_nothing_is_noted(shop: Shop) -> None:
    shop.live.seeding.give("ana", "sku_tee", cost=eur(0), fair_value=eur(7_900))
    assert shop.standing() == {}
    assert shop.kinds() == ["seeding"]


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"quantity": 0}, RecordInvalidError),
        ({"quantity": True}, RecordInvalidError),
        ({"cost": eur(-1)}, RecordInvalidError),
        ({"fair_value": 7_900}, RecordInvalidError),
        ({"id": "no spaces"}, RecordInvalidError),
        ({"id": ""}, RecordInvalidError),
        ({"id": "x" * 41}, RecordInvalidError),
        ({"cost": Money(3_200, "USD")}, BrandCurrencyError),
        ({"fair_value": Money(3_200, "USD")}, BrandCurrencyError),
    ],
)
def test_what_cannot_be_given_is_refused(
    shop: Shop, wrong: dict[str, object], error: type[LiveShopError]
) -> None:
    before = shop.counts()
    asked: Any = {"quantity": 1, "cost": eur(3_200), "fair_value": eur(7_900), **wrong}
    with pytest.raises(error):
        shop.live.seeding.give("ana", "sku_tee", **asked)
    assert shop.counts() == before


def test_what_was_never_given_cannot_come_back(shop: Shop) -> None:
    before = shop.counts()
    with pytest.raises(SeedingNotFoundError):
        shop.live.seeding.take_back("parcel-9")
    assert shop.counts() == before
