"""``liveshop fees``: what a person reads, what a script gets, and the file for a spreadsheet."""

import csv
from pathlib import Path

import pytest

from liveshop_sdk.shop.live_shop import LiveShop
from tests.flows.cli_support import FOR_MIKA, Cli, deliver, everything, furnish


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'shop.db'}"


@pytest.fixture
def cli(url: str) -> Cli:
    made = Cli(url)
    furnish(made)
    return made


@pytest.fixture
def order(cli: Cli, url: str) -> str:
    """An order of 49.90 that was paid and refunded in part; its webhooks arrived."""
    link = cli.json("links", "issue", *FOR_MIKA, "--item", "sku_tee=1")
    shop = LiveShop.from_env({"LIVESHOP_DATABASE_URL": url})
    visit = shop.links.open(link["token"]).checkout_id
    shop.close()
    cli.json("sandbox", "pay", visit)
    ref = str(cli.json("sandbox", "refund", visit, "--amount", "10.00")["order_ref"])
    deliver(url)
    return ref


def test_fees_are_read_and_told(cli: Cli, url: str, order: str) -> None:
    told = cli.run("fees", "list").out.splitlines()
    assert told == ["no fees are known", f"not known yet of 1 paid orders: {order}"]
    assert cli.run("fees", "sync").out.startswith("2 movements read, ")
    before = everything(url)
    again = cli.run("fees", "sync").out
    assert again.endswith(": 0 new, 2 known, 0 of no order of ours\n")
    assert everything(url) == before
    rows = [line.split() for line in cli.run("fees", "list").out.splitlines()]
    assert rows[0] == ["AT", "ORDER", "KIND", "GROSS", "FEE", "NET"]
    assert rows[1][1:] == [order, "charge", "49.90", "EUR", "1.00", "EUR", "48.90", "EUR"]
    assert rows[2][1:] == [order, "refund", "-10.00", "EUR", "0.00", "EUR", "-10.00", "EUR"]
    assert rows[3:] == [["fees:", "1.00", "EUR", "of", "39.90", "EUR,", "left", "38.90", "EUR"]]
    story = cli.run("explain", order).out
    assert "the platform charged 1.00 EUR, for the charge of 49.90 EUR, 20" in story


def test_what_a_script_gets(cli: Cli, order: str) -> None:
    done = cli.json("fees", "sync", "--since", "2026-01-01T00:00:00Z")
    assert {name: done[name] for name in ("platform", "added", "same", "foreign", "problems")} == {
        "platform": "sandbox",
        "added": 2,
        "same": 0,
        "foreign": 0,
        "problems": [],
    }
    assert done["since"] == "2026-01-01T00:00:00Z"
    found = cli.json("fees", "list", "--order", order)
    eur = {"currency": "EUR"}
    assert found["sums"] == [
        {
            "gross": {"amount": 3990, **eur},
            "fee": {"amount": 100, **eur},
            "net": {"amount": 3890, **eur},
        }
    ]
    assert (found["shown"], found["timezone"], found["unknown"]) == (True, "UTC", [])
    assert [(one["kind"], one["order_ref"]) for one in found["fees"]] == [
        ("charge", order),
        ("refund", order),
    ]
    assert cli.json("fees", "list", "--stream", "friday")["sums"] == found["sums"]
    assert cli.json("fees", "list", "--month", "2001-01")["fees"] == []


def test_a_file_for_a_spreadsheet(cli: Cli, order: str, tmp_path: Path) -> None:
    cli.run("fees", "sync")
    path = tmp_path / "fees.csv"
    assert cli.run("fees", "list", "--csv", str(path)).out == f"2 rows in {path}\n"
    with path.open(newline="", encoding="utf-8") as file:
        heads, *rows = csv.reader(file)
    assert heads == ["order_ref", "ref", "kind", "occurred_at", "currency", "gross", "fee", "net"]
    assert [(row[0], row[2], *row[4:]) for row in rows] == [
        (order, "charge", "EUR", "49.90", "1.00", "48.90"),
        (order, "refund", "EUR", "-10.00", "0.00", "-10.00"),
    ]
    assert cli.json("fees", "list", "--csv", str(path))["output"] == str(path)


@pytest.mark.parametrize(
    ("options", "code", "error"),
    [
        (("--order", "nobody's"), 1, "order_unknown"),
        (("--stream", "never"), 1, "stream_not_found"),
        (("--month", "2026-13"), 1, "period_invalid"),
    ],
)
def test_what_is_not_there_is_refused(
    cli: Cli, options: tuple[str, str], code: int, error: str
) -> None:
    assert cli.run("fees", "list", *options, "--json", code=code).error == error
