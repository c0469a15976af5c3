"""The steps that orders and people take in the life of a book, on both engines."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from fractions import Fraction
from typing import Any, ClassVar

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
)

from liveshop_sdk.affiliate.ledger.models import PostedEntry
from liveshop_sdk.affiliate.terms import Terms, Tiers
from liveshop_sdk.errors import (
    AccountFloorError,
    FactConflictError,
    LiveShopError,
    SelfApprovalError,
)
from liveshop_sdk.facts import (
    DisputeLost,
    DisputeOpened,
    DisputeWon,
    Fact,
    OrderPaid,
    OrderRefunded,
    RefundFailed,
)
from liveshop_sdk.money import Money, Rate
from tests.contracts.shop_support import HERE, START, Shop, line, sale
from tests.properties.book_model import STEPS, Model, Order, Refund, half_up

CREATORS = {"mika": 1200, "ana": 1000}
TIERS = Tiers(
    mode="retroactive",
    window="agreement",
    currency="EUR",
    steps=tuple((start, Rate.bps(bps)) for start, bps in STEPS.items()),
)
PEOPLE: dict[str, Any] = {"reason": "agreed by mail", "by": "ulla", "approved_by": "vera"}
amounts = st.integers(1, 30_000)
picks = st.integers(0, 1_000)


class Books(RuleBasedStateMachine):
    """One brand's book, kept twice, and the model of it."""

    shops: ClassVar[list[Shop]] = []
    number: ClassVar[int] = 0
    steps: ClassVar[int] = 0

    @initialize()
    def open(self) -> None:
        """Open a book of its own, with two creators under terms.

        All books begin at the same instant, and nothing is picked by a random id,
        so that the same choices are the same story.
        """
        for shop in self.shops:
            shop.clock.set(START)
        cls = type(self)
        cls.number += 1
        self.brand, self.sku = f"brand{cls.number}", f"sku_{cls.number}"
        self.stream = f"drop{cls.number}"
        self.model, self.facts, self.count = Model(), list[Fact](), 0
        self.closed: list[str] = []
        self.locked = 0
        self.batches: dict[str, list[str]] = {}
        now = self.opened = self.now

        def prepare(shop: Shop) -> None:
            live = shop.live
            live.brands.add(self.brand, currency="EUR")
            live.products.add(self.sku, title="Tee", amount=100, currency="EUR", brand=self.brand)
            for creator, bps in CREATORS.items():
                terms = Terms(rate=Rate.bps(bps), tiers=TIERS if creator == "ana" else None)
                live.creators.add(creator, terms=terms, brand=self.brand)
                live.payouts.set_payee(
                    creator, rail="sandbox", fields={"account": f"acct_{creator}"}
                )
            live.streams.schedule(
                self.stream,
                hosts=list(CREATORS),
                opens_at=now,
                closes_at=now + timedelta(days=2_000),  # a coupon credits until 30 days later
                brands=[self.brand],
            )
            for creator in CREATORS:
                live.coupons.create(
                    self.code(creator), stream_id=self.stream, creator_id=creator, percent_off=10
                )

        self.both(prepare)

    # --- both at once

    @property
    def now(self) -> Any:
        return self.shops[0].clock.now()

    def both(self, call: Callable[[Shop], Any]) -> Any:
        """Do it on each engine; both must say the same."""
        told = [call(shop) for shop in self.shops]
        assert all(one == told[0] for one in told), told
        return told[0]

    def refused(self, error: type[LiveShopError], call: Callable[[Shop], Any]) -> None:
        def tried(shop: Shop) -> tuple[int, int]:
            before = shop.live.ledger.head(brand=self.brand)
            with pytest.raises(error):
                call(shop)
            assert shop.live.ledger.head(brand=self.brand) == before
            return before.seq, 0

        self.both(tried)

    def record(self, fact: Fact) -> None:
        self.both(lambda shop: len(shop.record(fact).entries))
        self.facts.append(fact)

    def code(self, creator: str) -> str:
        return f"{creator.upper()}{self.number}"

    def tick(self, **span: int) -> None:
        for shop in self.shops:
            shop.clock.advance(timedelta(**span))

    def fresh(self, prefix: str) -> str:
        self.count += 1
        return f"{prefix}_{self.number}_{self.count}"

    def about(self, ref: str) -> dict[str, Any]:
        return {**HERE, "order_ref": ref, "occurred_at": self.now}

    # --- orders

    @rule(
        creator=st.sampled_from(sorted(CREATORS)),
        bases=st.lists(amounts, min_size=1, max_size=3),
        shipping=st.integers(0, 900),
        days_late=st.integers(0, 40),
    )
    def sell(self, creator: str, bases: list[int], shipping: int, days_late: int) -> None:
        self.tick(minutes=1)
        ref = self.fresh("o")
        self.record(self.order(ref, creator, bases, shipping, days_late))

    def order(
        self, ref: str, creator: str, bases: list[int], shipping: int, days_late: int
    ) -> OrderPaid:
        refs = [f"li_{n}" for n in range(len(bases))]
        lines = [line(each, self.sku, base) for each, base in zip(refs, bases, strict=True)]
        self.model.orders[ref] = Order(
            creator=creator,
            total=sum(bases) + shipping,
            bases=dict(zip(refs, bases, strict=True)),
            earned={
                each: half_up(Fraction(base * CREATORS[creator], 10_000))
                for each, base in zip(refs, bases, strict=True)
            },
        )
        return sale(
            ref,
            *lines,
            total=sum(bases) + shipping,
            shipping=shipping,
            codes=(self.code(creator),),
            occurred_at=max(self.now - timedelta(days=days_late), self.opened),
        )

    def an_order(self, pick: int) -> tuple[str, Order]:
        ref = sorted(self.model.orders)[pick % len(self.model.orders)]
        return ref, self.model.orders[ref]

    @precondition(lambda self: self.model.orders)
    @rule(pick=picks, amount=amounts, names_line=st.booleans())
    def refund(self, pick: int, amount: int, names_line: bool) -> None:
        self.tick(minutes=1)
        ref, order = self.an_order(pick)
        ident, named = self.fresh("re"), dict[str, int]()
        if names_line:
            at = sorted(order.bases)[amount % len(order.bases)]
            named = {at: min(amount, order.bases[at])}
        paid = sum(named.values()) or amount
        order.refunds[ident] = Refund(amount=paid, named=named)
        self.record(
            OrderRefunded(
                **self.about(ref),
                refund_id=ident,
                amount=paid,
                currency="EUR",
                lines=tuple(named.items()),
                named_amount=sum(named.values()),
            )
        )

    @precondition(lambda self: any(o.refunds for o in self.model.orders.values()))
    @rule(pick=picks)
    def fail_a_refund(self, pick: int) -> None:
        self.tick(minutes=1)
        there = [
            (ref, ident)
            for ref, order in sorted(self.model.orders.items())
            for ident, refund in sorted(order.refunds.items())
            if not refund.failed
        ]
        if there:
            ref, ident = there[pick % len(there)]
            self.model.orders[ref].refunds[ident].failed = True
            self.record(RefundFailed(**self.about(ref), refund_id=ident))

    @precondition(lambda self: self.model.orders)
    @rule(pick=picks, amount=amounts)
    def dispute(self, pick: int, amount: int) -> None:
        self.tick(minutes=1)
        ref, order = self.an_order(pick)
        ident = self.fresh("dp")
        amount = min(amount, order.total)
        order.disputes[ident] = (amount, "open")
        self.record(
            DisputeOpened(**self.about(ref), dispute_id=ident, amount=amount, currency="EUR")
        )

    @precondition(lambda self: self.open_disputes())
    @rule(pick=picks, is_won=st.booleans())
    def end_a_dispute(self, pick: int, is_won: bool) -> None:
        self.tick(minutes=1)
        there = self.open_disputes()
        ref, ident = there[pick % len(there)]
        amount, _ = self.model.orders[ref].disputes[ident]
        self.model.orders[ref].disputes[ident] = (amount, "won" if is_won else "lost")
        kind = DisputeWon if is_won else DisputeLost
        self.record(kind(**self.about(ref), dispute_id=ident))

    def open_disputes(self) -> list[tuple[str, str]]:
        return [
            (ref, ident)
            for ref, order in sorted(self.model.orders.items())
            for ident, (_, state) in sorted(order.disputes.items())
            if state == "open"
        ]

    @precondition(lambda self: self.model.orders)
    @rule(pick=picks)
    def release(self, pick: int) -> None:
        ref, order = self.an_order(pick)
        self.both(lambda shop: shop.live.releases.approve(ref).holds)
        order.released = True

    @rule(creator=st.sampled_from(sorted(CREATORS)), base=amounts)
    def refund_before_the_sale(self, creator: str, base: int) -> None:
        self.tick(minutes=1)
        ref, ident = self.fresh("o"), self.fresh("re")
        early = OrderRefunded(**self.about(ref), refund_id=ident, amount=base, currency="EUR")
        assert self.both(lambda shop: len(shop.record(early).waiting)) == 1
        self.record(self.order(ref, creator, [base, base], 0, 0))
        self.model.orders[ref].refunds[ident] = Refund(amount=base, named={})
        self.record(early)

    @precondition(lambda self: self.facts)
    @rule(pick=picks)
    def hear_it_again(self, pick: int) -> None:
        fact = self.facts[pick % len(self.facts)]
        seq = self.shops[0].live.ledger.head(brand=self.brand).seq
        assert self.both(lambda shop: shop.record(fact).repeats) == 1
        assert self.shops[0].live.ledger.head(brand=self.brand).seq == seq

    @precondition(lambda self: any(isinstance(f, OrderRefunded) for f in self.facts))
    @rule(pick=picks)
    def hear_it_otherwise(self, pick: int) -> None:
        refunds = [fact for fact in self.facts if isinstance(fact, OrderRefunded)]
        told = refunds[pick % len(refunds)]
        other = OrderRefunded(
            **self.about(told.order_ref),
            refund_id=told.refund_id,
            amount=told.amount + 1,
            currency="EUR",
        )
        self.refused(FactConflictError, lambda shop: shop.record(other))

    # --- by hand

    @rule(
        creator=st.sampled_from(sorted(CREATORS)),
        amount=st.integers(-5_000, 5_000).filter(bool),
    )
    def adjust(self, creator: str, amount: int) -> None:
        key, money = self.fresh("adj"), Money(amount, "EUR")
        more = PEOPLE | {"brand": self.brand}
        for _ in range(2):  # a repeat of the key, a minute later, is one
            self.both(
                lambda shop: shop.live.adjustments.adjust(creator, money, key=key, **more).seq
            )
            self.tick(minutes=1)
        self.model.adjusted[creator] += amount
        alone = more | {"approved_by": "ULLA"}
        self.refused(
            SelfApprovalError, lambda shop: shop.live.adjustments.adjust(creator, money, **alone)
        )

    @rule(creator=st.sampled_from(sorted(CREATORS)), part=st.integers(1, 3))
    def write_off(self, creator: str, part: int) -> None:
        owes = max(-self.model.net(creator), 0)
        more = PEOPLE | {"brand": self.brand}
        self.refused(
            AccountFloorError,
            lambda shop: shop.live.adjustments.write_off(creator, Money(owes + 1, "EUR"), **more),
        )
        if owes >= part:
            amount = Money(owes // part, "EUR")
            self.both(lambda shop: shop.live.adjustments.write_off(creator, amount, **more).seq)
            self.model.written_off[creator] += amount.amount

    @precondition(lambda self: self.model.orders)
    @rule(pick=picks, amount=st.integers(0, 5_000))
    def correct(self, pick: int, amount: int) -> None:
        self.tick(minutes=1)
        ref, order = self.an_order(pick)
        at = sorted(order.bases)[amount % len(order.bases)]
        line_ref = f"sandbox:{ref}/{at}/{order.creator}"
        if order.earned[at] == 0 and amount == 0:
            return
        seq = self.entry_of(line_ref)
        if seq is None:  # a commission that rounds to nothing has no entry
            return
        more = PEOPLE | {"key": self.fresh("cor"), "line_ref": line_ref, "brand": self.brand}

        def posted(shop: Shop) -> int | None:
            made = shop.live.adjustments.correct(seq, Money(amount, "EUR"), **more)
            return None if made is None else made.seq

        first = self.both(posted)
        assert self.both(posted) == first  # a repeat of the key is one
        order.earned[at] = amount

    def entry_of(self, line_ref: str) -> int | None:
        for entry in self.entries():
            if any(posting.line_ref == line_ref for posting in entry.postings):
                return entry.seq
        return None

    def entries(self) -> Iterator[PostedEntry]:
        return self.shops[0].live.ledger.entries(brand=self.brand)
