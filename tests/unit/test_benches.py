"""Every benchmark runs, at a tiny size; how long anything takes is not judged here."""

import json
from pathlib import Path

import pytest

from bench import measure
from bench.__main__ import ALL
from bench.measure import Result, Size, interleave, result
from tests.house.source import ROOT

TINY = Size("tiny")
SCRIPTS = {path.stem for path in (ROOT / "bench").glob("*.py")}
PARTS = {"__init__", "__main__", "measure", "payloads", "stores", "scene", "rows", "books"}


def test_every_script_is_in_the_table() -> None:
    assert set(ALL) == SCRIPTS - PARTS


@pytest.mark.slow
@pytest.mark.parametrize("name", ALL)
def test_a_bench_runs(name: str) -> None:
    found = ALL[name](TINY)
    assert found
    assert {one.bench for one in found} == {name}
    assert all(one.low <= one.ratio <= one.high for one in found)
    assert len(json.loads(measure.as_json(found))) == len(found)


def test_a_ratio_is_taken_within_a_round() -> None:
    times = {"ours": [2.0, 40.0, 3.0], "limit": [1.0, 10.0, 1.0]}
    cost = result(times, "ours", "limit", bench="b", sense="cost", target=3.5)
    assert (cost.ratio, cost.low, cost.high, cost.is_met) == (3.0, 2.0, 4.0, True)
    rate = result(times, "ours", "limit", bench="b", sense="rate", target=0.5)
    assert (round(rate.ratio, 3), rate.low, rate.high, rate.is_met) == (0.333, 0.25, 0.5, False)


def test_rounds_take_turns_and_the_first_is_thrown_away() -> None:
    order: list[str] = []

    def case(name: str) -> measure.Case:
        def run() -> float:
            order.append(name)
            return float(len(order))

        return run

    times = interleave({"a": case("a"), "b": case("b")}, 2)
    assert order == ["a", "b"] * 3
    assert times == {"a": [3.0, 5.0], "b": [4.0, 6.0]}


def test_the_table_is_one_for_people_and_for_the_docs() -> None:
    line = Result(
        bench="b",
        key="T1",
        what="this",
        against="that",
        sense="cost",
        ratio=2.0,
        low=1.5,
        high=2.5,
        ours=2e-6,
        limit=1e-6,
        target=2.5,
    )
    plain, marked = measure.as_table([line]), measure.as_table([line], markdown=True)
    assert plain.splitlines()[1].split() == [
        "T1",
        "this",
        "that",
        *["2", "us", "1", "us", "2", "1.5", "2.5", "<=", "2.5", "yes"],
    ]
    assert (
        marked.splitlines()[2]
        == "| T1 | this | that | 2 us | 1 us | 2 | 1.5 | 2.5 | <= 2.5 | yes |"
    )


def test_the_docs_say_how_to_repeat_it() -> None:
    text = (ROOT / Path("docs/performance.md")).read_text(encoding="utf-8")
    assert "make bench" in text
    assert [name for name in ALL if f"bench.{name}" not in text] == []
