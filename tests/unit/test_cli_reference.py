"""The reference documents every command and every option, and nothing else."""

import re
from collections.abc import Iterator

import click
import pytest

from liveshop_sdk.cli import cli
from tests.house.source import ROOT

PAGE = (ROOT / "docs/reference/cli.md").read_text(encoding="utf-8")
SECTIONS = {
    match[1]: match[2]
    for match in re.finditer(r"^#{2,3} (liveshop [^\n]*)\n(.*?)(?=^#{1,3} |\Z)", PAGE, re.M | re.S)
}


def commands(group: click.Group, path: str) -> Iterator[tuple[str, click.Command]]:
    """Every command below a group, groups included, by what people type."""
    for name, command in group.commands.items():
        yield f"{path} {name}", command
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")


COMMANDS = dict(commands(cli, "liveshop"))


def heading(path: str, command: click.Command) -> str:
    context = click.Context(command, info_name=path)
    arguments = [p for p in command.params if isinstance(p, click.Argument)]
    return " ".join([path, *(argument.make_metavar(context) for argument in arguments)])


@pytest.mark.parametrize("path", COMMANDS)
def test_a_command_is_documented_with_all_its_options(path: str) -> None:
    section = SECTIONS[heading(path, COMMANDS[path])]
    options = {
        option.opts[0]
        for option in COMMANDS[path].params
        if isinstance(option, click.Option) and "--json" not in option.opts
    }
    assert set(re.findall(r"^\| `(--[a-z-]+)", section, re.M)) == options


@pytest.mark.parametrize("path", COMMANDS)
def test_an_option_that_must_be_given_says_so(path: str) -> None:
    section = SECTIONS[heading(path, COMMANDS[path])]
    needed = {
        option.opts[0]
        for option in COMMANDS[path].params
        if isinstance(option, click.Option) and option.required
    }
    assert set(re.findall(r"^\| `(--[a-z-]+)[^\n]*Needed\.", section, re.M)) == needed


def test_nothing_else_is_documented() -> None:
    assert set(SECTIONS) == {heading(path, command) for path, command in COMMANDS.items()}


@pytest.mark.parametrize("path", COMMANDS)
def test_every_option_says_what_it_is_for(path: str) -> None:
    options = [p for p in COMMANDS[path].params if isinstance(p, click.Option)]
    assert [option.opts[0] for option in options if not option.help] == []
