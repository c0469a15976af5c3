"""Who earns by a recorded sale, from which evidence and in which book, on both engines."""

from dataclasses import replace
from datetime import timedelta

import pytest

from liveshop_sdk.affiliate.attribution import Policy
from liveshop_sdk.clock import ManualClock
from liveshop_sdk.facts import OrderPaid
from liveshop_sdk.money import Rate
from tests.contracts.recording_support import SALE_EUR, coded, shop_fixture
from tests.contracts.shop_support import START, Shop, line, refund, sale

__all__ = ["shop_fixture"]


def reasons(shop: Shop, order_ref: str) -> dict[str, str]:
    found = shop.live.explain(order_ref).decisions
    return {row.brand: row.reason for row in found}


def test_orders_that_credit_nobody_are_seen(shop: Shop) -> None:
    shop.live.products.add("sku_pot", title="Pot", amount=500, currency="EUR")
    shop.live.creators.agree("mika", rate=Rate.percent("12"))
    shop.record(
        sale("nobody"),
        coded("stranger", lines=(line(sku="sku_else"),)),
        sale("empty", codes=("MIKA20",), lines=(), total=500),
        sale("late", checkout_id="chk_unknown"),
    )
    assert reasons(shop, "nobody") == {"main": "no_evidence"}
    assert reasons(shop, "stranger") == {"": "product_unknown"}
    assert reasons(shop, "late") == {"main": "no_evidence"}
    unattributed = {row.order_ref: row.reason for row in shop.live.unattributed()}
    assert unattributed["nobody"] == "no_evidence"
    assert unattributed["stranger"] == "product_unknown"
    assert shop.standing() == {}


def test_an_order_without_lines_is_decided_too(shop: Shop) -> None:
    shop.record(replace(coded("empty"), lines=(), total=500))
    assert reasons(shop, "empty") == {"": "product_unknown"}


def test_a_known_item_beside_an_unknown_one_earns(shop: Shop) -> None:
    shop.record(coded(lines=(line("li_1"), line("li_2", "sku_else", 2000)), total=6990))
    assert reasons(shop, "o1") == {"": "product_unknown", "main": "coupon"}
    assert shop.standing() == SALE_EUR


def test_a_visit_is_evidence_for_thirty_days(shop: Shop, clock: ManualClock) -> None:
    checkout = shop.visit()
    last = clock.now() + timedelta(days=30)
    shop.record(
        sale("in time", checkout_id=checkout, occurred_at=last),
        sale("too late", checkout_id=checkout, occurred_at=last + timedelta(microseconds=1)),
    )
    assert reasons(shop, "in time") == {"main": "checkout_ref"}
    assert reasons(shop, "too late") == {"main": "outside_lookback"}
    assert shop.standing() == SALE_EUR


def test_the_losing_claim_is_stored(shop: Shop) -> None:
    shop.stream("other", "ana")
    shop.coupon("ANA10", "ana", stream="other", percent_off=10)
    checkout = shop.visit("MIKA20")
    shop.record(sale(checkout_id=checkout, codes=("ana10",)))
    (decision,) = shop.live.explain(checkout).decisions
    assert (decision.creator, decision.stream) == ("ana", "other")
    assert decision.reason == "coupon"
    assert [(lost["creator"], lost["why"]) for lost in decision.lost] == [("mika", "outranked")]
    assert decision.lost[0]["checkout_id"] == checkout
    assert decision.policy == Policy().as_json() | {"brand": None, "version": 0}
    assert shop.standing() == {"brand:commission_expense EUR": 499, "creator:ana:pending EUR": -499}
    coupons = {coupon.code: (coupon.reserved, coupon.used) for coupon in shop.live.coupons.list()}
    assert coupons == {"MIKA20": (0, 0), "ANA10": (0, 1)}


def test_a_cart_token_of_ours_is_evidence(shop: Shop) -> None:
    checkout = shop.visit()
    cart = shop.live.links.visit(checkout).platform_ref
    shop.record(sale(cart_token=cart), sale("o2", cart_token="somebody's"))
    assert reasons(shop, "o1") == {"main": "cart_token"}
    assert reasons(shop, "o2") == {"main": "no_evidence"}
    assert shop.live.explain(checkout).order.order_ref == "o1"
    assert shop.live.links.visit(checkout).state == "paid"


def test_an_order_without_real_money_earns_nothing_live(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    for mode in ("sandbox", "test", "live"):
        monkeypatch.setattr(type(shop.live.platform), "mode", mode)
        shop.record(coded(mode), coded(f"{mode} real", is_test=False))
        earned = "test_order" if mode == "live" else "coupon"
        assert reasons(shop, mode) == {"main": earned}
        assert reasons(shop, f"{mode} real") == {"main": "coupon"}
    assert shop.standing()["creator:mika:pending EUR"] == -599 * 5


def test_an_order_of_two_brands_is_kept_in_two_books(shop: Shop) -> None:
    live = shop.live
    live.brands.add("oak", currency="EUR", timezone="Europe/Berlin")
    live.brands.add("elm", currency="EUR")
    for brand in ("oak", "elm", "ash"):
        if brand == "ash":
            live.brands.add(brand, currency="EUR")
        live.products.add(f"sku_{brand}", title=brand, amount=1000, currency="EUR", brand=brand)
    live.creators.agree("mika", rate=Rate.percent("20"), brand="oak")
    live.creators.agree("mika", rate=Rate.percent("30"), brand="ash")
    shop.stream("mall", "mika", brands=["oak", "elm"])
    shop.coupon("MALL", stream="mall")
    lines = [line(f"li_{b}", f"sku_{b}", 1000) for b in ("oak", "elm", "ash")]
    done = shop.record(sale("o1", line(), *lines, codes=("MALL",)))
    assert reasons(shop, "o1") == {
        "ash": "brand_not_on_stream",
        "elm": "no_agreement",
        "main": "brand_not_on_stream",
        "oak": "coupon",
    }
    assert [(entry.book, entry.seq) for entry in done.entries] == [("oak", 1)]
    shop.stream("plaza", "mika", brands=["main", "oak"])
    shop.coupon("PLAZA", stream="plaza")
    done = shop.record(sale("o2", line(), *lines[:1], codes=("PLAZA",)), refund("o2", amount=2995))
    assert sorted((entry.book, entry.seq, entry.kind) for entry in done.entries) == [
        ("main", 1, "sale"),
        ("main", 2, "refund"),
        ("oak", 2, "sale"),
        ("oak", 3, "refund"),
    ]
    assert shop.standing("oak")["creator:mika:pending EUR"] == -(200 + 100)
    assert shop.standing("main")["creator:mika:pending EUR"] == -(599 - 300)


def test_hosts_share_and_two_versions_of_terms(shop: Shop, clock: ManualClock) -> None:
    shop.stream("duo", "ana:3", "mika:2")
    shop.coupon("DUO", "ana", stream="duo")
    shop.record(sale("o1", codes=("DUO",)))
    clock.advance(timedelta(hours=1))
    shop.live.creators.agree("ana", rate=Rate.percent("20"))
    shop.record(sale("o2", codes=("DUO",)))
    shop.record(sale("o3", codes=("DUO",), occurred_at=clock.now()))
    lines = {ref: shop.live.explain(ref).lines for ref in ("o1", "o2", "o3")}
    shares = {
        ref: [(x.creator, x.amount, x.terms_version) for x in found] for ref, found in lines.items()
    }
    assert shares == {
        "o1": [("ana", 299, 1), ("mika", 200, 1)],
        "o2": [("ana", 299, 1), ("mika", 200, 1)],
        "o3": [("ana", 599, 2), ("mika", 399, 2)],
    }


def test_a_returning_buyer_by_when_they_paid(shop: Shop) -> None:
    def bought(order_ref: str, minutes: int, buyer: str | None = "key") -> OrderPaid:
        at = START + timedelta(minutes=minutes)
        return sale(order_ref, customer_key=buyer, occurred_at=at)

    shop.record(bought("second", 20), bought("first", 10), bought("other", 30, "else"))
    shop.record(bought("third", 40), bought("unknown", 50, None))
    found = {order.order_ref: order.is_returning for order in shop.live.orders()}
    assert found == {"first": False, "second": True, "third": True, "other": False, "unknown": None}
