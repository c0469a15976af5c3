"""Where an export's bytes go: one file, or several where a target has a limit."""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import BinaryIO, TextIO

from liveshop_sdk.errors import ExportTooLargeError

_BLOCK = 1 << 20


class Parts:
    """The files of one export, each begun when the one before is full.

    Nobody sees them before all are whole: whoever made them moves them into place.
    """

    def __init__(self, make: Callable[[], BinaryIO], *, only_one: bool = False) -> None:
        """Make each file, readable and seekable, with `make`.

        Args:
            only_one: The bytes go to where there is no second file.
        """
        self._make, self._only_one = make, only_one
        self.files: list[BinaryIO] = []

    def begin(self, *, format: str, limit: int = 0) -> BinaryIO:  # noqa: A002
        """Return the next file to write to.

        Raises:
            ExportTooLargeError: A second one is needed and there can be only one.
        """
        if self.files and self._only_one:
            problem = f"more than {limit} rows do not fit into one file"
            raise ExportTooLargeError(format=format, problem=problem)
        self.files.append(self._make())
        return self.files[-1]

    def digests(self) -> tuple[str, list[str]]:
        """Return the SHA-256 of all bytes in order, and that of each file."""
        whole, each = sha256(), []
        for file in self.files:
            one = sha256()
            for block in blocks(file):
                whole.update(block)
                one.update(block)
            each.append(one.hexdigest())
        return whole.hexdigest(), each


def blocks(file: BinaryIO) -> Iterator[bytes]:
    """Yield a file from its beginning, in blocks."""
    file.seek(0)
    while block := file.read(_BLOCK):
        yield block


@contextmanager
def as_text(file: BinaryIO) -> Iterator[TextIO]:
    """Lend a file as UTF-8 text with the very line ends that are written."""
    text = io.TextIOWrapper(file, encoding="utf-8", newline="")
    try:
        yield text
    finally:
        text.detach()
