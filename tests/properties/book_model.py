"""What a book must stand at, told by a few dictionaries and fractions.

Nothing of the package takes part: the formulas are written again, from the
documents, so that both would have to be wrong in the same way.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from fractions import Fraction
from math import floor

Standing = dict[str, int]
TIERED, RATE, STEPS = "ana", 1000, {20_000: 1200, 50_000: 1500}
"""Who gets a bonus on all sales once a tier is reached: from so much on, at this rate."""


def half_up(number: Fraction) -> int:
    """Round to the nearest; a half goes away from zero."""
    return floor(number + Fraction(1, 2)) if number >= 0 else -floor(-number + Fraction(1, 2))


@dataclass
class Refund:
    """Money that went back: all of it, and the bases of the lines it names."""

    amount: int
    named: dict[str, int]
    failed: bool = False


@dataclass
class Order:
    """One order of one creator and everything known of it."""

    creator: str
    total: int
    bases: dict[str, int]
    earned: dict[str, int]
    refunds: dict[str, Refund] = field(default_factory=dict)
    disputes: dict[str, tuple[int, str]] = field(default_factory=dict)
    released: bool = False

    def gone(self, *states: str) -> dict[str, int]:
        """Return the base of each line that went back, disputes in these states too."""
        held = [refund for refund in self.refunds.values() if not refund.failed]
        worth = sum(sum(refund.named.values()) for refund in held)
        unnamed = sum(refund.amount for refund in held) - worth
        unnamed += sum(amount for amount, state in self.disputes.values() if state in states)
        rest = max(self.total - worth, 0)
        found = {}
        for ref, base in self.bases.items():
            own = min(base, sum(refund.named.get(ref, 0) for refund in held))
            if 0 < worth + unnamed >= self.total:
                own = base
            elif unnamed > 0:
                own = min(base, own + half_up(Fraction((base - own) * unnamed, rest)))
            found[ref] = own
        return found

    def net_base(self) -> int:
        """Return what is left of the order's base."""
        return sum(self.bases.values()) - sum(self.gone("lost").values())

    def parts(self) -> tuple[int, int, int]:
        """Return pending, disputed and owed commission, all positive."""
        lost, risked = self.gone("lost"), self.gone("lost", "open")
        pending = disputed = owed = 0
        for ref, base in self.bases.items():
            back, risk = (
                half_up(Fraction(self.earned[ref] * gone[ref], base)) for gone in (lost, risked)
            )
            disputed += risk - back
            if self.released:
                owed += self.earned[ref] - risk
            else:
                pending += self.earned[ref] - risk
        return pending, disputed, owed


@dataclass
class Item:
    """A payout to one creator."""

    creator: str
    amount: int
    state: str = "created"
    kept: int = 0


@dataclass
class Model:
    """One brand's book."""

    orders: dict[str, Order] = field(default_factory=dict)
    items: dict[str, Item] = field(default_factory=dict)
    adjusted: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    written_off: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def net(self, creator: str) -> int:
        """Return what a creator is owed (negative: owes back) outside of payouts."""
        owed = sum(o.parts()[2] for o in self.orders.values() if o.creator == creator)
        taken = sum(
            item.amount
            for item in self.items.values()
            if item.creator == creator and item.state in ("created", "sent", "paid")
        )
        return owed + self.adjusted[creator] + self.written_off[creator] - taken

    def bonus(self) -> int:
        """Return what all net sales earn beyond the rate of single orders."""
        sales = sum(order.net_base() for order in self.orders.values() if order.creator == TIERED)
        reached = [rate for start, rate in STEPS.items() if sales >= start]
        return half_up(Fraction(sales * (max(reached, default=RATE) - RATE), 10_000))

    def standing(self) -> Standing:
        """Return every account that is not zero, debit positive."""
        found: Standing = defaultdict(int)
        for order in self.orders.values():
            pending, disputed, owed = order.parts()
            found["brand:commission_expense"] += pending + disputed + owed
            found[f"creator:{order.creator}:pending"] -= pending
            found[f"creator:{order.creator}:disputed"] -= disputed
        found["brand:tier_bonus_expense"] = self.bonus()
        found[f"creator:{TIERED}:pending"] -= self.bonus()
        found["brand:commission_expense"] += sum(self.adjusted.values())
        for creator in {order.creator for order in self.orders.values()} | set(self.adjusted):
            net = self.net(creator)
            found[f"creator:{creator}:payable"] = -max(net, 0)
            found[f"creator:{creator}:clawback_receivable"] = max(-net, 0)
            found["brand:bad_debt_expense"] += self.written_off[creator]
        for item in self.items.values():
            if item.state == "created":
                found[f"creator:{item.creator}:in_transit"] -= item.amount
            if item.state in ("sent", "paid"):
                found["clearing:sandbox"] -= item.amount
            if item.state == "returned":
                found["clearing:sandbox"] -= item.kept
                found["brand:payout_fee_expense"] += item.kept
        return {f"{account} EUR": amount for account, amount in found.items() if amount}
