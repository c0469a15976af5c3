"""The one spelling of an entry that is hashed.

UTF-8 JSON with sorted keys and no spaces; every whole number is a decimal
string, bytes are lower-case hex, what is absent is ``null`` and ``meta`` is
the stored text as a string. The field list belongs to ``hash_version`` 1 and
never changes; another list gets another version.

Written as one fixed form rather than through ``json.dumps``, which takes five
times as long; a test holds the two equal byte for byte.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import date
from hashlib import sha256
from json.encoder import encode_basestring as _text
from typing import NamedTuple

from liveshop_sdk.affiliate.ledger.models import HASH_VERSION, EntryDraft
from liveshop_sdk.clock import to_micros
from liveshop_sdk.errors import EntryInvalidError

# Made once: ``json.dumps`` would make it anew for every text.
_ENCODER = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
)


class EntryRow(NamedTuple):
    """The columns of an entry, in the order in which they are stored and read."""

    seq: int
    kind: str
    source: str
    event_id: str
    request_hash: bytes
    effective_date: str
    period: str
    occurred_at: int
    recorded_at: int
    created_by: str | None
    approved_by: str | None
    reason: str | None
    reverses_seq: int | None
    corrects_seq: int | None
    applies_to_period: str | None
    terms_version: str | None
    line_count: int
    meta: str
    hash_version: int
    leaf_hash: bytes
    prev_hash: bytes
    chain_hash: bytes


class LineRow(NamedTuple):
    """The columns of a posting, with its account's path."""

    seq: int
    line_no: int
    account: str
    currency: str
    amount: int
    balance_after: int
    line_ref: str | None
    payout_item_id: str | None
    memo: str | None


def _text_or_null(value: str | None) -> str:
    return "null" if value is None else _text(value)


def _number_or_null(value: int | None) -> str:
    return "null" if value is None else f'"{value}"'


def entry_bytes(book: str, entry: EntryRow, lines: Iterable[LineRow]) -> bytes:
    """Return the canonical bytes of an entry and its lines, hash version 1.

    Left out are what follows from them: ``balance_after``, the three hashes,
    and database row numbers.
    """
    spelled = ",".join(
        [
            f'{{"account":{_text(line.account)},"amount":"{line.amount}",'
            f'"currency":{_text(line.currency)},"line_no":"{line.line_no}",'
            f'"line_ref":{_text_or_null(line.line_ref)},"memo":{_text_or_null(line.memo)},'
            f'"payout_item_id":{_text_or_null(line.payout_item_id)}}}'
            for line in lines
        ]
    )
    return (
        f'{{"applies_to_period":{_text_or_null(entry.applies_to_period)},'
        f'"approved_by":{_text_or_null(entry.approved_by)},"book":{_text(book)},'
        f'"corrects_seq":{_number_or_null(entry.corrects_seq)},'
        f'"created_by":{_text_or_null(entry.created_by)},'
        f'"effective_date":{_text(entry.effective_date)},"event_id":{_text(entry.event_id)},'
        f'"hash_version":"{entry.hash_version}","kind":{_text(entry.kind)},'
        f'"line_count":"{entry.line_count}","lines":[{spelled}],"meta":{_text(entry.meta)},'
        f'"occurred_at":"{entry.occurred_at}","period":{_text(entry.period)},'
        f'"reason":{_text_or_null(entry.reason)},"recorded_at":"{entry.recorded_at}",'
        f'"request_hash":"{entry.request_hash.hex()}",'
        f'"reverses_seq":{_number_or_null(entry.reverses_seq)},"seq":"{entry.seq}",'
        f'"source":{_text(entry.source)},'
        f'"terms_version":{_text_or_null(entry.terms_version)}}}'
    ).encode()


def book_bytes(
    *, code: str, currency: str, timezone: str, created_at: int, hash_version: int
) -> bytes:
    """Return the canonical bytes of a book, from which its genesis hash is made."""
    return dumps(
        {
            "code": code,
            "created_at": str(created_at),
            "functional_currency": currency,
            "hash_version": str(hash_version),
            "timezone": timezone,
        }
    ).encode()


def dumps(value: Mapping[str, object]) -> str:
    """Return JSON with sorted keys, no spaces, and every letter as itself."""
    return _ENCODER.encode(value)


def meta_text(meta: Mapping[str, object]) -> str:
    """Return `meta` as canonical JSON.

    Raises:
        EntryInvalidError: it holds a float or something JSON does not have.
    """
    if not meta:
        return "{}"
    problem = _meta_problem(meta)
    if problem:
        raise EntryInvalidError(field="meta", problem=problem)
    return dumps(meta)


def _meta_problem(value: object) -> str:
    if value is None or isinstance(value, (str, int)):
        return ""
    if isinstance(value, Mapping):
        if any(not isinstance(key, str) for key in value):
            return "its keys must be text"
        return next(filter(None, map(_meta_problem, value.values())), "")
    if isinstance(value, (list, tuple)):
        return next(filter(None, map(_meta_problem, value)), "")
    return f"it holds a {type(value).__name__}; only text, whole numbers, lists and objects can be"


def request_hash(draft: EntryDraft, effective_date: date, meta: str) -> bytes:
    """Return what tells a repeat of a draft from another one with the same id."""
    if draft.request_hash is not None:
        return draft.request_hash
    asked = {
        "applies_to_period": draft.applies_to_period,
        "approved_by": draft.approved_by,
        "corrects_seq": draft.corrects_seq,
        "created_by": draft.created_by,
        "effective_date": effective_date.isoformat(),
        "hash_version": HASH_VERSION,
        "kind": draft.kind,
        "meta": meta,
        "occurred_at": to_micros(draft.occurred_at),
        "postings": [
            [p.account, p.amount, p.currency, p.line_ref, p.memo]
            + ([p.payout_item_id] if p.payout_item_id else [])
            for p in draft.postings
        ],
        "reason": draft.reason,
        "reverses_seq": draft.reverses_seq,
        "terms_version": draft.terms_version,
    }
    return sha256(dumps(asked).encode()).digest()
