"""The pages that are written, wholly or in part, from the code."""

from pathlib import Path

from docs._ext import chart_page, error_page, expectation, name_lists, rest_page

DOCS = Path(__file__).resolve().parents[1]


def pages() -> dict[Path, str]:
    """Return each of these pages with the text it should have."""
    described = rest_page.described()
    told = {
        DOCS / "reference/rest.md": rest_page.page(described),
        DOCS / "reference/openapi.json": rest_page.document(described),
        DOCS / "reference/accounts.md": chart_page.page(),
        DOCS / "reference/errors.md": error_page.page(),
    }
    for path in sorted((DOCS / "reference").glob("*.md")):
        text = path.read_text(encoding="utf-8")
        if name_lists.BEGIN in text:
            told[path] = name_lists.with_names(text)
    figures = DOCS / "performance.md"
    told[figures] = expectation.with_expectation(figures.read_text(encoding="utf-8"))
    return told
