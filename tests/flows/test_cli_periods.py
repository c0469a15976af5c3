"""Time on air, products given away and terms of a period, on the command line."""

import json
from pathlib import Path

import pytest

from tests.flows.cli_support import OPEN, Cli, deliver, everything, furnish


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'shop.db'}"


@pytest.fixture
def cli(url: str) -> Cli:
    cli = Cli(url)
    furnish(cli)
    return cli


def test_sales_shared_by_air_time_wait_for_it(cli: Cli, url: str) -> None:
    cli.run("creators", "add", "ana", "--rate", "10%")
    hosts = ("--host", "mika", "--host", "ana")
    added = cli.json("streams", "add", "duo", *hosts, *OPEN, "--share-by-air-time")
    assert (added["shares_by"], added["air_minutes"]) == ("air_time", None)
    link = ("--creator", "mika", "--stream", "duo", "--item", "sku_tee=1")
    token = cli.json("links", "issue", *link)["token"]
    visit = cli.json("links", "open", token)["checkout_id"]
    order = cli.json("sandbox", "pay", visit)["order_ref"]
    deliver(url)
    assert "5.99 EUR of mika: waits for air time of duo" in cli.run("explain", order).out
    told = cli.json("streams", "air", "duo", "--host", "mika=10", "--host", "ana=30")
    assert told == {
        "stream": "duo",
        "minutes": {"mika": 10, "ana": 30},
        "shared": 1,
        "entries": 1,
    }
    lines = cli.json("explain", order)["lines"]
    assert [(one["creator"], one["earned"]["amount"]) for one in lines] == [
        ("ana", 449),
        ("mika", 150),
    ]
    before = everything(url)
    assert cli.json("streams", "air", "duo", "--host", "mika=10", "--host", "ana=30") == {
        **told,
        "shared": 0,
        "entries": 0,
    }
    other = ("streams", "air", "duo", "--host", "mika=11", "--host", "ana=30")
    assert cli.run(*other, "--json", code=1).error == "already_exists"
    assert cli.run("streams", "air", "duo", "--host", "mika=1", "--json", code=1).error == (
        "record_invalid"
    )
    cli.run("streams", "air", "duo", "--host", "mika", code=2)
    cli.run("streams", "air", "duo", "--host", "mika=1", "--host", "mika=2", code=2)
    assert everything(url) == before


def test_products_are_given_listed_and_taken_back(cli: Cli, url: str) -> None:
    worth = ("--cost", "32.00", "--fair-value", "79.00")
    given = cli.json("seeding", "give", "mika", "sku_tee", *worth, "--quantity", "2", "--id", "p1")
    assert (given["cost"], given["fair_value"]) == (
        {"amount": 3200, "currency": "EUR"},
        {"amount": 7900, "currency": "EUR"},
    )
    assert cli.json("seeding", "list", "--creator", "mika") == {"seeding": [given]}
    assert "79.00 EUR" in cli.run("seeding", "list").out
    before = everything(url)
    again = ("seeding", "give", "mika", "sku_tee", *worth, "--quantity", "3", "--id", "p1")
    assert cli.run(*again, "--json", code=1).error == "already_exists"
    assert cli.run("seeding", "take-back", "p9", "--json", code=1).error == "seeding_not_found"
    assert everything(url) == before
    assert cli.json("seeding", "take-back", "p1")["taken_back_at"] is not None
    assert cli.json("ledger", "balance")["balances"] == [
        {"account": "memo:mika:seeded", "currency": "EUR", "amount": 0},
        {"account": "memo:seeding_given", "currency": "EUR", "amount": 0},
    ]


def test_a_simulation_shows_what_a_month_adds(cli: Cli, tmp_path: Path) -> None:
    terms = tmp_path / "terms.json"
    steps = [{"from": 5_000, "rate": "15%"}]
    window = {"mode": "retroactive", "window": "month", "currency": "EUR", "steps": steps}
    promised = {"amount": {"amount": 2_000, "currency": "EUR"}}
    terms.write_text(json.dumps({"rate": "10%", "tiers": window, "guarantee": promised}))
    orders = tmp_path / "orders.csv"
    orders.write_text(
        "order_ref,paid_at,currency,sku,quantity,base\n"
        "o1,2026-10-02T18:00:00Z,EUR,sku_tee,2,99.80\n"
        "o2,2026-12-02T18:00:00Z,EUR,sku_tee,1,49.90\n"
    )
    ask = ("creators", "simulate", "mika", "--terms", str(terms), "--orders", str(orders))
    found = cli.json(*ask)["proposed"]
    assert [
        (one["component"], one["period"], one["amount"]["amount"]) for one in found["periods"]
    ] == [
        ("tiers", "2026-10", 499),
        ("tiers", "2026-12", 0),
        ("guarantee", "2026-10", 1_002),
        ("guarantee", "2026-11", 2_000),
        ("guarantee", "2026-12", 1_501),
    ]
    assert found["totals"]["EUR"]["total"]["amount"] == 998 + 499 + 499 + 4_503
    text = cli.run(*ask).out
    assert "tiers" in text
    assert "guarantee" in text
