"""What goes into the ledger and what comes out, as frozen values.

Amounts are whole minor units with a currency; positive is a debit, negative
a credit. Nothing here knows of a database.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

HASH_VERSION = 1
"""The field list and form that new entries are hashed with."""


@dataclass(frozen=True, slots=True)
class Book:
    """One brand's journal: its own accounts, its own numbering, its own chain."""

    id: int
    code: str
    currency: str
    timezone: str
    hash_version: int
    genesis_hash: bytes
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Posting:
    """A signed amount on one account; debit positive, never zero."""

    account: str
    amount: int
    currency: str
    line_ref: str = ""
    memo: str = ""
    payout_item_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryDraft:
    """An entry as asked for, before it has a number.

    Args:
        source: Who reported the fact, such as ``stripe`` or ``scheduler``.
        event_id: The fact's key; (source, event_id) is posted once per book.
        occurred_at: When the fact happened, aware.
        effective_date: The booking date; by default the date of `occurred_at`
            in the book's time zone.
        request_hash: 32 bytes naming what was asked. Give it when the postings
            depend on balances, so that a repeat is recognised although it
            would post something else now; by default the draft is hashed.
        meta: JSON without floats; stored and hashed in canonical form.
    """

    kind: str
    source: str
    event_id: str
    occurred_at: datetime
    postings: tuple[Posting, ...] = ()
    effective_date: date | None = None
    created_by: str | None = None
    approved_by: str | None = None
    reason: str | None = None
    reverses_seq: int | None = None
    corrects_seq: int | None = None
    applies_to_period: str | None = None
    terms_version: str | None = None
    meta: Mapping[str, object] = field(default_factory=dict)
    request_hash: bytes | None = None


@dataclass(frozen=True, slots=True)
class Staged:
    """A draft accepted by the journal; its number holds once it is flushed."""

    seq: int
    draft: EntryDraft


@dataclass(frozen=True, slots=True, kw_only=True)
class PostedLine:
    """One posting as stored, with the account's balance after it."""

    line_no: int
    account: str
    amount: int
    currency: str
    balance_after: int
    line_ref: str
    memo: str
    payout_item_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PostedEntry:
    """An entry of the book; `repeated` tells that it had been posted before."""

    book: str
    seq: int
    kind: str
    source: str
    event_id: str
    effective_date: date
    period: str
    occurred_at: datetime
    recorded_at: datetime
    created_by: str | None
    approved_by: str | None
    reason: str | None
    reverses_seq: int | None
    corrects_seq: int | None
    applies_to_period: str | None
    terms_version: str | None
    meta: Mapping[str, object]
    request_hash: bytes
    leaf_hash: bytes
    chain_hash: bytes
    postings: tuple[PostedLine, ...]
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Balance:
    """What one account stands at in one currency, debit positive."""

    account: str
    currency: str
    amount: int


@dataclass(frozen=True, slots=True)
class Head:
    """How far a book goes: its last number and what seals everything up to it."""

    seq: int
    root_hash: str
    chain_hash: str
