"""Creators with their terms: what ``shop.creators`` is."""

from datetime import datetime, timedelta

from liveshop_sdk.affiliate.agreements import Acceptance, Agreement
from liveshop_sdk.affiliate.service import Affiliate
from liveshop_sdk.affiliate.terms import DEFAULT_HOLD, Terms
from liveshop_sdk.clock import Clock
from liveshop_sdk.db import Database
from liveshop_sdk.errors import AgreementExistsError, AgreementInvalidError
from liveshop_sdk.money import Rate
from liveshop_sdk.registry.creators import Creator
from liveshop_sdk.registry.service import Creators as CreatorRecords
from liveshop_sdk.registry.store import BrandStore, CreatorStore


class Creators(CreatorRecords):
    """Adds creators, and agrees terms with them per brand."""

    def __init__(self, db: Database, clock: Clock, affiliate: Affiliate) -> None:
        """Work on this database, by this clock."""
        super().__init__(db, clock)
        self._affiliate = affiliate
        self._creators, self._brands = CreatorStore(), BrandStore()

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
        whichever is later; the version returned says when.

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
        """Note that somebody accepted a version of the terms; the same again is a repeat.

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
