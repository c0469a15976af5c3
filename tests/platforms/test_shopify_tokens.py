"""How a token of Shopify's is shared, renewed and given up, over real HTTP."""

from datetime import timedelta
from typing import Any

import pytest

from liveshop_sdk.clock import ManualClock
from liveshop_sdk.errors import PlatformNotReadyError
from liveshop_sdk.platforms.shopify import ShopifyPlatform
from liveshop_sdk.platforms.shopify.tokens import LEASE, PAUSE
from liveshop_sdk.platforms.shopify.transport import Wire
from liveshop_sdk.platforms.vault import Grant, Vault
from tests.platforms import shopify_support as support
from tests.platforms.shopify_adapter_support import oracle_fixture

__all__ = ["oracle_fixture"]

TOKENS = "/admin/oauth/access_token"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(support.NOW)


@pytest.fixture
def vault(clock: ManualClock) -> Vault:
    return support.own_vault(clock)


def worker(oracle: Any, clock: ManualClock, vault: Vault, **given: Any) -> ShopifyPlatform:
    app = {"admin_token": "", "client_id": "client", "client_secret": "hush"}
    return support.platform(oracle, clock=clock, vault=vault, **(app | given))


def installed(oracle: Any, clock: ManualClock, vault: Vault, **given: Any) -> ShopifyPlatform:
    return worker(oracle, clock, vault, must_be_installed=True, **given)


def first(clock: ManualClock, **given: Any) -> Grant:
    ends_at = clock.now() + timedelta(hours=1)
    found: dict[str, Any] = {"token": "shpat_oracle", "ends_at": ends_at, "renewal": "shprt_oracle"}
    return Grant(**(found | given))


def asked(oracle: Any) -> int:
    return sum(entry["path"] == TOKENS for entry in oracle.log)


def test_all_processes_share_one_token(oracle: Any, clock: ManualClock, vault: Vault) -> None:
    assert [worker(oracle, clock, vault).find_order("1") for _ in range(3)] == [()] * 3
    assert asked(oracle) == 1


def test_an_installed_app_renews_its_pair_before_the_hour_is_over(
    oracle: Any, clock: ManualClock, vault: Vault
) -> None:
    vault.put(first(clock))
    shop = installed(oracle, clock, vault)
    shop.find_order("1")
    assert asked(oracle) == 0
    clock.advance(timedelta(minutes=56))
    shop.find_order("1")
    held = vault.look().grant
    assert held is not None
    assert held.renewal not in ("", "shprt_oracle")
    assert held.ends_at == clock.now() + timedelta(hours=1)
    assert held.renewal_ends_at == clock.now() + timedelta(days=90)
    assert held.scopes == "write_discounts,read_orders"
    assert asked(oracle) == 1


def test_a_shop_that_gives_no_token_in_time_is_asked_on_with_the_old_one(
    oracle: Any, clock: ManualClock, vault: Vault, monkeypatch: Any
) -> None:
    vault.put(first(clock))
    clock.advance(timedelta(minutes=56))
    shop = installed(oracle, clock, vault)
    with monkeypatch.context() as context:
        context.setattr(support.oracle_modules()[1], "other", lambda *_: (503, {}, {}))
        assert [shop.find_order("1"), shop.find_order("1")] == [(), ()]
        assert asked(oracle) == 1, "nobody asks again before the lease is over"
        clock.advance(LEASE)
        assert shop.find_order("1") == ()
        assert asked(oracle) == 2
    clock.advance(LEASE)
    assert shop.find_order("1") == ()
    assert vault.look().granted_at == clock.now()


def test_a_shop_that_refuses_us_is_marked_and_left_alone(
    oracle: Any, clock: ManualClock, vault: Vault
) -> None:
    vault.put(first(clock))
    clock.advance(timedelta(minutes=2))
    shop = installed(oracle, clock, vault)
    oracle.fail("401", 99)
    with pytest.raises(PlatformNotReadyError, match="token is not accepted"):
        shop.find_order("1")
    assert (asked(oracle), len(oracle.log)) == (1, 3)
    assert vault.look().state == "refused"
    for one in (shop, installed(oracle, clock, vault)):
        with pytest.raises(PlatformNotReadyError, match="it refused us at 2026-11-22") as caught:
            one.find_order("1")
        assert caught.value.retry_after == 300
    assert len(oracle.log) == 3, "not asked at all"
    clock.advance(PAUSE)
    with pytest.raises(PlatformNotReadyError):
        shop.find_order("1")
    assert (asked(oracle), len(oracle.log)) == (2, 5), "one token, one try"
    oracle.failures.clear()
    clock.advance(PAUSE)
    assert shop.find_order("1") == ()
    assert vault.look().state == "granted"


def test_doctor_asks_a_shop_that_is_left_alone(
    oracle: Any, clock: ManualClock, vault: Vault
) -> None:
    shop = worker(oracle, clock, vault, client_secret="wrong")
    with pytest.raises(PlatformNotReadyError):
        shop.find_order("1")
    mended = worker(oracle, clock, vault)
    with pytest.raises(PlatformNotReadyError, match="it refused us"):
        mended.find_order("1")
    assert [finding for finding in mended.check() if not finding.ok] == []
    assert mended.find_order("1") == ()


def test_a_refresh_token_that_is_over_ends_it(
    oracle: Any, clock: ManualClock, vault: Vault
) -> None:
    vault.put(first(clock, renewal="shprt_canary"))
    clock.advance(timedelta(hours=2))
    with pytest.raises(PlatformNotReadyError, match="install the app again") as caught:
        installed(oracle, clock, vault).find_order("1")
    assert "canary" not in str(caught.value) + repr(caught.value) + repr(vault.look())
    assert vault.look().state == "refused"


@pytest.mark.parametrize("renewal", ["", "shprt_oracle"])
def test_a_token_without_end_is_used_until_it_is_refused(
    oracle: Any, clock: ManualClock, vault: Vault, renewal: str
) -> None:
    vault.put(first(clock, ends_at=None, renewal=renewal))
    clock.advance(timedelta(days=400))
    shop = installed(oracle, clock, vault)
    assert shop.find_order("1") == ()
    assert asked(oracle) == 0
    oracle.tokens.clear()
    if renewal:
        assert shop.find_order("1") == ()
    else:
        with pytest.raises(PlatformNotReadyError, match="install the app again"):
            shop.find_order("1")


def test_an_app_that_is_not_there_asks_for_nothing(
    oracle: Any, clock: ManualClock, vault: Vault
) -> None:
    with pytest.raises(PlatformNotReadyError, match="the app is not installed yet"):
        installed(oracle, clock, vault).find_order("1")
    vault.put(first(clock))
    strange = support.vault(vault._db, clock, ("a-key-that-sealed-nothing-here",))
    with pytest.raises(PlatformNotReadyError, match="no key of ours opens its token"):
        installed(oracle, clock, strange).find_order("1")
    assert oracle.log == []


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"access_token": "x\ny", "expires_in": 60},
        {"access_token": "", "expires_in": 60},
        {"access_token": "shpat_canary", "refresh_token": 7},
        {"access_token": "shpat_canary", "refresh_token": "é"},
        b"<html>",
        b"[]",
    ],
)
def test_an_answer_that_holds_no_pair_changes_nothing(
    oracle: Any, clock: ManualClock, vault: Vault, monkeypatch: Any, answer: Any
) -> None:
    vault.put(first(clock))
    clock.advance(timedelta(minutes=58))
    resolvers = support.oracle_modules()[1]
    monkeypatch.setattr(resolvers, "other", lambda *_: (200, answer, {}))
    shop = installed(oracle, clock, vault, wire=Wire(patience=2.0, trust_env=False))
    assert shop.find_order("1") == (), "the old token still works"
    held = vault.look()
    assert (held.state, held.grant) == ("granted", first(ManualClock(support.NOW)))
