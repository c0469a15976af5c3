"""``liveshop explain``: an order, and an entry, as a person is told."""

from pathlib import Path

import pytest

from liveshop_sdk.affiliate.terms import Terms
from liveshop_sdk.money import Money, Rate
from liveshop_sdk.shop.live_shop import LiveShop
from tests.flows.cli_support import FOR_MIKA, Cli, deliver, furnish

ISSUE = ("links", "issue", *FOR_MIKA, "--item", "sku_tee=1")


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    made = Cli(f"sqlite:///{tmp_path / 'shop.db'}")
    furnish(made)
    return made


@pytest.fixture
def sold(tmp_path: Path, cli: Cli) -> str:
    """The checkout id of a tee bought through Mika's link with her coupon."""
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    link = cli.json(*ISSUE, "--coupon", "MIKA20")
    shop = LiveShop.from_env({"LIVESHOP_DATABASE_URL": url})
    visit = shop.links.open(link["token"]).checkout_id
    shop.close()
    cli.json("sandbox", "pay", visit)
    deliver(url)
    return visit


def test_an_order_is_explained(cli: Cli, sold: str) -> None:
    found = cli.json("explain", sold)
    assert found["decisions"][0]["reason"] == "coupon"
    assert [claim["source"] for claim in found["decisions"][0]["losing_claims"]] == ["checkout_ref"]
    assert "4.79 EUR" in cli.run("explain", sold).out
    cli.run("release-due", "--as-of", "2099-01-01T00:00:00Z")
    told = cli.run("explain", sold).out
    assert "4.79 EUR    0.00 EUR  0.00 EUR  0.00 EUR  4.79 EUR\n" in told
    assert "    2  release  creator:mika:payable       -4.79  EUR  sandbox:" in told


def test_an_entry_is_explained(cli: Cli, sold: str) -> None:
    found = cli.json("explain", "--entry", "1")
    assert (found["entry"]["kind"], found["meaning"]) == ("sale", "an order was paid")
    assert found["order"]["decisions"][0]["reason"] == "coupon"
    assert [line["earned"]["amount"] for line in found["order"]["lines"]] == [479]
    assert "entry 1 of main" in cli.run("explain", "--entry", "1").out
    cli.run("explain", "--entry", "9", code=1)
    cli.run("explain", code=2)
    cli.run("explain", sold, "--entry", "1", code=2)


def test_a_correction_stands_below_what_was_earned(cli: Cli, sold: str) -> None:
    two = ("--by", "uma", "--approved-by", "ben", "--reason", "other rate")
    cli.run("ledger", "correct", "1", "3.00", "--currency", "EUR", *two)
    told = cli.run("explain", sold).out
    assert "4.79 EUR    0.00 EUR  3.00 EUR  0.00 EUR  0.00 EUR" in told
    assert "\ncorrected to 3.00 EUR, instead of what was earned: sandbox:" in told


def test_what_a_cap_took_is_told(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    cli = Cli(url)
    furnish(cli)
    shop = LiveShop.from_env({"LIVESHOP_DATABASE_URL": url})
    terms = Terms(rate=Rate.percent("12"), cap_per_order=Money(300, "EUR"))
    shop.creators.agree("mika", terms=terms)
    visit = shop.links.open(cli.json(*ISSUE, "--coupon", "MIKA20")["token"]).checkout_id
    shop.close()
    cli.json("sandbox", "pay", visit)
    deliver(url)
    told = cli.run("explain", visit).out
    assert (
        "\ncapped: 3992 x 12% = 479.04, rounded to 479, at most 300 in the order, earned 300,"
        " in minor units: sandbox:" in told
    )
