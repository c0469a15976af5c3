"""``shop.proofs``: checkpoints, proofs, bundles and replays of a book."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TextIO

from liveshop_sdk.affiliate.ledger import documents
from liveshop_sdk.affiliate.ledger.bundle import write_bundle
from liveshop_sdk.affiliate.ledger.checkpoints import files
from liveshop_sdk.affiliate.ledger.checkpoints.notes import public_text
from liveshop_sdk.affiliate.ledger.checkpoints.service import Checkpoint
from liveshop_sdk.affiliate.ledger.numbers import parse_seq
from liveshop_sdk.affiliate.replay import Replay, ReplayReport
from liveshop_sdk.clock import Clock
from liveshop_sdk.db import Database, migrate
from liveshop_sdk.errors import LiveShopError, ReplayTargetError
from liveshop_sdk.facts import Json
from liveshop_sdk.shop.checkpoint_keys import CheckpointKeys
from liveshop_sdk.shop.finance import Finance
from liveshop_sdk.shop.rooms import Rooms

DAILY = timedelta(days=1)
_LOOK_AGAIN = timedelta(minutes=10)
_log = logging.getLogger("liveshop.shop")


class Proofs:
    """Shows what a book was, to people who need not trust this database."""

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        finance: Finance,
        rooms: Rooms,
        keys: CheckpointKeys,
        folder: str | None,
    ) -> None:
        """Keep what signing and proving need.

        Args:
            folder: Where every checkpoint is written as well, outside the database.
        """
        self._db, self._clock, self._finance, self._keys = db, clock, finance, keys
        self._ledger, self._checkpoints = rooms.ledger, rooms.checkpoints
        self._folder = Path(folder) if folder else None
        self._next_look: datetime | None = None

    # --- checkpoints

    def checkpoint(self, *, brand: str | None = None, output: Path | None = None) -> Checkpoint:
        """Sign a book as it stands; at the same size, return what was signed.

        Args:
            output: A file to write the note to, beside the folder of the settings.

        Raises:
            BookUnknownError: The brand's book was not opened yet.
            CheckpointKeyMissingError: There is no key to sign with.
            LedgerTamperedError: The book does not extend its last checkpoint.
            CheckpointFileDiffersError: A file holds another checkpoint.

        Effects: at most one row and one file each; a repeat writes what is missing.
        """
        anchors = [files.FOLDER] if self._folder else []
        with self._db.transaction() as tx:
            book = self._finance.book_of(tx, brand)
            signed = self._checkpoints.sign(tx, book, anchors=anchors)
            known = self._checkpoints.all(tx, book) if self._folder else []
        if self._folder is not None:
            for one in known:  # also those that a close or an export signed
                files.write(one, self._folder / files.name_of(one))
        if output is not None:
            files.write(signed, output)
        return signed

    def sign_if_ready(self, brand: str | None = None) -> Checkpoint | None:
        """Sign a book if there is a key to sign with: what a close and an export do."""
        return self.checkpoint(brand=brand) if self._keys.is_ready else None

    def checkpoints(self, *, brand: str | None = None) -> list[Checkpoint]:
        """Return every checkpoint of a book, by size."""
        with self._db.reading() as tx:
            return self._checkpoints.all(tx, self._finance.book_of(tx, brand))

    def daily(self) -> list[Checkpoint]:
        """Sign each book that went on since a checkpoint of a day ago or more.

        For workers: cheap to call often, silent where no key is set, and a
        failure is logged, since work must go on.
        """
        now = self._clock.now()
        if not self._keys.is_ready or (self._next_look and now < self._next_look):
            return []
        self._next_look = now + _LOOK_AGAIN
        signed = []
        for code in self._finance.books():
            try:
                if self._is_due(code):
                    signed.append(self.checkpoint(brand=code))
            except LiveShopError as error:
                _log.warning("no checkpoint of %s: %s", code, error.code)
        return signed

    def _is_due(self, code: str) -> bool:
        with self._db.reading() as tx:
            if code not in self._ledger.books(tx):
                return False
            book = self._ledger.book(tx, code)
            last = self._checkpoints.latest(tx, book)
            seq = self._ledger.head(tx, book).seq
        if last is None:
            return seq > 0
        return seq != last.size and self._clock.now() - last.created_at >= DAILY

    def public_keys(self) -> list[str]:
        """Return the public half of every key that signs checkpoints, oldest first."""
        with self._db.reading() as tx:
            return [public_text(key) for key in self._keys.public(tx)]

    @property
    def can_sign(self) -> bool:
        """Tell whether a checkpoint could be signed now."""
        return self._keys.is_ready

    # --- proofs

    def inclusion(
        self, seqs: Sequence[int], *, brand: str | None = None, size: int | None = None
    ) -> list[dict[str, Json]]:
        """Return the proof that each of these entries is in the book.

        Args:
            size: Of the book they are proved to be in; by default that of the
                newest checkpoint, if it holds all of them, else of the book now.

        Raises:
            SeqUnknownError: No such entry, or none among the first `size`.
        """
        seqs = [parse_seq(seq) for seq in seqs]
        with self._db.reading() as tx:
            book = self._finance.book_of(tx, brand)
            last = self._checkpoints.latest(tx, book)
            if size is not None:
                parse_seq(size)
            else:
                covers = last is not None and last.size >= max(seqs, default=0)
                size = last.size if last and covers else self._ledger.head(tx, book).seq
            found = self._checkpoints.latest(tx, book, up_to=size)
        note = found.note if found and found.size == size else None
        return documents.inclusion(self._db, book, seqs, size=size, checkpoint=note)

    def consistency(
        self, old: int, size: int | None = None, *, brand: str | None = None
    ) -> dict[str, Json]:
        """Return the proof that a book extends what it was at entry `old`.

        Args:
            size: The longer book; by default the book now.

        Raises:
            SeqUnknownError: The book does not go that far.
        """
        with self._db.reading() as tx:
            book = self._finance.book_of(tx, brand)
            size = self._ledger.head(tx, book).seq if size is None else parse_seq(size)
            notes = {one.size: one.note for one in self._checkpoints.all(tx, book)}
        return documents.consistency(
            self._db,
            book,
            old=parse_seq(old),
            size=size,
            old_checkpoint=notes.get(old),
            checkpoint=notes.get(size),
        )

    def bundle(
        self,
        out: TextIO,
        *,
        brand: str | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> int:
        """Write a whole book for the stand-alone verifier; returns its entries.

        Args:
            out: Opened with ``newline=""`` and UTF-8.
        """
        with self._db.reading() as tx:
            book = self._finance.book_of(tx, brand)
            keys = self._keys.public(tx)
        return write_bundle(self._db, self._ledger, book, out, keys=keys, progress=progress)

    def replay(
        self,
        *,
        brand: str | None = None,
        into: str | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> ReplayReport:
        """Post a book once more from its facts, and compare it with the first.

        Args:
            into: The URL of an empty database to keep the new book in; by
                default a file that is gone afterwards.

        Raises:
            ReplayTargetError: That database is not empty.

        Effects: none here; the other database is filled.
        """
        with self._db.reading() as tx:
            book = self._finance.book_of(tx, brand)
        with TemporaryDirectory(prefix="liveshop-replay-") as folder:
            target = Database.connect(into or f"sqlite:///{Path(folder) / 'replay.db'}")
            try:
                if migrate.current(target) is not None:
                    raise ReplayTargetError(problem="this one holds a shop already")
                migrate.upgrade(target)
                return Replay(self._db, target, book).run(progress)
            finally:
                target.dispose()
