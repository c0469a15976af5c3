"""``liveshop webhooks``: the way from a key to an endpoint whose secret is set."""

import json
from pathlib import Path
from typing import Any

import pytest

from liveshop_sdk.errors import BoundShopError, WebhookUrlInvalidError
from liveshop_sdk.settings import Settings
from liveshop_sdk.shop.live_shop import LiveShop
from liveshop_sdk.shop.webhooks import webhook_address
from tests.flows.cli_support import Cli
from tests.platforms import shopify_support
from tests.platforms.stripe_support import KEY, Oracle, oracle, running_oracle

__all__ = ["oracle", "running_oracle"]

BASE = "https://live.shop.example"
URL = f"{BASE}/webhooks/stripe"
SECRETS = "LIVESHOP_STRIPE_WEBHOOK_SECRETS"


@pytest.fixture
def cli(oracle: Oracle, tmp_path: Path) -> Cli:
    """A shop on Stripe whose endpoint is still to be made: nobody has its secret."""
    made = Cli(
        f"sqlite:///{tmp_path / 'shop.db'}",
        LIVESHOP_PLATFORM="stripe",
        LIVESHOP_SECRET_KEYS="k" * 32,
        LIVESHOP_BASE_URL=BASE,
        LIVESHOP_STRIPE_API_KEY=KEY,
        LIVESHOP_STRIPE_API_BASE=oracle.base,
    )
    made.run("db", "upgrade")
    return made


def test_the_secret_is_printed_once_and_then_all_is_well(cli: Cli, oracle: Oracle) -> None:
    missing = cli.json("webhooks", "check", code=3)
    assert (missing["ok"], missing["platform"], missing["url"]) == (False, "stripe", URL)
    assert missing["findings"][0]["fix"] == "liveshop webhooks register"
    made = cli.json("webhooks", "register")
    (endpoint,) = oracle.world.all("webhook_endpoint")
    assert sorted(made) == [*("changes", "exists", "findings", "ok", "platform", "secret", "url")]
    assert (made["ok"], made["changes"]) == (True, [f"created {endpoint['id']}"])
    assert made["secret"].startswith("whsec_")
    cli.env[SECRETS] = made["secret"]
    assert cli.json("webhooks", "check")["ok"]
    again = cli.json("webhooks", "register")
    assert (again["secret"], again["changes"], again["ok"]) == (None, [], True)


def test_a_person_reads_the_secret_on_a_line_of_its_own(cli: Cli) -> None:
    told = cli.run("webhooks", "register")
    secret, hint, change, *findings = told.out.splitlines()
    assert secret.startswith("whsec_")
    assert secret not in told.err
    assert hint == f"the line above is the signing secret, not shown again: put it into {SECRETS}"
    assert change.startswith("created we_")
    assert [line.split()[0] for line in findings] == ["ok"] * 3
    assert cli.run("webhooks", "register").out.splitlines()[0] == "nothing changed"


def test_a_difference_is_shown_with_its_fix(cli: Cli, oracle: Oracle) -> None:
    cli.run("webhooks", "register")
    (endpoint,) = oracle.world.all("webhook_endpoint")
    endpoint["api_version"] = "2025-01-27.acacia"
    told = cli.run("webhooks", "check", code=3).out
    assert "PROBLEM  stripe endpoint version" in told
    assert "fix: liveshop webhooks register --replace" in told
    assert "whsec_" not in cli.run("webhooks", "register", code=3).out
    assert cli.run("webhooks", "register", "--replace").out.startswith("whsec_")


def looked(cli: Cli, code: int) -> dict[str, tuple[bool, str]]:
    found = cli.json("doctor", code=code)["findings"]
    return {one["name"]: (one["ok"], one["text"]) for one in found if "endpoint" in one["name"]} | {
        one["name"]: (one["ok"], one["text"]) for one in found if one["name"] == "webhooks"
    }


def test_doctor_looks_at_what_sends_here(cli: Cli, oracle: Oracle) -> None:
    cli.env[SECRETS] = "whsec_x"
    nothing = f"nothing that is shown to us sends to {URL} (liveshop webhooks register)"
    assert looked(cli, 0) == {"webhooks": (True, nothing)}
    cli.run("webhooks", "register")
    assert [ok for ok, _ in looked(cli, 0).values()] == [True] * 3
    (endpoint,) = oracle.world.all("webhook_endpoint")
    endpoint["status"] = "disabled"
    assert looked(cli, 1)["stripe endpoint status"] == (False, f"{endpoint['id']} is disabled.")
    denied = {"type": "invalid_request_error", "message": "no"}
    oracle.tell("fail", path="^/v1/webhook_endpoints", status=403, body={"error": denied})
    assert looked(cli, 0)["webhooks"][1].startswith("not looked at: the API key lacks")
    oracle.tell("fail", path="^/v1/balance", status=401, body={"error": denied})
    assert looked(cli, 1) == {}


def test_a_url_of_ones_own(cli: Cli, oracle: Oracle) -> None:
    other = "https://hooks.shop.example/mounted/webhooks/stripe"
    assert cli.json("webhooks", "register", "--url", other)["url"] == other
    assert cli.json("webhooks", "check", code=3)["url"] == URL
    assert cli.json("webhooks", "check", "--url", other)["ok"]


WRONG = [
    "http://live.shop.example/webhooks/stripe",
    "https://user:hunter2@shop.example/webhooks/stripe",
    "https://shop.example/webhooks/stripe?token=hunter2",
    "https://shop.example/webhooks/stripe#x",
    "https://shop.example/webhooks/str ipe",
    "https://shop.example/wébhooks",
    "https://shop.example:0/webhooks",
    "https:///webhooks",
    "ftp://shop.example/webhooks",
    "shop.example/webhooks",
    "https://shop.example/" + "x" * 2000,
    "",
]


@pytest.mark.parametrize("url", WRONG)
@pytest.mark.parametrize("command", ["register", "check"])
def test_an_address_that_cannot_be_given_out_is_refused_unseen(
    cli: Cli, oracle: Oracle, command: str, url: str
) -> None:
    ran = cli.run("webhooks", command, "--url", url, "--json", code=1)
    assert ran.error == "webhook_url_invalid"
    assert "hunter2" not in ran.out + ran.err
    assert oracle.world.log == []


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (None, URL),
        (BASE, URL),
        (f"{BASE}/", URL),
        (f"{URL}/", URL),
        ("HTTPS://Live.Shop.example/webhooks/stripe", URL),
        (f"{BASE}/here", f"{BASE}/here"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000/webhooks/stripe"),
        ("http://[::1]:8000/x", "http://[::1]:8000/x"),
    ],
)
def test_an_address_is_spelled_in_one_way(url: str | None, expected: str) -> None:
    assert webhook_address(url, base_url=BASE, platform="stripe") == expected


def test_a_base_below_a_path_keeps_it() -> None:
    base = "https://shop.example/live"
    assert webhook_address(None, base_url=base, platform="stripe") == f"{base}/webhooks/stripe"
    with pytest.raises(WebhookUrlInvalidError):
        webhook_address(None, base_url="http://shop.example", platform="stripe")


@pytest.mark.parametrize("command", ["register", "check"])
def test_the_sandbox_has_nothing_to_register(tmp_path: Path, command: str) -> None:
    cli = Cli(f"sqlite:///{tmp_path / 'shop.db'}")
    told = cli.json("webhooks", command)
    assert (told["ok"], told["platform"]) == (True, "sandbox")
    assert told["findings"][0]["text"].startswith("Nothing to register: the sandbox delivers")
    assert told.get("secret") is None


def test_it_is_no_part_of_somebodys_transaction() -> None:
    shop = LiveShop.from_settings(Settings.load({"LIVESHOP_DATABASE_URL": "sqlite://"}))
    with shop.transaction() as tx:
        inside = shop.using(tx)
        with pytest.raises(BoundShopError, match=r"webhooks\.check"):
            inside.webhooks.check()
        with pytest.raises(BoundShopError, match=r"webhooks\.register"):
            inside.webhooks.register()
    shop.close()


def test_shopify_by_command_line(tmp_path: Path) -> None:
    with shopify_support.running_oracle() as shopify:
        env = {
            "LIVESHOP_PLATFORM": "shopify",
            "LIVESHOP_SECRET_KEYS": "k" * 32,
            "LIVESHOP_BASE_URL": BASE,
            "LIVESHOP_SHOPIFY_SHOP": shopify_support.SHOP,
            "LIVESHOP_SHOPIFY_ADMIN_TOKEN": "shpat_oracle",
            "LIVESHOP_SHOPIFY_STOREFRONT_TOKEN": "sfpub_oracle",
            "LIVESHOP_SHOPIFY_WEBHOOK_SECRETS": "hush",
            "LIVESHOP_SHOPIFY_API_BASE": shopify.url,
        }
        cli = Cli(f"sqlite:///{tmp_path / 'shop.db'}", **env)
        cli.run("db", "upgrade")
        made: Any = cli.json("webhooks", "register")
        assert (made["secret"], made["url"]) == (None, f"{BASE}/webhooks/shopify")
        assert made["changes"] == [
            f"created {topic}"
            for topic in ("orders/paid", "orders/edited", "refunds/create", "app/uninstalled")
        ]
        assert cli.json("webhooks", "check")["ok"]
        shopify.webhooks.clear()
        assert [one["ok"] for one in cli.json("webhooks", "check", code=3)["findings"]] == [
            *(False, False, False, False, True)
        ]
        assert json.loads(cli.run("webhooks", "register", "--json").out)["ok"]


def test_reconciling_tells_of_an_endpoint_that_is_gone(cli: Cli, oracle: Oracle) -> None:
    cli.env[SECRETS] = cli.json("webhooks", "register")["secret"]
    assert cli.json("reconcile")["endpoints"] == []
    assert "endpoint" not in cli.run("reconcile").out
    (endpoint,) = oracle.world.all("webhook_endpoint")
    del oracle.world.objs[endpoint["id"]]
    gone = {
        "name": "stripe endpoint",
        "ok": False,
        "text": f"No endpoint sends to {URL}.",
        "fix": "liveshop webhooks register",
    }
    found = cli.json("reconcile")
    assert (found["ok"], found["endpoints"]) == (True, [gone])
    assert f"No endpoint sends to {URL}." in cli.run("reconcile", "--fix").out
    assert oracle.world.all("webhook_endpoint") == []


def test_reconciling_ends_well_where_endpoints_may_not_be_read(cli: Cli, oracle: Oracle) -> None:
    cli.env[SECRETS] = "whsec_tests"
    oracle.tell("fail", status=403, count=9, path="^/v1/webhook_endpoints")
    found = cli.json("reconcile")
    assert (found["ok"], [one["name"] for one in found["endpoints"]]) == (True, ["webhooks"])
