"""Build the rails that the settings allow; vendors are loaded only here."""

from liveshop_sdk.affiliate.payouts.files.values import Payer
from liveshop_sdk.affiliate.payouts.filing import paypal_rail, sepa_rail, wise_rail
from liveshop_sdk.affiliate.payouts.ports import FileRail, PayoutRail
from liveshop_sdk.affiliate.payouts.rails import Rails
from liveshop_sdk.clock import Clock
from liveshop_sdk.db import Database
from liveshop_sdk.ids import Ids
from liveshop_sdk.platforms.sandbox.payouts.rail import SandboxRail
from liveshop_sdk.settings import Settings

_TIMEOUTS = (2.0, 8.0)
_RETRIES = 2


def build_rails(settings: Settings, *, db: Database, clock: Clock, ids: Ids) -> Rails:
    """Return every rail this shop can pay by; nothing is asked of one yet.

    Stripe wherever its key is set, also for a shop that sells elsewhere; the
    sandbox only in a sandbox; SEPA where the payer's account is set.
    """
    called: dict[str, PayoutRail] = {}
    if settings.platform == "sandbox":
        called["sandbox"] = SandboxRail(db, clock, ids)
    if settings.stripe_api_key:
        called["stripe"] = _stripe(settings.stripe_api_key.reveal(), settings.stripe_api_base)
    filed: dict[str, FileRail] = {"paypal": paypal_rail(clock), "wise": wise_rail(clock)}
    if settings.payer_iban:
        filed["sepa"] = sepa_rail(
            Payer(
                name=settings.payer_name or "",
                iban=settings.payer_iban.reveal(),
                bic=settings.payer_bic or "",
                town=settings.payer_town or "",
                country=settings.payer_country or "",
            ),
            clock,
        )
    return Rails(called=called, filed=filed)


def _stripe(api_key: str, api_base: str | None) -> PayoutRail:
    from liveshop_sdk.platforms.stripe.client import StripeCalls
    from liveshop_sdk.platforms.stripe.transfers import StripeRail

    return StripeRail(
        StripeCalls(
            api_key=api_key,
            api_base=api_base,
            timeouts=_TIMEOUTS,
            max_network_retries=_RETRIES,
        )
    )
