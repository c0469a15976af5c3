"""How much of each order line's base went back: pure, and of the set of facts.

Money that goes back for nothing named goes first for what was taken off the
order, as does what the buyer got in exchange without new money. The rest is
spread over what is left, as is money lost in disputes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from liveshop_sdk.edits import OrderEdited, UnitsTakenOff, lines_of
from liveshop_sdk.facts import Fact, OrderPaid, OrderRefunded, SoldLine
from liveshop_sdk.money import half_up, order_refund_base


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """An order with what became of it, in minor units.

    Attributes:
        lines: What was sold, and what was added since.
        total: What all of that was worth to the buyer.
        exchanged: The part of it that no money was paid for.
        taken_off: What was taken off with no money back.
    """

    lines: Sequence[SoldLine]
    total: int
    exchanged: int
    taken_off: Sequence[UnitsTakenOff]


def changes(order: OrderPaid, known: Sequence[Fact]) -> Changed:
    """Return what an order became by the facts known of it."""
    edits = [fact for fact in known if isinstance(fact, OrderEdited)]
    return Changed(
        lines=lines_of(order, known),
        total=order.total + sum(edit.total for edit in edits),
        exchanged=max(sum(edit.total - edit.paid for edit in edits), 0),
        taken_off=[fact for fact in known if isinstance(fact, UnitsTakenOff)],
    )


def refunded_bases(
    order: Changed, refunds: Sequence[OrderRefunded], disputed: int
) -> dict[str, int]:
    """Return how much of each line's base went back.

    Once all that was paid for the order went back, everything is gone. A line
    without a base cannot go back in parts: it is gone once a refund names it.

    Args:
        disputed: Money that a bank took back.
    """
    named = dict.fromkeys((line.ref for line in order.lines), 0)
    returned: set[str] = set()
    named_amount = 0
    for refund in refunds:
        ours = [(ref, base) for ref, base in refund.lines if ref in named]
        for ref, base in ours:
            named[ref] += base
        returned |= {ref for ref, _ in refund.lines}
        named_amount += _share_of(refund, sum(base for _, base in ours))
    unnamed = sum(refund.amount - refund.named_amount for refund in refunds) + disputed
    paid_back = {refund.refund_id for refund in refunds}  # for some, once the money had moved
    taken_off = [off for off in order.taken_off if off.record_id not in paid_back]
    worth = sum(off.worth for off in taken_off)
    covered = min(worth, unnamed + order.exchanged)
    gone = _together(taken_off)
    known = {ref: base for ref, base in gone.items() if ref in named}
    for ref, base in known.items():
        named[ref] += half_up(base * covered, worth) if worth else base
    returned |= set(known) if covered == worth else set()
    unnamed -= max(covered - order.exchanged, 0)
    named_amount += _part(covered, sum(known.values()), sum(gone.values()))
    rest = max(order.total - named_amount, 0)
    is_whole = 0 < named_amount + unnamed >= order.total
    named = _spilt(order.lines, named)
    if is_whole:
        return {line.ref: line.base or 1 for line in order.lines}
    return {
        line.ref: order_refund_base(
            base=line.base, named=named[line.ref], unnamed=unnamed, paid_rest=rest
        )
        if line.base
        else int(line.ref in returned)
        for line in order.lines
    }


def _together(taken_off: Iterable[UnitsTakenOff]) -> dict[str, int]:
    """Return what was taken off each line in all."""
    sums: dict[str, int] = {}
    for ref, base in (each for off in taken_off for each in off.lines):
        sums[ref] = sums.get(ref, 0) + base
    return sums


def _spilt(lines: Sequence[SoldLine], named: dict[str, int]) -> dict[str, int]:
    """Let what goes back of a line beyond its base go back of its later units.

    Platforms name one line; units added to it later are a line of ours.
    """
    for line in lines:
        first = line.ref.partition("+")[0]
        if first != line.ref and first in named:
            base = next(one.base for one in lines if one.ref == first)
            beyond = max(named[first] - base, 0)
            moved = min(beyond, max(line.base - named[line.ref], 0))
            named[line.ref] += moved
            named[first] -= moved
    return named


def _share_of(refund: OrderRefunded, ours: int) -> int:
    """Return how much of what a refund paid for lines went for lines we know.

    What goes back for another one says nothing about the rest: it was added
    later, and is not known, or not paid for, yet.
    """
    return _part(refund.named_amount, ours, sum(base for _, base in refund.lines))


def _part(amount: int, ours: int, whole: int) -> int:
    return amount if ours == whole else half_up(amount * ours, whole)
