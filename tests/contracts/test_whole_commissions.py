"""What holds of commissions whatever they are paid in, and however often corrected."""

from collections import defaultdict
from collections.abc import Callable
from datetime import timedelta
from fractions import Fraction
from itertools import count
from math import floor
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liveshop_sdk.affiliate.ledger.models import PostedEntry
from liveshop_sdk.affiliate.terms import LineTerms, Terms, Tiers
from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.facts import DisputeLost, DisputeOpened, RefundFailed
from liveshop_sdk.money import Money, Rate
from tests.contracts.shop_support import Shop, about, line, refund, sale

PEOPLE: dict[str, Any] = {"reason": "agreed by mail", "by": "ulla", "approved_by": "vera"}
CURRENCIES = ("JPY", "USD", "KWD")  # no decimals, two, and three
bases = st.lists(st.integers(1, 30_000), min_size=1, max_size=3)
worth = st.lists(st.integers(100, 30_000), min_size=1, max_size=3)
"""Bases of which every host earns something."""


def half_up(number: Fraction) -> int:
    return floor(number + Fraction(1, 2))


# --- the same integers in any currency


def terms(currency: str) -> Terms:
    """Return terms that round at every turn."""
    return Terms(
        rate=Rate.bps(1_237),
        per_unit=Money(7, currency),
        products={f"mug_{currency.lower()}": LineTerms(rate=Rate.bps(733))},
        cap_per_order=Money(4_001, currency),
        cap_per_month=Money(9_001, currency),
        tiers=Tiers(
            mode="marginal",
            window="month",
            currency=currency,
            steps=((20_000, Rate.bps(1_499)), (50_000, Rate.bps(1_777))),
        ),
    )


@pytest.fixture
def trio(db: Database, clock: ManualClock) -> Shop:
    """Return a shop with a brand of each currency, alike in all else."""
    shop = Shop(db, clock)
    live = shop.live
    for currency in CURRENCIES:
        brand = currency.lower()
        live.brands.add(brand, currency=currency)
        for name in ("tee", "mug"):
            live.products.add(
                f"{name}_{brand}", title=name, amount=100, currency=currency, brand=brand
            )
        for creator in ("mika", "ana"):
            live.creators.add(creator, terms=terms(currency), brand=brand)
    for creator in ("mika", "ana"):
        live.payouts.set_payee(
            creator, rail="sandbox", fields={"account": f"acct_{creator}"}, withholding_bps=2_411
        )
    shop.stream("drop", "mika:2", "ana:1", brands=[one.lower() for one in CURRENCIES])
    shop.coupon()
    return shop


def moves(shop: Shop, brand: str) -> list[tuple[str, list[tuple[str, int]]]]:
    return [
        (entry.kind, [(posted.account, posted.amount) for posted in entry.postings])
        for entry in shop.live.ledger.entries(brand=brand)
    ]


def alike(shop: Shop) -> list[tuple[str, list[tuple[str, int]]]]:
    """Return what every brand's book holds, the same whole numbers in each."""
    told = [moves(shop, currency.lower()) for currency in CURRENCIES]
    assert told[0] == told[1] == told[2]
    return told[0]


def test_no_number_depends_on_how_many_decimals_a_currency_has(
    trio: Shop, clock: ManualClock
) -> None:
    number, live = count(), trio.live

    @settings(max_examples=5)
    @given(bases, st.integers(1, 20_000), st.integers(1, 20_000), st.booleans())
    def story(some: list[int], back: int, risk: int, is_failed: bool) -> None:
        n = next(number)
        for currency in CURRENCIES:
            brand = currency.lower()
            money: dict[str, Any] = {"currency": currency}
            ref, ident = f"{brand}_{n}", f"re_{brand}_{n}"
            sold = [
                line(f"li_{at}", f"{('tee', 'mug')[at % 2]}_{brand}", base, quantity=at + 1)
                for at, base in enumerate(some)
            ]
            trio.record(sale(ref, *sold, total=sum(some) + 99, codes=("MIKA20",), **money))
            trio.record(refund(ref, ident, back, **money))
            trio.record(DisputeOpened(**about(ref), dispute_id=ident, amount=risk, **money))
            if is_failed:
                trio.record(RefundFailed(**about(ref), refund_id=ident))
            live.releases.approve(ref)
            trio.record(DisputeLost(**about(ref), dispute_id=ident))
        assert alike(trio)

    story()
    for currency in CURRENCIES:
        for n in range(5):  # beyond the tiers and the cap of the month
            sold = line("li_1", f"tee_{currency.lower()}", 30_001)
            ref = f"{currency.lower()}_more_{n}"
            trio.record(sale(ref, sold, codes=("MIKA20",), currency=currency))
    clock.advance(timedelta(days=45))
    for currency in CURRENCIES:
        brand = currency.lower()
        live.adjustments.adjust("mika", Money(12_345, currency), brand=brand, **PEOPLE)
        live.periods.close("2026-10", brand=brand)
        plan = live.payouts.plan(rail="sandbox", by="ulla", brand=brand)
        assert plan.batch is not None
        live.payouts.approve(plan.batch.id, by="vera")
        live.payouts.send(plan.batch.id, by="vera", fee=3)
        item = next(one for one in plan.items if one.creator == "mika")
        live.payouts.returned(item.id, by="vera", reason="closed", amount=item.net.amount - 1)
    kinds = {kind for kind, _ in alike(trio)}
    assert {"tier_true_up", "cap_true_up", "payout_returned", "dispute_lost"} <= kinds


# --- corrections

steps = st.one_of(
    st.tuples(st.just("correct"), st.integers(0, 9), st.integers(0, 4_000)),
    st.tuples(st.just("refund"), st.just(0), st.integers(1, 9_000)),
    st.tuples(st.just("release"), st.just(0), st.just(0)),
)


class Case:
    """One order shared by two hosts, and what its lines should come to by hand."""

    def __init__(self, shop: Shop, ref: str, some: list[int]) -> None:
        self.shop, self.ref, self.back, self.total = shop, ref, 0, sum(some)
        sold = [line(f"li_{at}", base=base) for at, base in enumerate(some)]
        shop.record(sale(ref, *sold, codes=("MIKA20",)))
        (entry,) = self.entries()
        self.first = entry
        self.intended: dict[str, int] = {}
        self.bases: dict[str, int] = {}
        for posted in entry.postings:
            if posted.line_ref:
                self.intended[posted.line_ref] = -posted.amount
                self.bases[posted.line_ref] = some[int(posted.line_ref.split("/")[1][3:])]

    def entries(self) -> list[PostedEntry]:
        everything = self.shop.live.ledger.entries()
        return [entry for entry in everything if entry.meta.get("order_ref") == self.ref]

    def stands(self, before: int = 2**62) -> dict[str, int]:
        """Return what was posted for each line up to an entry."""
        found: defaultdict[str, int] = defaultdict(int)
        for entry in self.entries():
            for posted in entry.postings:
                if posted.line_ref and entry.seq < before:
                    found[posted.line_ref] -= posted.amount
        return found

    def left(self, ref: str) -> int:
        gone = half_up(Fraction(self.bases[ref] * min(self.back, self.total), self.total))
        return self.intended[ref] - half_up(Fraction(self.intended[ref] * gone, self.bases[ref]))

    def take(self, what: str, which: int, number: int) -> None:
        self.shop.clock.advance(timedelta(minutes=1))
        if what == "refund":
            self.back += number
            ident = f"{self.ref}_{self.shop.clock.now():%j%H%M}"
            self.shop.record(refund(self.ref, ident, number))
        elif what == "release":
            self.shop.live.releases.approve(self.ref)
        else:
            self.correct(sorted(self.intended)[which % len(self.intended)], number)

    def correct(self, ref: str, amount: int) -> None:
        self.intended[ref] = amount
        before = self.stands()
        made = self.shop.live.adjustments.correct(
            self.first.seq, Money(amount, "EUR"), line_ref=ref, **PEOPLE
        )
        if made is None:
            assert before[ref] == self.left(ref)
            return
        assert (made.kind, made.corrects_seq) == ("correction", self.first.seq)
        assert made.applies_to_period == self.first.period
        own = sum(posted.amount for posted in made.postings if posted.line_ref == ref)
        assert before[ref] - own == self.left(ref)

    def check(self) -> None:
        assert self.stands() == {ref: self.left(ref) for ref in self.intended}


def cases(shop: Shop) -> Callable[[list[int]], Case]:
    number = count()
    shop.stock()
    shop.stream("duo", "mika:2", "ana:1")
    shop.coupon(stream="duo")
    shop.record(sale("another", codes=("MIKA20",)))  # so that no order's entry is the first
    return lambda some: Case(shop, f"o{next(number)}", some)


def test_a_correction_names_its_entry_and_comes_with_it_to_what_was_meant(
    db: Database, clock: ManualClock
) -> None:
    shop = Shop(db, clock)
    opened = cases(shop)

    @settings(max_examples=8)
    @given(worth, st.lists(steps, min_size=2, max_size=6))
    def corrected(some: list[int], taken: list[tuple[str, int, int]]) -> None:
        case = opened(some)
        for one in taken:
            case.take(*one)
            case.check()

    corrected()
    assert "correction" in shop.kinds()
    assert shop.live.ledger.verify().ok
