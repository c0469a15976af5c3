"""What the ledger refuses, and what it finds."""

from dataclasses import dataclass

from liveshop_sdk.errors.base import (
    ConfigurationError,
    ConflictError,
    InvalidError,
    NotFoundError,
    TamperedError,
    UnavailableError,
)


@dataclass(kw_only=True, eq=False)
class BookUnknownError(NotFoundError):
    """A book that nobody opened."""

    code = "book_unknown"
    text = "There is no book {book!r}. Add the brand first: liveshop brands add CODE --currency C."
    book: str


@dataclass(kw_only=True, eq=False)
class SeqUnknownError(NotFoundError):
    """An entry that a book does not have yet."""

    code = "seq_unknown"
    text = "Book {book} goes up to entry {last}; there is no entry {seq} yet."
    book: str
    seq: int
    last: int


@dataclass(kw_only=True, eq=False)
class BookDiffersError(ConflictError):
    """A book that was opened with another currency or time zone."""

    code = "book_differs"
    text = (
        "Book {book} has {field} {found}, not {asked}, and its entries are dated and sealed "
        "with it. Open another book for {asked}."
    )
    book: str
    field: str
    found: str
    asked: str


@dataclass(kw_only=True, eq=False)
class EntryInvalidError(InvalidError):
    """A draft of an entry with a field the ledger cannot keep."""

    code = "entry_invalid"
    text = "The entry cannot be posted: {field}: {problem}. Nothing was posted."
    field: str
    problem: str


@dataclass(kw_only=True, eq=False)
class EntryKindUnknownError(InvalidError):
    """A kind of entry without a posting rule."""

    code = "entry_kind_unknown"
    text = "There is no kind of entry {kind!r}; there are: {allowed}."
    kind: str
    allowed: str


@dataclass(kw_only=True, eq=False)
class EntryUnbalancedError(InvalidError):
    """Postings that do not sum to zero in a currency."""

    code = "entry_unbalanced"
    text = "The postings sum to {total} {currency} minor units instead of 0. Nothing was posted."
    currency: str
    total: int


@dataclass(kw_only=True, eq=False)
class AccountUnknownError(InvalidError):
    """A path that names no account of the chart."""

    code = "account_unknown"
    text = "There is no account {account!r}; see the chart of accounts in the ledger reference."
    account: str


@dataclass(kw_only=True, eq=False)
class PostingRuleError(InvalidError):
    """A posting that its kind of entry may not make."""

    code = "posting_rule"
    text = "An entry of kind {kind} may not {side} {account}. Nothing was posted."
    kind: str
    account: str
    side: str


@dataclass(kw_only=True, eq=False)
class AccountFloorError(ConflictError):
    """An entry after which an account would stand on the wrong side."""

    code = "account_floor"
    text = (
        "{account} would stand at {balance} {currency} minor units, but it is {floor}. "
        "Nothing was posted."
    )
    account: str
    currency: str
    balance: int
    floor: str


@dataclass(kw_only=True, eq=False)
class NettingError(ConflictError):
    """An entry after which a creator would be owed money and owe some back."""

    code = "netting"
    text = (
        "{creator} would have {payable} payable and {clawback} to pay back in {currency} "
        "minor units; one of the two must be 0. Nothing was posted."
    )
    creator: str
    currency: str
    payable: int
    clawback: int


@dataclass(kw_only=True, eq=False)
class IdempotencyConflictError(ConflictError):
    """A fact that was posted before with other content."""

    code = "idempotency_conflict"
    text = (
        "{source} {event_id} is entry {seq} already, with other content. "
        "Nothing was posted; correct it with a new entry."
    )
    source: str
    event_id: str
    seq: int


@dataclass(kw_only=True, eq=False)
class LedgerTamperedError(TamperedError):
    """A book whose head cannot be what the ledger wrote."""

    code = "ledger_tampered"
    text = "Book {book} cannot be continued at entry {seq}: {problem}. Run: liveshop ledger verify."
    book: str
    seq: int
    problem: str


@dataclass(kw_only=True, eq=False)
class PeriodInvalidError(InvalidError):
    """A text that names no month."""

    code = "period_invalid"
    text = "{period!r} is no period: expected a month such as 2026-10. Nothing was exported."
    period: str


@dataclass(kw_only=True, eq=False)
class RootInvalidError(InvalidError):
    """A text that cannot be the root of a book."""

    code = "root_invalid"
    text = (
        "Root {root!r} at entry {at_seq} cannot be checked: expected the 64 hexadecimal "
        "digits that were noted, and the number of their entry."
    )
    root: str
    at_seq: str


@dataclass(kw_only=True, eq=False)
class ExportInvalidError(InvalidError):
    """An export format we do not have."""

    code = "export_invalid"
    text = "There is no export format {given!r}; choose one of {expected}."
    given: str
    expected: str


@dataclass(kw_only=True, eq=False)
class CheckpointInvalidError(InvalidError):
    """A checkpoint or a key that cannot be used."""

    code = "checkpoint_invalid"
    text = "The checkpoint cannot be used: {problem}."
    problem: str


@dataclass(kw_only=True, eq=False)
class CheckpointKeyMissingError(ConfigurationError):
    """No key to sign checkpoints with."""

    code = "checkpoint_key_missing"
    text = (
        "Checkpoints need a key to be signed with. Make one with "
        "`liveshop ledger checkpoint --new-key`, and set LIVESHOP_CHECKPOINT_KEY to its "
        "private half."
    )


@dataclass(kw_only=True, eq=False)
class CheckpointUnknownError(NotFoundError):
    """A size at which a book has no checkpoint."""

    code = "checkpoint_unknown"
    text = "Book {book} has no checkpoint at entry {seq}; the last one is at {last}."
    book: str
    seq: int
    last: int


@dataclass(kw_only=True, eq=False)
class CheckpointFileDiffersError(TamperedError):
    """A checkpoint kept outside that says something else."""

    code = "checkpoint_file_differs"
    text = (
        "{file} holds another checkpoint than the one signed now for the same book and size. "
        "Nothing was overwritten; compare the two, and run: liveshop ledger verify."
    )
    file: str


@dataclass(kw_only=True, eq=False)
class CheckpointFileUnwritableError(UnavailableError):
    """A checkpoint that could not be put outside."""

    code = "checkpoint_file_unwritable"
    text = "The checkpoint {file} could not be written: {problem}. It is signed and stored."
    file: str
    problem: str


@dataclass(kw_only=True, eq=False)
class ReplayTargetError(ConflictError):
    """A database that a replay may not be written into."""

    code = "replay_target"
    text = "The replay needs an empty database: {problem}. Nothing was written."
    problem: str
