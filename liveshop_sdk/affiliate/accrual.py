"""What is owed, from the set of an order's facts; and what to post for it.

State what is owed, post the difference. The target of a commission line is a
function of the *set* of facts, so repeats, reordering, refunds that fail and
disputes that are won need no case of their own, and any permutation of the
same facts ends in the same balances.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from liveshop_sdk.affiliate.caps import limited
from liveshop_sdk.affiliate.commission import CommissionLine
from liveshop_sdk.affiliate.ledger.models import Posting
from liveshop_sdk.affiliate.returned import changes, refunded_bases
from liveshop_sdk.affiliate.routing import route
from liveshop_sdk.facts import (
    CommissionCorrected,
    DisputeLost,
    DisputeOpened,
    DisputeWon,
    Fact,
    HoldReleased,
    OrderPaid,
    OrderRefunded,
    RefundFailed,
)
from liveshop_sdk.money import reversed_part

EXPENSE = "brand:commission_expense"
PARTS = ("pending", "disputed", "payable", "clawback_receivable")


def account(creator: str, part: str) -> str:
    """Return the path of one of a creator's accounts."""
    return f"creator:{creator}:{part}"


@dataclass(frozen=True, slots=True)
class Target:
    """What one commission line should stand at now, all as positive amounts."""

    pending: int
    disputed: int
    owed: int

    @property
    def expense(self) -> int:
        """Return the commission that remains earned."""
        return self.pending + self.disputed + self.owed


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """Something a creator is paid for, and what it should stand at now.

    Attributes:
        line_ref: Names it on every posting it causes.
        expense: The account that bears it.
    """

    line_ref: str
    creator: str
    currency: str
    expense: str
    target: Target


def accounts_of(lines: Iterable[CommissionLine | Item]) -> list[tuple[str, str]]:
    """Return every (account, currency) that entries about these can touch."""
    found = set()
    for line in lines:
        expense = line.expense if isinstance(line, Item) else EXPENSE
        found.add((expense, line.currency))
        found |= {(account(line.creator, part), line.currency) for part in PARTS}
    return sorted(found)


@dataclass(frozen=True, slots=True)
class OrderState:
    """What the facts of one order say about each of its lines, in base units.

    ``gone`` is refunded or lost; ``at_risk`` adds what is under dispute. A line
    without a base (given away, yet paid for by the unit) is one unit of it,
    there or gone. A line that is in neither is not part of the order yet. By
    commission line, ``limited`` is what the order's cap leaves to one that was
    added, and ``corrected`` what people said it should have earned.
    """

    gone: Mapping[str, int]
    at_risk: Mapping[str, int]
    limited: Mapping[str, int]
    corrected: Mapping[str, int]
    released_until: datetime | None
    approved_until: datetime | None


def order_state(
    order: OrderPaid, facts: Iterable[Fact], lines: Iterable[CommissionLine]
) -> OrderState:
    """Fold the facts of one order; the order they come in never matters.

    Args:
        lines: All its commission lines, of one brand or more.
    """
    known = list(facts)
    failed = {fact.refund_id for fact in known if isinstance(fact, RefundFailed)}
    refunds = [
        fact for fact in known if isinstance(fact, OrderRefunded) and fact.refund_id not in failed
    ]
    lost_amount, open_amount = _disputed(known)
    later = changes(order, known)
    returned = refunded_bases(later, refunds, 0)
    gone = refunded_bases(later, refunds, lost_amount) if lost_amount else returned
    at_risk = refunded_bases(later, refunds, lost_amount + open_amount) if open_amount else gone
    releases = [fact for fact in known if isinstance(fact, HoldReleased)]
    return OrderState(
        gone=gone,
        at_risk=at_risk,
        limited=limited(known, lines, returned),
        corrected=_corrected(known),
        released_until=max((fact.hold_until for fact in releases), default=None),
        approved_until=max((fact.hold_until for fact in releases if fact.approved), default=None),
    )


def _disputed(facts: Iterable[Fact]) -> tuple[int, int]:
    """Return the money that is lost to banks, and that may be yet.

    Of each dispute its last turn counts, and in that one a win: nothing else
    comes after a loss.
    """
    steps = [fact for fact in facts if isinstance(fact, DisputeOpened | DisputeWon | DisputeLost)]
    steps.sort(key=lambda fact: fact.turn)
    turns = {fact.dispute_id: fact.turn for fact in steps}
    last = [fact for fact in steps if fact.turn == turns[fact.dispute_id]]
    won = {fact.dispute_id for fact in last if isinstance(fact, DisputeWon)}
    lost = {fact.dispute_id for fact in last if isinstance(fact, DisputeLost)} - won
    opened = {fact.dispute_id: fact.amount for fact in steps if isinstance(fact, DisputeOpened)}
    lost_amount = sum(amount for dispute, amount in opened.items() if dispute in lost)
    return lost_amount, sum(opened[dispute] for dispute in opened.keys() - won - lost)


def _corrected(facts: Iterable[Fact]) -> dict[str, int]:
    """Return what lines were corrected to; the latest correction of a line holds."""
    found = [fact for fact in facts if isinstance(fact, CommissionCorrected)]
    found.sort(key=lambda fact: (fact.occurred_at, fact.correction_id))
    return {fact.line_ref: fact.amount for fact in found}


def as_limited(line: CommissionLine, state: OrderState) -> CommissionLine:
    """Return a commission line with what the order's cap leaves it now."""
    amount = state.limited.get(line.line_ref)
    return line if amount is None else replace(line, amount=amount)


def as_corrected(line: CommissionLine, state: OrderState) -> CommissionLine:
    """Return a commission line with what it earns: by a correction, else by the cap."""
    amount = state.corrected.get(line.line_ref, state.limited.get(line.line_ref))
    return line if amount is None else replace(line, amount=amount)


def target(line: CommissionLine, state: OrderState) -> Target:
    """Return what a commission line should stand at, given its order's state."""
    if line.order_line not in state.gone:
        return Target(pending=0, disputed=0, owed=0)
    line = as_corrected(line, state)
    gone = _reversed(line, state.gone)
    at_risk = _reversed(line, state.at_risk)
    rest = line.amount - at_risk
    released = is_released(line, state)
    return Target(
        pending=0 if released else rest,
        disputed=at_risk - gone,
        owed=rest if released else 0,
    )


def is_released(line: CommissionLine, state: OrderState) -> bool:
    """Tell whether a line's hold was ended, by a person where it waits for one."""
    until = state.approved_until if line.withheld else state.released_until
    return until is not None and line.hold_until <= until


def _reversed(line: CommissionLine, bases: Mapping[str, int]) -> int:
    refunded = bases[line.order_line]
    return reversed_part(total=line.amount, refunded=refunded, base=line.base or 1)


def items_of(lines: Iterable[CommissionLine], state: OrderState) -> list[Item]:
    """Return what the lines of one order in one book should stand at."""
    return [
        Item(
            line_ref=line.line_ref,
            creator=line.creator,
            currency=line.currency,
            expense=EXPENSE,
            target=target(line, state),
        )
        for line in lines
    ]


def difference(
    lines: Iterable[CommissionLine],
    state: OrderState,
    *,
    posted: Mapping[tuple[str, str, str], int],
    balances: Mapping[tuple[str, str], int],
) -> list[Posting]:
    """Return what moves the book to the targets of one order's lines in it."""
    return settle(items_of(lines, state), posted=posted, balances=balances)


def settle(
    items: Iterable[Item],
    *,
    posted: Mapping[tuple[str, str, str], int],
    balances: Mapping[tuple[str, str], int],
) -> list[Posting]:
    """Return the balanced postings that move the book to the items' targets.

    Args:
        posted: Sums so far by (line ref, account, currency), debit positive.
        balances: Current balances by (account, currency) of every ``payable``
            and ``clawback_receivable`` account the items touch.

    A debit on what is owed first uses up the creator's payable balance; the
    rest becomes a receivable, and later credits repay that first. So the two
    are never both non-zero.
    """
    running: dict[tuple[str, str], int] = {}
    postings: list[Posting] = []
    expense: dict[tuple[str, str], int] = {}
    for item in items:
        goal = item.target
        moves = {
            "pending": -goal.pending - _posted(posted, item, "pending"),
            "disputed": -goal.disputed - _posted(posted, item, "disputed"),
        }
        owed = (
            -goal.owed
            - _posted(posted, item, "payable")
            - _posted(posted, item, "clawback_receivable")
        )
        moves |= _route_owed(running, balances, item, owed)
        for part, amount in moves.items():
            if amount:
                postings.append(
                    Posting(
                        account=account(item.creator, part),
                        amount=amount,
                        currency=item.currency,
                        line_ref=item.line_ref,
                    )
                )
                key = (item.currency, item.expense)
                expense[key] = expense.get(key, 0) - amount
    head = [
        Posting(account=path, amount=amount, currency=currency)
        for (currency, path), amount in sorted(expense.items())
        if amount
    ]
    return head + postings


def _posted(posted: Mapping[tuple[str, str, str], int], item: Item, part: str) -> int:
    return posted.get((item.line_ref, account(item.creator, part), item.currency), 0)


def _route_owed(
    running: dict[tuple[str, str], int],
    balances: Mapping[tuple[str, str], int],
    item: Item,
    delta: int,
) -> dict[str, int]:
    if delta == 0:
        return {}
    payable_key = (account(item.creator, "payable"), item.currency)
    clawback_key = (account(item.creator, "clawback_receivable"), item.currency)
    payable = running.get(payable_key, balances.get(payable_key, 0))
    clawback = running.get(clawback_key, balances.get(clawback_key, 0))
    owed, back = route(delta, payable=payable, clawback=clawback)
    running[payable_key], running[clawback_key] = payable + owed, clawback + back
    return {"payable": owed, "clawback_receivable": back}
