"""Instants: exact, aware, and only from a clock."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liveshop_sdk.clock import (
    ManualClock,
    SystemClock,
    as_utc,
    from_micros,
    from_seconds,
    parse_iso,
    to_iso,
    to_micros,
    to_seconds,
)
from liveshop_sdk.errors import InstantInvalidError

START = datetime(2026, 10, 2, 18, tzinfo=UTC)
aware = st.datetimes(
    min_value=datetime(1, 1, 3),  # noqa: DTZ001
    max_value=datetime(9999, 12, 29),  # noqa: DTZ001
    timezones=st.sampled_from(
        [UTC, timezone(timedelta(hours=5, minutes=45)), timezone(-timedelta(hours=9))]
    ),
)


def test_the_system_clock_is_aware_and_in_utc() -> None:
    assert SystemClock().now().tzinfo is UTC


def test_a_manual_clock_moves_only_when_told() -> None:
    clock = ManualClock(START)
    assert clock.now() == clock.now() == START
    clock.advance(timedelta(seconds=90))
    assert clock.now() == datetime(2026, 10, 2, 18, 1, 30, tzinfo=UTC)
    clock.advance(-timedelta(seconds=90))
    assert clock.now() == START
    clock.set(datetime(2026, 1, 1, 2, tzinfo=timezone(timedelta(hours=2))))
    assert to_iso(clock.now()) == "2026-01-01T00:00:00Z"


@pytest.mark.parametrize("call", [as_utc, to_micros, to_seconds, to_iso, ManualClock])
def test_naive_datetimes_are_refused(call: object) -> None:
    with pytest.raises(InstantInvalidError) as caught:
        call(datetime(2026, 10, 2))  # type: ignore[operator]  # noqa: DTZ001
    assert caught.value.code == "instant_invalid"


@pytest.mark.parametrize(
    ("year", "offset"), [(1, timedelta(hours=14)), (9999, -timedelta(hours=12))]
)
def test_an_instant_that_utc_has_no_year_for_is_refused(year: int, offset: timedelta) -> None:
    at = datetime(year, 1, 1, tzinfo=timezone(offset))
    with pytest.raises(InstantInvalidError):
        as_utc(at if year == 1 else at.replace(month=12, day=31, hour=23))


def test_micros_of_a_known_instant() -> None:
    assert to_micros(START) == 1_790_964_000_000_000
    assert from_seconds(1_790_964_000) == START
    assert to_seconds(START + timedelta(microseconds=999_999)) == 1_790_964_000
    assert from_micros(-1) == datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)


@given(aware)
def test_micros_and_text_lose_nothing(instant: datetime) -> None:
    assert from_micros(to_micros(instant)) == instant
    assert parse_iso(to_iso(instant)) == instant
    assert from_micros(to_micros(instant)).tzinfo is UTC


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-10-02T18:00:00Z", "2026-10-02T18:00:00Z"),
        ("2026-10-02T18:00Z", "2026-10-02T18:00:00Z"),
        ("2026-10-02t18:00:00z", "2026-10-02T18:00:00Z"),
        ("2026-10-02 18:00:00Z", "2026-10-02T18:00:00Z"),
        ("2026-10-02T20:00:00+02:00", "2026-10-02T18:00:00Z"),
        ("2026-10-02T18:00:00.5Z", "2026-10-02T18:00:00.500000Z"),
        ("2026-10-02T18:00:00.123456Z", "2026-10-02T18:00:00.123456Z"),
    ],
)
def test_texts_that_are_instants(text: str, expected: str) -> None:
    assert to_iso(parse_iso(text)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2026-10-02",
        "20261002T180000Z",
        "2026-W40-5T18:00:00Z",
        "2026-10-02T18:00:00",
        "2026-13-02T18:00:00Z",
        "2026-10-02T24:00:01Z",
        "2026-10-02T18:00:00+25:00",
        "٢026-10-02T18:00:00Z",
        "0001-01-01T00:00:00+23:00",
        "2026-10-02T18:00:00Z\n",
        "9" * 10_000,
    ],
)
def test_texts_that_are_not(text: str) -> None:
    with pytest.raises(InstantInvalidError):
        parse_iso(text)
