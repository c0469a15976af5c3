"""What every file of payments checks before a row is written.

A cell that a spreadsheet would run as a formula (OWASP, CWE-1236) is refused:
a guard in front of it would change the name or the address that is paid.
"""

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from liveshop_sdk.affiliate.payouts.files.values import FileItem
from liveshop_sdk.errors import PayoutFileInvalidError, PayoutRowRefusedError
from liveshop_sdk.money import Money

_FORMULA = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20]")
_AMOUNT = re.compile(r"[0-9]+(\.[0-9]+)?")
_ID = re.compile(r"[a-z]{2,8}_([0-9a-z]{26})", re.ASCII)


def text(creator: str, field: str, found: str, *, limit: int) -> str:
    """Return a text that stands in a cell as it is.

    Raises:
        PayoutRowRefusedError: Naming the creator and the field, never the text.
    """
    problem = ""
    if _FORMULA.match(found):
        problem = "begins like a formula of a spreadsheet"
    elif any(
        unicodedata.category(letter)[0] == "C" or letter in "\u2028\u2029" for letter in found
    ):
        problem = "has a letter that cannot be printed"
    elif len(found) > limit:
        problem = f"is longer than {limit} letters"
    if problem:
        raise PayoutRowRefusedError(creator=creator, field=field, problem=problem)
    return found


def optional(creator: str, payee: Mapping[str, str], field: str, *, limit: int) -> str:
    """Return a field of the payee, or nothing."""
    return text(creator, field, payee.get(field, ""), limit=limit)


def required(creator: str, payee: Mapping[str, str], field: str, *, limit: int) -> str:
    """Return a field of the payee that must be there."""
    found = optional(creator, payee, field, limit=limit)
    if not found.strip():
        raise PayoutRowRefusedError(creator=creator, field=field, problem="is missing")
    return found


def amount(creator: str, money: Money) -> str:
    """Return a positive amount with a decimal point and nothing else."""
    found = money.decimal_text()
    if money.amount <= 0 or not _AMOUNT.fullmatch(found):
        raise PayoutRowRefusedError(creator=creator, field="amount", problem="is not positive")
    return found


def total(rail: str, items: Sequence[FileItem]) -> Money:
    """Return what all items add up to.

    Raises:
        PayoutFileInvalidError: No item, an item twice, or two currencies.
    """
    problem = ""
    if not items:
        problem = "there is nothing to pay"
    elif len({item.item_id for item in items}) < len(items):
        problem = "an item is in it twice"
    elif len({item.amount.currency for item in items}) > 1:
        problem = "it has more than one currency; make a file for each"
    if problem:
        raise PayoutFileInvalidError(rail=rail, problem=problem)
    return Money(sum(item.amount.amount for item in items), items[0].amount.currency)


def short_id(item_id: str) -> str:
    """Return an id of ours without its prefix: 26 letters, unique among one kind.

    Raises:
        PayoutFileInvalidError: It is no id of ours.
    """
    match = _ID.fullmatch(item_id)
    if match is None:
        raise PayoutFileInvalidError(rail="file", problem="an item's id is not one of ours")
    return match[1]


def csv_bytes(rows: Iterable[Sequence[str]], *, delimiter: str = ",") -> bytes:
    """Return rows as RFC 4180 in UTF-8; a cell is quoted only where it must be."""
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    return out.getvalue().encode()
