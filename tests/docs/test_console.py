"""Commands on the pages exist, and the quickstart's are run and answer what it says."""

import os
import re
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import requests
from click.testing import CliRunner

from liveshop_sdk.cli import cli
from tests.house.source import ROOT

QUICKSTART = ROOT / "docs/quickstart.md"
PAGE_BASE = "http://127.0.0.1:8000"
PAGES = [
    ROOT / "README.md",
    *sorted(page for page in (ROOT / "docs").rglob("*.md") if "_build" not in page.parts),
]
NAMED = re.compile(r"(?:^\$ |`)(?:flask )?liveshop ([^`\n]+)", re.M)

# What differs from run to run, in the order of their spelling on the page.
CHANGING = re.compile(
    r"lk1\.[\w.-]+|(?<=/l/)[0-9a-z]{8}\b|\b[a-z]{3}_[0-9a-z]{26}\b"
    r"|\b[0-9a-f]{64}\b|\d{4}-\d\d-\d\dT[\d:.]+Z"
    r"|(?<=liveshop/)[0-9a-f]{16}\b|(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{43}=|(?<=recorded_at )\d{16}"
    r"|[A-Za-z0-9+/]{91}="
)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_command_named_on_a_page_exists(page: Path) -> None:
    wrong = [
        f"liveshop {line}: {problem}"
        for line in NAMED.findall(page.read_text(encoding="utf-8"))
        if (problem := _problem(line))
    ]
    assert wrong == []


def test_an_unknown_command_or_option_is_seen() -> None:
    assert _problem("ledger verify --json") is None
    assert _problem("ledger burn") == "no command 'burn'"
    assert _problem("ledger verify --hard") == "no option --hard"


def test_the_quickstart_answers_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith("LIVESHOP_")]:
        monkeypatch.delenv(name)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    monkeypatch.setenv("LIVESHOP_BASE_URL", f"http://127.0.0.1:{port}")
    monkeypatch.chdir(tmp_path)
    reader = Reader(f"http://127.0.0.1:{port}")
    try:
        for command, told in _commands(QUICKSTART.read_text(encoding="utf-8")):
            if not command.startswith("pip "):
                reader.follow(command, told)
    finally:
        reader.stop()
    assert reader.count >= 13


def test_a_month_is_closed_as_the_page_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = (ROOT / "docs/guides/close-a-month.md").read_text(encoding="utf-8")
    program = re.search(r"^```python\n(.*?)^```", page, re.M | re.S)
    assert program is not None
    monkeypatch.chdir(tmp_path)
    subprocess.run(
        [sys.executable, "-c", program[1]],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=True,
        timeout=60,
    )
    reader = Reader(PAGE_BASE)
    for command, told in _commands(page):
        reader.follow(command, told)
    assert reader.count == 10


class Reader:
    """Follows a page command by command, with the ids of this run for those printed."""

    def __init__(self, base: str) -> None:
        self.base, self.count = base, 0
        self._ids: dict[str, str] = {}
        self._server: subprocess.Popen[str] | None = None

    def follow(self, command: str, told: str) -> None:
        mine = CHANGING.sub(lambda found: self._ids.get(found[0], found[0]), command)
        answer = self._run(mine.replace(PAGE_BASE, self.base)).replace(self.base, PAGE_BASE)
        assert _constant(answer) == _constant(told), command
        self._ids |= dict(zip(CHANGING.findall(told), CHANGING.findall(answer), strict=True))
        self.count += 1

    def stop(self) -> None:
        if self._server is not None:
            self._server.terminate()
            self._server.communicate(timeout=20)

    def _run(self, command: str) -> str:
        words = shlex.split(command)
        if words[0] == "curl":
            return requests.get(words[-1], allow_redirects=False, timeout=10).headers["Location"]
        assert words[0] == "liveshop", command
        if words[1] == "serve":
            return self._serve()
        done = CliRunner().invoke(cli, words[1:])
        assert done.exit_code == 0, done.output
        if words[1] == "sandbox":
            self._wait_for_the_worker()
        return done.stdout

    def _serve(self) -> str:
        port = self.base.rpartition(":")[2]
        program = "from liveshop_sdk.cli import main; main()"
        self._server = subprocess.Popen(
            [sys.executable, "-c", program, "serve", "--port", port],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
        )
        assert self._server.stderr is not None
        return self._server.stderr.readline()

    def _wait_for_the_worker(self) -> None:
        for _ in range(100):
            done = CliRunner().invoke(cli, ["events", "list"])
            if re.search(r"inbox new +0$(?s:.)*outbox pending +0$", done.stdout, re.M):
                return
            time.sleep(0.1)
        raise AssertionError(done.stdout)


def _commands(page: str) -> Iterator[tuple[str, str]]:
    for block in re.findall(r"^```console\n(.*?)^```", page, re.M | re.S):
        for part in re.split(r"^\$ ", block, flags=re.M)[1:]:
            command, _, told = part.partition("\n")
            yield command, told


def _constant(text: str) -> str:
    lines = (CHANGING.sub("…", line).rstrip() for line in text.strip().splitlines())
    return "\n".join(lines)


def _problem(line: str) -> str | None:
    """Say what is wrong with a command line as a page writes it; values are not judged."""
    command: click.Command = cli
    for word in re.sub(r"[\[\]()|,]", " ", line).partition(" -- ")[0].split():
        if word.startswith("-"):
            known = {option for each in command.params for option in each.opts}
            if word.partition("=")[0] not in {*known, "--help", "-h", "--version"}:
                return f"no option {word}"
        elif isinstance(command, click.Group):
            if word.startswith(("…", "#", "&", ">", "<")):
                return None
            found = command.commands.get(word)
            if found is None:
                return f"no command {word!r}"
            command = found
        elif word.startswith((">", "#", "&")):
            return None
    return None
