"""Shopify's privacy topics and the end of an installation, over HTTP and by command line."""

from collections.abc import Iterator
from copy import deepcopy
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from liveshop_sdk.cli import cli
from liveshop_sdk.clock import to_iso
from liveshop_sdk.db import Database
from liveshop_sdk.errors import PlatformNotReadyError
from liveshop_sdk.events import tables as events
from tests.flows import shopify_actors as actors
from tests.flows.oracle_support import MIKA, Site, coupons, nothing_differs, serving
from tests.flows.shopify_actors import Stage
from tests.platforms import shopify_support as support

_, _, PAY = support.oracle_modules()
MAIL = "john@example.com"


@pytest.fixture
def on_shopify(db: Database, db_url: str) -> Iterator[Stage]:
    with support.running_oracle() as oracle, actors.stage(db, db_url, oracle) as stage:
        coupons(stage.site)
        yield stage


def sample(topic: str, **more: Any) -> Any:
    """Shopify's own sample, for our shop."""
    name = "myshopify_domain" if topic == "app/uninstalled" else "shop_domain"
    return {**deepcopy(PAY.SAMPLES[topic]), name: support.SHOP, **more}


def post(url: str, topic: str, payload: Any, mode: str = "ok", **head: Any) -> list[int]:
    sent = PAY.deliver(url, topic, payload, actors.NEW, mode, timeout=20, **head)
    return [status for status, _ in sent]


def words(site: Site, *args: str) -> str:
    """Run a command for a person, and return what it prints."""
    done = CliRunner().invoke(cli, ["privacy", *args], env=dict(site.env))
    assert done.exit_code == 0, done.output
    return done.stdout


def sell(stage: Stage, link: str, email: str, customer: int) -> Any:
    """Sell to somebody of their own: the oracle's buyers are all the same."""
    order = stage.pay(stage.open(link), MIKA, email=email)
    order["contact_email"] = email
    order["customer"] |= {"id": customer, "email": email}
    stage.deliver(stage.sold(order), "ok")
    return order


def bodies(stage: Stage) -> str:
    with stage.site.shop.db.reading() as tx:
        found = tx.execute(sa.select(events.inbox.c.body)).scalars()
        return repr([bytes(body) for body in found])


def test_a_buyer_asks_and_is_forgotten(on_shopify: Stage) -> None:
    site = on_shopify.site
    link = site.issue("mika", "friday-drop", "MIKA20", sku_tee=2)
    order = sell(on_shopify, link, MAIL, 191167)
    on_shopify.deliver(on_shopify.refund(order, amount="5.00"), "ok")
    kept = sell(on_shopify, link, "other@example.com", 191168)
    site.shop.worker().drain()
    ids = [order["id"]]

    for topic in ("customers/data_request", "customers/redact", "shop/redact"):
        before = site.counts()
        for mode in ("bad_hmac", "hex_hmac", "no_hmac", "non_ascii_hmac", "tampered"):
            assert post(site.webhooks, topic, sample(topic), mode) == [401]
        assert post(site.webhooks, topic, sample(topic), "wrong_shop") == [400]
        assert site.counts() == before

    asked = sample("customers/data_request", orders_requested=ids)
    assert post(site.webhooks, "customers/data_request", asked, "duplicate") == [200, 200]
    site.cli("worker", "--drain")
    (waiting,) = site.cli("privacy", "requests")["requests"]
    assert (waiting["kind"], waiting["state"], waiting["orders"]) == ("data", "open", 1)
    shown = site.process("privacy", "show", waiting["id"])
    assert [row["order_ref"] for row in shown["orders"]] == [str(order["id"])]
    assert {row["topic"] for row in shown["webhooks"]} >= {"orders/paid", "refunds/create"}
    assert MAIL in str(shown)
    assert "other@example.com" not in str(shown)
    listed = words(site, "requests")
    assert f"{waiting['id']}  data  open        1" in listed
    assert MAIL not in listed
    assert MAIL in words(site, "show", waiting["id"])
    assert words(site, "done", waiting["id"]).startswith(f"{waiting['id']} is done since 2")
    assert site.cli("privacy", "done", waiting["id"])["request"]["state"] == "done"
    assert words(site, "requests") == "nothing waits\n"

    on_shopify.agree()
    dropped = sample("customers/redact", orders_to_redact=ids)
    assert post(site.webhooks, "customers/redact", dropped, "duplicate") == [200, 200]
    assert MAIL in bodies(on_shopify), "it is answered before it is done"
    site.cli("worker", "--drain")
    assert MAIL not in bodies(on_shopify)
    assert "other@example.com" in bodies(on_shopify)
    assert site.cli("privacy", "requests")["requests"] == []
    done = site.cli("privacy", "requests", "--all")["requests"]
    assert [(one["kind"], one["state"]) for one in done] == [("data", "done"), ("customer", "done")]
    on_shopify.agree()
    site.check_books(apart="tokyo")
    assert site.cli("ledger", "replay", "--brand", "main")["ok"]
    nothing_differs(site)

    on_shopify.deliver(on_shopify.refund(order, amount="1.00"), "ok")
    on_shopify.deliver(on_shopify.refund(kept, amount="1.00"), "ok")
    on_shopify.agree()
    assert post(site.webhooks, "shop/redact", sample("shop/redact")) == [200]
    site.cli("worker", "--drain")
    assert "@" not in bodies(on_shopify)
    site.check_books(apart="tokyo")
    refused = site.cli("privacy", "show", "prv_none", exit_code=1)
    assert refused["error"]["code"] == "privacy_request_unknown"


def test_a_request_nobody_can_read_waits_for_a_person(on_shopify: Stage) -> None:
    site = on_shopify.site
    for mode in ("empty", "not_json", "array"):
        assert post(site.webhooks, "customers/redact", {}, mode) == [200]
    assert post(site.webhooks, "shop/redact", sample("shop/redact", shop_id=None)) == [200]
    site.cli("worker", "--drain")
    waiting = site.cli("privacy", "requests")["requests"]
    assert [one["state"] for one in waiting] == ["problem"] * 4
    assert all(one["problem"] for one in waiting)
    for one in waiting:
        site.cli("privacy", "done", one["id"])
    assert site.cli("privacy", "requests")["requests"] == []


def test_a_removed_app_is_left_alone_until_it_is_back(db: Database, db_url: str) -> None:
    settings = {
        "LIVESHOP_PLATFORM": "shopify",
        "LIVESHOP_SHOPIFY_SHOP": support.SHOP,
        "LIVESHOP_SHOPIFY_CLIENT_ID": "client",
        "LIVESHOP_SHOPIFY_CLIENT_SECRET": actors.NEW,
        "LIVESHOP_SHOPIFY_STOREFRONT_TOKEN": "sfpub_oracle",
    }
    with (
        support.running_oracle() as oracle,
        serving(db, db_url, {**settings, "LIVESHOP_SHOPIFY_API_BASE": oracle.url}) as site,
    ):
        assert site.shop.platform.find_order("1") == ()
        asked = len(oracle.log)
        site.clock.shift += timedelta(minutes=1)
        gone = sample("app/uninstalled")
        now = to_iso(site.clock.now())
        told = post(site.webhooks, "app/uninstalled", gone, "duplicate", triggered_at=now)
        assert told == [200, 200]
        site.shop.worker().drain()
        for _ in range(3):
            with pytest.raises(PlatformNotReadyError) as caught:
                site.shop.platform.find_order("1")
            assert caught.value.vendor_code == "left"
        assert len(oracle.log) == asked, "nobody asks"
        site.clock.shift += timedelta(minutes=6)
        assert site.shop.platform.find_order("1") == (), "its owner took it back"
        post(site.webhooks, "app/uninstalled", gone, triggered_at=now)
        site.shop.worker().drain()
        assert site.shop.platform.find_order("1") == (), "that was of the time before"
