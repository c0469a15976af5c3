"""What stays earned of an order that a merchant edited, from what the merchant did.

Worked out with fractions, and from the oracle's own order: nothing of ours is read.
"""

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from typing import Any

from liveshop_sdk.money import split
from tests.flows.oracle_support import half_up
from tests.platforms.shopify_edit_support import Merchant

RATE = Fraction(12, 100)


def minor(amount: Any) -> int:
    exact = Decimal(str(amount)).scaleb(2)
    assert exact == int(exact)
    return int(exact)


def second_opinion(made: Merchant, lines: int, cap: int | None = None) -> int:
    """Return what stays earned of an order, from what the merchant did.

    Args:
        lines: How many the order was placed with.
    """
    came = {str(line["id"]): 0 for line in made.order["line_items"][:lines]}
    for number, row in enumerate(made.order["_agreements"], start=1):
        name = f"{'edit' if row['__typename'].startswith('OrderEdit') else 'return'}-"
        if name + row["id"].rpartition("/")[2] in made.settled:
            new = [sale for sale in row["sales"] if sale["actionType"] == "ORDER"]
            came |= {sale["lineItem"]["id"].rpartition("/")[2]: number for sale in new}
    ended = made.order.get("_chargebacks", [])
    lost = sum(minor(one["amount"]) for one in ended if one["status"] == "lost")
    returned, gone = went(made, set(came), 0), went(made, set(came), lost)
    earned = {ref: half_up(base * RATE) for ref, (base, _) in gone.items()}

    def kept(refs: Iterable[str], back: dict[str, tuple[int, int]]) -> int:
        taken = {ref: Fraction(back[ref][1], back[ref][0] or 1) for ref in refs}
        return sum(earned[ref] - half_up(earned[ref] * part) for ref, part in taken.items())

    used = 0
    for number in sorted(set(came.values())) if cap else ():
        own = sorted(ref for ref in came if came[ref] == number)
        left = max((cap or 0) - used, 0)
        if sum(earned[ref] for ref in own) > left:
            earned |= zip(own, split(left, [earned[ref] for ref in own]), strict=True)
        used += kept(own, returned)
    return kept(came, gone)


def went(made: Merchant, is_known: set[str], lost: int) -> dict[str, tuple[int, int]]:
    """Return the base of each line that counts, and how much of it went back."""
    order = made.order
    included = order["taxes_included"]
    added = [minor(made.added[one]) for one in sorted(made.settled)]
    named: Counter[str] = Counter()
    off: Counter[str] = Counter()
    named_money = worth = 0
    loose = lost
    for refund in order["refunds"]:
        bases, whole = _rows(refund, included=included)
        amount = sum(minor(row["amount"]) for row in refund["transactions"])
        for row in refund["refund_shipping_lines"]:
            whole += minor(row["subtotal_amount_set"]["shop_money"]["amount"])
        if not refund["transactions"]:
            off.update(bases)
            worth += whole
            continue
        ours = min(amount, whole)
        if amount < whole:
            (ref, base), *others = bases.items()
            assert not others
            bases = {ref: half_up(Fraction(base * amount, whole))}
            if refund["return"]:  # the rest of it was exchanged
                off[ref] += base - bases[ref]
                worth += whole - amount
        named.update(bases)
        named_money += ours
        loose += amount - ours
    swapped = max(sum(added) - minor(made.paid_later), 0)
    spent = min(worth, loose + swapped)
    rest_loose = loose - max(spent - swapped, 0)
    in_known = sum(base for ref, base in off.items() if ref in is_known)
    known_part = Fraction(in_known, sum(off.values())) if off.total() else Fraction(1)
    total = minor(order["total_price"]) + sum(added)
    rest = total - named_money - half_up(spent * known_part)
    is_all = rest <= rest_loose and rest < total
    found = {}
    for line in order["line_items"]:
        ref = str(line["id"])
        if ref not in is_known:
            continue
        base = minor(line["_net"]) - (minor(line["_tax"]) if included else 0)
        back = named[ref] + (half_up(Fraction(off[ref] * spent, worth)) if worth else off[ref])
        back = min(back, base)
        part = Fraction(rest_loose, rest) if rest > 0 and not is_all else Fraction(is_all)
        found[ref] = (base, min(base, back + half_up((base - back) * part)))
    return found


def _rows(refund: Any, *, included: bool) -> tuple[dict[str, int], int]:
    bases: Counter[str] = Counter()
    whole = 0
    for row in refund["refund_line_items"]:
        net, tax = (
            minor(row[name]["shop_money"]["amount"]) for name in ("subtotal_set", "total_tax_set")
        )
        bases[str(row["line_item_id"])] += net - (tax if included else 0)
        whole += net + (0 if included else tax)
    return dict(bases), whole
