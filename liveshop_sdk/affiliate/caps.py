"""What an order's cap leaves to what was added: pure, of the set of facts.

The cap was shared out over the sale once. What was added may earn what the
sale, and what was added before, leave of it as they stand now: what went back
or was exchanged uses none of it. Money that a bank took frees nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import groupby

from liveshop_sdk.affiliate.commission import CommissionLine
from liveshop_sdk.edits import OrderEdited
from liveshop_sdk.facts import Fact
from liveshop_sdk.money import reversed_part, split

_LONGEST = 30
"""Digits of a platform's number."""


def limited(
    known: Iterable[Fact], lines: Iterable[CommissionLine], gone: Mapping[str, int]
) -> dict[str, int]:
    """Return what added lines may earn, where a cap leaves less than all.

    The answer is by the reference of the commission line.

    Args:
        lines: All commission lines of the order, of one brand or more.
        gone: How much of each order line's base went back, disputes left out.
    """
    edits = sorted((fact for fact in known if isinstance(fact, OrderEdited)), key=_place)
    if not edits:
        return {}
    place = {line.ref: n for n, edit in enumerate(edits, start=1) for line in edit.lines}
    found: dict[str, int] = {}
    there = [line for line in lines if line.cap is not None and line.order_line in gone]
    there.sort(key=lambda one: (one.brand, place.get(one.order_line, 0), one.order_line))
    for _brand, of_brand in groupby(there, lambda one: one.brand):
        used = 0
        for number, some in groupby(of_brand, lambda one: place.get(one.order_line, 0)):
            own = list(some)
            if number:
                found |= _shared_out(own, max((own[0].cap or 0) - used, 0))
            used += sum(_kept(one, found.get(one.line_ref, one.amount), gone) for one in own)
    return found


def _place(edit: OrderEdited) -> tuple[datetime, int, str]:
    """Return what edits are ordered by; those paid for at once are in that of their numbers."""
    number = edit.edit_id.rpartition("-")[2]
    is_number = number.isascii() and number.isdecimal() and len(number) < _LONGEST
    return edit.occurred_at, int(number) if is_number else 0, edit.key


def _shared_out(lines: Sequence[CommissionLine], left: int) -> dict[str, int]:
    """Share what is left over what was added at once, and each line over its hosts."""
    hosts = [list(some) for _, some in groupby(lines, lambda one: one.order_line)]
    whole = [sum(one.amount for one in some) for some in hosts]
    if sum(whole) <= left:
        return {}
    return {
        one.line_ref: amount
        for some, part in zip(hosts, split(left, whole), strict=True)
        for one, amount in zip(some, split(part, [one.weight for one in some]), strict=True)
    }


def _kept(line: CommissionLine, amount: int, gone: Mapping[str, int]) -> int:
    back = reversed_part(total=amount, refunded=gone[line.order_line], base=line.base or 1)
    return amount - back
