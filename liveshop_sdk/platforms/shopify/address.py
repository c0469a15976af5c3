"""Work out a shop's API addresses, and check what its OAuth callback says.

This is what ShopifyAPI is good at: the spelling of hosts, paths, versions and
of the signed callback. Its state is not used: ``activate_session`` is never
called, and its class attributes, which any other code in the process may set,
are pinned in a subclass of our own.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import shopify

from liveshop_sdk.clock import from_seconds
from liveshop_sdk.errors import SettingsInvalidError

OLDEST_VERSION = "2026-07"
"""The first version with ``Order.cartToken``."""

_SHOP = re.compile(r"[a-z0-9][a-z0-9-]{0,62}\.myshopify\.com")
_VERSION = re.compile(r"20[0-9]{2}-(01|04|07|10)")
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_ONE_DAY = timedelta(days=1)


class _Session(shopify.Session):  # type: ignore[misc]  # ShopifyAPI has no types
    protocol = "https"
    myshopify_domain = "myshopify.com"
    port = None
    secret: str | None = None


def checked_shop(shop: str) -> str:
    """Return a shop's host as it is; only ``name.myshopify.com`` is one.

    ShopifyAPI alone would make another shop's name of a wrong one.

    Raises:
        SettingsInvalidError: anything else, custom domains included.
    """
    if not _SHOP.fullmatch(shop):
        raise _wrong("the Shopify shop must be written as name.myshopify.com")
    return shop


def checked_version(version: str) -> str:
    """Return a version that has all we ask for.

    Raises:
        SettingsInvalidError: not ``YYYY-MM`` of a quarter, or too old.
    """
    if not _VERSION.fullmatch(version) or version < OLDEST_VERSION:
        raise _wrong(f"the Shopify API version must be {OLDEST_VERSION} or later")
    return version


def api_root(shop: str, version: str, api_base: str | None) -> str:
    """Return the shop's scheme and host; another base only on this computer.

    Raises:
        SettingsInvalidError: ``api_base`` is not a loopback address.
    """
    if api_base is None:
        parts = urlsplit(_Session(checked_shop(shop), checked_version(version)).site)
        return f"{parts.scheme}://{parts.netloc}"
    if not is_loopback(api_base):
        raise _wrong("a Shopify API base other than the shop must be a loopback address")
    return api_base.rstrip("/")


def is_loopback(url: str) -> bool:
    """Say whether an address stays on this computer."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and host in _LOOPBACK and "@" not in parts.netloc


def is_genuine_callback(params: Mapping[str, str], *, secret: str, now: datetime) -> bool:
    """Say whether Shopify signed the query of an OAuth callback within a day.

    ShopifyAPI's check takes any timestamp of the future, fails on one that is
    no number and on letters beyond ASCII, and keeps the secret in a class
    attribute; here nothing raises and nothing is kept.
    """
    stamp = params.get("timestamp", "")
    if not re.fullmatch(r"[0-9]{1,10}", stamp) or not params.get("hmac", "").isascii():
        return False
    if abs(now - from_seconds(int(stamp))) > _ONE_DAY:
        return False

    class OneSecret(_Session):
        """The secret is a class attribute there; this class lives for one call."""

    OneSecret.secret = secret
    try:
        return bool(OneSecret.validate_hmac(dict(params)))
    except (UnicodeError, TypeError):
        return False


def _wrong(problem: str) -> SettingsInvalidError:
    return SettingsInvalidError(count=1, faults=problem)
