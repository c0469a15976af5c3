"""Which parts of new terms are worse for a creator than those they replace.

A part that is better makes up for nothing: what one order gains another may
lose. Where two parts cannot be compared, such as tiers over another window,
the new one counts as worse, because a notice given in vain costs little.
"""

from collections.abc import Iterator
from itertools import product

from liveshop_sdk.affiliate.earning import DEFAULT, Rule, Unit, rule_for
from liveshop_sdk.affiliate.terms import Guarantee, Terms, Tiers
from liveshop_sdk.money import Money


def worse_in(old: Terms, new: Terms) -> tuple[str, ...]:
    """Name the parts in which new terms are worse for the creator than old ones."""
    found = {
        "hold": new.hold > old.hold,
        "notice": new.notice < old.notice,
        "rate": any(_pays_less(old, new)),
        "cap_per_order": _is_tighter(old.cap_per_order, new.cap_per_order),
        "cap_per_month": _is_tighter(old.cap_per_month, new.cap_per_month),
        "guarantee": _guarantees_less(old.guarantee, new.guarantee),
        "appearance": _appears_for_less(old, new),
        "tiers": _climbs_less(old, new) or any(_leaves_tiers(old, new)),
        "rounding": (old.rounding, new.rounding) == ("half_up", "half_even"),
    }
    return tuple(name for name, is_worse in found.items() if is_worse)


def loses_progress(old: Terms, new: Terms) -> bool:
    """Tell whether it can cost a creator something that tiers begin anew.

    It cannot where every sale is paid like those of the highest tier, unless a
    tier once reached would have raised earlier sales as well.
    """
    if old.tiers is None:
        return False
    is_top = new.rate >= max(rate for _, rate in old.tiers.steps)
    return not is_top or old.tiers.mode == "retroactive"


def _pays_less(old: Terms, new: Terms) -> Iterator[bool]:
    """Compare what every kind of unit is paid: each product, collection and buyer."""
    for before, after in _rules(old, new):
        yield after.rate < before.rate or _amount(after.per_unit) < _amount(before.per_unit)


def _leaves_tiers(old: Terms, new: Terms) -> Iterator[bool]:
    """Tell of every kind of unit whether a rule of its own keeps it from a tier it counted for."""
    top = old.tiers.steps[-1][1] if old.tiers else None
    for before, after in _rules(old, new):
        is_out = before.name == DEFAULT != after.name
        yield top is not None and is_out and (new.tiers is not None or after.rate < top)


def _rules(old: Terms, new: Terms) -> Iterator[tuple[Rule, Rule]]:
    """Return which rule of each terms applies, for every kind of unit."""
    named = sorted({*old.products, *new.products})
    both = old.products.keys() & new.products.keys()
    collections = sorted({"", *old.collections, *new.collections})
    buyers = (None, False, True)
    units = [Unit(sku=sku) for sku in both]
    units += [
        Unit(sku=sku, collection=collection, is_returning=buyer)
        for sku, collection, buyer in product(["", *named], collections, buyers)
        if sku not in both
    ]
    return ((rule_for(old, unit), rule_for(new, unit)) for unit in units)


def _amount(money: Money | None) -> int:
    return money.amount if money else 0


def _is_tighter(old: Money | None, new: Money | None) -> bool:
    return new is not None and (old is None or new.amount < old.amount)


def _guarantees_less(old: Guarantee | None, new: Guarantee | None) -> bool:
    if old is None:
        return False
    if new is None or new.amount.amount < old.amount.amount:
        return True
    return new.recoupable and not old.recoupable


def _appears_for_less(old: Terms, new: Terms) -> bool:
    before, after = old.appearance, new.appearance
    if before is None:
        return False
    if after is None or after.amount.amount < before.amount.amount:
        return True
    is_longer = after.min_minutes > before.min_minutes
    return is_longer or (before.short, after.short) == ("pro_rata", "none")


def _climbs_less(old: Terms, new: Terms) -> bool:
    before, after = old.tiers, new.tiers
    if before is None:
        return False
    if after is not None and (before.mode, before.window) != (after.mode, after.window):
        return True
    marks = {start for tiers in (before, after) if tiers for start, _rate in tiers.steps}
    return any(_bps_at(new, after, mark) < _bps_at(old, before, mark) for mark in marks)


def _bps_at(terms: Terms, tiers: Tiers | None, amount: int) -> int:
    reached = [rate for start, rate in (tiers.steps if tiers else ()) if start <= amount]
    return (reached[-1] if reached else terms.rate).basis_points
