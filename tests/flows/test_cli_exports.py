"""``liveshop ledger export``, ``exports`` and ``mapping`` as they are typed."""

import sqlite3
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from click.testing import CliRunner

from liveshop_sdk.cli import cli as tree
from liveshop_sdk.settings import Settings
from liveshop_sdk.shop.live_shop import LiveShop
from tests import databases
from tests.flows.cli_support import Cli, deliver, furnish

ISSUE = ("links", "issue", "--creator", "mika", "--stream", "friday", "--item", "sku_tee=1")


@pytest.fixture
def url(sqlite_server: databases.Sqlite) -> Iterator[str]:
    with sqlite_server.fresh() as url:
        yield url


@pytest.fixture
def cli(url: str) -> Cli:
    cli = Cli(url)
    furnish(cli)
    return cli


def sell(cli: Cli, url: str) -> None:
    token = cli.json(*ISSUE)["token"]
    shop = LiveShop.from_settings(Settings.load({"LIVESHOP_DATABASE_URL": url}))
    visit = shop.links.open(token).checkout_id
    shop.close()
    cli.run("sandbox", "pay", visit)
    deliver(url)


def test_a_series_goes_on_and_is_listed(cli: Cli, url: str, tmp_path: Path) -> None:
    export = ("ledger", "export", "--format", "xero", "--new", "--by", "ana", "--output")
    sell(cli, url)
    one = tmp_path / "one.csv"
    first = cli.json(*export, str(one))
    digest = sha256(one.read_bytes()).hexdigest()
    assert first["checksums"] == [f"{digest}  {one}"]
    assert (first["from_seq"], first["to_seq"], first["sha256"]) == (1, 1, digest)
    sell(cli, url)
    told = cli.run(*export, str(tmp_path / "two.csv")).out
    assert told.startswith(f"2 rows in {tmp_path / 'two.csv'}, up to entry 2\n")
    nothing = cli.json(*export, str(tmp_path / "three.csv"))
    assert (nothing["rows"], nothing["run"]) == (0, None)
    listed = cli.json("ledger", "exports", "--format", "xero")["exports"]
    assert [(run["from_seq"], run["to_seq"], run["created_by"]) for run in listed] == [
        (1, 1, "ana"),
        (2, 2, "ana"),
    ]
    assert listed[0]["sha256"] == digest
    assert digest in cli.run("ledger", "exports").out
    assert cli.json("ledger", "exports", "--format", "qbo")["exports"] == []


def test_what_was_booked_is_refused_and_can_be_repeated(cli: Cli, url: str, tmp_path: Path) -> None:
    sell(cli, url)
    export = ("ledger", "export", "--format", "qbo")
    first = cli.json(*export, "--output", str(tmp_path / "a"))
    refused = cli.run(*export, "--output", str(tmp_path / "b"), "--json", code=1)
    assert refused.error == "export_overlap"
    assert not (tmp_path / "b").exists()
    again = cli.json(*export, "--again", "--output", str(tmp_path / "b"))
    assert (again["sha256"], again["repeats"]) == (first["sha256"], first["run"])


def test_bytes_that_differ_end_with_three(cli: Cli, url: str, tmp_path: Path) -> None:
    sell(cli, url)
    export = ("ledger", "export", "--format", "csv", "--to-seq", "1", "--output")
    cli.run(*export, str(tmp_path / "a"))
    with sqlite3.connect(url.removeprefix("sqlite:///")) as raw:
        raw.execute("DROP TRIGGER ls_ledger_posting_no_update")
        raw.execute("UPDATE ls_ledger_posting SET amount = amount * 2")
    raw.close()
    refused = cli.run(*export, str(tmp_path / "b"), "--json", code=3)
    assert refused.error == "export_differs"
    assert not (tmp_path / "b").exists()


def test_a_table_is_printed_edited_and_used(cli: Cli, url: str, tmp_path: Path) -> None:
    sell(cli, url)
    text = cli.run("ledger", "mapping", "--format", "xero").out
    table = tmp_path / "xero.toml"
    table.write_text(text.replace('"6100"', '"4711"'))
    export = ("ledger", "export", "--format", "xero", "--json", "--mapping")
    assert ",4711,Tax Exempt," in cli.run(*export, str(table)).document["xero"]
    assert cli.json("ledger", "mapping", "--format", "xero")["accounts"]["fx:trading"] == "3100"
    table.write_text('accounts = {"brand:gold" = "1"}')
    assert cli.run(*export, str(table), code=1).error == "mapping_invalid"
    table.write_bytes(b"\xff")
    assert cli.run(*export, str(table), code=1).error == "mapping_invalid"
    cli.run(*export, str(tmp_path / "none.toml"), code=2)


@pytest.mark.parametrize(
    "args",
    [
        ("ledger", "mapping"),
        ("ledger", "mapping", "--format", "csv"),
        ("ledger", "export", "--format", "xlsx", "--json"),
        ("ledger", "export", "--output", "/"),
    ],
)
def test_wrong_usage_ends_with_two(cli: Cli, args: tuple[str, ...]) -> None:
    cli.run(*args, code=2)


@pytest.mark.parametrize("kind", ["xlsx", "parquet"])
def test_bytes_reach_stdout_as_they_are(cli: Cli, url: str, tmp_path: Path, kind: str) -> None:
    sell(cli, url)
    path = tmp_path / "out"
    cli.run("ledger", "export", "--format", kind, "--output", str(path))
    done = CliRunner().invoke(tree, ["ledger", "export", "--format", kind], env=cli.env)
    assert done.stdout_bytes == path.read_bytes()


def test_a_person_at_a_terminal_sees_how_far_it_is(
    cli: Cli, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sell(cli, url)
    args = ("ledger", "export", "--output", str(tmp_path / "a.csv"))
    assert cli.run(*args).err == ""
    monkeypatch.setattr("click.testing._NamedTextIOWrapper.isatty", lambda _: True, raising=False)
    assert "\rexporting … 100 %\r" in cli.run(*args).err
