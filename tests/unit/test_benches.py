"""Every benchmark runs, at a tiny size; how long anything takes is not judged here."""

import json
from importlib import import_module
from pathlib import Path

import pytest
import sqlalchemy as sa

from bench import measure
from bench.__main__ import ALL, BOOKS, with_table
from bench.books import Desk, built
from bench.ledger import sent
from bench.measure import Result, Size, interleave, result
from bench.safety import FEATURES, HEAD_LOCK, features
from bench.stores import stores
from liveshop_sdk.db import Database
from tests.house.source import ROOT

TINY = Size("tiny")
SCRIPTS = {path.stem for path in (ROOT / "bench").glob("*.py")}
PARTS = {
    *("__init__", "__main__", "measure", "memory"),
    *("payloads", "stores", "scene", "rows", "books"),
}


def test_every_script_is_in_the_table() -> None:
    assert set(ALL) == SCRIPTS - PARTS


@pytest.mark.slow
@pytest.mark.parametrize("name", ALL)
def test_a_bench_runs(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if name == "statement":  # to start processes takes most of the time; others do
        monkeypatch.setattr(f"bench.{name}.in_child", _here, raising=False)
    found = ALL[name](TINY)
    assert found
    assert {one.bench for one in found} == {name}
    assert all(one.low <= one.ratio <= one.high for one in found)
    assert len(json.loads(measure.as_json(found))) == len(found)


def _here(module: str, db: Database, *words: str) -> tuple[float, float]:
    """Do in this process what a child would do."""
    import_module(module)._prepared(db, list(words))()
    return 1.0, 1.0


@pytest.mark.slow
def test_a_safety_feature_is_taken_away_alone_and_comes_back() -> None:
    with stores() as opened:
        for store in opened:
            desk = built(store, 20, sold=1)
            names = set(features(store))
            assert _seen(desk) == names
            for name in names:
                with FEATURES[name](desk):
                    assert _seen(desk) == names - {name}
                assert _seen(desk) == names


def _seen(desk: Desk) -> set[str]:
    """Return which features are found to be at work."""
    text = "\n".join(sent(desk))
    with desk.db.reading() as tx:
        newest = sa.text("SELECT seq, leaf_hash FROM ls_ledger_entry ORDER BY seq DESC LIMIT 1")
        seq, leaf = tx.execute(newest).one()
    found = {
        "hashes": leaf != bytes(32),
        "triggers": _is_refused(desk, seq=seq),
        "foreign keys": _is_refused(desk, seq=1_000_000 + seq),
        "the idempotency look-up": "e.request_hash" in text,
        "reading balances": "p.balance_after" in text,
        HEAD_LOCK: "FOR UPDATE" in text,
    }
    return {name for name, is_there in found.items() if is_there}


def _is_refused(desk: Desk, *, seq: int) -> bool:
    """Try to add a line to an entry: a sealed one, or one that does not exist."""
    add = sa.text(
        "INSERT INTO ls_ledger_posting"
        " (book_id, seq, line_no, account_id, currency, amount, balance_after)"
        " SELECT book_id, :seq, 9, id, 'EUR', 1, 1 FROM ls_ledger_account LIMIT 1"
    )
    try:
        with desk.db.transaction() as tx:
            tx.execute(add, {"seq": seq})
    except sa.exc.IntegrityError:
        return True
    return False


def test_the_size_of_a_book_is_given_where_there_is_one(
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked = measure.parser("", of_book=True).parse_args(["--postings", "1000000"])
    assert measure.size_of(asked).entries == 500_000
    assert Size("full").entries == 50_000
    for words in (["--postings", "9999"], ["--postings", "1e6"], ["--postings", "-20000"]):
        with pytest.raises(SystemExit):
            measure.parser("", of_book=True).parse_args(words)
    assert "a whole number, at least 10000" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        measure.parser("").parse_args(["--postings", "1000000"])
    assert set(BOOKS) < set(ALL)


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


def test_a_table_takes_the_place_of_the_one_before() -> None:
    page = "a\n<!-- results -->\nold\n<!-- end of results -->\nb\n<!-- results at size -->\nc"
    page += "\n<!-- end of results at size -->\n"
    found = with_table(page, "results", [])
    assert found.startswith("a\n<!-- results -->\n\n|  | what |")
    assert "old" not in found
    assert found.endswith("b\n<!-- results at size -->\nc\n<!-- end of results at size -->\n")
    assert with_table(found, "results at size", []).count("| what |") == 2


def test_the_docs_say_how_to_repeat_it() -> None:
    text = (ROOT / Path("docs/performance.md")).read_text(encoding="utf-8")
    assert "make bench" in text
    assert [name for name in ALL if f"bench.{name}" not in text] == []
