"""The queries of exports that were made."""

from sqlalchemy import RowMapping, select

from liveshop_sdk.affiliate.exports import tables as t
from liveshop_sdk.affiliate.exports.runs import ExportRun
from liveshop_sdk.affiliate.exports.totals import Scope
from liveshop_sdk.clock import from_micros, to_micros
from liveshop_sdk.db import Transaction
from liveshop_sdk.db.inserts import add_new


class ExportStore:
    """Reads and appends runs."""

    def runs(self, tx: Transaction, book_id: int, name: str | None = None) -> list[ExportRun]:
        """Return the runs of a book, of one format if it is named, oldest first."""
        c = t.export_run.c
        query = select(t.export_run).where(c.book_id == book_id).order_by(c.created_at, c.id)
        if name is not None:
            query = query.where(c.format == name)
        return [_run(row) for row in tx.execute(query).mappings()]

    def add(self, tx: Transaction, book_id: int, run: ExportRun) -> None:
        """Append a run."""
        row = {
            "book_id": book_id,
            "id": run.id,
            "format": run.format,
            "mapping_version": run.mapping_version,
            "from_seq": run.scope.from_seq,
            "to_seq": run.scope.to_seq,
            "period": run.scope.period,
            "rows": run.rows,
            "sha256": run.sha256,
            "in_series": int(run.is_in_series),
            "repeats": run.repeats,
            "created_by": run.created_by,
            "created_at": to_micros(run.created_at),
        }
        add_new(tx, t.export_run, [row])


def _run(stored: RowMapping) -> ExportRun:
    return ExportRun(
        id=stored["id"],
        format=stored["format"],
        mapping_version=stored["mapping_version"],
        scope=Scope(stored["from_seq"], stored["to_seq"], stored["period"]),
        rows=stored["rows"],
        sha256=stored["sha256"],
        is_in_series=bool(stored["in_series"]),
        repeats=stored["repeats"],
        created_by=stored["created_by"],
        created_at=from_micros(stored["created_at"]),
    )
