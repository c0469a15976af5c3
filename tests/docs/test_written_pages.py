"""What follows from the code is written from it, and says all of it."""

import inspect
import re
from pathlib import Path

import pytest

from docs._ext import error_page, expectation, name_lists, written
from docs._ext.error_remedies import REMEDIES
from liveshop_sdk import errors
from tests.house.source import ROOT, package

ERRORS = (ROOT / "docs/reference/errors.md").read_text(encoding="utf-8")
API = (ROOT / "docs/reference/api.md").read_text(encoding="utf-8")
PERFORMANCE = (ROOT / "docs/performance.md").read_text(encoding="utf-8")
HEADINGS = re.findall(r"^#{2,3} (\S+)$", ERRORS, re.M)
CODES = {
    kind.code
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, errors.LiveShopError) and kind is not errors.LiveShopError
}


@pytest.mark.parametrize("page", written.pages(), ids=lambda page: page.name)
def test_a_written_page_is_as_the_code_has_it(page: Path) -> None:
    is_same = page.read_text(encoding="utf-8") == written.pages()[page]
    assert is_same, "out of step: run python -m docs._ext"


def test_every_code_is_one_heading() -> None:
    of_the_web = {
        code
        for module in package()
        if module.room == "web"
        for code in re.findall(r'(?:\d{3}: \(|refused\(\s*\d{3},\s*)"(\w+)"', module.text)
    }
    assert {"bad_request", "fields_invalid", "form_outdated"} <= of_the_web
    assert sorted(HEADINGS) == sorted(CODES | of_the_web | {"usage"})


def test_every_code_has_a_remedy_and_no_other_has() -> None:
    families = {family.code for family in error_page.families()}
    assert sorted(REMEDIES) == sorted(set(HEADINGS) - families)


@pytest.mark.parametrize(
    "said",
    [
        "### link_expired\n\nAn authentic link whose time is over.\n\n- Do: Issue a new link.\n"
        "- HTTP 410 · exit code 1 · `LinkExpiredError` · fields `link_id`, `expired_at`\n",
        "- HTTP 400 · exit code 2 · `BrandAmbiguousError` · fields `brands`\n",
        "- HTTP 503 · exit code 1 · `MigrationNeededError` · fields `found`, `expected`\n",
        "- HTTP 500 · exit code 3 · `LedgerTamperedError` · fields `book`, `seq`, `problem`\n",
        "- HTTP 400; 401 for Shopify · exit code 1 · `SignatureInvalidError` ·",
        "### too_large\n\nToo large. Send less in one request.\n\n- Do:",
    ],
)
def test_an_entry_says_when_what_to_do_and_what_is_answered(said: str) -> None:
    assert said in ERRORS


def test_the_list_of_names_says_what_a_call_does() -> None:
    row = "| `shop.links.revoke` | Take a link back for good; repeating it changes nothing. |"
    assert row in API.splitlines()
    found = [name for name, _ in name_lists.names(API)]
    assert {"LiveShop.explain", "shop.creators.update", "migrate.upgrade"} <= set(found)
    assert len(found) == len(set(found)) > 100


def test_the_sentence_on_speed_follows_the_table() -> None:
    changed = re.sub(r"(SQLite: a visit opened \|[^|]*\|) [\d,]+/s", r"\1 1,234/s", PERFORMANCE)
    assert changed != PERFORMANCE
    assert "SQLite opens 1,234 links" in expectation.with_expectation(changed)
    with pytest.raises(LookupError, match="no row"):
        expectation.with_expectation(PERFORMANCE.replace("a visit opened", "else"))
