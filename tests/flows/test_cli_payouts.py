"""Payouts at the command line, from a sale to money that came back."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.flows.cli_support import FOR_MIKA, Cli, deliver, furnish
from tests.flows.test_cli_commands import _open

SEPA = {
    "LIVESHOP_PAYER_NAME": "Shop GmbH",
    "LIVESHOP_PAYER_IBAN": "DE89 3704 0044 0532 0130 00",
    "LIVESHOP_PAYER_TOWN": "Berlin",
    "LIVESHOP_PAYER_COUNTRY": "DE",
}
IBAN = "GB82WEST12345698765432"
PAYEE = ("creators", "payee", "mika", "--rail")


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    """A shop that owes Mika 5.99."""
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    made = Cli(url, **SEPA)
    furnish(made)
    link = made.json("links", "issue", *FOR_MIKA, "--item", "sku_tee=1")
    made.json("sandbox", "pay", _open(url, link["token"]))
    deliver(url)
    made.json("release-due", "--as-of", "2098-01-01T00:00:00Z")
    return made


def planned(cli: Cli, rail: str, *more: str) -> tuple[str, str]:
    made = cli.json("payouts", "plan", "--rail", rail, "--by", "uma", *more)
    return made["batch"]["id"], made["items"][0]["id"]


def balances(cli: Cli) -> dict[str, int]:
    rows = cli.json("ledger", "balance")["balances"]
    return {row["account"]: row["amount"] for row in rows if row["amount"]}


def test_from_plan_to_a_payment_that_comes_back(cli: Cli) -> None:
    assert cli.json(*PAYEE, "sandbox", "--account", "mika_1")["payees"] == [
        {
            "creator": "mika",
            "rail": "sandbox",
            "fields": ["account"],
            "hold": "",
            "withholding_bps": 0,
            "allows_offset": True,
        }
    ]
    batch, item = planned(cli, "sandbox", "--pay", "mika=5.00", "--minimum", "1.00")
    again = cli.json("payouts", "plan", "--rail", "sandbox", "--by", "u", "--minimum", "1")
    assert (again["batch"], again["items"]) == (None, [])
    assert again["skipped"] == [{"creator": "mika", "why": "below_minimum"}]
    self_approved = cli.json("payouts", "approve", batch, "--by", "Uma", code=1)
    assert self_approved["error"]["code"] == "self_approval"
    assert cli.json("payouts", "approve", batch, "--by", "ben")["state"] == "approved"
    assert cli.json("payouts", "send", "--by", "ben")["sent"] == 1
    assert cli.json("payouts", "send", batch, "--by", "ben", "--fee", "0.10")["sent"] == 0
    assert cli.json("payouts", "confirm", item, "--by", "ben")["items"][0]["state"] == "paid"
    text = cli.run("payouts", "status", batch).out
    assert "5.00 EUR to 1 by sandbox, approved by ben" in text
    assert "mika" in text
    returned = ("payouts", "return", item, "--by", "ben", "--reason", "account closed")
    assert cli.json(*returned, "--amount", "5.01", code=1)["error"]["code"] == "payout_amount"
    (back,) = cli.json(*returned, "--amount", "4.90")["items"]
    assert (back["state"], back["rail_ref"][:4]) == ("returned", "sbt_")
    assert balances(cli) == {
        "brand:commission_expense": 599,
        "brand:payout_fee_expense": 10,
        "clearing:sandbox": -10,
        "creator:mika:payable": -599,
    }
    found = cli.json("payouts", "status", "--check")
    assert (found["ok"], found["differences"]) == (True, [])
    assert cli.json("ledger", "verify")["ok"] is True


def test_rejected_failed_and_nothing_left(cli: Cli) -> None:
    cli.json(*PAYEE, "sandbox", "--account", "refused", "--withholding", "24%", "--no-offset")
    batch, _item = planned(cli, "sandbox")
    reject = ("payouts", "reject", batch, "--by", "ben", "--reason", "too early")
    assert cli.json(*reject)["state"] == "rejected"
    batch, item = planned(cli, "sandbox")
    cli.json("payouts", "approve", batch, "--by", "ben")
    assert cli.json("payouts", "send", "--by", "ben")["failed"] == 1
    fail = ("payouts", "fail", item, "--by", "ben", "--reason", "again")
    assert cli.json(*fail, code=1)["error"]["code"] == "payout_state"
    assert balances(cli)["creator:mika:payable"] == -599
    cli.json(*PAYEE, "sandbox", "--hold", "papers missing")
    held = cli.run("payouts", "plan", "--rail", "sandbox", "--by", "uma").out
    assert held == "nothing is left to pay by sandbox\nmika waits: held\n"
    (payee,) = cli.json(*PAYEE, "sandbox", "--release")["payees"]
    assert (payee["hold"], payee["withholding_bps"], payee["allows_offset"]) == ("", 2400, False)
    assert cli.json("payouts", "status", "--check")["ok"] is True


@pytest.mark.parametrize(
    ("rail", "details"),
    [
        (
            "sepa",
            ("--iban", IBAN, "--name", "Mika Müller", "--town", "Köln", "--country", "DE"),
        ),
        ("paypal", ("--recipient", "mika@example.com")),
        ("wise", ("--iban", IBAN, "--name", "Mika Muster", "--email", "mika@example.com")),
    ],
)
def test_a_file_has_the_same_bytes_however_often(
    cli: Cli, tmp_path: Path, rail: str, details: tuple[str, ...]
) -> None:
    cli.json(*PAYEE, rail, *details)
    batch, item = planned(cli, rail)
    out = tmp_path / "made" / "payouts.out"
    out.parent.mkdir()
    file = ("payouts", "file", batch, "--rail", rail, "--output", str(out))
    assert cli.json(*file, code=1)["error"]["code"] == "payout_state"
    cli.json("payouts", "approve", batch, "--by", "ben")
    assert cli.json("payouts", "send", batch, "--by", "ben", code=1)["error"]["code"] == (
        "rail_unknown"
    )
    assert cli.json("payouts", "send", "--by", "ben")["sent"] == 0
    assert cli.json(*file)["files"] == [str(out)]
    first = out.read_bytes()
    assert b"5.99" in first
    assert item.removeprefix("pay_").encode() in first or rail == "wise"
    out.unlink()
    cli.json(
        *PAYEE, rail, *details, "--field", "name=Other" if rail != "paypal" else "wallet=VENMO"
    )
    cli.json(*file)
    assert out.read_bytes() == first
    assert [path.name for path in out.parent.iterdir()] == ["payouts.out"]
    (sent,) = cli.json("payouts", "status", batch)["items"]
    assert (sent["state"], sent["rail_ref"]) == ("sent", item)
    assert balances(cli) == {"brand:commission_expense": 599, f"clearing:{rail}": -599}
    assert cli.json("payouts", "status", "--check")["ok"] is True


def test_one_bad_row_and_there_is_no_file(cli: Cli, tmp_path: Path) -> None:
    cli.json(*PAYEE, "paypal", "--recipient", "mika@example.com")
    batch, _item = planned(cli, "paypal")
    cli.json("payouts", "approve", batch, "--by", "ben")
    cli.json(*PAYEE, "paypal", "--hold", "papers missing")
    before = balances(cli)
    out = tmp_path / "payouts.csv"
    file = ("payouts", "file", batch, "--rail", "paypal", "--output", str(out))
    assert cli.json(*file, code=1)["error"]["code"] == "payee_held"
    assert (out.exists(), balances(cli)) == (False, before)
    other = ("payouts", "file", batch, "--rail", "wise", "--output", str(out))
    assert cli.json(*other, code=1)["error"]["code"] == "payout_state"
    cli.json(*PAYEE, "paypal", "--release")
    missing = ("payouts", "file", batch, "--rail", "paypal", "--output", str(out / "x" / "y"))
    assert cli.json(*missing, code=2)["error"]["code"] == "usage"
    assert cli.json(*file)["files"] == [str(out)]  # what was booked can still be written


def test_sepa_carries_euros_only(cli: Cli) -> None:
    plan = ("payouts", "plan", "--rail", "sepa", "--by", "uma", "--currency", "USD")
    assert cli.json(*plan, code=1)["error"]["code"] == "payout_file_invalid"


def test_rates(cli: Cli) -> None:
    rate = ("fx", "set", "EUR", "USD", "--source", "ECB", "--as-of", "2020-10-01T00:00:00Z")
    made = cli.json(*rate, "--rate", "1.085")
    assert (made["num"], made["den"]) == (217, 200)
    assert cli.json(*rate, "--rate", "1.0850") == made
    assert cli.json(*rate, "--rate", "1.09", code=1)["error"]["code"] == "fx_rate_exists"
    assert cli.json("fx", "list")["rates"] == [made]
    cli.json(*PAYEE, "sandbox", "--account", "mika_1")
    batch, _item = planned(cli, "sandbox")
    cli.json("payouts", "approve", batch, "--by", "ben")
    send = ("payouts", "send", batch, "--by", "ben", "--pay-in", "USD", "--fee", "0.10")
    assert cli.json(*send)["waiting"] == 1  # that rate is too old
    cli.json("fx", "set", "EUR", "USD", "--source", "ECB", "--rate", "1.085")
    assert cli.json(*send)["sent"] == 1
    assert balances(cli)["clearing:sandbox"] == -660


@pytest.mark.parametrize(
    "args",
    [
        ("payouts", "plan", "--rail", "sandbox"),
        ("payouts", "plan", "--rail", "sandbox", "--by", "u", "--pay", "mika"),
        ("payouts", "plan", "--rail", "sandbox", "--by", "u", "--pay", "a=1", "--pay", "a=1"),
        ("payouts", "send", "--by", "u", "--fee", "0.10"),
        ("payouts", "status", "bat_1", "--check"),
        ("payouts", "fail", "pay_1", "--by", "u"),
        ("payouts", "file", "bat_1", "--rail", "paypal", "--output", ""),
        ("creators", "payee", "mika", "--hold", "why"),
        ("creators", "payee", "mika", "--rail", "sandbox", "--hold", "why", "--release"),
        ("creators", "payee", "mika", "--rail", "sandbox", "--field", "x"),
        ("fx", "set", "EUR", "USD", "--rate", "1,085", "--source", "ECB"),
    ],
)
def test_wrong_usage(cli: Cli, args: tuple[str, ...]) -> None:
    assert cli.json(*args, code=2)["error"]["code"] == "usage"


def test_a_difference_ends_with_3(cli: Cli) -> None:
    cli.json(*PAYEE, "sandbox", "--account", "mika_1")
    batch, item = planned(cli, "sandbox")
    cli.json("payouts", "approve", batch, "--by", "ben")
    cli.json("payouts", "send", "--by", "ben")
    _forget_transfers(cli)
    found: Any = cli.json("payouts", "status", "--check", code=3)
    assert found["differences"] == [
        {"item": item, "problem": "it is sent, but the rail has nothing for it"}
    ]


def _forget_transfers(cli: Cli) -> None:
    path = str(cli.env["LIVESHOP_DATABASE_URL"]).removeprefix("sqlite:///")
    with sqlite3.connect(path) as raw:
        raw.execute("DELETE FROM ls_sandbox_transfer")
    raw.close()
