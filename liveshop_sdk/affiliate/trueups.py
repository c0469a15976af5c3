"""Keep what terms of a period pay in step with the facts of single orders."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from liveshop_sdk.affiliate import accrual, components
from liveshop_sdk.affiliate.accrual import Item, OrderState, Target
from liveshop_sdk.affiliate.commission import CommissionLine
from liveshop_sdk.affiliate.components import Versions, terms_of
from liveshop_sdk.affiliate.ledger.drafting import zone
from liveshop_sdk.affiliate.ledger.models import Book, EntryDraft
from liveshop_sdk.affiliate.months import last_moment, month_of
from liveshop_sdk.affiliate.posting import Poster
from liveshop_sdk.affiliate.windows.models import Count, CountedOrder, Totals, Window
from liveshop_sdk.affiliate.windows.store import WindowStore
from liveshop_sdk.db import Transaction
from liveshop_sdk.facts import Fact, OrderKey, OrderPaid

SOURCE = "agreements"
"""Whose entries those are that no fact of an order caused."""

_LONGEST_EVENT = 255
_NOTHING = Target(pending=0, disputed=0, owed=0)


class PeriodTerms:
    """The components of some creators in one book, while it is locked.

    Made by `reading`, under the book's lock. An order's facts go through
    `count`, then `before` and `after` its own entry; `save` writes the counts.
    """

    def __init__(self, tx: Transaction, book: Book, poster: Poster, versions: Versions) -> None:
        """Read what was counted for these creators so far."""
        self._tx, self._book, self._poster, self._versions = tx, book, poster, versions
        self._store, self._zone = WindowStore(), zone(book.timezone)
        self._totals = self._store.totals(tx, book.code, versions)
        self._windows = self._store.windows(tx, book.code, versions)
        self._trued_up = self._store.trued_up(tx, book.code)
        self._orders: dict[tuple[OrderKey, str], CountedOrder] = {}
        self._bases: dict[Window, dict[OrderKey, CountedOrder]] = {}
        self._changed: dict[Count, dict[OrderKey, CountedOrder]] = {}
        self._begun: list[Window] = []
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
        self.read(self._items(sorted(counts)))

    def read(self, items: Sequence[Item]) -> None:
        """Read what is posted for items."""
        refs = [item.line_ref for item in items]
        self._poster.read(refs, accrual.accounts_of(items))

    # --- an order's fact

    def count(self, order: OrderPaid, lines: Iterable[CommissionLine], state: OrderState) -> None:
        """Count what an order comes to now."""
        self._touched = []
        for new in components.counted(order, lines, state, self._versions):
            key = (new.order_key, new.count.creator)
            old = self._orders.get(key)
            self._orders[key] = new
            total = self._totals.get(new.count, Totals())
            self._totals[new.count] = components.added(total, new, old)
            self._changed.setdefault(new.count, {})[new.order_key] = new
            self._touched.append(new.count)
            window = self._window(new.count)
            if window is not None and window in self._bases:
                self._bases[window][new.order_key] = new

    def before(self, fact: Fact) -> None:
        """Post what must make room before the fact's own entry.

        A cap that gives back what it took of pending commission does so before
        that commission is released or taken back: so pending never falls below
        nothing in between.
        """
        giving = [item for item in self._caps(self._touched) if self._gives_back(item)]
        self._post_for(fact, "cap", giving)

    def after(self, fact: Fact) -> None:
        """Post what the fact changes of every component."""
        self._post_for(fact, "tier", self._tiers(self._touched))
        self._post_for(fact, "cap", self._caps(self._touched))
        self._post_for(fact, "guarantee", self._guarantees_after(self._touched))

    def save(self) -> None:
        """Write the counts that changed, and the windows that began."""
        code = self._book.code
        orders = [one for some in self._changed.values() for one in some.values()]
        totals = [(count, self._totals[count]) for count in sorted(self._changed)]
        orders.sort(key=lambda one: (one.order_key, one.count))
        self._store.save(self._tx, code, orders, totals)
        self._store.add_windows(self._tx, code, self._begun)

    # --- the end of a month, and of a window

    def true_up(self, month: str, at: datetime) -> None:
        """Post the caps and guarantees of a month; the same again posts nothing."""
        done = self._trued_up.get(month, 0)
        self._trued_up[month] = done + 1
        counts = sorted(count for count in self._totals if count.month == month)
        posted = False
        for creator in sorted(self._versions):
            own = [count for count in counts if count.creator == creator]
            guarantees = self._guarantees(creator)
            caps = self._caps(own)
            self.read([*caps, *guarantees])
            for name, items in (("cap", caps), ("guarantee", guarantees)):
                template = EntryDraft(
                    kind=f"{name}_true_up",
                    source=SOURCE,
                    event_id=f"{name}:{month}:{creator}:{done + 1}",
                    occurred_at=last_moment(month, self._zone),
                    terms_version=self._named(items, own),
                )
                posted |= self._poster.post(items, template)
        if posted or not done:
            self._store.add_true_up(self._tx, self._book.code, month, done + 1, at=at)

    def due_from(self, window: Window) -> datetime | None:
        """Return when the bonus of a window is due, None while that is open."""
        return components.due_from(
            window, self._versions[window.creator], self._totals, zone=self._zone
        )

    def release(self, window: Window, *, due: datetime, at: datetime) -> None:
        """Make a window's bonus payable, unless that was done."""
        if self._windows[window]:
            return
        self._windows[window] = True
        item = self._tier(window)
        self.read([item])
        template = EntryDraft(
            kind="tier_true_up",
            source=SOURCE,
            event_id=f"release:{window.line_ref}",
            occurred_at=due,
            terms_version=f"{window.creator}:{window.terms_version}",
        )
        self._poster.post([item], template)
        self._store.release(self._tx, self._book.code, window, at=at)

    # --- items

    def _items(self, counts: Sequence[Count]) -> list[Item]:
        return [*self._tiers(counts), *self._caps(counts), *self._guarantees_after(counts)]

    def _window(self, count: Count) -> Window | None:
        terms = terms_of(self._versions, count.creator, count.terms_version)
        return components.window_for(count, terms)

    def _tiers(self, counts: Sequence[Count]) -> list[Item]:
        windows = dict.fromkeys(filter(None, map(self._window, counts)))
        return [self._tier(window) for window in windows]

    def _tier(self, window: Window) -> Item:
        terms = terms_of(self._versions, window.creator, window.terms_version)
        if window not in self._windows:
            self._windows[window] = False
            self._begun.append(window)
        if terms.tiers is not None and terms.tiers.mode == "whole_order":
            orders = sorted(
                self._orders_in(window).values(),
                key=lambda one: (one.paid_at, one.order_key[2], one.order_key),
            )
            bases = [one.base for one in orders]
        else:
            bases = [sum(total.base for total in components.totals_in(window, self._totals))]
        return components.tier_item(window, terms, bases, released=self._windows[window])

    def _orders_in(self, window: Window) -> dict[OrderKey, CountedOrder]:
        if window not in self._bases:
            found = self._store.orders_in(self._tx, self._book.code, window)
            known = {one.order_key: one for one in found}
            for count, some in self._changed.items():
                if self._window(count) == window:
                    known |= some
            self._bases[window] = known
        return self._bases[window]

    def _caps(self, counts: Iterable[Count]) -> list[Item]:
        found = (
            components.cap_item(
                count,
                terms_of(self._versions, count.creator, count.terms_version),
                self._totals.get(count, Totals()),
            )
            for count in counts
            if count.month in self._trued_up
        )
        return [item for item in found if item is not None]

    def _guarantees_after(self, counts: Iterable[Count]) -> list[Item]:
        creators = {count.creator for count in counts if count.month in self._trued_up}
        return [item for creator in sorted(creators) for item in self._guarantees(creator)]

    def _guarantees(self, creator: str) -> list[Item]:
        return components.guarantee_items(
            creator,
            self._versions[creator],
            self._totals,
            months=self._trued_up,
            zone=self._zone,
        )

    # --- posting

    def _gives_back(self, item: Item) -> bool:
        return -item.target.pending < self._poster.posted(item, "pending")

    def _post_for(self, fact: Fact, name: str, items: Sequence[Item]) -> None:
        months = {count.month for count in self._touched}
        is_late = name != "tier" and months != {month_of(fact.occurred_at, self._zone)}
        template = EntryDraft(
            kind=f"{name}_true_up",
            source=fact.platform,
            event_id=_event(name, fact.key),
            occurred_at=fact.occurred_at,
            applies_to_period=min(months) if is_late and months else None,
            terms_version=self._named(items, self._touched),
            meta={"account": fact.account, "order_ref": fact.order_ref},
        )
        self._poster.post(items, template)

    def _named(self, items: Iterable[Item], counts: Iterable[Count]) -> str | None:
        creators = {item.creator for item in items}
        found = {(one.creator, one.terms_version) for one in counts if one.creator in creators}
        return ",".join(f"{creator}:{version}" for creator, version in sorted(found)) or None


def _event(name: str, key: str) -> str:
    event = f"{name}:{key}"
    if len(event) <= _LONGEST_EVENT:
        return event
    return f"{name}:{hashlib.sha256(key.encode()).hexdigest()}"
