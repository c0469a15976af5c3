"""Exports that were made: what, by whom, and the SHA-256 of the bytes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from liveshop_sdk.affiliate.exports.totals import Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportRun:
    """One export as it was made.

    Attributes:
        mapping_version: What told the writing apart: layout, mode and table.
        is_in_series: One of the runs of its format that may not overlap.
        repeats: The run it wrote again.
    """

    id: str
    format: str
    mapping_version: str
    scope: Scope
    rows: int
    sha256: str
    is_in_series: bool
    repeats: str | None
    created_by: str
    created_at: datetime

    def is_same_as(self, scope: Scope, mapping_version: str) -> bool:
        """Say whether the same was written in the same way."""
        return self.scope == scope and self.mapping_version == mapping_version


def overlapping(runs: Iterable[ExportRun], scope: Scope) -> list[ExportRun]:
    """Return the runs of the series that hold entries of this scope.

    Two months have no entry in common, whatever their numbers.
    """
    return [
        run
        for run in runs
        if run.is_in_series
        and run.scope.from_seq <= scope.to_seq
        and scope.from_seq <= run.scope.to_seq
        and (run.scope.period == scope.period or "" in (run.scope.period, scope.period))
    ]


def next_after(runs: Iterable[ExportRun], period: str) -> int:
    """Return where the series goes on: behind the last entry it holds."""
    ends = [run.scope.to_seq for run in runs if run.is_in_series and run.scope.period == period]
    return max(ends, default=0) + 1
