"""Stories told to a whole shop: the same money on both engines, however they arrive."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.errors import (
    LiveModeError,
    OrderUnknownError,
    SandboxCodeRefusedError,
    SandboxRefUnknownError,
    SandboxStateError,
    StoryRefusedError,
)
from liveshop_sdk.money import Money, Rate
from liveshop_sdk.settings import Settings
from liveshop_sdk.shop.live_shop import LiveShop
from liveshop_sdk.testing import (
    STORIES,
    Sale,
    SaleLine,
    Webhooks,
    deliver,
    on_the_way,
    recorded_sale,
    sandbox_shop,
    teller_for,
)
from tests.looking import contents

ENDS = {
    "paid": {"pending": -599},
    "partial-refund": {"pending": -299},
    "refund": {},
    "refund-failed": {"pending": -599},
    "dispute": {"disputed": -599},
    "dispute-won": {"pending": -599},
    "dispute-lost": {},
    "expired": {},
}
KEYS = {"LIVESHOP_SECRET_KEYS": "k" * 32}
SHOPIFY = KEYS | {
    "LIVESHOP_PLATFORM": "shopify",
    "LIVESHOP_SHOPIFY_SHOP": "demo-live.myshopify.com",
    "LIVESHOP_SHOPIFY_ADMIN_TOKEN": "shpat_tests",
    "LIVESHOP_SHOPIFY_STOREFRONT_TOKEN": "sfpub_tests",
    "LIVESHOP_SHOPIFY_WEBHOOK_SECRETS": "older,hush",
    "LIVESHOP_SHOPIFY_API_BASE": "http://127.0.0.1:9",
}
STRIPE = KEYS | {
    "LIVESHOP_PLATFORM": "stripe",
    "LIVESHOP_STRIPE_API_KEY": "sk_test_tests",
    "LIVESHOP_STRIPE_WEBHOOK_SECRETS": "whsec_tests",
    "LIVESHOP_STRIPE_API_BASE": "http://127.0.0.1:9",
}


@pytest.fixture(name="shop")
def shop_fixture(db_url: str, clock: ManualClock) -> Iterator[LiveShop]:
    shop = sandbox_shop(clock=clock, database_url=db_url)
    shop.products.add("sku_tee", title="Tee", amount=4990, currency="EUR")
    shop.creators.add("mika", rate=Rate.percent("12"), hold=timedelta(days=14))
    shop.streams.schedule(
        "friday",
        hosts=["mika"],
        opens_at=clock.now(),
        closes_at=clock.now() + timedelta(hours=2),
    )
    yield shop
    shop.close()


def link(shop: LiveShop, coupon: str | None = None) -> str:
    return shop.links.issue(
        creator_id="mika", stream_id="friday", items={"sku_tee": 1}, coupon=coupon
    ).token


def at(db_url: str, settings: dict[str, str], clock: ManualClock) -> LiveShop:
    return LiveShop.from_settings(
        Settings.load({"LIVESHOP_DATABASE_URL": db_url, **settings}), clock=clock
    )


def owed(shop: LiveShop) -> dict[str, int]:
    """What the creator's accounts hold, by their last part; empty ones left out."""
    shop.worker().drain()
    balances = shop.ledger.balance(creator="mika").balances
    return {row.account.rpartition(":")[2]: row.amount for row in balances if row.amount}


@pytest.mark.parametrize("story", STORIES)
@pytest.mark.parametrize("is_bad", [False, True])
def test_a_story_ends_in_the_same_money_however_it_arrives(
    shop: LiveShop, story: str, is_bad: bool
) -> None:
    told = teller_for(shop, link=link(shop)).tell(story)
    sent = on_the_way(told, duplicate=2, reorder=True) if is_bad else told
    assert set(deliver(shop, sent)) == {200}
    assert owed(shop) == ENDS[story]
    assert shop.reconcile().ok
    assert shop.inbox_state().outbox["done"] == 0


def test_what_is_lost_on_the_way_is_found_by_reconciling(shop: LiveShop) -> None:
    told = teller_for(shop, link=link(shop)).tell("partial-refund")
    assert deliver(shop, on_the_way(told, drop=2)) == [200]
    assert owed(shop) == {"pending": -599}
    assert shop.reconcile(fix=True).missing == 1
    assert owed(shop) == {"pending": -299}


def test_a_story_goes_on_with_an_order_that_is_paid(shop: LiveShop) -> None:
    teller = teller_for(shop, link=link(shop))
    deliver(shop, teller.tell("paid"))
    (opened,) = teller_for(shop, order=teller.ref).tell("dispute")
    deliver(shop, [opened, teller_for(shop, order=teller.ref).lost()])
    assert owed(shop) == {}
    with pytest.raises(StoryRefusedError, match="is paid already"):
        teller_for(shop, order=teller.ref).tell("expired")
    with pytest.raises(SandboxStateError):
        teller_for(shop, order=teller.ref).tell("refund")


def test_the_sandbox_keeps_its_rules_in_a_story(shop: LiveShop, db: Database) -> None:
    shop.coupons.create(
        "MIKA20", creator_id="mika", stream_id="friday", percent_off="20", per_customer=1
    )
    deliver(shop, teller_for(shop, link=link(shop, "MIKA20")).tell("paid"))
    again = teller_for(shop, link=link(shop, "MIKA20"))
    before = contents(db)
    with pytest.raises(SandboxCodeRefusedError):
        again.tell("paid")
    assert contents(db) == before
    assert owed(shop) == {"pending": -479}


@pytest.mark.parametrize("spoil", ["tampered", "aged"])
def test_a_spoiled_webhook_stores_nothing(shop: LiveShop, db: Database, spoil: str) -> None:
    (paid,) = teller_for(shop, link=link(shop)).tell("paid")
    assert paid.headers  # the first to sign makes the sandbox's secret
    before = contents(db)
    assert deliver(shop, [getattr(paid, spoil)()]) == [400]
    assert contents(db) == before


def test_without_a_sale_there_is_no_story(shop: LiveShop, db: Database) -> None:
    before = contents(db)
    for given in ({}, {"link": "x", "order": "y"}):
        with pytest.raises(StoryRefusedError, match="name a link or an order"):
            teller_for(shop, **given)
    with pytest.raises(SandboxRefUnknownError):
        teller_for(shop, order="sbo_none")
    assert contents(db) == before


def test_a_sale_of_nobody_at_shopify_is_recorded(
    db_url: str, db: Database, clock: ManualClock
) -> None:
    shop = at(db_url, SHOPIFY, clock)
    sale = Sale.of(SaleLine(sku="sku_tee", price=Money(4990, "EUR")))
    teller = Webhooks(clock).shopify(sale, secret="hush", shop="demo-live.myshopify.com")
    assert set(deliver(shop, on_the_way(teller.tell("dispute"), duplicate=1, reorder=True))) == {
        200
    }
    shop.worker().drain()
    assert deliver(shop, [teller.refunded().tampered()]) == [401]
    assert [one.order_ref for one in shop.orders()] == [teller.ref]
    assert recorded_sale(shop, teller.ref).total == Money(4990, "EUR")
    (refund,) = teller_for(shop, order=teller.ref).tell("partial-refund")
    assert deliver(shop, [refund]) == [200]
    shop.worker().drain()
    assert {fact.kind for fact in shop.explain(teller.ref).facts} == {
        "order",
        "refund",
        "dispute_opened",
    }
    shop.close()


def test_an_order_that_nobody_knows_is_refused(
    db_url: str, db: Database, clock: ManualClock
) -> None:
    shop = at(db_url, STRIPE, clock)
    before = contents(db)
    with pytest.raises(OrderUnknownError):
        teller_for(shop, order="pi_none")
    assert contents(db) == before
    shop.close()


def test_no_story_is_told_where_money_is_real(
    db_url: str, db: Database, clock: ManualClock
) -> None:
    changes: dict[str, Any] = {"LIVESHOP_STRIPE_API_KEY": "sk_" + "live_tests"}
    del (settings := STRIPE | changes)["LIVESHOP_STRIPE_API_BASE"]
    shop = at(db_url, settings, clock)
    before = contents(db)
    for given in ({"link": "anything"}, {"order": "pi_1"}):
        with pytest.raises(LiveModeError) as refused:
            teller_for(shop, **given)
        assert refused.value.details() == {"platform": "stripe"}
    assert contents(db) == before
    shop.close()
