"""What can be wished for beside the range, and what an export may ask others."""

from collections.abc import Mapping as Map
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from liveshop_sdk.affiliate.exports.mapping import Mapping


class Rates(Protocol):
    """Knows what a currency was worth on a day."""

    def rate(self, base: str, quote: str, on: date) -> tuple[int, int] | None:
        """Return how much of `quote` one whole `base` is, as a fraction; None if unknown."""
        ...  # pragma: no cover


@dataclass(frozen=True, slots=True)
class Payee:
    """What a tax form needs to know of a creator; no full number, ever."""

    tin_last4: str = ""
    has_w9: bool = False


class TaxFacts(Protocol):
    """Knows of creators what the ledger does not hold."""

    def payee(self, creator: str) -> Payee:
        """Return what is on file of a creator."""
        ...  # pragma: no cover

    def fair_values(self, book: str, year: int) -> Map[str, int]:
        """Return by creator what goods given for services were worth, in US cents."""
        ...  # pragma: no cover


class NothingOnFile:
    """Tax facts of a shop that keeps none."""

    def payee(self, creator: str) -> Payee:  # noqa: ARG002 - one interface
        """Return that nothing is on file."""
        return Payee()

    def fair_values(self, book: str, year: int) -> Map[str, int]:  # noqa: ARG002
        """Return that nothing was given."""
        return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """How an export is to be written.

    Attributes:
        mapping: What the ledger's accounts are called there.
        detail: One journal an entry instead of one a day and currency.
        functional: Amounts in the book's own currency, by `rates`.
    """

    mapping: Mapping = field(default_factory=lambda: Mapping("csv", {}, {}))
    detail: bool = False
    functional: bool = False
    rates: Rates | None = None
    tax: TaxFacts = field(default_factory=NothingOnFile)
