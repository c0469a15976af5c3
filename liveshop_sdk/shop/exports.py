"""Exports as finance uses them: to a file or a stream, each of them recorded."""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import get_ident
from typing import BinaryIO

from liveshop_sdk.affiliate.exports.formats import format_of
from liveshop_sdk.affiliate.exports.mapping import Mapping
from liveshop_sdk.affiliate.exports.parts import Parts, blocks
from liveshop_sdk.affiliate.exports.runs import ExportRun
from liveshop_sdk.affiliate.exports.service import ExportRequest, ExportService, Plan
from liveshop_sdk.affiliate.ledger.chain import EMPTY_ROOT
from liveshop_sdk.affiliate.ledger.models import HASH_VERSION, Book, Head
from liveshop_sdk.affiliate.ledger.service import Ledger
from liveshop_sdk.db import Database, Transaction
from liveshop_sdk.facts import Json
from liveshop_sdk.shop.finance import Finance

Tell = Callable[[int, int], None]
_NOTHING = Head(0, EMPTY_ROOT.hex(), "")
_NOBODY = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """An export that was made.

    Attributes:
        run: What was recorded; None where there was no entry to write.
        sha256: Of all bytes, file after file.
        files: Name and SHA-256 of each file; none for a stream.
    """

    brand: str
    format: str
    from_seq: int
    to_seq: int
    period: str
    rows: int
    root_hash: str
    sha256: str
    run: ExportRun | None
    files: tuple[tuple[str, str], ...] = ()

    def as_json(self) -> dict[str, Json]:
        """Return the shape scripts rely on."""
        return {
            "brand": self.brand,
            "format": self.format,
            "from_seq": self.from_seq,
            "to_seq": self.to_seq,
            "period": self.period or None,
            "rows": self.rows,
            "root_hash": self.root_hash,
            "sha256": self.sha256,
            "run": self.run.id if self.run else None,
            "repeats": self.run.repeats if self.run else None,
        }


class Exports:
    """What ``shop.exports`` is: the ledger in the forms that other programs read."""

    def __init__(
        self,
        db: Database,
        ledger: Ledger,
        finance: Finance,
        service: ExportService,
        sign: Callable[[str | None], object],
    ) -> None:
        """Work on this database, and `sign` a book that was exported."""
        self._sign = sign
        self._db, self._ledger, self._finance, self._service = db, ledger, finance, service

    def save(
        self,
        path: str | Path,
        request: ExportRequest,
        *,
        brand: str | None = None,
        tell: Tell | None = None,
    ) -> Exported:
        """Write an export to a file, or to numbered ones where a format has a limit.

        Args:
            path: ``october.csv`` becomes ``october-1.csv``, ``october-2.csv`` …
                where one file is not enough.
            tell: Called now and then with the entry reached and the last one.

        Raises:
            OSError: The file cannot be written.
            LiveShopError: As `ExportService.plan`, and what the format refuses.

        Effects: a checkpoint where there is a key, one recorded run, then the
            files, moved into place whole. After
            a kill between the two, repeat the run with ``again``.
        """
        target = Path(path)
        with _beside(target) as (parts, temporary):
            made = self._make(request, brand, parts, tell)
            for file in parts.files:
                file.close()
            names = _names(target, len(temporary))
            for part, name in zip(temporary, names, strict=True):
                part.replace(name)
        return _told(made, tuple(zip(map(str, names), made.digests, strict=True)))

    def write(
        self,
        out: BinaryIO,
        request: ExportRequest,
        *,
        brand: str | None = None,
        tell: Tell | None = None,
    ) -> Exported:
        """Write an export to a stream; nothing reaches it unless all is well.

        Raises:
            ExportTooLargeError: It takes more than one file.
            LiveShopError: As `save`.
        """
        with ExitStack() as stack:
            parts = Parts(lambda: stack.enter_context(_temporary()), only_one=True)
            made = self._make(request, brand, parts, tell)
            for file in parts.files:
                for block in blocks(file):
                    out.write(block)
        return _told(made, ())

    def runs(self, *, brand: str | None = None, format: str | None = None) -> list[ExportRun]:  # noqa: A002
        """Return what was exported, oldest first.

        Raises:
            ExportInvalidError: No such format.
        """
        name = None if format is None else format_of(format).name
        code = self._finance.brand(brand)
        with self._db.reading() as tx:
            if code not in self._ledger.books(tx):
                return []
            return self._service.runs(tx, self._ledger.book(tx, code), name)

    def mapping(self, format: str) -> Mapping:  # noqa: A002 - the field's word
        """Return what the accounts are called in a format unless a table says otherwise.

        Raises:
            ExportInvalidError: No such format.
        """
        return Mapping.default(format_of(format).name)

    def _make(
        self, request: ExportRequest, brand: str | None, parts: Parts, tell: Tell | None
    ) -> "_Made":
        """Plan, write and record; what refuses leaves nothing behind."""
        code = self._finance.brand(brand)
        with self._db.reading() as tx:
            plan = self._plan(tx, code, request)
        last = plan.scope.to_seq
        told = (lambda seq: tell(seq, last)) if tell else None
        rows = self._service.produce(self._db, plan, parts, told)
        sha256, digests = parts.digests()
        if plan.is_empty:
            return _Made(plan, rows, None, sha256, digests)
        plan.require_same(sha256)
        # Before the record: what could not be signed is not used up in its series.
        self._sign(code)
        with self._db.transaction() as tx:
            run = self._service.record(tx, plan, rows=rows, sha256=sha256)
        return _Made(plan, rows, run, sha256, digests)

    def _plan(self, tx: Transaction, code: str, request: ExportRequest) -> Plan:
        if code not in self._ledger.books(tx):
            return self._service.plan(tx, _unopened(code), _NOTHING, request)
        book = self._ledger.book(tx, code)
        return self._service.plan(tx, book, self._ledger.head(tx, book), request)


@dataclass(frozen=True, slots=True)
class _Made:
    """What was planned, written and recorded."""

    plan: Plan
    rows: int
    run: ExportRun | None
    sha256: str
    digests: list[str]


def _told(made: _Made, files: tuple[tuple[str, str], ...]) -> Exported:
    plan = made.plan
    return Exported(
        brand=plan.book.code,
        format=plan.format.name,
        from_seq=plan.scope.from_seq,
        to_seq=plan.scope.to_seq,
        period=plan.scope.period,
        rows=made.rows,
        root_hash=plan.head.root_hash,
        sha256=made.sha256,
        run=made.run,
        files=files,
    )


def _unopened(code: str) -> Book:
    """Return a book without entries, for a brand whose first agreement is still to come."""
    return Book(0, code, "EUR", "UTC", HASH_VERSION, b"", _NOBODY)


def _temporary() -> BinaryIO:
    return tempfile.TemporaryFile()


def _names(target: Path, count: int) -> list[Path]:
    if count == 1:
        return [target]
    return [target.with_name(f"{target.stem}-{n}{target.suffix}") for n in range(1, count + 1)]


@contextmanager
def _beside(target: Path) -> Iterator[tuple[Parts, list[Path]]]:
    """Make files beside the target, and take away those that did not move."""
    made: list[Path] = []
    with ExitStack() as stack:

        def make() -> BinaryIO:
            writer = f"{os.getpid()}-{get_ident()}"  # others may write to the same target
            path = target.with_name(f"{target.name}.{writer}-{len(made) + 1}.part")
            made.append(path)
            return stack.enter_context(path.open("w+b"))

        stack.callback(_remove, made)
        yield Parts(make), made


def _remove(paths: list[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)
