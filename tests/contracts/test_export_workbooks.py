"""XLSX and Parquet, opened by other programs: types, exact amounts, nothing that runs."""

import csv
import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from liveshop_sdk.db import Database
from liveshop_sdk.errors import ExtraMissingError
from tests import tools
from tests.contracts.exports_support import Desk, csv_rows, summed
from tests.contracts.ledger_support import EXPENSE, START, draft, sale, story
from tests.contracts.random_books import RandomBook

HOSTILE = (
    '=HYPERLINK("http://127.0.0.1/x","click")',
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(1,1)",
    "\t=1+1",
    " =1+1",
    "\uff1d1+1",
    "=cmd|'/c calc'!A1",
    "http://127.0.0.1/x",
    "'=1+1",
    "{=1+1}",
    "1e5",
)


@pytest.fixture
def desk(db: Database, tmp_path: Path) -> Desk:
    return Desk(db, tmp_path)


def hostile(desk: Desk) -> None:
    """Everything that others choose the text of, as bad as it gets."""
    desk.post(
        draft(
            "sale",
            text,
            (EXPENSE, number + 1),
            ("mika:pending", -number - 1),
            line_ref=f"{text}",
            reason=text,
            meta={"brand": text},
        )
        for number, text in enumerate(HOSTILE)
    )


def sheet(path: Path, name: str) -> list[tuple[Any, ...]]:
    book = openpyxl.load_workbook(path)
    return [tuple(row) for row in book[name].iter_rows(values_only=True)]


@pytest.mark.parametrize(
    ("name", "module", "extra"),
    [("xlsx", "xlsxwriter", "excel"), ("parquet", "pyarrow", "parquet")],
)
def test_a_library_that_is_missing_is_named_with_its_extra(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, name: str, module: str, extra: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ExtraMissingError) as caught:
        desk.export_all(name)
    assert caught.value.extra == extra
    assert list(desk.folder.glob(f"{name}*")) == []


# --- xlsx


def test_the_postings_are_the_rows_of_the_csv_with_types(desk: Desk) -> None:
    desk.post(RandomBook(6).orders(30))
    rows = csv_rows(desk.export("csv"))
    found = sheet(desk.export("xlsx"), "Postings")
    heads, cells = found[0], found[1:]
    assert list(heads) == list(rows[0])
    assert len(cells) == len(rows)
    for given, row in zip(cells, rows, strict=True):
        named = dict(zip(heads, given, strict=True))
        numbers = ("seq", "line_no", "amount_minor")
        assert [named[one] for one in numbers] == [int(row[one]) for one in numbers]
        assert Decimal(str(named["amount"])) == Decimal(row["amount"])
        assert {k: named[k] or "" for k in row if k not in (*numbers, "amount")} == {
            k: one for k, one in row.items() if k not in (*numbers, "amount")
        }


def test_a_large_amount_keeps_every_digit(desk: Desk) -> None:
    desk.post([sale(1, 10**15 - 1), sale(2, 10**15 - 1, currency="JPY")])
    desk.post([sale(3, 10**15 - 1, currency="KWD")])
    rows = sheet(desk.export("xlsx"), "Postings")[1:]
    amounts = [row[12] for row in rows if row[11] > 0]
    assert [f"{one:.3f}" for one in amounts] == [
        "9999999999999.990",
        "999999999999999.000",
        "999999999999.999",
    ]


def test_the_sheets_of_sums_are_those_of_the_book(desk: Desk) -> None:
    desk.post(story())
    path = desk.export("xlsx", from_seq=6)
    assert sheet(path, "Trial balance") == [
        ("account", "class", "currency", "opening", "debit", "credit", "closing"),
        ("brand:commission_expense", "expense", "EUR", 20.01, 1, -15, 6.01),
        ("brand:commission_expense", "expense", "JPY", 0, 50, 0, 50),
        ("creator:ana:pending", "liability", "EUR", -8.01, 0, 0, -8.01),
        ("creator:ben:pending", "liability", "JPY", 0, 0, -50, -50),
        ("creator:mika:clawback_receivable", "asset", "EUR", 0, 3, -1, 2),
        ("creator:mika:disputed", "liability", "EUR", 0, 9, -9, 0),
        ("creator:mika:payable", "liability", "EUR", -12, 21, -9, 0),
        ("creator:mika:pending", "liability", "EUR", 0, 0, 0, 0),
        ("total", None, "EUR", 0, 34, -34, 0),
        ("total", None, "JPY", 0, 50, -50, 0),
    ]
    heads = "creator currency pending payable in_transit disputed tax_withheld"
    assert sheet(path, "Creator summary") == [
        (*heads.split(), "clawback_receivable", "net"),
        ("ana", "EUR", -8.01, 0, 0, 0, 0, 0, -8.01),
        ("ben", "JPY", -50, 0, 0, 0, 0, 0, -50),
        ("mika", "EUR", 0, 0, 0, 0, 0, 2, 2),
    ]
    with desk.db.reading() as tx:
        root = desk.ledger.head(tx, desk.book).root_hash
    assert sheet(path, "Checks") == [
        ("check", "value", "holds"),
        ("book", "main", None),
        ("from entry", 6, None),
        ("to entry", 11, None),
        ("period", "all", None),
        ("root", root, None),
        ("postings", 11, None),
        ("books sum to zero, EUR", 0, "yes"),
        ("books sum to zero, JPY", 0, "yes"),
    ]


def test_memo_accounts_are_in_no_trial_balance(desk: Desk) -> None:
    desk.post(RandomBook(8).orders(40))
    path = desk.export("xlsx")
    accounts = {row[0] for row in sheet(path, "Trial balance")}
    assert not [one for one in accounts if str(one).startswith("memo:")]
    checks = {row[0]: row[2] for row in sheet(path, "Checks")}
    assert checks["memo sum to zero, EUR"] == "yes"
    assert "no" not in checks.values()


@pytest.mark.parametrize("name", ["xlsx", "parquet"])
def test_the_same_range_is_the_same_bytes(desk: Desk, name: str) -> None:
    desk.post(story())
    before = desk.export(name).read_bytes()
    assert desk.export(name).read_bytes() == before
    desk.post([sale(99)])
    assert desk.export(name, to_seq=len(story())).read_bytes() == before
    assert desk.export(name).read_bytes() != before


def test_a_sheet_that_is_full_goes_on_in_another(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("liveshop_sdk.affiliate.exports.xlsx._LAST_ROW", 10)
    desk.post(sale(number) for number in range(1, 12))
    path = desk.export("xlsx")
    assert [len(sheet(path, name)) for name in ("Postings", "Postings 2", "Postings 3")] == [
        11,
        11,
        3,
    ]


# --- nothing runs


def test_no_cell_of_the_workbook_is_a_formula_or_a_link(desk: Desk) -> None:
    hostile(desk)
    book = openpyxl.load_workbook(desk.export("xlsx"))
    cells = [cell for page in book for row in page.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} <= {"s", "n", "inlineStr"}
    assert [cell for cell in cells if cell.hyperlink] == []
    assert set(HOSTILE) <= {cell.value for cell in cells}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["csv", "xlsx"])
def test_libreoffice_finds_nothing_to_run(desk: Desk, name: str, tmp_path: Path) -> None:
    """It opens the file as a person would, and shows what each cell came to."""
    hostile(desk)
    path = desk.export(name)
    shown = tmp_path / "shown"
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    tools.run("soffice", profile, "--headless", "--convert-to", "fods", "--outdir", shown, path)
    text = (shown / f"{path.stem}.fods").read_text(encoding="utf-8")
    assert "table:formula" not in text
    assert "xlink:href" not in text
    assert "HYPERLINK(" in text


def test_libreoffice_would_show_a_formula(tmp_path: Path) -> None:
    """The check above can fail: an unguarded cell is one."""
    path = tmp_path / "bad.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerow(["=1+1", "x"])
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    tools.run("soffice", profile, "--headless", "--convert-to", "fods", "--outdir", tmp_path, path)
    assert "table:formula" in (tmp_path / "bad.fods").read_text(encoding="utf-8")


# --- parquet


def test_parquet_has_the_types_and_every_posting_in_order(desk: Desk) -> None:
    desk.post(RandomBook(7).orders(50))
    table = pq.read_table(desk.export("parquet"))
    types = {field.name: str(field.type) for field in table.schema}
    others = {
        "seq": "int64",
        "line_no": "int32",
        "effective_date": "date32[day]",
        "recorded_at": "timestamp[us, tz=UTC]",
        "exponent": "int8",
        "amount_minor": "int64",
        "amount": "decimal128(19, 4)",
    }
    assert ",".join(types) == (
        "book,seq,line_no,effective_date,recorded_at,kind,source,event_id,account,creator_id,"
        "currency,exponent,amount_minor,amount,line_ref,period,chain_hash"
    )
    assert types == {name: others.get(name, "string") for name in types}
    rows = table.to_pylist()
    assert [(row["seq"], row["line_no"]) for row in rows] == sorted(
        (row["seq"], row["line_no"]) for row in rows
    )
    sums = summed((row["account"], row["currency"], row["amount_minor"]) for row in rows)
    assert sums == desk.balances()
    assert all(
        row["amount"].scaleb(row["exponent"]) == Decimal(row["amount_minor"]) for row in rows
    )


def test_parquet_keeps_fifteen_digits_of_yen_and_thousandths_of_a_dinar(desk: Desk) -> None:
    most = 10**15 - 1
    desk.post([sale(1, most, currency="JPY"), sale(2, most, currency="KWD"), sale(3, 1)])
    amounts = pq.read_table(desk.export("parquet")).column("amount").to_pylist()
    assert amounts[::2] == [
        Decimal("999999999999999.0000"),
        Decimal("999999999999.9990"),
        Decimal("0.0100"),
    ]
    assert amounts[1] == Decimal("-999999999999999.0000")


def test_parquet_says_of_which_state_of_the_book_it_is(desk: Desk) -> None:
    desk.post(story())
    with desk.db.reading() as tx:
        head = desk.ledger.head_at(tx, desk.book, 4)
    found = pq.read_schema(desk.export("parquet", to_seq=4)).metadata
    assert {key.decode(): value.decode() for key, value in found.items()} == {
        "liveshop.book": "main",
        "liveshop.from_seq": "1",
        "liveshop.to_seq": "4",
        "liveshop.period": "",
        "liveshop.as_of_seq": "4",
        "liveshop.root_hash": head.root_hash,
        "liveshop.chain_hash": head.chain_hash,
    }


def test_an_empty_range_is_a_file_without_rows(desk: Desk) -> None:
    desk.post([sale(1)])
    assert pq.read_table(desk.export("parquet", period="2001-01")).num_rows == 0
    assert sheet(desk.export("xlsx", period="2001-01"), "Postings")[1:] == []


def test_the_first_row_of_parquet_is_exact(desk: Desk) -> None:
    desk.post([sale(1)])
    with desk.db.reading() as tx:
        entry = next(desk.ledger.entries(tx, desk.book))[0]
    row = pq.read_table(desk.export("parquet")).to_pylist()[1]
    assert isinstance(row, dict)
    assert row == {
        "book": "main",
        "seq": 1,
        "line_no": 2,
        "effective_date": date(2026, 10, 2),
        "recorded_at": START.astimezone(UTC),
        "kind": "sale",
        "source": "stripe",
        "event_id": "order:1",
        "account": "creator:mika:pending",
        "creator_id": "mika",
        "currency": "EUR",
        "exponent": 2,
        "amount_minor": -1200,
        "amount": Decimal("-12.0000"),
        "line_ref": "1/L1",
        "period": "2026-10",
        "chain_hash": entry.chain_hash.hex(),
    }
    assert isinstance(row["recorded_at"], datetime)
    assert pa.types.is_decimal(pq.read_schema(desk.export("parquet")).field("amount").type)
