"""What goes wrong with platforms, the sandbox and their webhooks."""

from dataclasses import dataclass

from liveshop_sdk.errors.base import (
    ConflictError,
    InvalidError,
    NotFoundError,
    UnavailableError,
    WebhookRefusedError,
)


@dataclass(kw_only=True, eq=False)
class PlatformUnavailableError(UnavailableError):
    """The platform did not answer in time."""

    code = "platform_unavailable"
    text = (
        "{platform} did not answer ({problem}). Nothing was lost; "
        "try again in {retry_after} s with the same call."
    )
    platform: str
    problem: str
    retry_after: int = 2


@dataclass(kw_only=True, eq=False)
class PlatformBusyError(PlatformUnavailableError):
    """The platform asked us to slow down; nothing was done."""

    code = "platform_busy"
    text = "{platform} is busy ({problem}). Try again in {retry_after} s with the same call."


@dataclass(kw_only=True, eq=False)
class PlatformRefusedError(ConflictError):
    """The platform understood the request and said no for good."""

    code = "platform_refused"
    text = "{platform} refused: {problem}. Correct this and repeat the call."
    platform: str
    problem: str
    vendor_code: str = ""


@dataclass(kw_only=True, eq=False)
class PlatformNotReadyError(UnavailableError):
    """The platform does not let this shop in: its credentials or its account.

    Nothing was refused for good: what waits is tried on until they are right.
    """

    code = "platform_not_ready"
    text = (
        "{platform} does not let us in: {problem}. Correct the credentials or the account, "
        "then repeat the call."
    )
    platform: str
    problem: str
    vendor_code: str = ""
    retry_after: int = 60


@dataclass(kw_only=True, eq=False)
class InstallRefusedError(InvalidError):
    """An installation of the app that did not come about; nothing was stored."""

    code = "install_refused"
    text = "The app was not installed: {problem}. Begin again at /shopify/install."
    problem: str


@dataclass(kw_only=True, eq=False)
class PrivacyRequestUnknownError(NotFoundError):
    """No privacy request has this id."""

    code = "privacy_request_unknown"
    text = (
        "There is no privacy request {request_id!r}. `liveshop privacy requests --all` names all."
    )
    request_id: str


@dataclass(kw_only=True, eq=False)
class WebhookUrlInvalidError(InvalidError):
    """An address that no platform may be given for webhooks; nothing was registered."""

    code = "webhook_url_invalid"
    text = (
        "Webhooks cannot go to that URL: {problem}. Give an https address without user, query "
        "and fragment, such as https://shop.example/webhooks/stripe; http on this machine only."
    )
    problem: str


@dataclass(kw_only=True, eq=False)
class ProductNotOnPlatformError(InvalidError):
    """A product cannot be sold on a platform that does not know it."""

    code = "product_not_on_platform"
    text = "Product {sku!r} is not known to {platform}. Add {expected}"
    sku: str
    platform: str
    expected: str


@dataclass(kw_only=True, eq=False)
class SignatureInvalidError(WebhookRefusedError):
    """A delivery without a valid signature of the platform."""

    code = "signature_invalid"
    text = "The {platform} signature is not valid ({problem}). Check the webhook secret."
    platform: str
    problem: str


@dataclass(kw_only=True, eq=False)
class DeliveryUnreadableError(WebhookRefusedError):
    """A signed delivery whose body cannot be read."""

    code = "delivery_unreadable"
    text = "The {platform} delivery cannot be read ({problem})."
    platform: str
    problem: str


@dataclass(kw_only=True, eq=False)
class SandboxRefUnknownError(NotFoundError):
    """Nothing at the sandbox has this reference."""

    code = "sandbox_ref_unknown"
    text = (
        "The sandbox has no {kind} {ref!r}. Use the checkout id of a link that was opened "
        "(chk_…), or an id that the sandbox gave."
    )
    kind: str
    ref: str


@dataclass(kw_only=True, eq=False)
class SandboxStateError(ConflictError):
    """A step that the state of a sandbox object does not allow; nothing changed."""

    code = "sandbox_state"
    text = "{ref} cannot be {step}: {problem}. {remedy}"
    ref: str
    step: str
    problem: str
    remedy: str


@dataclass(kw_only=True, eq=False)
class SandboxCodeRefusedError(ConflictError):
    """A coupon that cannot be used on this sandbox checkout."""

    code = "sandbox_code_refused"
    text = "The code {coupon} cannot be used: {problem}. Pay without it or try another."
    coupon: str
    problem: str


@dataclass(kw_only=True, eq=False)
class SandboxAmountError(InvalidError):
    """An amount, a quantity or an address the sandbox cannot take."""

    code = "sandbox_amount"
    text = "The sandbox cannot take {value}: expected {expected}. Nothing changed."
    value: str
    expected: str


@dataclass(kw_only=True, eq=False)
class SandboxRefundTooLargeError(ConflictError):
    """A refund or dispute of more than is left of an order."""

    code = "sandbox_refund_too_large"
    text = "{amount} is more than the {left} left of {order_ref}. Nothing was paid back."
    order_ref: str
    amount: str
    left: str


@dataclass(kw_only=True, eq=False)
class PlatformNotConfiguredError(NotFoundError):
    """A webhook for a platform this shop does not use."""

    code = "platform_not_configured"
    text = "{platform} is not configured here. Set LIVESHOP_PLATFORM and its credentials."
    platform: str


@dataclass(kw_only=True, eq=False)
class SandboxOnlyError(ConflictError):
    """The sandbox's buttons on a real platform."""

    code = "sandbox_only"
    text = "This shop runs on {platform}; only LIVESHOP_PLATFORM=sandbox has these buttons."
    platform: str


@dataclass(kw_only=True, eq=False)
class NoFeedError(ConflictError):
    """Asking for past webhooks of a platform that keeps no list of them."""

    code = "no_feed"
    text = (
        "{platform} keeps no list of the webhooks it sent; `liveshop reconcile --fix` asks "
        "for the orders themselves."
    )
    platform: str


@dataclass(kw_only=True, eq=False)
class FeesNotShownError(ConflictError):
    """Asking a platform what it charged that does not show it; nothing was stored."""

    code = "fees_not_shown"
    text = (
        "{platform} does not show this shop what it charged. Take it from the platform's "
        "own reports of payouts."
    )
    platform: str


@dataclass(kw_only=True, eq=False)
class LiveModeError(ConflictError):
    """Made-up webhooks for a shop in which real money moves."""

    code = "live_mode"
    text = (
        "This shop is in live mode, where a made-up webhook would be booked as real money. "
        "Use the sandbox, or test credentials of {platform}."
    )
    platform: str


@dataclass(kw_only=True, eq=False)
class StoryRefusedError(InvalidError):
    """A story that no webhook of this sale can tell."""

    code = "story_refused"
    text = "{story} cannot be told: {problem}."
    story: str
    problem: str
