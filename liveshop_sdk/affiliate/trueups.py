"""Keep what terms of a period pay in step with the facts of single orders."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from liveshop_sdk.affiliate import accrual, components
from liveshop_sdk.affiliate.accrual import Item, OrderState
from liveshop_sdk.affiliate.commission import CommissionLine
from liveshop_sdk.affiliate.components import Versions
from liveshop_sdk.affiliate.ledger.models import Book, EntryDraft
from liveshop_sdk.affiliate.months import last_moment, month_of
from liveshop_sdk.affiliate.posting import Poster
from liveshop_sdk.affiliate.standing import Standing
from liveshop_sdk.affiliate.windows.models import Count, CountedOrder, Totals, Window
from liveshop_sdk.db import Transaction
from liveshop_sdk.facts import Fact, OrderKey, OrderPaid

SOURCE = "agreements"
"""Whose entries those are that no fact of an order caused."""

_LONGEST_EVENT = 255


class PeriodTerms(Standing):
    """The components of some creators in one book, while it is locked.

    An order's fact goes through `count`, then `before` and `after` its own
    entry; `save` writes the counts at the end.
    """

    def __init__(self, tx: Transaction, book: Book, poster: Poster, versions: Versions) -> None:
        """Read what was counted for these creators so far."""
        super().__init__(tx, book, versions)
        self._poster = poster
        self._orders: dict[tuple[OrderKey, str], CountedOrder] = {}
        self._changed: dict[tuple[OrderKey, str], CountedOrder] = {}
        self._touched: list[Count] = []

    def expect(self, lines: Mapping[OrderKey, Sequence[CommissionLine]]) -> None:
        """Read at once what entries about these orders' lines will need."""
        self._orders |= self._store.orders(self._tx, self._book.code, lines)
        counts = {
            Count(line.creator, line.terms_version, line.currency, line.month)
            for some in lines.values()
            for line in some
            if line.month is not None
        }
        self._read(self.items_of(sorted(counts)))

    # --- an order's fact

    def count(self, order: OrderPaid, lines: Iterable[CommissionLine], state: OrderState) -> None:
        """Count what an order comes to now."""
        self._touched = []
        for new in components.counted(order, lines, state, self._versions):
            key = (new.order_key, new.count.creator)
            total = self._totals.get(new.count, Totals())
            self._totals[new.count] = components.added(total, new, self._orders.get(key))
            self._orders[key] = self._changed[key] = new
            self._touched.append(new.count)
            window = self.window(new.count)
            if window in self._bases:
                self._bases[window][new.order_key] = new

    def before(self, fact: Fact) -> None:
        """Post what must make room before the fact's own entry.

        A cap that gives back what it took of pending commission does so before
        that commission is released or taken back: so pending never falls below
        nothing in between.
        """
        giving = [item for item in self.caps(self._touched) if self._gives_back(item)]
        self._post_for(fact, "cap", giving)

    def after(self, fact: Fact) -> None:
        """Post what the fact changes of every component."""
        self._post_for(fact, "tier", self.tiers(self._touched))
        self._post_for(fact, "cap", self.caps(self._touched))
        self._post_for(fact, "guarantee", self.guarantees_after(self._touched))

    def save(self) -> None:
        """Write the counts that changed, and the windows that began."""
        code, orders = self._book.code, [self._changed[key] for key in sorted(self._changed)]
        counts = sorted({one.count for one in orders})
        begun = dict.fromkeys(filter(None, map(self.window, counts)))
        fresh = [window for window in begun if window not in self._windows]
        totals = [(count, self._totals[count]) for count in counts]
        self._store.save(self._tx, code, orders, totals)
        self._store.add_windows(self._tx, code, fresh)

    # --- the end of a month, and of a window

    def true_up(self, month: str, *, at: datetime) -> None:
        """Post the caps and guarantees of a month; the same again posts nothing."""
        done = self._trued_up.get(month, 0)
        self._trued_up[month] = done + 1
        posted = False
        for creator in sorted(self._versions):
            own = [each for each in sorted(self._totals) if each.creator == creator]
            caps = self.caps([each for each in own if each.month == month])
            for name, items in (("cap", caps), ("guarantee", self.guarantees(creator))):
                self._read(items)
                template = EntryDraft(
                    kind=f"{name}_true_up",
                    source=SOURCE,
                    event_id=f"{name}:{month}:{creator}:{done + 1}",
                    occurred_at=last_moment(month, self._zone),
                    terms_version=_named(items, own),
                )
                posted |= self._poster.post(items, template)
        if posted or not done:
            self._store.add_true_up(self._tx, self._book.code, month, done + 1, at=at)

    def release(self, window: Window, *, due: datetime, at: datetime) -> None:
        """Make a window's bonus payable, unless that was done."""
        if self._windows[window]:
            return
        self._windows[window] = True
        item = self.tier(window)
        self._read([item])
        template = EntryDraft(
            kind="tier_true_up",
            source=SOURCE,
            event_id=f"release:{window.line_ref}",
            occurred_at=due,
            terms_version=f"{window.creator}:{window.terms_version}",
        )
        self._poster.post([item], template)
        self._store.release(self._tx, self._book.code, window, at=at)

    # --- posting

    def _read(self, items: Sequence[Item]) -> None:
        if items:
            refs = [item.line_ref for item in items]
            self._poster.read(refs, accrual.accounts_of(items))

    def _gives_back(self, item: Item) -> bool:
        return -item.target.pending < self._poster.posted(item, "pending")

    def _post_for(self, fact: Fact, name: str, items: Sequence[Item]) -> None:
        if not items:
            return
        first = min(count.month for count in self._touched)
        is_late = name != "tier" and first != month_of(fact.occurred_at, self._zone)
        template = EntryDraft(
            kind=f"{name}_true_up",
            source=fact.platform,
            event_id=_event(name, fact.key),
            occurred_at=fact.occurred_at,
            applies_to_period=first if is_late else None,
            terms_version=_named(items, self._touched),
            meta={"account": fact.account, "order_ref": fact.order_ref},
        )
        self._poster.post(items, template)


def _named(items: Iterable[Item], counts: Iterable[Count]) -> str | None:
    creators = {item.creator for item in items}
    found = {(one.creator, one.terms_version) for one in counts if one.creator in creators}
    return ",".join(f"{creator}:{version}" for creator, version in sorted(found)) or None


def events_of(key: str) -> list[str]:
    """Return the ids of every entry that terms of a period may post for a fact."""
    return [_event(name, key) for name in ("tier", "cap", "guarantee")]


def _event(name: str, key: str) -> str:
    event = f"{name}:{key}"
    if len(event) <= _LONGEST_EVENT:
        return event
    return f"{name}:{hashlib.sha256(key.encode()).hexdigest()}"
