"""Eight processes write to one SQLite file while others read: they wait, and nobody fails."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa

from liveshop_sdk.db import Database
from tests.flows.kill_support import Tell, in_child
from tests.scale import IS_LONG

WRITERS = 8
WRITES = 1_000 if IS_LONG else 50
READS_FOR = 0.3
MOST_SECONDS = 10.0

note = sa.Table("note", sa.MetaData(), sa.Column("n", sa.Integer), sa.Column("by", sa.Integer))


def test_no_writer_is_turned_away_and_no_write_is_lost(tmp_path: Path) -> None:
    db = Database.connect(f"sqlite:///{tmp_path / 'busy.db'}")
    with db.transaction() as tx:
        note.metadata.create_all(tx)
        tx.execute(note.insert().values(n=0, by=0))
    db.dispose()

    def write(by: int) -> None:
        longest = 0.0
        for _ in range(WRITES):
            asked = time.monotonic()
            with db.transaction() as tx:
                waited = time.monotonic() - asked
                found = tx.scalar(sa.select(note.c.n))
                tx.execute(note.update().values(n=int(found or 0) + 1, by=by))
            longest = max(longest, waited)
        assert longest < MOST_SECONDS, f"a turn came after {longest:.1f} s"

    def read(_: int) -> None:
        for _turn in range(3):
            with db.reading() as tx:
                seen = tx.scalar(sa.select(note.c.n))
                time.sleep(READS_FOR)
                assert tx.scalar(sa.select(note.c.n)) == seen
            time.sleep(0.1)

    children = [_started(write, number) for number in range(WRITERS)]
    children.append(_started(read, 0))
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * (WRITERS + 1)
    with db.reading() as tx:
        assert tx.scalar(sa.select(note.c.n)) == WRITERS * WRITES
    db.dispose()


def _started(work: Callable[[int], None], number: int) -> int:
    """Fork a child that works under `in_child`, so that what it says is not lost."""
    child = os.fork()
    if child:
        return child

    def told(_tell: Tell) -> None:
        work(number)

    try:
        in_child(told)
    except BaseException as error:
        os.write(2, f"{error}\n".encode())
        os._exit(1)
    os._exit(0)
