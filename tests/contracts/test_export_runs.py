"""Each export is recorded: a series never overlaps, a repeat has the same bytes."""

import io
import threading
from hashlib import sha256
from pathlib import Path

import pytest

from liveshop_sdk.affiliate.exports import tables
from liveshop_sdk.affiliate.exports.mapping import Mapping
from liveshop_sdk.affiliate.exports.runs import ExportRun
from liveshop_sdk.affiliate.exports.service import ExportRequest
from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.errors import (
    AccountUnmappedError,
    ExportDiffersError,
    ExportOverlapError,
    ExportRunUnknownError,
    ExportTooLargeError,
    LiveShopError,
)
from liveshop_sdk.shop.exports import Exported
from tests import databases
from tests.contracts.exports_support import Desk
from tests.contracts.ledger_support import drop_guards, tampering
from tests.contracts.random_books import RandomBook
from tests.contracts.shop_support import Shop, sale

Asked = dict[str, object]


@pytest.fixture
def shop(db: Database, clock: ManualClock) -> Shop:
    shop = Shop(db, clock)
    shop.stock()
    shop.coupon()
    return shop


def sell(shop: Shop, *names: str) -> None:
    for name in names:
        shop.record(sale(name, codes=("MIKA20",)))


def save(shop: Shop, path: Path, name: str, **asked: object) -> Exported:
    return shop.live.exports.save(path, ExportRequest(format=name, **asked))  # type: ignore[arg-type]


def ranges(shop: Shop, name: str) -> list[tuple[int, int]]:
    runs = shop.live.exports.runs(format=name)
    return [(run.scope.from_seq, run.scope.to_seq) for run in runs if run.repeats is None]


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.suffix != ".db")


def test_a_run_records_what_was_written(shop: Shop, tmp_path: Path) -> None:
    sell(shop, "o1", "o2")
    made = save(shop, tmp_path / "out.csv", "csv", by="u1")
    digest = sha256((tmp_path / "out.csv").read_bytes()).hexdigest()
    (run,) = shop.live.exports.runs()
    assert made.run == run
    assert run == ExportRun(
        id=run.id,
        format="csv",
        mapping_version="1",
        scope=run.scope,
        rows=4,
        sha256=digest,
        is_in_series=False,
        repeats=None,
        created_by="u1",
        created_at=shop.clock.now(),
    )
    assert (tuple(run.scope), run.id[:4]) == ((1, 2, ""), "exp_")
    assert made.files == ((str(tmp_path / "out.csv"), digest),)
    assert made.root_hash == shop.live.ledger.head().root_hash


@pytest.mark.parametrize("name", ["csv", "qbo", "xero", "netsuite", "hledger", "parquet"])
def test_a_series_is_the_journal_without_gap_or_overlap(
    shop: Shop, tmp_path: Path, name: str
) -> None:
    for number in range(3):
        sell(shop, f"a{number}", f"b{number}")
        save(shop, tmp_path / f"{number}", name, new=True)
    assert ranges(shop, name) == [(1, 2), (3, 4), (5, 6)]
    nothing = save(shop, tmp_path / "no", name, new=True)
    assert (nothing.run, nothing.rows) == (None, 0)
    assert ranges(shop, name) == [(1, 2), (3, 4), (5, 6)]


@pytest.mark.parametrize("asked", [{}, {"from_seq": 2}, {"period": "2026-10"}, {"detail": True}])
def test_what_is_booked_elsewhere_is_not_handed_out_twice(
    shop: Shop, tmp_path: Path, asked: Asked
) -> None:
    sell(shop, "o1", "o2")
    save(shop, tmp_path / "one", "xero", new=True)
    sell(shop, "o3")
    before = shop.counts()
    with pytest.raises(ExportOverlapError) as caught:
        save(shop, tmp_path / "two", "xero", **asked)
    assert (caught.value.from_seq, caught.value.to_seq, caught.value.next_seq) == (1, 2, 3)
    assert files(tmp_path) == ["one"]
    assert shop.counts() == before
    save(shop, tmp_path / "two", "xero", from_seq=3)
    with pytest.raises(ExportOverlapError) as caught:
        save(shop, tmp_path / "all", "xero", **asked)
    assert caught.value.next_seq == 4
    save(shop, tmp_path / "other", "netsuite")


@pytest.mark.parametrize("period", [None, "2026-10"])
def test_a_series_holds_what_was_looked_at_before(
    shop: Shop, tmp_path: Path, period: str | None
) -> None:
    """The same export outside of the series is no reason to hand it out twice."""
    sell(shop, "o1", "o2")
    looked = save(shop, tmp_path / "looked", "csv", period=period)
    first = save(shop, tmp_path / "first", "csv", period=period, new=True)
    assert looked.run is not None
    assert first.run is not None
    assert (first.run.is_in_series, first.run.repeats) == (True, looked.run.id)
    sell(shop, "o3")
    other = None if period else "2026-10"
    if other:
        save(shop, tmp_path / "next", "csv", new=True)
    before = shop.counts()
    with pytest.raises(ExportOverlapError) as caught:
        save(shop, tmp_path / "twice", "csv", period=other, new=True)
    assert (caught.value.from_seq, caught.value.next_seq) == (1, 4 if other else 3)
    assert shop.counts() == before
    assert not (tmp_path / "twice").exists()


def test_two_months_have_no_entry_in_common(shop: Shop, tmp_path: Path) -> None:
    sell(shop, "o1", "o2")
    for period in ("2026-10", "2026-11"):
        save(shop, tmp_path / period, "xero", period=period)
    with pytest.raises(ExportOverlapError):
        save(shop, tmp_path / "again", "xero", period="2026-10")


@pytest.mark.parametrize("name", ["csv", "xlsx", "parquet", "xero", "beancount"])
def test_a_repeat_has_the_same_bytes_and_says_so(shop: Shop, tmp_path: Path, name: str) -> None:
    sell(shop, "o1", "o2")
    first = save(shop, tmp_path / "first", name, new=True)
    sell(shop, "o3")
    shop.clock.set(shop.clock.now().replace(year=2027))
    again = save(shop, tmp_path / "again", name, again=True)
    assert (tmp_path / "again").read_bytes() == (tmp_path / "first").read_bytes()
    assert again.sha256 == first.sha256
    assert first.run is not None
    assert again.run is not None
    assert again.run.repeats == first.run.id
    assert ranges(shop, name) == [(1, 2)]
    save(shop, tmp_path / "next", name, new=True)
    assert ranges(shop, name) == [(1, 2), (3, 3)]


def test_a_repeat_of_what_never_was_is_refused(shop: Shop, tmp_path: Path) -> None:
    sell(shop, "o1", "o2")
    for asked in ({}, {"to_seq": 1}):
        with pytest.raises(ExportRunUnknownError):
            save(shop, tmp_path / "x", "xero", again=True, **asked)
    save(shop, tmp_path / "one", "xero")
    with pytest.raises(ExportRunUnknownError):
        save(shop, tmp_path / "x", "xero", again=True, detail=True)
    with pytest.raises(ExportRunUnknownError):
        save(shop, tmp_path / "x", "xero", again=True, to_seq=1)
    assert files(tmp_path) == ["one"]


def test_a_refused_repeat_signs_nothing(shop: Shop, db: Database, tmp_path: Path) -> None:
    sell(shop, "o1")
    save(shop, tmp_path / "one", "csv", to_seq=1)
    sell(shop, "o2")
    drop_guards(db)
    with tampering(db) as tx:
        tx.exec_driver_sql("UPDATE ls_ledger_posting SET amount = amount * 2 WHERE seq = 1")
    before, signed = shop.counts(), shop.live.proofs.checkpoints()
    with pytest.raises(ExportDiffersError):
        save(shop, tmp_path / "two", "csv", again=True)
    assert (shop.counts(), shop.live.proofs.checkpoints()) == (before, signed)
    assert [one.size for one in signed] == [1]


@pytest.mark.parametrize("asked", [{"again": True}, {"to_seq": 2}])
def test_other_bytes_than_recorded_are_not_handed_out(
    shop: Shop, db: Database, tmp_path: Path, asked: Asked
) -> None:
    sell(shop, "o1", "o2")
    save(shop, tmp_path / "one", "csv")
    drop_guards(db)
    with tampering(db) as tx:
        tx.exec_driver_sql("UPDATE ls_ledger_posting SET amount = amount * 2")
    before = shop.counts()
    with pytest.raises(ExportDiffersError) as caught:
        save(shop, tmp_path / "two", "csv", **asked)
    assert caught.value.expected == sha256((tmp_path / "one").read_bytes()).hexdigest()
    assert files(tmp_path) == ["one"]
    assert shop.counts() == before


def test_a_refusal_leaves_no_file_no_byte_and_no_run(shop: Shop, tmp_path: Path) -> None:
    sell(shop, "o1")
    short = Mapping.parse('accounts = {"clearing:*" = "x"}', "xero")
    before, out = shop.counts(), io.BytesIO()
    with pytest.raises(AccountUnmappedError):
        save(shop, tmp_path / "x.csv", "xero", mapping=short)
    with pytest.raises(AccountUnmappedError):
        shop.live.exports.write(out, ExportRequest(format="xero", mapping=short))
    assert (files(tmp_path), out.getvalue()) == ([], b"")
    assert shop.counts() == before


def test_many_rows_become_numbered_files_but_not_on_a_stream(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sell(shop, "o1", "o2", "o3")
    monkeypatch.setattr("liveshop_sdk.affiliate.exports.xero.LIMIT", 4)
    out = io.BytesIO()
    with pytest.raises(ExportTooLargeError):
        shop.live.exports.write(out, ExportRequest(format="xero", detail=True))
    assert out.getvalue() == b""
    assert shop.live.exports.runs() == []
    made = save(shop, tmp_path / "oct.csv", "xero", detail=True)
    assert files(tmp_path) == ["oct-1.csv", "oct-2.csv"]
    parts = [(tmp_path / name).read_bytes() for name in files(tmp_path)]
    assert [digest for _, digest in made.files] == [sha256(part).hexdigest() for part in parts]
    assert made.sha256 == sha256(b"".join(parts)).hexdigest()
    assert made.rows == 6


def test_a_run_stays_as_it_is(shop: Shop, db: Database, tmp_path: Path) -> None:
    sell(shop, "o1")
    save(shop, tmp_path / "one", "csv")
    before = shop.rows(tables.export_run)
    for statement in ("UPDATE ls_export_run SET sha256 = ''", "DELETE FROM ls_export_run"):
        with pytest.raises(Exception, match="append-only"), db.transaction() as tx:
            tx.exec_driver_sql(statement)
    assert shop.rows(tables.export_run) == before


def test_of_two_at_once_one_is_refused(shop: Shop, tmp_path: Path) -> None:
    """Both plan the same range; the lock on the head lets only one record it."""
    sell(shop, "o1", "o2")
    gate, ends = threading.Barrier(2), []

    def work(number: int) -> None:
        def wait(_seq: int, _last: int) -> None:
            gate.wait(20)

        request = ExportRequest(format="xero", new=True)
        try:
            shop.live.exports.save(tmp_path / str(number), request, tell=wait)
            ends.append("done")
        except LiveShopError as error:
            ends.append(error.code)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(ends) == ["done", "export_overlap"]
    assert ranges(shop, "xero") == [(1, 2)]
    assert len(files(tmp_path)) == 1


def test_two_at_once_into_one_file_leave_one_of_both_whole(shop: Shop, tmp_path: Path) -> None:
    sell(shop, "o1", "o2")
    path = tmp_path / "book"
    others: list[Exported] = []

    def meanwhile(_seq: int, _last: int) -> None:
        if not others:
            other = threading.Thread(target=lambda: others.append(save(shop, path, "hledger")))
            other.start()
            other.join(60)
            assert path.read_bytes().startswith(b"; liveshop")

    made = shop.live.exports.save(path, ExportRequest(format="csv"), tell=meanwhile)
    assert [one.format for one in others] == ["hledger"]
    assert sha256(path.read_bytes()).hexdigest() == made.sha256
    assert files(tmp_path) == ["book"]


def test_a_brand_without_a_book_exports_nothing(shop: Shop, tmp_path: Path) -> None:
    shop.live.brands.add("other", currency="USD")
    made = shop.live.exports.save(tmp_path / "x", ExportRequest(format="qbo"), brand="other")
    assert (made.brand, made.rows, made.run) == ("other", 0, None)
    assert shop.live.exports.runs(brand="other") == []


@pytest.mark.postgres
def test_both_engines_write_the_same_bytes(
    sqlite_server: databases.Sqlite, postgres_server: databases.Postgres | None, tmp_path: Path
) -> None:
    if postgres_server is None:
        databases.skip_or_fail("no PostgreSQL answers (LIVESHOP_TEST_POSTGRES_URL)")
    assert postgres_server is not None
    found = []
    for server in (sqlite_server, postgres_server):
        with server.fresh() as url:
            db = Database.connect(url)
            desk = Desk(db, tmp_path)
            desk.post(RandomBook(9).orders(40))
            names = ("csv", "xlsx", "parquet", "qbo", "netsuite", "hledger", "beancount")
            found.append({name: desk.export(name, to_seq=60).read_bytes() for name in names})
            db.dispose()
    assert found[0] == found[1]
    assert all(found[0].values())
