"""Tiers, caps and guarantees in the book: worked numbers, both engines."""

from datetime import timedelta

import pytest

from liveshop_sdk.affiliate.terms import Guarantee, LineTerms
from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.facts import RefundFailed
from liveshop_sdk.money import Rate
from tests.contracts.period_support import (
    AFTER,
    BONUS,
    COMMISSION,
    GUARANTEE,
    TOP_UP,
    eur,
    of,
    shop_with,
    ten,
    tiers,
    true_up,
)
from tests.contracts.shop_support import START, Shop, about, line, refund, sale

NOVEMBER = {"occurred_at": START + timedelta(days=40)}


def sold(shop: Shop, order_ref: str, base: int, **more: object) -> None:
    shop.record(sale(order_ref, line(base=base), codes=("BEN",), **more))


# --- tiers


@pytest.mark.parametrize(("mode", "bonus"), [("retroactive", 20_010), ("marginal", 10)])
def test_crossing_a_tier_posts_its_bonus_and_crossing_back_takes_it(
    db: Database, clock: ManualClock, mode: str, bonus: int
) -> None:
    shop = shop_with(db, clock, ten(tiers=tiers(mode)))
    sold(shop, "o1", 1_000_500)
    assert (of(shop, BONUS), of(shop, "pending")) == (bonus, -100_050 - bonus)
    shop.record(refund("o1", "re_1", 2_500))
    assert (of(shop, BONUS), of(shop, "pending")) == (0, -99_800)
    assert shop.kinds() == ["sale", "tier_true_up", "refund", "tier_true_up"]
    shop.record(RefundFailed(**about("o1"), refund_id="re_1"))
    assert (of(shop, BONUS), of(shop, "pending")) == (bonus, -100_050 - bonus)
    assert shop.live.ledger.verify().ok


def test_a_bonus_entry_says_what_caused_it(db: Database, clock: ManualClock) -> None:
    shop = shop_with(db, clock, ten(tiers=tiers()))
    sold(shop, "o1", 1_000_500)
    entry = list(shop.live.ledger.entries())[-1]
    assert (entry.source, entry.event_id) == ("sandbox", "tier:order:o1")
    assert (entry.terms_version, entry.meta["order_ref"]) == ("ben:1", "o1")
    assert {posting.line_ref for posting in entry.postings} == {"", "tier:ben:v1:EUR:2026-10"}


def test_only_sales_of_the_window_count(db: Database, clock: ManualClock) -> None:
    shop = shop_with(db, clock, ten(tiers=tiers(window="month")))
    sold(shop, "o1", 600_000)
    sold(shop, "o2", 600_000, occurred_at=START + timedelta(days=30))
    assert of(shop, BONUS) == 0
    sold(shop, "o3", 400_000, occurred_at=START + timedelta(days=28))
    assert of(shop, BONUS) == 20_000


def test_a_quarter_adds_its_months_up(db: Database, clock: ManualClock) -> None:
    shop = shop_with(db, clock, ten(tiers=tiers(window="quarter")))
    sold(shop, "o1", 600_000)
    sold(shop, "o2", 600_000, occurred_at=START + timedelta(days=30))
    assert of(shop, BONUS) == 24_000


def test_a_product_rule_of_its_own_counts_for_no_tier(db: Database, clock: ManualClock) -> None:
    own = {"sku_tee": LineTerms(rate=Rate.percent(20))}
    shop = shop_with(db, clock, ten(tiers=tiers(), products=own))
    sold(shop, "o1", 2_000_000)
    assert (of(shop, BONUS), of(shop, COMMISSION)) == (0, 400_000)


def test_a_version_counts_its_own_sales(db: Database, clock: ManualClock) -> None:
    shop = shop_with(db, clock, ten(tiers=tiers()))
    sold(shop, "o1", 900_000)
    clock.advance(timedelta(hours=1))
    shop.live.creators.agree("ben", terms=ten(tiers=tiers(start=500_000)))
    later = {"occurred_at": clock.now() + timedelta(minutes=1)}
    sold(shop, "o2", 400_000, **later)
    assert of(shop, BONUS) == 0
    sold(shop, "o3", 200_000, **later)
    assert of(shop, BONUS) == 12_000  # of 6,000.00 under the second version


def test_a_co_host_s_part_is_not_the_creator_s(db: Database, clock: ManualClock) -> None:
    shop = shop_with(db, clock, ten(tiers=tiers()))
    shop.live.creators.add("ana", rate="10%")
    shop.stream("duo", "ben:60", "ana:40")
    shop.coupon("DUO", "ben", stream="duo")
    shop.record(sale("o1", line(base=1_500_000), codes=("DUO",)))
    assert of(shop, BONUS) == 0  # 9,000.00 are ben's
    shop.record(sale("o2", line(base=200_000), codes=("DUO",)))
    assert of(shop, BONUS) == 20_400  # 2 % of 10,200.00
    assert shop.standing()["creator:ana:pending EUR"] == -68_000


def test_a_bonus_is_released_once_window_and_holds_are_over(
    db: Database, clock: ManualClock
) -> None:
    shop = shop_with(db, clock, ten(tiers=tiers()))
    sold(shop, "o1", 600_000)
    sold(shop, "o2", 500_000, occurred_at=START + timedelta(days=28))
    end_of_month = START.replace(month=11, day=1, hour=0)
    assert shop.live.releases.due(end_of_month).windows == 0
    assert (of(shop, "pending"), of(shop, "payable")) == (-72_000, -60_000)
    due = START + timedelta(days=42, minutes=0)
    assert shop.live.releases.due(due - timedelta(seconds=1)).windows == 0
    assert shop.live.releases.due(due).as_json() == {"released": 1, "entries": 2, "windows": 1}
    assert (of(shop, "pending"), of(shop, "payable")) == (0, -132_000)
    assert list(shop.live.ledger.entries())[-1].event_id == "release:tier:ben:v1:EUR:2026-10"
    assert shop.live.releases.due(due + AFTER).as_json()["entries"] == 0
    # After that, differences go to what is owed.
    shop.record(refund("o2", "re_1", 500_000, **NOVEMBER))
    assert (of(shop, "payable"), of(shop, BONUS)) == (-60_000, 0)
    sold(shop, "o3", 500_000, occurred_at=START + timedelta(days=29))
    assert (of(shop, "pending"), of(shop, "payable")) == (-50_000, -82_000)
    assert shop.live.ledger.verify().ok


def test_a_sale_withheld_for_review_counts_once_it_is_approved(
    db: Database, clock: ManualClock
) -> None:
    shop = shop_with(db, clock, ten(tiers=tiers()))
    shop.coupon("ONCE", "ben", limit=1)
    for ref in ("o1", "o2"):
        shop.record(sale(ref, line(base=600_000), codes=("ONCE",)))
    assert (of(shop, BONUS), of(shop, "pending")) == (0, -120_000)
    shop.live.releases.approve("o2")
    assert (of(shop, BONUS), of(shop, "payable")) == (24_000, -60_000)
    assert shop.live.ledger.verify().ok


def test_a_window_as_long_as_the_version_ends_with_it(db: Database, clock: ManualClock) -> None:
    shop = shop_with(db, clock, ten(tiers=tiers(window="agreement")))
    sold(shop, "o1", 1_100_000)
    clock.advance(AFTER)
    assert shop.live.releases.due().windows == 0
    shop.live.creators.agree("ben", rate="15%")
    assert shop.live.releases.due().windows == 1
    assert of(shop, "payable") == -132_000


# --- caps


def test_a_cap_is_taken_at_the_month_s_end_and_given_back_by_refunds(
    db: Database, clock: ManualClock
) -> None:
    shop = shop_with(db, clock, ten(cap_per_month=eur(50_000)))
    sold(shop, "o1", 400_000)
    sold(shop, "o2", 300_000)
    assert of(shop, COMMISSION) == 70_000
    assert true_up(shop, "2026-10") == 1
    assert (of(shop, COMMISSION), of(shop, "pending")) == (50_000, -50_000)
    entry = list(shop.live.ledger.entries())[-1]
    assert (entry.kind, entry.period, str(entry.effective_date)) == (
        "cap_true_up",
        "2026-10",
        "2026-10-31",
    )
    assert true_up(shop, "2026-10") == 0
    shop.record(refund("o2", "re_1", 100_000, **NOVEMBER))
    assert of(shop, COMMISSION) == 50_000
    entry = list(shop.live.ledger.entries())[-2]
    assert (entry.kind, entry.period, entry.applies_to_period) == (
        "cap_true_up",
        "2026-11",
        "2026-10",
    )
    shop.record(refund("o2", "re_2", 200_000, **NOVEMBER))
    assert (of(shop, COMMISSION), of(shop, "pending")) == (40_000, -40_000)
    assert shop.live.ledger.verify().ok


def test_a_cap_follows_its_commission_from_pending_to_payable(
    db: Database, clock: ManualClock
) -> None:
    shop = shop_with(db, clock, ten(cap_per_month=eur(50_000)))
    sold(shop, "o1", 400_000)
    sold(shop, "o2", 300_000, occurred_at=START + timedelta(days=20))
    true_up(shop, "2026-10")
    assert of(shop, "pending") == -50_000
    shop.live.releases.due(START + timedelta(days=20))
    # 400.00 were released; 200.00 of the cap still wait on the 300.00 in hold.
    assert (of(shop, "pending"), of(shop, "payable")) == (-10_000, -40_000)
    shop.live.releases.due(START + timedelta(days=40))
    assert (of(shop, "pending"), of(shop, "payable")) == (0, -50_000)
    assert (of(shop, "clawback_receivable"), of(shop, COMMISSION)) == (0, 50_000)
    assert shop.live.ledger.verify().ok


def test_a_cap_on_what_was_released_long_ago_is_owed_back(db: Database, clock: ManualClock) -> None:
    shop = shop_with(db, clock, ten(cap_per_month=eur(50_000)))
    sold(shop, "o1", 700_000)
    shop.live.releases.due(START + AFTER)
    true_up(shop, "2026-10")
    assert (of(shop, "payable"), of(shop, "pending")) == (-50_000, 0)


# --- guarantees


def test_a_guarantee_fills_a_month_up_and_is_recouped(db: Database, clock: ManualClock) -> None:
    shop = shop_with(db, clock, ten(guarantee=GUARANTEE))
    sold(shop, "o1", 200_000)
    assert true_up(shop, "2026-10") == 1
    assert (of(shop, TOP_UP), of(shop, "payable"), of(shop, "pending")) == (
        30_000,
        -30_000,
        -20_000,
    )
    sold(shop, "o2", 600_000, occurred_at=START + timedelta(days=30))
    assert true_up(shop, "2026-11") == 1
    assert (of(shop, TOP_UP), of(shop, "payable")) == (20_000, -20_000)
    # A late refund makes October's gap larger, and November repays no more than before.
    shop.record(refund("o1", "re_1", 100_000, **NOVEMBER))
    assert (of(shop, TOP_UP), of(shop, "payable")) == (30_000, -30_000)
    entry = list(shop.live.ledger.entries())[-1]
    assert (entry.kind, entry.applies_to_period) == ("guarantee_true_up", "2026-10")
    assert shop.live.ledger.verify().ok


def test_a_month_without_a_sale_pays_the_whole_guarantee(db: Database, clock: ManualClock) -> None:
    agreed = Guarantee(amount=eur(50_000), recoupable=False)
    shop = shop_with(db, clock, ten(guarantee=agreed))
    assert true_up(shop, "2026-09") == 0  # nothing was agreed yet
    assert true_up(shop, "2026-10") == 1
    assert (of(shop, TOP_UP), of(shop, "payable")) == (50_000, -50_000)
    sold(shop, "o1", 900_000)
    assert (of(shop, TOP_UP), of(shop, "payable"), of(shop, "pending")) == (0, 0, -90_000)


def test_one_month_has_one_guarantee(db: Database, clock: ManualClock) -> None:
    shop = shop_with(db, clock, ten(guarantee=GUARANTEE))
    sold(shop, "o1", 200_000)
    clock.advance(timedelta(hours=1))
    shop.live.creators.agree("ben", terms=ten(guarantee=Guarantee(amount=eur(80_000))))
    sold(shop, "o2", 300_000, occurred_at=clock.now() + timedelta(minutes=1))
    true_up(shop, "2026-10")
    assert of(shop, TOP_UP) == 30_000  # 800.00 less what both versions earned


def test_a_guarantee_counts_what_the_cap_leaves(db: Database, clock: ManualClock) -> None:
    shop = shop_with(db, clock, ten(cap_per_month=eur(40_000), guarantee=GUARANTEE))
    sold(shop, "o1", 900_000)
    true_up(shop, "2026-10")
    assert (of(shop, COMMISSION), of(shop, TOP_UP)) == (40_000, 10_000)


def test_everything_at_once_in_one_batch_or_one_by_one(db: Database, clock: ManualClock) -> None:
    """The counts are carried from entry to entry within a batch."""
    terms = ten(tiers=tiers("whole_order"), cap_per_month=eur(100_000), guarantee=GUARANTEE)
    shop = shop_with(db, clock, terms)
    facts = [sale(f"o{n}", line(base=300_000), codes=("BEN",)) for n in range(5)]
    shop.record(*facts, refund("o1", "re_1", 300_000), refund("o4", "re_2", 100_000))
    assert (of(shop, BONUS), of(shop, COMMISSION)) == (4_000, 110_000)
    assert shop.live.ledger.verify().ok
    true_up(shop, "2026-10")
    assert of(shop, COMMISSION) == 100_000
    shop.record(refund("o2", "re_3", 300_000), refund("o3", "re_4", 300_000))
    assert (of(shop, BONUS), of(shop, COMMISSION), of(shop, TOP_UP)) == (0, 50_000, 0)
    assert shop.live.ledger.verify().ok
