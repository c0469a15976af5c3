"""A book of everything that can be posted, made up by chance from a seed.

Keeps its own balances, so that every draft it makes can be posted: floors hold,
and nobody is owed money and owes some at once.
"""

import random
from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta

from liveshop_sdk.affiliate.ledger.kinds import RULES
from liveshop_sdk.affiliate.ledger.models import EntryDraft, Posting
from tests.contracts.ledger_support import START

CREATORS = ("mika", "ana", "ben", "_x", "x_y")
CURRENCIES = ("EUR", "EUR", "EUR", "USD", "JPY", "KWD")
EXPENSE = "brand:commission_expense"
RAILS = ("stripe", "paypal", "sepa")
Lines = list[tuple[str, int]]


class RandomBook:
    """Makes drafts of all kinds; the same seed makes the same ones."""

    def __init__(self, seed: int) -> None:
        self._dice = random.Random(seed)
        self._at: defaultdict[tuple[str, str], int] = defaultdict(int)
        self._number = 0
        self._items: dict[str, tuple[str, str, int, int]] = {}
        self._sent: dict[str, tuple[str, str, int, int, str]] = {}
        self._paid_back: dict[tuple[str, str], int] = defaultdict(int)

    def orders(self, count: int) -> Iterator[EntryDraft]:
        """Yield so many sales, each followed by what happens to some of them."""
        steps = (
            self._release,
            self._refund,
            self._refund_failed,
            self._order_changed,
            self._dispute,
            self._true_up,
            self._fee,
            self._seeding,
            self._payout,
            self._settle,
            self._give_back,
            self._second_person,
            self._other,
            self._remark,
        )
        for _ in range(count):
            yield self._sale()
            for step in self._dice.sample(steps, k=self._dice.randrange(4)):
                yield from step(self._dice.choice(CREATORS), self._dice.choice(CURRENCIES))

    # --- making entries

    def _draft(self, kind: str, lines: Lines, currency: str, **more: object) -> EntryDraft:
        postings = [Posting(path, amount, currency, **_ref(more)) for path, amount in lines]
        return self._entry(kind, [one for one in postings if one.amount], **more)

    def _entry(self, kind: str, postings: list[Posting], **more: object) -> EntryDraft:
        self._number += 1
        for one in postings:
            self._at[one.account, one.currency] += one.amount
        more.pop("item", None)
        # Facts come late: an entry may be dated before, or after, those around it.
        days = self._dice.choice((0, 0, 0, 1, -1, -3, -40, 25))
        return EntryDraft(
            kind=kind,
            source=self._dice.choice(("stripe", "shopify", "scheduler")),
            event_id=f"{kind}:{self._number}",
            occurred_at=START + timedelta(days=days, minutes=self._number),
            postings=tuple(postings),
            **more,  # type: ignore[arg-type]
        )

    def _stands(self, path: str, currency: str) -> int:
        return self._at[path, currency]

    def _some(self, most: int) -> int:
        return self._dice.randint(1, most) if most > 0 else 0

    def _owe(self, creator: str, currency: str, amount: int) -> Lines:
        """Credit what is owed: against a receivable first."""
        back = min(amount, self._stands(f"creator:{creator}:clawback_receivable", currency))
        return [
            (f"creator:{creator}:clawback_receivable", -back),
            (f"creator:{creator}:payable", back - amount),
        ]

    def _take(self, creator: str, currency: str, amount: int) -> Lines:
        """Debit what is owed; what is more than that is a receivable."""
        owed = min(amount, -self._stands(f"creator:{creator}:payable", currency))
        return [
            (f"creator:{creator}:payable", owed),
            (f"creator:{creator}:clawback_receivable", amount - owed),
        ]

    # --- what happens

    def _sale(self) -> EntryDraft:
        currency = self._dice.choice(CURRENCIES)
        shares = [
            (f"creator:{one}:pending", -self._some(50_000))
            for one in self._dice.sample(CREATORS, k=self._dice.choice((1, 1, 2)))
        ]
        total = -sum(amount for _, amount in shares)
        return self._draft("sale", [(EXPENSE, total), *shares], currency)

    def _release(self, creator: str, currency: str) -> Iterator[EntryDraft]:
        amount = self._some(-self._stands(f"creator:{creator}:pending", currency))
        lines = [(f"creator:{creator}:pending", amount), *self._owe(creator, currency, amount)]
        if amount:
            yield self._draft("release", lines, currency)

    def _refund(self, creator: str, currency: str) -> Iterator[EntryDraft]:
        amount = self._some(-self._stands(f"creator:{creator}:pending", currency))
        if amount:
            self._paid_back[creator, currency] += amount
            lines = [(EXPENSE, -amount), (f"creator:{creator}:pending", amount)]
            yield self._draft("refund", lines, currency)
        late = self._some(3_000)
        lines = [(EXPENSE, -late), *self._take(creator, currency, late)]
        yield self._draft("refund", lines, currency)

    def _refund_failed(self, creator: str, currency: str) -> Iterator[EntryDraft]:
        amount = self._paid_back.pop((creator, currency), 0)
        if amount:
            lines = [(EXPENSE, amount), (f"creator:{creator}:pending", -amount)]
            yield self._draft("refund_failed", lines, currency)

    def _order_changed(self, creator: str, currency: str) -> Iterator[EntryDraft]:
        lines = [(EXPENSE, 70), (f"creator:{creator}:pending", -70)]
        yield self._draft("order_changed", lines, currency)

    def _dispute(self, creator: str, currency: str) -> Iterator[EntryDraft]:
        frozen = f"creator:{creator}:disputed"
        amount = self._some(9_000)
        lines = [*self._take(creator, currency, amount), (frozen, -amount)]
        yield self._draft("dispute_opened", lines, currency)
        end = self._dice.randrange(3)
        if end == 0:
            lines = [(frozen, amount), *self._owe(creator, currency, amount)]
            yield self._draft("dispute_won", lines, currency)
        elif end == 1:
            yield self._draft("dispute_lost", [(frozen, amount), (EXPENSE, -amount)], currency)
            yield self._draft(
                "dispute_fee",
                [("brand:dispute_fee_expense", 15), ("clearing:stripe", -15)],
                currency,
            )

    def _true_up(self, creator: str, currency: str) -> Iterator[EntryDraft]:
        kind, expense = self._dice.choice(
            (
                ("tier_true_up", "brand:tier_bonus_expense"),
                ("cap_true_up", EXPENSE),
                ("guarantee_true_up", "brand:guarantee_expense"),
            )
        )
        amount = self._some(5_000)
        if self._dice.random() < 0.5:
            yield self._draft(
                kind, [(expense, amount), *self._owe(creator, currency, amount)], currency
            )
        else:
            yield self._draft(
                kind, [(expense, -amount), *self._take(creator, currency, amount)], currency
            )

    def _fee(self, creator: str, currency: str) -> Iterator[EntryDraft]:
        amount = self._some(50_000)
        lines = [("brand:appearance_fee_expense", amount), *self._owe(creator, currency, amount)]
        yield self._draft("appearance_fee", lines, currency)

    def _seeding(self, creator: str, currency: str) -> Iterator[EntryDraft]:
        amount = self._some(8_000)
        lines = [("memo:seeding_given", amount), (f"memo:{creator}:seeded", -amount)]
        yield self._draft("seeding", lines, currency)

    def _payout(self, creator: str, currency: str) -> Iterator[EntryDraft]:
        amount = self._some(-self._stands(f"creator:{creator}:payable", currency))
        if not amount:
            return
        item = f"poi_{self._number}"
        tax = amount // 4 if self._dice.random() < 0.3 else 0
        self._items[item] = (creator, currency, amount - tax, tax)
        lines = [
            (f"creator:{creator}:payable", amount),
            (f"creator:{creator}:tax_withheld", -tax),
            (f"creator:{creator}:in_transit", tax - amount),
        ]
        yield self._draft("payout_created", lines, currency, item=item)

    def _settle(self, _creator: str, _currency: str) -> Iterator[EntryDraft]:
        if not self._items:
            return
        item = self._dice.choice(sorted(self._items))
        creator, currency, net, tax = self._items.pop(item)
        on_the_way, withheld = f"creator:{creator}:in_transit", f"creator:{creator}:tax_withheld"
        end = self._dice.choice(("sent", "sent", "sent", "fx", "failed", "cancelled"))
        if end in ("failed", "cancelled"):
            tax = min(tax, -self._stands(withheld, currency))  # the rest was remitted
            owed = self._owe(creator, currency, net + tax)
            lines = [(on_the_way, net), (withheld, tax), *owed]
            yield self._draft(f"payout_{end}", lines, currency, item=item)
            return
        rail = self._dice.choice(RAILS)
        if end == "fx":
            yield from self._sent_in_another(item, on_the_way, currency, net)
            return
        fee = self._some(200)
        lines = [
            (on_the_way, net),
            ("brand:payout_fee_expense", fee),
            (f"clearing:{rail}", -net - fee),
        ]
        yield self._draft("payout_sent", lines, currency, item=item)
        yield self._draft("payout_paid", [], currency)
        self._sent[item] = (creator, currency, net, tax, rail)

    def _sent_in_another(
        self, item: str, on_the_way: str, currency: str, net: int
    ) -> Iterator[EntryDraft]:
        other = "USD" if currency != "USD" else "EUR"
        cost = net * 217 // 200 + 1
        own = [(on_the_way, net), ("fx:trading", -net)]
        foreign = [
            ("fx:trading", cost),
            ("brand:payout_fee_expense", 90),
            ("clearing:wise", -cost - 90),
        ]
        yield self._entry(
            "payout_sent",
            [Posting(path, amount, currency, payout_item_id=item) for path, amount in own]
            + [Posting(path, amount, other, payout_item_id=item) for path, amount in foreign],
        )
        yield self._draft("fx_realised", [("brand:fx_loss", 135), ("fx:trading", -135)], other)

    def _give_back(self, _creator: str, _currency: str) -> Iterator[EntryDraft]:
        if not self._sent:
            return
        item = self._dice.choice(sorted(self._sent))
        creator, currency, net, tax, rail = self._sent.pop(item)
        withheld = -self._stands(f"creator:{creator}:tax_withheld", currency)
        tax = min(tax, withheld)
        owed = self._owe(creator, currency, net + tax)
        lines = [(f"clearing:{rail}", net), (f"creator:{creator}:tax_withheld", tax), *owed]
        yield self._draft("payout_returned", lines, currency, item=item)

    def _second_person(self, creator: str, currency: str) -> Iterator[EntryDraft]:
        two = {"created_by": "u1", "approved_by": "u2", "reason": '=cmd|"/c calc"!A1'}
        amount = self._some(2_000)
        owed = [(EXPENSE, amount), *self._owe(creator, currency, amount)]
        yield self._draft("adjustment", owed, currency, **two)
        taken = [(EXPENSE, -amount), *self._take(creator, currency, amount)]
        yield self._draft(
            "correction",
            taken,
            currency,
            **two,
            corrects_seq=1,
            applies_to_period="2026-09",
        )
        claim = f"creator:{creator}:clawback_receivable"
        lost = self._some(self._stands(claim, currency))
        if lost:
            lines = [("brand:bad_debt_expense", lost), (claim, -lost)]
            yield self._draft("write_off", lines, currency, **two)

    def _other(self, creator: str, currency: str) -> Iterator[EntryDraft]:
        withheld = f"creator:{creator}:tax_withheld"
        due = self._some(-self._stands(withheld, currency))
        if due:
            yield self._draft("tax_remitted", [(withheld, due), ("clearing:sepa", -due)], currency)

    def _remark(self, _creator: str, currency: str) -> Iterator[EntryDraft]:
        yield self._draft("annotation", [], currency)
        if self._dice.random() < 0.2:
            yield from (
                self._draft(kind, [], currency, reason="why", created_by="u1", approved_by="u2")
                for kind in ("period_closing", "period_close", "period_reopen", "period_lock")
            )


def _ref(more: dict[str, object]) -> dict[str, str]:
    return {"payout_item_id": str(more["item"])} if "item" in more else {}


ALL_KINDS = frozenset(RULES)
