"""A statement as values and as files, without any database."""

import io
import json
import tracemalloc
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from itertools import repeat

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader
from pypdf.generic import DictionaryObject

from liveshop_sdk.affiliate.commission import CommissionLine
from liveshop_sdk.affiliate.ledger.kinds import RULES
from liveshop_sdk.affiliate.statements import words
from liveshop_sdk.affiliate.statements.document import document
from liveshop_sdk.affiliate.statements.html import Lines, html
from liveshop_sdk.affiliate.statements.model import (
    GROUPS,
    PARTS,
    BrandPart,
    Held,
    Line,
    Payout,
    Proof,
    Section,
    Statement,
    added,
    group_of,
    section,
    standing,
)
from liveshop_sdk.affiliate.statements.pdf import write_pdf

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</style><style>*{display:none}",
    "]]>--><!--",
    "&lt;b&gt; {{ 7*7 }} {title} %s",
    "\u202egnp.exe\u0000\ud800",
    "(paren) Tj ET \\ ) endstream",
    "=HYPERLINK(1)",
]

SALE = CommissionLine(
    line_ref="r1",
    brand="main",
    platform="sandbox",
    account="sandbox",
    order_ref="o1",
    order_line="li_1",
    creator="mika",
    credited="mika",
    stream="drop",
    currency="EUR",
    base=4990,
    rate_bps=1200,
    weight=1,
    weight_total=1,
    amount=599,
    terms_version=1,
    hold_until=datetime(2026, 10, 16, tzinfo=UTC),
    withheld="",
)
LINE = Line(
    seq=1, on=date(2026, 10, 2), kind="sale", changes={"pending": 599}, sale=SALE,
    sku="sku_tee", title="Tee", why="coupon", status="pending", kept=599,
)  # fmt: skip
EURO = Section(
    currency="EUR",
    opening={"payable": 100},
    movements={"earned": {"pending": 599}},
    later={},
    held=(Held(why="hold", until=date(2026, 10, 16), lines=1, amount=599),),
    payouts=(
        Payout(
            item_id="pit_1", state="sent", rail="sepa", created_on=date(2026, 10, 3),
            changed_on=date(2026, 10, 4), amount=500, withheld=0,
        ),
    ),
)  # fmt: skip
PART = BrandPart(
    brand="main",
    timezone="Europe/Berlin",
    as_of_seq=7,
    root_hash="ab" * 32,
    period_status="open",
    sections=(EURO,),
)
STATEMENT = Statement(creator="mika", name="Mika", period="2026-10", brands=(PART,))


def page(statement: Statement, *lines: Line) -> str:
    return "".join(html(statement, lambda _brand, _section: lines))


def pdf(statement: Statement, lines: Iterable[Line]) -> bytes:
    out = io.BytesIO()
    write_pdf(out, statement, lambda _brand, _section: lines)
    return out.getvalue()


def pdf_text(content: bytes) -> str:
    return "\n".join(one.extract_text() for one in PdfReader(io.BytesIO(content)).pages)


# --- sums

sums = st.lists(
    st.tuples(
        st.sampled_from([-1, 0, 1]),
        st.sampled_from([*RULES, "unheard_of"]),
        st.sampled_from(PARTS),
        st.integers(-(10**12), 10**12),
    ),
    max_size=30,
)


@given(sums)
def test_opening_and_movements_are_closing_and_all_is_the_ledgers(
    rows: list[tuple[int, str, str, int]],
) -> None:
    found = section("EUR", rows)
    assert found.closing == added(found.opening, *found.movements.values())
    for part in PARTS:
        assert found.balance[part] == -sum(row[3] for row in rows if row[2] == part)
        closing = -sum(row[3] for row in rows if row[2] == part and row[0] < 1)
        assert found.closing[part] == closing
    assert set(found.movements) == {group_of(kind) for when, kind, *_ in rows if when == 0}


def test_every_kind_that_touches_a_creator_has_a_group_and_a_word() -> None:
    ours = {
        kind for kind, rule in RULES.items() if any(role.startswith("creator:") for role in rule)
    }
    assert {kind for kind in ours if group_of(kind) == "other"} == set()
    for kind in ours:
        assert words.kind(replace(LINE, kind=kind))[0].isupper()
    assert set(words.GROUPS) == {*GROUPS, "other"}
    assert set(words.PARTS) == set(PARTS)


@pytest.mark.parametrize(
    ("posted", "status", "kept"),
    [
        ({"pending": -599}, "pending", 599),
        ({"pending": -359}, "pending", 359),
        ({"payable": -599}, "released", 599),
        ({"payable": -500, "clawback_receivable": -99}, "released", 599),
        ({"payable": -599, "clawback_receivable": 599}, "taken_back", 0),
        ({"disputed": -120, "payable": -479}, "disputed", 599),
        ({}, "taken_back", 0),
    ],
)
def test_what_a_line_stands_at(posted: dict[str, int], status: str, kept: int) -> None:
    assert standing(SALE, posted) == (status, kept)
    if status == "pending":
        assert standing(replace(SALE, withheld="over_limit"), posted) == ("review", kept)


# --- words


def test_amounts_have_the_decimals_of_their_currency() -> None:
    for currency, text in (("EUR", "12.34"), ("JPY", "1234"), ("KWD", "1.234")):
        found = replace(EURO, currency=currency)
        assert words.amount(found, 1234) == text
        assert words.amount(found, -1234) == f"-{text}"


def test_a_share_and_a_rest_are_spelled_out() -> None:
    split = replace(LINE, sale=replace(SALE, weight=60, weight_total=100), kept=359)
    assert words.rate(EURO, split) == "12%, 60 of 100"
    assert words.status(EURO, split) == "In hold, 3.59 of 5.99 left"
    assert words.month("2026-01") == "January 2026"
    assert words.day(date(2026, 12, 3)) == "3 December 2026"


# --- pages


class _Shape(HTMLParser):
    """Collects what a page is made of."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.texts: list[str] = []
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def shape(text: str) -> _Shape:
    found = _Shape()
    found.feed(text)
    return found


def hostile(text: str) -> tuple[Statement, Line]:
    """Put a text wherever somebody else may have written one."""
    payout = replace(EURO.payouts[0], item_id=text, rail=text)
    euro = replace(EURO, payouts=(payout,))
    part = replace(PART, brand=text, timezone=text, sections=(euro,), checkpoint=text)
    line = replace(
        LINE, title=text, why=text, note=text, sale=replace(SALE, order_ref=text, order_line=text)
    )
    return Statement(creator="mika", name=text, period="2026-10", brands=(part,)), line


@pytest.mark.parametrize("text", HOSTILE)
def test_texts_of_others_stay_texts_on_the_page(text: str) -> None:
    plain, odd = page(*hostile("name")), page(*hostile(text))
    assert shape(odd).tags == shape(plain).tags
    assert shape(odd).attributes == shape(plain).attributes
    assert any(text in one for one in shape(odd).texts)


@given(st.text(min_size=1))
def test_no_text_changes_the_shape_of_the_page(text: str) -> None:
    odd = shape(page(*hostile(text)))
    assert odd.tags == shape(page(*hostile("name"))).tags


def test_the_page_loads_nothing_and_runs_nothing() -> None:
    found = shape(page(STATEMENT, LINE))
    assert not {"script", "img", "link", "iframe", "object", "form"} & set(found.tags)
    assert not {one for one in found.attributes if one.startswith("on") or one == "src"}
    text = page(STATEMENT, LINE)
    assert "default-src 'none'" in text
    assert "http://" not in text
    assert "https://" not in text
    assert "url(" not in text


@pytest.mark.parametrize("text", HOSTILE)
def test_texts_of_others_are_whole_in_the_document(text: str) -> None:
    statement, line = hostile(text)
    found = json.loads("".join(document(statement, lambda *_: [line], lambda _: [])))
    assert found["name"] == text
    assert found["brands"][0]["currencies"][0]["lines"][0]["order"]["title"] == text


@pytest.mark.parametrize("text", HOSTILE)
def test_texts_of_others_are_drawn_in_the_pdf_and_nothing_else(text: str) -> None:
    statement, line = hostile(text)
    reader = PdfReader(io.BytesIO(pdf(statement, [line])))
    assert len(reader.pages) == 1
    for one in reader.pages:
        assert "/Annots" not in one
    root = reader.trailer["/Root"].get_object()
    assert isinstance(root, DictionaryObject)
    assert not {"/OpenAction", "/AA", "/Names", "/AcroForm"} & set(root)
    assert "Movements" in reader.pages[0].extract_text()


def test_the_pdf_says_what_the_page_says() -> None:
    text = " ".join(pdf_text(pdf(STATEMENT, [LINE])).split())
    for said in (
        "Mika (mika)", "October 2026", "Summary, main, EUR", "When the month began", "1.00",
        "Held back now", "In hold until 16 October 2026", "Payouts, main, EUR", "pit_1", "sepa",
        "Movements, main, EUR", "2026-10-02", "Sale", "Tee", "o1", "49.90", "12%", "Coupon",
        "In hold", "5.99", "after entry 7", "ab" * 32, "Page 1",
    ):  # fmt: skip
        assert said in text, said
        assert said in page(STATEMENT, LINE) or said in ("Page 1",)


def test_letters_the_font_lacks_are_marked() -> None:
    text = pdf_text(pdf(replace(STATEMENT, name="Zoë 陳"), []))
    assert "Zoë ?" in text


def test_heads_are_on_every_page_of_the_pdf() -> None:
    reader = PdfReader(io.BytesIO(pdf(STATEMENT, [LINE] * 100)))
    texts = [one.extract_text() for one in reader.pages]
    assert len(texts) == 4
    assert all("Credited by" in text for text in texts)
    assert sum(text.count("2026-10-02") for text in texts) == 100


def test_a_long_amount_is_never_broken() -> None:
    rich = replace(LINE, changes={"pending": 10**15 - 1})
    assert "9999999999999.99" in pdf_text(pdf(STATEMENT, [rich]))


def many(count: int) -> Iterator[Line]:
    for number in range(count):
        yield replace(LINE, title=f"Tee {number}")


def test_the_page_and_the_document_are_never_in_memory_as_a_whole() -> None:
    proof = Proof(seq=1, leaf_hash="ab" * 32, path=("cd" * 32,) * 15)

    def proved(statement: Statement, lines: Lines) -> Iterator[str]:
        return document(statement, lines, lambda _: repeat(proof, 20_000))

    for write in (html, proved):
        tracemalloc.start()
        total = sum(len(piece) for piece in write(STATEMENT, lambda *_: many(20_000)))
        _now, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert total > 4_000_000
        assert peak < 500_000
