"""Opening, movement and closing of any part of a book, against a plain sum of its rows."""

from collections.abc import Callable
from pathlib import Path

import pytest

from liveshop_sdk.affiliate.exports import totals
from liveshop_sdk.affiliate.exports.totals import Scope, Totals
from liveshop_sdk.db import Database
from tests.contracts.exports_support import Desk, Sums, csv_rows, summed
from tests.contracts.random_books import RandomBook

Row = dict[str, str]


@pytest.fixture
def desk(db: Database, tmp_path: Path) -> Desk:
    desk = Desk(db, tmp_path)
    desk.post(RandomBook(11).orders(60))
    return desk


def plainly(rows: list[Row], wanted: Callable[[Row], bool]) -> Sums:
    return summed(
        (row["account"], row["currency"], int(row["amount_minor"])) for row in rows if wanted(row)
    )


def without_zero(sums: Sums) -> Sums:
    return {key: amount for key, amount in sums.items() if amount}


@pytest.mark.parametrize(
    "scope",
    [
        Scope(1, 90),
        Scope(1, 40),
        Scope(41, 90),
        Scope(90, 90),
        Scope(1, 90, "2026-10"),
        Scope(1, 60, "2026-10"),
        Scope(31, 60, "2026-10"),
        Scope(1, 90, "2026-08"),
        Scope(1, 90, "2030-01"),
        Scope(2**62, 90),
    ],
)
def test_a_part_is_the_sum_of_its_rows(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, scope: Scope
) -> None:
    monkeypatch.setattr(totals, "_STRETCH", 7)
    rows = csv_rows(desk.export("csv", to_seq=scope.to_seq))

    def is_inside(row: Row) -> bool:
        return int(row["seq"]) >= scope.from_seq and scope.period in ("", row["period"])

    def is_before(row: Row) -> bool:
        if scope.period and row["period"] != scope.period:
            return row["period"] < scope.period
        return int(row["seq"]) < scope.from_seq

    found = Totals.read(desk.db, desk.book.id, scope)
    moved = {key: sum(turnover) for key, turnover in found.moved().items()}
    assert without_zero(found.opening) == plainly(rows, is_before)
    assert without_zero(moved) == plainly(rows, is_inside)
    assert without_zero(found.closing()) == plainly(
        rows, lambda row: is_before(row) or is_inside(row)
    )
    for turnover in found.moved().values():
        assert turnover.debit >= 0 >= turnover.credit


def test_days_are_those_of_the_entries(desk: Desk) -> None:
    rows = csv_rows(desk.export("csv"))
    found = Totals.read(desk.db, desk.book.id, Scope(1, len(rows)))
    assert set(found.days) == {row["effective_date"] for row in rows}
    assert len(found.days) > 4
