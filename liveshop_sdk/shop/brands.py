"""Brands with their attribution policies: what ``shop.brands`` is."""

from datetime import datetime

from liveshop_sdk.affiliate.attribution import Policy, PolicyVersion
from liveshop_sdk.affiliate.service import Affiliate
from liveshop_sdk.clock import Clock
from liveshop_sdk.db import Database
from liveshop_sdk.registry.service import Brands as BrandRecords
from liveshop_sdk.registry.store import BrandStore


class Brands(BrandRecords):
    """Adds brands, and sets how the sales of each are credited."""

    def __init__(self, db: Database, clock: Clock, affiliate: Affiliate) -> None:
        """Work on this database, by this clock."""
        super().__init__(db, clock)
        self._affiliate, self._brands = affiliate, BrandStore()

    def set_policy(
        self, code: str, policy: Policy, *, effective_from: datetime | None = None
    ) -> PolicyVersion:
        """Append a version of a brand's policy; the same again is a repeat.

        It decides orders paid from then on. Decisions already made keep the
        policy they were made with, which is stored with each.

        Effects: writes one row that is for ever; a repeat writes nothing.

        Raises:
            PolicyOverlapsError: It would begin in the past, or before the
                latest version.
        """
        with self._db.transaction() as tx:
            brand = self._brands.get(tx, code)
            return self._affiliate.policies.set_policy(
                tx, brand=brand.code, policy=policy, effective_from=effective_from
            )

    def policy(self, code: str, *, at: datetime | None = None) -> PolicyVersion:
        """Return the policy that decides a payment now, or at an instant."""
        with self._db.reading() as tx:
            brand = self._brands.get(tx, code)
            versions = self._affiliate.policies.versions(tx, [brand.code])
        return self._affiliate.policies.at(versions, brand.code, at or self._clock.now())

    def policies(self, code: str) -> tuple[PolicyVersion, ...]:
        """Return every version of a brand's own policy, oldest first."""
        with self._db.reading() as tx:
            brand = self._brands.get(tx, code)
            return self._affiliate.policies.versions(tx, [brand.code]).get(brand.code, ())
