"""The queries about agreements, acceptances and policies."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, and_, bindparam, literal, or_, select, tuple_

from liveshop_sdk import wire
from liveshop_sdk.affiliate import tables as t
from liveshop_sdk.affiliate import terms_json
from liveshop_sdk.affiliate.agreements import Acceptance, Agreement
from liveshop_sdk.affiliate.attribution import Policy, PolicyVersion
from liveshop_sdk.clock import from_micros, to_micros
from liveshop_sdk.db import Transaction
from liveshop_sdk.db.inserts import add_if_absent
from liveshop_sdk.money import Rate

_AGREEMENTS = (
    select(t.agreement)
    .where(t.agreement.c.creator.in_(bindparam("creators", expanding=True)))
    .order_by(t.agreement.c.version)
)
_POLICIES = (
    select(t.policy)
    .where(t.policy.c.brand.in_(bindparam("brands", expanding=True)))
    .order_by(t.policy.c.version)
)


class AgreementStore:
    """Reads and writes agreements and their acceptances."""

    def agreements(
        self, tx: Transaction, creators: Iterable[str]
    ) -> dict[tuple[str, str], tuple[Agreement, ...]]:
        """Return every version by (brand, creator), oldest first."""
        found: dict[tuple[str, str], tuple[Agreement, ...]] = {}
        for row in tx.execute(_AGREEMENTS, {"creators": sorted(set(creators))}):
            key = (row.brand, row.creator)
            found[key] = (*found.get(key, ()), _agreement(row))
        return found

    def creators_of(
        self, tx: Transaction, brand: str, *, after: str | None, limit: int
    ) -> list[str]:
        """Return who has terms with a brand, by handle, from the one behind ``after``."""
        query = select(t.agreement.c.creator).where(
            t.agreement.c.brand == brand, t.agreement.c.version == 1
        )
        if after is not None:
            query = query.where(t.agreement.c.creator > after)
        return list(tx.execute(query.order_by(t.agreement.c.creator).limit(limit)).scalars())

    def page(
        self,
        tx: Transaction,
        *,
        brand: str | None,
        creator: str | None,
        after: tuple[str, str, int] | None,
        limit: int,
    ) -> list[Agreement]:
        """Return versions by brand, creator and number, from the one behind ``after``."""
        columns = (t.agreement.c.brand, t.agreement.c.creator, t.agreement.c.version)
        query = select(t.agreement)
        if brand is not None:
            query = query.where(t.agreement.c.brand == brand)
        if creator is not None:
            query = query.where(t.agreement.c.creator == creator)
        if after is not None:
            query = query.where(tuple_(*columns) > tuple_(*map(literal, after)))
        return [_agreement(row) for row in tx.execute(query.order_by(*columns).limit(limit))]

    def add_agreement(self, tx: Transaction, agreement: Agreement, *, at: datetime) -> bool:
        """Append one version; False if another transaction did in the meantime."""
        return add_if_absent(
            tx,
            t.agreement,
            {
                "brand": agreement.brand,
                "creator": agreement.creator,
                "version": agreement.version,
                "rate_bps": agreement.rate.basis_points,
                "hold_us": agreement.hold // timedelta(microseconds=1),
                "base": agreement.base,
                "rounding": agreement.rounding,
                "terms_hash": agreement.terms_hash,
                "effective_from": to_micros(agreement.effective_from),
                "created_at": to_micros(at),
                "terms": None if agreement.more is None else terms_json.to_text(agreement.more),
            },
        )

    def has_sales_since(
        self, tx: Transaction, versions: Sequence[Agreement], start: datetime
    ) -> bool:
        """Tell whether a sale paid at ``start`` or later was posted under these versions.

        A line says until when it is held; when it was paid follows from its terms.
        """
        line, decided = t.commission_line.c, t.attribution.c
        paid_since = or_(
            *(
                and_(
                    line.terms_version == one.version,
                    line.hold_until >= to_micros(start + one.hold),
                )
                for one in versions
            )
        )
        query = select(literal(1)).where(
            decided.creator == versions[0].creator,
            decided.brand == versions[0].brand,
            line.order_ref == decided.order_ref,
            line.account == decided.account,
            line.platform == decided.platform,
            line.brand == decided.brand,
            line.credited == decided.creator,
            paid_since,
        )
        return tx.execute(query.limit(1)).first() is not None

    def accept(self, tx: Transaction, given: Acceptance) -> Acceptance:
        """Append an acceptance, or return the one that this person gave before."""
        row = {
            "brand": given.brand,
            "creator": given.creator,
            "version": given.version,
            "accepted_by": given.accepted_by,
            "terms_hash": given.terms_hash,
            "accepted_at": to_micros(given.accepted_at),
        }
        if add_if_absent(tx, t.acceptance, row):
            return given
        mine = [one for one in self.acceptances(tx, given.creator) if _key(one) == _key(given)]
        return mine[0]

    def acceptances(self, tx: Transaction, creator: str) -> list[Acceptance]:
        """Return what was accepted for a creator, in the order it was."""
        columns = t.acceptance.c
        query = (
            select(t.acceptance)
            .where(columns.creator == creator)
            .order_by(columns.brand, columns.version, columns.accepted_at, columns.accepted_by)
        )
        return [
            Acceptance(
                brand=row.brand,
                creator=row.creator,
                version=row.version,
                terms_hash=row.terms_hash,
                accepted_by=row.accepted_by,
                accepted_at=from_micros(row.accepted_at),
            )
            for row in tx.execute(query)
        ]


class PolicyStore:
    """Reads and writes the policies of brands."""

    def policies(
        self, tx: Transaction, brands: Iterable[str]
    ) -> dict[str, tuple[PolicyVersion, ...]]:
        """Return every version by brand, oldest first."""
        found: dict[str, tuple[PolicyVersion, ...]] = {}
        for row in tx.execute(_POLICIES, {"brands": sorted(set(brands))}):
            found[row.brand] = (*found.get(row.brand, ()), _policy(row))
        return found

    def add_policy(self, tx: Transaction, made: PolicyVersion, *, at: datetime) -> bool:
        """Append one version; False if another transaction did in the meantime."""
        return add_if_absent(
            tx,
            t.policy,
            {
                "brand": made.brand,
                "version": made.version,
                "policy": wire.canonical(made.policy.as_json()),
                "effective_from": to_micros(made.effective_from or at),
                "created_at": to_micros(at),
            },
        )


def _key(one: Acceptance) -> tuple[str, int, str]:
    return (one.brand, one.version, one.accepted_by)


def _agreement(row: Row[Any]) -> Agreement:
    return Agreement(
        brand=row.brand,
        creator=row.creator,
        version=row.version,
        rate=Rate.bps(row.rate_bps),
        hold=timedelta(microseconds=row.hold_us),
        effective_from=from_micros(row.effective_from),
        base=row.base,
        rounding=row.rounding,
        more=None if row.terms is None else terms_json.from_text(row.terms),
    )


def _policy(row: Row[Any]) -> PolicyVersion:
    read: Any = wire.loads_canonical(row.policy)
    return PolicyVersion(
        brand=row.brand,
        version=row.version,
        policy=Policy.from_json(read),
        effective_from=from_micros(row.effective_from),
    )
