"""Shop hosts, versions and the OAuth callback: what ShopifyAPI is used for."""

import hashlib
import hmac
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
import shopify
from hypothesis import given
from hypothesis import strategies as st

from liveshop_sdk.errors import SettingsInvalidError
from liveshop_sdk.platforms.shopify.address import (
    api_root,
    checked_shop,
    is_genuine_callback,
    is_loopback,
)

NOW = datetime(2026, 11, 22, 18, tzinfo=UTC)
STAMP = str(int(NOW.timestamp()))


def callback(secret: str = "hush", **params: str) -> dict[str, str]:
    plain = {"code": "c0de", "shop": "demo.myshopify.com", "state": "s", "timestamp": STAMP}
    plain |= params
    text = "&".join(f"{key}={value}" for key, value in sorted(plain.items()))
    return plain | {"hmac": hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()}


def test_the_api_of_a_shop_is_at_its_own_host() -> None:
    assert api_root("demo-live.myshopify.com", "2026-10", None) == (
        "https://demo-live.myshopify.com"
    )
    assert api_root("demo.myshopify.com", "2026-10", "http://127.0.0.1:8099/") == (
        "http://127.0.0.1:8099"
    )
    assert not is_loopback("http://192.168.0.1")


def test_what_other_code_set_on_shopifyapi_changes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shopify.Session, "protocol", "http")
    monkeypatch.setattr(shopify.Session, "myshopify_domain", "evil.example")
    monkeypatch.setattr(shopify.Session, "port", 81)
    monkeypatch.setattr(shopify.Session, "secret", "theirs")
    assert api_root("demo.myshopify.com", "2026-10", None) == "https://demo.myshopify.com"
    assert is_genuine_callback(callback(), secret="hush", now=NOW)
    assert shopify.Session.secret == "theirs"


@given(st.text(max_size=60))
def test_a_host_is_taken_as_it_is_or_not_at_all(text: str) -> None:
    try:
        shop = checked_shop(text)
    except SettingsInvalidError:
        return
    assert api_root(shop, "2026-10", None) == f"https://{text}"


def test_a_callback_that_shopify_signed_is_genuine() -> None:
    assert is_genuine_callback(callback(), secret="hush", now=NOW)
    assert is_genuine_callback(callback(), secret="hush", now=NOW + timedelta(hours=23))


def test_any_other_callback_is_not() -> None:
    good = callback()
    assert not is_genuine_callback(good, secret="other", now=NOW)
    assert not is_genuine_callback(good | {"shop": "x.myshopify.com"}, secret="hush", now=NOW)
    assert not is_genuine_callback(good | {"hmac": "é"}, secret="hush", now=NOW)
    assert not is_genuine_callback({}, secret="hush", now=NOW)
    for stamp in ("soon", "-5", "9" * 10, "1", ""):
        assert not is_genuine_callback(callback(timestamp=stamp), secret="hush", now=NOW)
    assert not is_genuine_callback(good, secret="hush", now=NOW + timedelta(days=2))
    assert not is_genuine_callback(good, secret="hush", now=NOW - timedelta(days=2))


@given(st.dictionaries(st.sampled_from(["code", "timestamp", "hmac", "ids[]"]), st.text()))
def test_a_hostile_callback_never_fails_in_another_way(params: dict[str, str]) -> None:
    assert is_genuine_callback(params, secret="hush", now=NOW) is False


def test_shopifyapi_is_never_activated() -> None:
    code = (
        "import shopify; import liveshop_sdk.platforms.shopify; "
        "assert shopify.ShopifyResource.site is None; "
        "assert 'X-Shopify-Access-Token' not in shopify.ShopifyResource.get_headers()"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
