"""Statements say when a cap cut what was earned: of an order, or of a month."""

import json
from datetime import timedelta
from typing import Any

import pytest

from liveshop_sdk.affiliate.statements import words
from liveshop_sdk.affiliate.statements.model import MonthCap
from liveshop_sdk.affiliate.terms import Terms
from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.edits import OrderEdited
from liveshop_sdk.money import Money, Rate
from tests.contracts.shop_support import START, Shop, about, line, refund, sale
from tests.contracts.statement_support import (
    NOVEMBER,
    OCTOBER,
    lines_of,
    october,
    only,
    stocked,
    written,
)
from tests.unit.test_statements import pdf_text

TWO = (line("a", base=8000), line("b", "sku_mug", 2000))
"""At 12 %: 9.60 and 2.40."""


@pytest.fixture
def shop(db: Database, clock: ManualClock) -> Shop:
    return stocked(db, clock)


def agree(shop: Shop, **caps: int) -> None:
    money = {name: Money(amount, "EUR") for name, amount in caps.items()}
    terms: dict[str, Any] = {"rate": Rate.percent("12"), **money}
    shop.live.creators.agree("mika", terms=Terms(**terms))


def orders(found: Any) -> list[dict[str, Any]]:
    document = json.loads(written(found, "json"))
    return [one["order"] for one in document["brands"][0]["currencies"][0]["lines"]]


def eur(amount: int) -> dict[str, int | str]:
    return {"amount": amount, "currency": "EUR"}


def test_a_line_says_what_the_cap_of_its_order_took(shop: Shop) -> None:
    agree(shop, cap_per_order=1000)
    shop.record(sale("o1", *TWO, codes=("MIKA20",)))
    shop.record(sale("o2", codes=("MIKA20",)))
    found = october(shop)
    assert [(one.change, one.cut) for one in lines_of(found)] == [(800, 160), (200, 40), (599, 0)]
    caps = [(one["uncapped"], one["cap"], one["cut_by_cap"]) for one in orders(found)]
    assert caps == [
        (eur(960), eur(1000), eur(160)),
        (eur(240), eur(1000), eur(40)),
        (eur(599), eur(1000), eur(0)),
    ]
    said = "12%, cut from 9.60 to 8.00 by the order's cap"
    assert f">{said}</td>" in written(found, "html").decode().replace("&#x27;", "'")
    assert said in " ".join(pdf_text(written(found, "pdf")).split())


def test_every_later_movement_of_the_line_says_it_too(shop: Shop) -> None:
    """Also where the page has one line of the order, and the order has two."""
    agree(shop, cap_per_order=1000)
    shop.record(sale("o1", *TWO, codes=("MIKA20",)))
    late = START + timedelta(days=31)
    shop.record(
        refund("o1", amount=2000, lines=(("b", 2000),), named_amount=2000, occurred_at=late)
    )
    (back,) = lines_of(shop.live.statements.of("mika", period=NOVEMBER))
    assert (back.kind, back.change, back.cut) == ("refund", -200, 40)


def test_what_was_added_says_what_the_order_left_of_the_cap(shop: Shop) -> None:
    """A tee earns 5.99 of 6.50; of a mug's 1.20 that leaves 0.51, and a later refund all."""
    agree(shop, cap_per_order=650)
    shop.record(sale("o1", codes=("MIKA20",)))
    mug = OrderEdited(
        **about("o1", timedelta(days=3)),
        edit_id="edit-1",
        currency="EUR",
        total=1000,
        paid=1000,
        lines=(line("li_2", "sku_mug", 1000),),
    )
    shop.record(mug)
    at_first = october(shop)
    assert [(one.change, one.cut) for one in lines_of(at_first)] == [(599, 0), (51, 69)]
    late = START + timedelta(days=31)
    tee: dict[str, Any] = {"amount": 4990, "named_amount": 4990, "lines": (("li_1", 4990),)}
    shop.record(refund("o1", **tee, occurred_at=late))
    back = lines_of(shop.live.statements.of("mika", period=NOVEMBER))
    assert [(one.change, one.cut) for one in back] == [(-599, 0), (69, 0)]
    assert [(one.change, one.cut) for one in lines_of(at_first)] == [(599, 0), (51, 69)]


def test_hosts_that_share_a_line_are_told_what_was_cut_of_all_of_it(shop: Shop) -> None:
    agree(shop, cap_per_order=1000)
    shop.stream("both", "mika:60", "ana:40")
    shop.live.coupons.create("BOTH", stream_id="both", creator_id="mika", percent_off=10)
    shop.record(sale("o1", *TWO, codes=("BOTH",)))
    for creator, shares in (("mika", [480, 120]), ("ana", [320, 80])):
        found = shop.live.statements.of(creator, period=OCTOBER)
        told = lines_of(found)
        assert [(one.change, one.cut) for one in told] == list(zip(shares, [160, 40], strict=True))
        rate = words.rate(only(found)[1], told[0])
        assert rate.startswith("12%, cut from 9.60 to 8.00 by the order's cap, ")


def test_terms_without_a_cap_say_none(shop: Shop) -> None:
    shop.record(sale("o1", codes=("MIKA20",)))
    (order,) = orders(october(shop))
    assert (order["uncapped"], order["cap"], order["cut_by_cap"]) == (eur(599), None, None)


def test_the_cap_of_a_month_names_the_month_and_the_most(shop: Shop) -> None:
    agree(shop, cap_per_month=1000)
    for number in range(3):
        shop.record(sale(f"o{number}", codes=("MIKA20",)))
    shop.clock.advance(timedelta(days=35))
    shop.live.periods.close(OCTOBER)
    found = october(shop)
    cut = lines_of(found)[-1]
    assert (cut.kind, cut.change) == ("cap_true_up", 1000 - 3 * 599)
    assert cut.month_cap == MonthCap(period=OCTOBER, amount=1000)
    assert [one.month_cap for one in lines_of(found)[:-1]] == [None] * 3
    document = json.loads(written(found, "json"))
    told = [one["month_cap"] for one in document["brands"][0]["currencies"][0]["lines"]]
    assert told == [None, None, None, {"period": OCTOBER, "cap": eur(1000)}]
    said = "October 2026: at most 10.00 in the month"
    assert said in written(found, "html").decode()
    assert said in " ".join(pdf_text(written(found, "pdf")).split())
    assert "Cap of the month" in written(found, "html").decode()


def test_a_refund_that_gives_back_names_the_month_it_is_about(shop: Shop) -> None:
    agree(shop, cap_per_month=1000)
    for number in range(2):
        shop.record(sale(f"o{number}", codes=("MIKA20",)))
    shop.clock.advance(timedelta(days=35))
    shop.live.periods.close(OCTOBER)
    shop.record(refund("o0", occurred_at=shop.clock.now()))
    told = lines_of(shop.live.statements.of("mika", period=NOVEMBER))
    found = {one.kind: (one.change, one.month_cap) for one in told}
    assert found["cap_true_up"] == (198, MonthCap(period=OCTOBER, amount=1000))
