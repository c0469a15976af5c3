"""How much there is of everything, counted in one snapshot."""

from liveshop_sdk.affiliate.ledger.service import Ledger
from liveshop_sdk.checkout.links.store import LinkStore
from liveshop_sdk.checkout.visits.store import VisitStore
from liveshop_sdk.db import Database
from liveshop_sdk.events.factlog import FactLog


class Overview:
    """Counts for summaries and dashboards."""

    def __init__(self, db: Database, facts: FactLog, ledger: Ledger) -> None:
        """Count in this database."""
        self._db, self._facts, self._ledger = db, facts, ledger
        self._links, self._visits = LinkStore(), VisitStore()

    def counts(self) -> dict[str, int]:
        """Return links, touches, paid orders, refunds and ledger entries."""
        with self._db.reading() as tx:
            books = [self._ledger.book(tx, code) for code in self._ledger.books(tx)]
            kinds = self._facts.count_kinds(tx)
            return {
                "links": self._links.count(tx),
                "touches": self._visits.count_touches(tx),
                "orders": kinds.get("order", 0),
                "refunds": kinds.get("refund", 0) - kinds.get("refund_failed", 0),
                "entries": sum(self._ledger.head(tx, book).seq for book in books),
            }
