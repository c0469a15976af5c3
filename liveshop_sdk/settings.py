"""Read ``LIVESHOP_…`` settings once, check all of them, name every fault at once.

A fault names the setting and what it should look like, never the value: a
misplaced key must not end up in a log. Defaults make a sandbox on a SQLite file.
"""

import difflib
import hmac
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeVar, cast

from liveshop_sdk import setting_rules as rules
from liveshop_sdk.errors import InvalidError, SettingsInvalidError
from liveshop_sdk.money import Money

T = TypeVar("T")

PREFIX = "LIVESHOP_"
Mode = Literal["sandbox", "test", "live"]
Platform = Literal["sandbox", "stripe", "shopify"]
Ingest = Literal["inline", "worker"]

_KEYS = "at least one key of 32 random characters signs the links"
_REQUIRED: dict[str, dict[str, str]] = {
    "stripe": {
        "SECRET_KEYS": _KEYS,
        "STRIPE_API_KEY": "a secret or restricted key (sk_…, rk_…)",
        "STRIPE_WEBHOOK_SECRETS": "the secret of the webhook endpoint (whsec_…), "
        "which `liveshop webhooks register` prints",
    },
    "shopify": {
        "SECRET_KEYS": _KEYS,
        "SHOPIFY_SHOP": "the shop's permanent host, like name.myshopify.com",
    },
}


class Secret:
    """A text that shows as ``***`` wherever it is printed; see ``reveal``."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the text itself: for the call that needs it, and nothing else."""
        return self._text

    def __repr__(self) -> str:
        return "Secret('***')"

    def __str__(self) -> str:
        return "***"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._text.encode(), other.reveal().encode())

    def __hash__(self) -> int:
        return hash(self._text)


_DATABASE_URL = Secret("sqlite:///liveshop.db")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything that can be configured, checked; secrets are masked in repr."""

    database_url: Secret = _DATABASE_URL
    platform: Platform = "sandbox"
    secret_keys: tuple[Secret, ...] = ()
    """Oldest first; the last one signs. Empty only in the sandbox, which keeps its own."""
    base_url: str = "http://127.0.0.1:8000"
    ingest: Ingest = "inline"
    payout_alone_up_to: tuple[Money, ...] = ()
    """Up to which total one person may plan and approve a payout, by currency."""
    payer_name: str | None = None
    payer_iban: Secret | None = None
    payer_bic: str | None = None
    payer_town: str | None = None
    payer_country: str | None = None
    open_checkouts: Literal["keep", "expire"] = "keep"
    """What becomes of a checkout when its coupon's window ends by itself."""
    checkpoint_key: tuple[Secret, ...] = ()
    """Private keys of checkpoints, the last one signs; the sandbox keeps one of its own."""
    checkpoint_dir: str | None = None
    pdf_fonts: tuple[str, ...] = ()
    """Files of fonts for letters that the built-in font of PDFs lacks, in this order."""
    stripe_api_key: Secret | None = None
    stripe_account: str | None = None
    """The connected account that sells, where the key is its platform's."""
    stripe_webhook_secrets: tuple[Secret, ...] = ()
    stripe_api_base: str | None = None
    stripe_checkout: rules.StripeCheckout | None = None
    """Tax, shipping and recovery of every checkout."""
    shopify_shop: str | None = None
    shopify_admin_token: Secret | None = None
    shopify_client_id: str | None = None
    shopify_client_secret: Secret | None = None
    shopify_access: Literal["credentials", "install"] = "credentials"
    shopify_scopes: str = ",".join(rules.SCOPES)
    """What an installation asks for; with commas and without spaces."""
    shopify_reference: Literal["attribute", "metafield"] = "attribute"
    """Where carts carry what orders are known by; a metafield comes beside the attribute."""
    shopify_storefront_token: Secret | None = None
    shopify_webhook_secrets: tuple[Secret, ...] = ()
    shopify_api_version: str = "2026-10"
    shopify_api_base: str | None = None

    @property
    def mode(self) -> Mode:
        """What money is at stake, as far as the credentials tell.

        A Shopify development store also counts as ``test``; only the platform
        can tell that, so that here a Shopify shop counts as ``live``.
        """
        if self.platform == "sandbox":
            return "sandbox"
        if self.platform == "stripe":
            key = self.stripe_api_key.reveal() if self.stripe_api_key else ""
            return "live" if "_live_" in key[:8] else "test"
        return "test" if self.shopify_api_base else "live"

    @classmethod
    def load(
        cls,
        environ: Mapping[str, str] | None = None,
        overrides: Mapping[str, object] | None = None,
    ) -> "Settings":
        """Return checked settings; an empty value counts as not set.

        Args:
            environ: ``os.environ`` unless given.
            overrides: Same names, win over ``environ``: a Flask ``app.config``.

        Raises:
            SettingsInvalidError: Listing every fault there is.
        """
        given: dict[str, object] = {**(os.environ if environ is None else environ)}
        given.update(overrides or {})
        reader = _Reader(given)
        settings = _read(reader)
        reader.check_required()
        reader.check_unknown()
        if reader.faults:
            listing = "\n".join(f"- {fault}" for fault in reader.faults)
            raise SettingsInvalidError(count=len(reader.faults), faults=listing)
        return settings


class _Reader:
    """Takes settings one by one and keeps every fault for one report."""

    def __init__(self, given: Mapping[str, object]) -> None:
        self.faults: list[str] = []
        self._known: set[str] = set()
        self._given = {
            name: value.strip() if isinstance(value, str) else value
            for name, value in given.items()
            if name.startswith(PREFIX) and value is not None
        }

    def has(self, name: str) -> bool:
        """Tell whether the setting has a value, right or wrong."""
        return self._given.get(PREFIX + name, "") not in ("", [], ())

    def text(self, name: str, rule: Callable[[str], str] = str) -> str | None:
        """Return a setting; ``rule`` returns its normal form, or raises why not."""
        self._known.add(PREFIX + name)
        if not self.has(name):
            return None
        value = self._given[PREFIX + name]
        if not isinstance(value, str):
            self.fault(name, "must be text")
            return None
        try:
            return rule(value)
        except ValueError as error:
            self.fault(name, str(error))
            return None

    def parsed(self, name: str, parse: Callable[[str], T]) -> T | None:
        """Return what a setting stands for; ``parse`` raises why it cannot."""
        given = self.text(name)
        try:
            return None if given is None else parse(given)
        except ValueError as error:
            self.fault(name, str(error))
            return None

    def secret(self, name: str, rule: Callable[[str], str] = str) -> Secret | None:
        """Return a secret setting, wrapped so that it does not show."""
        found = self.text(name, rule)
        return None if found is None else Secret(found)

    def secrets(self, name: str, rule: Callable[[str], str] = str) -> tuple[Secret, ...]:
        """Return a comma-separated setting, or a list, as secrets in their order."""
        return tuple(Secret(text) for text in self.texts(name, rule))

    def texts(self, name: str, rule: Callable[[str], str] = str) -> tuple[str, ...]:
        """Return a comma-separated setting, or a list, in its order."""
        self._known.add(PREFIX + name)
        value = self._given.get(PREFIX + name, "")
        parts = value.split(",") if isinstance(value, str) else value
        if not isinstance(parts, list | tuple) or not all(isinstance(part, str) for part in parts):
            self.fault(name, "must be text, separated by commas")
            return ()
        found = [part.strip() for part in parts if part.strip()]
        try:
            return tuple(rule(part) for part in found)
        except ValueError as error:
            self.fault(name, str(error))
            return ()

    def amounts(self, name: str) -> tuple[Money, ...]:
        """Return a comma-separated setting as amounts of different currencies."""
        given = self.text(name) or ""
        found: dict[str, Money] = {}
        for part in filter(None, (part.strip() for part in given.split(","))):
            amount, _, currency = part.partition(" ")
            try:
                found.setdefault(currency, Money.parse(amount, currency))
            except InvalidError:
                self.fault(name, "must look like 500.00 EUR, 400.00 USD")
        return tuple(found.values())

    def fault(self, name: str, problem: str) -> None:
        """Keep one fault."""
        self.faults.append(f"{PREFIX}{name} {problem}")

    def check_required(self) -> None:
        """Keep a fault for each setting the platform cannot do without."""
        platform = self._given.get(PREFIX + "PLATFORM")
        for name, purpose in _REQUIRED.get(str(platform), {}).items():
            if not self.has(name):
                self.fault(name, f"must be set: {purpose}")
        if self.has("PAYER_IBAN"):
            for name in ("PAYER_NAME", "PAYER_TOWN", "PAYER_COUNTRY"):
                if not self.has(name):
                    self.fault(name, "must be set: SEPA files name who pays, and where from")
        if platform == "shopify":
            self._check_shopify_access()

    def _check_shopify_access(self) -> None:
        """A token, or an app's id and secret; the secret also signs webhooks."""
        has_app = self.has("SHOPIFY_CLIENT_ID") and self.has("SHOPIFY_CLIENT_SECRET")
        if self._given.get(PREFIX + "SHOPIFY_ACCESS") == "install" and (
            self.has("SHOPIFY_ADMIN_TOKEN") or not has_app
        ):
            self.fault("SHOPIFY_ACCESS", "install needs an app's id and secret, and no token")
        elif not has_app and (self.has("SHOPIFY_CLIENT_ID") or not self.has("SHOPIFY_ADMIN_TOKEN")):
            self.fault(
                "SHOPIFY_ADMIN_TOKEN",
                "must be set, with LIVESHOP_SHOPIFY_WEBHOOK_SECRETS; or instead "
                "LIVESHOP_SHOPIFY_CLIENT_ID and LIVESHOP_SHOPIFY_CLIENT_SECRET",
            )
        elif not self.has("SHOPIFY_WEBHOOK_SECRETS") and not self.has("SHOPIFY_CLIENT_SECRET"):
            self.fault("SHOPIFY_WEBHOOK_SECRETS", "must be set: the app's client secret")

    def check_unknown(self) -> None:
        """Keep a fault for each name that is nearly one of ours: a slip of the pen.

        Others are somebody else's: a version to come, a tool beside us, what
        Kubernetes sets for a service of our name.
        """
        known = [each.removeprefix(PREFIX) for each in sorted(self._known)]
        for name in sorted(set(self._given) - self._known):
            near = difflib.get_close_matches(name.removeprefix(PREFIX), known, n=1, cutoff=0.7)
            if near:
                self.faults.append(f"{name} is not a setting; did you mean {PREFIX}{near[0]}?")


def _read(reader: _Reader) -> Settings:
    """Read every setting there is; faults stay in the reader."""
    standard = Settings()
    platform = reader.text("PLATFORM", rules.one_of("sandbox", "stripe", "shopify"))
    ingest = reader.text("INGEST", rules.one_of("inline", "worker"))
    open_checkouts = reader.text("OPEN_CHECKOUTS", rules.one_of("keep", "expire"))
    access = reader.text("SHOPIFY_ACCESS", rules.one_of("credentials", "install"))
    reference = reader.text("SHOPIFY_REFERENCE", rules.one_of("attribute", "metafield"))
    client_secret = reader.secret("SHOPIFY_CLIENT_SECRET")
    shopify_secrets = reader.secrets("SHOPIFY_WEBHOOK_SECRETS")
    return Settings(
        database_url=reader.secret("DATABASE_URL", rules.database_url) or standard.database_url,
        platform=cast("Platform", platform or standard.platform),
        secret_keys=reader.secrets("SECRET_KEYS", rules.signing_key),
        base_url=reader.text("BASE_URL", rules.base_url) or standard.base_url,
        ingest=cast("Ingest", ingest or standard.ingest),
        payout_alone_up_to=reader.amounts("PAYOUT_ALONE_UP_TO"),
        open_checkouts="expire" if open_checkouts == "expire" else standard.open_checkouts,
        payer_name=reader.text("PAYER_NAME"),
        payer_iban=reader.secret("PAYER_IBAN", rules.iban),
        payer_bic=reader.text("PAYER_BIC"),
        payer_town=reader.text("PAYER_TOWN"),
        payer_country=reader.text("PAYER_COUNTRY"),
        checkpoint_key=reader.secrets("CHECKPOINT_KEY", rules.checkpoint_key),
        checkpoint_dir=reader.text("CHECKPOINT_DIR"),
        pdf_fonts=reader.texts("PDF_FONTS"),
        stripe_api_key=reader.secret("STRIPE_API_KEY", rules.stripe_key),
        stripe_account=reader.text("STRIPE_ACCOUNT", rules.stripe_account),
        stripe_webhook_secrets=reader.secrets(
            "STRIPE_WEBHOOK_SECRETS", rules.stripe_webhook_secret
        ),
        stripe_api_base=reader.text("STRIPE_API_BASE", rules.api_base),
        stripe_checkout=reader.parsed("STRIPE_CHECKOUT", rules.StripeCheckout.parse),
        shopify_shop=reader.text("SHOPIFY_SHOP", rules.shop),
        shopify_admin_token=reader.secret("SHOPIFY_ADMIN_TOKEN"),
        shopify_client_id=reader.text("SHOPIFY_CLIENT_ID"),
        shopify_client_secret=client_secret,
        shopify_access="install" if access == "install" else standard.shopify_access,
        shopify_scopes=reader.text("SHOPIFY_SCOPES", rules.scopes) or standard.shopify_scopes,
        shopify_reference="metafield" if reference == "metafield" else standard.shopify_reference,
        shopify_storefront_token=reader.secret("SHOPIFY_STOREFRONT_TOKEN"),
        shopify_webhook_secrets=shopify_secrets or ((client_secret,) if client_secret else ()),
        shopify_api_version=(
            reader.text("SHOPIFY_API_VERSION", rules.shopify_version)
            or standard.shopify_api_version
        ),
        shopify_api_base=reader.text("SHOPIFY_API_BASE", rules.api_base),
    )
