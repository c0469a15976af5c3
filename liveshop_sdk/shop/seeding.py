"""Products given to creators: what ``shop.seeding`` is."""

from datetime import UTC, datetime, timedelta

from liveshop_sdk.affiliate.ledger.drafting import zone
from liveshop_sdk.affiliate.ledger.service import Ledger
from liveshop_sdk.affiliate.seeding.models import Seeding as Gift
from liveshop_sdk.affiliate.seeding.service import Seedings
from liveshop_sdk.affiliate.seeding.store import SeedingStore
from liveshop_sdk.clock import Clock
from liveshop_sdk.db import Database
from liveshop_sdk.errors import RecordInvalidError
from liveshop_sdk.ids import Ids
from liveshop_sdk.money import Money
from liveshop_sdk.registry.names import key
from liveshop_sdk.registry.store import BrandStore, CreatorStore, ProductStore

_DAY = timedelta(days=1)
"""No time zone is further from UTC."""


class Seeding:
    """Gives products to creators.

    What a sale of them earns is a product rule of the creator's terms.
    """

    def __init__(self, db: Database, clock: Clock, ids: Ids, ledger: Ledger) -> None:
        """Work on this database, by this clock."""
        self._db, self._clock, self._ids = db, clock, ids
        self._rules, self._store = Seedings(ledger), SeedingStore()
        self._brands, self._creators, self._products = BrandStore(), CreatorStore(), ProductStore()

    def give(
        self,
        creator: str,
        sku: str,
        quantity: int = 1,
        *,
        cost: Money,
        fair_value: Money,
        id: str | None = None,  # noqa: A002 - the field's word
    ) -> Gift:
        """Note a gift of products; the same id with the same content is a repeat.

        Args:
            cost: What all units together cost the brand, in its currency.
            fair_value: What buyers would pay for them: kept for the tax form.
            id: Yours, to make a retry safe; made up where left out.

        Effects: one row, and one entry on the memo accounts of the brand of
        the product. Nothing becomes owed.

        Raises:
            AlreadyExistsError: The id stands for another gift.
            BrandCurrencyError: An amount is not in the brand's currency.
        """
        with self._db.transaction() as tx:
            product = self._products.get(tx, sku)
            gift = Gift(
                id=self._ids.new("seed") if id is None else id,
                brand=product.brand,
                creator=self._creators.get(tx, creator).handle,
                sku=product.sku,
                quantity=quantity,
                cost=cost,
                fair_value=fair_value,
                given_at=self._clock.now(),
            )
            return self._rules.give(tx, self._brands.get(tx, product.brand), gift)

    def take_back(self, seeding_id: str) -> Gift:
        """Note that a gift came back whole; again is a repeat.

        Effects: one row, and the opposite of the gift's entry.

        Raises:
            SeedingNotFoundError: There is no such gift.
        """
        with self._db.transaction() as tx:
            return self._rules.take_back(tx, key(seeding_id, "id"), at=self._clock.now())

    def list(
        self,
        *,
        creator: str | None = None,
        brand: str | None = None,
        year: int | None = None,
    ) -> tuple[Gift, ...]:
        """Return gifts, oldest first.

        Args:
            year: Only those given in this calendar year, in their brand's time zone.
        """
        if year is not None and (type(year) is not int or not 2000 <= year < 2200):
            raise RecordInvalidError(
                kind="seeding", problem=f"the year {str(year)[:20]}", expected="2000 to 2199"
            )
        with self._db.reading() as tx:
            found = self._store.list(
                tx,
                brand=None if brand is None else self._brands.get(tx, brand).code,
                creator=None if creator is None else self._creators.get(tx, creator).handle,
                given_from=None if year is None else datetime(year, 1, 1, tzinfo=UTC) - _DAY,
                given_before=None if year is None else datetime(year + 1, 1, 1, tzinfo=UTC) + _DAY,
            )
            zones = {one.code: zone(one.timezone) for one in self._brands.list(tx)}
        days = [(gift, gift.given_at.astimezone(zones[gift.brand])) for gift in found]
        return tuple(gift for gift, day in days if year in (None, day.year))

    def fair_values(self, year: int, *, brand: str | None = None) -> dict[str, Money]:
        """Return what each creator was given in a year and kept, at fair value.

        What a tax form adds to payments; see `list` for the year. A brand
        keeps one book in one currency.
        """
        with self._db.reading() as tx:
            found = self._brands.find(tx, brand)
        totals: dict[str, Money] = {}
        for gift in self.list(year=year, brand=found.code if found else None):
            if gift.taken_back_at is None:
                so_far = totals.get(gift.creator, Money.zero(gift.fair_value.currency))
                totals[gift.creator] = so_far + gift.fair_value
        return dict(sorted(totals.items()))
