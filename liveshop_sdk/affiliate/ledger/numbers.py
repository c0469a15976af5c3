"""Numbers of entries as people give them."""

from liveshop_sdk.errors import RecordInvalidError

_BEYOND = 2**62
"""More than any book has, and more than a database counts."""


def parse_seq(seq: object) -> int:
    """Return the number of an entry, whether a book goes that far or not.

    Raises:
        RecordInvalidError: It is no whole number a book can count to; True is none.
    """
    if type(seq) is not int or abs(seq) >= _BEYOND:
        problem = f"an entry {str(seq)[:20]!r}"
        raise RecordInvalidError(kind="book", problem=problem, expected="its whole number")
    return seq
