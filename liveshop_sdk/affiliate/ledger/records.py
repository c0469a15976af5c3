"""Turn stored rows into the values callers see."""

import json
from collections.abc import Iterable
from datetime import date
from typing import Any

from liveshop_sdk.affiliate.ledger.canonical import EntryRow, LineRow
from liveshop_sdk.affiliate.ledger.models import (
    EntryDraft,
    PostedEntry,
    PostedLine,
    Posting,
)
from liveshop_sdk.clock import from_micros, to_iso


def posted_entry(
    book: str, row: EntryRow, lines: Iterable[LineRow], *, repeated: bool = False
) -> PostedEntry:
    """Return an entry and its lines as one value."""
    return PostedEntry(
        book=book,
        seq=row.seq,
        period=row.period,
        recorded_at=from_micros(row.recorded_at),
        leaf_hash=row.leaf_hash,
        chain_hash=row.chain_hash,
        postings=tuple(_posted_line(line) for line in lines),
        repeated=repeated,
        **_asked(row),
    )


def recorded(row: EntryRow, lines: Iterable[LineRow]) -> EntryDraft:
    """Return the draft that posts an entry as it was recorded."""
    return EntryDraft(postings=tuple(Posting(**_moved(line)) for line in lines), **_asked(row))


def _asked(row: EntryRow) -> dict[str, Any]:
    """Return what an entry has of the draft it was posted from."""
    return {
        "kind": row.kind,
        "source": row.source,
        "event_id": row.event_id,
        "occurred_at": from_micros(row.occurred_at),
        "effective_date": date.fromisoformat(row.effective_date),
        "created_by": row.created_by,
        "approved_by": row.approved_by,
        "reason": row.reason,
        "reverses_seq": row.reverses_seq,
        "corrects_seq": row.corrects_seq,
        "applies_to_period": row.applies_to_period,
        "terms_version": row.terms_version,
        "meta": json.loads(row.meta),
        "request_hash": row.request_hash,
    }


def _posted_line(line: LineRow) -> PostedLine:
    return PostedLine(line_no=line.line_no, balance_after=line.balance_after, **_moved(line))


def _moved(line: LineRow) -> dict[str, Any]:
    """Return what a line has of the posting it was made from."""
    return {
        "account": line.account,
        "amount": line.amount,
        "currency": line.currency,
        "line_ref": line.line_ref or "",
        "memo": line.memo or "",
        "payout_item_id": line.payout_item_id or "",
    }


def entry_json(entry: PostedEntry) -> dict[str, Any]:
    """Return an entry with its postings, as scripts read it."""
    return {
        "book": entry.book,
        "seq": entry.seq,
        "kind": entry.kind,
        "source": entry.source,
        "event_id": entry.event_id,
        "effective_date": entry.effective_date.isoformat(),
        "period": entry.period,
        "occurred_at": to_iso(entry.occurred_at),
        "recorded_at": to_iso(entry.recorded_at),
        "created_by": entry.created_by,
        "approved_by": entry.approved_by,
        "reason": entry.reason,
        "corrects_seq": entry.corrects_seq,
        "applies_to_period": entry.applies_to_period,
        "chain_hash": entry.chain_hash.hex(),
        "postings": [
            {
                "line_no": line.line_no,
                "account": line.account,
                "amount": line.amount,
                "currency": line.currency,
                "balance_after": line.balance_after,
                "line_ref": line.line_ref,
            }
            for line in entry.postings
        ],
    }
