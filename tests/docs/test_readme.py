"""The README is short, and what it points to is there."""

import json
import re

from tests.house.source import ROOT

TEXT = (ROOT / "README.md").read_text(encoding="utf-8")


def test_it_is_read_in_one_sitting() -> None:
    assert len(TEXT.splitlines()) < 150


def test_it_counts_the_vectors_for_other_languages() -> None:
    held = json.loads((ROOT / "tests/vectors/link-token.json").read_text(encoding="utf-8"))
    count = len(held["vectors"])
    assert f"{count} vectors for other languages" in TEXT
    page = (ROOT / "docs/reference/link-token.md").read_text(encoding="utf-8")
    assert f"holds {count} tokens" in page


def test_every_file_it_links_to_exists() -> None:
    links = re.findall(r"(?<!\!)\[[^\]]+\]\(([^)#]+)", TEXT)
    inside = [link for link in links if "://" not in link]
    assert len(inside) > 15
    assert [link for link in inside if not (ROOT / link).exists()] == []
