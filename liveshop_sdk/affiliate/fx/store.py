"""The queries on exchange rates, each inside the caller's transaction."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from liveshop_sdk.affiliate.fx.models import FxRate
from liveshop_sdk.affiliate.fx.tables import rate as t
from liveshop_sdk.clock import from_micros, to_micros
from liveshop_sdk.db import Transaction
from liveshop_sdk.db.inserts import add_if_absent
from liveshop_sdk.errors import FxRateExistsError, FxRateUnknownError


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
        """Return the newest rate of a pair that held at an instant.

        Raises:
            FxRateUnknownError: none did.
        """
        row = tx.execute(self._of(base, quote, at)).one_or_none()
        if row is None:
            raise FxRateUnknownError(base=base[:12], quote=quote[:12], at=at)
        return _rate(row)

    def list(self, tx: Transaction, *, limit: int) -> list[FxRate]:
        """Return rates by pair, the newest of each first."""
        query = sa.select(t).order_by(t.c.base, t.c.quote, t.c.as_of.desc()).limit(limit)
        return [_rate(row) for row in tx.execute(query)]

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
