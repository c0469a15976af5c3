"""What exports ask of other rooms: exchange rates, and what a tax form needs."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from liveshop_sdk.affiliate.exports.convert import worth
from liveshop_sdk.affiliate.exports.wishes import Payee
from liveshop_sdk.affiliate.fx.store import FxStore
from liveshop_sdk.affiliate.ledger.drafting import zone
from liveshop_sdk.affiliate.payouts.payees import TAX
from liveshop_sdk.affiliate.payouts.store import PayoutStore
from liveshop_sdk.affiliate.seeding.models import Seeding as Gift
from liveshop_sdk.db import Database
from liveshop_sdk.errors import FxRateUnknownError
from liveshop_sdk.registry.store import BrandStore
from liveshop_sdk.shop.seeding import Seeding


class StoredRates:
    """The rates of ``shop.fx``, by day."""

    def __init__(self, db: Database) -> None:
        """Read from this database."""
        self._db, self._store = db, FxStore()

    def rate(self, base: str, quote: str, on: date) -> tuple[int, int] | None:
        """Return the rate in force at the end of a day in UTC; None if there is none."""
        end = datetime.combine(on + timedelta(days=1), time(), UTC) - timedelta(microseconds=1)
        with self._db.reading() as tx:
            try:
                found = self._store.in_force(tx, base, quote, end)
            except FxRateUnknownError:
                return None
        return found.num, found.den


class StoredTaxFacts:
    """What is on file of a creator, and what they were given."""

    def __init__(self, db: Database, seeding: Seeding) -> None:
        """Read from this database."""
        self._db, self._seeding, self._payees = db, seeding, PayoutStore()
        self._rates, self._brands = StoredRates(db), BrandStore()

    def payee(self, creator: str) -> Payee:
        """Return the tax details stored for a creator (``creators payee --rail tax``)."""
        with self._db.reading() as tx:
            stored = [one for one in self._payees.payees_of(tx, creator) if one.rail == TAX]
        fields = stored[0].fields if stored else {}
        return Payee(tin_last4=fields.get("tin_last4", ""), has_w9=fields.get("w9") == "yes")

    def fair_values(self, book: str, year: int) -> Mapping[str, int]:
        """Return by creator what they were given and kept, at fair value in US cents.

        Raises:
            FxRateUnknownError: A gift in another currency, and no rate to USD then.
        """
        values: dict[str, int] = {}
        with self._db.reading() as tx:
            here = zone(self._brands.get(tx, book).timezone)
        for gift in self._seeding.list(year=year, brand=book):
            if gift.taken_back_at is None:
                values[gift.creator] = values.get(gift.creator, 0) + self._in_usd(gift, here)
        return values

    def _in_usd(self, gift: Gift, here: ZoneInfo) -> int:
        value = gift.fair_value
        if value.currency == "USD":
            return value.amount
        rate = self._rates.rate(value.currency, "USD", gift.given_at.astimezone(here).date())
        if rate is None:
            raise FxRateUnknownError(base=value.currency, quote="USD", at=gift.given_at)
        return worth(value.amount, base=value.currency, quote="USD", rate=rate)
