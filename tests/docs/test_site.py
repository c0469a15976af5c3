"""The documentation builds without a warning and loads nothing from elsewhere."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from liveshop_sdk import errors
from tests.house.source import ROOT

pytestmark = pytest.mark.slow

# What a page loads by itself: scripts, styles, fonts, pictures. Plain links are fine.
LOADS = re.compile(
    r"""<(?:script|img|iframe|source|video|audio)\b[^>]*\bsrc\s*=\s*["'](?:https?:)?//"""
    r"""|<link\b(?=[^>]*\brel\s*=\s*["'](?:stylesheet|preload|preconnect|icon|dns-prefetch))"""
    r"""[^>]*\bhref\s*=\s*["'](?:https?:)?//""",
    re.IGNORECASE,
)
STYLE_LOADS = re.compile(r"""(?:@import|url\()\s*["']?(?:https?:)?//""", re.IGNORECASE)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [
            *[sys.executable, "-m", "sphinx", "--quiet", "--fail-on-warning", "--keep-going"],
            *["-d", str(out / "doctrees"), str(ROOT / "docs"), str(out / "html")],
        ],
        check=False,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return out / "html"


def test_no_page_loads_anything_remote(site: Path) -> None:
    pages = sorted(site.rglob("*.html"))
    assert site / "index.html" in pages
    assert [page.name for page in pages if LOADS.search(page.read_text(encoding="utf-8"))] == []


def test_no_style_loads_anything_remote(site: Path) -> None:
    styles = sorted(site.rglob("*.css"))
    assert styles
    found = [s.name for s in styles if STYLE_LOADS.search(s.read_text(encoding="utf-8"))]
    assert found == []


def test_the_watch_sees_a_remote_script() -> None:
    assert LOADS.search('<script src="https://cdn.example/a.js">')
    assert LOADS.search('<link href="//fonts.example/a.css" rel="stylesheet">')
    assert not LOADS.search('<a href="https://example.com">there</a>')
    assert not LOADS.search('<link rel="stylesheet" href="_static/a.css">')


def test_every_error_code_is_its_own_anchor(site: Path) -> None:
    page = (site / "reference/errors.html").read_text(encoding="utf-8")
    codes = {
        kind.code
        for kind in vars(errors).values()
        if isinstance(kind, type)
        and issubclass(kind, errors.LiveShopError)
        and kind is not errors.LiveShopError
    }
    assert "settings_invalid" in codes
    assert [code for code in sorted(codes) if f'id="{code}"' not in page] == []


def test_each_page_has_a_markdown_copy_that_is_listed(site: Path) -> None:
    listed = re.findall(r"^- \[.+\]\((.+)\)$", (site / "llms.txt").read_text("utf-8"), re.M)
    pages = {path.relative_to(site).as_posix() for path in site.rglob("*.md")}
    assert set(listed) == pages
    assert {"index.md", "quickstart.md", "guides/finance.md"} <= pages
