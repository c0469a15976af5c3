"""Which brand's book is meant."""

from liveshop_sdk.affiliate.ledger.models import Book
from liveshop_sdk.affiliate.ledger.service import Ledger
from liveshop_sdk.db import Transaction
from liveshop_sdk.errors import BookUnknownError
from liveshop_sdk.registry.brands import FIRST_CODE
from liveshop_sdk.registry.store import BrandStore


class Books:
    """Finds the book of the brand named, or of the only one there is."""

    def __init__(self, ledger: Ledger) -> None:
        """Look among this ledger's books."""
        self._ledger, self._brands = ledger, BrandStore()

    def open(self, tx: Transaction, brand: str | None) -> Book:
        """Return a book that can be posted to.

        Raises:
            BrandAmbiguousError, BrandNotFoundError: Nobody can tell whose.
            BookUnknownError: The brand has none before its first agreement.
        """
        found = self._brands.find(tx, brand)
        if found is None:
            raise BookUnknownError(book=FIRST_CODE)
        return self._ledger.book(tx, found.code)
