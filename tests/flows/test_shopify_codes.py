"""Personal codes at Shopify, whatever becomes of its answers."""

from collections import Counter
from datetime import timedelta
from typing import Any

from tests.flows.oracle_support import BEN
from tests.flows.shopify_actors import Stage
from tests.flows.test_shopify_coupon_life import drained, window
from tests.flows.test_shopify_faults import hurried, on_shopify, refill, slow_down, some

__all__ = ["hurried", "on_shopify"]


def codes_at(stage: Stage, code: str = "BEN15") -> list[str]:
    """Return a discount's codes at Shopify but its first, in order."""
    found = [one for one in stage.oracle.discounts.values() if one["codes"][0]["code"] == code]
    (discount,) = found
    return sorted(one["code"] for one in discount["codes"][1:])


def assert_whole(stage: Stage, *sizes: int) -> None:
    batches = stage.site.shop.coupons.batches("BEN15")
    assert [(one.size, one.made, one.status) for one in batches] == [(n, n, "ready") for n in sizes]
    listed = [one.text for one in stage.site.shop.coupons.codes("BEN15")]
    assert sorted(listed) == codes_at(stage)
    assert len(set(listed)) == sum(sizes)


def verdicts(stage: Stage, *orders: Any) -> Counter[str]:
    refs = [str(order["id"]) for order in orders]
    lines = [line for ref in refs for line in stage.site.shop.explain(ref).lines]
    return Counter(line.withheld for line in lines)


def test_codes_by_command_line_and_sales_with_one(on_shopify: Stage) -> None:
    site = on_shopify.site
    made = site.cli("coupons", "issue-codes", "BEN15", "--count", "260")
    assert (made["made"], made["status"]) == (260, "ready")
    assert_whole(on_shopify, 260)
    code = site.shop.coupons.codes("BEN15", limit=1)[0].text
    link = site.issue("ben", "friday-drop", None, sku_cap=1)
    cart = on_shopify.open(f"{link}?code={code}")
    first = on_shopify.pay(cart, BEN)
    on_shopify.deliver(on_shopify.sold(first), "ok")
    on_shopify.agree()
    assert [one["code"] for one in first["discount_codes"]] == [code]
    assert site.shop.coupons.codes("BEN15", limit=1)[0].uses == 1
    second = on_shopify.place(  # a discount's limit is not its codes'
        BEN, line_items=first["line_items"], discount_codes=first["discount_codes"]
    )
    on_shopify.deliver(on_shopify.sold(second), "ok")
    assert verdicts(on_shopify, first, second) == {"": 1, "over_code_limit": 1}
    assert site.shop.coupons.codes("BEN15", limit=1)[0].uses == 2
    assert site.reason(str(second["id"]), "main")["main"] == ("ben", "coupon")


@some("lost", "hang", "429", "truncated", "THROTTLED")
def test_every_number_has_one_code_whatever_shopify_does(
    hurried: Stage, faults: tuple[str, ...]
) -> None:
    site, sizes = hurried.site, []
    for fault in faults:
        slow_down(hurried, fault)
        sizes.append(3)
        batch = site.shop.coupons.issue_codes("BEN15", count=3)
        assert batch.status == "pending", fault
        refill(hurried)
        for n in range(1, 4):
            drained(hurried, timedelta(minutes=3 * n))
        assert site.shop.inbox_state().outbox["pending"] == 0, fault
    assert_whole(hurried, *sizes)


def test_a_code_of_the_shops_own_is_replaced(on_shopify: Stage) -> None:
    site = on_shopify.site
    taken: list[str] = []
    codes: Any = site.shop._connected.codes
    real = codes.add

    def occupied(*given: Any, **named: Any) -> Any:
        if not taken:
            taken.append(named["codes"][1].text)
            other = next(
                one
                for one in on_shopify.oracle.discounts.values()
                if one["codes"][0]["code"] == "MIKA20"
            )
            other["codes"].append({"id": 424242, "code": taken[0].lower(), "used": 0})
        return real(*given, **named)

    codes.add = occupied
    batch = site.shop.coupons.issue_codes("BEN15", count=3)
    assert (batch.made, batch.status) == (2, "pending")
    site.shop.worker().drain()
    assert_whole(on_shopify, 3)
    assert taken[0] not in codes_at(on_shopify)


def test_a_pause_and_an_end_take_all_codes_along(on_shopify: Stage) -> None:
    site = on_shopify.site
    site.shop.coupons.issue_codes("BEN15", count=2)
    code = site.shop.coupons.codes("BEN15")[0].text
    link = site.issue("ben", "friday-drop", None, sku_cap=1)
    whole = window(on_shopify, "BEN15")
    assert site.shop.coupons.pause("BEN15").waiting is None
    assert window(on_shopify, "BEN15")[1] < whole[1]
    refused = site.get(f"{link}?code={code}")
    assert (refused.status, refused.json["error"]["code"]) == (409, "coupon_paused")
    assert site.shop.coupons.resume("BEN15").waiting is None
    assert window(on_shopify, "BEN15") == whole
    assert site.get(f"{link}?code={code}").status == 303
    site.shop.coupons.end("BEN15")
    over = site.get(f"{link}?code={code}")
    assert (over.status, over.json["error"]["code"]) == (410, "coupon_over")
    assert window(on_shopify, "BEN15")[1] < whole[1]
    assert len(codes_at(on_shopify)) == 2
