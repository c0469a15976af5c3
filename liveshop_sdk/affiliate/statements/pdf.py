"""A statement as a PDF: the content of the page, drawn row by row.

Nothing of it is a moment's or a machine's: the same statement is the same
file. Texts are drawn, never read as markup. The font travels inside; a letter
it lacks is drawn as ``?``, and the page shows it.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from typing import IO, Any

from liveshop_sdk.affiliate.statements import words
from liveshop_sdk.affiliate.statements.html import Lines
from liveshop_sdk.affiliate.statements.model import BrandPart, Line, Section, Statement
from liveshop_sdk.errors import ExtraMissingError

_WIDTH, _HEIGHT = 842, 595  # A4, landscape, in points
_MARGIN, _FOOT = 36, 30
_SIZE, _LEADING = 7, 9
_ROOM = _WIDTH - 2 * _MARGIN
_PLAIN, _BOLD = "Vera", "VeraBd"
_GREY, _BLACK, _RULE = "#595959", "#000000", "#cccccc"
_LINES_OF = (54, 86, 146, 44, 46, 52, 84)
"""Widths of the columns of movements before the amounts."""


def write_pdf(out: IO[bytes], statement: Statement, lines: Lines) -> None:
    """Write the statement to an open file.

    Raises:
        ExtraMissingError: reportlab is not installed.
    """
    sheet = _Sheet(out, f"{words.who(statement)}, {words.month(statement.period)}")
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
        status = words.PERIODS[brand.period_status]
        sheet.text(
            f"Read from the book of {brand.brand} after entry {brand.as_of_seq}. The month is "
            f"{status}. Days are those of {brand.timezone}. Root of the book then:",
            grey=True,
        )
        sheet.text(brand.root_hash or "none", grey=True)
        if brand.checkpoint:
            sheet.text(words.SIGNED, grey=True)
            for line in brand.checkpoint.splitlines():
                sheet.text(line, size=7, grey=True)
    sheet.save()


def _section(sheet: "_Sheet", brand: BrandPart, section: Section, lines: Iterable[Line]) -> None:
    of = f"{brand.brand}, {section.currency}"
    _sums(sheet, section, of)
    if section.held:
        sheet.table(f"Held back now, {of}", ["Why", "Lines", "Amount"], [300, 60, 80], right=2)
        for held in section.held:
            row = [words.held(held), str(held.lines), words.amount(section, held.amount)]
            sheet.row(row)
    if section.payouts:
        heads = ["Payout", "State", "Since", "By", "Amount", "Of that tax"]
        sheet.table(f"Payouts, {of}", heads, [190, 60, 60, 60, 80, 80], right=2)
        for one in section.payouts:
            row = [one.item_id, words.PAYOUTS[one.state], one.changed_on.isoformat(), one.rail]
            sheet.row([*row, *(words.amount(section, sum_) for sum_ in (one.amount, one.withheld))])
    if section.movements:
        _movements(sheet, section, lines, of)


def _sums(sheet: "_Sheet", section: Section, of: str) -> None:
    parts = section.parts
    heads = ["", *(words.PARTS[part] for part in parts), "Together"]
    widths = [180, *[80] * (len(parts) + 1)]
    sheet.table(f"Summary, {of}", heads, widths, right=len(parts) + 1)
    rows = [("When the month began", section.opening, True)]
    rows += [(words.GROUPS[group], sums, False) for group, sums in section.movements.items()]
    rows.append(("When the month ended", section.closing, True))
    if any(section.later.values()):
        rows += [("Dated later", section.later, False), ("Now", section.balance, True)]
    for name, sums, is_total in rows:
        found = [sums.get(part, 0) for part in parts]
        cells = [words.amount(section, one) for one in (*found, sum(found))]
        sheet.row([name, *cells], bold=is_total)


def _movements(sheet: "_Sheet", section: Section, lines: Iterable[Line], of: str) -> None:
    parts = section.parts
    heads = ["Date", "What", "Order and product", "Base", "Rate", "Credited by", "Now"]
    heads += [words.PARTS[part] for part in parts]
    each = (_ROOM - sum(_LINES_OF)) // len(parts)
    sheet.table(f"Movements, {of}", heads, [*_LINES_OF, *[each] * len(parts)], right=len(parts))
    for line in lines:
        what, about = words.kind(line), words.thing(line)
        sums = (line.changes.get(part, 0) for part in parts)
        row = [
            line.on.isoformat(),
            f"{what}: {line.note}" if line.note else what,
            f"{about} \u00b7 {words.reference(line)}" if about else words.reference(line),
            words.base(section, line),
            words.rate(section, line),
            words.why(line),
            words.status(section, line),
        ]
        sheet.row([*row, *(words.amount(section, one) if one else "" for one in sums)])


class _Sheet:
    """Draws texts and rows from the top down, and begins new pages by itself."""

    def __init__(self, out: IO[bytes], title: str) -> None:
        try:
            from reportlab.pdfbase import pdfmetrics
            from reportlab.pdfbase.ttfonts import TTFont
            from reportlab.pdfgen.canvas import Canvas
        except ModuleNotFoundError as error:
            raise ExtraMissingError(feature="A PDF", extra="pdf") from error
        for name in (_PLAIN, _BOLD):
            pdfmetrics.registerFont(TTFont(name, f"{name}.ttf"))
        plain: Any = pdfmetrics.getFont(_PLAIN)
        self._has: dict[int, int] = plain.face.charToGlyph
        self._measure = pdfmetrics.stringWidth
        self._canvas: Any = Canvas(out, pagesize=(_WIDTH, _HEIGHT), invariant=1)
        self._title = self._drawable(title)
        self._canvas.setTitle(self._title)
        self._canvas.setAuthor("")
        self._heads: Sequence[str] = ()
        self._widths: Sequence[int] = ()
        self._right, self._page = 0, 1
        self._y = _HEIGHT - _MARGIN

    def save(self) -> None:
        """Finish the last page and write the file."""
        self._end_page()
        self._canvas.save()

    def gap(self) -> None:
        """Leave a line's room."""
        self._y -= _LEADING

    def text(self, found: str, *, size: int = 8, bold: bool = False, grey: bool = False) -> None:
        """Draw a paragraph over the whole width."""
        font = _BOLD if bold else _PLAIN
        self._heads = ()
        for piece in self._fit(found, _ROOM, font, size, most=3):
            self._need(size * 7 // 5)
            self._y -= size * 7 // 5
            self._draw(_MARGIN, piece, font, size, grey=grey)

    def table(
        self, caption: str, heads: Sequence[str], widths: Sequence[int], *, right: int
    ) -> None:
        """Begin a table; its heads are drawn again at the top of every page.

        Args:
            right: So many of the last columns stand on the right.
        """
        self._heads = ()
        self._need(8 * _LEADING)
        self.gap()
        self.text(caption, size=9, bold=True)
        self._heads, self._widths, self._right = heads, widths, right
        self._draw_row(heads, font=_PLAIN, grey=True)

    def row(self, cells: Sequence[str], *, bold: bool = False) -> None:
        """Draw a row of the table that was begun last."""
        self._draw_row(cells, font=_BOLD if bold else _PLAIN)

    def _draw_row(self, cells: Sequence[str], *, font: str, grey: bool = False) -> None:
        first_right = len(cells) - self._right
        fitted = [
            [cell] if at >= first_right else self._fit(cell, width - 6, font, _SIZE, most=3)
            for at, (cell, width) in enumerate(zip(cells, self._widths, strict=True))
        ]
        height = max(len(pieces) for pieces in fitted) * _LEADING + 4
        self._need(height)
        x = _MARGIN
        for at, (pieces, width) in enumerate(zip(fitted, self._widths, strict=True)):
            if at >= first_right:
                self._draw_amount(x, pieces[0], width - 6, font, grey=grey)
            else:
                for number, piece in enumerate(pieces, start=1):
                    self._draw(x, piece, font, _SIZE, grey=grey, down=number * _LEADING)
            x += width
        self._y -= height
        self._canvas.setStrokeColor(_RULE)
        self._canvas.line(_MARGIN, self._y, _MARGIN + sum(self._widths), self._y)

    def _draw_amount(self, x: float, cell: str, width: int, font: str, *, grey: bool) -> None:
        """Draw a number on the right: smaller where it is long, but never in two pieces."""
        sizes = range(_SIZE, 2, -1)
        size = next((one for one in sizes if self._measure(cell, font, one) <= width), 3)
        room = width - self._measure(cell, font, size)
        self._draw(x + room, cell, font, size, grey=grey, down=_LEADING)

    def _draw(
        self, x: float, piece: str, font: str, size: int, *, grey: bool, down: float = 0
    ) -> None:
        self._canvas.setFillColor(_GREY if grey else _BLACK)
        self._canvas.setFont(font, size)
        self._canvas.drawString(x, self._y - down, piece)

    def _need(self, height: int) -> None:
        """Begin a new page where so much does not fit on this one."""
        if self._y - height >= _MARGIN + _FOOT:
            return
        self._end_page()
        self._page += 1
        self._y = _HEIGHT - _MARGIN
        if self._heads:
            self._draw_row(self._heads, font=_PLAIN, grey=True)

    def _end_page(self) -> None:
        at, self._y = self._y, _MARGIN
        self._draw(_MARGIN, self._title, _PLAIN, _SIZE, grey=True)
        number = f"Page {self._page}"
        x = _WIDTH - _MARGIN - self._measure(number, _PLAIN, _SIZE)
        self._draw(x, number, _PLAIN, _SIZE, grey=True)
        self._y = at
        self._canvas.showPage()

    def _drawable(self, found: str) -> str:
        """Return a text in the letters the font has, on one line."""
        flat = " ".join(unicodedata.normalize("NFC", found).split())
        return "".join(letter if ord(letter) in self._has else "?" for letter in flat)

    def _fit(self, found: str, width: int, font: str, size: int, *, most: int) -> list[str]:
        """Break a text into pieces that fit; what is over after so many is cut, and shown so."""
        pieces: list[str] = []
        rest = self._drawable(found)
        while rest:
            length = self._fitting(rest, width, font, size)
            if len(pieces) == most - 1 and length < len(rest):
                pieces.append(rest[: max(length - 2, 1)].rstrip() + "\u2026")
                break
            if length < len(rest):
                length = rest.rfind(" ", 1, length + 1) + 1 or length
            pieces.append(rest[:length].rstrip())
            rest = rest[length:].lstrip()
        return pieces or [""]

    def _fitting(self, found: str, width: int, font: str, size: int) -> int:
        """Return how many letters of a text fit; at least one."""
        if self._measure(found, font, size) <= width:
            return len(found)
        low, high = 1, len(found)
        while high - low > 1:
            middle = (low + high) // 2
            if self._measure(found[:middle], font, size) <= width:
                low = middle
            else:
                high = middle
        return low
