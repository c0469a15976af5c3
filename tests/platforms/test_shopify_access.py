"""How the Shopify adapter gets in: tokens, mode, checks and settings, over real HTTP."""

import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from liveshop_sdk.clock import ManualClock
from liveshop_sdk.errors import (
    PlatformNotReadyError,
    PlatformUnavailableError,
    SettingsInvalidError,
)
from liveshop_sdk.platforms.shopify import ShopifyPlatform
from liveshop_sdk.platforms.shopify.transport import Wire
from tests.platforms import shopify_support as support
from tests.platforms.shopify_adapter_support import oracle_fixture, shop_fixture, spoiled

__all__ = ["oracle_fixture", "shop_fixture"]


# --- tokens


def by_credentials(oracle: Any, clock: ManualClock, secret: str = "hush") -> ShopifyPlatform:
    return support.platform(
        oracle, admin_token="", client_id="client", client_secret=secret, clock=clock
    )


def trades(oracle: Any) -> int:
    return sum(entry["path"] == "/admin/oauth/access_token" for entry in oracle.log)


def test_client_credentials_are_traded_once_a_day(oracle: Any) -> None:
    clock = ManualClock(support.NOW)
    shop = by_credentials(oracle, clock)
    shop.find_order("1")
    clock.advance(timedelta(hours=23, minutes=54))
    shop.find_order("1")
    assert trades(oracle) == 1
    clock.advance(timedelta(minutes=2))
    shop.find_order("1")
    assert trades(oracle) == 2


def test_many_threads_trade_once(oracle: Any) -> None:
    shop = by_credentials(oracle, ManualClock(support.NOW))
    gate = threading.Barrier(8)

    def ask(_: int) -> object:
        gate.wait()
        return shop.find_order("1")

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, range(8))) == [()] * 8
    assert trades(oracle) == 1


def test_no_thread_waits_for_a_token_beyond_its_call() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=64) as silent:
        wire = Wire(timeouts=(0.5, 0.5), patience=0.5, trust_env=False)
        shop = support.platform(
            None,
            api_base=f"http://127.0.0.1:{silent.getsockname()[1]}",
            admin_token="",
            client_id="client",
            client_secret="hush",
            wire=wire,
        )

        def ask(_: int) -> float:
            start = time.monotonic()
            with pytest.raises(PlatformUnavailableError):
                shop.find_order("1")
            return time.monotonic() - start

        with ThreadPoolExecutor(8) as pool:
            assert max(pool.map(ask, range(8))) < 2


def test_a_revoked_token_is_renewed_once_and_no_more(oracle: Any) -> None:
    clock = ManualClock(support.NOW)
    shop = by_credentials(oracle, clock)
    shop.find_order("1")
    oracle.tokens.clear()
    clock.advance(timedelta(minutes=2))
    assert shop.find_order("1") == ()
    assert trades(oracle) == 2
    clock.advance(timedelta(minutes=2))
    oracle.fail("401", 5)
    with pytest.raises(PlatformNotReadyError, match="token is not accepted"):
        shop.find_order("1")
    assert trades(oracle) == 3


def test_a_given_token_that_is_refused_is_the_end(oracle: Any) -> None:
    shop = support.platform(oracle, admin_token="shpat_old")
    with pytest.raises(PlatformNotReadyError, match="token is not accepted"):
        shop.find_order("1")
    assert len(oracle.log) == 1


def test_wrong_credentials_are_refused_without_being_told(oracle: Any) -> None:
    shop = by_credentials(oracle, ManualClock(support.NOW), secret="not-this-one")
    with pytest.raises(PlatformNotReadyError, match="not accepted") as caught:
        shop.find_order("1")
    assert "not-this-one" not in str(caught.value)


# --- mode, checks, settings


def test_loopback_is_test_mode_without_asking(oracle: Any, shop: ShopifyPlatform) -> None:
    assert shop.mode == "test"
    assert oracle.log == []


def test_a_development_shop_is_asked_once(
    oracle: Any, shop: ShopifyPlatform, monkeypatch: Any
) -> None:
    monkeypatch.setattr(shop, "_loopback", False)
    oracle.fail("503")
    with pytest.raises(PlatformUnavailableError):
        _ = shop.mode
    assert [shop.mode, shop.mode] == ["test", "test"]
    assert len(oracle.log) == 2


def test_any_other_shop_is_live(oracle: Any, shop: ShopifyPlatform, monkeypatch: Any) -> None:
    spoiled(monkeypatch, lambda s: s["plan"].update(partnerDevelopment=False), "admin_shop")
    monkeypatch.setattr(shop, "_loopback", False)
    assert shop.mode == "live"


def found(shop: ShopifyPlatform) -> dict[str, bool]:
    return {finding.name.removeprefix("shopify "): finding.ok for finding in shop.check()}


def test_all_is_well_with_a_shop_that_is_set_up(
    oracle: Any, shop: ShopifyPlatform, caplog: pytest.LogCaptureFixture
) -> None:
    assert found(shop) == {
        "admin token": True,
        "shop": True,
        "scopes": True,
        "api version": True,
        "storefront token": True,
        "webhook secret": True,
    }
    assert caplog.text == ""


def test_each_thing_that_is_wrong_is_found_with_its_fix(oracle: Any, monkeypatch: Any) -> None:
    spoiled(monkeypatch, lambda s: s.update(accessScopes=[]), "admin_currentAppInstallation")
    oracle.shop = "other.myshopify.com"
    shop = support.platform(oracle, storefront_token="wrong", webhook_secrets=[])
    assert found(shop) == {
        "admin token": True,
        "shop": False,
        "scopes": False,
        "api version": True,
        "storefront token": False,
        "webhook secret": False,
    }
    assert all(finding.fix for finding in shop.check() if not finding.ok)
    assert found(support.platform(oracle, admin_token="wrong"))["admin token"] is False


def test_a_shop_without_a_storefront_token_is_told_what_that_means(oracle: Any) -> None:
    shop = support.platform(oracle, storefront_token="")
    (told,) = [one for one in shop.check() if one.name == "shopify storefront token"]
    assert (told.ok, told.text) == (True, "None is set: buyers' carts are permalinks.")


def test_an_answer_by_another_version_is_told(
    oracle: Any, shop: ShopifyPlatform, caplog: pytest.LogCaptureFixture
) -> None:
    shop._admin._version = shop._version = "2027-01"
    assert not found(shop)["api version"]
    assert found(shop)
    assert caplog.messages == ["Shopify answered with API 2026-10 instead of 2027-01"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"shop": "shop.example.com"},
        {"shop": "evil.com#.myshopify.com"},
        {"shop": "Demo.myshopify.com"},
        {"shop": "a b.myshopify.com"},
        {"shop": "demo.myshopify.com\n"},
        {"shop": "demo.myshopify.com.evil.example"},
        {"api_version": "2026-13"},
        {"api_version": "2026-04"},
        {"api_version": "unstable"},
        {"api_base": "http://example.com"},
        {"api_base": "https://127.0.0.1.evil.example"},
        {"api_base": "http://127.0.0.1@evil.example"},
        {"api_base": "http://[x"},
        {"admin_token": ""},
        {"admin_token": "x\ny"},
        {"storefront_token": "é"},
    ],
)
def test_settings_that_cannot_work_are_refused_at_once(oracle: Any, wrong: Any) -> None:
    with pytest.raises(SettingsInvalidError):
        support.platform(oracle, **wrong)
    assert oracle.log == []


def test_two_shops_in_one_process_share_nothing(oracle: Any) -> None:
    with support.running_oracle() as other:
        other.tokens = {"shpat_other": None}
        here = support.platform(oracle)
        there = support.platform(other, admin_token="shpat_other")
        with ThreadPoolExecutor(8) as pool:
            shops = [here, there] * 20
            assert list(pool.map(lambda one: one.find_order("1"), shops)) == [()] * 40
        for log in (oracle.log, other.log):
            assert {entry["status"] for entry in log} == {200}
