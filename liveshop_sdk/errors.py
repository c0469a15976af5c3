"""The one tree of errors: each has a stable ``code``, typed fields and a text.

::

    LiveShopError
    ├── InvalidError          what was sent cannot be accepted; nothing changed
    ├── NotFoundError         the thing named does not exist here
    ├── ConflictError         it exists, but in a state that forbids this
    ├── GoneError             it existed and is over for good
    ├── UnavailableError      try again: a platform or the database did not answer
    ├── ConfigurationError    settings or schema must be changed first
    ├── TamperedError         stored records contradict each other
    └── WebhookRefusedError   a delivery that is not from the platform

An error knows nothing of HTTP or of exit codes; ``web`` and ``cli`` map the
families. Fields hold only text, whole numbers and instants, never a secret.
"""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import ClassVar

Field = str | int | datetime | None


@dataclass(kw_only=True, eq=False)
class LiveShopError(Exception):
    """Anything this SDK refuses or cannot do; catch this to catch them all."""

    code: ClassVar[str] = "liveshop_error"
    text: ClassVar[str] = "Something went wrong."

    def __str__(self) -> str:
        """Render the text: what was wrong, what was expected, what to do."""
        return self.text.format(**self.details())

    def details(self) -> dict[str, Field]:
        """Return the fields by name, ready for a log line or a JSON answer."""
        return {f.name: getattr(self, f.name) for f in fields(self)}

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle by field name, since fields are keyword-only."""
        return (_rebuild, (type(self), self.details()))


def _rebuild(kind: type[LiveShopError], details: dict[str, Field]) -> LiveShopError:
    return kind(**details)


class InvalidError(LiveShopError):
    """What was sent cannot be accepted as it is; nothing was changed."""

    code = "invalid"


class NotFoundError(LiveShopError):
    """The thing named does not exist in this installation."""

    code = "not_found"


class ConflictError(LiveShopError):
    """The thing exists, but its state forbids this now."""

    code = "conflict"


class GoneError(LiveShopError):
    """The thing existed and is over for good."""

    code = "gone"


class UnavailableError(LiveShopError):
    """Something we depend on did not answer in time; trying again is safe."""

    code = "unavailable"


class ConfigurationError(LiveShopError):
    """Settings, credentials or the schema must be changed first."""

    code = "configuration"


class TamperedError(LiveShopError):
    """Stored records contradict each other."""

    code = "tampered"


class WebhookRefusedError(LiveShopError):
    """A delivery whose sender could not be verified, or that cannot be read."""

    code = "webhook_refused"


# --- storage


@dataclass(kw_only=True, eq=False)
class EngineUnsuitableError(ConfigurationError):
    """A handed-in connection lacks what keeps money safe."""

    code = "engine_unsuitable"
    text = "The database connection cannot be used: {problem}. {remedy}"
    problem: str
    remedy: str


@dataclass(kw_only=True, eq=False)
class MigrationNeededError(ConfigurationError):
    """The schema in the database is older than this package."""

    code = "migration_needed"
    text = "The database schema is at {found}, this version needs {expected}. Run `liveshop db upgrade`."
    found: str
    expected: str


@dataclass(kw_only=True, eq=False)
class StorageUnavailableError(UnavailableError):
    """The database refused or lost the connection; the outcome may be unknown."""

    code = "storage_unavailable"
    text = "The database did not answer ({problem}). Repeating the same call is safe."
    problem: str


@dataclass(kw_only=True, eq=False)
class SettingsInvalidError(ConfigurationError):
    """One or more settings are wrong; all of them are named at once."""

    code = "settings_invalid"
    text = "{count} setting(s) need attention:\n{faults}"
    count: int
    faults: str


# --- platforms


@dataclass(kw_only=True, eq=False)
class PlatformUnavailableError(UnavailableError):
    """The platform did not answer in time or asked us to slow down."""

    code = "platform_unavailable"
    text = (
        "{platform} did not answer ({problem}). Nothing was lost; "
        "try again in {retry_after} s with the same call."
    )
    platform: str
    problem: str
    retry_after: int = 2


@dataclass(kw_only=True, eq=False)
class PlatformRefusedError(ConflictError):
    """The platform understood the request and said no for good."""

    code = "platform_refused"
    text = "{platform} refused: {problem}. Correct this and repeat the call."
    platform: str
    problem: str
    vendor_code: str = ""


@dataclass(kw_only=True, eq=False)
class ProductNotOnPlatformError(InvalidError):
    """A product cannot be sold on a platform that does not know it."""

    code = "product_not_on_platform"
    text = "Product {sku!r} is not known to {platform}. Add {expected} to its platform ids."
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
    text = "The {platform} delivery cannot be read ({problem}); it was not stored."
    platform: str
    problem: str


# --- time, money and text from outside


@dataclass(kw_only=True, eq=False)
class InstantInvalidError(InvalidError):
    """A text or value that is not an instant with date, time and offset."""

    code = "instant_invalid"
    text = "{value!r} is not an instant. Write a date, a time and an offset: 2026-10-02T18:00:00Z."
    value: str


@dataclass(kw_only=True, eq=False)
class CurrencyUnknownError(InvalidError):
    """Not the code of a currency in use."""

    code = "currency_unknown"
    text = "{currency!r} is not a currency in use. Write its ISO 4217 code in capitals: EUR."
    currency: str


@dataclass(kw_only=True, eq=False)
class CurrencyMismatchError(InvalidError):
    """Two currencies met in one sum or comparison."""

    code = "currency_mismatch"
    text = "{left} and {right} cannot be added or compared. Keep one currency per sum."
    left: str
    right: str


@dataclass(kw_only=True, eq=False)
class AmountInvalidError(InvalidError):
    """A value that is no exact amount of money."""

    code = "amount_invalid"
    text = "{value} is not an amount: expected {expected}."
    value: str
    expected: str


@dataclass(kw_only=True, eq=False)
class MoneyStepError(InvalidError):
    """An exact amount that the platform's own spelling cannot carry."""

    code = "money_step"
    text = "{platform} takes {currency} only in steps of {step} minor unit(s), not {amount}."
    platform: str
    currency: str
    step: str
    amount: int


@dataclass(kw_only=True, eq=False)
class RateInvalidError(InvalidError):
    """A value that is no rate between 0 % and 100 %."""

    code = "rate_invalid"
    text = "{value} is not a rate: expected 0% to 100% with at most two decimals, such as 12.5%."
    value: str


@dataclass(kw_only=True, eq=False)
class BodyInvalidError(InvalidError):
    """A body that is not the strict JSON we read."""

    code = "body_invalid"
    text = "The body cannot be read as JSON ({reason}). Send strict JSON in UTF-8."
    reason: str


@dataclass(kw_only=True, eq=False)
class NameInvalidError(InvalidError):
    """A handle, code or SKU with letters it may not have."""

    code = "name_invalid"
    text = "{value!r} cannot be a {kind}: {problem}. Allowed: {allowed}."
    kind: str
    value: str
    problem: str
    allowed: str


@dataclass(kw_only=True, eq=False)
class CodeInvalidError(InvalidError):
    """A coupon code with letters it may not have."""

    code = "code_invalid"
    text = "{value!r} cannot be a coupon code: {problem}. Allowed: {allowed}."
    value: str
    problem: str
    allowed: str


# --- links


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


# --- agreements and attribution


@dataclass(kw_only=True, eq=False)
class AgreementInvalidError(InvalidError):
    """Terms that no agreement may have."""

    code = "agreement_invalid"
    text = "An agreement cannot have {problem}; expected {expected}."
    problem: str
    expected: str


@dataclass(kw_only=True, eq=False)
class PolicyInvalidError(InvalidError):
    """An attribution policy that cannot rank claims."""

    code = "policy_invalid"
    text = "An attribution policy cannot have {problem}; expected {expected}."
    problem: str
    expected: str


@dataclass(kw_only=True, eq=False)
class NoAgreementError(ConflictError):
    """A creator sells for a brand without agreed terms."""

    code = "no_agreement"
    text = (
        "{creator} has no agreement with brand {brand}, so nothing could be earned. "
        "Add one: liveshop creators add {creator} --rate 12% --brand {brand}."
    )
    creator: str
    brand: str


@dataclass(kw_only=True, eq=False)
class FactInvalidError(InvalidError):
    """A fact whose amounts cannot be true."""

    code = "fact_invalid"
    text = "{key} cannot be booked: {problem}. It is kept as a dead letter; nothing was posted."
    key: str
    problem: str


# --- ledger


@dataclass(kw_only=True, eq=False)
class BookUnknownError(NotFoundError):
    """A book that nobody opened."""

    code = "book_unknown"
    text = "There is no book {book!r}. Add the brand first: liveshop brands add CODE --currency C."
    book: str


@dataclass(kw_only=True, eq=False)
class BookDiffersError(ConflictError):
    """A book that was opened with another currency or time zone."""

    code = "book_differs"
    text = (
        "Book {book} has {field} {found}, not {asked}, and its entries are dated and sealed "
        "with it. Open another book for {asked}."
    )
    book: str
    field: str
    found: str
    asked: str


@dataclass(kw_only=True, eq=False)
class EntryInvalidError(InvalidError):
    """A draft of an entry with a field the ledger cannot keep."""

    code = "entry_invalid"
    text = "The entry cannot be posted: {field}: {problem}. Nothing was posted."
    field: str
    problem: str


@dataclass(kw_only=True, eq=False)
class EntryKindUnknownError(InvalidError):
    """A kind of entry without a posting rule."""

    code = "entry_kind_unknown"
    text = "There is no kind of entry {kind!r}; there are: {allowed}."
    kind: str
    allowed: str


@dataclass(kw_only=True, eq=False)
class EntryUnbalancedError(InvalidError):
    """Postings that do not sum to zero in a currency."""

    code = "entry_unbalanced"
    text = "The postings sum to {total} {currency} minor units instead of 0. Nothing was posted."
    currency: str
    total: int


@dataclass(kw_only=True, eq=False)
class AccountUnknownError(InvalidError):
    """A path that names no account of the chart."""

    code = "account_unknown"
    text = "There is no account {account!r}; see the chart of accounts in the ledger reference."
    account: str


@dataclass(kw_only=True, eq=False)
class PostingRuleError(InvalidError):
    """A posting that its kind of entry may not make."""

    code = "posting_rule"
    text = "An entry of kind {kind} may not {side} {account}. Nothing was posted."
    kind: str
    account: str
    side: str


@dataclass(kw_only=True, eq=False)
class AccountFloorError(ConflictError):
    """An entry after which an account would stand on the wrong side."""

    code = "account_floor"
    text = (
        "{account} would stand at {balance} {currency} minor units, but it is {floor}. "
        "Nothing was posted."
    )
    account: str
    currency: str
    balance: int
    floor: str


@dataclass(kw_only=True, eq=False)
class NettingError(ConflictError):
    """An entry after which a creator would be owed money and owe some back."""

    code = "netting"
    text = (
        "{creator} would have {payable} payable and {clawback} to pay back in {currency} "
        "minor units; one of the two must be 0. Nothing was posted."
    )
    creator: str
    currency: str
    payable: int
    clawback: int


@dataclass(kw_only=True, eq=False)
class IdempotencyConflictError(ConflictError):
    """A fact that was posted before with other content."""

    code = "idempotency_conflict"
    text = (
        "{source} {event_id} is entry {seq} already, with other content. "
        "Nothing was posted; correct it with a new entry."
    )
    source: str
    event_id: str
    seq: int


@dataclass(kw_only=True, eq=False)
class LedgerTamperedError(TamperedError):
    """A book whose head cannot be what the ledger wrote."""

    code = "ledger_tampered"
    text = "Book {book} cannot be continued at entry {seq}: {problem}. Run: liveshop ledger verify."
    book: str
    seq: int
    problem: str


# --- registry


@dataclass(kw_only=True, eq=False)
class RecordInvalidError(InvalidError):
    """A brand, product, creator or stream that cannot be as described."""

    code = "record_invalid"
    text = "A {kind} cannot have {problem}; expected {expected}."
    kind: str
    problem: str
    expected: str


@dataclass(kw_only=True, eq=False)
class BrandCurrencyError(InvalidError):
    """A price in another currency than its brand's book."""

    code = "brand_currency"
    text = (
        "{sku} is priced in {currency}, but brand {brand} keeps its book in {brand_currency}. "
        "Price it in {brand_currency}, or add a brand: liveshop brands add CODE "
        "--currency {currency}."
    )
    sku: str
    currency: str
    brand: str
    brand_currency: str


@dataclass(kw_only=True, eq=False)
class BrandAmbiguousError(InvalidError):
    """No brand was named although there are several."""

    code = "brand_ambiguous"
    text = "There are several brands: {brands}. Name the one you mean with --brand."
    brands: str


@dataclass(kw_only=True, eq=False)
class BrandNotFoundError(NotFoundError):
    """No brand has this code."""

    code = "brand_not_found"
    text = "There is no brand {brand!r}. Add it: liveshop brands add {brand} --currency EUR."
    brand: str


@dataclass(kw_only=True, eq=False)
class ProductNotFoundError(NotFoundError):
    """No product has this SKU."""

    code = "product_not_found"
    text = "There is no product {sku!r}. Add it with `liveshop products add`."
    sku: str


@dataclass(kw_only=True, eq=False)
class CreatorNotFoundError(NotFoundError):
    """No creator has this handle."""

    code = "creator_not_found"
    text = "There is no creator {creator!r}. Add them: liveshop creators add {creator} --rate 12%."
    creator: str


@dataclass(kw_only=True, eq=False)
class StreamNotFoundError(NotFoundError):
    """No stream has this code."""

    code = "stream_not_found"
    text = "There is no stream {stream!r}. Add it with `liveshop streams add`."
    stream: str


@dataclass(kw_only=True, eq=False)
class AlreadyExistsError(ConflictError):
    """The same key was added before with other content; nothing was changed."""

    code = "already_exists"
    text = "The {kind} {key!r} exists already and differs in: {differs}. {remedy}"
    kind: str
    key: str
    differs: str
    remedy: str


@dataclass(kw_only=True, eq=False)
class PlatformRefTakenError(ConflictError):
    """A platform's id already stands for another product."""

    code = "platform_ref_taken"
    text = "{ref} at {platform} already stands for {sku}. Remove it there first."
    platform: str
    ref: str
    sku: str


# --- inbox, outbox and facts


@dataclass(kw_only=True, eq=False)
class WaitingForOrderError(ConflictError):
    """A delivery about an order whose sale is not here yet; it is parked."""

    code = "waiting_for_order"
    text = "The sale of order {order_ref!r} is not known yet; this waits for it."
    order_ref: str


@dataclass(kw_only=True, eq=False)
class LeaseLostError(ConflictError):
    """Work was finished after its lease had gone to another worker."""

    code = "lease_lost"
    text = "{count} row(s) of {table} now belong to another worker; nothing of this was kept."
    table: str
    count: int


@dataclass(kw_only=True, eq=False)
class KeyReusedError(ConflictError):
    """An idempotency key came again with other content."""

    code = "key_reused"
    text = "The key {key!r} was used before with other content. Use a new key for a new request."
    key: str


@dataclass(kw_only=True, eq=False)
class FactConflictError(ConflictError):
    """A fact came again and contradicts what is recorded under its key."""

    code = "fact_conflict"
    text = (
        "{key} of {platform} {account} is recorded with other content. The first one stands; "
        "this one is kept as a dead letter for a person to compare."
    )
    platform: str
    account: str
    key: str


# --- links and visits


@dataclass(kw_only=True, eq=False)
class LinkUnknownError(NotFoundError):
    """A link that is not ours; the text never says why."""

    code = "link_unknown"
    text = "This link is not valid. Ask the creator for a new one."


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


# --- coupons


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
    text = "{coupon} ended at {ended_at:%Y-%m-%d %H:%M} UTC."
    coupon: str
    ended_at: datetime


@dataclass(kw_only=True, eq=False)
class CouponPendingError(UnavailableError):
    """The coupon does not exist at the platform yet."""

    code = "coupon_pending"
    text = "{coupon} is still being created at the platform. Try again in a moment."
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
class VisitUnknownError(NotFoundError):
    """A checkout id that is not of this link."""

    code = "visit_unknown"
    text = "This checkout is not known. Open the link again."


# --- orders


@dataclass(kw_only=True, eq=False)
class OrderUnknownError(NotFoundError):
    """No order by this reference."""

    code = "order_unknown"
    text = (
        "There is no order {order_ref}. If its webhook came early it is parked: "
        "`liveshop doctor` lists those."
    )
    order_ref: str


# --- sandbox


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
    text = (
        "{amount} is more than the {left} left of {order_ref}, in minor units of {currency}. "
        "Nothing was paid back."
    )
    order_ref: str
    amount: int
    left: int
    currency: str


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


@dataclass(kw_only=True, eq=False)
class AgreementExistsError(ConflictError):
    """Other terms are agreed already."""

    code = "agreement_exists"
    text = (
        "{creator} has an agreement with brand {brand} at {rate} already. "
        "To change terms for sales to come, use `liveshop creators agree {creator} --rate …`."
    )
    creator: str
    brand: str
    rate: str


@dataclass(kw_only=True, eq=False)
class PlatformNotConfiguredError(NotFoundError):
    """A webhook for a platform this shop does not use."""

    code = "platform_not_configured"
    text = "{platform} is not configured here. Set LIVESHOP_PLATFORM and its credentials."
    platform: str


@dataclass(kw_only=True, eq=False)
class ExportInvalidError(InvalidError):
    """An export format we do not have."""

    code = "export_invalid"
    text = "There is no export format {given!r}; choose one of {expected}."
    given: str
    expected: str


@dataclass(kw_only=True, eq=False)
class BoundShopError(ConflictError):
    """A call that would talk to a platform inside somebody's transaction."""

    code = "bound_shop"
    text = "{call} talks to the platform, so it cannot run inside your transaction. Call it after."
    call: str


@dataclass(kw_only=True, eq=False)
class SandboxOnlyError(ConflictError):
    """The sandbox's buttons on a real platform."""

    code = "sandbox_only"
    text = "This shop runs on {platform}; only LIVESHOP_PLATFORM=sandbox has these buttons."
    platform: str
