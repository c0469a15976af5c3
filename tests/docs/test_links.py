"""Every link inside the project leads somewhere, also where no build rewrites it."""

import re
from functools import cache
from pathlib import Path

import pytest

from tests.house.source import ROOT, project_files

PAGES = [path for path in project_files() if path.suffix == ".md" and "changes" not in path.parts]
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
FENCED = re.compile(r"^```.*?^```", re.M | re.S)


@cache
def anchors(page: Path) -> frozenset[str]:
    """The anchors a repository's page gives its headings."""
    text = FENCED.sub("", page.read_text(encoding="utf-8"))
    headings = re.findall(r"^#+ (.+)$", text, re.M)
    plain = (re.sub(r"[`*]", "", heading).strip().lower() for heading in headings)
    return frozenset(re.sub(r"[^\w\- ]", "", heading).replace(" ", "-") for heading in plain)


def _problem(page: Path, link: str) -> str | None:
    """Say what is wrong with a link of a page, if it stays inside."""
    if "://" in link or link.startswith("mailto:"):
        return None
    name, _, anchor = link.partition("#")
    target = (page.parent / name).resolve() if name else page
    if not target.exists():
        return f"{link}: no such file"
    if anchor and target.suffix == ".md" and anchor not in anchors(target):
        return f"{link}: no such heading"
    return None


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_and_anchors_lead_somewhere(page: Path) -> None:
    links = LINK.findall(FENCED.sub("", page.read_text(encoding="utf-8")))
    assert [problem for link in links if (problem := _problem(page, link))] == []


def test_a_broken_link_and_a_broken_anchor_are_seen() -> None:
    readme = ROOT / "README.md"
    assert _problem(readme, "docs/reference/errors.md#link_expired") is None
    assert _problem(readme, "docs/none.md") == "docs/none.md: no such file"
    assert _problem(readme, "docs/reference/errors.md#none") is not None


@pytest.mark.parametrize("room", ["decisions", "guides", "platforms", "reference"])
def test_an_index_links_to_every_page_beside_it(room: str) -> None:
    folder = ROOT / "docs" / room
    linked = set(LINK.findall((folder / "index.md").read_text(encoding="utf-8")))
    assert linked >= {path.name for path in folder.glob("*.md")} - {"index.md"}
