"""Note gifts to creators and what they cost, apart from all that is owed."""

from dataclasses import fields, replace
from datetime import datetime

from liveshop_sdk.affiliate.ledger.models import EntryDraft, Posting
from liveshop_sdk.affiliate.ledger.service import Ledger
from liveshop_sdk.affiliate.seeding.models import Seeding, check
from liveshop_sdk.affiliate.seeding.store import SeedingStore
from liveshop_sdk.db import Transaction
from liveshop_sdk.errors import AlreadyExistsError, BrandCurrencyError, SeedingNotFoundError
from liveshop_sdk.registry.brands import Brand

SOURCE = "seeding"


class Seedings:
    """Keeps gifts, and their cost on the memo accounts of a brand's book."""

    def __init__(self, ledger: Ledger) -> None:
        """Post to this ledger."""
        self._ledger, self._store = ledger, SeedingStore()

    def give(self, tx: Transaction, brand: Brand, seeding: Seeding) -> Seeding:
        """Note a gift and post its cost; the same again is a repeat.

        Raises:
            AlreadyExistsError: The id stands for another gift.
            BrandCurrencyError: An amount is not in the currency of the book.
            RecordInvalidError: It cannot be as described.
        """
        check(seeding)
        for money in (seeding.cost, seeding.fair_value):
            if money.currency != brand.currency:
                raise BrandCurrencyError(
                    sku=seeding.sku,
                    currency=money.currency,
                    brand=brand.code,
                    brand_currency=brand.currency,
                )
        if not self._store.add(tx, seeding):
            return _same(self.get(tx, seeding.id), seeding)
        book = self._ledger.open_book(tx, brand.code, brand.currency, brand.timezone)
        self._ledger.post(tx, book, _entry(seeding, at=seeding.given_at))
        return seeding

    def take_back(self, tx: Transaction, seeding_id: str, *, at: datetime) -> Seeding:
        """Note that a gift came back, and take its cost back; again is a repeat."""
        seeding = self.get(tx, seeding_id)
        if not self._store.take_back(tx, seeding.id, at=at):
            return self.get(tx, seeding_id)
        book = self._ledger.book(tx, seeding.brand)
        given = self._ledger.journal(tx, book).seen(SOURCE, [_event(seeding)])[_event(seeding)]
        self._ledger.post(tx, book, _entry(seeding, at=at, reverses=given[0]))
        return replace(seeding, taken_back_at=at)

    def get(self, tx: Transaction, seeding_id: str) -> Seeding:
        """Return a gift, or raise SeedingNotFoundError."""
        found = self._store.find(tx, seeding_id)
        if found is None:
            raise SeedingNotFoundError(seeding=seeding_id[:40])
        return found


def _event(seeding: Seeding) -> str:
    return f"seeding:{seeding.id}"


def _entry(seeding: Seeding, *, at: datetime, reverses: int | None = None) -> EntryDraft:
    cost = seeding.cost.amount if reverses is None else -seeding.cost.amount
    lines = (("memo:seeding_given", cost), (f"memo:{seeding.creator}:seeded", -cost))
    return EntryDraft(
        kind="seeding",
        source=SOURCE,
        event_id=_event(seeding) if reverses is None else f"seeding_return:{seeding.id}",
        occurred_at=at,
        reverses_seq=reverses,
        postings=tuple(
            Posting(account=path, amount=amount, currency=seeding.cost.currency)
            for path, amount in lines
            if amount
        ),
        meta={
            "sku": seeding.sku,
            "quantity": seeding.quantity,
            "fair_value": seeding.fair_value.amount,
        },
    )


def _same(stored: Seeding, asked: Seeding) -> Seeding:
    differs = [
        field.name
        for field in fields(asked)
        if field.compare and getattr(stored, field.name) != getattr(asked, field.name)
    ]
    if differs:
        raise AlreadyExistsError(
            kind=SOURCE,
            key=stored.id,
            differs=", ".join(differs),
            remedy="A gift never changes: take it back, and give another.",
        )
    return stored
