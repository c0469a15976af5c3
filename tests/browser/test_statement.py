"""The page of a statement: fit for everyone, on paper too, and nobody's text runs."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask, Response

from tests.browser.conftest import DESKTOP, PHONE, NewPage, serving
from tests.browser.test_fit_for_everyone import faults
from tests.unit.test_statements import EURO, LINE, PART, STATEMENT, hostile, page

ALL = ("pending", "payable", "in_transit", "disputed", "tax_withheld", "clawback_receivable")


@pytest.fixture
def address() -> Iterator[str]:
    """Where a statement with every part, and one of hostile texts, can be opened."""
    app = Flask("statements")
    wide = replace(EURO, opening=dict.fromkeys(ALL, 123_456_789), later={"payable": 5})
    full = replace(STATEMENT, brands=(replace(PART, sections=(wide,)), PART))
    attack = "<img src=x onerror=\"document.title='run'\"><script>document.title='run'</script>"
    pages = {
        "full": page(full, *[LINE] * 30),
        "empty": page(replace(STATEMENT, brands=())),
        "hostile": page(*hostile(attack)),
    }
    app.add_url_rule("/<name>", "page", lambda name: Response(pages[name], mimetype="text/html"))
    with serving(app) as server:
        yield f"http://127.0.0.1:{server.server_port}"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_axe_finds_nothing_serious(
    new_page: NewPage, address: str, size: tuple[int, int], scheme: str
) -> None:
    opened = new_page(size, color_scheme=scheme)
    found = []
    for name in ("full", "empty", "hostile"):
        opened.goto(f"{address}/{name}")
        found += faults(opened)
    assert found == []


def test_only_a_table_scrolls_sideways(new_page: NewPage, address: str) -> None:
    opened = new_page((360, 780))
    opened.goto(f"{address}/full")
    assert opened.evaluate("document.documentElement.scrollWidth") <= 360


def test_nobodys_text_runs(new_page: NewPage, address: str) -> None:
    opened = new_page()
    opened.goto(f"{address}/hostile")
    assert opened.title() != "run"
    assert opened.locator("img, script").count() == 0


def test_on_paper_nothing_is_cut(new_page: NewPage, address: str) -> None:
    opened = new_page()
    opened.goto(f"{address}/full")
    opened.emulate_media(media="print")
    ways = opened.eval_on_selector_all(
        ".wide", "found => found.map(one => getComputedStyle(one).overflowX)"
    )
    assert set(ways) == {"visible"}
    assert opened.pdf(prefer_css_page_size=True).startswith(b"%PDF")
