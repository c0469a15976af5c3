"""What commands say to the person who typed them: amounts, names and what to do next."""

import sqlite3
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from liveshop_sdk.cli import answers, serving
from liveshop_sdk.cli import cli as tree
from liveshop_sdk.cli.commands import running_shop
from liveshop_sdk.cli.demo import guide
from tests.flows.cli_support import EUR, FOR_MIKA, Cli, deliver, everything, furnish

ISSUE = ("links", "issue", *FOR_MIKA, "--item", "sku_tee=1")


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'shop.db'}"


@pytest.fixture
def cli(url: str) -> Cli:
    made = Cli(url)
    furnish(made)
    return made


# --- links and filters


def test_what_issue_prints_is_taken_by_the_other_commands(cli: Cli) -> None:
    shown = dict(line.split(maxsplit=1) for line in cli.run(*ISSUE).out.splitlines())
    assert set(shown) == {"link", "short", "until", "id"}
    for text in (shown["link"], shown["short"]):
        assert cli.json("links", "verify", text)["id"] == shown["id"]
        assert cli.json("links", "open", text)["checkout_id"].startswith("chk_")
    assert cli.json("links", "revoke", shown["id"])["revoked_at"] is not None
    assert cli.run("links", "verify", shown["link"], "--json", code=1).error == "link_revoked"


def test_a_link_that_is_not_there_is_told_to_an_operator(cli: Cli) -> None:
    ran = cli.run("links", "revoke", "nope", "--json", code=1)
    assert ran.error == "link_not_found"
    assert ran.document["error"]["message"] == (
        "There is no link 'nope'. `liveshop links list` shows the ids (lnk_…)."
    )


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("links list --creator nobody", "creator_not_found"),
        ("links list --stream nope", "stream_not_found"),
        ("coupons list --stream nope", "stream_not_found"),
    ],
)
def test_a_filter_that_can_match_nothing_is_refused(cli: Cli, command: str, code: str) -> None:
    assert cli.run(*command.split(), "--json", code=1).error == code


# --- creators and products


def test_a_repeat_is_held_to_what_it_says(cli: Cli) -> None:
    named = ("creators", "update", "mika", "--name", "Mika", "--followers", "6400")
    assert cli.run(*named).out == "creator mika: Mika, 6400 followers\n"
    assert cli.json("creators", "add", "mika", "--rate", "12%")["name"] == "Mika"
    other_terms = cli.run("creators", "add", "mika", "--rate", "13%", "--json", code=1)
    assert other_terms.error == "agreement_exists"
    other_name = cli.run("creators", "add", "mika", "--rate", "12%", "--name", "M", code=1)
    assert "differs in: name. To change that: liveshop creators update mika." in other_name.err


def test_a_creator_is_updated_in_what_is_given(cli: Cli) -> None:
    cli.run("creators", "update", "mika", "--name", "Mika")
    assert cli.json("creators", "update", "mika", "--followers", "10000")["tier"] == "micro"
    erased = cli.json("creators", "update", "mika", "--name", "")
    assert (erased["name"], erased["followers"]) == (None, 10_000)
    assert cli.run("creators", "update", "mika", "--json", code=2).error == "usage"
    unknown = cli.run("creators", "update", "nobody", "--name", "N", "--json", code=1)
    assert unknown.error == "creator_not_found"


def test_an_update_says_what_changed(cli: Cli) -> None:
    update = ("products", "update", "sku_tee")
    changed = cli.run(*update, "--title", "Tee", "--amount", "45.00", "--stripe-price", "price_1")
    assert changed.out == "product sku_tee: price 45.00 EUR, Stripe price price_1\n"
    assert cli.run(*update, "--amount", "45.00").out == "product sku_tee: nothing changed\n"
    refused = cli.run(*update, "--stripe-price", "bogus", "--json", code=1)
    assert refused.error == "record_invalid"
    assert cli.run("products", "list").out.splitlines() == [
        "SKU      BRAND      PRICE  TITLE  STRIPE",
        "sku_mug  main   18.50 EUR  Mug",
        "sku_tee  main   45.00 EUR  Tee    price_1",
    ]
    assert cli.json("products", "list")["products"][1]["stripe_price"] == "price_1"


# --- numbers


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("creators add zoe --rate 120%", "'120%' is not a rate"),
        ("coupons create X20 --creator mika --stream friday --percent-off 120", "'120' is not a"),
        ("coupons create X20 --creator mika --stream friday --percent-off 120%", "'120%' is not a"),
        (
            "products add sku_x --title X --amount 99999999999.00",
            "expected 0 to 10000000000.00 EUR",
        ),
        (
            "products add sku_x --title X --amount 99999999999999999999.00",
            "expected -9999999999999.99 to 9999999999999.99 EUR",
        ),
        (
            "coupons create X20 --creator mika --stream friday --amount-off 1000000.00",
            "1000000.00 EUR off; expected 0.01 EUR to 999999.99 EUR",
        ),
        ("creators add m --rate 12%", "its length is 1"),
    ],
)
def test_numbers_are_told_as_they_are_typed(cli: Cli, url: str, command: str, told: str) -> None:
    before = everything(url)
    words = [*command.split(), *(EUR if "amount" in command else ())]
    message = cli.run(*words, "--json", code=1).document["error"]["message"]
    assert told in message
    assert "minor units" not in message
    assert everything(url) == before


def test_the_sandbox_speaks_decimals(cli: Cli) -> None:
    visit = cli.json("links", "open", cli.json(*ISSUE, "--coupon", "MIKA20")["token"])
    cli.run("sandbox", "pay", visit["checkout_id"])
    refund = ("sandbox", "refund", visit["checkout_id"], "--amount")
    assert (
        "1000.00 EUR is more than the 39.92 EUR left of sbo_"
        in cli.run(*refund, "1000", code=1).err
    )
    assert "an amount of 0.00 EUR: expected at least 0.01 EUR" in cli.run(*refund, "0", code=1).err


def test_an_instant_is_told_to_the_second() -> None:
    at = datetime(2026, 10, 2, 18, 0, 0, 123456, tzinfo=UTC)
    assert answers.instant(at) == "2026-10-02T18:00:00Z"
    assert answers.instant("2026-10-02T18:00:00.123456Z") == "2026-10-02T18:00:00Z"
    assert answers.instant(None) == ""


# --- what to do next


def test_an_order_that_is_not_there_leads_to_what_is_parked(cli: Cli) -> None:
    assert "`liveshop events list` shows those" in cli.run("explain", "nope", code=1).err


def test_only_what_was_given_up_is_replayed(cli: Cli, url: str) -> None:
    cli.env["LIVESHOP_BASE_URL"] = "http://127.0.0.1:9"  # nobody answers there
    visit = cli.json("links", "open", cli.json(*ISSUE)["token"])
    cli.run("sandbox", "pay", visit["checkout_id"])
    ran = cli.run("worker", "--drain")
    assert "nothing listens at http://127.0.0.1:9; is `liveshop serve` running" in ran.err
    with sqlite3.connect(url.removeprefix("sqlite:///")) as raw:
        (row_id,) = raw.execute("SELECT id FROM ls_outbox WHERE state = 'pending'").fetchone()
        raw.execute("UPDATE ls_outbox SET state = 'dead', reason = 'x' WHERE id = ?", (row_id,))
    raw.close()
    before = everything(url)
    refused = cli.run("events", "replay", row_id, "inb_unknown", "--json", code=1)
    assert refused.error == "not_replayable"
    assert refused.document["error"]["details"] == {"ids": "inb_unknown"}
    assert everything(url) == before
    assert cli.json("events", "replay", row_id, row_id) == {"replayed": 1}
    assert cli.run("events", "replay", row_id, "--json", code=1).error == "not_replayable"


def test_replaying_from_a_day_on_changes_nothing(cli: Cli, url: str) -> None:
    visit = cli.json("links", "open", cli.json(*ISSUE)["token"])
    cli.run("sandbox", "pay", visit["checkout_id"])
    deliver(url)
    balance = cli.json("ledger", "balance")
    assert cli.json("events", "replay", "--since", "2020-01-01T00:00:00Z") == {"replayed": 1}
    assert cli.json("events", "list")["inbox"]["new"] == 1
    deliver(url)
    assert cli.json("events", "list")["inbox"]["done"] == 1
    assert cli.json("ledger", "balance") == balance
    assert cli.json("events", "replay", "--since", "2090-01-01T00:00:00Z") == {"replayed": 0}
    both = ("events", "replay", "--all-dead", "--since", "2020-01-01T00:00:00Z")
    assert cli.run(*both, "--json", code=2).error == "usage"


def test_a_code_that_was_used_up_is_told_with_one_full_stop(cli: Cli, url: str) -> None:
    cli.run("coupons", "create", "ONCE", *FOR_MIKA, "--percent-off", "10", "--per-customer", "1")
    paid = cli.json("links", "open", cli.json(*ISSUE, "--coupon", "ONCE")["token"])
    cli.run("sandbox", "pay", paid["checkout_id"])
    deliver(url)
    again = cli.json("links", "open", cli.json(*ISSUE)["token"])["checkout_id"]
    refused = cli.run("sandbox", "pay", again, "--code", "ONCE", code=1)
    assert refused.err == (
        "sandbox_code_refused: The code ONCE cannot be used: ONCE can be used 1 time(s) per "
        "customer, and this customer has. Pay without it or try another.\n"
    )


def test_the_list_of_commands_is_not_cut() -> None:
    told = Cli("sqlite://").run("--help").out
    assert "..." not in told.partition("Commands:")[2]
    for command in tree.commands.values():
        first = (command.help or "").partition("\n")[0]
        assert " ".join(first.split()) in " ".join(told.split())


# --- other terminals


def test_serve_says_what_other_terminals_must_set(monkeypatch: pytest.MonkeyPatch) -> None:
    default, other = "http://127.0.0.1:8000", "http://127.0.0.1:8766"
    monkeypatch.delenv("LIVESHOP_BASE_URL", raising=False)
    assert running_shop._elsewhere(default, default) == []
    assert running_shop._elsewhere(other, other) == [
        "From another terminal:",
        f"  export LIVESHOP_BASE_URL={other}",
    ]
    monkeypatch.setenv("LIVESHOP_BASE_URL", other)
    assert running_shop._elsewhere(other, other) == []
    told, export = running_shop._elsewhere(default, other)
    assert told.startswith(f"links and webhooks go to {other} (LIVESHOP_BASE_URL); if they")
    assert export == f"  export LIVESHOP_BASE_URL={default}"


def test_an_address_is_known_if_it_is_the_default_or_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVESHOP_BASE_URL", "")
    assert serving.is_known("http://127.0.0.1:8000")
    assert not serving.is_known("http://127.0.0.1:8001")


def test_the_program_is_named_so_that_a_shell_finds_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "a shop" / "bin"
    folder.mkdir(parents=True)
    monkeypatch.setattr(sys, "executable", str(folder / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert guide.program() == f"'{folder / 'python'}' -m liveshop_sdk"
    script = folder / "liveshop"
    script.write_text("")
    script.chmod(0o755)
    assert guide.program() == f"'{script}'"
    monkeypatch.setenv("PATH", str(folder))
    assert guide.program() == "liveshop"
