"""From records to what ``given`` names."""

from datetime import datetime
from typing import Any

from liveshop_sdk.affiliate import terms_json
from liveshop_sdk.affiliate.agreements import Agreement
from liveshop_sdk.affiliate.commission import CommissionLine
from liveshop_sdk.affiliate.ledger.models import Balance, PostedEntry
from liveshop_sdk.affiliate.ledger.records import entry_json
from liveshop_sdk.clock import to_iso
from liveshop_sdk.money import Money
from liveshop_sdk.registry.brands import Brand
from liveshop_sdk.registry.creators import Creator
from liveshop_sdk.registry.products import Product
from liveshop_sdk.registry.streams import Stream
from liveshop_sdk.shop.listing import ListedLink, ListedOrder

Shape = dict[str, Any]


def brand(one: Brand) -> Shape:
    """Return a brand."""
    return {
        "code": one.code,
        "currency": one.currency,
        "timezone": one.timezone,
        "created_at": to_iso(one.created_at),
    }


def product(one: Product) -> Shape:
    """Return a product."""
    return {
        "sku": one.sku,
        "brand": one.brand,
        "title": one.title,
        "price": one.price.as_json(),
        "image": one.image,
        "collection": one.collection,
        "stripe_price": one.stripe_price,
        "shopify_variant": one.shopify_variant,
        "created_at": to_iso(one.created_at),
        "updated_at": to_iso(one.updated_at),
    }


def creator(one: Creator) -> Shape:
    """Return a creator."""
    return {
        "handle": one.handle,
        "name": one.name,
        "followers": one.followers,
        "tier": one.tier,
        "created_at": to_iso(one.created_at),
    }


def agreement(one: Agreement) -> Shape:
    """Return a version of terms."""
    return {
        "brand": one.brand,
        "creator": one.creator,
        "version": one.version,
        "terms": terms_json.to_json(one.terms),
        "terms_hash": one.terms_hash,
        "effective_from": to_iso(one.effective_from),
    }


def stream(one: Stream, *, now: datetime, seen_by: str | None) -> Shape:
    """Return a stream; to a brand, no other brand is named."""
    return {
        "code": one.code,
        "title": one.title,
        "opens_at": to_iso(one.opens_at),
        "closes_at": to_iso(one.closes_at),
        "phase": one.phase(now),
        "hosts": [{"creator": host.creator, "share": host.weight} for host in one.hosts],
        "brands": [code for code in one.brands if seen_by in (None, code)],
        "shares": one.shares_by,
    }


def link(one: ListedLink) -> Shape:
    """Return a link with its texts."""
    revoked = one.link.revoked_at
    return {
        **one.texts.as_json(),
        "creator": one.link.creator,
        "stream": one.link.stream,
        "coupon": one.coupon,
        "items": dict(one.link.items),
        "channel": one.link.channel,
        "placement": one.link.placement,
        "created_at": to_iso(one.link.created_at),
        "revoked_at": None if revoked is None else to_iso(revoked),
    }


def order(one: ListedOrder) -> Shape:
    """Return an order; its total only where all of it is seen."""
    paid = one.order
    total = None
    if one.is_whole and paid.total is not None and paid.currency is not None:
        total = Money(paid.total, paid.currency).as_json()
    return {
        "id": paid.id,
        "platform": paid.platform,
        "order_ref": paid.order_ref,
        "checkout_id": paid.checkout_id,
        "paid_at": to_iso(paid.paid_at) if paid.paid_at else None,
        "total": total,
        "is_test": paid.is_test,
        "credits": [
            {
                "brand": each.brand,
                "creator": each.creator,
                "stream": each.stream,
                "reason": each.reason,
                "decided_at": to_iso(each.decided_at),
            }
            for each in one.decisions
        ],
        "commission": [_commission(line) for line in one.lines],
    }


def _commission(line: CommissionLine) -> Shape:
    return {
        "line_ref": line.line_ref,
        "brand": line.brand,
        "creator": line.creator,
        "credited": line.credited,
        "stream": line.stream,
        "base": Money(line.base, line.currency).as_json(),
        "rate_bps": line.rate_bps,
        "share": f"{line.weight}/{line.weight_total}",
        "earned": Money(line.amount, line.currency).as_json(),
        "terms_version": line.terms_version,
        "hold_until": to_iso(line.hold_until),
    }


def balance(one: Balance) -> Shape:
    """Return the balance of an account."""
    return {"account": one.account, "balance": Money(one.amount, one.currency).as_json()}


def entry(one: PostedEntry) -> Shape:
    """Return an entry of the ledger, its amounts as money."""
    plain = entry_json(one)
    postings = [
        {
            "line_no": line.line_no,
            "account": line.account,
            "amount": Money(line.amount, line.currency).as_json(),
            "balance_after": Money(line.balance_after, line.currency).as_json(),
            "line_ref": line.line_ref,
        }
        for line in one.postings
    ]
    return {**plain, "postings": postings}
