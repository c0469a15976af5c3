"""What is edited behind the ledger's back is found and named: any byte, any column.

Beside ``test_ledger_verify``, which goes through edits one by one: here are the
checkpoints, every single byte, and what only a checkpoint kept outside shows.
"""

from collections import defaultdict
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from liveshop_sdk.affiliate.ledger import tables
from liveshop_sdk.affiliate.ledger.canonical import entry_bytes
from liveshop_sdk.affiliate.ledger.chain import Frontier, chain_hash, leaf_hash
from liveshop_sdk.affiliate.ledger.checkpoints.notes import SigningKey
from liveshop_sdk.affiliate.ledger.checkpoints.reading import noted_in
from liveshop_sdk.affiliate.ledger.checkpoints.service import Checkpoint, Checkpoints
from liveshop_sdk.affiliate.ledger.models import Book
from liveshop_sdk.affiliate.ledger.pages import BookReader
from liveshop_sdk.affiliate.ledger.service import Ledger
from liveshop_sdk.affiliate.ledger.verify import verify
from liveshop_sdk.db import Database, Transaction
from tests.contracts import ledger_support as support
from tests.contracts.ledger_support import drop_guards, opened, story, tampering

KEY = SigningKey(b"k" * 32)
LAST, SIGNED = len(story()), 6
# Which rows there are is another matter than what they hold: see the tests of moves.
KEYS = {"ls_ledger_entry": {"seq"}, "ls_ledger_posting": {"seq"}, "ls_ledger_book": {"id"}}


class Victim:
    """A book of eleven entries, signed at six, whose triggers are gone."""

    def __init__(self, db: Database) -> None:
        self.db, ledger = db, Ledger(support.clock())
        self.book: Book = opened(db, ledger)
        signer = Checkpoints(support.clock(), ledger, lambda tx: KEY)
        with db.transaction() as tx:
            ledger.post_many(tx, self.book, story()[:SIGNED])
            self.signed: Checkpoint = signer.sign(tx, self.book, anchors=["folder"])
            ledger.post_many(tx, self.book, story()[SIGNED:])
        self.noted = noted_in(self.signed.note, self.book, [KEY.public])
        drop_guards(db)


@pytest.fixture
def victim(db: Database) -> Victim:
    return Victim(db)


CHECKPOINT_EDITS = {
    "book_id": 77,
    "tree_size": 7,
    "root_hash": b"x" * 32,
    "chain_hash": b"x" * 32,
    "frontier": b"x" * 64,
    "note": "x",
    "anchors": "[]",
    "created_at": 1,
}


def test_an_edit_of_any_column_of_a_checkpoint_is_found(victim: Victim) -> None:
    assert set(CHECKPOINT_EDITS) == set(tables.checkpoint.c.keys())
    for column, value in CHECKPOINT_EDITS.items():
        with tampering(victim.db, undo=True) as tx:
            tx.execute(sa.update(tables.checkpoint).values({column: value}))
            report = verify(tx, victim.book, keys=[KEY.public])
        seq = {"tree_size": 7, "book_id": LAST + 1}.get(column, SIGNED)
        assert (report.ok, report.first_bad_seq) == (False, seq), column
        assert "checkpoint" in report.problem or column == "book_id"


def test_a_checkpoint_signed_by_somebody_else_is_found(victim: Victim) -> None:
    forged = SigningKey(b"f" * 32)
    with tampering(victim.db, undo=True) as tx:
        tx.execute(sa.delete(tables.checkpoint))
        ledger = Ledger(support.clock())
        Checkpoints(support.clock(), ledger, lambda _tx: forged).sign(tx, victim.book)
        report = verify(tx, victim.book, keys=[KEY.public])
        assert report.problem == "its checkpoint is signed with a key that is not known here"
        assert verify(tx, victim.book, keys=[KEY.public, forged.public]).ok


def _flipped(data: st.DataObject, value: Any) -> Any:
    """Return the value with one bit of one of its bytes the other way."""
    if isinstance(value, int):
        return value ^ (1 << data.draw(st.integers(0, 30)))
    assume(value)
    at, bit = data.draw(st.integers(0, len(value) - 1)), 1 << data.draw(st.integers(0, 6))
    if isinstance(value, bytes):
        return value[:at] + bytes([value[at] ^ bit]) + value[at + 1 :]
    letter = chr(ord(value[at]) ^ bit)
    assume(letter != "\x00")
    return value[:at] + letter + value[at + 1 :]


def _where(tx: Transaction, table: sa.Table, row: Any) -> int | None:
    """Return the entry that an edit of this row must be named by; None for any."""
    if table in {tables.entry, tables.posting}:
        return int(row["seq"])
    if table is tables.book:
        return 1
    if table is tables.account:
        first = sa.select(sa.func.min(tables.posting.c.seq)).filter_by(account_id=row["id"])
        return tx.execute(first).scalar_one()
    return None


def test_any_flipped_byte_of_any_column_is_named(victim: Victim) -> None:
    chosen = [
        (table, column)
        for table in support.JOURNAL
        for column in table.columns
        if column.name not in KEYS.get(table.name, ())
    ]

    stored: list[str] = []

    @settings(max_examples=120)
    @given(st.data())
    def flip(data: st.DataObject) -> None:
        table, column = data.draw(st.sampled_from(chosen))
        with victim.db.reading() as tx:
            query = sa.select(table).order_by(*table.primary_key)
            row = data.draw(st.sampled_from(tx.execute(query).mappings().all()))
            seq = _where(tx, table, row)
        assume(row[column.name] is not None)
        changed = {column.name: _flipped(data, row[column.name])}
        keys = {key.name: row[key.name] for key in table.primary_key}
        try:
            with tampering(victim.db, undo=True) as tx:
                tx.execute(sa.update(table).filter_by(**keys).values(changed))
                report = verify(tx, victim.book, keys=[KEY.public])
        except sa.exc.DBAPIError:
            return  # the database's own checks refused it
        stored.append(column.name)
        assert not report.ok, (table.name, changed)
        assert report.first_bad_seq is not None
        if seq is not None:
            assert report.first_bad_seq == seq, (table.name, changed, report.problem)

    flip()
    assert len(stored) > 40
    assert verify(victim.db, victim.book, keys=[KEY.public]).ok


def test_a_moved_posting_is_named(victim: Victim) -> None:
    for seq, to in ((3, 4), (9, 2)):
        with tampering(victim.db, undo=True) as tx:
            moved = sa.update(tables.posting).filter_by(seq=seq, line_no=2)
            tx.execute(moved.values(seq=to, line_no=3))
            report = verify(tx, victim.book)
        assert report.first_bad_seq == min(seq, to)


def test_a_posting_on_another_account_is_named(victim: Victim) -> None:
    with tampering(victim.db, undo=True) as tx:
        other = sa.select(tables.account.c.id).filter_by(path="creator:ana:pending")
        tx.execute(
            sa.update(tables.posting)
            .filter_by(seq=5, line_no=1)
            .values(account_id=other.scalar_subquery())
        )
        report = verify(tx, victim.book)
    assert (report.first_bad_seq, report.problem) == (5, "its content is not what was sealed")


def rewrite(tx: Transaction, book: Book, seq: int, factor: int) -> None:
    """Do what somebody with the code and the password can: make a book anew.

    Every amount of one entry is multiplied, and all that follows from it is
    computed again: balances, leaves, links, and the head.
    """
    found = [pair for page in BookReader(tx, book.id).pages(after=0, up_to=LAST) for pair in page]
    balances: dict[tuple[str, str], int] = defaultdict(int)
    frontier, chain = Frontier(), book.genesis_hash
    for entry, lines in found:
        made = []
        for line in lines:
            amount = line.amount * (factor if entry.seq == seq else 1)
            balances[line.account, line.currency] += amount
            after = balances[line.account, line.currency]
            made.append(line._replace(amount=amount, balance_after=after))
            tx.execute(
                sa.update(tables.posting)
                .filter_by(seq=line.seq, line_no=line.line_no)
                .values(amount=amount, balance_after=after)
            )
        leaf, previous = leaf_hash(entry_bytes(book.code, entry, made)), chain
        chain = chain_hash(book.code, previous, leaf)
        frontier.append(leaf)
        hashes = {"leaf_hash": leaf, "prev_hash": previous, "chain_hash": chain}
        tx.execute(sa.update(tables.entry).filter_by(seq=entry.seq).values(hashes))
    head = {"chain_hash": chain, "frontier": frontier.stored()}
    tx.execute(sa.update(tables.head).values(head))


def test_a_book_made_anew_is_found_by_a_checkpoint_outside_alone(victim: Victim) -> None:
    with tampering(victim.db, undo=True) as tx:
        rewrite(tx, victim.book, seq=2, factor=3)
        report = verify(tx, victim.book, keys=[KEY.public])
        assert (report.ok, report.first_bad_seq) == (False, SIGNED)
        tx.execute(sa.delete(tables.checkpoint))
        assert verify(tx, victim.book, keys=[KEY.public]).ok
        report = verify(tx, victim.book, noted=[victim.noted])
    assert (report.ok, report.first_bad_seq) == (False, SIGNED)
    assert report.problem == ("the book up to it is not the one of which a checkpoint was signed")


def test_what_came_after_the_checkpoint_is_not_proved_by_it(victim: Victim) -> None:
    """The limit of a checkpoint: it says nothing of entries that were posted later."""
    with tampering(victim.db, undo=True) as tx:
        rewrite(tx, victim.book, seq=LAST - 1, factor=2)
        assert verify(tx, victim.book, noted=[victim.noted], keys=[KEY.public]).ok


def test_a_cut_book_with_a_rewritten_head_is_found_by_a_checkpoint(victim: Victim) -> None:
    with tampering(victim.db, undo=True) as tx:
        seals = list(BookReader(tx, victim.book.id).seals(up_to=4))
        frontier = Frontier()
        for leaf, _chain in seals:
            frontier.append(leaf)
        for table in (tables.posting, tables.entry):
            tx.execute(sa.delete(table).where(table.c.seq > 4))
        head = {"seq": 4, "chain_hash": seals[-1][1], "frontier": frontier.stored()}
        at = sa.select(tables.entry.c.recorded_at).filter_by(seq=4)
        tx.execute(sa.update(tables.head).values(head | {"recorded_at": at.scalar_subquery()}))
        report = verify(tx, victim.book, keys=[KEY.public])
        assert (report.ok, report.first_bad_seq) == (False, 5)
        assert report.problem == f"it is missing: a checkpoint was signed at {SIGNED}"
        tx.execute(sa.delete(tables.checkpoint))
        assert verify(tx, victim.book, keys=[KEY.public]).ok
        assert verify(tx, victim.book, noted=[victim.noted]).first_bad_seq == 5


def test_a_book_cut_anywhere_before_a_checkpoint_is_found(victim: Victim) -> None:
    """Whoever cuts it makes the head fit what is left."""
    for last in range(SIGNED):
        with tampering(victim.db, undo=True) as tx:
            seals = list(BookReader(tx, victim.book.id).seals(up_to=last))
            frontier = Frontier()
            for leaf, _chain in seals:
                frontier.append(leaf)
            for table in (tables.posting, tables.entry):
                tx.execute(sa.delete(table).where(table.c.seq > last))
            chain = seals[-1][1] if seals else victim.book.genesis_hash
            head = {"seq": last, "chain_hash": chain, "frontier": frontier.stored()}
            tx.execute(sa.update(tables.head).values(head))
            report = verify(tx, victim.book, noted=[victim.noted])
            tx.execute(sa.delete(tables.checkpoint))
            outside = verify(tx, victim.book, noted=[victim.noted])
        for found in (report, outside):
            assert (found.ok, found.first_bad_seq) == (False, last + 1)
            assert found.problem.startswith("it is missing: "), found
