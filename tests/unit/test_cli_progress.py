"""A person at a terminal sees how far a long command is; a script sees nothing."""

import sys
from collections.abc import Iterator

import pytest

from liveshop_sdk.affiliate.statements.model import Statement
from liveshop_sdk.cli.commands import statements
from liveshop_sdk.shop.statements import CreatorStatement


def found() -> Iterator[CreatorStatement]:
    for creator in ("ana", "mika"):
        statement = Statement(creator=creator, name=None, period="2026-10", brands=())
        yield CreatorStatement(statement, {})


@pytest.mark.parametrize("is_terminal", [True, False])
def test_statements_are_counted_at_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], is_terminal: bool
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: is_terminal)
    passed = [one.statement.creator for one in statements._watched(found(), 5)]
    said = capsys.readouterr()
    assert (passed, said.out) == (["ana", "mika"], "")
    assert ("statement 2 of at most 5: mika" in said.err) == is_terminal
    assert is_terminal or said.err == ""
