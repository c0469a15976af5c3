"""What terms come to when orders are recorded: postings, lines, explanations, simulations."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from liveshop_sdk.affiliate import tables as t
from liveshop_sdk.affiliate.simulation import SimpleLine, SimpleOrder
from liveshop_sdk.affiliate.terms import LineTerms, Terms
from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.errors import FactInvalidError, NameInvalidError
from liveshop_sdk.facts import HoldReleased
from liveshop_sdk.money import Rate
from tests.contracts.shop_support import START, Shop, about, line, refund, sale
from tests.unit.test_terms import eur

TERMS = Terms(
    rate=Rate.percent("12"),
    per_unit=eur("0.50"),
    products={"sku_mug": LineTerms(rate=Rate.percent("15"), per_unit=eur("0.10"))},
    collections={"basics": LineTerms(per_unit=eur("1.50"))},
    first_time=Rate.percent("20"),
    returning=Rate.percent("8"),
)
TEE, MUG = line("li_1"), line("li_2", "sku_mug", 2000, quantity=2)
CAP = line("li_3", "sku_cap", 1500)


@pytest.fixture
def shop(db: Database, clock: ManualClock) -> Shop:
    shop = Shop(db, clock)
    shop.stock()
    shop.live.products.add("sku_cap", title="Cap", amount=1500, collection="basics")
    shop.coupon()
    return shop


def sold(order_ref: str, *lines: Any, **more: Any) -> Any:
    return sale(order_ref, *lines, codes=("MIKA20",), **more)


def rules(shop: Shop, order_ref: str) -> list[tuple[Any, ...]]:
    found = shop.live.explain(order_ref).lines
    return [(x.creator, x.rule, x.rate_bps, x.per_unit, x.quantity, x.amount) for x in found]


def test_every_line_is_paid_by_its_rule_and_says_so(shop: Shop) -> None:
    shop.live.creators.agree("mika", terms=TERMS)
    shop.record(sold("o1", TEE, MUG, CAP))
    assert rules(shop, "o1") == [
        ("mika", "default", 1200, 50, 1, 649),  # 5.988 + 0.50
        ("mika", "product:sku_mug", 1500, 10, 2, 320),  # 3.00 + 2 × 0.10
        ("mika", "collection:basics", 0, 150, 1, 150),
    ]
    assert shop.standing() == {
        "brand:commission_expense EUR": 1119,
        "creator:mika:pending EUR": -1119,
    }
    (_, mug, _) = shop.live.explain("o1").as_json()["lines"]
    assert mug["rule"] == "product:sku_mug"
    assert (mug["rate"], mug["quantity"]) == ("15%", 2)
    assert mug["per_unit"] == {"amount": 10, "currency": "EUR"}
    assert (mug["uncapped"], mug["cap"]) == ({"amount": 320, "currency": "EUR"}, None)


def test_a_buyer_is_new_once(shop: Shop) -> None:
    shop.live.creators.agree("mika", terms=TERMS)
    for number in (1, 2):
        at = START + timedelta(minutes=number)
        shop.record(sold(f"o{number}", TEE, customer_key="k", occurred_at=at))
    shop.record(sold("o3", TEE))
    found = [rules(shop, ref)[0][1:3] for ref in ("o1", "o2", "o3")]
    assert found == [("first_time", 2000), ("returning", 800), ("default", 1200)]


def test_hosts_share_what_the_cap_leaves(shop: Shop) -> None:
    shop.stream("duo", "mika:60", "ana:40")
    shop.coupon("DUO10", "mika", stream="duo", percent_off=10)
    capped = Terms(rate=Rate.percent("12"), cap_per_order=eur("5.00"))
    shop.live.creators.agree("mika", terms=capped)
    shop.record(sale("o1", TEE, MUG, codes=("DUO10",)))
    # 5.99 and 2.40 are 8.39; of 5.00 that is 3.57 and 1.43; 60 to 40 each.
    found = shop.live.explain("o1").lines
    assert [(x.order_line, x.creator, x.uncapped, x.cap, x.amount) for x in found] == [
        ("li_1", "ana", 599, 500, 143),
        ("li_1", "mika", 599, 500, 214),
        ("li_2", "ana", 240, 500, 57),
        ("li_2", "mika", 240, 500, 86),
    ]
    assert shop.standing() == {
        "brand:commission_expense EUR": 500,
        "creator:ana:pending EUR": -200,
        "creator:mika:pending EUR": -300,
    }


def test_an_order_in_another_currency_is_paid_by_its_rates(shop: Shop) -> None:
    shop.live.creators.agree("mika", terms=replace(TERMS, cap_per_order=eur("0.01")))
    shop.record(sold("o1", TEE, MUG, currency="USD"))
    assert shop.standing() == {
        "brand:commission_expense USD": 899,
        "creator:mika:pending USD": -899,
    }
    assert {row["cap"] for row in shop.rows(t.commission_line)} == {None}


def test_a_line_given_away_is_paid_by_the_unit_and_taken_back_when_named(shop: Shop) -> None:
    shop.live.creators.agree("mika", terms=Terms(rate=Rate.percent("12"), per_unit=eur("0.50")))
    gift = line("li_2", "sku_mug", 0, quantity=2)
    shop.record(sold("o1", TEE, gift))
    assert shop.standing()["brand:commission_expense EUR"] == 749
    shop.record(refund("o1", "re_1", 0, lines=(("li_2", 0),)))
    assert shop.standing()["brand:commission_expense EUR"] == 649
    shop.record(refund("o1", "re_2", 4990))
    assert shop.standing() == {}


def test_a_line_given_away_goes_with_all_that_was_paid(shop: Shop) -> None:
    shop.live.creators.agree("mika", terms=Terms(rate=Rate.percent("12"), per_unit=eur("0.50")))
    shop.record(sold("o1", TEE, line("li_2", "sku_mug", 0, quantity=2)))
    until = START + timedelta(days=14, minutes=5)
    shop.record(HoldReleased(**about("o1", timedelta(days=15)), hold_until=until))
    assert shop.standing()["creator:mika:payable EUR"] == -749
    shop.record(refund("o1", "re_1", 4989))
    assert shop.standing()["creator:mika:payable EUR"] == -100
    shop.record(refund("o1", "re_2", 1))
    assert shop.standing() == {}


def test_one_order_of_two_brands_goes_into_two_books(shop: Shop) -> None:
    shop.live.brands.add("north", currency="EUR")
    shop.live.products.add("sku_hat", title="Hat", amount=3000, brand="north", collection="winter")
    shop.stream("haul", "mika:3", "ana:1", brands=["main", "north"])
    shop.coupon("HAUL10", "mika", stream="haul", percent_off=10)
    winter = {"winter": LineTerms(rate=Rate.percent("25"), per_unit=eur("1.00"))}
    shop.live.creators.agree(
        "mika",
        terms=Terms(
            rate=Rate.percent("5"),
            hold=timedelta(days=30),
            collections=winter,
            cap_per_order=eur("15.00"),
        ),
        brand="north",
    )
    shop.live.creators.agree("mika", terms=TERMS, brand="main")
    hat = line("li_9", "sku_hat", 6000, quantity=2)
    shop.record(sale("o1", TEE, hat, codes=("HAUL10",)))
    # main: 12 % of 49.90 + 0.50 = 6.49, 3 to 1; north: 15.00 + 2.00, capped at 15.00.
    assert shop.standing("main") == {
        "brand:commission_expense EUR": 649,
        "creator:mika:pending EUR": -487,
        "creator:ana:pending EUR": -162,
    }
    assert shop.standing("north") == {
        "brand:commission_expense EUR": 1500,
        "creator:mika:pending EUR": -1125,
        "creator:ana:pending EUR": -375,
    }
    assert [entry.event_id for entry in shop.live.ledger.entries(brand="north")] == ["order:o1"]
    shop.record(refund("o1", "re_1", 3000, lines=(("li_9", 3000),), named_amount=3000))
    assert shop.standing("north")["brand:commission_expense EUR"] == 749
    assert shop.standing("main")["brand:commission_expense EUR"] == 649


def test_lines_from_before_there_were_rules_still_read(shop: Shop) -> None:
    shop.record(sold("o1", TEE))
    (row,) = shop.rows(t.commission_line)
    old = {**row, "line_ref": "old", "order_ref": "o0", "created_at": 1}
    columns = [c for c in old if c not in ("rule", "per_unit", "quantity", "uncapped", "cap")]
    with shop.db.transaction() as tx:
        tx.execute(t.commission_line.insert(), {name: old[name] for name in columns})
        key = ("sandbox", "sandbox", "o0")
        (found,) = shop.live._rooms.affiliate.lines_of(tx, key)
    assert (found.rule, found.per_unit, found.quantity, found.cap) == ("default", 0, None, None)


def test_a_quantity_that_cannot_be_is_refused(shop: Shop) -> None:
    before = shop.counts()
    with pytest.raises(FactInvalidError):
        shop.record(sold("o1", line(quantity=10**6 + 1)))
    assert shop.counts() == before


def test_a_product_may_change_its_collection(shop: Shop) -> None:
    products = shop.live.products
    assert products.get("sku_cap").collection == "basics"
    assert products.get("sku_tee").collection is None
    assert products.update("sku_tee", collection="winter").collection == "winter"
    assert products.update("sku_tee", title="Tee").collection == "winter"
    before = shop.counts()
    with pytest.raises(NameInvalidError):
        products.add("sku_new", title="New", amount=1, collection="No such")
    assert shop.counts() == before


# --- simulated


def test_a_simulation_of_what_was_sold_is_what_was_posted(shop: Shop, clock: ManualClock) -> None:
    terms = replace(TERMS, cap_per_order=eur("9.00"))
    shop.live.creators.agree("mika", terms=terms)
    shop.record(sold("o1", TEE, MUG, CAP, customer_key="k"))
    shop.record(sold("o2", TEE, customer_key="k", occurred_at=START + timedelta(hours=1)))
    shop.record(sold("o3", TEE, MUG, currency="USD"))
    shop.record(sale("o4", TEE))  # nobody's
    clock.advance(timedelta(days=2))
    before = shop.counts()
    past = shop.live.creators.sold("mika", since=START - timedelta(days=90))
    assert [order.order_ref for order in past] == ["o1", "o3", "o2"]
    found = shop.live.creators.simulate(terms, past, handle="mika")
    assert shop.counts() == before
    assert found.current == found.proposed
    # o1: 20 % of 49.90 + 0.50 = 10.48, 3.20 and 1.50: 15.18, capped. o2: 3.99 + 0.50.
    assert found.proposed.totals() == {
        "EUR": {"commission": 1967, "cap_per_order": -618, "total": 1349},
        "USD": {"commission": 899, "cap_per_order": 0, "total": 899},
    }
    assert shop.standing() == {
        "brand:commission_expense EUR": 1349,
        "creator:mika:pending EUR": -1349,
        "brand:commission_expense USD": 899,
        "creator:mika:pending USD": -899,
    }
    assert shop.live.creators.sold("mika", since=START + timedelta(hours=1))[0].order_ref == "o2"


def test_orders_made_up_are_compared_with_the_terms_in_force(shop: Shop) -> None:
    before = shop.counts()
    lines = (SimpleLine(sku="sku_cap", base=1500), SimpleLine(sku="sku_x", base=1000))
    order = SimpleOrder(order_ref="a", paid_at=START, currency="EUR", lines=lines)
    found = shop.live.creators.simulate(TERMS, [order], handle="mika").as_json()
    assert found["orders"] == [
        {
            "order_ref": "a",
            "proposed": {
                "commission": {"amount": 320, "currency": "EUR"},
                "cap_per_order": {"amount": 0, "currency": "EUR"},
                "total": {"amount": 320, "currency": "EUR"},
            },
            "current": {
                "commission": {"amount": 300, "currency": "EUR"},
                "cap_per_order": {"amount": 0, "currency": "EUR"},
                "total": {"amount": 300, "currency": "EUR"},
            },
        }
    ]
    assert shop.live.creators.simulate(TERMS, [order]).current is None
    assert shop.counts() == before
