"""Connect the platform the settings name; vendors are loaded only here."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from liveshop_sdk.checkout.catalogue import Catalogue
from liveshop_sdk.checkout.endpoints import Endpoints, Feed
from liveshop_sdk.checkout.fees.models import PlatformFees
from liveshop_sdk.checkout.personal.ports import CodeMaker
from liveshop_sdk.checkout.ports import CommercePlatform, Seals
from liveshop_sdk.checkout.privacy.models import NoticeReader
from liveshop_sdk.checkout.visits.service import END_CHECKOUT
from liveshop_sdk.clock import Clock
from liveshop_sdk.db import Database
from liveshop_sdk.events.outbox import Outbox, OutboxRow
from liveshop_sdk.events.worker import Sender
from liveshop_sdk.ids import Ids
from liveshop_sdk.platforms.sandbox import (
    OUTBOX_KIND,
    CheckCustomer,
    Sandbox,
    SandboxPlatform,
    Transport,
)
from liveshop_sdk.platforms.sandbox.sender import post
from liveshop_sdk.platforms.sandbox.store import SandboxStore
from liveshop_sdk.platforms.vault import Vault
from liveshop_sdk.settings import Secret, Settings


class Installation(Protocol):
    """How an app gets into the shop it works for."""

    shop: str

    def address(self, shop: str, *, state: str) -> str:
        """Return where the owner of the shop grants the app its scopes."""
        ...

    def finish(self, params: Mapping[str, str]) -> None:
        """Take the signed query that the owner came back with, and store the tokens."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Connected:
    """A platform, what its outbox rows need, and what else only it has."""

    platform: CommercePlatform
    codes: CodeMaker
    senders: Mapping[str, Sender] = field(default_factory=dict)
    sandbox: Sandbox | None = None
    installation: Installation | None = None
    notices: NoticeReader | None = None
    endpoints: Endpoints | None = None
    feed: Feed | None = None
    catalogue: Catalogue | None = None
    fees: PlatformFees | None = None


def secret_keys(settings: Settings, db: Database) -> tuple[str, ...]:
    """Return the signing keys; a sandbox without any keeps one of its own."""
    if settings.secret_keys:
        return tuple(key.reveal() for key in settings.secret_keys)
    with db.transaction() as tx:
        return (SandboxStore().value_or(tx, "secret_key", secrets.token_urlsafe(32)),)


def connect(
    settings: Settings,
    *,
    db: Database,
    clock: Clock,
    ids: Ids,
    outbox: Outbox,
    seals: Seals,
    check_customer: CheckCustomer,
    transport: Transport | None,
) -> Connected:
    """Return the platform that ``LIVESHOP_PLATFORM`` names, connected to nothing yet."""
    if settings.platform == "stripe":
        return _stripe(settings, seals, clock)
    if settings.platform == "shopify":
        return _shopify(settings, db, seals, clock)
    platform = SandboxPlatform(
        db,
        clock,
        ids,
        outbox,
        seals,
        settings.base_url,
        check_customer=check_customer,
        transport=transport or post,
    )
    sender = Sender(send=lambda row: platform.send_webhook(row.payload))
    return Connected(
        platform=platform,
        codes=platform.codes,
        senders={OUTBOX_KIND: sender},
        sandbox=platform.sandbox,
        fees=platform.fees,
    )


def _stripe(settings: Settings, seals: Seals, clock: Clock) -> Connected:
    from liveshop_sdk.platforms.stripe.adapter import StripePlatform

    platform = StripePlatform(
        api_key=_shown(settings.stripe_api_key),
        account=settings.stripe_account,
        webhook_secrets=[secret.reveal() for secret in settings.stripe_webhook_secrets],
        seals=seals,
        checkout=settings.stripe_checkout,
        api_base=settings.stripe_api_base,
        clock=clock,
    )

    def end(row: OutboxRow) -> None:
        assert isinstance(row.payload, dict)  # noqa: S101 - we wrote it
        platform.end_link(str(row.payload["ref"]))

    return Connected(
        platform=platform,
        codes=platform.codes,
        senders={END_CHECKOUT: Sender(send=end)},
        endpoints=platform.endpoints,
        feed=platform.feed,
        catalogue=platform.catalogue,
        fees=platform.fees,
    )


def _shopify(settings: Settings, db: Database, seals: Seals, clock: Clock) -> Connected:
    from liveshop_sdk.platforms.shopify.adapter import ShopifyPlatform
    from liveshop_sdk.platforms.shopify.notices import ShopifyNotices

    vault = Vault(
        db,
        clock,
        secret_keys(settings, db),
        platform="shopify",
        account=settings.shopify_shop or "",
        app=settings.shopify_client_id or "",
    )
    is_installed = settings.shopify_access == "install"
    platform = ShopifyPlatform(
        shop=settings.shopify_shop or "",
        storefront_token=_shown(settings.shopify_storefront_token),
        webhook_secrets=[secret.reveal() for secret in settings.shopify_webhook_secrets],
        seals=seals,
        clock=clock,
        admin_token=_shown(settings.shopify_admin_token),
        client_id=settings.shopify_client_id or "",
        client_secret=_shown(settings.shopify_client_secret),
        vault=vault,
        must_be_installed=is_installed,
        with_metafield=settings.shopify_reference == "metafield",
        api_version=settings.shopify_api_version,
        api_base=settings.shopify_api_base,
    )
    notices = ShopifyNotices(platform.account, None if settings.shopify_admin_token else vault)
    installation = None
    if is_installed:
        installation = platform.installation(
            scopes=settings.shopify_scopes, redirect_url=f"{settings.base_url}/shopify/callback"
        )
    return Connected(
        platform=platform,
        codes=platform.codes,
        installation=installation,
        notices=notices,
        endpoints=platform.endpoints,
        catalogue=platform.catalogue,
    )


def _shown(secret: Secret | None) -> str:
    return secret.reveal() if secret else ""
