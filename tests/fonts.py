"""Small fonts for tests: the shapes of one that is at hand, under other letters."""

import struct
from pathlib import Path

from reportlab.pdfbase.ttfonts import TTFontFile, TTFontMaker


def font_with(path: Path, letters: str) -> str:
    """Write a TrueType font that has these letters and no others; returns its path."""
    shapes = TTFontFile("Vera.ttf")
    maker = TTFontMaker()
    for tag in shapes.table:
        maker.add(tag, shapes.get_table(tag))
    glyph = shapes.charToGlyph[ord("A")]
    codes = sorted({ord(letter) for letter in letters})
    groups = b"".join(struct.pack(">LLL", code, code, glyph) for code in codes)
    head = struct.pack(">HHHHL", 0, 1, 3, 10, 12)
    size = 16 + len(groups)
    maker.add("cmap", head + struct.pack(">HHLLL", 12, 0, size, 0, len(codes)) + groups)
    path.write_bytes(maker.makeStream())
    return str(path)
