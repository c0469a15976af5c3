"""A book is signed as it stands, once a size, and compared with what was signed."""

from base64 import b64encode
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from liveshop_sdk.affiliate.ledger import tables
from liveshop_sdk.affiliate.ledger.checkpoints import files
from liveshop_sdk.affiliate.ledger.checkpoints.notes import SigningKey, origin_of, public_text
from liveshop_sdk.affiliate.ledger.checkpoints.reading import noted_in, read_statement
from liveshop_sdk.affiliate.ledger.checkpoints.service import Checkpoint, Checkpoints
from liveshop_sdk.affiliate.ledger.models import Book
from liveshop_sdk.affiliate.ledger.service import Ledger
from liveshop_sdk.affiliate.ledger.verify import VerifyReport, verify
from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.errors import (
    BookUnknownError,
    CheckpointFileDiffersError,
    CheckpointFileUnwritableError,
    CheckpointInvalidError,
    CheckpointKeyMissingError,
    CheckpointUnknownError,
    LedgerTamperedError,
)
from liveshop_sdk.money import Rate
from liveshop_sdk.settings import Settings
from liveshop_sdk.shop.checkpoint_keys import CheckpointKeys
from liveshop_sdk.testing import sandbox_shop
from tests.contracts import ledger_support as support
from tests.contracts.ledger_support import drop_guards, opened, story, tampering
from tests.contracts.shop_support import START, Shop, sale

KEY, OTHER = SigningKey(b"k" * 32), SigningKey(b"o" * 32)
LAST = len(story())


def test_the_keys_of_a_shop_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[CheckpointKeys] = []
    read = CheckpointKeys.__init__

    def note(keys: CheckpointKeys, settings: Settings) -> None:
        made.append(keys)
        read(keys, settings)

    monkeypatch.setattr(CheckpointKeys, "__init__", note)
    sandbox_shop()
    assert len(made) == 1


class Desk:
    """A book, and what signs it."""

    def __init__(self, db: Database) -> None:
        self.db, self.clock = db, support.clock()
        self.ledger = Ledger(self.clock)
        self.book: Book = opened(db, self.ledger)
        self.signer = Checkpoints(self.clock, self.ledger, lambda tx: KEY)

    def post(self, first: int = 0, last: int = LAST) -> None:
        with self.db.transaction() as tx:
            self.ledger.post_many(tx, self.book, story()[first:last])

    def sign(self) -> Checkpoint:
        with self.db.transaction() as tx:
            return self.signer.sign(tx, self.book, anchors=["folder"])

    def verify(self, *notes: str, start: str | None = None) -> VerifyReport:
        keys = [KEY.public]
        noted = [noted_in(note, self.book, keys) for note in notes]
        begin = noted_in(start, self.book, keys) if start else None
        return verify(self.db, self.book, noted=noted, keys=keys, start=begin)


@pytest.fixture
def desk(db: Database) -> Desk:
    return Desk(db)


def test_a_book_is_signed_as_it_stands(desk: Desk) -> None:
    desk.post(0, 4)
    signed = desk.sign()
    with desk.db.reading() as tx:
        head = desk.ledger.head(tx, desk.book)
        assert desk.signer.latest(tx, desk.book) == signed
        assert desk.signer.all(tx, desk.book) == [signed]
    said = read_statement(signed.note, desk.book, [KEY.public])
    assert (signed.size, signed.root_hash, signed.chain_hash) == (
        4,
        head.root_hash,
        head.chain_hash,
    )
    assert (said.size, said.root.hex(), said.chain.hex()) == (4, head.root_hash, head.chain_hash)
    assert said.origin == origin_of("main", desk.book.genesis_hash)
    assert (signed.anchors, signed.created_at) == (("folder",), support.START)


def test_the_same_size_is_the_same_note(desk: Desk) -> None:
    desk.post(0, 4)
    signed = desk.sign()
    desk.clock.advance(timedelta(days=3))
    assert desk.sign() == signed
    assert support.counts(desk.db)[-1] == 1
    desk.post(4)
    later = desk.sign()
    assert (later.size, support.counts(desk.db)[-1]) == (LAST, 2)
    with desk.db.reading() as tx:
        assert desk.signer.latest(tx, desk.book, up_to=LAST - 1) == signed


def test_an_empty_book_can_be_signed(desk: Desk) -> None:
    signed = desk.sign()
    assert (signed.size, signed.chain_hash) == (0, desk.book.genesis_hash.hex())
    desk.post()
    assert desk.verify(signed.note, start=signed.note).ok


def test_a_book_that_does_not_extend_the_last_one_is_not_signed(desk: Desk) -> None:
    desk.post(0, 4)
    desk.sign()
    desk.post(4)
    drop_guards(desk.db)
    before = support.counts(desk.db)
    for table, changed, where in (
        (tables.entry, {"leaf_hash": b"x" * 32}, {"seq": 6}),
        (tables.head, {"chain_hash": b"x" * 32}, {}),
        (tables.head, {"seq": 3, "frontier": b"x" * 64}, {}),
        (tables.checkpoint, {"frontier": b"x" * 32}, {}),
    ):
        with tampering(desk.db, undo=True) as tx:
            tx.execute(sa.update(table).filter_by(**where).values(**changed))
            with pytest.raises(LedgerTamperedError):
                desk.signer.sign(tx, desk.book)
    assert support.counts(desk.db) == before
    assert desk.sign().size == LAST


def test_checkpoints_are_never_changed(desk: Desk) -> None:
    desk.post(0, 4)
    desk.sign()
    for statement in (
        "UPDATE ls_ledger_checkpoint SET note = 'x'",
        "DELETE FROM ls_ledger_checkpoint",
    ):
        with (
            support.stranger(desk.db) as run,
            pytest.raises(Exception, match=r"append-only|refuses"),
        ):
            run(statement)
    assert support.counts(desk.db)[-1] == 1


def test_every_stored_checkpoint_is_compared(desk: Desk) -> None:
    desk.post(0, 4)
    first = desk.sign()
    desk.post(4)
    second = desk.sign()
    report = desk.verify(first.note, second.note)
    assert (report.ok, report.entries, report.checkpoints, report.after) == (True, LAST, 2, 0)
    assert verify(desk.db, desk.book).ok  # without a key no signature is looked at
    assert not verify(desk.db, desk.book, keys=[OTHER.public]).ok


def test_a_shorter_book_is_refused(desk: Desk) -> None:
    desk.post()
    signed = desk.sign()
    drop_guards(desk.db)
    with tampering(desk.db) as tx:
        tx.execute(sa.delete(tables.checkpoint))
        tx.execute(sa.delete(tables.posting).where(tables.posting.c.seq > 4))
        tx.execute(sa.delete(tables.entry).where(tables.entry.c.seq > 4))
    report = desk.verify(signed.note)
    assert (report.ok, report.first_bad_seq) == (False, 5)


def test_verification_begins_behind_a_checkpoint(desk: Desk) -> None:
    desk.post(0, 4)
    signed = desk.sign()
    desk.post(4)
    whole, part = desk.verify(), desk.verify(start=signed.note)
    assert part == replace(whole, after=4)
    drop_guards(desk.db)
    with tampering(desk.db, undo=True) as tx:  # said to be not looked at
        tx.execute(sa.update(tables.entry).filter_by(seq=2).values(reason="x"))
        begin = noted_in(signed.note, desk.book, [KEY.public])
        assert verify(tx, desk.book, start=begin).ok
        assert verify(tx, desk.book).first_bad_seq == 2
        tx.execute(sa.update(tables.posting).filter_by(seq=5, line_no=1).values(memo="x"))
        assert verify(tx, desk.book, start=begin).first_bad_seq == 5
    with tampering(desk.db, undo=True) as tx:  # the checkpoint gone: its leaves are folded again
        tx.execute(sa.delete(tables.checkpoint))
        assert verify(tx, desk.book, start=begin).ok
        tx.execute(sa.update(tables.entry).filter_by(seq=2).values(leaf_hash=b"x" * 32))
        assert verify(tx, desk.book, start=begin).first_bad_seq == 4
    with tampering(desk.db, undo=True) as tx:
        tx.execute(sa.delete(tables.entry).where(tables.entry.c.seq >= 4))
        assert verify(tx, desk.book, start=begin).first_bad_seq == 4
    older = replace(begin, seq=2, chain=None)
    report = verify(desk.db, desk.book, start=begin, noted=[older])
    assert (report.ok, report.first_bad_seq) == (False, 2)


def test_progress_is_told(desk: Desk) -> None:
    desk.post()
    told: list[tuple[int, int]] = []
    verify(desk.db, desk.book, page_size=4, progress=lambda *now: told.append(now))
    assert told == [(4, LAST), (8, LAST), (LAST, LAST)]


def test_a_file_is_written_whole_and_never_over_another(desk: Desk, tmp_path: Path) -> None:
    desk.post(0, 4)
    signed = desk.sign()
    path = tmp_path / files.name_of(signed)
    assert path.name == "main-000000000004.checkpoint"
    assert files.write(signed, path)
    assert not files.write(signed, path)
    assert path.read_text() == signed.note
    path.write_text("another")
    with pytest.raises(CheckpointFileDiffersError) as caught:
        files.write(signed, path)
    assert str(tmp_path) not in str(caught.value)
    assert path.read_text() == "another"
    assert [each.name for each in tmp_path.iterdir()] == [path.name]
    with pytest.raises(CheckpointFileUnwritableError):
        files.write(signed, tmp_path / "absent" / "x.checkpoint")


# --- through a shop


@pytest.fixture
def shop(db: Database, clock: ManualClock, tmp_path: Path) -> Shop:
    shop = Shop(db, clock, settings={"LIVESHOP_CHECKPOINT_DIR": str(tmp_path)})
    shop.stock()
    shop.coupon()
    shop.record(sale("o1", codes=("MIKA20",)))
    return shop


def test_a_sandbox_makes_its_own_key_once(shop: Shop, tmp_path: Path) -> None:
    proofs = shop.live.proofs
    assert proofs.public_keys() == []
    before = shop.counts()
    assert (proofs.can_sign, shop.counts()) == (True, before)
    signed = proofs.checkpoint()
    [key] = proofs.public_keys()
    assert proofs.checkpoint(output=tmp_path / "mine.txt") == signed
    assert proofs.public_keys() == [key]
    assert {each.name for each in tmp_path.iterdir()} == {
        "main-000000000001.checkpoint",
        "mine.txt",
    }
    assert shop.live.ledger.verify(checkpoints=[signed.note], keys=[key]).ok
    assert shop.live.proofs.checkpoints() == [signed]


def test_what_a_close_signed_is_taken_outside_with_the_next_one(shop: Shop, tmp_path: Path) -> None:
    with shop.db.transaction() as tx:
        book = shop.live.ledger.book_of(tx)
        shop.live._rooms.checkpoints.sign(tx, book)
    shop.record(sale("o2", codes=("MIKA20",)))
    shop.live.proofs.checkpoint()
    assert sorted(each.name for each in tmp_path.iterdir()) == [
        "main-000000000001.checkpoint",
        "main-000000000002.checkpoint",
    ]


def test_without_a_key_nothing_is_signed(shop: Shop, clock: ManualClock) -> None:
    settings = {
        "LIVESHOP_PLATFORM": "stripe",
        "LIVESHOP_STRIPE_API_KEY": "sk_test_x",
        "LIVESHOP_STRIPE_WEBHOOK_SECRETS": "whsec_x",
    }
    live = Shop(shop.db, clock, settings=settings).live
    before = shop.counts()
    with pytest.raises(CheckpointKeyMissingError):
        live.proofs.checkpoint()
    assert (live.proofs.daily(), live.proofs.can_sign) == ([], False)
    assert live.ledger.verify().ok
    assert shop.counts() == before
    seed = b64encode(b"k" * 32).decode()
    more = {**settings, "LIVESHOP_CHECKPOINT_KEY": f"{b64encode(b'o' * 32).decode()},{seed}"}
    ready = Shop(shop.db, clock, settings=more).live
    assert ready.proofs.public_keys() == [public_text(OTHER.public), public_text(KEY.public)]
    assert ready.proofs.checkpoint().size == 1
    assert seed not in repr(ready.settings)
    assert ready.ledger.verify().ok
    assert live.ledger.verify(keys=[public_text(OTHER.public)]).problem == (
        "its checkpoint is signed with a key that is not known here"
    )


def test_the_worker_signs_once_a_day_what_went_on(shop: Shop) -> None:
    daily = shop.live.proofs.daily
    assert [one.size for one in daily()] == [1]
    shop.record(sale("o2", codes=("MIKA20",)))
    for hours, sizes in ((1, []), (24, [2]), (24, []), (24, [])):
        shop.clock.advance(timedelta(hours=hours))
        assert [one.size for one in daily()] == sizes
    assert len(shop.live.proofs.checkpoints()) == 2


def test_notes_and_sizes_of_no_use_are_refused(shop: Shop) -> None:
    ledger, proofs = shop.live.ledger, shop.live.proofs
    signed = proofs.checkpoint()
    shop.live.brands.add("acme", currency="USD")
    shop.live.creators.add("ben", rate=Rate.percent("5"), brand="acme")
    other = proofs.checkpoint(brand="acme")
    with pytest.raises(CheckpointInvalidError, match="another book"):
        ledger.verify(brand="main", checkpoints=[other.note])
    with pytest.raises(CheckpointInvalidError, match="signature is wrong"):
        ledger.verify(brand="main", checkpoints=[signed.note.replace("\n1\n", "\n2\n")])
    with pytest.raises(CheckpointInvalidError, match="public key"):
        ledger.verify(brand="main", keys=["x"])
    with pytest.raises(CheckpointUnknownError) as caught:
        ledger.verify(brand="main", start=7)
    assert caught.value.last == 1
    shop.live.brands.add("zed", currency="USD")
    for call in (
        lambda: ledger.verify(brand="zed", start=1),
        lambda: proofs.checkpoint(brand="zed"),
    ):
        with pytest.raises(BookUnknownError):
            call()
    report = ledger.verify(brand="main", start=1)
    assert (report.ok, report.after, START) == (True, 1, shop.clock.now())
