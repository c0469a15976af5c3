"""The ledger as journals of a book-keeping program: one a day, or one an entry.

Memo accounts are no part of the books and stay out. A journal has one currency
and sums to zero.
"""

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from liveshop_sdk.affiliate.exports.cells import machine_text
from liveshop_sdk.affiliate.exports.convert import converted
from liveshop_sdk.affiliate.exports.extract import Extract
from liveshop_sdk.affiliate.exports.mapping import is_memo
from liveshop_sdk.affiliate.exports.parts import Parts, as_text
from liveshop_sdk.affiliate.exports.wishes import Wishes
from liveshop_sdk.affiliate.ledger.accounts import creator_of
from liveshop_sdk.affiliate.ledger.canonical import EntryRow, LineRow
from liveshop_sdk.errors import ExportRowRefusedError, ExportTooLargeError

Row = tuple[str, ...]
_Moves = dict[tuple[str, str], int]


@dataclass(frozen=True, slots=True)
class JournalLine:
    """What one account of the other program gets, debit positive; never 0."""

    account: str
    creator: str
    amount: int
    text: str


@dataclass(frozen=True, slots=True)
class Journal:
    """Lines that are booked together, on one day and in one currency.

    Attributes:
        seq: The first entry in it, which names it: no two journals of a book
            share entry and original currency.
        original: The currency before conversion.
    """

    seq: int
    day: date
    currency: str
    original: str
    text: str
    lines: tuple[JournalLine, ...]


def journals(extract: Extract, wishes: Wishes) -> Iterator[Journal]:
    """Yield the journals of an extract: by entry if detail is wished, else by day.

    Raises:
        AccountUnmappedError: An account of the book has no name there.
        ExportRowRefusedError: A text or a rate that cannot be used.
    """
    wishes.mapping.require(extract.paths())
    return _by_entry(extract, wishes) if wishes.detail else iter(_by_day(extract, wishes))


def _by_entry(extract: Extract, wishes: Wishes) -> Iterator[Journal]:
    for entry, lines in extract.entries():
        for original, moves in _of_entry(extract, wishes, entry, lines):
            text = machine_text(
                f"{entry.kind} {entry.source} {entry.event_id}",
                format=wishes.mapping.format,
                seq=entry.seq,
            )
            yield _journal(
                extract, wishes, (entry.effective_date, original), entry.seq, text, moves
            )


def _by_day(extract: Extract, wishes: Wishes) -> Iterator[Journal]:
    days: dict[tuple[str, str], tuple[int, _Moves]] = {}
    for entry, lines in extract.entries():
        for original, moves in _of_entry(extract, wishes, entry, lines):
            key = (entry.effective_date, original)
            _, sums = days.setdefault(key, (entry.seq, {}))
            for place, amount in moves:
                sums[place] = sums.get(place, 0) + amount
    scope = extract.scope
    text = f"liveshop {extract.book.code} entries {scope.from_seq}-{scope.to_seq}"
    for key, (seq, sums) in sorted(days.items()):
        made = _journal(extract, wishes, key, seq, text, sorted(sums.items()))
        if made.lines:
            yield made


def _of_entry(
    extract: Extract, wishes: Wishes, entry: EntryRow, lines: list[LineRow]
) -> Iterator[tuple[str, list[tuple[tuple[str, str], int]]]]:
    """Yield by original currency what an entry moves, by account and creator."""
    booked = [line for line in lines if not is_memo(line.account)]
    for original in sorted({line.currency for line in booked}):
        own = [line for line in booked if line.currency == original]
        amounts = [line.amount for line in own]
        if wishes.functional and original != extract.book.currency:
            amounts = _functional(extract, wishes, entry, original, amounts)
        places = [_place(wishes, line.account) for line in own]
        yield original, list(zip(places, amounts, strict=True))


def _functional(
    extract: Extract, wishes: Wishes, entry: EntryRow, original: str, amounts: list[int]
) -> list[int]:
    quote, day = extract.book.currency, date.fromisoformat(entry.effective_date)
    rate = wishes.rates.rate(original, quote, day) if wishes.rates else None
    if rate is None:
        raise ExportRowRefusedError(
            format=wishes.mapping.format,
            seq=entry.seq,
            problem=f"there is no rate from {original} to {quote} for {day}",
        )
    return converted(amounts, base=original, quote=quote, rate=rate)


def _place(wishes: Wishes, path: str) -> tuple[str, str]:
    """Return the other program's account, and the creator where those are kept apart."""
    creator = creator_of(path) if wishes.mapping.options["by_creator"] else ""
    return wishes.mapping.account(path) or "", creator


def _journal(
    extract: Extract,
    wishes: Wishes,
    key: tuple[str, str],
    seq: int,
    text: str,
    moves: Sequence[tuple[tuple[str, str], int]],
) -> Journal:
    day, original = key
    lines = tuple(
        JournalLine(account, creator, amount, f"{creator} {text}" if creator else text)
        for (account, creator), amount in moves
        if amount
    )
    currency = extract.book.currency if wishes.functional else original
    return Journal(seq, date.fromisoformat(day), currency, original, text, lines)


def write_rows(
    parts: Parts,
    header: str,
    found: Iterator[tuple[Journal, list[Row]]],
    *,
    format: str,  # noqa: A002 - the field's word
    limit: int = 0,
) -> int:
    """Write journals as CSV rows and return how many rows there were.

    Args:
        limit: So many rows go into a file; a journal is never split. 0: any number.

    Raises:
        ExportTooLargeError: One journal is longer, or a second file has no place.
    """
    total, waiting = 0, next(found, None)
    is_first = True
    while is_first or waiting is not None:
        is_first, count = False, 0
        with as_text(parts.begin(format=format, limit=limit)) as out:
            out.write(header + "\r\n")
            put = csv.writer(out, lineterminator="\r\n").writerows
            while waiting is not None:
                journal, rows = waiting
                _require_room(journal, len(rows), format, limit)
                if limit and count + len(rows) > limit:
                    break
                put(rows)
                count += len(rows)
                waiting = next(found, None)
        total += count
    return total


def _require_room(journal: Journal, rows: int, name: str, limit: int) -> None:
    if limit and rows > limit:
        raise ExportTooLargeError(
            format=name,
            problem=f"the journal of {journal.day} in {journal.currency} alone has {rows} rows,"
            f" of at most {limit}",
        )


def numbered(
    extract: Extract, wishes: Wishes, row: Callable[[Journal, JournalLine], Row]
) -> Iterator[tuple[Journal, list[Row]]]:
    """Yield each journal with its rows."""
    for journal in journals(extract, wishes):
        yield journal, [row(journal, line) for line in journal.lines]
