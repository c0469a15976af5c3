"""Journals for QuickBooks Online, Xero and NetSuite, to the byte."""

from datetime import date
from pathlib import Path

import pytest

from liveshop_sdk.affiliate.exports.mapping import Mapping
from liveshop_sdk.affiliate.ledger.models import EntryDraft, Posting
from liveshop_sdk.db import Database
from liveshop_sdk.errors import (
    AccountUnmappedError,
    ExportInvalidError,
    ExportRangeError,
    ExportRowRefusedError,
    ExportTooLargeError,
    PeriodInvalidError,
)
from tests.contracts.exports_support import Desk, csv_rows, minor, summed
from tests.contracts.ledger_support import EXPENSE, START, draft, sale
from tests.contracts.random_books import RandomBook

BOOKED = ("qbo", "xero", "netsuite")


class Rates:
    """One rate for every day: 1 of anything is so much of anything else."""

    def __init__(self, num: int, den: int) -> None:
        self._rate = (num, den)
        self.asked: set[tuple[str, str, date]] = set()

    def rate(self, base: str, quote: str, on: date) -> tuple[int, int]:
        self.asked.add((base, quote, on))
        return self._rate


@pytest.fixture
def desk(db: Database, tmp_path: Path) -> Desk:
    return Desk(db, tmp_path)


def small() -> list[EntryDraft]:
    """Two sales, a release, a gift that is no part of the books, and yen."""
    return [
        sale(1),
        sale(2, 801, creator="ana"),
        draft("release", "release:1", ("mika:pending", 1200), ("mika:payable", -1200)),
        EntryDraft(
            kind="seeding",
            source="seeding",
            event_id="gift:1",
            occurred_at=START,
            postings=(
                Posting("memo:seeding_given", 3200, "EUR"),
                Posting("memo:mika:seeded", -3200, "EUR"),
            ),
        ),
        draft("sale", "order:3", (EXPENSE, 50), ("ben:pending", -50), currency="JPY"),
    ]


QBO = """\
*JournalNo,*JournalDate,*AccountName,*Debits,*Credits,Description,Name,Currency,Location,Class
LS-1-EUR,2026-10-02,Creator commissions,20.01,,liveshop main entries 1-5,,EUR,,
LS-1-EUR,2026-10-02,Creator commissions payable,,12.00,mika liveshop main entries 1-5,,EUR,,
LS-1-EUR,2026-10-02,Creator commissions pending,,8.01,ana liveshop main entries 1-5,,EUR,,
LS-5-JPY,2026-10-02,Creator commissions,50,,liveshop main entries 1-5,,JPY,,
LS-5-JPY,2026-10-02,Creator commissions pending,,50,ben liveshop main entries 1-5,,JPY,,
"""
NETSUITE = """\
External ID,Date,Posting Period,Subsidiary,Currency,Exchange Rate,Memo,Account,Debit,Credit,\
Line Memo,Name,Department,Class,Location
liveshop:main:1-3:2026-10-02:EUR,2026-10-02,Oct 2026,,EUR,,liveshop main entries 1-3,2100,,8.01,\
ana liveshop main entries 1-3,,,,
liveshop:main:1-3:2026-10-02:EUR,2026-10-02,Oct 2026,,EUR,,liveshop main entries 1-3,2110,,12.00,\
mika liveshop main entries 1-3,,,,
liveshop:main:1-3:2026-10-02:EUR,2026-10-02,Oct 2026,,EUR,,liveshop main entries 1-3,6100,20.01,,\
liveshop main entries 1-3,,,,
"""
XERO = """\
*Narration,*Date,Description,*AccountCode,*TaxRate,*Amount,TrackingName1,TrackingOption1,\
TrackingName2,TrackingOption2
LS-1-EUR main,02/10/2026,sale stripe order:1,6100,Tax Exempt,12.00,,,,
LS-1-EUR main,02/10/2026,mika sale stripe order:1,2100,Tax Exempt,-12.00,Creator,mika,,
LS-2-EUR main,02/10/2026,sale stripe order:2,6100,Tax Exempt,8.01,,,,
LS-2-EUR main,02/10/2026,ana sale stripe order:2,2100,Tax Exempt,-8.01,Creator,ana,,
LS-3-EUR main,02/10/2026,mika release stripe release:1,2100,Tax Exempt,12.00,Creator,mika,,
LS-3-EUR main,02/10/2026,mika release stripe release:1,2110,Tax Exempt,-12.00,Creator,mika,,
"""


def lines(text: str) -> str:
    return text.replace("\n", "\r\n")


def test_a_day_is_one_journal_a_currency_in_quickbooks(desk: Desk) -> None:
    desk.post(small())
    assert desk.text("qbo") == lines(QBO)


def test_a_day_is_one_journal_in_netsuite(desk: Desk) -> None:
    desk.post(small())
    assert desk.text("netsuite", to_seq=3) == lines(NETSUITE)


def test_an_entry_is_one_journal_in_xero_if_wished(desk: Desk) -> None:
    desk.post(small())
    mapping = (
        Mapping.default("xero")
        .as_toml()
        .replace('creator_tracking = ""', 'creator_tracking = "Creator"')
    )
    made = Mapping.parse(mapping, "xero")
    assert desk.text("xero", detail=True, to_seq=3, mapping=made) == lines(XERO)


@pytest.mark.parametrize("name", BOOKED)
def test_nothing_to_book_is_a_header(desk: Desk, name: str) -> None:
    assert desk.text(name).count("\r\n") == 1


@pytest.mark.parametrize("name", ["qbo", "netsuite"])
@pytest.mark.parametrize("detail", [True, False])
def test_the_sums_are_those_of_the_book_without_memo(desk: Desk, name: str, detail: bool) -> None:
    desk.post(RandomBook(3).orders(80))
    mapping = Mapping.default(name)
    expected = summed(
        (mapping.account(path) or "", currency, amount)
        for (path, currency), amount in desk.balances().items()
        if not path.startswith("memo:")
    )
    heads = (
        ("*AccountName", "*Debits", "*Credits") if name == "qbo" else ("Account", "Debit", "Credit")
    )
    rows = csv_rows(desk.export(name, detail=detail))
    found = summed(
        (row[heads[0]], row["Currency"], sign * minor(row[head], row["Currency"]))
        for row in rows
        for head, sign in ((heads[1], 1), (heads[2], -1))
        if row[head]
    )
    assert found == expected


def test_parts_of_a_book_name_no_journal_twice(desk: Desk) -> None:
    desk.post(RandomBook(4).orders(40))
    heads = {"qbo": "*JournalNo", "netsuite": "External ID"}
    for name, head in heads.items():
        first = {row[head] for row in csv_rows(desk.export(name, to_seq=30))}
        second = {row[head] for row in csv_rows(desk.export(name, from_seq=31))}
        assert first
        assert second
        assert not first & second


# --- the book's own currency


def test_yen_are_booked_in_the_books_currency_and_balance(db: Database, tmp_path: Path) -> None:
    rates = Rates(1, 171)
    desk = Desk(db, tmp_path, more={"rates": rates})
    shares = ("mika:pending", -333), ("ana:pending", -333), ("ben:pending", -334)
    desk.post([draft("sale", "order:1", (EXPENSE, 1000), *shares, currency="JPY")])
    rows = csv_rows(desk.export("xero", functional=True))
    # 1000 yen are 5.8479…, 333 are 1.9473…, 334 are 1.9532…
    assert [row["*Amount"] for row in rows] == ["-1.95", "-1.95", "-1.95", "5.85"]
    assert rates.asked == {("JPY", "EUR", date(2026, 10, 2))}
    assert {row["Currency"] for row in csv_rows(desk.export("qbo", functional=True))} == {"EUR"}


@pytest.mark.parametrize("asked", [{}, {"functional": True}])
def test_another_currency_without_a_rate_is_refused_by_xero(
    desk: Desk, asked: dict[str, bool]
) -> None:
    desk.post(small())
    with pytest.raises(ExportRowRefusedError) as caught:
        desk.export("xero", **asked)
    assert caught.value.seq == 5


# --- limits


def many(creators: int, day: int = 0) -> EntryDraft:
    shares = [(f"c{number:04d}:pending", -1) for number in range(creators)]
    return draft("sale", f"order:{day}", (EXPENSE, creators), *shares, minutes=day * 1440)


def test_files_are_numbered_and_no_journal_is_split(desk: Desk) -> None:
    desk.post([many(149, 0), many(149, 1), many(10, 2)])
    paths = desk.export_all("xero")
    assert [len(csv_rows(path)) for path in paths] == [300, 11]
    assert [sum(minor(row["*Amount"], "EUR") for row in csv_rows(path)) for path in paths] == [0, 0]


def test_a_journal_longer_than_a_file_is_refused_with_a_way_out(desk: Desk) -> None:
    desk.post([many(300)])
    with pytest.raises(ExportTooLargeError, match="301 rows, of at most 300"):
        desk.export_all("xero")
    mapping = Mapping.default("xero").as_toml().replace("by_creator = true", "by_creator = false")
    path = desk.export("xero", mapping=Mapping.parse(mapping, "xero"))
    assert [row["*Amount"] for row in csv_rows(path)] == ["-3.00", "3.00"]


def test_netsuite_takes_ten_thousand_rows_and_ten_digits(desk: Desk) -> None:
    desk.post([many(6000, 0), many(6000, 1)])
    assert [len(csv_rows(path)) for path in desk.export_all("netsuite")] == [6001, 6001]
    desk.post([sale(9, 999_999_999_999 - 6000)])
    assert len(desk.export_all("netsuite")) == 2
    desk.post([sale(10, 1)])
    with pytest.raises(ExportRowRefusedError, match="more than 10 digits"):
        desk.export_all("netsuite")


# --- refusals


def test_accounts_without_a_name_are_named_and_nothing_is_written(desk: Desk) -> None:
    desk.post(small())
    mapping = Mapping.parse(
        'accounts = {"creator:mika:*" = "x"}'.replace("mika:*", "*:payable"), "qbo"
    )
    with pytest.raises(AccountUnmappedError) as caught:
        desk.export("qbo", mapping=mapping)
    assert caught.value.accounts == (
        "brand:commission_expense, creator:ana:pending, creator:ben:pending, creator:mika:pending"
    )


@pytest.mark.parametrize(
    ("name", "asked", "error"),
    [
        ("xls", {}, ExportInvalidError),
        ("csv", {"detail": True}, ExportRangeError),
        ("hledger", {"functional": True}, ExportRangeError),
        ("csv", {"mapping": Mapping.default("qbo")}, ExportRangeError),
        ("xero", {"mapping": Mapping.default("qbo")}, ExportRangeError),
        ("qbo", {"period": "2026"}, PeriodInvalidError),
        ("1099", {}, ExportRangeError),
        ("1099", {"period": "2026-10"}, ExportRangeError),
        ("1099", {"period": "2026", "from_seq": 2}, ExportRangeError),
        ("qbo", {"new": True, "from_seq": 2}, ExportRangeError),
        ("csv", {"by": ""}, ExportRangeError),
        ("csv", {"by": "x" * 65}, ExportRangeError),
        ("csv", {"by": "a\x00b"}, ExportRangeError),
        ("qbo", {"new": True, "again": True}, ExportRangeError),
    ],
)
def test_what_does_not_go_together_is_refused(
    desk: Desk, name: str, asked: dict[str, object], error: type[Exception]
) -> None:
    with pytest.raises(error):
        desk.export_all(name, **asked)
    assert list(desk.folder.glob(f"{name}-*")) == []


def test_a_line_break_in_a_fact_is_refused_in_detail_alone(desk: Desk) -> None:
    desk.post([sale(1), draft("sale", "=a\r\nb", (EXPENSE, 5), ("mika:pending", -5))])
    with pytest.raises(ExportRowRefusedError, match=r"Entry 2 .*line break"):
        desk.export("qbo", detail=True)
    assert "*JournalNo" in desk.text("qbo")
