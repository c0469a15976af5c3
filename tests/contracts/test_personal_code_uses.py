"""Personal codes that are used: by one order each, at the shop or with a link."""

from datetime import timedelta

import pytest

from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.errors import (
    CodesUnreadableError,
    CouponForeignError,
    LiveShopError,
    PersonalCodeUnknownError,
    PersonalCodeUsedError,
    SandboxCodeRefusedError,
)
from liveshop_sdk.shop.doctor import examine_shop
from tests.contracts.code_support import one_code, texts, verdicts
from tests.contracts.coupon_support import away
from tests.contracts.shop_support import END, START, Shop, sale


@pytest.fixture
def shop(db: Database, clock: ManualClock) -> Shop:
    shop = Shop(db, clock)
    shop.stock()
    shop.coupon()
    return shop


# --- used


def test_an_order_with_a_personal_code_is_the_creators(shop: Shop) -> None:
    code = one_code(shop)
    visit = shop.visit()
    shop.live.sandbox.apply_code(visit, code.text.lower())
    order = shop.live.sandbox.pay(visit)
    shop.deliver()
    assert verdicts(shop) == ["within"]
    assert shop.live.coupons.get("MIKA20").used == 1
    assert shop.standing()["creator:mika:pending EUR"] == -479
    (decision,) = shop.live.explain(order.id).as_json()["decisions"]
    assert (decision["creator"], decision["reason"]) == ("mika", "coupon")
    assert decision["claim"]["code"] == "MIKA20"
    (used,) = shop.live.coupons.codes("MIKA20")
    assert (used.uses, used.order_id) == (1, shop.live.orders()[0].id)
    assert used.used_at == START


def test_a_second_use_is_kept_and_its_commission_waits(shop: Shop) -> None:
    code = one_code(shop)
    shop.record(sale("o1", codes=(code.text,)), sale("o2", codes=(code.text.lower(),)))
    assert verdicts(shop) == ["over_code_limit", "within"]
    assert shop.live.coupons.codes("MIKA20")[0].uses == 2
    held = [shop.live.explain(ref).lines[0].withheld for ref in ("o1", "o2")]
    assert sorted(held) == ["", "over_code_limit"]
    assert shop.standing()["creator:mika:pending EUR"] == -2 * 599
    assert shop.live.coupons.get("MIKA20").used == 2


def test_the_coupons_own_code_is_not_for_one_use(shop: Shop) -> None:
    one_code(shop)
    for n in range(3):
        shop.record(sale(f"o{n}", codes=("MIKA20",)))
    assert verdicts(shop) == ["within"] * 3


def test_the_coupons_limit_holds_for_all_its_codes(shop: Shop) -> None:
    shop.coupon("FEW", limit=1)
    first, second = one_code(shop, "FEW"), one_code(shop, "FEW")
    shop.record(sale("o1", codes=(first.text,)))
    shop.record(sale("o2", codes=(second.text,)))
    assert verdicts(shop) == ["over_limit", "within"]
    assert [one.uses for one in shop.live.coupons.codes("FEW")] == [1, 1]


def test_a_code_counts_in_the_coupons_window_and_for_payments_after_it(shop: Shop) -> None:
    code = one_code(shop)
    for n, late in enumerate((timedelta(days=31), timedelta(days=29))):
        shop.record(sale(f"o{n}", codes=(code.text,), occurred_at=END + late))
    assert verdicts(shop) == ["within"]


def test_what_only_looks_like_a_personal_code_is_nothing(shop: Shop) -> None:
    code = one_code(shop)
    for n, text in enumerate((code.text[:-1], code.text + "2", "MIKA20-2222222222", "-2222222222")):
        shop.record(sale(f"o{n}", codes=(text,)))
    assert verdicts(shop) == []


def test_the_platform_counts_every_code(shop: Shop) -> None:
    for code in (one_code(shop), one_code(shop)):
        visit = shop.visit()
        shop.live.sandbox.apply_code(visit, code.text)
        shop.live.sandbox.pay(visit)
    found = shop.live.reconcile()
    assert [(one.code, one.uses, one.recorded) for one in found.coupons] == [("MIKA20", 2, 0)]
    assert shop.live.reconcile(fix=True).coupons == ()


# --- with a link


def test_a_link_is_opened_with_a_code_and_holds_it(shop: Shop, clock: ManualClock) -> None:
    code, token = one_code(shop), shop.link()
    opening = shop.live.links.open(token, code=code.text.lower())
    assert shop.live.coupons.get("MIKA20").reserved == 1
    assert shop.live.links.visit(opening.checkout_id).code_id == code.id
    before = shop.counts()
    with pytest.raises(PersonalCodeUsedError):
        shop.live.links.open(token, code=code.text)
    assert shop.counts() == before
    assert shop.live.coupons.get("MIKA20").reserved == 1
    clock.advance(timedelta(minutes=32))
    again = shop.live.links.open(token, code=code.text)
    shop.live.sandbox.pay(again.checkout_id)
    shop.deliver()
    assert verdicts(shop) == ["within"]
    with pytest.raises(PersonalCodeUsedError):
        shop.live.links.open(token, code=code.text)


def test_a_link_takes_no_code_of_another_creator_or_that_is_none(shop: Shop) -> None:
    code = one_code(shop)
    shop.stream("other", "ana")
    foreign = shop.link(creator="ana", stream_id="other")
    before = shop.counts()
    with pytest.raises(CouponForeignError):
        shop.live.links.open(foreign, code=code.text)
    for text in ("MIKA20", "MIKA20-2222222222", "", "ⅯIKA20-2222222222", "x" * 5000):
        with pytest.raises(PersonalCodeUnknownError):
            shop.live.links.open(shop.link(), code=text)
    assert shop.counts()["ls_touch"] == before["ls_touch"]


def test_a_visit_that_waits_keeps_its_code(shop: Shop) -> None:
    code, token = one_code(shop), shop.link()
    with away(shop, "open_checkout"), pytest.raises(LiveShopError) as delayed:
        shop.live.links.open(token, code=code.text)
    again = str(delayed.value.details()["again"])
    opening = shop.live.links.open(token, again=again)
    shop.live.sandbox.pay(opening.checkout_id)
    shop.deliver()
    assert (verdicts(shop), shop.live.coupons.codes("MIKA20")[0].uses) == (["within"], 1)


def test_the_sandbox_takes_a_code_once_and_not_while_its_coupon_is_off(shop: Shop) -> None:
    code = one_code(shop)
    first, second = shop.visit(), shop.visit()
    shop.live.coupons.pause("MIKA20")
    with pytest.raises(SandboxCodeRefusedError, match="paused"):
        shop.live.sandbox.apply_code(first, code.text)
    shop.live.coupons.resume("MIKA20")
    for visit in (first, second):
        shop.live.sandbox.apply_code(visit, code.text)
    shop.live.sandbox.pay_later(first)
    with pytest.raises(SandboxCodeRefusedError, match="used up"):
        shop.live.sandbox.pay(second)
    shop.live.sandbox.fail_later(first)
    shop.live.sandbox.pay(second)
    with pytest.raises(SandboxCodeRefusedError, match="used up"):
        shop.live.sandbox.apply_code(shop.visit(), code.text)


def test_the_sandbox_asks_for_the_customer_of_a_personal_code(shop: Shop) -> None:
    shop.coupon("EACH", per_customer=1)
    for n, code in enumerate((one_code(shop, "EACH"), one_code(shop, "EACH"))):
        visit = shop.visit()
        shop.live.sandbox.apply_code(visit, code.text)
        if n:
            with pytest.raises(SandboxCodeRefusedError, match="per customer"):
                shop.live.sandbox.pay(visit)
        else:
            shop.live.sandbox.pay(visit)
            shop.deliver()


# --- secret keys


def test_codes_outlive_a_new_key_and_not_the_loss_of_theirs(
    shop: Shop, db: Database, clock: ManualClock
) -> None:
    code = one_code(shop)
    both = Shop(db, clock, seed=2, settings={"LIVESHOP_SECRET_KEYS": f"{'x' * 40},{'y' * 40}"})
    assert texts(both) == [code.text]
    both.live.coupons.issue_codes("MIKA20", count=1)
    gone = Shop(db, clock, seed=3, settings={"LIVESHOP_SECRET_KEYS": "y" * 40})
    assert [one.ok for one in examine_shop(both.live) if one.name == "coupons"] == [True]
    with pytest.raises(CodesUnreadableError):
        gone.live.coupons.codes("MIKA20")
    with pytest.raises(CodesUnreadableError):
        gone.live.coupons.issue_codes("MIKA20", count=1)
    (found,) = [one for one in examine_shop(gone.live) if one.name == "coupons"]
    assert (found.ok, found.text) == (False, "no secret key opens the personal codes of MIKA20")
    gone.record(sale("o1", codes=(code.text,)))  # nobody's, but recorded
    assert verdicts(shop) == []
