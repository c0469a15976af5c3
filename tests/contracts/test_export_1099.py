"""Totals for the form 1099-NEC: cash by the day of payment, to the cent and to the byte."""

from collections.abc import Mapping as Map
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from liveshop_sdk.affiliate.exports.mapping import Mapping
from liveshop_sdk.affiliate.exports.service import ExportRequest
from liveshop_sdk.affiliate.exports.wishes import Payee
from liveshop_sdk.affiliate.ledger.models import EntryDraft, Posting
from liveshop_sdk.db import Database
from liveshop_sdk.errors import ExportDiffersError, ExportRowRefusedError, MappingInvalidError
from tests.contracts.exports_support import Desk, csv_rows
from tests.contracts.ledger_support import EXPENSE

HEADER = (
    "tax_year,creator_id,tin_last4,w9_on_file,paid_minor,noncash_fmv_minor,"
    "excluded_1099k_rail_minor,reportable_minor,withheld_minor,threshold_minor,must_file\r\n"
)


class OnFile:
    """Of mika there is a W-9; ana was given something, in 2026."""

    def payee(self, creator: str) -> Payee:
        return Payee("6789", has_w9=True) if creator == "mika" else Payee()

    def fair_values(self, book: str, year: int) -> Map[str, int]:
        return {"ana": 7900, "ben": 0} if (book, year) == ("main", 2026) else {}


class Rates:
    days: Map[date, tuple[int, int]] = {
        date(2026, 5, 1): (217, 200),
        date(2026, 9, 1): (6, 5),
    }

    def rate(self, base: str, quote: str, on: date) -> tuple[int, int] | None:
        return self.days.get(on) if (base, quote) == ("EUR", "USD") else None


class Payments:
    """Posts payouts by what happened on which day."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self._number = desk, 0

    def post(self, kind: str, day: str, item: str, *lines: tuple[str, int], **more: Any) -> None:
        self._number += 1
        currency = more.pop("currency", "USD")
        at = datetime.fromisoformat(f"{day}T12:00:00").replace(tzinfo=UTC)
        postings = tuple(
            Posting(path, amount, currency, payout_item_id=item) for path, amount in lines
        )
        draft = EntryDraft(
            kind=kind, source="t", event_id=f"e:{self._number}", occurred_at=at, postings=postings
        )
        self.desk.post([replace(draft, **more)])

    def owe(self, creator: str, amount: int, currency: str = "USD") -> None:
        pending, payable = f"creator:{creator}:pending", f"creator:{creator}:payable"
        self.post(
            "sale", "2024-01-01", "", (EXPENSE, amount), (pending, -amount), currency=currency
        )
        lines = (pending, amount), (payable, -amount)
        self.post("release", "2024-01-01", "", *lines, currency=currency)

    def pay(
        self, creator: str, day: str, item: str, amount: int, rail: str = "stripe", **more: Any
    ) -> None:
        tax, fee, planned = more.pop("tax", 0), more.pop("fee", 0), more.pop("planned", day)
        self.owe(creator, amount + tax, more.get("currency", "USD"))
        way, held = f"creator:{creator}:in_transit", f"creator:{creator}:tax_withheld"
        created = [(f"creator:{creator}:payable", amount + tax), (way, -amount), (held, -tax)]
        self.post("payout_created", planned, item, *[one for one in created if one[1]], **more)
        sent = [
            (way, amount),
            ("brand:payout_fee_expense", fee),
            (f"clearing:{rail}", -amount - fee),
        ]
        self.post("payout_sent", day, item, *[one for one in sent if one[1]], **more)

    def give_back(
        self, creator: str, day: str, item: str, amount: int, tax: int = 0, **more: Any
    ) -> None:
        held = f"creator:{creator}:tax_withheld"
        lines = [
            ("clearing:stripe", amount),
            (held, tax),
            (f"creator:{creator}:payable", -amount - tax),
        ]
        self.post("payout_returned", day, item, *[one for one in lines if one[1]], **more)


@pytest.fixture
def desk(db: Database, tmp_path: Path) -> Desk:
    return Desk(db, tmp_path, more={"tax": OnFile(), "rates": Rates()})


@pytest.fixture
def paid(desk: Desk) -> Payments:
    return Payments(desk)


def test_a_year_of_payments_is_written_exactly(desk: Desk, paid: Payments) -> None:
    paid.pay("mika", "2026-03-01", "i1", 150_000, fee=25)  # the fee did not reach her
    paid.pay("mika", "2026-04-01", "i2", 50_000)
    paid.pay("mika", "2025-12-31", "i3", 70_000)
    paid.pay("ana", "2026-03-01", "i4", 190_000)
    paid.pay("ana", "2026-03-02", "i5", 40_000, rail="paypal")
    paid.pay("ben", "2026-06-01", "i6", 7_600, tax=2_400)
    assert desk.text("1099", period="2026") == HEADER + (
        "2026,ana,,false,230000,7900,40000,197900,0,200000,false\r\n"
        "2026,ben,,false,10000,0,0,10000,2400,200000,true\r\n"
        "2026,mika,6789,true,200000,0,0,200000,0,200000,true\r\n"
    )
    assert desk.text("1099", period="2025") == HEADER + (
        "2025,mika,6789,true,70000,0,0,70000,0,60000,true\r\n"
    )
    assert desk.text("1099", period="2023") == HEADER


def row(desk: Desk, year: str, creator: str = "mika") -> tuple[int, int] | None:
    found = {one["creator_id"]: one for one in csv_rows(desk.export("1099", period=year))}
    one = found.get(creator)
    return (int(one["paid_minor"]), int(one["withheld_minor"])) if one else None


def test_what_came_back_was_no_payment_of_the_year_it_was_sent_in(
    desk: Desk, paid: Payments
) -> None:
    paid.pay("mika", "2025-12-30", "i1", 90_000)
    paid.pay("mika", "2026-02-01", "i2", 10_000)
    assert (row(desk, "2025"), row(desk, "2026")) == ((90_000, 0), (10_000, 0))
    paid.give_back("mika", "2026-01-12", "i1", 90_000)
    assert (row(desk, "2025"), row(desk, "2026")) == ((0, 0), (10_000, 0))


def test_tax_withheld_counts_on_the_day_of_payment_and_goes_back_with_it(
    desk: Desk, paid: Payments
) -> None:
    paid.pay("mika", "2026-02-01", "i1", 7_600, tax=2_400)
    assert row(desk, "2026") == (10_000, 2_400)
    paid.give_back("mika", "2026-02-10", "i1", 7_600, tax=2_400)
    assert row(desk, "2026") == (0, 0)


def test_a_payout_that_failed_is_no_payment(desk: Desk, paid: Payments) -> None:
    paid.owe("mika", 10_000)
    way, held, payable = (
        f"creator:mika:{one}" for one in ("in_transit", "tax_withheld", "payable")
    )
    created = (payable, 10_000), (way, -7_600), (held, -2_400)
    failed = (payable, -10_000), (way, 7_600), (held, 2_400)
    paid.post("payout_created", "2026-02-01", "i1", *created)
    paid.post("payout_failed", "2026-02-02", "i1", *failed)
    assert row(desk, "2026") is None


def test_another_currency_counts_at_the_rate_of_the_day(desk: Desk, paid: Payments) -> None:
    paid.pay("mika", "2026-05-01", "i1", 1_001, currency="EUR")
    assert row(desk, "2026") == (1_086, 0)  # 10.861 US dollars
    paid.pay("mika", "2026-05-02", "i2", 1_001, currency="EUR")
    with pytest.raises(ExportRowRefusedError, match="no rate to USD for 2026-05-02"):
        desk.export("1099", period="2026")


def test_what_came_back_is_taken_off_at_the_rate_it_was_paid_at(desk: Desk, paid: Payments) -> None:
    paid.pay("mika", "2026-05-01", "i1", 1_001, currency="EUR", tax=300)
    paid.pay("mika", "2026-05-01", "i2", 2_000, currency="EUR")
    assert row(desk, "2026") == (1_086 + 326 + 2_170, 326)
    paid.give_back("mika", "2026-09-01", "i1", 1_001, tax=300, currency="EUR")
    assert row(desk, "2026") == (2_170, 0)


def test_tax_withheld_counts_at_the_rate_of_the_day_of_payment(desk: Desk, paid: Payments) -> None:
    paid.pay("mika", "2026-05-01", "i1", 7_600, currency="EUR", tax=2_400, planned="2026-04-30")
    assert row(desk, "2026") == (10_850, 2_604)  # 100.00 and 24.00 at 1.085
    paid.give_back("mika", "2026-05-09", "i1", 7_600, tax=2_400, currency="EUR")
    assert row(desk, "2026") == (0, 0)


@pytest.mark.parametrize(
    ("paid_minor", "year", "must_file"),
    [
        (59_999, "2024", "false"),
        (60_000, "2025", "true"),
        (199_999, "2026", "false"),
        (200_000, "2026", "true"),
    ],
)
def test_the_threshold_is_that_of_the_year(
    desk: Desk, paid: Payments, paid_minor: int, year: str, must_file: str
) -> None:
    paid.pay("mika", f"{year}-07-01", "i1", paid_minor)
    rows = csv_rows(desk.export("1099", period=year))
    assert [one["must_file"] for one in rows if one["creator_id"] == "mika"] == [must_file]


def test_what_is_on_file_may_change_but_a_repeat_may_not(desk: Desk, paid: Payments) -> None:
    paid.pay("mika", "2026-07-01", "i1", 205_000)
    first = ExportRequest(format="1099", period="2026")
    with desk.db.transaction() as tx:
        head = desk.ledger.head(tx, desk.book)
        plan = desk.service.plan(tx, desk.book, head, first)
        run = desk.service.record(tx, plan, rows=1, sha256="a" * 64)
        assert desk.service.plan(tx, desk.book, head, first).repeats is None
        again = desk.service.plan(tx, desk.book, head, replace(first, again=True))
        assert again.repeats == run
        with pytest.raises(ExportDiffersError):
            desk.service.record(tx, again, rows=1, sha256="b" * 64)


def test_a_year_whose_threshold_nobody_said_is_refused(desk: Desk, paid: Payments) -> None:
    paid.pay("mika", "2027-07-01", "i1", 205_000)
    with pytest.raises(MappingInvalidError, match="no amount for 2027"):
        desk.export("1099", period="2027")
    text = '[options]\nexcluded_rails = ["stripe"]\n[thresholds]\n2027 = "2050.00"\n'
    made = Mapping.parse(text, "1099")
    (one,) = csv_rows(desk.export("1099", period="2027", mapping=made))
    assert (one["threshold_minor"], one["reportable_minor"], one["must_file"]) == (
        "205000",
        "0",
        "false",
    )
    assert row(desk, "2026") is None  # the years known already stay known
