"""What ``/v1`` gives: one schema for each kind of record, built once.

An answer passes through its schema, so that nothing reaches a stranger that is
not named here: no buyer, no platform account, no secret.
"""

from typing import Any

from marshmallow import Schema, fields, validate


def told(**shown: object) -> fields.String:
    """Return a field of text that is always there."""
    return fields.String(required=True, metadata=dict(shown))


def maybe(**shown: object) -> fields.String:
    """Return a field of text, or null."""
    return fields.String(required=True, allow_none=True, metadata=dict(shown))


def number(**shown: object) -> fields.Integer:
    """Return a field of a whole number."""
    return fields.Integer(required=True, metadata=dict(shown))


def at() -> fields.String:
    """Return a field of an instant in UTC."""
    return told(format="date-time", example="2026-10-02T18:00:00Z")


def maybe_at() -> fields.String:
    """Return a field of an instant in UTC, or null."""
    return maybe(format="date-time", example=None)


class MoneyOut(Schema):
    """An amount in minor units of a currency."""

    amount = number(example=4990)
    currency = told(example="EUR")


def money(*, or_none: bool = False) -> fields.Nested:
    """Return a field of money."""
    return fields.Nested(MoneyOut, required=True, allow_none=or_none)


class BrandOut(Schema):
    """A brand."""

    code = told(example="main")
    currency = told(example="EUR")
    timezone = told(example="Europe/Berlin")
    created_at = at()


class ProductOut(Schema):
    """A product."""

    sku = told(example="sku_tee")
    brand = told(example="main")
    title = told(example="Tee")
    price = money()
    image = maybe(example="https://shop.example/tee.png")
    collection = maybe(example="summer")
    stripe_price = maybe(example="price_1Qab")
    shopify_variant = maybe(example=None)
    created_at = at()
    updated_at = at()


class CreatorOut(Schema):
    """A creator."""

    handle = told(example="mika")
    name = maybe(example="Mika")
    followers = fields.Integer(required=True, allow_none=True)
    tier = maybe(example="micro")
    created_at = at()


class AgreementOut(Schema):
    """A version of a brand's terms with a creator."""

    brand = told(example="main")
    creator = told(example="mika")
    version = number(example=1)
    terms = fields.Dict(required=True)
    terms_hash = told(example="2a0fee95e14ad0ba3de4a3454cf57e957cc353fb25c7e1ffb7e7daf849db1e73")
    effective_from = at()


class HostOut(Schema):
    """A host of a stream."""

    creator = told(example="mika")
    share = fields.Integer(required=True, allow_none=True)


class StreamOut(Schema):
    """A stream; of its brands, those that the key may see."""

    code = told(example="friday-drop")
    title = told(example="Friday drop")
    opens_at = at()
    closes_at = at()
    phase = told(example="open")
    hosts = fields.List(fields.Nested(HostOut), required=True)
    brands = fields.List(fields.String(), required=True)
    shares = told(example="agreed")


class EndedCouponOut(Schema):
    """A coupon that ended with its stream; ``waiting`` until the platform knows."""

    code = told(example="MIKA20")
    status = told(example="ended")
    waiting = maybe(example="end")


class StreamEndOut(Schema):
    """What ending a stream did."""

    stream = fields.Nested(StreamOut, required=True)
    coupons = fields.List(fields.Nested(EndedCouponOut), required=True)
    open_checkouts = number(example=3)
    expiring = number(example=3)


class BuyOut(Schema):
    """Units of a product that a buyer must take."""

    sku = told(example="sku_mug")
    units = number(example=2)


class GetOut(BuyOut):
    """Units of a product that a buyer gets for less."""

    percent_off_bps = number(example=10000)


class CouponOut(Schema):
    """A coupon, and how far it is used up."""

    id = told(example="cpn_01m3ywbs80e4vv59tdwh9edd1r")
    code = told(example="MIKA20")
    creator = told(example="mika")
    stream = told(example="friday-drop")
    percent_off_bps = fields.Integer(required=True, allow_none=True)
    amount_off = money(or_none=True)
    free_shipping = fields.Boolean(required=True)
    buy = fields.Nested(BuyOut, required=True, allow_none=True)
    get = fields.Nested(GetOut, required=True, allow_none=True)
    per_order = fields.Integer(required=True, allow_none=True)
    kind = told(example="percent")
    offer = told(description="What a buyer gets, in words.", example="20% off")
    starts_at = at()
    ends_at = at()
    limit = fields.Integer(required=True, allow_none=True)
    per_customer = fields.Integer(required=True, allow_none=True)
    reserved = number(example=0)
    used = number(example=3)
    status = told(example="ready")
    waiting = maybe(example="pause")
    paused_at = maybe_at()
    ended_at = maybe_at()


class CodeBatchOut(Schema):
    """A batch of personal codes, and how many of them exist."""

    id = told(example="cbt_01m3ywbs80e4vv59tdwh9edd1r")
    size = number(example=500)
    made = number(example=50)
    status = told(example="pending")
    problem = maybe(example=None)
    created_at = at()
    done_at = maybe_at()


class PersonalCodeOut(Schema):
    """A code for one use, and whether it was used."""

    code = told(example="MIKA20-7K4WQ9XHTB")
    batch = told(example="cbt_01m3ywbs80e4vv59tdwh9edd1r")
    n = number(example=1)
    uses = number(example=0)
    order_id = maybe(example=None)
    used_at = maybe_at()


class LinkOut(Schema):
    """A link with the texts to share; whoever has one can open the cart."""

    id = told(example="lnk_01m3ywbs80e4vv59tdxk8p8bhw")
    creator = told(example="mika")
    stream = maybe(example="friday-drop")
    coupon = maybe(example="MIKA20")
    items = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    channel = told(example="chat")
    placement = told(example="")
    url = told(example="https://shop.example/l/lk1.01m3…")
    short_url = told(example="https://shop.example/l/fp43c8y3")
    token = told(example="lk1.01m3…")
    created_at = at()
    expires_at = at()
    revoked_at = maybe_at()


class CreditOut(Schema):
    """Who is credited for one brand's part of an order, and why."""

    brand = told(example="main")
    creator = maybe(example="mika")
    stream = maybe(example="friday-drop")
    reason = told(example="coupon")
    decided_at = at()


class CommissionOut(Schema):
    """What a creator earned with a line of an order, before refunds."""

    line_ref = told(example="sbo_1:1:mika")
    brand = told(example="main")
    creator = told(example="mika")
    credited = told(example="mika")
    stream = maybe(example="friday-drop")
    base = money()
    rate_bps = number(example=1200)
    share = told(example="1/1")
    earned = money()
    terms_version = number(example=1)
    hold_until = at()


class OrderOut(Schema):
    """A paid order with its attribution; nothing about its buyer."""

    id = told(example="ord_01m3ywbs80e4vv59tdxk8p8bhw")
    platform = told(example="sandbox")
    order_ref = told(example="sbo_1")
    checkout_id = maybe(example="chk_01m3ywbs80e4vv59tdxk8p8bhw")
    paid_at = at()
    total = money(or_none=True)
    is_test = fields.Boolean(required=True, allow_none=True)
    credits = fields.List(fields.Nested(CreditOut), required=True)
    commission = fields.List(fields.Nested(CommissionOut), required=True)


class BalanceOut(Schema):
    """The balance of an account, debit positive."""

    account = told(example="creator:mika:pending")
    balance = money()


class PostingOut(Schema):
    """One line of an entry, debit positive."""

    line_no = number(example=1)
    account = told(example="creator:mika:pending")
    amount = money()
    balance_after = money()
    line_ref = told(example="sbo_1:1:mika")


class EntryOut(Schema):
    """An entry of a brand's book."""

    book = told(example="main")
    seq = number(example=1)
    kind = told(example="accrual")
    source = told(example="sandbox")
    event_id = told(example="order:sbo_1")
    effective_date = told(example="2026-10-02")
    period = told(example="2026-10")
    occurred_at = at()
    recorded_at = at()
    reason = maybe(example=None)
    corrects_seq = fields.Integer(required=True, allow_none=True)
    applies_to_period = maybe(example=None)
    chain_hash = told(example="9f2c…")
    postings = fields.List(fields.Nested(PostingOut), required=True)


class ListedStatementOut(Schema):
    """A creator with a statement of a month."""

    creator = told(example="mika")
    period = told(example="2026-10")


class StatementOut(Schema):
    """A creator's month, as `liveshop statements --format json` gives it."""

    creator = told(example="mika")
    name = maybe(example="Mika")
    period = told(example="2026-10")
    brands = fields.List(fields.Dict(), required=True)


def mode() -> fields.String:
    """Return the field that every answer has."""
    modes = ("sandbox", "test", "live")
    return fields.String(required=True, validate=validate.OneOf(modes))


def one(kind: type[Schema], noun: str) -> Schema:
    """Return the schema of an answer with one record."""
    return _answer(noun.title(), {noun: fields.Nested(kind, required=True)})


def many(kind: type[Schema], nouns: str, **more: Any) -> Schema:
    """Return the schema of a page: records, and the cursor of the next page or null."""
    shown = {"description": "The cursor of the next page; null at the end."}
    following = fields.String(required=True, allow_none=True, metadata=shown)
    rows = fields.List(fields.Nested(kind), required=True)
    return _answer(nouns.title(), {nouns: rows, **more, "next": following})


def _answer(name: str, parts: dict[str, fields.Field[Any]]) -> Schema:
    made = Schema.from_dict({**parts, "mode": mode()}, name=f"{name.replace('_', '')}Answer")
    return made()


class FaultOut(Schema):
    """What was refused: for programs by ``code``, for people in ``message``."""

    code = told(description="Never changes; each is a heading of the reference of errors.")
    message = told()
    details = fields.Dict(required=True, metadata={"description": "Fields of the error."})
    request_id = told(description="Also in the header `X-Request-Id`, and in our log.")
    docs = told(description="Where the code is explained in the documentation.")


class ErrorAnswer(Schema):
    """Every refusal has this shape."""

    error = fields.Nested(FaultOut, required=True)
    mode = mode()


BALANCES: dict[str, Any] = {
    "brand": told(),
    "as_of_seq": number(),
    "root_hash": told(),
}
