"""Coupons of other kinds at the command line: made, listed, sold with, explained."""

from pathlib import Path

import pytest

from tests.flows.cli_support import FOR_MIKA, Cli, deliver, everything, furnish


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'shop.db'}"


@pytest.fixture
def cli(url: str) -> Cli:
    made = Cli(url)
    furnish(made)
    return made


def create(code: str, *what: str) -> tuple[str, ...]:
    return ("coupons", "create", code, *FOR_MIKA, *what)


def test_free_shipping_is_told_in_words(cli: Cli, url: str) -> None:
    made = cli.run(*create("SHIPFREE", "--free-shipping"))
    assert made.out == "coupon SHIPFREE: free shipping, ready\n"
    rows = cli.run("coupons", "list").out.splitlines()
    assert [row.split("  ")[0] for row in rows] == ["CODE", "SHIPFREE", "MIKA20"]
    assert ("free shipping" in rows[1], "20% off" in rows[2]) == (True, True)
    link = cli.json("links", "issue", *FOR_MIKA, "--item", "sku_tee=1", "--coupon", "SHIPFREE")
    visit = cli.json("links", "open", link["token"])["checkout_id"]
    cli.run("sandbox", "pay", visit)
    deliver(url)
    assert "coupon SHIPFREE of mika: free shipping (within)\n" in cli.run("explain", visit).out
    assert cli.json("explain", visit)["coupons"] == [
        {
            "code": "SHIPFREE",
            "creator": "mika",
            "offer": "free shipping",
            "verdict": "within",
        }
    ]


@pytest.mark.parametrize(
    "what",
    [
        (),
        ("--free-shipping", "--percent-off", "5"),
        ("--free-shipping", "--amount-off", "5.00", "--currency", "EUR"),
        ("--free-shipping", "--currency", "EUR"),
    ],
)
def test_wrong_usage_changes_nothing(cli: Cli, url: str, what: tuple[str, ...]) -> None:
    before = everything(url)
    cli.run(*create("NEW", *what), code=2)
    assert everything(url) == before
