"""End a month's caps and guarantees, and the windows of tiers."""

from collections.abc import Iterable
from datetime import datetime

from liveshop_sdk.affiliate.agreed.service import Agreements
from liveshop_sdk.affiliate.components import Versions, due_from, has_components
from liveshop_sdk.affiliate.ledger.drafting import zone
from liveshop_sdk.affiliate.ledger.models import Book, PostedEntry
from liveshop_sdk.affiliate.ledger.service import Ledger
from liveshop_sdk.affiliate.posting import Poster
from liveshop_sdk.affiliate.trueups import PeriodTerms
from liveshop_sdk.affiliate.windows.models import Window
from liveshop_sdk.affiliate.windows.store import WindowStore
from liveshop_sdk.clock import Clock
from liveshop_sdk.db import Transaction

BrandWindow = tuple[str, Window]
"""A brand, and one of its creators' windows."""


class Endings:
    """Posts what only the end of a month or a window shows."""

    def __init__(self, *, clock: Clock, ledger: Ledger, agreed: Agreements) -> None:
        """Post to this ledger, by these agreements."""
        self._clock, self._ledger, self._agreed = clock, ledger, agreed
        self._store = WindowStore()

    def true_up(self, tx: Transaction, book: Book, period: str) -> list[PostedEntry]:
        """Post the caps and guarantees of a month, dated at its end.

        From then on whatever changes that month's sales posts the difference.
        The same again posts nothing.

        Args:
            period: ``YYYY-MM``, over already.
        """
        journal = self._ledger.journal(tx, book)
        agreed = self._versions(tx, book, self._store.creators(tx, book.code))
        versions = {
            creator: some
            for creator, some in agreed.items()
            if any(has_components(one.terms) for one in some)
        }
        terms = PeriodTerms(tx, book, Poster(journal), versions)
        terms.true_up(period, at=self._clock.now())
        return journal.flush()

    def due(self, tx: Transaction, *, as_of: datetime) -> list[BrandWindow]:
        """Return the windows of tiers that are over with all of their holds."""
        open_windows: dict[str, list[Window]] = {}
        for brand, window in self._store.unreleased(tx):
            open_windows.setdefault(brand, []).append(window)
        found = []
        for brand, windows in open_windows.items():
            book = self._ledger.book(tx, brand)
            creators = {window.creator for window in windows}
            versions = self._versions(tx, book, creators)
            totals = self._store.totals(tx, brand, creators)
            for window in windows:
                agreed = versions[window.creator]
                due = due_from(window, agreed, totals, zone=zone(book.timezone))
                if due is not None and due <= as_of:
                    found.append((brand, window))
        return found

    def release(
        self, tx: Transaction, brand: str, window: Window, *, as_of: datetime
    ) -> list[PostedEntry]:
        """Make the bonus of a window payable if it is due, once."""
        book = self._ledger.book(tx, brand)
        journal = self._ledger.journal(tx, book)
        versions = self._versions(tx, book, [window.creator])
        terms = PeriodTerms(tx, book, Poster(journal), versions)
        due = terms.due_from(window)
        if due is not None and due <= as_of:
            terms.release(window, due=due, at=self._clock.now())
        return journal.flush()

    def _versions(self, tx: Transaction, book: Book, creators: Iterable[str]) -> Versions:
        found = self._agreed.versions(tx, creators)
        return {
            creator: versions for (brand, creator), versions in found.items() if brand == book.code
        }
