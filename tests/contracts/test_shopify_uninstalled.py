"""An app that was removed from its shop, and is back, on both engines."""

from datetime import timedelta
from typing import Any

import pytest

from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.errors import PlatformNotReadyError
from liveshop_sdk.platforms.vault import Grant, Vault
from liveshop_sdk.shop.live_shop import LiveShop
from tests.contracts.shopify_support import KEY, SHOP, Shop, order, request


@pytest.fixture
def installed(db: Database, clock: ManualClock) -> Shop:
    shop = Shop(db, clock, {"LIVESHOP_SHOPIFY_ACCESS": "install"})
    grant(shop)
    return shop


def vault(shop: Shop) -> Vault:
    return Vault(shop.db, shop.clock, (KEY,), platform="shopify", account=SHOP, app="client")


def grant(shop: Shop) -> None:
    vault(shop).put(Grant(token="shpat_1", ends_at=None, renewal="shprt_1"))


def refusal(shop: LiveShop) -> str:
    with pytest.raises(PlatformNotReadyError) as caught:
        shop.platform.find_order("4711")
    return caught.value.vendor_code


def test_a_removed_app_gives_up_its_token_until_it_is_installed_again(installed: Shop) -> None:
    installed.clock.advance(timedelta(hours=1))
    installed.tell("app/uninstalled", request("app/uninstalled"))
    held = vault(installed).look()
    assert (held.state, held.is_sealed, held.state_at) == ("left", False, installed.clock.now())
    assert refusal(installed.live) == "left"
    installed.clock.advance(timedelta(days=1))
    assert refusal(installed.live) == "left"
    grant(installed)
    assert vault(installed).look().state == "granted"
    assert installed.live.privacy.requests(all=True) == []


@pytest.mark.parametrize("late", [timedelta(minutes=1), timedelta(days=2)])
def test_old_news_does_not_shut_out_a_new_installation(installed: Shop, late: timedelta) -> None:
    left_at = installed.clock.now() + timedelta(hours=1)
    installed.clock.advance(timedelta(hours=2))
    grant(installed)
    installed.clock.advance(late)
    installed.tell("app/uninstalled", request("app/uninstalled"), at=left_at)
    assert vault(installed).look().state == "granted"


def test_news_from_the_future_is_of_now(installed: Shop) -> None:
    ahead = installed.clock.now() + timedelta(days=400)
    installed.tell("app/uninstalled", request("app/uninstalled"), at=ahead)
    assert vault(installed).look().state_at == installed.clock.now()


@pytest.mark.parametrize(
    "payload", [b"{", order(4711), request("app/uninstalled", myshopify_domain="o.myshopify.com")]
)
def test_what_is_no_such_news_is_kept_and_changes_nothing(installed: Shop, payload: Any) -> None:
    installed.tell("app/uninstalled", payload, name="bad")
    assert installed.states() == {"bad": "dead"}
    (dead,) = installed.live.inbox_state().dead
    assert "delivery_unreadable" in str(dead.reason)
    assert vault(installed).look().state == "granted"
