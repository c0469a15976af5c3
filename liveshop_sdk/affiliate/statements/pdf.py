"""A statement as a PDF: the content of the page, drawn row by row.

Nothing of it is a moment's or a machine's: the same statement with the same fonts
is the same file. Texts are drawn, never read as markup, and the fonts travel
inside; a letter that no font has is drawn as ``?``, and the caller is told.
"""

from collections.abc import Iterable, Sequence
from typing import IO

from liveshop_sdk.affiliate.statements import words
from liveshop_sdk.affiliate.statements.fonts import Fonts
from liveshop_sdk.affiliate.statements.html import Lines
from liveshop_sdk.affiliate.statements.model import BrandPart, Line, Section, Statement
from liveshop_sdk.affiliate.statements.sheet import ROOM, Cell, Column, Sheet

_ABOUT_LINES = (
    Column("Date", 50),
    Column("What", 84),
    Column("Order and product", 152),
    Column("Base", 46, is_amount=True),
    Column("Rate", 62),
    Column("Credited by", 50),
    Column("Now", 76),
)
"""The columns of movements before the amounts."""


def write_pdf(
    out: IO[bytes], statement: Statement, lines: Lines, *, fonts: Sequence[str] = ()
) -> str:
    """Write the statement to an open file.

    Args:
        fonts: Files of TrueType fonts, for letters that the built-in one lacks.

    Returns:
        The letters that are drawn as ``?``, since no font has them; each once.

    Raises:
        ExtraMissingError: reportlab is not installed.
        PdfFontInvalidError: A file cannot be read, or is no font that can be drawn.
    """
    chosen = Fonts(fonts)
    title = f"{words.who(statement)}, {words.month(statement.period)}"
    _draw(Sheet(out, title, chosen), statement, lines)
    return "".join(sorted(chosen.missing))


def _draw(sheet: Sheet, statement: Statement, lines: Lines) -> None:
    sheet.text("Statement of commission", grey=True)
    sheet.text(words.who(statement), size=16, bold=True)
    sheet.text(words.month(statement.period), size=11)
    sheet.text(words.SIGNS, grey=True)
    if not statement.brands:
        sheet.text(words.NOTHING)
    for brand in statement.brands:
        sheet.gap()
        sheet.text(brand.brand, size=12, bold=True)
        if not brand.sections:
            sheet.text(words.NOTHING)
        for section in brand.sections:
            _section(sheet, brand, section, lines(brand, section))
        _sealed(sheet, brand)
    sheet.save()


def _sealed(sheet: Sheet, brand: BrandPart) -> None:
    """Draw which book the part was read from, so that it can be compared."""
    note = brand.checkpoint.splitlines() if brand.checkpoint else []
    sheet.gap(before=60 + 10 * len(note))
    sheet.text(
        f"Read from the book of {brand.brand} after entry {brand.as_of_seq}. The month is "
        f"{words.PERIODS[brand.period_status]}. Days are those of {brand.timezone}. "
        "Root of the book then:",
        grey=True,
    )
    sheet.text(brand.root_hash or "none", grey=True)
    if note:
        sheet.text(words.SIGNED, grey=True)
        for line in note:
            sheet.text(line, size=7, grey=True)


def _section(sheet: Sheet, brand: BrandPart, section: Section, lines: Iterable[Line]) -> None:
    of = f"{brand.brand}, {section.currency}"
    _sums(sheet, section, of)
    if section.held:
        columns = [Column("Why", 300), *_amounts(60, "Lines"), *_amounts(80, "Amount")]
        sheet.table(f"Held back now, {of}", columns)
        for held in section.held:
            row = [words.held(held), str(held.lines), words.amount(section, held.amount)]
            sheet.row(row)
    if section.payouts:
        texts = [Column("Payout", 190), *(Column(head, 60) for head in ("State", "Since", "By"))]
        sheet.table(f"Payouts, {of}", [*texts, *_amounts(80, "Amount", "Of that tax")])
        for one in section.payouts:
            row = [one.item_id, words.PAYOUTS[one.state], one.changed_on.isoformat(), one.rail]
            sheet.row([*row, *(words.amount(section, sum_) for sum_ in (one.amount, one.withheld))])
    if section.movements:
        _movements(sheet, section, lines, of)


def _sums(sheet: Sheet, section: Section, of: str) -> None:
    parts = section.parts
    heads = [*(words.PARTS[part] for part in parts), "Together"]
    sheet.table(f"Summary, {of}", [Column("", 180), *_amounts(80, *heads)])
    for name, sums, is_total in words.sums(section):
        found = [sums.get(part, 0) for part in parts]
        shown = (one if one or is_total else None for one in (*found, sum(found)))
        cells = ["" if one is None else words.amount(section, one) for one in shown]
        sheet.row([name, *cells], bold=is_total)


def _movements(sheet: Sheet, section: Section, lines: Iterable[Line], of: str) -> None:
    parts = section.parts
    each = (ROOM - sum(column.width for column in _ABOUT_LINES)) // len(parts)
    columns = [*_ABOUT_LINES, *_amounts(each, *(words.PARTS[part] for part in parts))]
    sheet.table(f"Movements, {of}", columns)
    for line in lines:
        what = words.kind(line)
        sums = (line.changes.get(part, 0) for part in parts)
        row: list[Cell] = [
            line.on.isoformat(),
            f"{what}: {line.note}" if line.note else what,
            (words.thing(section, line), words.reference(line)),
            words.base(section, line),
            words.rate(section, line),
            words.why(line),
            words.status(section, line),
        ]
        sheet.row([*row, *(words.amount(section, one) if one else "" for one in sums)])


def _amounts(width: int, *heads: str) -> list[Column]:
    return [Column(head, width, is_amount=True) for head in heads]
