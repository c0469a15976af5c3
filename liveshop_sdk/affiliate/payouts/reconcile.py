"""Compare items, ledger and rail: each must tell the same of every payout."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from liveshop_sdk.affiliate.payouts.models import (
    CANCELLED,
    CREATED,
    FAILED,
    PAID,
    RETURNED,
    SENT,
    Difference,
    Item,
)
from liveshop_sdk.affiliate.payouts.ports import Transfer
from liveshop_sdk.money import Money

Booked = Iterable[tuple[str, str, str, str, int]]
"""Sums of postings by item, kind of entry, account and currency."""

_STEPS = {
    CREATED: {"payout_created"},
    SENT: {"payout_created", "payout_sent"},
    PAID: {"payout_created", "payout_sent"},
    RETURNED: {"payout_created", "payout_sent", "payout_returned"},
    FAILED: {"payout_created", "payout_failed"},
    CANCELLED: {"payout_created", "payout_cancelled"},
}
"""Which kinds of entry move money for an item in each state."""

_LEFT = (SENT, PAID, RETURNED)


def of_ledger(
    items: Iterable[Item], booked: Booked, balances: Mapping[tuple[str, str], int]
) -> Iterator[Difference]:
    """Yield where a book and its items differ.

    Args:
        balances: Of every account of the book, by path and currency.
    """
    by_item: dict[str, dict[str, Counter[tuple[str, str]]]] = {}
    for item_id, kind, account, currency, amount in booked:
        sums = by_item.setdefault(item_id, {}).setdefault(kind, Counter())
        sums[account, currency] += amount
    open_sums: Counter[tuple[str, str]] = Counter()
    for item in items:
        transit = (f"creator:{item.creator}:in_transit", item.currency)
        open_sums[transit] -= item.net.amount if item.state == CREATED else 0
        found = by_item.pop(item.id, {})
        kinds = set(found) - {"fx_realised"}
        if kinds != _STEPS[item.state]:
            has = ", ".join(sorted(kinds)) or "nothing"
            yield Difference(item=item.id, problem=f"it is {item.state}, the ledger has {has}")
        reserved = found.get("payout_created", Counter())
        if reserved[transit] != -item.net.amount:
            there = Money(-reserved[transit], item.currency)
            yield Difference(item=item.id, problem=f"{item.net} of it, {there} in the ledger")
    for item_id in by_item:
        yield Difference(item=item_id, problem="the ledger has it, but there is no such item")
    stands = {key: sum_ for key, sum_ in balances.items() if key[0].endswith(":in_transit")}
    for key in sorted(stands.keys() | open_sums.keys()):
        if stands.get(key, 0) != open_sums[key]:
            account, currency = key
            there, here = Money(stands.get(key, 0), currency), Money(open_sums[key], currency)
            yield Difference(item="", problem=f"{account} stands at {there}, open items at {here}")


def of_rail(items: Iterable[Item], transfers: Iterable[Transfer]) -> Iterator[Difference]:
    """Yield where a rail's own list and its items differ."""
    by_item: dict[str, list[Transfer]] = {}
    for transfer in transfers:
        by_item.setdefault(transfer.item_id, []).append(transfer)
    for item in items:
        own = by_item.pop(item.id, [])
        problem = _problem(item, own)
        if problem:
            yield Difference(item=item.id, problem=problem)
    for item_id, own in by_item.items():
        refs = ", ".join(one.ref for one in own)
        yield Difference(item=item_id, problem=f"the rail has {refs} for an unknown item")


def _problem(item: Item, own: list[Transfer]) -> str:
    if len(own) > 1:
        return f"the rail has {len(own)} transfers for it: {', '.join(one.ref for one in own)}"
    if item.state not in _LEFT:
        return f"it is {item.state}, but the rail has {own[0].ref} for it" if own else ""
    if not own:
        return f"it is {item.state}, but the rail has nothing for it"
    there = own[0]
    if (there.ref, there.amount) != (item.rail_ref, item.paid_from):
        here = f"{item.rail_ref} of {item.paid_from}"
        return f"{here} was sent, the rail has {there.ref} of {there.amount}"
    back = item.returned if item.state == RETURNED else 0
    if there.reversed > back:
        taken = Money(there.reversed, there.amount.currency)
        return f"the rail took back {taken} of it, {Money(back, taken.currency)} are booked"
    return ""
