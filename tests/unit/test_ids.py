"""Ids: layout, order and uniqueness, whatever the clock does."""

import random
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liveshop_sdk.clock import ManualClock, SystemClock
from liveshop_sdk.ids import ALPHABET, Ids, body_of, is_id, made_at

START = datetime(2026, 10, 2, 18, tzinfo=UTC)


def number_of(text: str) -> int:
    number = 0
    for letter in text.partition("_")[2]:
        number = number * 32 + ALPHABET.index(letter)
    return number


def test_an_id_is_a_prefix_and_a_uuid7_of_the_clocks_millisecond() -> None:
    made = Ids(ManualClock(START)).new("chk")
    kind, body = made.split("_")
    assert (kind, len(body)) == ("chk", 26)
    as_uuid = uuid.UUID(int=number_of(made))
    assert (as_uuid.version, as_uuid.variant) == (7, uuid.RFC_4122)
    assert as_uuid.int >> 80 == 1_790_964_000_000
    assert made_at(made) == START


def test_the_same_seed_gives_the_same_ids() -> None:
    one, two = (Ids(ManualClock(START), random.Random(7)) for _ in range(2))
    assert [one.new("lnk") for _ in range(50)] == [two.new("lnk") for _ in range(50)]


def test_without_a_seed_two_makers_differ() -> None:
    assert Ids(ManualClock(START)).new("lnk") != Ids(ManualClock(START)).new("lnk")


def test_ids_rise_while_the_clock_stands_still_and_goes_back() -> None:
    clock = ManualClock(START)
    ids = Ids(clock, random.Random(1))
    made = [ids.new("chk") for _ in range(100)]
    clock.advance(-timedelta(days=2))
    made += [ids.new("chk") for _ in range(100)]
    clock.advance(timedelta(days=3))
    made += [ids.new("chk") for _ in range(100)]
    assert made == sorted(made)
    assert len(set(made)) == 300


@given(st.lists(st.integers(-5_000, 5_000), max_size=60), st.integers(0, 2**32))
def test_ids_rise_on_any_walk_of_the_clock(steps: list[int], seed: int) -> None:
    clock = ManualClock(START)
    ids = Ids(clock, random.Random(seed))
    made = [ids.new("evt")]
    for step in steps:
        clock.advance(timedelta(microseconds=step))
        made.append(ids.new("evt"))
    assert made == sorted(set(made))


class Highest(random.Random):
    """Chance at its upper end, to use a millisecond up."""

    def getrandbits(self, k: int, /) -> int:
        return (1 << k) - 1


def test_a_used_up_millisecond_runs_into_the_next() -> None:
    ids = Ids(ManualClock(START), Highest())
    ids._tail, ids._millis = (1 << 74) - 2, 1_790_964_000_000
    assert made_at(ids.new("chk")) == START + timedelta(milliseconds=1)


def test_threads_never_get_the_same_id() -> None:
    ids = Ids(SystemClock())
    with ThreadPoolExecutor(8) as pool:
        batches = list(pool.map(lambda _: [ids.new("chk") for _ in range(500)], range(8)))
    assert len({i for batch in batches for i in batch}) == 4_000
    for batch in batches:
        assert batch == sorted(batch)


@pytest.mark.parametrize("prefix", ["", "c", "CHK", "ch1", "ch_k", "chk ", "abcdefghi", "chk\n"])
def test_odd_prefixes_are_a_programming_error(prefix: str) -> None:
    with pytest.raises(ValueError, match="prefix"):
        Ids(ManualClock(START)).new(prefix)


def test_reading_ids() -> None:
    made = Ids(ManualClock(START)).new("lnk")
    assert is_id(made, "lnk")
    assert not is_id(made, "chk")
    assert not is_id(made.upper(), "lnk")
    assert not is_id(made + "0", "lnk")
    assert not is_id("lnk_" + "8" + made[5:], "lnk")
    assert not is_id("lnk_" + made[4:-1] + "u", "lnk")
    assert f"lnk_{body_of(made)}" == made
    for other in ("", "lnk", "lnk_", made[:-1], made[4:]):
        with pytest.raises(ValueError, match="not an id"):
            body_of(other)
