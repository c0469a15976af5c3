"""Orders that change after their payment, recorded and posted, on both engines."""

from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from liveshop_sdk.affiliate.terms import Terms
from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.errors import FactConflictError, FactInvalidError
from liveshop_sdk.facts import (
    Fact,
)
from liveshop_sdk.money import Money, Rate
from liveshop_sdk.registry.streams import AIR_TIME
from tests.contracts.edit_support import edited, off, pending, two_lines, whole
from tests.contracts.period_support import BONUS, of, shop_with, ten, tiers
from tests.contracts.recording_support import coded, shop_fixture
from tests.contracts.shop_support import END, START, Shop, line, refund, sale

__all__ = ["shop_fixture"]


def test_what_is_taken_off_goes_with_the_money_and_only_once(shop: Shop) -> None:
    shop.record(two_lines())
    shop.record(off(1000, ("li_2", 1000)))
    assert (pending(shop), shop.kinds()) == (719, ["sale"])
    shop.record(off(1000, ("li_2", 1000)), refund(amount=1000))
    shop.record(refund(amount=1000), two_lines())
    assert (pending(shop), shop.kinds()) == (599, ["sale", "refund"])
    whole(shop)


def test_shipping_that_was_taken_off_goes_before_what_earns(shop: Shop) -> None:
    shop.record(coded(total=5490, shipping=500), off(500))
    shop.record(refund(amount=500))
    assert pending(shop) == 599
    whole(shop)


def test_what_was_taken_off_and_then_paid_back_by_the_same_record_went_once(shop: Shop) -> None:
    """The rest of what is paid back, 5.99, is spread over the tee: 0.72 of its 5.99."""
    mug = (("li_2", 1000),)
    shop.record(two_lines(), off(1000, *mug, record_id="re_1"))
    shop.record(refund(amount=1000, lines=mug, named_amount=1000))
    shop.record(refund("o1", "re_2", 599))
    assert pending(shop) == 599 - 72
    whole(shop)


def test_an_exchange_paid_back_in_part_by_its_own_record(shop: Shop) -> None:
    """For a mug of 10.00 one of 6.00 is sent, and 4.00 are paid back: 5.99 and 0.72 stay."""
    for number, arrival in enumerate(permutations(range(3))):
        ref = f"x{number}"
        more: dict[str, Any] = {"order_ref": ref}
        facts: list[Fact] = [
            edited(line("li_3", "sku_mug", 600), paid=0, edit_id=f"return-{ref}", **more),
            refund(ref, f"re_{ref}", 400, lines=(("li_2", 400),), named_amount=400),
            off(600, ("li_2", 600), record_id=f"re_{ref}-rest", **more),
        ]
        before = pending(shop)
        shop.record(coded(ref, lines=(line(), line("li_2", "sku_mug", 1000))))
        for n in arrival:
            shop.record(facts[n])
        assert pending(shop) - before == 599 + 72, arrival
    whole(shop)


def test_a_line_that_was_added_and_paid_earns_with_a_hold_of_its_own(
    shop: Shop, clock: ManualClock
) -> None:
    shop.record(coded())
    shop.record(edited(line("li_2", "sku_mug", 1000)), edited(line("li_2", "sku_mug", 1000)))
    assert (pending(shop), shop.kinds()) == (719, ["sale", "order_changed"])
    clock.set(START + timedelta(days=14, hours=1))
    assert shop.live.releases.due().holds == 1
    assert shop.standing()["creator:mika:payable EUR"] == -599
    assert pending(shop) == 120
    clock.set(START + timedelta(days=17, hours=2))
    assert shop.live.releases.due().holds == 1
    assert shop.standing()["creator:mika:payable EUR"] == -719
    shop.record(refund(amount=1000, lines=(("li_2", 1000),), named_amount=1000))
    assert shop.standing()["creator:mika:payable EUR"] == -599
    whole(shop)


def test_every_order_of_arrival_ends_the_same(shop: Shop) -> None:
    """Sold for 59.90; the mug is exchanged for a tee of 49.90, and that goes back in part."""
    for number, arrival in enumerate(permutations(range(4))):
        ref = f"p{number}"
        more: dict[str, Any] = {"order_ref": ref}
        facts: list[Fact] = [
            coded(ref, lines=(line(), line("li_2", "sku_mug", 1000))),
            edited(line("li_3"), paid=3990, edit_id=f"edit-{ref}", **more),
            off(1000, ("li_2", 1000), record_id=ref, **more),
            refund(ref, f"re_{ref}", 2000, lines=(("li_3", 2000),), named_amount=2000),
        ]
        before = pending(shop)
        told = [facts[n] for n in arrival]
        for fact in told:
            shop.record(fact)
        shop.record(*told)
        assert pending(shop) - before == 599 + 599 - 240, arrival
    whole(shop)


def test_a_line_that_went_back_before_we_heard_of_it_is_whole(shop: Shop) -> None:
    shop.record(coded(), refund(amount=1000, lines=(("li_2", 1000),), named_amount=1000))
    shop.record(edited(line("li_2", "sku_mug", 1000)))
    assert (pending(shop), shop.kinds()) == (599, ["sale"])
    (_, added) = shop.live.explain("o1").as_json()["lines"]
    assert (added["title"], added["earned"]["amount"], added["pending"]["amount"]) == ("", 120, 0)
    whole(shop)


def test_explain_shows_what_was_added_and_taken_off(shop: Shop) -> None:
    shop.record(coded(), edited(line("li_2", "sku_mug", 1000, title="Mug")))
    shop.record(off(4990, ("li_1", 4990)))
    story = shop.live.explain("o1").as_json()
    assert [fact["kind"] for fact in story["facts"]] == ["order", "edited", "taken_off"]
    assert story["facts"][1]["added"] == {"amount": 1000, "currency": "EUR"}
    assert story["facts"][1]["paid"] == {"amount": 1000, "currency": "EUR"}
    assert story["facts"][2]["taken_off"] == {"amount": 4990, "currency": "EUR"}
    assert [one["title"] for one in story["lines"]] == ["", "Mug"]


def test_hosts_share_what_is_added_as_they_share_the_order(shop: Shop) -> None:
    shop.stream("duo", "mika:60", "ana:40")
    shop.coupon("DUO", stream="duo")
    shop.record(sale(codes=("DUO",)))
    assert (pending(shop), pending(shop, "ana")) == (359, 240)
    shop.record(edited(line("li_2", "sku_mug", 1000)))
    assert (pending(shop), pending(shop, "ana")) == (359 + 72, 240 + 48)
    whole(shop)


def test_what_is_added_is_paid_by_the_terms_of_the_order(shop: Shop, clock: ManualClock) -> None:
    shop.record(coded())
    clock.set(START + timedelta(days=1))
    shop.live.creators.agree("mika", rate=Rate.percent("20"))
    shop.record(edited(line("li_2", "sku_mug", 1000)))
    assert pending(shop) == 599 + 120
    assert [one.terms_version for one in shop.live.explain("o1").lines] == [1, 1]


def test_what_waits_for_air_time_is_shared_with_the_order(shop: Shop) -> None:
    shop.live.streams.schedule(
        "air", hosts=["mika", "ana"], opens_at=START, closes_at=END, shares=AIR_TIME
    )
    shop.coupon("AIR", stream="air")
    shop.record(sale(codes=("AIR",)), edited(line("li_2", "sku_mug", 1000)))
    shop.record(off(1000, ("li_2", 1000)), refund(amount=500))
    assert (shop.standing(), len(shop.live.explain("o1").waiting)) == ({}, 2)
    shop.live.streams.report_air("air", {"mika": 30, "ana": 10})
    # Of 5.99 and, half of it gone, 1.20: three quarters and one quarter.
    assert (pending(shop), pending(shop, "ana")) == (449 + 45, 150 + 15)
    shop.record(edited(line("li_3", "sku_mug", 1000), edit_id="edit-2"))
    assert (pending(shop), pending(shop, "ana")) == (449 + 45 + 90, 150 + 15 + 30)
    whole(shop)


def test_what_is_added_counts_for_the_month_of_the_order(db: Database, clock: ManualClock) -> None:
    shop = shop_with(db, clock, ten(tiers=tiers()))
    shop.record(sale(lines=(line(base=900_000),), codes=("BEN",)))
    assert of(shop, BONUS) == 0
    shop.record(edited(line("li_2", base=200_000)))
    # 11,000.00 in October: two percent more on all of it.
    assert (of(shop, "pending"), of(shop, BONUS)) == (-110_000 - 22_000, 22_000)
    shop.record(off(200_000, ("li_2", 200_000)), refund(amount=200_000))
    assert (of(shop, "pending"), of(shop, BONUS)) == (-90_000, 0)
    whole(shop)


def test_an_order_that_credits_nobody_credits_nobody_later(shop: Shop) -> None:
    shop.record(sale(), edited(line("li_2", "sku_mug", 1000)))
    assert shop.standing() == {}
    assert [one.reason for one in shop.live.unattributed()] == ["no_evidence"]


def test_what_is_added_for_free_earns_nothing_whatever_came_with_it(
    shop: Shop, clock: ManualClock
) -> None:
    """1.00 a unit and 12 %: a gift in the sale earns its 1.00, one that is sent later nothing."""
    terms = Terms(rate=Rate.percent("12"), per_unit=Money(100, "EUR"))
    shop.live.creators.agree("mika", terms=terms)
    gift = line("li_2", "sku_mug", 0)
    shop.record(coded(lines=(line(), gift), occurred_at=clock.now() + timedelta(hours=1)))
    assert pending(shop) == 599 + 100 + 100
    shop.record(edited(line("li_3", "sku_mug", 1000), line("li_4", "sku_mug", 0)))
    assert pending(shop) == 799 + 120 + 100
    refs = [one.order_line for one in shop.live.explain("o1").lines]
    assert refs == ["li_1", "li_2", "li_3"]
    shop.record(edited(line("li_5", "sku_mug", 0), edit_id="edit-2"))
    back = refund(amount=1000, lines=(("li_3", 1000), ("li_4", 0)), named_amount=1000)
    shop.record(back)
    assert pending(shop) == 799
    whole(shop)


def test_whatever_is_added_that_credits_nobody_says_why(shop: Shop) -> None:
    """Brands without an agreement, not on the stream, not in the sale, and of nobody here."""
    for brand, sku in (("second", "sku_pot"), ("third", "sku_pan"), ("fourth", "sku_jug")):
        shop.live.brands.add(brand, currency="EUR")
        shop.live.products.add(sku, title="Pot", amount=500, currency="EUR", brand=brand)
    shop.live.creators.add("mika", rate=Rate.percent("10"), brand="third")
    shop.stream("wide", "mika", brands=["main", "second"])
    shop.coupon("WIDE", stream="wide")
    skus = ("sku_tee", "sku_pot", "sku_pan")
    sold = tuple(line(f"li_{n}", sku, 1000) for n, sku in enumerate(skus))
    shop.record(sale(lines=sold, codes=("WIDE",)))
    added = [line(f"more_{n}", sku, 500) for n, sku in enumerate((*skus, "sku_jug", "sku_none"))]
    shop.record(edited(*added))
    found = shop.live.explain("o1")
    assert {one.brand: (one.creator, one.reason) for one in found.decisions} == {
        "main": ("mika", "coupon"),
        "second": (None, "no_agreement"),
        "third": (None, "brand_not_on_stream"),
        "fourth": (None, "not_in_sale"),
        "": (None, "product_unknown"),
    }
    assert [one.order_line for one in found.lines] == ["li_0", "more_0"]


def test_a_brand_that_was_not_in_the_order_is_seen_and_credits_nobody(shop: Shop) -> None:
    shop.live.brands.add("second", currency="EUR")
    shop.live.products.add("sku_pot", title="Pot", amount=500, currency="EUR", brand="second")
    shop.record(coded(), edited(line("li_2", "sku_pot", 500)))
    shop.record(edited(line("li_3", "sku_pot", 500), edit_id="edit-2"))
    assert -shop.standing("main")["creator:mika:pending EUR"] == 599
    assert shop.standing("second") == {}
    assert [(one.brand, one.reason) for one in shop.live.unattributed()] == [
        ("second", "not_in_sale")
    ]
    assert all(shop.live.ledger.verify(brand=brand).ok for brand in ("main", "second"))


def test_what_cannot_be_is_refused_and_nothing_changes(shop: Shop) -> None:
    shop.record(coded(), edited(line("li_2", "sku_mug", 1000)))
    before = shop.counts()
    for bad in (
        edited(line("li_1"), edit_id="edit-2"),
        edited(line("li_3"), edit_id="edit-2", currency="USD"),
        edited(line("li_3", quantity=-1), edit_id="edit-2"),
        edited(line("li_3"), edit_id="edit-2", paid=-1),
        off(-1, ("li_1", 4990)),
        off(4990, ("li_1", -4990)),
        off(4990, ("li_1", 4990), currency="USD"),
    ):
        with pytest.raises(FactInvalidError):
            shop.record(bad)
    with pytest.raises(FactConflictError):
        shop.record(edited(line("li_2", "sku_mug", 999)))
    assert shop.counts() == before


def test_what_comes_before_its_sale_waits(shop: Shop) -> None:
    waiting = shop.record(edited(line("li_2", "sku_mug", 1000)), off(4990, ("li_1", 4990))).waiting
    assert waiting == (("sandbox", "sandbox", "o1"),)
    shop.record(edited(line("li_2", "sku_mug", 1000)), coded())
    assert pending(shop) == 719
