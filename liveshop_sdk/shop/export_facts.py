"""What exports ask of other rooms: exchange rates, and what a tax form needs."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta

from liveshop_sdk.affiliate.exports.wishes import Payee
from liveshop_sdk.affiliate.fx.store import FxStore
from liveshop_sdk.affiliate.payouts.payees import TAX
from liveshop_sdk.affiliate.payouts.store import PayoutStore
from liveshop_sdk.db import Database
from liveshop_sdk.errors import FxRateUnknownError
from liveshop_sdk.shop.seeding import Seeding


class StoredRates:
    """The rates of ``shop.fx``, by day."""

    def __init__(self, db: Database) -> None:
        """Read from this database."""
        self._db, self._store = db, FxStore()

    def rate(self, base: str, quote: str, on: date) -> tuple[int, int] | None:
        """Return the last rate of a day in UTC, either way round; None if there is none."""
        end = datetime.combine(on + timedelta(days=1), time(), UTC) - timedelta(microseconds=1)
        with self._db.reading() as tx:
            for pair, is_inverse in (((base, quote), False), ((quote, base), True)):
                try:
                    found = self._store.in_force(tx, *pair, end)
                except FxRateUnknownError:
                    continue
                return (found.den, found.num) if is_inverse else (found.num, found.den)
        return None


class StoredTaxFacts:
    """What is on file of a creator, and what they were given."""

    def __init__(self, db: Database, seeding: Seeding) -> None:
        """Read from this database."""
        self._db, self._seeding, self._payees = db, seeding, PayoutStore()

    def payee(self, creator: str) -> Payee:
        """Return the tax details stored for a creator (``creators payee --rail tax``)."""
        with self._db.reading() as tx:
            stored = [one for one in self._payees.payees_of(tx, creator) if one.rail == TAX]
        fields = stored[0].fields if stored else {}
        return Payee(tin_last4=fields.get("tin_last4", ""), has_w9=fields.get("w9") == "yes")

    def fair_values(self, book: str, year: int) -> Mapping[str, int]:
        """Return by creator what they were given and kept, at fair value in US cents."""
        values = self._seeding.fair_values(year, brand=book)
        return {
            creator: worth.amount for creator, worth in values.items() if worth.currency == "USD"
        }
