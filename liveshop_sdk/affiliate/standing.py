"""What creators' terms of a period come to now, by what is counted."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from liveshop_sdk.affiliate import components
from liveshop_sdk.affiliate.accrual import Item
from liveshop_sdk.affiliate.components import Versions, terms_of
from liveshop_sdk.affiliate.ledger.drafting import zone
from liveshop_sdk.affiliate.ledger.models import Book
from liveshop_sdk.affiliate.windows.models import Count, CountedOrder, Totals, Window
from liveshop_sdk.affiliate.windows.store import WindowStore
from liveshop_sdk.db import Transaction
from liveshop_sdk.facts import OrderKey


class Standing:
    """The counts of some creators in one book, and what each component comes to."""

    def __init__(self, tx: Transaction, book: Book, versions: Versions) -> None:
        """Read what was counted for these creators so far."""
        self._tx, self._book, self._versions = tx, book, versions
        self._store, self._zone = WindowStore(), zone(book.timezone)
        self._totals = self._store.totals(tx, book.code, versions)
        self._windows = self._store.windows(tx, book.code, versions)
        self._trued_up = self._store.trued_up(tx, book.code)
        self._bases: dict[Window, dict[OrderKey, CountedOrder]] = {}

    def all_items(self) -> list[Item]:
        """Return everything these creators are paid for by a period, as it should stand."""
        items = self.items_of(sorted(self._totals))
        for creator in sorted(self._versions):  # a guarantee holds without any sale
            items += self.guarantees(creator)
        return list({item.line_ref: item for item in items}.values())

    def items_of(self, counts: Sequence[Count]) -> list[Item]:
        """Return every component that these counts have a part in."""
        return [*self.tiers(counts), *self.caps(counts), *self.guarantees_after(counts)]

    def tiers(self, counts: Iterable[Count]) -> list[Item]:
        """Return the bonuses of the windows that these counts lie in."""
        windows = dict.fromkeys(filter(None, map(self.window, counts)))
        return [self.tier(window) for window in windows]

    def tier(self, window: Window) -> Item:
        """Return the bonus of one window."""
        terms = terms_of(self._versions, window.creator, window.terms_version)
        if terms.tiers is not None and terms.tiers.mode == "whole_order":
            orders = sorted(
                self.orders_in(window).values(),
                key=lambda one: (one.paid_at, one.order_key[2], one.order_key),
            )
            bases = [one.base for one in orders]
        else:
            bases = [sum(total.base for total in components.totals_in(window, self._totals))]
        released = self._windows.get(window, False)
        return components.tier_item(window, terms, bases, released=released)

    def window(self, count: Count) -> Window | None:
        """Return the window a count lies in."""
        terms = terms_of(self._versions, count.creator, count.terms_version)
        return components.window_for(count, terms)

    def orders_in(self, window: Window) -> dict[OrderKey, CountedOrder]:
        """Return the counted orders of a window, read once."""
        if window not in self._bases:
            found = self._store.orders_in(self._tx, self._book.code, window)
            self._bases[window] = {one.order_key: one for one in found}
        return self._bases[window]

    def due_from(self, window: Window) -> datetime | None:
        """Return when the bonus of a window is due, None while that is open."""
        versions = self._versions[window.creator]
        return components.due_from(window, versions, self._totals, zone=self._zone)

    def caps(self, counts: Iterable[Count]) -> list[Item]:
        """Return what caps take in months that were trued up."""
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

    def guarantees_after(self, counts: Iterable[Count]) -> list[Item]:
        """Return the guarantees that a change of these counts may change."""
        creators = {count.creator for count in counts if count.month in self._trued_up}
        return [item for creator in sorted(creators) for item in self.guarantees(creator)]

    def guarantees(self, creator: str) -> list[Item]:
        """Return what guarantees add to each month that was trued up."""
        return components.guarantee_items(
            creator,
            self._versions[creator],
            self._totals,
            months=self._trued_up,
            zone=self._zone,
        )
