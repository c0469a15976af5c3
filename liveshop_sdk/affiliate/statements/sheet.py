"""Sheets of paper in a PDF: texts and tables drawn from the top down."""

from collections.abc import Sequence
from fractions import Fraction
from typing import IO, Any, NamedTuple

from liveshop_sdk.affiliate.statements.fonts import Fonts, Glyph, one_at_a_time, runs

WIDTH, HEIGHT = 842, 595  # A4, landscape, in points
MARGIN, _FOOT = 36, 30
ROOM = WIDTH - 2 * MARGIN
_SIZE, _LEADING, _PAD = 7, 9, 8
_BLACK, _GREY, _RULE = "#000000", "#595959", "#cccccc"
_MOST_LINES = 20
"""Of one text in a cell, so that a row of two always fits on a page."""

_PAGES = "pages"
_PAGES_ROOM = 14

Cell = str | tuple[str, str]
"""A text; or two, each with lines of its own unless both fit into one."""


class Column(NamedTuple):
    """A column of a table; amounts stand on the right and are never broken."""

    head: str
    width: int
    is_amount: bool = False


class Sheet:
    """Draws texts and rows, and begins new pages by itself."""

    def __init__(self, out: IO[bytes], title: str, fonts: Fonts) -> None:
        """Begin the first page; `title` stands at the foot of every one."""
        from reportlab.lib.colors import HexColor
        from reportlab.pdfgen.canvas import Canvas

        self._fonts = fonts
        self._colors = {color: HexColor(color) for color in (_BLACK, _GREY, _RULE)}
        self._canvas: Any = Canvas(out, pagesize=(WIDTH, HEIGHT), invariant=1)
        self._title = fonts.set(title)
        self._canvas.setTitle("".join(glyph.letter for glyph in self._title))
        self._canvas.setAuthor("")
        self._columns: Sequence[Column] = ()
        self._page, self._y = 1, HEIGHT - MARGIN

    def save(self) -> None:
        """Finish the last page and write the file."""
        self._end_page()
        self._canvas.beginForm(_PAGES)
        self._y = MARGIN
        self._draw(WIDTH - MARGIN - _PAGES_ROOM, self._fonts.set(str(self._page)), _SIZE, _GREY)
        self._canvas.endForm()
        with one_at_a_time:
            self._canvas.save()

    def gap(self, *, before: int = 0) -> None:
        """Leave a line's room, on a new page where what follows would be broken.

        Args:
            before: Points that must be left on the page behind it.
        """
        self._columns = ()
        self._need(_LEADING + before)
        self._y -= _LEADING

    def text(self, found: str, *, size: int = 8, bold: bool = False, grey: bool = False) -> None:
        """Draw a paragraph over the whole width."""
        self._columns = ()
        color = _GREY if grey else _BLACK
        for piece in self._fit(self._fonts.set(found, bold=bold), ROOM, size, most=6):
            self._need(size * 7 // 5)
            self._y -= size * 7 // 5
            self._draw(MARGIN, piece, size, color, bold=bold)

    def table(self, caption: str, columns: Sequence[Column]) -> None:
        """Begin a table; its heads are drawn again at the top of every page."""
        self.gap(before=7 * _LEADING)
        self.text(caption, size=9, bold=True)
        self._columns = columns
        self._draw_heads()

    def row(self, cells: Sequence[Cell], *, bold: bool = False) -> None:
        """Draw a row of the table that was begun last."""
        self._draw_row(cells, _BLACK, bold=bold)

    def _draw_heads(self) -> None:
        self._draw_row([column.head for column in self._columns], _GREY)

    def _draw_row(self, cells: Sequence[Cell], color: str, *, bold: bool = False) -> None:
        columns = self._columns
        fitted = [
            [self._fonts.set(str(cell), bold=bold)]
            if column.is_amount
            else self._lines(cell, column.width - _PAD, bold=bold)
            for cell, column in zip(cells, columns, strict=True)
        ]
        height = max(map(len, fitted)) * _LEADING + 4
        self._need(height)
        x = MARGIN
        for pieces, column in zip(fitted, columns, strict=True):
            if column.is_amount:
                self._draw_amount(x, pieces[0], column.width - _PAD, color, bold=bold)
            else:
                for number, piece in enumerate(pieces, start=1):
                    self._draw(x, piece, _SIZE, color, down=number * _LEADING, bold=bold)
            x += column.width
        self._y -= height
        self._canvas.setStrokeColor(self._colors[_RULE])
        self._canvas.setLineWidth(1)
        self._canvas.line(MARGIN, self._y, x, self._y)

    def _lines(self, cell: Cell, width: int, *, bold: bool) -> list[list[Glyph]]:
        """Break what a cell says into lines."""
        texts = cell if isinstance(cell, tuple) else (cell,)
        whole = self._fonts.set(" \u00b7 ".join(filter(None, texts)), bold=bold)
        if len(texts) == 1 or _fitting(whole, width, _SIZE) == len(whole):
            return self._fit(whole, width, _SIZE, most=_MOST_LINES)
        glyphs = [self._fonts.set(text, bold=bold) for text in texts if text]
        return [line for one in glyphs for line in self._fit(one, width, _SIZE, most=_MOST_LINES)]

    def _draw_amount(
        self, x: Any, cell: list[Glyph], width: int, color: str, *, bold: bool
    ) -> None:
        """Draw a number on the right: smaller where it is long, but never in two pieces."""
        measure = self._fonts.width
        size = next((one for one in range(_SIZE, 3, -1) if measure(cell, one) <= width), 3)
        self._draw(x + width - measure(cell, size), cell, size, color, down=_LEADING, bold=bold)

    def _draw(
        self,
        x: Any,
        glyphs: Sequence[Glyph],
        size: int,
        color: str,
        *,
        down: int = 0,
        bold: bool = False,
    ) -> None:
        if not glyphs:
            return
        if bold:
            self._canvas.setLineWidth(Fraction(size, 30))
            self._canvas.setStrokeColor(self._colors[color])
        text = self._canvas.beginText(x, self._y - down)
        text.setFillColor(self._colors[color])
        for font, run in runs(glyphs):
            if bold:  # a font that has no bold letters gets a stroke around them
                text.setTextRenderMode(0 if font.is_bold else 2)
            text.setFont(font.name, size)
            text.textOut(run)
        if bold:
            text.setTextRenderMode(0)
        self._canvas.drawText(text)

    def _need(self, height: int) -> None:
        """Begin a new page where so much does not fit on this one."""
        if self._y - height >= MARGIN + _FOOT:
            return
        self._end_page()
        self._page += 1
        self._y = HEIGHT - MARGIN
        if self._columns:
            self._draw_heads()

    def _end_page(self) -> None:
        """Draw the foot; how many pages there are is drawn into it once that is known."""
        at, self._y = self._y, MARGIN
        number = self._fonts.set(f"Page {self._page} of")
        x = WIDTH - MARGIN - _PAGES_ROOM - 4 - int(self._fonts.width(number, _SIZE))
        [title] = self._fit(self._title, x - MARGIN - _PAD, _SIZE, most=1)
        self._draw(MARGIN, title, _SIZE, _GREY)
        self._draw(x, number, _SIZE, _GREY)
        self._canvas.doForm(_PAGES)
        self._y = at
        self._canvas.showPage()

    def _fit(self, glyphs: list[Glyph], width: int, size: int, *, most: int) -> list[list[Glyph]]:
        """Break a text into lines that fit; what is over after so many is cut, and shown so."""
        lines: list[list[Glyph]] = []
        rest = glyphs
        while len(lines) < most:
            length = _fitting(rest, width, size)
            if length == len(rest):
                return [*lines, rest]
            if len(lines) == most - 1:
                kept = rest[: max(length - 2, 1)]
                kept = kept[:-1] if kept[-1].letter == " " else kept
                return [*lines, [*kept, *self._fonts.set("\u2026")]]
            at = next((one for one in range(length, 0, -1) if rest[one].letter == " "), length)
            lines.append(rest[:at])
            rest = rest[at + 1 :] if rest[at].letter == " " else rest[at:]
        return lines


def _fitting(glyphs: Sequence[Glyph], width: int, size: int) -> int:
    """Return how many letters of a text fit; at least one."""
    used: Any = 0
    for count, glyph in enumerate(glyphs):
        used += glyph.width * size
        if used > width * 1000:
            return max(count, 1)
    return len(glyphs)
