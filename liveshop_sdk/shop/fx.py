"""Exchange rates: what ``shop.fx`` is."""

from datetime import datetime

from liveshop_sdk.affiliate.fx.models import FxRate
from liveshop_sdk.affiliate.fx.store import FxStore
from liveshop_sdk.clock import Clock, as_utc
from liveshop_sdk.db import Database


class Fx:
    """Keeps exchange rates: each is stored once and never changes."""

    def __init__(self, db: Database, clock: Clock) -> None:
        """Work on this database, by this clock."""
        self._db, self._clock, self._store = db, clock, FxStore()

    def set(
        self,
        base: str,
        quote: str,
        num: int,
        den: int,
        *,
        source: str,
        as_of: datetime | None = None,
    ) -> FxRate:
        """Store that one unit of base is ``num/den`` units of quote, from then on.

        The same rate again is a repeat. In major units, as rates are quoted:
        1.085 dollars for a euro is 217 and 200.

        Args:
            source: Who says so, such as ``ECB``.
            as_of: Since when it holds; now by default.

        Raises:
            FxRateInvalidError: it is no rate.
            FxRateExistsError: that pair has another rate as of that instant.
        """
        now = self._clock.now()
        rate = FxRate(
            base=base,
            quote=quote,
            num=num,
            den=den,
            as_of=now if as_of is None else as_utc(as_of),
            source=source,
        )
        with self._db.transaction() as tx:
            return self._store.add(tx, rate, at=now)

    def list(self, limit: int = 100) -> list[FxRate]:
        """Return stored rates by pair, the newest of each first."""
        with self._db.reading() as tx:
            return self._store.list(tx, limit=limit)
