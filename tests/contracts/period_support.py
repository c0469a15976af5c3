"""A shop whose creators have terms of a period, and what a book says of them."""

from datetime import timedelta

from liveshop_sdk.affiliate.terms import Guarantee, Terms, Tiers
from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.money import Money, Rate
from tests.contracts.shop_support import Shop

MODES = ("marginal", "whole_order", "retroactive")
HOLD = timedelta(days=14)
AFTER = timedelta(days=45)
"""When October and every hold of it are over."""


def eur(amount: int) -> Money:
    return Money(amount, "EUR")


def tiers(mode: str = "retroactive", window: str = "month", start: int = 1_000_000) -> Tiers:
    return Tiers(mode=mode, window=window, currency="EUR", steps=((start, Rate.percent(12)),))


def ten(**more: object) -> Terms:
    """Ten percent, and more."""
    return Terms(rate=Rate.percent(10), hold=HOLD, **more)  # type: ignore[arg-type]


GUARANTEE = Guarantee(amount=eur(50_000))


def shop_with(db: Database, clock: ManualClock, terms: Terms) -> Shop:
    """Return a shop in which ben sells by a coupon, BEN, under these terms."""
    shop = Shop(db, clock)
    shop.live.products.add("sku_tee", title="Tee", amount=4990, currency="EUR")
    shop.live.creators.add("ben", terms=terms)
    shop.stream("drop", "ben")
    shop.coupon("BEN", "ben")
    return shop


def true_up(shop: Shop, month: str) -> int:
    """True a month up as closing it does; returns how many entries that posted."""
    rooms = shop.live._rooms
    with shop.db.transaction() as tx:
        return len(rooms.affiliate.true_up(tx, rooms.ledger.book(tx, "main"), month))


def of(shop: Shop, account: str) -> int:
    """Return a balance of ben's, or one of the brand's."""
    path = account if account.startswith("brand:") else f"creator:ben:{account}"
    return shop.standing().get(f"{path} EUR", 0)


BONUS = "brand:tier_bonus_expense"
COMMISSION = "brand:commission_expense"
TOP_UP = "brand:guarantee_expense"
