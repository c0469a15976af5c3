"""A statement on paper: every letter or a word about it, every page numbered, nothing lost."""

import io
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from pypdf import PdfReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from liveshop_sdk.affiliate.statements.model import Line, Statement, section
from liveshop_sdk.affiliate.statements.pdf import write_pdf
from liveshop_sdk.errors import PdfFontInvalidError
from liveshop_sdk.settings import Settings
from tests.fonts import font_with
from tests.unit.test_statements import EURO, LINE, PART, SALE, STATEMENT, page, pdf, pdf_text

NAME = "=cmd|' /C calc'!A0 <b>x</b> Łukasz Жанна 山田"


def drawn(
    statement: Statement, lines: Iterable[Line] = (), *, fonts: Iterable[str] = ()
) -> tuple[str, str]:
    """Return the text of the PDF, and the letters it says are missing."""
    out = io.BytesIO()
    missing = write_pdf(out, statement, lambda *_: lines, fonts=tuple(fonts))
    return " ".join(pdf_text(out.getvalue()).split()), missing


# --- letters


def test_letters_that_no_font_has_are_told() -> None:
    text, missing = drawn(replace(STATEMENT, name=NAME), [replace(LINE, title="Ďáblík")])
    assert "=cmd|' /C calc'!A0 <b>x</b> Łukasz ????? ?? (mika)" in text
    assert "?áblík" in text  # the built-in font has an empty box in its place
    assert missing == "".join(sorted(set("ĎЖана山田")))
    assert drawn(STATEMENT, [LINE])[1] == ""


def test_a_font_that_is_named_draws_them(tmp_path: Path) -> None:
    cyrillic = font_with(tmp_path / "c.ttf", "Жанна")
    japanese = font_with(tmp_path / "j.ttf", "山田")
    text, missing = drawn(replace(STATEMENT, name=NAME), fonts=[cyrillic, japanese])
    assert (NAME in text, missing) == (True, "")
    assert drawn(replace(STATEMENT, name=NAME), fonts=[cyrillic])[1] == "山田"


def used(statement: Statement, *fonts: str) -> int:
    """Count the fonts that travel in the PDF."""
    out = io.BytesIO()
    write_pdf(out, statement, lambda *_: [], fonts=fonts)
    found = PdfReader(io.BytesIO(out.getvalue())).pages[0]["/Resources"]
    return len({one for one in found["/Font"] if one != "/F1"})  # type: ignore[index]


def test_a_word_has_one_font_where_one_has_it_whole(tmp_path: Path) -> None:
    plain = used(STATEMENT)
    whole = font_with(tmp_path / "w.ttf", "Žaneta")
    part = font_with(tmp_path / "p.ttf", "Ř")
    other = font_with(tmp_path / "o.ttf", "Řehoř")
    assert used(replace(STATEMENT, name="Řehoř"), part, other) == plain + 1
    assert used(replace(STATEMENT, name="Řehoř"), part, whole) == plain + 1  # and ř is missing
    assert used(STATEMENT, part, other, whole) == plain


@pytest.mark.parametrize("name", ["שלום", "سارة", "दीपा"])
def test_what_a_font_alone_cannot_set_right_is_told_as_well(tmp_path: Path, name: str) -> None:
    text, missing = drawn(
        replace(STATEMENT, name=name), fonts=[font_with(tmp_path / "f.ttf", name)]
    )
    assert "?" * len(name) in text
    assert missing == "".join(sorted(set(name)))


def test_marks_that_nobody_sees_are_no_letters() -> None:
    text, missing = drawn(replace(STATEMENT, name="Zo\u200bë\ufe0f\u00ad"))
    assert ("Zoë (mika)" in text, missing) == (True, "")


def test_a_font_is_not_taken_for_another_of_its_name(tmp_path: Path) -> None:
    """Who embeds us may draw with a font of that name, which has other letters."""
    pdfmetrics.registerFont(TTFont("theirs", font_with(tmp_path / "t.ttf", "Ω")))
    ours = font_with(tmp_path / "o.ttf", "Жанна")
    assert "Жанна (mika)" in drawn(replace(STATEMENT, name="Жанна"), fonts=[ours])[0]


def test_the_same_statement_with_the_same_fonts_is_the_same_file(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    made = []
    for folder in (tmp_path, tmp_path / "elsewhere"):
        out = io.BytesIO()
        font = font_with(folder / "f.ttf", "Жанна山田")
        write_pdf(out, replace(STATEMENT, name=NAME), lambda *_: [LINE], fonts=[font])
        made.append(out.getvalue())
    assert made[0] == made[1]
    assert made[0] != pdf(replace(STATEMENT, name=NAME), [LINE])


def test_a_font_that_was_exchanged_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "f.ttf"
    font_with(path, "Ж")
    assert drawn(replace(STATEMENT, name="Жан"), fonts=[str(path)])[1] == "ан"
    font_with(path, "Жан")
    assert drawn(replace(STATEMENT, name="Жан"), fonts=[str(path)])[1] == ""


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (None, "cannot be read (No such file or directory)"),
        (b"", "is no TrueType font"),
        (b"a text about fonts", "is no TrueType font"),
        (b"\x00\x01\x00\x00\x00\x04", "is no TrueType font"),
        (b"OTTO\x00\x09", "has PostScript outlines, and only TrueType outlines can be drawn"),
        (
            b"ttcf\x00\x01\x00\x00\x00\x00\x00\x01\x00\x00\x00\x10OTTO\x00\x09",
            "has PostScript outlines, and only TrueType outlines can be drawn",
        ),
    ],
)
def test_a_file_that_is_no_font_is_refused(
    tmp_path: Path, content: bytes | None, problem: str
) -> None:
    path = tmp_path / "font.ttf"
    if content is not None:
        path.write_bytes(content)
    out = io.BytesIO()
    with pytest.raises(PdfFontInvalidError) as caught:
        write_pdf(out, STATEMENT, lambda *_: [LINE], fonts=[str(path)])
    assert (caught.value.problem, out.getvalue()) == (problem, b"")


def test_fonts_are_named_one_after_the_other() -> None:
    found = Settings.load({"LIVESHOP_PDF_FONTS": " a/b.ttf, c.ttf,"}).pdf_fonts
    assert found == ("a/b.ttf", "c.ttf")
    assert Settings.load({}, {"LIVESHOP_PDF_FONTS": ["a, b.ttf"]}).pdf_fonts == ("a, b.ttf",)
    assert Settings.load({}).pdf_fonts == ()


def test_many_threads_make_the_files_that_one_makes() -> None:
    """A font belongs to the process: read by two at once, its letters went astray."""

    letters = "".join(map(chr, range(192, 255)))

    def made(number: int) -> bytes:
        statement = replace(STATEMENT, name=f"{number} {letters[number * 7 :]}")
        return pdf(statement, [replace(LINE, title=letters[number * 5 :])])

    alone = [made(number) for number in range(4)]
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(4) as pool:
            assert list(pool.map(made, [0, 1, 2, 3] * 25)) == alone * 25
    finally:
        sys.setswitchinterval(before)


# --- pages


def test_every_page_says_which_of_how_many() -> None:
    reader = PdfReader(io.BytesIO(pdf(STATEMENT, [LINE] * 100)))
    texts = [" ".join(one.extract_text().split()) for one in reader.pages]
    total = len(texts)
    assert total > 3
    for number, text in enumerate(texts, start=1):
        assert f"Page {number} of {total}" in text


def test_a_long_name_ends_before_the_page_number() -> None:
    name = " ".join(["Wilhelmina"] * 18)
    text, _ = drawn(replace(STATEMENT, name=name))
    assert text.count(f"{name} (mika)") == 1  # the heading has all of it
    assert "Wilhelmina… Page 1 of 1" in text or "… Page 1 of 1" in text


def test_an_order_is_named_however_long_its_product_is() -> None:
    title = "A very long title of a product that goes on and on " * 4
    sale = replace(SALE, order_ref="order_" + "0123456789" * 6)
    text, _ = drawn(STATEMENT, [replace(LINE, title=title, sale=sale)])
    assert sale.order_ref in text.replace(" ", "")
    assert text.count("goes on and on") == 4


def test_a_reason_is_told_whole() -> None:
    note = "The bonus of the summer campaign was missed. " * 6
    text, _ = drawn(STATEMENT, [replace(LINE, note=note)])
    assert text.count("summer") == 6


def test_the_notes_of_a_book_stay_together() -> None:
    note = "\n".join(f"line {number} of the note" for number in range(9))
    part = replace(PART, checkpoint=note)
    for rows in range(2, 22, 2):
        content = pdf(replace(STATEMENT, brands=(part,)), [LINE] * rows)
        pages = [one.extract_text() for one in PdfReader(io.BytesIO(content)).pages]
        assert sum("Read from the book" in text for text in pages) == 1
        assert any("Read from the book" in text and "line 8 of" in text for text in pages)


def test_what_comes_and_goes_within_a_month_has_its_columns() -> None:
    """A gift that was taken back left no column at all, and the PDF none to divide by."""
    euro = section("EUR", [(0, "adjustment", "payable", -250), (0, "adjustment", "payable", 250)])
    assert (euro.parts, euro.closing["payable"]) == (("payable",), 0)
    there = replace(LINE, kind="adjustment", sale=None, title="", changes={"payable": 250})
    back = replace(there, changes={"payable": -250})
    told = replace(STATEMENT, brands=(replace(PART, sections=(euro,)),))
    text, _ = drawn(told, [there, back])
    for said in (text, page(told, there, back)):
        assert "-2.50" in said
        assert "Payable" in said


def test_both_say_what_a_cap_took() -> None:
    cut = replace(LINE, sale=replace(SALE, uncapped=2000, cap=1200, amount=500), cut=1500)
    shared = replace(cut, sale=replace(cut.sale, weight=60, weight_total=100))  # type: ignore[type-var]
    text, _ = drawn(replace(STATEMENT, brands=(replace(PART, sections=(EURO,)),)), [cut, shared])
    said = "12%, cut from 20.00 to 5.00 by the order's cap"
    for where in (text, page(STATEMENT, cut, shared)):
        assert said in where
        assert f"{said}, 60 of 100" in where
    whole = replace(LINE, sale=replace(SALE, uncapped=599, cap=1200))
    assert "order's cap" not in page(STATEMENT, whole)
