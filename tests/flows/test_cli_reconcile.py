"""``liveshop reconcile``: what a person reads, what a script gets, and how it ends."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from liveshop_sdk.cli.commands.proving import Progress
from liveshop_sdk.shop.live_shop import LiveShop
from liveshop_sdk.shop.reconciliation import Reconciliation
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
    """An order that was paid and refunded in part, and of which nobody has heard."""
    link = cli.json("links", "issue", *FOR_MIKA, "--item", "sku_tee=1")
    shop = LiveShop.from_env({"LIVESHOP_DATABASE_URL": url})
    visit = shop.links.open(link["token"]).checkout_id
    shop.close()
    cli.json("sandbox", "pay", visit)
    return str(cli.json("sandbox", "refund", visit, "--amount", "10.00")["order_ref"])


def test_what_is_missing_is_shown_fixed_and_then_agreed_on(cli: Cli, url: str, order: str) -> None:
    before = everything(url)
    told = cli.run("reconcile", code=3).out.splitlines()
    assert told[0].startswith("2 facts compared, ")
    assert told[0].endswith(": 2 missing, 0 extra, 0 different")
    assert told[2].split() == ["WHAT", "FACT", "ORDER", "AT", "AMOUNT"]
    assert (f"order:{order}" in told[3], "49.90 EUR" in told[3]) == (True, True)
    assert ("refund:sbr_" in told[4], "10.00 EUR" in told[4]) == (True, True)
    assert told[5:] == ["what is missing: liveshop reconcile --fix records and posts it"]
    assert everything(url) == before
    fixed = cli.json("reconcile", "--fix")
    assert {name: fixed[name] for name in ("checked", "missing", "extra", "different")} == {
        "checked": 2,
        "missing": 2,
        "extra": 0,
        "different": 0,
    }
    assert (fixed["ok"], fixed["fixed"]) == (True, 2)
    assert [one["fixed"] for one in fixed["discrepancies"]] == [True, True]
    after = everything(url)
    again = cli.run("reconcile", "--fix").out
    assert again.endswith(": 0 missing, 0 extra, 0 different; 0 fixed\n")
    assert everything(url) == after
    deliver(url)
    entries = cli.json("ledger", "entries")["entries"]
    assert [one["kind"] for one in entries] == ["sale", "refund"]


def test_what_only_we_have_is_left_to_a_person(
    cli: Cli, order: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    compare = LiveShop.reconcile

    def one_more(shop: LiveShop, *args: Any, **options: Any) -> Reconciliation:
        return replace(compare(shop, *args, **options), checked=1, extra=1)

    monkeypatch.setattr(LiveShop, "reconcile", one_more)
    told = cli.run("reconcile", "--fix", code=3).out.splitlines()
    assert told[0].startswith("1 fact compared, ")
    assert told[-2:] == [
        "and 1 more",
        "what is extra or different: a person must look, nothing is taken back by itself",
    ]


def test_a_fixed_fact_is_said_to_be(cli: Cli, order: str) -> None:
    told = cli.run("reconcile", "--fix").out.splitlines()
    assert told[0].endswith("; 2 fixed")
    assert all(line.endswith("fixed") for line in told[3:])


def test_a_time_without_orders_holds_no_difference(cli: Cli, order: str) -> None:
    span = ("--since", "2020-01-01T00:00:00Z", "--until", "2020-01-02T00:00:00+01:00")
    found = cli.json("reconcile", *span)
    assert (found["checked"], found["since"]) == (0, "2020-01-01T00:00:00Z")
    assert found["until"] == "2020-01-01T23:00:00Z"


def test_wrong_times_are_refused(cli: Cli, url: str, order: str) -> None:
    before = everything(url)
    since, until = ("--since", "2020-01-02T00:00:00Z"), ("--until", "2020-01-01T00:00:00Z")
    assert cli.run("reconcile", *since, *until, "--json", code=1).error == "reconcile_window"
    cli.run("reconcile", "--since", "yesterday", code=2)
    cli.run("reconcile", "--since", "2020-01-02", code=2)
    assert everything(url) == before


def test_a_count_without_an_end_is_shown_at_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with Progress("comparing:") as told:
        told(100)
        told(100, 500)
    said = capsys.readouterr().err
    assert "\rcomparing: 100 …" in said
    assert "\rcomparing: 100 of 500 …" in said
