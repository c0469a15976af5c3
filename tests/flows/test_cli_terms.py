"""Terms and policies on the command line, as people type them."""

import json
from pathlib import Path
from typing import Any

import pytest

from liveshop_sdk.affiliate.terms_json import from_json, to_json
from liveshop_sdk.db import Database, migrate
from liveshop_sdk.shop.live_shop import LiveShop
from tests.flows.cli_support import FOR_MIKA, Cli, deliver, everything, furnish
from tests.unit.test_terms import EVERYTHING

AS_OPTIONS = (
    *("--rate", "12%", "--hold", "36h", "--notice", "30d", "--per-unit", "1.50"),
    *("--product", "sku_tee=15%+0.10", "--collection", "winter=2.00"),
    *("--first-time", "20%", "--returning", "8.05%"),
    *("--cap-per-order", "40.00", "--cap-per-month", "4000.00"),
    *("--guarantee", "500.00", "--not-recoupable"),
    *("--appearance", "250.00", "--min-minutes", "45", "--short", "pro_rata"),
    *("--tier", "10000.00=13%", "--tier", "20000.00=15%"),
    *("--tier-mode", "retroactive", "--tier-window", "quarter", "--rounding", "half_even"),
)
TABLE = """order_ref,paid_at,currency,sku,quantity,base
o1,2026-10-02T18:00:00Z,EUR,sku_tee,1,49.90
o1,2026-10-02T18:00:00Z,EUR,sku_mug,1,18.50
"""


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'shop.db'}"


@pytest.fixture
def cli(url: str) -> Cli:
    db = Database.connect(url)
    migrate.upgrade(db)
    db.dispose()
    cli = Cli(url)
    furnish(cli)
    return cli


def written(folder: Path, value: object, name: str = "terms.json") -> str:
    path = folder / name
    path.write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")
    return str(path)


def test_options_and_a_file_say_the_same(cli: Cli, tmp_path: Path) -> None:
    made = cli.json("creators", "agree", "mika", *AS_OPTIONS)
    assert from_json(made["terms"]) == EVERYTHING
    assert (made["version"], made["rate"], made["hold_seconds"]) == (2, "12%", 36 * 3600)
    file = written(tmp_path, made["terms"])
    assert cli.json("creators", "agree", "mika", "--terms", file) == made
    (mika,) = cli.json("creators", "list")["creators"]
    assert mika["agreements"][1] == made
    assert mika["agreements"][0]["terms"]["rate"] == "12%"


def test_defaults_of_parts(cli: Cli) -> None:
    made = cli.json(
        *("creators", "agree", "mika", "--rate", "12%", "--guarantee", "1"),
        *("--appearance", "1", "--min-minutes", "1", "--tier", "1=12 %", "--product", "a=1.50"),
    )
    eur = {"amount": 100, "currency": "EUR"}
    assert made["terms"] == {
        "rate": "12%",
        "hold": "14d",
        "base": "net",
        "rounding": "half_up",
        "products": {"a": {"per_unit": {"amount": 150, "currency": "EUR"}}},
        "guarantee": {"amount": eur, "recoupable": True},
        "appearance": {"amount": eur, "min_minutes": 1, "short": "none"},
        "tiers": {
            "mode": "marginal",
            "window": "month",
            "currency": "EUR",
            "steps": [{"from": 100, "rate": "12%"}],
        },
    }


def test_a_person_reads_when_a_cut_begins_and_what_to_accept(cli: Cli) -> None:
    cli.run("creators", "agree", "mika", "--rate", "12%", "--notice", "30d")
    ran = cli.run("creators", "agree", "mika", "--rate", "10%")
    made = cli.json("creators", "agree", "mika", "--rate", "10%")
    begins = made["effective_from"][:19]
    assert ran.out.splitlines() == [
        f"mika with main: version 3, 10%, hold 14d, from {begins}Z",
        f"terms {made['terms_hash']}",
    ]


def test_an_acceptance_is_listed(cli: Cli) -> None:
    terms = cli.json("creators", "agree", "mika", *AS_OPTIONS)
    accept = ("creators", "accept", "mika", "--version", "2", "--by", "mika", "--terms-hash")
    given = cli.json(*accept, terms["terms_hash"])
    assert cli.json(*accept, terms["terms_hash"]) == given
    assert {**given, "accepted_at": ""} == {
        "creator": "mika",
        "brand": "main",
        "version": 2,
        "terms_hash": terms["terms_hash"],
        "accepted_by": "mika",
        "accepted_at": "",
    }
    (mika,) = cli.json("creators", "list")["creators"]
    assert [len(one["accepted"]) for one in mika["agreements"]] == [0, 1]
    assert mika["agreements"][1]["accepted"][0]["accepted_by"] == "mika"


def test_a_simulation_of_a_table(cli: Cli, url: str, tmp_path: Path) -> None:
    terms = to_json(EVERYTHING)
    before = everything(url)
    asked = (
        *("creators", "simulate", "mika", "--terms", written(tmp_path, terms)),
        *("--orders", written(tmp_path, TABLE, "orders.csv")),
    )
    # 15 % of 49.90 and 0.10 is 7.58 (7.485 to the even 7.48); 12 % of 18.50 and 1.50 is 3.72.
    # The month is lifted to its guarantee of 500.00.
    told = cli.run(*asked).out.splitlines()
    assert told == [
        "ORDER            PROPOSED  IN FORCE",
        "o1              11.30 EUR  8.21 EUR",
        "commission      11.30 EUR  8.21 EUR",
        "cap_per_order    0.00 EUR  0.00 EUR",
        "tiers            0.00 EUR  0.00 EUR",
        "cap_per_month    0.00 EUR  0.00 EUR",
        "guarantee      488.70 EUR  0.00 EUR",
        "total          500.00 EUR  8.21 EUR",
    ]
    found = cli.json(*asked)
    assert found["proposed"]["totals"]["EUR"]["total"] == {"amount": 50_000, "currency": "EUR"}
    assert len(found["proposed"]["periods"]) == 3
    assert everything(url) == before


def test_a_simulation_of_the_last_days(cli: Cli, tmp_path: Path) -> None:
    file = written(tmp_path, {"rate": "50%"})
    ran = cli.run("creators", "simulate", "mika", "--terms", file, "--last", "90d")
    assert ran.out == "no orders\n"


def test_a_flat_amount_is_explained(cli: Cli, url: str) -> None:
    cli.run("creators", "agree", "mika", "--rate", "12%", "--product", "sku_tee=15%+1.50")
    link = cli.json("links", "issue", *FOR_MIKA, "--item", "sku_tee=2")
    shop = LiveShop.from_env({"LIVESHOP_DATABASE_URL": url})
    visit = shop.links.open(link["token"]).checkout_id
    shop.close()
    cli.json("sandbox", "pay", visit)
    deliver(url)
    (line,) = cli.json("explain", visit)["lines"]
    assert (line["rule"], line["earned"]["amount"]) == ("product:sku_tee", 1797)
    assert "15% + 2 × 1.50 EUR  17.97 EUR" in cli.run("explain", visit).out


def test_a_policy_is_shown_and_followed(cli: Cli, url: str) -> None:
    before = everything(url)
    shown = cli.json("brands", "policy", "main")
    assert (shown["version"], shown["effective_from"]) == (0, None)
    assert "the shop's own" in cli.run("brands", "policy", "main").out
    assert everything(url) == before
    changed = cli.json("brands", "policy", "main", "--tie", "first", "--lookback", "7d")
    assert changed == cli.json("brands", "policy", "main")
    assert {**changed, "effective_from": ""} == {
        "ranking": ["coupon", "checkout_ref", "cart_token"],
        "lookback_us": 7 * 86_400 * 1_000_000,
        "tie": "first",
        "brand": "main",
        "version": 1,
        "effective_from": "",
    }
    ranked = cli.json("brands", "policy", "main", "--ranking", "checkout_ref,coupon")
    assert (ranked["version"], ranked["ranking"], ranked["tie"]) == (
        2,
        ["checkout_ref", "coupon"],
        "first",
    )


SINCE_2020 = ("--effective-from", "2020-01-01T00:00:00Z")
BY_MIKA = ("--by", "mika", "--terms-hash", "0")
WRONG: dict[str, tuple[int, str, tuple[str, ...]]] = {
    "no terms": (2, "usage", ("creators", "agree", "mika")),
    "a file and more": (2, "usage", ("creators", "agree", "mika", "--terms", "F", "--rate", "1%")),
    "a rule that is none": (
        2,
        "usage",
        ("creators", "agree", "mika", "--rate", "1%", "--product", "sku_tee"),
    ),
    "a rule twice": (
        2,
        "usage",
        ("creators", "agree", "mika", "--rate", "1%", "--product", "a=1%", "--product", "a=2%"),
    ),
    "a tier that is none": (
        2,
        "usage",
        ("creators", "agree", "mika", "--rate", "1%", "--tier", "1"),
    ),
    "minutes alone": (
        2,
        "usage",
        ("creators", "agree", "mika", "--rate", "1%", "--min-minutes", "5"),
    ),
    "a fee without minutes": (
        2,
        "usage",
        ("creators", "agree", "mika", "--rate", "1%", "--appearance", "5"),
    ),
    "more than all": (1, "rate_invalid", ("creators", "agree", "mika", "--rate", "100.01%")),
    "a low tier": (
        1,
        "agreement_invalid",
        ("creators", "agree", "mika", "--rate", "5%", "--tier", "1=4%"),
    ),
    "terms in dollars": (1, "agreement_invalid", ("creators", "agree", "mika", "--terms", "USD")),
    "a file that is no JSON": (1, "body_invalid", ("creators", "agree", "mika", "--terms", "BAD")),
    "other terms": (
        1,
        "terms_differ",
        ("creators", "accept", "mika", "--version", "1", *BY_MIKA),
    ),
    "no such version": (
        1,
        "agreement_not_found",
        ("creators", "accept", "mika", "--version", "9", *BY_MIKA),
    ),
    "too early": (
        1,
        "agreement_overlaps",
        ("creators", "agree", "mika", "--rate", "13%", *SINCE_2020),
    ),
    "nothing to simulate": (2, "usage", ("creators", "simulate", "mika", "--terms", "F")),
    "no orders": (
        1,
        "orders_invalid",
        ("creators", "simulate", "mika", "--terms", "F", "--orders", "F"),
    ),
    "a policy of nobody": (1, "brand_not_found", ("brands", "policy", "north")),
    "a policy that ranks nothing": (
        1,
        "policy_invalid",
        ("brands", "policy", "main", "--ranking", "ref"),
    ),
    "a policy in the past": (
        1,
        "policy_overlaps",
        ("brands", "policy", "main", "--tie", "first", *SINCE_2020),
    ),
    "a policy from when": (
        2,
        "usage",
        ("brands", "policy", "main", *SINCE_2020),
    ),
}


@pytest.mark.parametrize(("code", "error", "args"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_refused_and_writes_nothing(
    cli: Cli, url: str, tmp_path: Path, code: int, error: str, args: tuple[str, ...]
) -> None:
    dollars: dict[str, Any] = {"rate": "1%", "per_unit": {"amount": 1, "currency": "USD"}}
    files = {
        "F": written(tmp_path, {"rate": "1%"}),
        "USD": written(tmp_path, dollars, "usd.json"),
        "BAD": written(tmp_path, "{", "bad.json"),
    }
    before = everything(url)
    ran = cli.run(*(files.get(arg, arg) for arg in args), "--json", code=code)
    assert ran.error == error
    assert everything(url) == before
