"""`liveshop trigger`: signed webhooks posted to the shop's own route."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from werkzeug.serving import make_server

from liveshop_sdk.settings import Settings
from liveshop_sdk.shop.live_shop import LiveShop
from liveshop_sdk.testing import STORIES
from liveshop_sdk.testing.stripe_api import FakeStripe
from liveshop_sdk.web import LiveShopFlask
from tests.flows.cli_support import Cli, everything, furnish

STRIPE = {
    "LIVESHOP_PLATFORM": "stripe",
    "LIVESHOP_STRIPE_API_KEY": "sk_test_tests",
    "LIVESHOP_STRIPE_WEBHOOK_SECRETS": "whsec_tests",
    "LIVESHOP_SECRET_KEYS": "k" * 32,
}


@pytest.fixture(name="cli")
def cli_fixture(db_url: str) -> Cli:
    cli = Cli(db_url)
    furnish(cli)
    return cli


def issue(cli: Cli) -> str:
    link = cli.json("links", "issue", "--creator", "mika", "--stream", "friday", *ONE_TEE)
    return str(link["token"])


ONE_TEE = ("--item", "sku_tee=1")


def balances(cli: Cli) -> dict[str, int]:
    cli.run("worker", "--drain")
    rows = cli.json("ledger", "balance", "--creator", "mika")["balances"]
    return {row["account"].rpartition(":")[2]: row["amount"] for row in rows if row["amount"]}


@contextmanager
def served(db_url: str) -> Iterator[str]:
    """Serve a shop's routes at an address of this machine."""
    shop = LiveShop.from_settings(Settings.load({"LIVESHOP_DATABASE_URL": db_url}))
    app = Flask("served")
    LiveShopFlask(app, shop)
    server = make_server("127.0.0.1", 0, app)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        shop.close()


def test_a_story_is_sent_and_answered(cli: Cli) -> None:
    issue(cli)
    done = cli.json("trigger", "partial-refund")
    assert (done["story"], done["platform"], done["mode"]) == (
        "partial-refund",
        "sandbox",
        "sandbox",
    )
    assert [(one["topic"], one["status"]) for one in done["sent"]] == [
        ("checkout.paid", 200),
        ("refund.created", 200),
    ]
    assert (done["to"], done["lost"]) == (None, [])
    assert balances(cli) == {"pending": -299}
    assert cli.json("reconcile")["missing"] == 0


def test_the_text_shows_each_webhook(cli: Cli) -> None:
    issue(cli)
    lines = cli.run("trigger", "dispute-won", "--duplicate", "1", "--drop", "2").out.splitlines()
    assert lines[0].startswith("dispute-won of sbo_")
    shown = [(line.split()[0], line.split()[2]) for line in lines[1:]]
    assert shown == [
        ("WEBHOOK", "ANSWER"),
        ("checkout.paid", "200"),
        ("checkout.paid", "200"),
        ("dispute.won", "200"),
        ("dispute.won", "200"),
        ("dispute.opened", "lost"),
    ]


def test_a_refund_before_its_sale_waits_for_it(cli: Cli) -> None:
    issue(cli)
    done = cli.json("trigger", "refund", "--reorder")
    assert [one["topic"] for one in done["sent"]] == ["refund.created", "checkout.paid"]
    assert balances(cli) == {}


def test_what_is_dropped_is_found_by_reconciling(cli: Cli) -> None:
    issue(cli)
    done = cli.json("trigger", "paid", "--drop", "1")
    assert done["sent"] == []
    assert [one["topic"] for one in done["lost"]] == ["checkout.paid"]
    assert balances(cli) == {}
    assert cli.json("reconcile", "--fix")["fixed"] == 1
    assert balances(cli) == {"pending": -599}


def test_a_paid_order_goes_on(cli: Cli) -> None:
    ref = cli.json("trigger", "paid", "--link", issue(cli))["ref"]
    done = cli.json("trigger", "refund-failed", "--order", ref)
    assert [one["topic"] for one in done["sent"]] == ["refund.created", "refund.failed"]
    assert done["ref"] == ref
    assert balances(cli) == {"pending": -599}
    refused = cli.run("trigger", "paid", "--order", ref, "--json", code=1)
    assert refused.error == "story_refused"


@pytest.mark.parametrize("spoil", ["--tamper", "--old"])
def test_a_spoiled_webhook_is_answered_and_exit_code_1_says_so(cli: Cli, spoil: str) -> None:
    issue(cli)
    done = cli.json("trigger", "paid", spoil, code=1)
    assert [one["status"] for one in done["sent"]] == [400]
    assert cli.json("events", "list")["inbox"]["done"] == 0


def test_a_server_of_this_machine_takes_it(cli: Cli, db_url: str) -> None:
    issue(cli)
    with served(db_url) as address:
        done = cli.json("trigger", "paid", "--to", f"{address}/")
    assert done["to"] == address
    assert [one["status"] for one in done["sent"]] == [200]
    assert balances(cli) == {"pending": -599}


def test_where_nobody_listens_there_is_no_answer(cli: Cli) -> None:
    issue(cli)
    done = cli.json("trigger", "paid", "--to", "http://127.0.0.1:9", code=1)
    assert [one["status"] for one in done["sent"]] == [None]
    assert "no answer" in cli.run("trigger", "paid", "--to", "http://[::1]:9", code=1).out


@pytest.mark.parametrize(
    ("args", "code", "error"),
    [
        (("paid", "--to", "http://shop.example"), 2, "usage"),
        (("paid", "--to", "http://127.0.0.1.example"), 2, "usage"),
        (("paid", "--to", "shop"), 2, "usage"),
        (("paid", "--to", "http://127.0.0.1:99999"), 2, "usage"),
        (("paid", "--to", "ftp://127.0.0.1"), 2, "usage"),
        (("paid", "--link", "lk1", "--order", "sbo_1"), 2, "usage"),
        (("paid", "--duplicate", "100"), 2, "usage"),
        (("bankruptcy",), 2, "usage"),
        (("paid", "--platform", "stripe"), 1, "platform_not_configured"),
        (("paid",), 1, "story_refused"),
        (("paid", "--link", "none"), 1, "link_unknown"),
        (("refund", "--order", "sbo_none"), 1, "sandbox_ref_unknown"),
    ],
)
def test_what_cannot_be_is_refused_and_writes_nothing(
    cli: Cli, db_url: str, args: tuple[str, ...], code: int, error: str
) -> None:
    before = everything(db_url)
    assert cli.run("trigger", *args, "--json", code=code).error == error
    assert everything(db_url) == before


def test_on_stripe_in_test_mode(db_url: str) -> None:
    cli = Cli(db_url, **STRIPE)
    with FakeStripe() as fake:
        furnish(cli)
        issue(cli)
        done = cli.json("trigger", "dispute-lost", "--platform", "stripe")
        assert [(one["topic"], one["status"]) for one in done["sent"]] == [
            ("checkout.session.completed", 200),
            ("charge.dispute.created", 200),
            ("charge.dispute.closed", 200),
        ]
        assert done["mode"] == "test"
        assert done["ref"].startswith("pi_")
        assert balances(cli) == {}  # Stripe does not show the session as paid
    assert fake.writes[-1].path == "/v1/checkout/sessions"


def test_in_live_mode_it_is_refused(db_url: str) -> None:
    settings: dict[str, Any] = STRIPE | {"LIVESHOP_STRIPE_API_KEY": "sk_" + "live_tests"}
    cli = Cli(db_url, **settings)
    furnished = everything(db_url)
    for subject in ((), ("--link", "x"), ("--order", "pi_1")):
        refused = cli.run("trigger", "refund", *subject, "--json", code=1)
        assert refused.error == "live_mode"
        assert "booked as real money" in refused.err
    assert everything(db_url) == furnished


def test_the_newest_link_is_one_that_still_leads_somewhere(cli: Cli) -> None:
    later = ("--opens-at", "2036-01-01T18:00:00Z", "--closes-at", "2036-01-01T20:00:00Z")
    cli.run("streams", "add", "later", "--host", "mika", *later)
    live = ("links", "issue", "--creator", "mika", "--stream", "friday", *ONE_TEE)
    cli.run(*live)
    cli.run("links", "issue", "--creator", "mika", "--stream", "later", *ONE_TEE)
    cli.run("links", "revoke", cli.json(*live)["id"])
    cli.run("streams", "end", "later")
    assert cli.json("trigger", "paid")["sent"][0]["status"] == 200
    assert balances(cli) == {"pending": -599}


def test_every_story_is_named_in_the_help(cli: Cli) -> None:
    shown = " ".join(cli.run("trigger", "--help").out.split())
    assert [story for story in STORIES if story not in shown] == []
