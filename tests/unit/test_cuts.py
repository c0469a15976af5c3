"""What is worse for a creator, and from when it may hold."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from liveshop_sdk.affiliate.agreements import Agreement, first_possible
from liveshop_sdk.affiliate.cuts import worse_in
from liveshop_sdk.affiliate.terms import Guarantee, LineTerms, Terms
from liveshop_sdk.money import Rate
from tests.unit.test_terms import EVERYTHING, NOON, eur, tiers

DAY = timedelta(days=1)
BERLIN = ZoneInfo("Europe/Berlin")


def pct(text: str) -> Rate:
    return Rate.percent(text)


def changed(part: str, **fields: Any) -> dict[str, Any]:
    return {part: replace(getattr(EVERYTHING, part), **fields)}


WORSE: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "a lower rate": ({"rate": pct("11.99")}, ("rate",)),
    "a longer hold": ({"hold": timedelta(hours=37)}, ("hold",)),
    "a shorter notice": ({"notice": 29 * DAY}, ("notice",)),
    "less per unit": ({"per_unit": eur("1.49")}, ("rate",)),
    "nothing per unit": ({"per_unit": None}, ("rate",)),
    "less for a product": (
        {"products": {"sku_tee": LineTerms(rate=pct("15"), per_unit=eur("0.09"))}},
        ("rate",),
    ),
    "a product less": ({"products": {}}, ("rate",)),
    "a product that pays less than its collection": (
        {"products": {**EVERYTHING.products, "new": LineTerms(rate=pct("20"))}},
        ("rate", "tiers"),
    ),
    "less for a collection": (
        {"collections": {"winter": LineTerms(per_unit=eur("1.99"))}},
        ("rate",),
    ),
    "less for the new": ({"first_time": pct("19")}, ("rate",)),
    "less for the known": ({"returning": pct("8")}, ("rate",)),
    "no rate for the new": ({"first_time": None}, ("rate",)),
    "a lower cap": ({"cap_per_order": eur("39.99")}, ("cap_per_order",)),
    "a lower cap of the month": ({"cap_per_month": eur("1.00")}, ("cap_per_month",)),
    "less guaranteed": (changed("guarantee", amount=eur("499.99")), ("guarantee",)),
    "recoupable": (changed("guarantee", recoupable=True), ("guarantee",)),
    "nothing guaranteed": ({"guarantee": None}, ("guarantee",)),
    "a lower fee": (changed("appearance", amount=eur("249.99")), ("appearance",)),
    "a longer appearance": (changed("appearance", min_minutes=46), ("appearance",)),
    "nothing if short": (changed("appearance", short="none"), ("appearance",)),
    "no fee": ({"appearance": None}, ("appearance",)),
    "no tiers": ({"tiers": None}, ("tiers",)),
    "a later tier": (changed("tiers", steps=((1_000_001, pct("15")),)), ("tiers",)),
    "a lower tier": (
        changed("tiers", steps=((1_000_000, pct("13")), (2_000_000, pct("14")))),
        ("tiers",),
    ),
    "another mode": (changed("tiers", mode="marginal"), ("tiers",)),
    "another window": (changed("tiers", window="year"), ("tiers",)),
    "two at once": ({"rate": pct("10"), "hold": 3 * DAY}, ("hold", "rate")),
}
BETTER: dict[str, dict[str, Any]] = {
    "the same": {},
    "a higher rate": {"rate": pct("12.01")},
    "a shorter hold": {"hold": timedelta(0)},
    "a longer notice": {"notice": 31 * DAY},
    "more per unit": {"per_unit": eur("1.51")},
    "no cap": {"cap_per_order": None, "cap_per_month": None},
    "a known buyer like any": {"returning": None},
    "a collection's part more": {
        "collections": {"winter": LineTerms(rate=pct("1"), per_unit=eur("2.00"))}
    },
    "half up": {"rounding": "half_up"},
    "more guaranteed": changed("guarantee", amount=eur("501")),
    "an earlier tier": changed("tiers", steps=((1, pct("13")), (2_000_000, pct("15")))),
    "the best tier for all": {"tiers": None, "rate": pct("15")},
}


@pytest.mark.parametrize(("change", "parts"), WORSE.values(), ids=WORSE)
def test_what_is_worse_is_named(change: dict[str, Any], parts: tuple[str, ...]) -> None:
    assert worse_in(EVERYTHING, replace(EVERYTHING, **change)) == parts


@pytest.mark.parametrize("change", BETTER.values(), ids=BETTER)
def test_what_is_not_worse(change: dict[str, Any]) -> None:
    assert worse_in(EVERYTHING, replace(EVERYTHING, **change)) == ()


def test_a_first_cap_is_a_cut_and_a_first_guarantee_is_none() -> None:
    plain = Terms(rate=pct("12"))
    assert worse_in(plain, replace(plain, cap_per_order=eur("1"))) == ("cap_per_order",)
    assert worse_in(plain, replace(plain, guarantee=Guarantee(amount=eur("1")))) == ()
    assert worse_in(plain, replace(plain, tiers=tiers((1, "12")))) == ()
    assert worse_in(plain, replace(plain, rounding="half_even")) == ("rounding",)


@pytest.mark.parametrize(
    "change",
    [
        {"products": {"sku_tee": LineTerms(rate=pct("10"))}},
        {"collections": {"winter": LineTerms(rate=pct("11"))}},
        {"first_time": pct("10")},
        {"returning": pct("16")},  # what is left of the sum reaches the tier later
        {"rate": pct("15"), "tiers": None, "products": {"sku_tee": LineTerms(rate=pct("14"))}},
    ],
)
def test_a_rule_that_takes_sales_out_of_the_tiers_is_a_cut(change: dict[str, Any]) -> None:
    old = Terms(rate=pct("10"), tiers=tiers((1_000_000, "15")))
    assert worse_in(old, replace(old, **change)) == ("tiers",)


# --- from when


def version(number: int, rate: str, starts: timedelta, notice: int = 30) -> Agreement:
    return Agreement.on(
        Terms(rate=pct(rate), notice=notice * DAY),
        brand="main",
        creator="mika",
        version=number,
        effective_from=NOON + starts,
    )


def starts(
    versions: list[Agreement], rate: str, *, asked: timedelta = timedelta(0), notice: int = 30
) -> timedelta:
    terms = Terms(rate=pct(rate), notice=notice * DAY)
    return first_possible(versions, terms, asked=NOON + asked, now=NOON, zone=BERLIN) - NOON


def test_the_first_terms_begin_as_asked() -> None:
    assert starts([], "1", asked=-5 * DAY) == -5 * DAY


def test_a_raise_begins_as_asked_and_a_cut_after_its_notice() -> None:
    now = [version(1, "12", -9 * DAY)]
    assert starts(now, "13") == timedelta(0)
    assert starts(now, "12", asked=2 * DAY) == 2 * DAY
    assert starts(now, "11.99") == 30 * DAY
    assert starts(now, "11.99", asked=31 * DAY) == 31 * DAY
    assert starts(now, "11.99", asked=-DAY) == 30 * DAY


def test_without_notice_a_cut_begins_now_and_not_before() -> None:
    now = [version(1, "12", -9 * DAY, notice=0)]
    assert starts(now, "11", asked=-DAY, notice=0) == timedelta(0)


def test_to_shorten_the_notice_needs_the_notice() -> None:
    assert starts([version(1, "12", -9 * DAY)], "13", notice=0) == 30 * DAY


def test_no_detour_over_terms_agreed_for_later_shortens_the_notice() -> None:
    # A cut to 11 % without notice stands for day 30; 10 % may not follow at once.
    standing = [version(1, "12", -9 * DAY), version(2, "11", 30 * DAY, notice=0)]
    assert starts(standing, "10", asked=30 * DAY, notice=0) == 30 * DAY
    at = NOON + 5 * DAY
    terms = Terms(rate=pct("10"))
    assert (
        first_possible(standing, terms, asked=NOON + 30 * DAY, now=at, zone=BERLIN)
        == NOON + 35 * DAY
    )


def test_what_is_over_is_not_measured_against() -> None:
    past = [version(1, "20", -90 * DAY), version(2, "12", -9 * DAY)]
    assert starts(past, "13") == timedelta(0)


# --- tiers begin anew with each version


def tiered(starts: timedelta, *, window: str = "month", mode: str = "marginal") -> list[Agreement]:
    terms = Terms(
        rate=pct("10"), notice=100 * DAY, tiers=tiers((1, "15"), window=window, mode=mode)
    )
    return [
        Agreement.on(terms, brand="main", creator="mika", version=1, effective_from=NOON + starts)
    ]


def raised(versions: list[Agreement], asked: datetime = NOON, **more: Any) -> datetime:
    terms = replace(versions[0].terms, **{"rate": pct("11")} | more)
    return first_possible(versions, terms, asked=asked, now=NOON, zone=BERLIN)


NEXT = {
    "month": datetime(2026, 10, 31, 23, tzinfo=UTC),
    "quarter": datetime(2026, 12, 31, 23, tzinfo=UTC),
    "year": datetime(2026, 12, 31, 23, tzinfo=UTC),
    "agreement": NOON + 100 * DAY,
}


@pytest.mark.parametrize("window", NEXT)
def test_a_raise_waits_for_the_next_window_or_for_the_notice(window: str) -> None:
    versions = tiered(-9 * DAY, window=window)
    begins = NEXT[window]
    assert raised(versions) == begins
    assert raised(versions, asked=begins) == begins
    assert raised(versions, asked=begins + 100 * DAY) == begins + 100 * DAY
    before = replace(versions[0].terms, notice=DAY)
    noticed = [
        Agreement.on(before, brand="main", creator="mika", version=1, effective_from=NOON - DAY)
    ]
    assert raised(noticed) == NOON + DAY


def test_a_raise_within_a_window_waits_wherever_it_was_asked_for() -> None:
    versions, november = tiered(-9 * DAY), NEXT["month"]
    assert raised(versions, asked=november - timedelta(microseconds=1)) == november
    december = datetime(2026, 11, 30, 23, tzinfo=UTC)
    assert raised(versions, asked=november + timedelta(microseconds=1)) == december


def test_a_raise_begins_as_asked_where_no_progress_can_be_lost() -> None:
    assert raised(tiered(-9 * DAY), rate=pct("15"), tiers=None) == NOON
    assert raised(tiered(-9 * DAY, mode="whole_order"), rate=pct("15")) == NOON
    retroactive = tiered(-9 * DAY, mode="retroactive")
    assert raised(retroactive, rate=pct("15")) == NEXT["month"]
    assert raised(tiered(timedelta(0))) == NOON  # it replaces what has not begun


def test_a_cut_taken_back_begins_with_the_cut() -> None:
    cut_at = NOON + 90 * DAY
    (first,) = tiered(-9 * DAY)
    cut = Agreement.on(
        replace(first.terms, rate=pct("9")),
        brand="main",
        creator="mika",
        version=2,
        effective_from=cut_at,
    )
    assert raised([first, cut], asked=cut_at, rate=pct("10")) == cut_at
