"""Whatever order an order's facts come in, and however often, the balances end the same.

The book here is made of dicts; the model states each balance in one formula over
fractions and knows nothing of postings.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from math import floor
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from liveshop_sdk.affiliate import accrual
from liveshop_sdk.affiliate.agreements import Agreement
from liveshop_sdk.affiliate.attribution import Decision
from liveshop_sdk.affiliate.commission import CommissionLine, commission_lines
from liveshop_sdk.affiliate.ledger import kinds
from liveshop_sdk.affiliate.service import KINDS
from liveshop_sdk.facts import (
    Claim,
    CommissionCorrected,
    DisputeLost,
    DisputeOpened,
    DisputeWon,
    Fact,
    HoldReleased,
    HostShare,
    OrderPaid,
    OrderRefunded,
    RefundFailed,
    SoldLine,
)
from liveshop_sdk.money import Rate

PAID = datetime(2026, 10, 2, 18, tzinfo=UTC)
HOLD = timedelta(days=14)
WHERE: dict[str, Any] = {
    "platform": "sandbox",
    "account": "sandbox",
    "order_ref": "sbo_1",
    "occurred_at": PAID,
}
HOSTS = ("ana", "ben", "mika")
TWELVE = Rate.percent("12")


@dataclass(frozen=True)
class Story:
    """An order, what it earns, and all that ever happened to it."""

    order: OrderPaid
    lines: tuple[CommissionLine, ...]
    later: tuple[Fact, ...]

    @property
    def facts(self) -> tuple[Fact, ...]:
        return (self.order, *self.later)


@dataclass
class PaperBook:
    """A ledger of two dicts that holds every rule of a real one."""

    story: Story
    known: list[Fact] = field(default_factory=list)
    sums: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    balances: Counter[tuple[str, str]] = field(default_factory=Counter)

    def learn(self, fact: Fact) -> None:
        if fact.key in {seen.key for seen in self.known}:
            return
        self.known.append(fact)
        state = accrual.order_state(self.story.order, self.known, self.story.lines)
        postings = accrual.difference(
            self.story.lines, state, posted=self.sums, balances=self.balances
        )
        kinds.check(KINDS.get(fact.kind, fact.kind), postings)
        assert sum(posting.amount for posting in postings) == 0
        for posting in postings:
            assert posting.amount != 0
            self.sums[posting.line_ref, posting.account, posting.currency] += posting.amount
            self.balances[posting.account, posting.currency] += posting.amount
        self.check_floors()

    def learn_all(self, facts: Iterable[Fact]) -> dict[str, int]:
        for fact in facts:
            self.learn(fact)
        return self.standing()

    def pay_out(self) -> int:
        """Send every creator what is payable; returns how much that was."""
        paid = 0
        for key, amount in list(self.balances.items()):
            if key[0].endswith(":payable"):
                paid -= amount
                self.balances[key] = 0
        return paid

    def check_floors(self) -> None:
        for (account, currency), amount in self.balances.items():
            if account.endswith((":pending", ":payable", ":disputed")):
                assert amount <= 0, (account, amount)
            if account.endswith(":clawback_receivable"):
                assert amount >= 0
                payable = account.replace("clawback_receivable", "payable")
                assert amount == 0 or self.balances[payable, currency] == 0

    def standing(self) -> dict[str, int]:
        return {account: amount for (account, _), amount in self.balances.items() if amount}


# --- the model


def half_up(value: Fraction) -> int:
    return floor(value + Fraction(1, 2))


def model(story: Story) -> dict[str, int]:
    """State every balance at once, from the whole set of facts."""
    by_kind: dict[str, list[Any]] = defaultdict(list)
    for fact in {fact.key: fact for fact in story.later}.values():
        by_kind[fact.kind].append(fact)
    void = {fact.refund_id for fact in by_kind["refund_failed"]}
    refunds = [fact for fact in by_kind["refund"] if fact.refund_id not in void]
    opened = sorted(by_kind["dispute_opened"], key=lambda fact: fact.turn)
    disputes = {fact.dispute_id: fact.amount for fact in opened}
    reached = dict.fromkeys(disputes, (0, 0))  # the turn, and how far it went
    for step, kind in enumerate(("dispute_opened", "dispute_lost", "dispute_won")):
        for fact in by_kind[kind]:
            reached[fact.dispute_id] = max(reached[fact.dispute_id], (fact.turn, step))
    lost, won = ({key for key, at in reached.items() if at[1] == step} for step in (1, 2))
    sold = {line.ref for line in story.order.lines}
    named_money = 0
    for refund in refunds:
        worth = sum(base for _, base in refund.lines)
        known = sum(base for ref, base in refund.lines if ref in sold)
        ours = Fraction(known, worth) if worth else Fraction(1)
        named_money += half_up(refund.named_amount * ours)
    loose = sum(refund.amount - refund.named_amount for refund in refunds)
    gone_money = loose + sum(disputes[key] for key in disputes if key in lost)
    risk_money = loose + sum(disputes[key] for key in disputes if key not in won)
    is_free = any(fact.hold_until >= PAID + HOLD for fact in by_kind["release"])

    fixed = by_kind["correction"]
    fixed.sort(key=lambda fact: (fact.occurred_at, fact.correction_id))
    earned = {line.line_ref: line.amount for line in story.lines}
    earned |= {fact.line_ref: fact.amount for fact in fixed}

    def undone(line: CommissionLine, money: int) -> int:
        if 0 < named_money + money >= story.order.total:
            return earned[line.line_ref]
        if not line.base:  # all of it, or nothing
            is_named = any(ref == line.order_line for refund in refunds for ref, _ in refund.lines)
            return earned[line.line_ref] if is_named else 0
        named = sum(
            base for refund in refunds for ref, base in refund.lines if ref == line.order_line
        )
        named = min(named, line.base)
        rest = story.order.total - named_money
        share = Fraction(money, rest) if rest > 0 else Fraction(money > 0)
        base = min(line.base, named + half_up((line.base - named) * share))
        return half_up(Fraction(earned[line.line_ref] * base, line.base))

    found: Counter[str] = Counter()
    for line in story.lines:
        gone, risk = undone(line, gone_money), undone(line, risk_money)
        part = "payable" if is_free else "pending"
        found[f"creator:{line.creator}:{part}"] -= earned[line.line_ref] - risk
        found[f"creator:{line.creator}:disputed"] -= risk - gone
        found["brand:commission_expense"] += earned[line.line_ref] - gone
    return {account: amount for account, amount in found.items() if amount}


# --- stories


def sold_line(number: int, base: int) -> SoldLine:
    return SoldLine(
        ref=f"li_{number}",
        sku=f"sku_{number}",
        item_ref="",
        title="",
        quantity=1,
        gross=base,
        discount=0,
        tax=0,
        base=base,
    )


def story_of(
    bases: Sequence[int],
    later: Iterable[Fact] = (),
    *,
    extra: int = 0,
    rate: Rate = TWELVE,
    weights: Sequence[int] = (1,),
    currency: str = "EUR",
) -> Story:
    order = OrderPaid(
        **WHERE,
        currency=currency,
        total=sum(bases) + extra,
        shipping=extra,
        tax=0,
        tax_included=True,
        lines=tuple(sold_line(number, base) for number, base in enumerate(bases)),
    )
    claim = Claim(source="coupon", creator=HOSTS[0], stream="drop", touched_at=PAID)
    shares = tuple(HostShare(creator=h, weight=w) for h, w in zip(HOSTS, weights, strict=False))
    lines = commission_lines(
        order,
        order.lines,
        brand="main",
        decision=Decision(claim=claim, reason="coupon", shares=shares, lost=()),
        agreement=Agreement(
            brand="main", creator=HOSTS[0], version=1, rate=rate, hold=HOLD, effective_from=PAID
        ),
        withheld="",
    )
    return Story(order, lines, tuple(later))


def refund(number: int, amount: int, *lines: tuple[str, int], named: int = 0) -> OrderRefunded:
    return OrderRefunded(
        **WHERE,
        refund_id=f"re_{number}",
        amount=amount,
        currency="EUR",
        lines=lines,
        named_amount=named,
    )


def correction(number: int, which: int, amount: int, minutes: int) -> CommissionCorrected:
    return CommissionCorrected(
        **{**WHERE, "occurred_at": PAID + timedelta(minutes=minutes)},
        correction_id=f"cor_{number}",
        line_ref=f"sandbox:sbo_1/li_{which}/{HOSTS[0]}",
        amount=amount,
        reason="r",
        created_by="u1",
        approved_by="u2",
        corrects_seq=1,
        period="2026-10",
    )


def release(days: int) -> HoldReleased:
    return HoldReleased(**WHERE, hold_until=PAID + timedelta(days=days))


@st.composite
def stories(draw: st.DrawFn, bps: int | None = None, weights: Sequence[int] | None = None) -> Story:
    """Draw an order with anything that may happen to it, in no particular order."""
    bases = draw(st.lists(st.integers(0, 9_999), min_size=1, max_size=4))
    extra = draw(st.integers(0, 900))
    currency = draw(st.sampled_from(["EUR", "JPY", "KWD"]))
    total = sum(bases) + extra
    amounts = st.integers(0, total) | st.just(total)
    later: list[Fact] = []
    for number in range(draw(st.integers(0, 4))):
        made = refund(number, draw(amounts))
        if draw(st.booleans()):
            which = draw(st.integers(0, len(bases) - 1))
            base = draw(st.integers(0, bases[which]))
            named = base + draw(st.integers(0, 50) | amounts)  # with tax; or far too much
            loose = draw(st.integers(0, 50))
            lines = [(f"li_{which}", base)]
            if draw(st.booleans()):  # with one that was added and paid after the sale
                lines.append(("li_added", draw(st.integers(0, 9_999))))
            made = refund(number, named + loose, *lines, named=named)
        later.append(replace(made, currency=currency))
        if draw(st.integers(0, 3)) == 0:
            later.append(RefundFailed(**WHERE, refund_id=made.refund_id))
    for number in range(draw(st.integers(0, 3))):
        dispute = {**WHERE, "dispute_id": f"dp_{number}"}
        opened = DisputeOpened(**dispute, amount=draw(amounts), currency=currency)
        later.append(opened)
        ends = draw(st.lists(st.sampled_from([DisputeWon, DisputeLost]), unique=True, max_size=2))
        later += [end(**dispute) for end in ends]
        if draw(st.booleans()):  # given back, and taken once more
            later.append(replace(opened, turn=2, amount=draw(amounts)))
            again = draw(st.lists(st.sampled_from([DisputeWon, DisputeLost]), max_size=2))
            later += [end(**dispute, turn=2) for end in dict.fromkeys(again)]
    for number in range(draw(st.integers(0, 2))):
        which = draw(st.integers(0, len(bases) - 1))
        later.append(
            correction(number, which, draw(st.integers(0, 2_000)), draw(st.integers(0, 1)))
        )
    later += [release(days) for days in draw(st.lists(st.sampled_from([13, 14]), unique=True))]
    return story_of(
        bases,
        later,
        extra=extra,
        rate=Rate.bps(draw(st.integers(0, 10_000)) if bps is None else bps),
        weights=weights or draw(st.lists(st.integers(1, 9), min_size=1, max_size=3)),
        currency=currency,
    )


# --- rules


@given(stories(), st.data())
def test_any_order_and_repetition_ends_in_the_models_balances(
    story: Story, data: st.DataObject
) -> None:
    expected = model(story)
    for _ in range(3):
        repeats = data.draw(st.lists(st.sampled_from(story.facts), max_size=4))
        arrival = data.draw(st.permutations([*story.later, *repeats]))
        assert PaperBook(story).learn_all([story.order, *arrival]) == expected


@given(stories(), st.data())
def test_payouts_in_between_change_no_net_position(story: Story, data: st.DataObject) -> None:
    expected = model(story)
    owed = -sum(amount for account, amount in expected.items() if account.endswith(":payable"))
    arrival = data.draw(st.permutations(story.later))
    book, paid = PaperBook(story), 0
    book.learn(story.order)
    for fact in arrival:
        book.learn(fact)
        if data.draw(st.booleans()):
            paid += book.pay_out()
            book.check_floors()
    left = book.standing()
    net = sum(amount for name, amount in left.items() if name.endswith((":payable", "_receivable")))
    assert paid - net == owed
    for part in (":pending", ":disputed", "_expense"):
        mine = {name: amount for name, amount in left.items() if name.endswith(part)}
        assert mine == {name: a for name, a in expected.items() if name.endswith(part)}


@given(
    bases=st.lists(st.integers(0, 9_999), min_size=1, max_size=4),
    extra=st.integers(0, 900),
    cuts=st.lists(st.floats(0, 1), max_size=5),
    weights=st.lists(st.integers(1, 9), min_size=1, max_size=3),
    bps=st.integers(0, 10_000),
)
def test_unnamed_refunds_of_the_whole_return_the_whole(
    bases: list[int], extra: int, cuts: list[float], weights: list[int], bps: int
) -> None:
    total = sum(bases) + extra
    marks = sorted({0, total, *(int(cut * total) for cut in cuts)})
    parts = [after - before for before, after in pairwise(marks)]
    later = [refund(number, part) for number, part in enumerate(parts)]
    story = story_of(bases, later, extra=extra, weights=weights, rate=Rate.bps(bps))
    assert PaperBook(story).learn_all(story.facts) == {}


@given(
    bases=st.lists(st.integers(1, 9_999), min_size=1, max_size=4),
    steps=st.integers(1, 5),
    weights=st.lists(st.integers(1, 9), min_size=1, max_size=3),
    data=st.data(),
)
def test_refunds_of_the_lines_return_the_whole(
    bases: list[int], steps: int, weights: list[int], data: st.DataObject
) -> None:
    later: list[Fact] = []
    for which, base in enumerate(bases):
        marks = sorted({0, base, *data.draw(st.lists(st.integers(0, base), max_size=steps))})
        for before, after in pairwise(marks):
            part = after - before
            later.append(refund(len(later), part, (f"li_{which}", part), named=part))
    story = story_of(bases, data.draw(st.permutations(later)), extra=700, weights=weights)
    assert PaperBook(story).learn_all(story.facts) == {}


@given(stories())
def test_a_refund_never_gives_commission_back(story: Story) -> None:
    book = PaperBook(story)
    book.learn(story.order)
    earned = sum(line.amount for line in story.lines)
    for fact in (fact for fact in story.later if isinstance(fact, OrderRefunded)):
        book.learn(fact)
        left = book.balances[accrual.EXPENSE, story.order.currency]
        assert 0 <= left <= earned
        earned = left


@given(stories())
def test_a_refund_that_failed_was_never_made(story: Story) -> None:
    book = PaperBook(story)
    before = book.learn_all(story.facts)
    book.learn(refund(99, 1234))
    book.learn(RefundFailed(**WHERE, refund_id="re_99"))
    assert book.standing() == before
