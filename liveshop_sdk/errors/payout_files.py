"""What cannot go into a file of payments; no error repeats bank data."""

from dataclasses import dataclass

from liveshop_sdk.errors.base import InvalidError


@dataclass(kw_only=True, eq=False)
class PayoutRowRefusedError(InvalidError):
    """A payment whose file would not say what was meant; named by the handle."""

    code = "payout_row_refused"
    text = (
        "{creator} cannot be paid by this file: {field} {problem}. No file was made. "
        "Correct it: liveshop creators payee."
    )
    creator: str
    field: str
    problem: str


@dataclass(kw_only=True, eq=False)
class PayoutFileInvalidError(InvalidError):
    """Payments that cannot be in one file."""

    code = "payout_file_invalid"
    text = "The {rail} file cannot be made: {problem}. No file was made."
    rail: str
    problem: str
