"""The fixtures that pytest finds where the package is installed."""

import subprocess
import sys

import pytest

import liveshop_sdk.testing  # noqa: F401 - loaded here, so that tests inside need not
from tests.house.source import ROOT

pytest_plugins = ["pytester"]

# By its module, whether this very version is installed or not.
LOADED = ("-p", "no:liveshop", "-p", "liveshop_sdk.pytest_plugin", "-p", "no:cacheprovider")

STORE = """
from datetime import timedelta
import pytest
from liveshop_sdk import Rate
from liveshop_sdk.testing import deliver, on_the_way, Sale, SaleLine
from liveshop_sdk import Money

@pytest.fixture
def link(liveshop_shop, liveshop_clock):
    shop, now = liveshop_shop, liveshop_clock.now()
    shop.products.add("sku_tee", title="Tee", amount=4990, currency="EUR")
    shop.creators.add("mika", rate=Rate.percent("12"), hold=timedelta(days=14))
    closes_at = now + timedelta(hours=2)
    shop.streams.schedule("friday", hosts=["mika"], opens_at=now, closes_at=closes_at)
    return shop.links.issue(creator_id="mika", stream_id="friday", items={"sku_tee": 1}).token
"""


@pytest.fixture(autouse=True)
def found(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


def test_a_test_of_a_shop_in_a_few_lines(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        STORE
        + """
def test_a_refund_before_its_sale(liveshop_shop, liveshop_webhooks, link):
    told = liveshop_webhooks.of(liveshop_shop, link=link).tell("partial-refund")
    assert deliver(liveshop_shop, on_the_way(told, reorder=True, duplicate=1)) == [200] * 4
    liveshop_shop.worker().drain()
    assert liveshop_shop.ledger.balance(creator="mika").balances[0].amount == -299

def test_time_stands_until_it_is_moved(liveshop_shop, liveshop_webhooks, liveshop_clock, link):
    deliver(liveshop_shop, liveshop_webhooks.of(liveshop_shop, link=link).tell("paid"))
    assert liveshop_shop.releases.due().entries == 0
    liveshop_clock.advance(timedelta(days=15))
    assert liveshop_shop.releases.due().entries == 1

def test_every_test_has_a_shop_of_its_own(liveshop_shop):
    assert liveshop_shop.stats()["entries"] == 0

def test_other_platforms(liveshop_webhooks):
    sale = Sale.of(SaleLine(sku="sku_tee", price=Money(4990, "EUR")))
    topics = [one.topic for one in liveshop_webhooks.stripe(sale).tell("refund")]
    assert topics == ["checkout.session.completed", "refund.created"]
    topics = [one.topic for one in liveshop_webhooks.shopify(sale).tell("refund")]
    assert topics == ["orders/paid", "refunds/create"]
"""
    )
    pytester.runpytest_inprocess(*LOADED).assert_outcomes(passed=4)


def test_stripe_answers_in_the_process(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
import requests

def test_it_knows_no_session(liveshop_stripe):
    answer = requests.get("https://api.stripe.com/v1/checkout/sessions/cs_1", timeout=1)
    assert answer.json()["error"]["code"] == "resource_missing"
"""
    )
    pytester.runpytest_inprocess(*LOADED).assert_outcomes(passed=1)


def test_the_database_can_be_another(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        STORE
        + """
@pytest.fixture
def liveshop_database_url(tmp_path):
    return f"sqlite:///{tmp_path}/shop.db"

def test_it_is_a_file(liveshop_shop, link, tmp_path):
    assert liveshop_shop.stats()["links"] == 1
    assert (tmp_path / "shop.db").is_file()
"""
    )
    pytester.runpytest_inprocess(*LOADED).assert_outcomes(passed=1)


def test_pytest_lists_the_fixtures_with_what_they_are(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_nothing(): pass")
    listed = pytester.runpytest_subprocess(*LOADED, "--fixtures").stdout.str()
    for name in ("clock", "database_url", "shop", "webhooks"):
        assert f"liveshop_{name} -- " in listed
    assert "A `LiveShop` on the sandbox: empty, migrated, delivering to itself." in listed


def test_the_rest_of_the_package_does_without_pytest() -> None:
    program = (
        "import sys, liveshop_sdk.cli, liveshop_sdk.testing; "
        "print(*[name for name in ('pytest', 'responses') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []


def test_loading_the_plugin_loads_nothing_heavy() -> None:
    program = (
        "import sys, liveshop_sdk.pytest_plugin; heavy = ('sqlalchemy', 'flask', 'stripe', "
        "'liveshop_sdk.shop', 'liveshop_sdk.testing'); "
        "print(*[name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []
