"""Rows that no reader of a book comes by, and that could still be counted.

A book is read from entry 1 to its head. What stands before, behind or between
them, or under a book nobody opened, is looked for here.
"""

from collections.abc import Iterator

from liveshop_sdk.affiliate.ledger.pages import reading, rows
from liveshop_sdk.db import Database, Transaction

Fault = tuple[int | None, str]
"""A number, None where there is none to name, and what is wrong."""

# Reading shows that every number from 1 to the head has its entry; SQLite keeps
# numbers in between as well.
_OUTSIDE = (
    "SELECT min(t.seq) FROM {table} t WHERE t.book_id = ? AND (t.seq < 1 OR t.seq >"
    " (SELECT h.seq FROM ls_ledger_head h WHERE h.book_id = ?)"
    " OR t.seq <> CAST(t.seq AS BIGINT))"
)
# Goes from one book to the next along the key, however many rows each has.
_BOOKS_OF = (
    "WITH RECURSIVE known(id) AS (SELECT min(book_id) FROM {table} UNION ALL"
    " SELECT (SELECT min(t.book_id) FROM {table} t WHERE t.book_id > known.id)"
    " FROM known WHERE known.id IS NOT NULL)"
    " SELECT known.id FROM known WHERE known.id IS NOT NULL"
    " AND NOT EXISTS (SELECT 1 FROM ls_ledger_book b WHERE b.id = known.id)"
)
_ROWS_OF = "SELECT count(*), {number} FROM {table} WHERE book_id = ?"
_NUMBERS = {
    "ls_ledger_entry": "min(seq)",
    "ls_ledger_posting": "min(seq)",
    "ls_ledger_account": "NULL",
    "ls_ledger_head": "NULL",
    "ls_ledger_checkpoint": "NULL",
}


def strays(source: Database | Transaction, book_id: int | None) -> Iterator[Fault]:
    """Yield what stands where no entry of a book is, or under no book at all.

    Args:
        book_id: The book to look at; None looks for rows of no book only.
    """
    with reading(source) as tx:
        if book_id is not None:
            for table, problem in (
                ("ls_ledger_posting", "there are postings without an entry"),
                ("ls_ledger_entry", "it stands outside of the book"),
            ):
                [(seq,)] = rows(tx, _OUTSIDE.format(table=table), book_id, book_id)
                if seq is not None:
                    yield _number(seq), problem
        count, numbers = 0, []
        for table, number in _NUMBERS.items():
            for (unknown,) in rows(tx, _BOOKS_OF.format(table=table)):
                query = _ROWS_OF.format(table=table, number=number)
                [(found, seq)] = rows(tx, query, unknown)
                count += found
                numbers += [seq] if _number(seq) is not None else []
    if count:
        yield min(numbers, default=None), f"{count} rows of the ledger are of no book"


def _number(value: object) -> int | None:
    return value if isinstance(value, int) else None  # SQLite keeps any type anywhere
