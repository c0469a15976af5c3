"""Every setting stands in the reference, with its default; nothing else does."""

import re
from dataclasses import MISSING, fields

from liveshop_sdk.settings import PREFIX, Secret, Settings
from tests.house.source import ROOT

PAGE = (ROOT / "docs/reference/settings.md").read_text(encoding="utf-8")
ROWS = dict(re.findall(rf"^\| `{PREFIX}(\w+)` \| (.+?) \|", PAGE, re.M))


def test_the_reference_lists_every_setting_and_no_other() -> None:
    assert sorted(ROWS) == sorted(field.name.upper() for field in fields(Settings))


def test_the_reference_says_every_default() -> None:
    told = {name: default.strip("`") for name, default in ROWS.items()}
    for field in fields(Settings):
        default = field.default
        assert default is not MISSING
        if isinstance(default, Secret):
            default = default.reveal()
        if default not in (None, ()):
            assert told[field.name.upper()] == default
