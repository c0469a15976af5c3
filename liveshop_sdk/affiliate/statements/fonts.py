"""The fonts of a PDF: one that comes along, and those named for letters it lacks.

Each word is drawn in the first font that has all of its letters; where none has,
each letter is. So amounts look the same whatever is named.
"""

import re
import struct
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from io import BytesIO
from itertools import groupby
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

from liveshop_sdk.errors import ExtraMissingError, PdfFontInvalidError

# Scripts that run from right to left, or whose letters join or change places: to
# draw them takes more than a font, and drawn letter by letter they are wrong.
_NOT_BY_LETTER = re.compile(
    "[\u0590-\u08ff\u0900-\u0dff\u0f00-\u109f\u1780-\u17ff\ufb1d-\ufdff\ufe70-\ufefe]"
)
_UNSEEN = re.compile("[\ufe00-\ufe0f]")  # they choose between looks of the letter before
_WORDS = re.compile("[^ ]+| ")

one_at_a_time = Lock()
"""Held while a font is loaded or written out: the library has one of each for all threads."""


@dataclass(frozen=True, slots=True, eq=False)
class Font:
    """A font that PDFs can use.

    Attributes:
        name: The one it is registered under; the same for the same bytes.
        widths: Of each letter it has, by code point, in thousandths of the size.
        is_bold: Whether it is the bold one itself; others are drawn with a stroke.
    """

    name: str
    widths: Mapping[int, float]
    is_bold: bool = False

    def has(self, text: str) -> bool:
        """Tell whether it has every letter of a text."""
        return all(ord(letter) in self.widths for letter in text)


class Glyph(NamedTuple):
    """One letter, the font it is drawn in, and its width in thousandths of the size."""

    letter: str
    font: Font
    width: float


class Fonts:
    """Chooses the font of each letter, and remembers the letters that no font has."""

    def __init__(self, files: Iterable[str]) -> None:
        """Load the built-in fonts and these files.

        Raises:
            ExtraMissingError: reportlab is not installed.
            PdfFontInvalidError: A file cannot be read, or is no font that can be drawn.
        """
        try:
            import reportlab
            from reportlab.pdfbase.pdfmetrics import stringWidth
        except ModuleNotFoundError as error:
            raise ExtraMissingError(feature="A PDF", extra="pdf") from error
        self._measure: Any = stringWidth
        folder = Path(reportlab.__file__).with_name("fonts")
        plain, bold = (load(str(folder.joinpath(name))) for name in ("Vera.ttf", "VeraBd.ttf"))
        more = [load(file) for file in files]
        self._plain = (plain, *more)
        self._bold = (Font(bold.name, bold.widths, is_bold=True), *more)
        self.missing: set[str] = set()

    def set(self, text: str, *, bold: bool = False) -> list[Glyph]:
        """Return the letters of a text on one line; one that no font has becomes ``?``."""
        fonts = self._bold if bold else self._plain
        flat = " ".join(unicodedata.normalize("NFC", text).split())
        if not (flat.isascii() and flat.isprintable()):
            seen = (one for one in flat if not _is_unseen(one))
            flat = "".join(one if self._can_draw(one, fonts) else "?" for one in seen)
        return [
            Glyph(letter, font, font.widths[ord(letter)])
            for word in _WORDS.findall(flat)
            for font, run in _chosen(word, fonts)
            for letter in run
        ]

    def width(self, glyphs: Iterable[Glyph], size: int) -> Any:
        """Return how wide a line is, in points."""
        return sum(self._measure(text, font.name, size) for font, text in runs(glyphs))

    def _can_draw(self, letter: str, fonts: Sequence[Font]) -> bool:
        if not _NOT_BY_LETTER.match(letter) and any(font.has(letter) for font in fonts):
            return True
        self.missing.add(letter)
        return False


def runs(glyphs: Iterable[Glyph]) -> Iterator[tuple[Font, str]]:
    """Yield the parts of a line that have one font each."""
    for font, some in groupby(glyphs, lambda glyph: glyph.font):
        yield font, "".join(glyph.letter for glyph in some)


def load(file: str) -> Font:
    """Return a font that PDFs can use; a file that did not change is read once.

    Raises:
        PdfFontInvalidError: It cannot be read, or is no font that can be drawn.
    """
    try:
        state = Path(file).stat()
        with one_at_a_time:
            return _loaded(file, state.st_mtime_ns, state.st_size)
    except OSError as error:
        problem = f"cannot be read ({error.strerror})"
        raise PdfFontInvalidError(file=file, problem=problem) from None


@lru_cache(maxsize=32)
def _loaded(file: str, changed: int, size: int) -> Font:  # noqa: ARG001 - what tells it anew
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFError, TTFont

    content = Path(file).read_bytes()
    name = f"liveshop-{sha256(content).hexdigest()[:32]}"
    try:
        font = TTFont(name, BytesIO(content))
    except (TTFError, struct.error, LookupError) as error:
        problem = "is no TrueType font"
        if "postscript" in str(error):
            problem = "has PostScript outlines, and only TrueType outlines can be drawn"
        raise PdfFontInvalidError(file=file, problem=problem) from None
    face: Any = font.face
    # One that is called as another already is would give way to it, whatever letters it has.
    face.name += b"-" + name[-8:].encode()
    pdfmetrics.registerFont(font)
    has = [code for code, glyph in face.charToGlyph.items() if glyph]  # 0 is the empty box
    return Font(name, {code: face.getCharWidth(code) for code in has})


def _chosen(text: str, fonts: Sequence[Font]) -> list[tuple[Font, str]]:
    """Give a word to the first font that has it, else each letter; every one is in some."""
    font = next((one for one in fonts if one.has(text)), None)
    if font is not None:
        return [(font, text)]
    return [run for letter in text for run in _chosen(letter, fonts)]


def _is_unseen(letter: str) -> bool:
    return unicodedata.category(letter) == "Cf" or _UNSEEN.match(letter) is not None
