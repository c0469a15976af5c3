"""Terms: which version holds when, and what may be agreed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from liveshop_sdk.affiliate.agreements import Agreement, in_force
from liveshop_sdk.affiliate.terms import Terms, check_span
from liveshop_sdk.errors import AgreementInvalidError
from liveshop_sdk.money import Rate

NOON = datetime(2026, 10, 2, 12, tzinfo=UTC)
FIRST = Agreement(
    brand="main",
    creator="mika",
    version=1,
    rate=Rate.percent("12"),
    hold=timedelta(days=14),
    effective_from=NOON,
)
SECOND = replace(
    FIRST, version=2, rate=Rate.percent("15"), effective_from=NOON + timedelta(days=10)
)
THIRD = replace(FIRST, version=3, rate=Rate.percent("9"), effective_from=NOON + timedelta(days=5))


@pytest.mark.parametrize(
    ("days", "version"),
    [(-400, 1), (-1, 1), (0, 1), (4, 1), (5, 3), (9, 3), (10, 3), (400, 3)],
)
def test_the_newest_version_that_has_begun_holds(days: int, version: int) -> None:
    found = in_force((THIRD, FIRST, SECOND), NOON + timedelta(days=days))
    assert found is not None
    assert found.version == version


def test_a_version_holds_from_its_very_instant() -> None:
    tick = timedelta(microseconds=1)
    assert in_force((FIRST, SECOND), SECOND.effective_from) == SECOND
    assert in_force((FIRST, SECOND), SECOND.effective_from - tick) == FIRST


def test_without_terms_there_is_none() -> None:
    assert in_force((), NOON) is None


@pytest.mark.parametrize(
    ("agreement", "rate", "days", "adds_nothing"),
    [
        (FIRST, "12", 0, True),
        (FIRST, "12", -9, True),
        (FIRST, "13", 0, False),
        (SECOND, "15", 10, True),
        (SECOND, "15", 11, True),
        (SECOND, "15", 9, False),
    ],
)
def test_agreeing_again(agreement: Agreement, rate: str, days: int, adds_nothing: bool) -> None:
    start = NOON + timedelta(days=days)
    terms = Terms(rate=Rate.percent(rate), hold=agreement.hold)
    assert agreement.covers(terms, start) is adds_nothing
    assert not agreement.covers(replace(terms, hold=timedelta(days=1)), start)


def test_the_hash_names_every_term_and_nothing_else() -> None:
    others = [
        replace(FIRST, brand="other"),
        replace(FIRST, creator="ana"),
        replace(FIRST, version=2),
        replace(FIRST, rate=Rate.percent("12.01")),
        replace(FIRST, hold=timedelta(days=13)),
        replace(FIRST, base="gross"),
        replace(FIRST, rounding="half_even"),
    ]
    assert len({agreement.terms_hash for agreement in [FIRST, *others]}) == 8
    assert replace(FIRST, effective_from=NOON + timedelta(1)).terms_hash == FIRST.terms_hash


@pytest.mark.parametrize("days", [0, 14, 366])
def test_a_hold_in_range(days: int) -> None:
    assert check_span(timedelta(days=days), "hold") == timedelta(days=days)


@pytest.mark.parametrize("hold", [timedelta(microseconds=-1), timedelta(days=366, microseconds=1)])
def test_a_hold_out_of_range_is_refused(hold: timedelta) -> None:
    with pytest.raises(AgreementInvalidError):
        check_span(hold, "hold")
