"""One book, four ways to add it up: our API, the CSV, hledger and beancount.

Whatever was posted, in whatever order its facts came, all four say the same to
the cent, for every account and currency.
"""

import csv
import io
from itertools import islice
from pathlib import Path

import pytest

from liveshop_sdk.affiliate.exports.mapping import Mapping
from liveshop_sdk.db import Database
from tests import tools
from tests.contracts.exports_support import Desk, Sums, csv_rows, minor, summed
from tests.contracts.random_books import ALL_KINDS, RandomBook

_QUERY = "SELECT account, currency, sum(number) AS total GROUP BY account, currency"


def check_four_ways(desk: Desk) -> None:
    ours = desk.balances()
    assert _by_csv(desk) == ours
    assert _by_hledger(desk.export("hledger")) == _called("hledger", ours)
    assert _by_beancount(desk.export("beancount")) == _called("beancount", ours)


def _called(name: str, sums: Sums) -> Sums:
    mapping = Mapping.default(name)
    called = {(mapping.account(path) or "", cur): amount for (path, cur), amount in sums.items()}
    assert len(called) == len(sums)
    return called


def _by_csv(desk: Desk) -> Sums:
    rows = csv_rows(desk.export("csv"))
    return summed((row["account"], row["currency"], int(row["amount_minor"])) for row in rows)


def _by_hledger(path: Path) -> Sums:
    tools.run("hledger", "-f", path, "check", "--strict")
    found = tools.run("hledger", "-f", path, "bal", "-NE", "--flat", "--layout=bare", "-O", "csv")
    rows = csv.DictReader(io.StringIO(found))
    return summed(
        (row["account"], row["commodity"], minor(row["balance"], row["commodity"]))
        for row in rows
        if row["commodity"]
    )


def _by_beancount(path: Path) -> Sums:
    assert tools.run("bean-check", path) == ""
    rows = csv.DictReader(io.StringIO(tools.run("bean-query", "-f", "csv", path, _QUERY)))
    return summed(
        (
            row["account"].strip(),
            row["currency"].strip(),
            minor(row["total"], row["currency"].strip()),
        )
        for row in rows
    )


@pytest.mark.parametrize("seed", [1, 2])
def test_a_book_of_everything_adds_up_four_ways(db: Database, tmp_path: Path, seed: int) -> None:
    desk = Desk(db, tmp_path)
    drafts = list(RandomBook(seed).orders(250))
    desk.post(drafts)
    assert {draft.kind for draft in drafts} == ALL_KINDS
    check_four_ways(desk)


@pytest.mark.long
def test_ten_thousand_orders_add_up_four_ways(db: Database, tmp_path: Path) -> None:
    desk = Desk(db, tmp_path)
    drafts = RandomBook(20_261).orders(10_000)
    while some := list(islice(drafts, 1_000)):
        desk.post(some)
    check_four_ways(desk)
