"""What tiers, caps, guarantees and appearances come to: worked numbers."""

from datetime import UTC, datetime
from itertools import accumulate, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liveshop_sdk.affiliate.accrual import Target
from liveshop_sdk.affiliate.airtime.fees import appearance_fee
from liveshop_sdk.affiliate.bonus import rate_at, tier_bonus
from liveshop_sdk.affiliate.commission import CommissionLine, shared
from liveshop_sdk.affiliate.minimum import GuaranteedMonth, cap_target, guarantee_targets
from liveshop_sdk.affiliate.months import end_of, last_moment, month_of, months_of, window_of
from liveshop_sdk.affiliate.terms import Appearance
from liveshop_sdk.facts import HostShare
from liveshop_sdk.money import Money, Rate

TEN = Rate.percent(10)
TWELVE = ((1_000_000, Rate.percent(12)),)
STAIRS = ((1_000_000, Rate.percent(12)), (2_500_000, Rate.percent(15)))
MODES = ("marginal", "whole_order", "retroactive")

BASES = st.lists(st.integers(0, 2_000_000), max_size=12)


@st.composite
def stairs(draw: st.DrawFn) -> tuple[tuple[int, Rate], ...]:
    starts = draw(st.lists(st.integers(1, 5_000_000), min_size=1, max_size=4, unique=True))
    rates = draw(st.lists(st.integers(1_000, 10_000), min_size=len(starts), max_size=len(starts)))
    return tuple(zip(sorted(starts), map(Rate.bps, rates), strict=True))


@pytest.mark.parametrize(
    ("mode", "sales", "expected"),
    [
        ("retroactive", 1_000_500, 20_010),
        ("marginal", 1_000_500, 10),
        ("retroactive", 998_000, 0),
        ("marginal", 998_000, 0),
        ("retroactive", 1_000_000, 20_000),
        ("marginal", 1_000_000, 0),
        ("retroactive", 999_999, 0),
    ],
)
def test_a_tier_of_12_percent_from_ten_thousand(mode: str, sales: int, expected: int) -> None:
    assert tier_bonus([sales], mode=mode, steps=TWELVE, base=TEN) == expected


def test_an_order_that_crosses_is_wholly_at_the_rate_it_reaches() -> None:
    bases = [600_000, 500_000, 10_000]
    assert tier_bonus(bases, mode="whole_order", steps=TWELVE, base=TEN) == 10_200
    assert tier_bonus(bases[:1], mode="whole_order", steps=TWELVE, base=TEN) == 0
    # Without the first order the others fall below the tier.
    assert tier_bonus([0, *bases[1:]], mode="whole_order", steps=TWELVE, base=TEN) == 0


def test_several_tiers_each_take_their_part() -> None:
    # 15,000.00 of sales at 2 % more, 5,000.00 at 5 % more.
    assert tier_bonus([3_000_000], mode="marginal", steps=STAIRS, base=TEN) == 30_000 + 25_000
    assert tier_bonus([3_000_000], mode="retroactive", steps=STAIRS, base=TEN) == 150_000


def test_a_bonus_is_rounded_once_and_up_at_half() -> None:
    one = ((1, Rate.bps(1_050)),)
    assert tier_bonus([100], mode="retroactive", steps=one, base=TEN) == 1  # 0.5
    assert tier_bonus([33, 33, 33], mode="whole_order", steps=one, base=TEN) == 0  # 0.495


@given(BASES, stairs())
def test_no_mode_ever_takes_away(bases: list[int], steps: tuple[tuple[int, Rate], ...]) -> None:
    for mode in MODES:
        assert tier_bonus(bases, mode=mode, steps=steps, base=TEN) >= 0
        assert tier_bonus([], mode=mode, steps=steps, base=TEN) == 0


@given(BASES, stairs())
def test_each_mode_is_what_it_says_cent_by_cent(
    bases: list[int], steps: tuple[tuple[int, Rate], ...]
) -> None:
    """Against the definitions, spelled out without the shortcuts of the code."""
    total = sum(bases)
    ends = [*(start for start, _ in steps[1:]), max(total, steps[-1][0])]
    marginal = sum(
        (min(total, end) - start) * (rate.basis_points - 1_000)
        for (start, rate), end in zip(steps, ends, strict=True)
        if total > start
    )
    retroactive = total * (rate_at(total, steps, TEN).basis_points - 1_000)
    whole = sum(
        base * (rate_at(reached, steps, TEN).basis_points - 1_000)
        for base, reached in zip(bases, accumulate(bases), strict=True)
    )
    for mode, exact in zip(MODES, (marginal, whole, retroactive), strict=True):
        bonus = tier_bonus(bases, mode=mode, steps=steps, base=TEN)
        assert abs(bonus * 10_000 - exact) <= 5_000


@given(st.lists(st.integers(0, 5_000_000), min_size=2, max_size=8), stairs())
def test_more_sales_never_earn_less_where_rates_rise(
    sales: list[int], steps: tuple[tuple[int, Rate], ...]
) -> None:
    rates = sorted(rate for _, rate in steps)
    rising = tuple((start, rate) for (start, _), rate in zip(steps, rates, strict=True))
    for mode in ("marginal", "retroactive"):
        found = [tier_bonus([s], mode=mode, steps=rising, base=TEN) for s in sorted(sales)]
        assert all(less <= more for less, more in pairwise(found))


# --- caps


@pytest.mark.parametrize(
    ("earned", "pending", "expected"),
    [
        (4_000, 4_000, (0, 0)),
        (7_500, 7_500, (-2_500, 0)),
        (7_500, 1_000, (-1_000, -1_500)),
        (7_500, 0, (0, -2_500)),
    ],
)
def test_a_cap_takes_what_is_pending_first(
    earned: int, pending: int, expected: tuple[int, int]
) -> None:
    found = cap_target(cap=5_000, earned=earned, pending=pending)
    assert found == Target(pending=expected[0], disputed=0, owed=expected[1])


@given(st.integers(1, 10**9), st.integers(0, 10**9), st.data())
def test_a_capped_month_pays_the_smaller_of_both(
    cap: int, earned: int, data: st.DataObject
) -> None:
    pending = data.draw(st.integers(0, earned))
    taken = cap_target(cap=cap, earned=earned, pending=pending)
    assert earned + taken.expense == min(cap, earned)
    assert -pending <= taken.pending <= 0
    assert taken.owed <= 0


# --- guarantees


def month(
    number: int, earned: int, amount: int = 50_000, *, recoupable: bool = True
) -> GuaranteedMonth:
    return GuaranteedMonth(
        month=f"2026-{number:02}", amount=amount, recoupable=recoupable, earned=earned
    )


def test_a_guarantee_fills_up_and_is_repaid_from_what_goes_beyond() -> None:
    months = [month(1, 20_000), month(2, 60_000), month(3, 50_000), month(4, 90_000)]
    expected = {"2026-01": 30_000, "2026-02": -10_000, "2026-03": 0, "2026-04": -20_000}
    assert guarantee_targets(months) == expected
    assert guarantee_targets(reversed(months)) == expected


def test_a_guarantee_that_is_not_recoupable_is_kept() -> None:
    months = [month(1, 20_000, recoupable=False), month(2, 90_000, recoupable=False)]
    assert guarantee_targets(months) == {"2026-01": 30_000, "2026-02": 0}


@given(st.lists(st.tuples(st.integers(0, 100_000), st.integers(1, 100_000)), max_size=12))
def test_recouping_conserves_and_never_goes_below_nothing(months: list[tuple[int, int]]) -> None:
    given = [month(n + 1, earned, amount) for n, (earned, amount) in enumerate(months)]
    targets = list(guarantee_targets(given).values())
    balances = list(accumulate(targets))
    assert all(balance >= 0 for balance in balances)
    for (earned, amount), target in zip(months, targets, strict=True):
        # A month never pays less than the smaller of what was promised and earned.
        assert earned + target >= min(earned, amount)
        assert target <= max(amount - earned, 0)
        assert earned >= amount or earned + target == amount


# --- being on air


@pytest.mark.parametrize(
    ("short", "minutes", "expected"),
    [
        ("none", 60, 50_000),
        ("none", 90, 50_000),
        ("none", 59, 0),
        ("none", 0, 0),
        ("pro_rata", 60, 50_000),
        ("pro_rata", 30, 25_000),
        ("pro_rata", 7, 5_833),
        ("pro_rata", 0, 0),
    ],
)
def test_an_appearance_pays_from_its_minutes_on(short: str, minutes: int, expected: int) -> None:
    agreed = Appearance(amount=Money(50_000, "EUR"), min_minutes=60, short=short)
    assert appearance_fee(agreed, minutes) == expected


@given(st.integers(0, 10**9), st.lists(st.integers(0, 10_000), min_size=2, max_size=5))
def test_shares_by_air_time_are_exact_and_who_was_away_has_none(
    amount: int, minutes: list[int]
) -> None:
    hosts = [HostShare(creator=f"host_{n}", weight=weight) for n, weight in enumerate(minutes)]
    whole = CommissionLine(
        line_ref="sandbox:o1/li_1/host_0",
        brand="main",
        platform="sandbox",
        account="sandbox",
        order_ref="o1",
        order_line="li_1",
        creator="host_0",
        credited="host_0",
        stream="duo",
        currency="EUR",
        base=10**9,
        rate_bps=1_000,
        weight=1,
        weight_total=1,
        amount=amount,
        terms_version=1,
        hold_until=datetime(2026, 10, 16, tzinfo=UTC),
        withheld="",
        month="2026-10",
    )
    parts = shared(whole, hosts if any(minutes) else [])
    assert sum(part.amount for part in parts) == amount
    if not any(minutes):
        assert parts == [whole]
        return
    assert [part.creator for part in parts] == [host.creator for host in hosts if host.weight]
    for part in parts:
        assert abs(part.amount - amount * part.weight / sum(minutes)) < 1
        assert part.month == ("2026-10" if part.creator == "host_0" else None)


# --- months and windows


@pytest.mark.parametrize(
    ("kind", "span", "months"),
    [
        ("month", "2026-10", ("2026-10", "2026-10")),
        ("quarter", "2026-Q4", ("2026-10", "2026-12")),
        ("year", "2026", ("2026-01", "2026-12")),
        ("agreement", "all", ("0000-00", "9999-99")),
    ],
)
def test_a_month_lies_in_its_window(kind: str, span: str, months: tuple[str, str]) -> None:
    assert window_of("2026-10", kind) == span
    assert months_of(span) == months


@pytest.mark.parametrize("number", range(1, 13))
def test_every_month_lies_in_the_quarter_that_holds_it(number: int) -> None:
    first, last = months_of(window_of(f"2026-{number:02}", "quarter"))
    assert first <= f"2026-{number:02}" <= last
    assert int(last[5:]) - int(first[5:]) == 2


def test_a_late_night_belongs_to_the_month_of_the_book() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    assert month_of(datetime(2026, 10, 31, 22, 59, 59, tzinfo=UTC), berlin) == "2026-10"
    assert month_of(datetime(2026, 10, 31, 23, 0, tzinfo=UTC), berlin) == "2026-11"
    assert end_of("2026-10", berlin) == datetime(2026, 10, 31, 23, 0, tzinfo=UTC)
    assert month_of(last_moment("2026-12", berlin), berlin) == "2026-12"
    assert end_of("2026-12", berlin) == datetime(2026, 12, 31, 23, 0, tzinfo=UTC)
