"""Export a book of a test into a folder, and read files back."""

import csv
import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from liveshop_sdk.affiliate.exports.parts import Parts
from liveshop_sdk.affiliate.exports.service import ExportRequest, ExportService
from liveshop_sdk.affiliate.ledger.models import Book, EntryDraft
from liveshop_sdk.affiliate.ledger.service import Ledger
from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.ids import Ids
from liveshop_sdk.money import Money
from tests.contracts import ledger_support as support

Sums = dict[tuple[str, str], int]


@dataclass
class Desk:
    """A book and its exports; `more` goes to the service: rates, tax facts."""

    db: Database
    folder: Path
    more: dict[str, Any] = field(default_factory=dict)
    clock: ManualClock = field(default_factory=support.clock)

    def __post_init__(self) -> None:
        self.ledger = Ledger(self.clock)
        self.book: Book = support.opened(self.db, self.ledger)
        ids = Ids(self.clock, random.Random(1))
        self.service = ExportService(self.clock, ids, self.ledger, **self.more)

    def post(self, drafts: Iterable[EntryDraft]) -> None:
        with self.db.transaction() as tx:
            self.ledger.post_many(tx, self.book, list(drafts))

    def export(self, name: str, **asked: Any) -> Path:
        """Write one file; more than one is a mistake of the test."""
        (path,) = self.export_all(name, **asked)
        return path

    def export_all(self, name: str, **asked: Any) -> list[Path]:
        made: list[Path] = []

        def make() -> BinaryIO:
            made.append(self.folder / f"{name}-{len(made) + 1}.{name}")
            return made[-1].open("w+b")

        parts = Parts(make)
        with self.db.reading() as tx:
            head = self.ledger.head(tx, self.book)
            plan = self.service.plan(tx, self.book, head, ExportRequest(format=name, **asked))
        try:
            self.service.produce(self.db, plan, parts)
        finally:
            for file in parts.files:
                file.close()
        return made

    def text(self, name: str, **asked: Any) -> str:
        return self.export(name, **asked).read_bytes().decode()

    def balances(self) -> Sums:
        """What our own API says, without what is zero."""
        with self.db.reading() as tx:
            found = self.ledger.balances(tx, self.book)
        return {(row.account, row.currency): row.amount for row in found if row.amount}


def csv_rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def summed(rows: Iterable[tuple[str, str, int]]) -> Sums:
    """Add up amounts by account and currency, without what is zero."""
    sums: Sums = {}
    for account, currency, amount in rows:
        sums[account, currency] = sums.get((account, currency), 0) + amount
    return {key: amount for key, amount in sums.items() if amount}


def minor(text: str, currency: str) -> int:
    """Read an amount however many decimals a program left."""
    whole, _, part = text.strip().partition(".")
    return Money.parse(f"{whole}.{part.rstrip('0')}".rstrip("."), currency).amount
