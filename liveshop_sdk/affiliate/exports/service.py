"""Plan an export, write it, and keep a record of what was handed out."""

from collections.abc import Callable
from dataclasses import dataclass, field

from liveshop_sdk.affiliate.exports import defaults
from liveshop_sdk.affiliate.exports.extract import Extract, is_month, is_year
from liveshop_sdk.affiliate.exports.formats import Format, format_of
from liveshop_sdk.affiliate.exports.mapping import Mapping
from liveshop_sdk.affiliate.exports.parts import Parts
from liveshop_sdk.affiliate.exports.runs import ExportRun, next_after, overlapping
from liveshop_sdk.affiliate.exports.store import ExportStore
from liveshop_sdk.affiliate.exports.totals import Scope
from liveshop_sdk.affiliate.exports.wishes import NothingOnFile, Rates, TaxFacts, Wishes
from liveshop_sdk.affiliate.ledger.models import Book, Head
from liveshop_sdk.affiliate.ledger.numbers import parse_seq
from liveshop_sdk.affiliate.ledger.service import Ledger
from liveshop_sdk.affiliate.ledger.store import LedgerStore
from liveshop_sdk.clock import Clock
from liveshop_sdk.db import Database, Transaction
from liveshop_sdk.errors import (
    ExportDiffersError,
    ExportOverlapError,
    ExportRangeError,
    ExportRunUnknownError,
    PeriodInvalidError,
)
from liveshop_sdk.ids import Ids
from liveshop_sdk.wire import is_storable

_LONGEST_NAME = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportRequest:
    """What to export, and how.

    Attributes:
        format: One of `FORMATS`.
        period: ``YYYY-MM`` by effective date; for ``1099`` the year.
        from_seq: The first entry; 1 by default.
        to_seq: The last entry; the newest by default.
        new: Go on behind the last run of the format's series.
        again: Write a recorded run once more; the bytes must be the same.
        detail: One journal an entry, where a format has journals.
        functional: In the book's own currency, where a format has journals.
        mapping: The accounts' names; the format's default otherwise.
        by: Who asks, for the record.
    """

    format: str = "csv"
    period: str | None = None
    from_seq: int | None = None
    to_seq: int | None = None
    new: bool = False
    again: bool = False
    detail: bool = False
    functional: bool = False
    mapping: Mapping | None = None
    by: str = "api"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A request made exact: which entries, in which writing.

    Attributes:
        repeats: The run that was the same, whose bytes these must be.
        is_in_series: It may not overlap with another run of its series.
    """

    book: Book
    format: Format
    scope: Scope
    head: Head
    wishes: Wishes
    version: str
    by: str
    is_in_series: bool = False
    repeats: ExportRun | None = None

    @property
    def is_empty(self) -> bool:
        """Whether the scope holds no number at all."""
        return self.scope.to_seq < self.scope.from_seq

    def require_same(self, sha256: str) -> None:
        """Refuse other bytes than those of the run that is repeated.

        Raises:
            ExportDiffersError: They are others.
        """
        if self.repeats is not None and self.repeats.sha256 != sha256:
            raise ExportDiffersError(
                run=self.repeats.id, expected=self.repeats.sha256, found=sha256
            )


@dataclass(frozen=True, slots=True)
class ExportService:
    """Exports of one installation; keeps no state."""

    clock: Clock
    ids: Ids
    ledger: Ledger
    rates: Rates | None = None
    tax: TaxFacts = field(default_factory=NothingOnFile)
    _store: ExportStore = field(default_factory=ExportStore)

    def plan(self, tx: Transaction, book: Book, last: Head, request: ExportRequest) -> Plan:
        """Judge a request and make it exact; reads only.

        Args:
            last: How far the book goes now.

        Raises:
            InvalidError: What is asked for does not exist or does not go together.
            ExportOverlapError: A run of the series has some of it already.
            ExportRunUnknownError: Nothing was recorded that could be repeated.
        """
        kind = format_of(request.format)
        _check(kind, request)
        mapping = request.mapping or Mapping.default(kind.name)
        runs = self._store.runs(tx, book.id, kind.name)
        version = _version(kind, request, mapping)
        scope = _scope(kind, request, runs, last.seq)
        same = next((run for run in runs if run.is_same_as(scope, version)), None)
        if kind.has_outside_facts and not request.again:
            same = None  # what is on file may have changed since
        if request.again and same is None:
            raise ExportRunUnknownError(
                format=kind.name, from_seq=scope.from_seq, to_seq=scope.to_seq
            )
        is_in_series = (request.new or kind.is_booked) and not request.again
        if is_in_series:
            _require_free(runs, kind.name, scope)
        is_past = scope.to_seq < last.seq
        return Plan(
            book=book,
            format=kind,
            scope=scope,
            head=self.ledger.head_at(tx, book, scope.to_seq) if is_past else last,
            wishes=Wishes(
                mapping=mapping,
                detail=request.detail,
                functional=request.functional,
                rates=self.rates,
                tax=self.tax,
            ),
            version=version,
            by=request.by,
            is_in_series=is_in_series,
            repeats=same,
        )

    def produce(
        self,
        source: Database | Transaction,
        plan: Plan,
        parts: Parts,
        tell: Callable[[int], None] | None = None,
    ) -> int:
        """Write what was planned and return how many rows there were."""
        extract = Extract(source, plan.book, plan.scope, plan.head, tell=tell)
        return plan.format.write(extract, plan.wishes, parts)

    def record(self, tx: Transaction, plan: Plan, *, rows: int, sha256: str) -> ExportRun | None:
        """Record what was written, or refuse it; None where there was nothing to write.

        Raises:
            ExportDiffersError: It was recorded before with other bytes.
            ExportOverlapError: Another run took some of it in the meantime.

        Effects: locks the book's head, so that two runs of a series never
            overlap, and appends one row.
        """
        if plan.is_empty:
            return None
        plan.require_same(sha256)
        LedgerStore(tx).head(plan.book.id, lock=True)
        if plan.is_in_series:
            name = plan.format.name
            _require_free(self._store.runs(tx, plan.book.id, name), name, plan.scope)
        run = ExportRun(
            id=self.ids.new("exp"),
            format=plan.format.name,
            mapping_version=plan.version,
            scope=plan.scope,
            rows=rows,
            sha256=sha256,
            is_in_series=plan.is_in_series,
            repeats=plan.repeats.id if plan.repeats else None,
            created_by=plan.by,
            created_at=self.clock.now(),
        )
        self._store.add(tx, plan.book.id, run)
        return run

    def runs(self, tx: Transaction, book: Book, name: str | None = None) -> list[ExportRun]:
        """Return what was exported of a book, oldest first."""
        return self._store.runs(tx, book.id, name)


def _check(kind: Format, request: ExportRequest) -> None:
    """Refuse what does not go together."""
    for seq in (request.from_seq, request.to_seq):
        if seq is not None:
            parse_seq(seq)
    bounds = request.from_seq is not None
    if not is_storable(request.by) or not 1 <= len(request.by) <= _LONGEST_NAME:
        raise ExportRangeError(problem=f"by names somebody in 1 to {_LONGEST_NAME} characters")
    if kind.is_yearly:
        if request.period is None or not is_year(request.period):
            raise ExportRangeError(problem=f"{kind.name} needs a year, such as --period 2026")
        if bounds or request.new:
            raise ExportRangeError(problem=f"{kind.name} is of a whole year")
    elif request.period is not None and not is_month(request.period):
        raise PeriodInvalidError(period=str(request.period)[:20])
    if request.new and (bounds or request.again):
        raise ExportRangeError(problem="new begins by itself, behind the last run")
    if (request.detail or request.functional) and not kind.is_booked:
        raise ExportRangeError(problem=f"{kind.name} has no journals to be detailed or converted")
    if request.mapping is not None and not defaults.has_mapping(kind.name):
        raise ExportRangeError(problem=f"{kind.name} has no mapping of accounts")
    if request.mapping is not None and request.mapping.format != kind.name:
        raise ExportRangeError(problem=f"the mapping is made for {request.mapping.format}")


def _version(kind: Format, request: ExportRequest, mapping: Mapping) -> str:
    """Return what tells this writing from any other of the same entries."""
    if not defaults.has_mapping(kind.name):
        return str(kind.layout)
    modes = [
        str(kind.layout),
        *(["detail" if request.detail else "summary"] if kind.is_booked else []),
        *(["functional"] if request.functional else []),
        mapping.version,
    ]
    return "-".join(modes)


def _scope(kind: Format, request: ExportRequest, runs: list[ExportRun], last: int) -> Scope:
    period = request.period or ""
    if request.again and request.from_seq is None and request.to_seq is None:
        fitting = [run for run in runs if request.period in (None, run.scope.period)]
        if not fitting:
            raise ExportRunUnknownError(format=kind.name, from_seq=1, to_seq=last)
        return fitting[-1].scope
    begin = next_after(runs, period) if request.new else request.from_seq or 1
    end = last if request.to_seq is None else min(request.to_seq, last)
    return Scope(max(begin, 1), end, period)


def _require_free(runs: list[ExportRun], name: str, scope: Scope) -> None:
    taken = overlapping(runs, scope)
    if taken:
        last = max(taken, key=lambda run: run.scope.to_seq)
        raise ExportOverlapError(
            format=name,
            run=last.id,
            from_seq=min(run.scope.from_seq for run in taken),
            to_seq=last.scope.to_seq,
            next_seq=last.scope.to_seq + 1,
        )
