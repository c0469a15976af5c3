"""What ``/v1`` takes: the schemas of bodies and of queries, each built once."""

import re
from typing import Any

from marshmallow import fields, validate

from liveshop_sdk.web.jsondoor import StrictSchema

_I64 = 2**63 - 1
MOST, USUAL = 200, 50
_DIGITS = re.compile(r"[0-9]{1,19}", re.ASCII)


def text(most: int = 64, *, needed: bool = False, **shown: object) -> fields.String:
    """Return a field of text of at most so many characters."""
    return fields.String(
        required=needed, validate=validate.Length(min=1, max=most), metadata=dict(shown)
    )


def whole(
    least: int = 0, most: int = _I64, *, needed: bool = False, **shown: object
) -> fields.Integer:
    """Return a field of a whole number within bounds; ``5.0`` and ``"5"`` are none."""
    return fields.Integer(
        strict=True,
        required=needed,
        validate=validate.Range(min=least, max=most),
        metadata=dict(shown),
    )


def instant(*, needed: bool = False, **shown: object) -> fields.String:
    """Return a field of an instant with its offset."""
    return text(40, needed=needed, format="date-time", **shown)


class Flag(fields.Boolean):
    """True or false; ``1`` and ``"yes"`` are neither."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **how: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return bool(super()._deserialize(value, attr, data, **how))


class MoneyIn(StrictSchema):
    """An amount in minor units of a currency."""

    amount = fields.Integer(strict=True, required=True, metadata={"example": 4990})
    currency = text(3, needed=True, example="EUR")


class BrandIn(StrictSchema):
    """A brand to add."""

    code = text(needed=True, example="north")
    currency = text(3, needed=True, example="EUR")
    timezone = text(example="Europe/Berlin")


class ProductIn(StrictSchema):
    """A product to add."""

    sku = text(needed=True, example="sku_tee")
    title = text(500, needed=True, example="Tee")
    price = fields.Nested(MoneyIn, required=True)
    brand = text(example="main")
    image = text(2000, example="https://shop.example/tee.png")
    stripe_price = text(255)
    shopify_variant = text(255)
    collection = text(example="summer")


class ProductChangeIn(StrictSchema):
    """What to change of a product; what is left out stays."""

    title = text(500, example="Tee")
    price = fields.Nested(MoneyIn)
    image = text(2000, example="https://shop.example/tee.png")
    stripe_price = text(255)
    shopify_variant = text(255)
    collection = text(example="summer")


_TERMS = {
    "description": "`rate` is needed; the rest as in the guide to agreements.",
    "example": {"rate": "12%", "hold": "14d"},
}


class CreatorIn(StrictSchema):
    """A creator to add, with the first terms."""

    handle = text(32, needed=True, example="mika")
    terms = fields.Dict(required=True, metadata=_TERMS)
    name = text(500, example="Mika")
    followers = whole(most=10**10, example=52000)
    brand = text(example="main")


class AgreementIn(StrictSchema):
    """A version of terms to append."""

    creator = text(32, needed=True, example="mika")
    terms = fields.Dict(required=True, metadata=_TERMS)
    brand = text(example="main")
    effective_from = instant(example="2026-11-01T00:00:00Z")


class HostIn(StrictSchema):
    """A creator who hosts, with their share of all sales if they share them."""

    creator = text(32, needed=True, example="mika")
    share = whole(1, 1_000_000, example=60)


class StreamIn(StrictSchema):
    """A stream to schedule."""

    code = text(needed=True, example="friday-drop")
    hosts = fields.List(
        fields.Nested(HostIn), required=True, validate=validate.Length(min=1, max=50)
    )
    opens_at = instant(needed=True, example="2026-10-02T18:00:00Z")
    closes_at = instant(needed=True, example="2026-10-02T20:00:00Z")
    title = text(500, example="Friday drop")
    brands = fields.List(text(), validate=validate.Length(min=1, max=50))
    shares = fields.String(validate=validate.OneOf(["agreed", "air_time"]))


class StreamEndIn(StrictSchema):
    """How to end a stream."""

    open_checkouts = fields.String(validate=validate.OneOf(["expire", "keep"]))


class BuyIn(StrictSchema):
    """Units of a product that a buyer must take."""

    sku = text(needed=True, example="sku_mug")
    units = whole(1, 999, needed=True, example=2)


class GetIn(BuyIn):
    """Units of a product that a buyer gets for less; free unless it says by how much."""

    percent_off = text(16, example="100%")


class CouponIn(StrictSchema):
    """A coupon to create; it gives one thing, such as ``percent_off``."""

    code = text(32, needed=True, example="MIKA20")
    stream = text(needed=True, example="friday-drop")
    creator = text(32, needed=True, example="mika")
    percent_off = text(16, example="20%")
    amount_off = fields.Nested(MoneyIn)
    free_shipping = Flag(metadata={"example": False})
    buy = fields.Nested(BuyIn)
    get = fields.Nested(GetIn)
    per_order = whole(1, 2**31 - 1, example=1)
    starts_at = instant()
    ends_at = instant()
    limit = whole(1, 2**31 - 1, example=500)
    per_customer = whole(1, 2**31 - 1, example=1)


class CodesIn(StrictSchema):
    """How many personal codes to issue."""

    count = whole(1, 10_000, needed=True, example=500)


class LinkIn(StrictSchema):
    """A link to issue."""

    creator = text(32, needed=True, example="mika")
    items = fields.Dict(
        keys=text(), values=whole(1, 999), required=True, metadata={"example": {"sku_tee": 1}}
    )
    stream = text(example="friday-drop")
    coupon = text(32, example="MIKA20")
    channel = text(32, example="chat")
    placement = text(32)
    expires_in_seconds = whole(1, 366 * 86_400, example=604_800)


class NothingIn(StrictSchema):
    """An empty object."""


class Digits(fields.Integer):
    """A whole number in a query: plain digits, as everywhere else in it."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **how: Any) -> int:
        if not _DIGITS.fullmatch(value):
            raise self.make_error("invalid", input=value)
        return super()._deserialize(value, attr, data, **how)


class PageQuery(StrictSchema):
    """Which page of a list."""

    limit = Digits(
        load_default=USUAL,
        validate=validate.Range(min=1, max=MOST),
        metadata={"description": "At most so many records."},
    )
    cursor = text(400, description="`next` of the page before, as it is.")


class BrandPageQuery(PageQuery):
    """Which page of a list, of which brand."""

    brand = text(description="Of this brand alone.")


class CreatorPageQuery(BrandPageQuery):
    """Which page of a list, of which brand and creator."""

    creator = text(32, description="Of this creator alone.")


class SharedPageQuery(PageQuery):
    """Which page of a list, of which creator and stream."""

    creator = text(32, description="Of this creator alone.")
    stream = text(description="Of this stream alone.")


class PeriodPageQuery(BrandPageQuery):
    """Which page of a list, of which brand, in which month."""

    period = text(7, needed=True, description="A month, `YYYY-MM`.", example="2026-10")


class BalancesQuery(CreatorPageQuery):
    """Which balances, as of which entry."""

    as_of_seq = Digits(
        validate=validate.Range(min=0, max=_I64),
        metadata={"description": "As they were after this entry."},
    )


class BrandQuery(StrictSchema):
    """Of which brand."""

    brand = text(description="Of this brand alone.")
