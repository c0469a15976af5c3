"""What a creator earned in a month: what ``shop.statements`` is."""

from collections.abc import Iterator, Sequence
from typing import IO

from liveshop_sdk.affiliate.ledger.models import Book, Head
from liveshop_sdk.affiliate.ledger.periods.months import parse_month
from liveshop_sdk.affiliate.ledger.service import Ledger
from liveshop_sdk.affiliate.statements.document import document
from liveshop_sdk.affiliate.statements.html import html
from liveshop_sdk.affiliate.statements.model import (
    BrandPart,
    Line,
    Proof,
    Section,
    Statement,
)
from liveshop_sdk.affiliate.statements.pdf import write_pdf
from liveshop_sdk.affiliate.statements.service import StatementReader
from liveshop_sdk.affiliate.statements.store import StatementStore
from liveshop_sdk.db import Database, Transaction
from liveshop_sdk.errors import ExportInvalidError
from liveshop_sdk.events.factlog import FactLog
from liveshop_sdk.registry.store import BrandStore, CreatorStore

FORMATS = ("html", "pdf", "json")


class CreatorStatement:
    """One creator's statement: its sums at hand, its lines read when asked for.

    Whatever is posted meanwhile, it stays what it was: every brand's book is
    read up to the entry that was its last when the statement was asked for.
    """

    def __init__(
        self,
        statement: Statement,
        readers: dict[str, StatementReader],
        fonts: Sequence[str] = (),
    ) -> None:
        """Keep the sums, who reads the lines of each brand, and the fonts of a PDF."""
        self.statement, self._readers, self._fonts = statement, readers, fonts

    def lines(self, brand: BrandPart, section: Section) -> Iterator[Line]:
        """Yield the movements of one brand and currency, in the order of their entries."""
        return self._readers[brand.brand].lines(section.currency)

    def proofs(self, brand: BrandPart) -> Iterator[Proof]:
        """Yield the proof that each entry is in the book with the brand part's root."""
        return self._readers[brand.brand].proofs()

    def write(self, out: IO[bytes], *, format: str = "html") -> str:  # noqa: A002 - the field's word
        """Write the statement to an open file; the same statement gives the same bytes.

        Args:
            format: ``html``, ``pdf`` or ``json``.

        Returns:
            The letters that the PDF shows as ``?``, each once, because neither
            its own font nor those of ``LIVESHOP_PDF_FONTS`` have them; empty
            where all is well, and for the other formats.

        Raises:
            ExportInvalidError: No such format.
            ExtraMissingError: A PDF needs ``liveshop-sdk[pdf]``.
            PdfFontInvalidError: A font of the settings cannot be used.
        """
        check_format(format)
        if format == "pdf":
            return write_pdf(out, self.statement, self.lines, fonts=self._fonts)
        if format == "html":
            pieces = html(self.statement, self.lines)
        else:
            pieces = document(self.statement, self.lines, self.proofs)
        for piece in pieces:
            out.write(piece.encode("utf-8", "backslashreplace"))
        return ""


class Statements:
    """Makes statements of creators; reads only."""

    def __init__(
        self, db: Database, ledger: Ledger, facts: FactLog, *, fonts: Sequence[str] = ()
    ) -> None:
        """Work on this database, and draw PDFs with these files of fonts as well."""
        self._db, self._ledger, self._facts, self._fonts = db, ledger, facts, fonts
        self._brands, self._creators = BrandStore(), CreatorStore()

    def of(
        self, creator: str, *, period: str, brand: str | None = None, as_of_seq: int | None = None
    ) -> CreatorStatement:
        """Return a creator's month, with a part for every brand or for the one named.

        Args:
            period: ``YYYY-MM``, by effective date in each book's time zone.
            as_of_seq: As the book was after that entry; only with one book.

        Raises:
            PeriodInvalidError: No month.
            BrandNotFoundError, CreatorNotFoundError: Nobody is called so.
            BrandAmbiguousError: `as_of_seq` without saying of which brand.
            SeqUnknownError: The book does not go that far.
        """
        parse_month(period)
        with self._db.reading() as tx:
            found = self._creators.get(tx, creator)
            readers = {
                book.code: StatementReader(
                    self._db,
                    ledger=self._ledger,
                    facts=self._facts,
                    book=book,
                    creator=found.handle,
                    period=period,
                    head=self._head(tx, book, as_of_seq),
                )
                for book in self._books(tx, brand, is_one=as_of_seq is not None)
                if found.handle in self._named(tx, book)
            }
        parts = tuple(reader.part() for reader in readers.values())
        statement = Statement(creator=found.handle, name=found.name, period=period, brands=parts)
        return CreatorStatement(statement, readers, self._fonts)

    def all(self, *, period: str, brand: str | None = None) -> Iterator[CreatorStatement]:
        """Yield a statement of every creator who has something in it, by handle.

        Raises:
            PeriodInvalidError: No month.
            BrandNotFoundError: There is no such brand.
        """
        parse_month(period)  # also where nobody is in the book
        for creator in self.creators(brand=brand):
            found = self.of(creator, period=period, brand=brand)
            if not found.statement.is_empty:
                yield found

    def creators(self, *, brand: str | None = None) -> list[str]:
        """Return every creator with an account in the book named, or in any, by handle."""
        with self._db.reading() as tx:
            books = self._books(tx, brand, is_one=False)
            return sorted({handle for book in books for handle in self._named(tx, book)})

    def _books(self, tx: Transaction, brand: str | None, *, is_one: bool) -> list[Book]:
        """Return the books that are meant: the brand's, else all there are."""
        codes = self._ledger.books(tx)
        if brand is not None or is_one:
            found = self._brands.find(tx, brand)
            codes = [code for code in codes if found and code == found.code]
        return [self._ledger.book(tx, code) for code in codes]

    def _named(self, tx: Transaction, book: Book) -> list[str]:
        return StatementStore(tx).creators(book.id)

    def _head(self, tx: Transaction, book: Book, as_of_seq: int | None) -> Head:
        if as_of_seq is None:
            return self._ledger.head(tx, book)
        return self._ledger.head_at(tx, book, as_of_seq)


def check_format(given: str) -> str:
    """Return a format that statements have.

    Raises:
        ExportInvalidError: They have not.
    """
    if given not in FORMATS:
        raise ExportInvalidError(given=str(given)[:20], expected=", ".join(FORMATS))
    return given
