"""What an export refuses, and what it finds."""

from dataclasses import dataclass

from liveshop_sdk.errors.base import (
    ConflictError,
    InvalidError,
    NotFoundError,
    TamperedError,
)


@dataclass(kw_only=True, eq=False)
class ExportRangeError(InvalidError):
    """A range or a way of writing that a format does not have."""

    code = "export_range"
    text = "This cannot be exported: {problem}. Nothing was written."
    problem: str


@dataclass(kw_only=True, eq=False)
class ExportRowRefusedError(InvalidError):
    """An entry that a machine's file cannot hold as it is."""

    code = "export_row_refused"
    text = "Entry {seq} cannot be written as {format}: {problem}. Nothing was written."
    format: str
    seq: int
    problem: str


@dataclass(kw_only=True, eq=False)
class ExportTooLargeError(InvalidError):
    """More rows than the target takes in one file."""

    code = "export_too_large"
    text = (
        "This is too much for {format}: {problem}. Narrow the range, or name a file, "
        "beside which more can be numbered. Nothing was written."
    )
    format: str
    problem: str


@dataclass(kw_only=True, eq=False)
class ExportOverlapError(ConflictError):
    """Entries that were handed out in the same format before."""

    code = "export_overlap"
    text = (
        "Of entries {from_seq} to {to_seq} some were exported as {format} before, last by {run}, "
        "and would be booked twice. Begin at {next_seq}, or repeat a run with --again. "
        "Nothing was written."
    )
    format: str
    run: str
    from_seq: int
    to_seq: int
    next_seq: int


@dataclass(kw_only=True, eq=False)
class ExportRunUnknownError(NotFoundError):
    """A repeat of an export that was never recorded."""

    code = "export_run_unknown"
    text = (
        "Nothing was exported as {format} from entry {from_seq} to {to_seq} in this way, so there "
        "is nothing to repeat. See: liveshop ledger exports."
    )
    format: str
    from_seq: int
    to_seq: int


@dataclass(kw_only=True, eq=False)
class ExportDiffersError(TamperedError):
    """A repeated export that came out otherwise."""

    code = "export_differs"
    text = (
        "Run {run} had the SHA-256 {expected}; the same entries now give {found}. "
        "Nothing was written. Run: liveshop ledger verify."
    )
    run: str
    expected: str
    found: str


@dataclass(kw_only=True, eq=False)
class MappingInvalidError(InvalidError):
    """A table of account names that cannot be used."""

    code = "mapping_invalid"
    text = "The mapping cannot be used: {problem}."
    problem: str


@dataclass(kw_only=True, eq=False)
class AccountUnmappedError(InvalidError):
    """Accounts of a book that the table does not name."""

    code = "account_unmapped"
    text = "The mapping for {format} has no name for: {accounts}. Nothing was written."
    format: str
    accounts: str
