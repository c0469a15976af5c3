"""The journal as a workbook: postings, trial balance, creators, checks.

Every text is written as a text, so that no cell is ever a formula or a link.
Rows go to disk as they come; only the sheets of sums are held in memory.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from liveshop_sdk.affiliate.exports.csv import COLUMNS
from liveshop_sdk.affiliate.exports.extract import Extract
from liveshop_sdk.affiliate.exports.mapping import is_memo
from liveshop_sdk.affiliate.exports.parts import Parts
from liveshop_sdk.affiliate.exports.totals import Key, Turnover
from liveshop_sdk.affiliate.exports.wishes import Wishes
from liveshop_sdk.affiliate.ledger.accounts import creator_of, describe
from liveshop_sdk.affiliate.ledger.canonical import EntryRow, LineRow
from liveshop_sdk.clock import from_micros, to_iso
from liveshop_sdk.errors import ExtraMissingError
from liveshop_sdk.money import exponent_of

_MADE = datetime(1980, 1, 1)  # noqa: DTZ001 - the package has no zone, and always this date
_LAST_ROW = 1_048_575
_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}
_BALANCE = ("account", "class", "currency", "opening", "debit", "credit", "closing")
_ROLES = ("pending", "payable", "in_transit", "disputed", "tax_withheld", "clawback_receivable")


class _Amount(NamedTuple):
    """Minor units that are shown with their currency's decimals."""

    minor: int
    exponent: int


Cell = str | int | _Amount


def write(extract: Extract, wishes: Wishes, parts: Parts) -> int:  # noqa: ARG001 - one interface
    """Write the workbook and return how many postings it has.

    Raises:
        ExtraMissingError: xlsxwriter is not installed.
    """
    try:
        import xlsxwriter
    except ModuleNotFoundError:
        raise ExtraMissingError(feature="The Excel export", extra="excel") from None

    book = xlsxwriter.Workbook(parts.begin(format="xlsx"), _OPTIONS)
    book.set_properties({"created": _MADE, "title": f"liveshop ledger of {extract.book.code}"})
    pen = _Pen(book)
    count = pen.sheet("Postings", COLUMNS, _postings(extract))
    pen.sheet("Trial balance", _BALANCE, _trial_balance(extract))
    pen.sheet("Creator summary", ("creator", "currency", *_ROLES, "net"), _creators(extract))
    pen.sheet("Checks", ("check", "value", "holds"), _checks(extract, count))
    book.close()
    return count


class _Pen:
    """Writes typed cells: numbers as numbers, texts as texts, nothing as anything else."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._formats = {
            0: book.add_format({"num_format": "0"}),
            **{n: book.add_format({"num_format": f"0.{'0' * n}"}) for n in (2, 3)},
        }
        self._bold = book.add_format({"bold": True})

    def sheet(self, name: str, heads: Sequence[str], rows: Iterable[Sequence[Cell]]) -> int:
        """Write a sheet, or as many as its rows need; returns how many rows."""
        count, number, sheet = 0, _LAST_ROW, None
        for row in rows:
            if number == _LAST_ROW or sheet is None:
                sheet, number = self._begin(name, heads, count), 0
            number += 1
            count += 1
            for column, cell in enumerate(row):
                self._cell(sheet, number, column, cell)
        if sheet is None:
            self._begin(name, heads, 0)
        return count

    def _begin(self, name: str, heads: Sequence[str], count: int) -> Any:
        nth = count // _LAST_ROW + 1
        sheet = self._book.add_worksheet(name if nth == 1 else f"{name} {nth}")
        sheet.freeze_panes(1, 0)
        for column, head in enumerate(heads):
            sheet.write_string(0, column, head, self._bold)
        return sheet

    def _cell(self, sheet: Any, row: int, column: int, cell: Cell) -> None:
        if isinstance(cell, str):
            if cell:
                sheet.write_string(row, column, cell)
        elif isinstance(cell, int):
            sheet.write_number(row, column, cell, self._formats[0])
        else:
            # Fifteen digits at most, which a spreadsheet's numbers hold exactly.
            value = Decimal(cell.minor).scaleb(-cell.exponent)
            sheet.write_number(row, column, value, self._formats[cell.exponent])


def _amount(minor: int, currency: str) -> _Amount:
    return _Amount(minor, exponent_of(currency))


def _postings(extract: Extract) -> Iterable[tuple[Cell, ...]]:
    code = extract.book.code
    for entry, lines in extract.entries():
        for line in lines:
            yield _posting(code, entry, line)


def _posting(code: str, entry: EntryRow, line: LineRow) -> tuple[Cell, ...]:
    return (
        code,
        entry.seq,
        line.line_no,
        entry.effective_date,
        to_iso(from_micros(entry.recorded_at)),
        entry.kind,
        entry.source,
        entry.event_id,
        line.account,
        creator_of(line.account),
        line.currency,
        line.amount,
        _amount(line.amount, line.currency),
        line.line_ref or "",
        entry.period,
        entry.chain_hash.hex(),
    )


def _trial_balance(extract: Extract) -> Iterable[tuple[Cell, ...]]:
    """Yield the accounts of the books, without memo accounts, and a total a currency."""
    totals = extract.totals
    moved, closing = totals.moved(), totals.closing()
    shown = sorted(key for key in closing if not is_memo(key[0]))
    sums: dict[str, list[int]] = {}
    for path, currency in shown:
        turnover = moved.get((path, currency), Turnover())
        figures = [
            totals.opening.get((path, currency), 0),
            turnover.debit,
            turnover.credit,
            closing[path, currency],
        ]
        so_far = sums.setdefault(currency, [0] * len(figures))
        sums[currency] = [one + two for one, two in zip(so_far, figures, strict=True)]
        cells = (_amount(figure, currency) for figure in figures)
        yield (path, describe(path).account_class, currency, *cells)
    for currency, figures in sorted(sums.items()):
        yield ("total", "", currency, *(_amount(figure, currency) for figure in figures))


def _creators(extract: Extract) -> Iterable[tuple[Cell, ...]]:
    """Yield what each creator stands at, debit positive, and the sum of it."""
    closing: dict[Key, int] = extract.totals.closing()
    people = {(creator_of(path), currency) for path, currency in closing if not is_memo(path)}
    for creator, currency in sorted(people):
        if creator:
            figures = [closing.get((f"creator:{creator}:{role}", currency), 0) for role in _ROLES]
            cells = (_amount(figure, currency) for figure in (*figures, sum(figures)))
            yield (creator, currency, *cells)


def _checks(extract: Extract, count: int) -> Iterable[tuple[Cell, ...]]:
    scope, head, totals = extract.scope, extract.head, extract.totals
    yield ("book", extract.book.code, "")
    yield ("from entry", scope.from_seq, "")
    yield ("to entry", scope.to_seq, "")
    yield ("period", scope.period or "all", "")
    yield ("root", head.root_hash, "")
    yield ("postings", count, "")
    for name, wanted in (("books", False), ("memo", True)):
        sums: dict[str, int] = {}
        for (path, currency), amount in totals.closing().items():
            if is_memo(path) is wanted:
                sums[currency] = sums.get(currency, 0) + amount
        for currency, total in sorted(sums.items()):
            yield (
                f"{name} sum to zero, {currency}",
                _amount(total, currency),
                "no" if total else "yes",
            )
