"""The README is short, and what it points to is there."""

import re

from tests.house.source import ROOT

TEXT = (ROOT / "README.md").read_text(encoding="utf-8")


def test_it_is_read_in_one_sitting() -> None:
    assert len(TEXT.splitlines()) < 150


def test_every_file_it_links_to_exists() -> None:
    links = re.findall(r"(?<!\!)\[[^\]]+\]\(([^)#]+)", TEXT)
    inside = [link for link in links if "://" not in link]
    assert len(inside) > 15
    assert [link for link in inside if not (ROOT / link).exists()] == []
