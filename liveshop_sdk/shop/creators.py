"""Creators with their terms: what ``shop.creators`` is."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from liveshop_sdk.affiliate.agreed.service import check_currency
from liveshop_sdk.affiliate.agreements import Acceptance, Agreement, in_force
from liveshop_sdk.affiliate.ledger.drafting import zone
from liveshop_sdk.affiliate.period_simulation import in_zone
from liveshop_sdk.affiliate.service import Affiliate
from liveshop_sdk.affiliate.simulation import Comparison, SimpleOrder, simulate
from liveshop_sdk.affiliate.terms import DEFAULT_HOLD, Terms
from liveshop_sdk.clock import Clock, as_utc
from liveshop_sdk.db import Database, Transaction
from liveshop_sdk.errors import AgreementExistsError, AgreementInvalidError
from liveshop_sdk.money import Rate
from liveshop_sdk.registry.brands import FIRST_TIMEZONE
from liveshop_sdk.registry.creators import Creator
from liveshop_sdk.registry.service import Creators as CreatorRecords
from liveshop_sdk.registry.store import BrandStore, CreatorStore, ProductStore
from liveshop_sdk.shop.past_sales import PastSales
from liveshop_sdk.wire import is_storable

_PAGE = 500


class Creators(CreatorRecords):
    """Adds creators, and agrees terms with them per brand."""

    def __init__(self, db: Database, clock: Clock, affiliate: Affiliate, past: PastSales) -> None:
        """Work on this database, by this clock."""
        super().__init__(db, clock)
        self._affiliate, self._past = affiliate, past
        self._creators, self._brands, self._products = CreatorStore(), BrandStore(), ProductStore()

    def add(
        self,
        handle: str,
        *,
        rate: Rate | str | None = None,
        hold: timedelta | None = None,
        terms: Terms | None = None,
        name: str | None = None,
        followers: int | None = None,
        brand: str | None = None,
    ) -> Creator:
        """Add a creator with an agreement; the same again is a repeat.

        Args:
            handle: ``[a-z0-9_]{2,32}``, for ever.
            rate: Of net: after discounts, without tax and shipping; text needs
                its sign (``"12%"``).
            hold: From payment until commission becomes payable; 14 days.
            terms: All that is agreed, instead of ``rate`` and ``hold``.
            name: Left out in a repeat, it may be anything; so may followers.
            brand: Whose agreement; needed once there are several.

        Raises:
            AgreementExistsError: The brand has other terms with this creator;
                change them with ``agree``.
        """
        agreed = _terms(rate, hold, terms)
        with self._db.transaction() as tx:
            found = self._brands.resolve(tx, brand, now=self._clock.now())
            creator = self._creators.add(
                tx, handle, name=name, followers=followers, now=self._clock.now()
            )
            versions = self._affiliate.agreements(tx, [creator.handle]).get(
                (found.code, creator.handle), ()
            )
            if not versions:
                self._affiliate.agreed.agree(tx, brand=found, creator=creator.handle, terms=agreed)
            elif versions[-1].terms != agreed:
                raise AgreementExistsError(
                    creator=creator.handle, brand=found.code, rate=str(versions[-1].rate)
                )
            return creator

    def agree(
        self,
        handle: str,
        *,
        rate: Rate | str | None = None,
        hold: timedelta | None = None,
        terms: Terms | None = None,
        brand: str | None = None,
        effective_from: datetime | None = None,
    ) -> Agreement:
        """Append a version of the terms; sales already made keep theirs.

        A raise begins as asked. A cut (any part worse for the creator than in
        the terms that stand) begins as asked or once their notice is over,
        whichever is later; the version returned says when. Tiers begin at zero
        with each version: within a window of theirs, a raise waits for the next
        one or for the notice, whichever is first.

        Args:
            terms: All that is agreed, instead of ``rate`` and ``hold``.
            effective_from: First sale it applies to; now by default.

        Raises:
            AgreementOverlapsError: It would begin before the latest version.
            AgreementBackdatedError: It would begin before sales already posted.
            AgreementInvalidError: Amounts are not in the brand's currency.
        """
        agreed = _terms(rate, hold, terms)
        with self._db.transaction() as tx:
            found = self._brands.resolve(tx, brand, now=self._clock.now())
            creator = self._creators.get(tx, handle)
            return self._affiliate.agreed.agree(
                tx,
                brand=found,
                creator=creator.handle,
                terms=agreed,
                effective_from=effective_from,
            )

    def accept(
        self,
        handle: str,
        *,
        version: int,
        terms_hash: str,
        accepted_by: str,
        brand: str | None = None,
    ) -> Acceptance:
        """Note that somebody accepted a version; the same again is a repeat.

        Effects: writes one row that is for ever; a repeat writes nothing.

        Args:
            terms_hash: ``Agreement.terms_hash`` of what was shown and accepted.
            accepted_by: How you know the person: a handle or an id, no address.

        Raises:
            TermsDifferError: The version has other terms.
            AgreementNotFoundError: There is no such version.
        """
        with self._db.transaction() as tx:
            found = self._brands.resolve(tx, brand, now=self._clock.now())
            return self._affiliate.agreed.accept(
                tx,
                brand=found.code,
                creator=self._creators.get(tx, handle).handle,
                version=version,
                terms_hash=terms_hash,
                accepted_by=accepted_by,
            )

    def simulate(
        self,
        terms: Terms,
        orders: Iterable[SimpleOrder],
        *,
        handle: str | None = None,
        brand: str | None = None,
    ) -> Comparison:
        """Compute what terms would pay for orders, next to those now in force.

        Writes nothing. Lines that name no collection are in that of our product.
        All of an order's commission is shown, before hosts share it.

        Args:
            orders: Made up, or what ``sold`` returns.
            handle: Whose terms in force to compare with; nobody's when left out.
            brand: Whose terms and currency; needed once there are several.

        Raises:
            AgreementInvalidError: Amounts are not in the brand's currency.
        """
        with self._db.reading() as tx:
            found = self._brands.find(tx, brand)
            if found is not None:
                check_currency(terms, found)
            known = self._in_collections(tx, list(orders))
            current = None
            if handle is not None:
                creator = self._creators.get(tx, handle).handle
                code = found.code if found else ""
                versions = self._affiliate.agreements(tx, [creator]).get((code, creator), ())
                current = in_force(versions, self._clock.now())
        rule = in_zone(zone(found.timezone if found else FIRST_TIMEZONE))
        return Comparison(
            proposed=simulate(terms, known, periods=rule),
            current=simulate(current.terms, known, periods=rule) if current else None,
        )

    def sold(
        self, handle: str, *, since: datetime, brand: str | None = None
    ) -> tuple[SimpleOrder, ...]:
        """Return the orders credited to a creator since an instant, oldest first."""
        with self._db.reading() as tx:
            creator = self._creators.get(tx, handle).handle
            found = self._brands.find(tx, brand)
            code = found.code if found else ""
            return tuple(self._past.since(tx, brand=code, creator=creator, start=as_utc(since)))

    def _in_collections(self, tx: Transaction, orders: list[SimpleOrder]) -> list[SimpleOrder]:
        lines = [line for each in orders for line in each.lines]
        wanted = sorted({x.sku for x in lines if not x.collection and is_storable(x.sku)})
        named = {}
        for first in range(0, len(wanted), _PAGE):
            for sku, product in self._products.known(tx, wanted[first : first + _PAGE]).items():
                named[sku] = product.collection or ""
        return [
            replace(
                each,
                lines=tuple(
                    replace(line, collection=line.collection or named.get(line.sku, ""))
                    for line in each.lines
                ),
            )
            for each in orders
        ]

    def agreements(self, handle: str) -> tuple[Agreement, ...]:
        """Return every version of every brand's terms with a creator."""
        with self._db.reading() as tx:
            found = self._affiliate.agreements(tx, [self._creators.get(tx, handle).handle])
            return tuple(version for key in sorted(found) for version in found[key])

    def acceptances(self, handle: str) -> tuple[Acceptance, ...]:
        """Return who accepted which version, by brand and version."""
        with self._db.reading() as tx:
            creator = self._creators.get(tx, handle)
            return tuple(self._affiliate.agreed.acceptances(tx, creator.handle))


def _terms(rate: Rate | str | None, hold: timedelta | None, terms: Terms | None) -> Terms:
    """Return the terms meant by a rate and a hold, or by terms."""
    if terms is not None:
        if rate is not None or hold is not None:
            raise AgreementInvalidError(
                problem="terms and a rate or hold beside them", expected="one of the two"
            )
        return terms
    if rate is None:
        raise AgreementInvalidError(problem="no rate", expected="rate= or terms=")
    return Terms(rate=Rate.of(rate), hold=DEFAULT_HOLD if hold is None else hold)
