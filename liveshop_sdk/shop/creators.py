"""Creators with their terms: what ``shop.creators`` is."""

from datetime import datetime, timedelta

from liveshop_sdk.affiliate.agreements import DEFAULT_HOLD, Agreement
from liveshop_sdk.affiliate.service import Affiliate
from liveshop_sdk.clock import Clock
from liveshop_sdk.db import Database
from liveshop_sdk.errors import AgreementExistsError
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
        rate: Rate | str,
        hold: timedelta = DEFAULT_HOLD,
        name: str | None = None,
        followers: int | None = None,
        brand: str | None = None,
    ) -> Creator:
        """Add a creator with an agreement; the same again is a repeat.

        Args:
            handle: ``[a-z0-9_]{2,32}``, for ever.
            rate: Of net: after discounts, without tax and shipping; text needs
                its sign (``"12%"``).
            hold: From payment until commission becomes payable.
            name: Left out in a repeat, it may be anything; so may followers.
            brand: Whose agreement; needed once there are several.

        Raises:
            AgreementExistsError: The brand has other terms with this creator;
                change them with ``agree``.
        """
        rate = Rate.of(rate)
        with self._db.transaction() as tx:
            found = self._brands.resolve(tx, brand, now=self._clock.now())
            creator = self._creators.add(
                tx, handle, name=name, followers=followers, now=self._clock.now()
            )
            versions = self._affiliate.agreements(tx, [creator.handle]).get(
                (found.code, creator.handle), ()
            )
            if versions and (versions[-1].rate, versions[-1].hold) != (rate, hold):
                raise AgreementExistsError(
                    creator=creator.handle, brand=found.code, rate=str(versions[-1].rate)
                )
            self._affiliate.agree(tx, brand=found, creator=creator.handle, rate=rate, hold=hold)
            return creator

    def agree(
        self,
        handle: str,
        *,
        rate: Rate | str,
        hold: timedelta = DEFAULT_HOLD,
        brand: str | None = None,
        effective_from: datetime | None = None,
    ) -> Agreement:
        """Append a version of the terms; sales already made keep theirs."""
        with self._db.transaction() as tx:
            found = self._brands.resolve(tx, brand, now=self._clock.now())
            creator = self._creators.get(tx, handle)
            return self._affiliate.agree(
                tx,
                brand=found,
                creator=creator.handle,
                rate=Rate.of(rate),
                hold=hold,
                effective_from=effective_from,
            )

    def agreements(self, handle: str) -> tuple[Agreement, ...]:
        """Return every version of every brand's terms with a creator."""
        with self._db.reading() as tx:
            found = self._affiliate.agreements(tx, [self._creators.get(tx, handle).handle])
            return tuple(version for key in sorted(found) for version in found[key])
