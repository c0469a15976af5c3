"""A shop with a month to tell of, and short ways to look at its statement."""

import io
from datetime import timedelta
from typing import Any

from liveshop_sdk.affiliate.ledger.models import EntryDraft, Posting
from liveshop_sdk.affiliate.statements.model import PARTS, BrandPart, Line, Section
from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.facts import DisputeOpened
from liveshop_sdk.shop.statements import CreatorStatement
from tests.contracts.shop_support import START, Shop, about, line, refund, sale

OCTOBER, NOVEMBER = "2026-10", "2026-11"


def stocked(db: Database, clock: ManualClock) -> Shop:
    shop = Shop(db, clock)
    shop.stock()
    shop.coupon()
    return shop


def post(shop: Shop, kind: str, event: str, *lines: tuple[str, int], **more: Any) -> int:
    """Post an entry as another part of the package would; returns its number."""
    item, ref = more.pop("item", ""), more.pop("line_ref", "")
    postings = tuple(
        Posting(name, amount, "EUR", payout_item_id=item, line_ref=ref) for name, amount in lines
    )
    fields: dict[str, Any] = {"source": "manual", "occurred_at": START + timedelta(days=20)} | more
    draft = EntryDraft(kind=kind, event_id=event, postings=postings, **fields)
    ledger = shop.live._rooms.ledger
    with shop.db.transaction() as tx:
        return ledger.post(tx, ledger.book(tx, "main"), draft).seq


def story(shop: Shop) -> None:
    """Three orders in October; a refund, releases, a dispute, and a month of payouts."""
    shop.record(sale("o1", line(title="Tee, striped"), codes=("MIKA20",)))
    shop.record(sale("o2", line("a"), line("b", "sku_mug", 1000), codes=("MIKA20",)))
    shop.record(sale("o3", line(base=3333), codes=("MIKA20",)))
    shop.record(refund("o1", amount=2000))
    shop.clock.advance(timedelta(days=15))
    shop.live.releases.due()
    shop.record(
        DisputeOpened(
            **about("o3", timedelta(days=16)), dispute_id="d1", amount=1000, currency="EUR"
        )
    )
    two = {"created_by": "u1", "approved_by": "u2", "reason": "Missed the <b>tier</b>"}
    expense, owner = "brand:commission_expense", "creator:mika"
    post(shop, "adjustment", "a1", (expense, 250), (f"{owner}:payable", -250), **two)
    paid = {"item": "pit_1", "source": "payouts"}
    reserve = [(f"{owner}:payable", 1000), (f"{owner}:in_transit", -900)]
    post(shop, "payout_created", "item:pit_1", *reserve, (f"{owner}:tax_withheld", -100), **paid)
    sent = [(f"{owner}:in_transit", 900), ("clearing:stripe", -900)]
    at = {"item": "pit_1", "source": "stripe", "occurred_at": START + timedelta(days=31)}
    post(shop, "payout_sent", "transfer:tr_1", *sent, **at)
    bonus = [("brand:tier_bonus_expense", 77), (f"{owner}:pending", -77)]
    post(shop, "tier_true_up", "t1", *bonus, line_ref="tier:w1", occurred_at=at["occurred_at"])


def october(shop: Shop, **more: Any) -> CreatorStatement:
    return shop.live.statements.of("mika", period=OCTOBER, **more)


def only(found: CreatorStatement) -> tuple[BrandPart, Section]:
    (brand,) = found.statement.brands
    (section,) = brand.sections
    return brand, section


def lines_of(found: CreatorStatement) -> list[Line]:
    return list(found.lines(*only(found)))


def some(**sums: int) -> dict[str, int]:
    return {part: sums.get(part, 0) for part in PARTS}


def written(found: CreatorStatement, kind: str) -> bytes:
    out = io.BytesIO()
    found.write(out, format=kind)
    return out.getvalue()
