"""What each setting may look like: rules that return its normal form.

Each takes the text that was given and raises ``ValueError`` with what is
expected; the text of the error never holds the value.
"""

import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

_MIN_KEY_LENGTH = 16
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_DATABASES = ("sqlite:", "sqlite+pysqlite:", "postgres:", "postgresql:", "postgresql+psycopg:")
_SHOP = re.compile(r"[a-z0-9][a-z0-9-]*\.myshopify\.com")
SCOPES = ("read_orders", "write_discounts")
_SHOPIFY_VERSION = re.compile(r"\d{4}-(01|04|07|10)")
_STRIPE_KEY = re.compile(r"(sk|rk)_(test|live)_\w+", re.ASCII)
_STRIPE_ACCOUNT = re.compile(r"acct_[A-Za-z0-9]{1,123}")
_STRIPE_ANY_KEY = re.compile(r"(sk|rk|pk)_(test|live)_")
_COUNTRY = re.compile(r"[A-Z]{2}")
_SHIPPING_RATE = re.compile(r"shr_\w+", re.ASCII)
_MAX_RATES = 5
_SWITCHES = ("automatic_tax", "recovery")
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}", re.ASCII)


def one_of(*words: str) -> Callable[[str], str]:
    """Return a rule that takes these words only."""

    def rule(value: str) -> str:
        if value not in words:
            raise ValueError(f"must be one of: {', '.join(words)}")
        return value

    return rule


def database_url(value: str) -> str:
    """Take the address of a database."""
    if not value.startswith(_DATABASES) or "://" not in value:
        raise ValueError("must look like sqlite:///file.db or postgresql://user@host/name")
    return value


def signing_key(value: str) -> str:
    """Take a key that signs."""
    if len(value) < _MIN_KEY_LENGTH:
        raise ValueError(f"must hold keys of at least {_MIN_KEY_LENGTH} characters, better 32")
    return value


def checkpoint_key(value: str) -> str:
    """Take an Ed25519 seed as base64."""
    try:
        seed = base64.b64decode(value, validate=True)
    except binascii.Error:
        seed = b""
    if len(seed) != 32:
        raise ValueError("must be a key as `liveshop ledger checkpoint --new-key` prints it")
    return value


def stripe_key(value: str) -> str:
    """Take a secret or restricted API key."""
    if not _STRIPE_KEY.fullmatch(value):
        raise ValueError("must be a secret or restricted key: sk_test_…, sk_live_…, rk_…")
    return value


def stripe_account(value: str) -> str:
    """Take the id of a connected account."""
    if not _STRIPE_ACCOUNT.fullmatch(value):
        raise ValueError("must be the id of a connected account: acct_…")
    return value


def stripe_webhook_secret(value: str) -> str:
    """Take an endpoint's secret."""
    if _STRIPE_ANY_KEY.match(value):
        raise ValueError("must hold endpoint secrets (whsec_…), not an API key")
    return value


@dataclass(frozen=True, slots=True, kw_only=True)
class StripeCheckout:
    """What every checkout of a shop at Stripe asks for, beside the sale itself.

    Attributes:
        automatic_tax: Whether Stripe Tax computes the tax.
        recovery: Whether Stripe makes an address to go on with, once a
            checkout has expired.
        countries: Where is shipped to; empty to ask for no address.
        shipping: Ids of the shipping rates a buyer chooses from.
    """

    automatic_tax: bool = False
    recovery: bool = False
    countries: tuple[str, ...] = ()
    shipping: tuple[str, ...] = ()

    @classmethod
    def parse(cls, value: str) -> "StripeCheckout":
        """Read ``automatic_tax, recovery, countries:DE+AT, shipping:shr_1+shr_2``.

        Raises:
            ValueError: with what is expected, never with the value.
        """
        given: dict[str, tuple[str, ...]] = {}
        for part in filter(None, (part.strip() for part in value.split(","))):
            name, _, listed = part.partition(":")
            found = tuple(one.strip() for one in listed.split("+")) if listed else ()
            rule = {"countries": _COUNTRY, "shipping": _SHIPPING_RATE}.get(name)
            fits = bool(found) and all(map(rule.fullmatch, found)) if rule else part in _SWITCHES
            if not fits or name in given or len(set(found)) < len(found):
                raise ValueError(
                    "must look like automatic_tax,recovery,countries:DE+AT,shipping:shr_1+shr_2"
                )
            given[name] = found
        countries, shipping = given.get("countries", ()), given.get("shipping", ())
        if len(shipping) > _MAX_RATES:
            raise ValueError(f"may name {_MAX_RATES} shipping rates, which is all Stripe shows")
        if shipping and not countries:
            raise ValueError("must name countries with its shipping rates: countries:DE+AT")
        return cls(
            automatic_tax="automatic_tax" in given,
            recovery="recovery" in given,
            countries=countries,
            shipping=shipping,
        )


def iban(value: str) -> str:
    """Take an IBAN; returned without spaces."""
    if not _IBAN.fullmatch(value.replace(" ", "")):
        raise ValueError("must be the IBAN of the account that pays")
    return value.replace(" ", "")


def shop(value: str) -> str:
    """Take a Shopify shop's permanent host."""
    if not _SHOP.fullmatch(value):
        raise ValueError("must be the shop's permanent host, like name.myshopify.com")
    return value


def scopes(value: str) -> str:
    """Take scopes with commas; returned without spaces."""
    scopes = [scope.strip() for scope in value.split(",")]
    if not {*SCOPES} <= {*scopes} or not all(re.fullmatch(r"[a-z_]+", one) for one in scopes):
        raise ValueError(f"must be scopes with commas, {' and '.join(SCOPES)} among them")
    return ",".join(scopes)


def shopify_version(value: str) -> str:
    """Take a quarterly API version."""
    if not _SHOPIFY_VERSION.fullmatch(value):
        raise ValueError("must be a quarterly version, like 2026-10")
    return value


def api_base(value: str) -> str:
    """Take an address on this machine."""
    if not is_loopback(value):
        raise ValueError("is for fakes on this machine: http://127.0.0.1:<port>, or leave it out")
    return value.rstrip("/")


def is_loopback(value: str) -> bool:
    """Tell whether a plain http address is on this machine."""
    parts = _split(value)
    return parts is not None and parts.hostname in _LOOPBACK


def base_url(value: str) -> str:
    """Take a plain http address."""
    if _split(value) is None:
        raise ValueError("must look like https://shop.example, with no query, fragment or user")
    return value.rstrip("/")


def _split(value: str) -> SplitResult | None:
    """Return the parts of a plain http address; None for anything else."""
    try:
        parts = urlsplit(value)
        is_plain = parts.port != 0 and parts.username is None and parts.password is None
    except ValueError:
        return None
    is_plain = is_plain and not parts.query and not parts.fragment and value.isprintable()
    if parts.scheme not in {"http", "https"} or not parts.hostname or not is_plain:
        return None
    return None if " " in value or "\\" in value or "?" in value or "#" in value else parts
