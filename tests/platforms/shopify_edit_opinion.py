"""What stays earned of an order that a merchant edited, from what the merchant did.

Worked out with fractions, and from the oracle's own order: nothing of ours is read.
"""

from collections import Counter
from decimal import Decimal
from fractions import Fraction
from typing import Any

from tests.flows.oracle_support import half_up
from tests.platforms.shopify_edit_support import Merchant

RATE = Fraction(12, 100)


def minor(amount: Any) -> int:
    exact = Decimal(str(amount)).scaleb(2)
    assert exact == int(exact)
    return int(exact)


def second_opinion(made: Merchant, lines: int) -> int:
    """Return what stays earned of an order, from what the merchant did.

    Args:
        lines: How many the order was placed with.
    """
    order = made.order
    included = order["taxes_included"]
    added = [minor(made.added[one]) for one in sorted(made.settled)]
    is_known = {str(line["id"]) for line in order["line_items"][:lines]}
    for row in order["_agreements"]:
        name = f"{'edit' if row['__typename'].startswith('OrderEdit') else 'return'}-"
        if name + row["id"].rpartition("/")[2] in made.settled:
            new = [sale for sale in row["sales"] if sale["actionType"] == "ORDER"]
            is_known |= {sale["lineItem"]["id"].rpartition("/")[2] for sale in new}
    named: Counter[str] = Counter()
    off: Counter[str] = Counter()
    named_money = loose = worth = 0
    for refund in order["refunds"]:
        bases, whole = _rows(refund, included=included)
        amount = sum(minor(row["amount"]) for row in refund["transactions"])
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
    rest = minor(order["total_price"]) + sum(added) - named_money - half_up(spent * known_part)
    kept = 0
    for line in order["line_items"]:
        ref = str(line["id"])
        if ref not in is_known:
            continue
        base = minor(line["_net"]) - (minor(line["_tax"]) if included else 0)
        back = named[ref] + (half_up(Fraction(off[ref] * spent, worth)) if worth else off[ref])
        back = min(back, base)
        part = Fraction(rest_loose, rest) if rest > 0 else Fraction(rest_loose > 0)
        back = min(base, back + half_up((base - back) * part))
        commission = half_up(base * RATE)
        kept += commission - (half_up(Fraction(commission * back, base)) if base else 0)
    return kept


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
