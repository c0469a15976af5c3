"""The queries on exchange rates, each inside the caller's transaction."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from liveshop_sdk.affiliate.fx.models import OLDEST, FxRate
from liveshop_sdk.affiliate.fx.tables import rate as t
from liveshop_sdk.clock import from_micros, to_micros
from liveshop_sdk.db import Transaction
from liveshop_sdk.db.inserts import add_if_absent
from liveshop_sdk.errors import FxRateExistsError, FxRateOldError, FxRateUnknownError


class FxStore:
    """Reads and appends rates."""

    def add(self, tx: Transaction, rate: FxRate, *, at: datetime) -> FxRate:
        """Append a rate; the same one again is a repeat, another is refused."""
        asked = rate.reduced()
        row = {
            "base": asked.base,
            "quote": asked.quote,
            "as_of": to_micros(asked.as_of),
            "num": asked.num,
            "den": asked.den,
            "source": asked.source,
            "created_at": to_micros(at),
        }
        if add_if_absent(tx, t, row):
            return asked
        found = _rate(tx.execute(self._of(asked.base, asked.quote, asked.as_of)).one())
        if (found.num, found.den) != (asked.num, asked.den):
            raise FxRateExistsError(
                base=found.base,
                quote=found.quote,
                as_of=found.as_of,
                num=found.num,
                den=found.den,
            )
        return found

    def in_force(self, tx: Transaction, base: str, quote: str, at: datetime) -> FxRate:
        """Return the newest rate of a pair that held at an instant, either way round.

        Of two of the same day in UTC, the one of the pair as it is asked for.

        Raises:
            FxRateUnknownError: none did.
        """
        asked = self._newest(tx, base, quote, at)
        other = self._newest(tx, quote, base, at)
        if other and (asked is None or asked.as_of.date() < other.as_of.date()):
            return other.inverted()
        if asked is None:
            raise FxRateUnknownError(base=base[:12], quote=quote[:12], at=at)
        return asked

    def to_pay_at(self, tx: Transaction, base: str, quote: str, at: datetime) -> FxRate:
        """Return the rate in force, if it is of the last days before an instant.

        Raises:
            FxRateUnknownError: there is none.
            FxRateOldError: it is older than that.
        """
        found = self.in_force(tx, base, quote, at)
        if at.date() - found.as_of.date() > OLDEST:
            raise FxRateOldError(base=base, quote=quote, as_of=found.as_of, days=OLDEST.days, at=at)
        return found

    def list(self, tx: Transaction, *, limit: int) -> list[FxRate]:
        """Return rates by pair, the newest of each first."""
        query = sa.select(t).order_by(t.c.base, t.c.quote, t.c.as_of.desc()).limit(limit)
        return [_rate(row) for row in tx.execute(query)]

    def _newest(self, tx: Transaction, base: str, quote: str, at: datetime) -> FxRate | None:
        row = tx.execute(self._of(base, quote, at)).one_or_none()
        return None if row is None else _rate(row)

    def _of(self, base: str, quote: str, at: datetime) -> sa.Select[Any]:
        return (
            sa.select(t)
            .where(t.c.base == base, t.c.quote == quote, t.c.as_of <= to_micros(at))
            .order_by(t.c.as_of.desc())
            .limit(1)
        )


def _rate(row: Any) -> FxRate:
    return FxRate(
        base=row.base,
        quote=row.quote,
        num=row.num,
        den=row.den,
        as_of=from_micros(row.as_of),
        source=row.source,
    )
