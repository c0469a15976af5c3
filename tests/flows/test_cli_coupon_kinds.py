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


def test_units_for_less_are_told_in_words(cli: Cli) -> None:
    terms = ("--buy", "sku_tee:1", "--get", "sku_tee:2", "--get-percent-off", "50")
    made = cli.run(*create("HALF", *terms))
    assert made.out == "coupon HALF: buy 1 sku_tee, get 2 sku_tee at 50% off, ready\n"
    shown = cli.json("coupons", "list")["coupons"][0]
    assert (shown["buy"], shown["get"], shown["per_order"]) == (
        {"sku": "sku_tee", "units": 1},
        {"sku": "sku_tee", "units": 2, "percent_off_bps": 5000},
        None,
    )
    assert cli.json(*create("HALF", *terms)) == shown
    issue = ("links", "issue", *FOR_MIKA, "--coupon", "HALF", "--item")
    refused = cli.run(*issue, "sku_tee=2", "--json", code=1)
    assert refused.error == "cart_invalid"
    assert cli.json(*issue, "sku_tee=3")["token"]


BUY, GET = ("--buy", "sku_tee:2"), ("--get", "sku_tee:1")


@pytest.mark.parametrize(
    "what",
    [
        (),
        BUY,
        GET,
        ("--per-order", "1"),
        ("--percent-off", "5", "--get-percent-off", "5"),
        ("--percent-off", "5", "--per-order", "1"),
        (*BUY, *GET, "--percent-off", "5"),
        (*BUY, *GET, "--free-shipping"),
        ("--buy", "sku_tee", *GET),
        ("--buy", "sku_tee:x", *GET),
        ("--buy", ":2", *GET),
        ("--buy", "sku_tee=2", *GET),
        ("--free-shipping", "--percent-off", "5"),
        ("--free-shipping", "--amount-off", "5.00", "--currency", "EUR"),
        ("--free-shipping", "--currency", "EUR"),
    ],
)
def test_wrong_usage_changes_nothing(cli: Cli, url: str, what: tuple[str, ...]) -> None:
    before = everything(url)
    cli.run(*create("NEW", *what), code=2)
    assert everything(url) == before


@pytest.mark.parametrize(
    ("what", "code"),
    [
        (("--buy", "sku_tee:0", *GET), "coupon_invalid"),
        (("--buy", "nothing:2", *GET), "product_not_found"),
        ((*BUY, *GET, "--per-order", "0"), "coupon_invalid"),
        ((*BUY, *GET, "--get-percent-off", "0"), "coupon_invalid"),
    ],
)
def test_what_no_coupon_gives_is_refused(
    cli: Cli, url: str, what: tuple[str, ...], code: str
) -> None:
    before = everything(url)
    assert cli.run(*create("NEW", *what), "--json", code=1).error == code
    assert everything(url) == before
