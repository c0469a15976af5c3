"""Links, visits, coupons and orders."""

from dataclasses import dataclass
from datetime import datetime

from liveshop_sdk.errors.base import (
    ConflictError,
    GoneError,
    InvalidError,
    NotFoundError,
    UnavailableError,
)


@dataclass(kw_only=True, eq=False)
class LinkTokenInvalidError(NotFoundError):
    """A link token that we did not sign; altered, foreign and garbage alike."""

    code = "link_invalid"
    text = "This link is not valid. Ask the creator for a new one."


@dataclass(kw_only=True, eq=False)
class LinkExpiredError(GoneError):
    """An authentic link whose time is over."""

    code = "link_expired"
    text = "This link ended on {expired_at:%Y-%m-%d %H:%M} UTC. Ask the creator for a new one."
    link_id: str
    expired_at: datetime


@dataclass(kw_only=True, eq=False)
class LinkUnknownError(NotFoundError):
    """A link that is not ours; the text never says why."""

    code = "link_unknown"
    text = "This link is not valid. Ask the creator for a new one."


@dataclass(kw_only=True, eq=False)
class LinkNotFoundError(NotFoundError):
    """No link has this id; said to those who run the shop, never to a buyer."""

    code = "link_not_found"
    text = "There is no link {link_id!r}. `liveshop links list` shows the ids (lnk_…)."
    link_id: str


@dataclass(kw_only=True, eq=False)
class LinkRevokedError(GoneError):
    """A link the brand took back."""

    code = "link_revoked"
    text = "This link was taken back on {revoked_at:%Y-%m-%d}. Ask the creator for a new one."
    link_id: str
    revoked_at: datetime


@dataclass(kw_only=True, eq=False)
class NotHostError(ConflictError):
    """A link or coupon for a creator who does not host the stream."""

    code = "not_host"
    text = "{creator} does not host {stream}; its hosts are {hosts}. Name one of them."
    creator: str
    stream: str
    hosts: str


@dataclass(kw_only=True, eq=False)
class StreamOverError(ConflictError):
    """Something new for a stream that has ended."""

    code = "stream_over"
    text = "{stream} ended at {closed_at:%Y-%m-%d %H:%M} UTC. Issue it for a stream still to come."
    stream: str
    closed_at: datetime


@dataclass(kw_only=True, eq=False)
class StreamCancelledError(GoneError):
    """A link of a stream that was ended before it opened."""

    code = "stream_cancelled"
    text = "{stream} was cancelled on {cancelled_at:%Y-%m-%d}. Issue links for another stream."
    stream: str
    cancelled_at: datetime


@dataclass(kw_only=True, eq=False)
class NotOpenYetError(ConflictError):
    """A link opened before its stream or coupon begins."""

    code = "not_open_yet"
    text = "{stream} opens at {opens_at:%Y-%m-%d %H:%M} UTC. Come back then; the link stays good."
    stream: str
    opens_at: datetime


@dataclass(kw_only=True, eq=False)
class CartInvalidError(InvalidError):
    """Items that no cart may have."""

    code = "cart_invalid"
    text = "A cart cannot have {problem}; expected {expected}."
    problem: str
    expected: str


@dataclass(kw_only=True, eq=False)
class MixedCurrencyError(InvalidError):
    """More than one currency in one cart."""

    code = "mixed_currency"
    text = "A cart has one currency, this one has {currencies}. Issue one link per currency."
    currencies: str


@dataclass(kw_only=True, eq=False)
class BrandNotOnStreamError(ConflictError):
    """A product of a brand that does not sell on the stream."""

    code = "brand_not_on_stream"
    text = "{sku} is of brand {brand}, which does not sell on {stream}. Add the brand to a stream."
    sku: str
    brand: str
    stream: str


@dataclass(kw_only=True, eq=False)
class ExpiryInvalidError(InvalidError):
    """A life no link may have."""

    code = "expiry_invalid"
    text = "A link cannot live for {given}; expected {expected}."
    given: str
    expected: str


@dataclass(kw_only=True, eq=False)
class LabelInvalidError(InvalidError):
    """A channel or placement that is no short label."""

    code = "label_invalid"
    text = "{label!r} is no channel or placement; use up to 32 of a-z, 0-9, _ and -."
    label: str


@dataclass(kw_only=True, eq=False)
class CouponUnknownError(NotFoundError):
    """No coupon with this code at this platform account."""

    code = "coupon_unknown"
    text = "There is no coupon {coupon}. Create it: liveshop coupons create {coupon} …"
    coupon: str


@dataclass(kw_only=True, eq=False)
class CouponForeignError(ConflictError):
    """A coupon of another creator or stream than the link."""

    code = "coupon_foreign"
    text = "{coupon} belongs to {belongs_to}, not to {wanted}. Use a coupon of the same two."
    coupon: str
    belongs_to: str
    wanted: str


@dataclass(kw_only=True, eq=False)
class CouponOverError(GoneError):
    """The coupon's window is over."""

    code = "coupon_over"
    text = (
        "{coupon} ended at {ended_at:%Y-%m-%d %H:%M} UTC, for good. Create another code: this "
        "one stays taken."
    )
    coupon: str
    ended_at: datetime


@dataclass(kw_only=True, eq=False)
class CouponPausedError(ConflictError):
    """The brand has paused the coupon."""

    code = "coupon_paused"
    text = "{coupon} is paused. Its links stay good: liveshop coupons resume {coupon}"
    coupon: str


@dataclass(kw_only=True, eq=False)
class CouponPendingError(UnavailableError):
    """The coupon does not exist at the platform yet."""

    code = "coupon_pending"
    text = "{coupon} is still being created at the platform. Try again in a moment."
    coupon: str


@dataclass(kw_only=True, eq=False)
class CouponRefusedError(ConflictError):
    """A coupon that the platform refused to make."""

    code = "coupon_refused"
    text = (
        "{coupon} does not exist at the platform, which refused it. See why: "
        "liveshop events dead. Choose another code, or remove the cause and create it again."
    )
    coupon: str


@dataclass(kw_only=True, eq=False)
class SoldOutError(ConflictError):
    """Every unit of the coupon is used or reserved."""

    code = "sold_out"
    text = "All {limit} uses of {coupon} are taken. Unpaid ones come back within 31 minutes."
    coupon: str
    limit: int


@dataclass(kw_only=True, eq=False)
class CustomerLimitError(ConflictError):
    """This customer has used the coupon as often as allowed."""

    code = "customer_limit"
    text = "{coupon} can be used {limit} time(s) per customer, and this customer has."
    coupon: str
    limit: int


@dataclass(kw_only=True, eq=False)
class CouponExistsError(ConflictError):
    """The code is taken by a coupon with other terms."""

    code = "coupon_exists"
    text = "{coupon} exists already with other terms; they never change. Choose another code."
    coupon: str


@dataclass(kw_only=True, eq=False)
class CouponInvalidError(InvalidError):
    """Terms that no coupon may have."""

    code = "coupon_invalid"
    text = "A coupon cannot have {problem}; expected {expected}."
    problem: str
    expected: str


@dataclass(kw_only=True, eq=False)
class CouponKindUnsupportedError(InvalidError):
    """A kind of coupon that the platform does not have; nothing was stored."""

    code = "coupon_kind_unsupported"
    text = (
        "{platform} has no coupons of the kind {kind}. Give a percentage or an amount off, "
        "or sell it through Shopify."
    )
    platform: str
    kind: str


@dataclass(kw_only=True, eq=False)
class PersonalCodeUnknownError(NotFoundError):
    """A code that is none of our personal codes."""

    code = "personal_code_unknown"
    text = "This code is not known. Check it: its last 10 letters are never 0, O, 1, I or L."


@dataclass(kw_only=True, eq=False)
class PersonalCodeUsedError(ConflictError):
    """A personal code that was used, or that an open checkout holds."""

    code = "personal_code_used"
    text = (
        "This code of {coupon} is used, or held by an open checkout. "
        "What is not paid comes back within 31 minutes."
    )
    coupon: str


@dataclass(kw_only=True, eq=False)
class CodeBatchUnknownError(NotFoundError):
    """No batch of personal codes has this id."""

    code = "code_batch_unknown"
    text = "There is no batch {batch}. `liveshop coupons codes CODE` shows those of a coupon."
    batch: str


@dataclass(kw_only=True, eq=False)
class CodesUnreadableError(ConflictError):
    """Personal codes whose secret key is gone."""

    code = "codes_unreadable"
    text = (
        "No secret key opens the personal codes of {coupon}. Put the one back into "
        "LIVESHOP_SECRET_KEYS that was there when they were issued."
    )
    coupon: str


@dataclass(kw_only=True, eq=False)
class VisitUnknownError(NotFoundError):
    """A checkout id that is not of this link."""

    code = "visit_unknown"
    text = "This checkout is not known. Open the link again."


@dataclass(kw_only=True, eq=False)
class OrderUnknownError(NotFoundError):
    """No order by this reference."""

    code = "order_unknown"
    text = (
        "There is no order {order_ref}. If its webhook came early it is parked: "
        "`liveshop events list` shows those."
    )
    order_ref: str


@dataclass(kw_only=True, eq=False)
class CheckoutDelayedError(UnavailableError):
    """The platform did not open the checkout in time; the visit is kept.

    ``again`` repeats the same visit, so that nothing is reserved twice.
    """

    code = "checkout_delayed"
    text = "{platform} did not answer in time. Try again in {retry_after} s; your place is kept."
    platform: str
    retry_after: int
    again: str
