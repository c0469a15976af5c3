"""The demo tells one story per seed, on both engines, and needs only the package."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from liveshop_sdk.cli.demo import guide, stage
from liveshop_sdk.cli.demo.cast import Evening
from liveshop_sdk.money import MAX_AMOUNT
from tests import databases
from tests.flows.cli_support import Cli

pytestmark = pytest.mark.slow
KEYS = [
    *("stream", "links", "touches", "orders", "refunds", "gross", "commission", "balances"),
    *("entries", "root_hash", "seconds"),
]


def told(url: str, seed: int = 1) -> dict[str, Any]:
    """The summary of a seed, without the time it took."""
    summary = Cli(url).json("demo", "--headless", "--seed", str(seed))
    assert list(summary) == KEYS
    assert summary.pop("seconds") >= 0
    return dict(summary)


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return told(f"sqlite:///{tmp_path_factory.mktemp('demo') / 'unused.db'}")


def test_the_same_seed_tells_the_same_story(first: dict[str, Any]) -> None:
    assert told("sqlite:///unused.db") == first
    assert not Path("unused.db").exists()


def test_another_seed_tells_another(first: dict[str, Any]) -> None:
    assert told("sqlite:///unused.db", seed=2)["root_hash"] != first["root_hash"]


@pytest.mark.postgres
def test_both_engines_seal_the_same_root(
    first: dict[str, Any], postgres_server: databases.Postgres | None
) -> None:
    if postgres_server is None:
        databases.skip_or_fail("no PostgreSQL answers (LIVESHOP_TEST_POSTGRES_URL)")
    assert postgres_server is not None
    with postgres_server.fresh(is_empty=True) as url:
        assert told(url) == first


def test_the_story_is_believable(first: dict[str, Any]) -> None:
    balances: Mapping[str, int] = {row["account"]: row["amount"] for row in first["balances"]}
    (gross,), (commission,) = first["gross"], first["commission"]
    assert (first["stream"], first["links"]) == ("friday-drop", 8)
    assert 30 <= first["touches"] <= 45
    assert 20 <= first["orders"] <= 30
    assert first["refunds"] >= 5
    assert sum(balances.values()) == 0
    assert 0 < commission["amount"] * 5 < gross["amount"] < MAX_AMOUNT
    assert balances["brand:commission_expense"] == commission["amount"]
    assert balances["creator:ana:payable"] < balances["creator:ben:payable"] < 0
    disputed = [amount for name, amount in balances.items() if name.endswith(":disputed")]
    assert disputed
    assert not any(disputed)


@pytest.mark.parametrize("seed", [0, 3, 8, 13, 42, 58, 2**63, -1])
def test_any_seed_tells_a_story_that_verifies(seed: int) -> None:
    """Chance decides who buys what; no story may ask for more than an order has left."""
    with stage.database("") as db:
        told = stage.perform(db, seed=seed)
    assert told.ok
    assert told.document["refunds"] >= 5


def test_everything_the_story_promises_happens() -> None:
    with stage.database("") as db:
        shop = stage.play(db, seed=1, evening=Evening(opens_at=stage.OPENS_AT))
        explained = [shop.explain(order.order_ref).as_json() for order in shop.orders(100)]
        state = shop.inbox_state()
        unattributed = shop.unattributed()
        verified = shop.ledger.verify()
    kinds = {fact["kind"] for one in explained for fact in one["facts"]}
    reasons = {decision["reason"] for one in explained for decision in one["decisions"]}
    lost = {
        (claim["source"], claim["why"])
        for one in explained
        for decision in one["decisions"]
        for claim in decision["losing_claims"]
    }
    shares = {line["share"] for one in explained for line in one["lines"]}
    assert kinds == {
        *("order", "refund", "refund_failed", "release"),
        *("dispute_opened", "dispute_won", "dispute_lost"),
    }
    assert reasons == {"coupon", "checkout_ref", "no_evidence"}
    assert ("checkout_ref", "outranked") in lost
    assert {"60/100", "40/100", "1/1"} <= shares
    assert len(unattributed) == 2
    assert (state.inbox["dead"], state.inbox["parked"], state.inbox["new"]) == (0, 0, 0)
    assert (state.outbox["dead"], state.outbox["pending"]) == (0, 0)
    assert verified.ok


def test_without_the_sample_shop_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stage, "entry_points", lambda **_group: ())
    ran = Cli("sqlite:///unused.db").run("demo", "--json", code=2)
    assert ran.error == "usage"
    assert "make demo" in ran.document["error"]["message"]


def test_tonights_stream_is_on_when_the_demo_is_served() -> None:
    with stage.database("") as db:
        shop = stage.open_tonight(db, seed=1, base_url="http://127.0.0.1:8000")
        now = shop.clock.now()
        open_now = [one.code for one in shop.streams.list() if one.phase(now) == "open"]
        link = shop.links.recent(stream_id="friday-drop-2", limit=1)[0]
        opened = shop.links.open(link.short_code)
        pages = "\n".join(guide.worth_opening(shop))
    assert open_now == ["friday-drop-2", "mika-backstage-2"]
    assert opened.url.startswith("http://127.0.0.1:8000/sandbox/checkout/")
    assert "http://127.0.0.1:8000/sandbox " in pages
    assert re.search(r"ana: 2 × Canvas tote$", pages, re.M)
    assert re.search(r"ben: 1 × Print, A3$", pages, re.M)
    assert re.search(r"\d+ orders of \d+\.\d\d EUR,$", pages, re.M)
    assert "LIVESHOP_BASE_URL" not in pages


def test_a_sqlite_file_is_never_the_demos() -> None:
    for url in ("foo", "sqlite:///x.db", "postgresfoo://u@h/d"):
        ran = Cli("sqlite:///unused.db").run("demo", "--headless", "--database-url", url, code=2)
        assert "a temporary file of its own" in ran.err


def test_the_package_runs_as_a_module(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "liveshop_sdk", "brands", "list"],
        cwd=tmp_path,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("no brands yet\n", "")


# --- as a program of its own


def program(*args: str, **settings: str) -> list[str]:
    """The command in a process of its own."""
    return [sys.executable, "-c", "from liveshop_sdk.cli import main; main()", *args]


def environment(folder: Path, **settings: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    url = f"sqlite:///{folder / 'shop.db'}"
    root = str(Path(__file__).resolve().parents[2])
    return {**kept, "PYTHONPATH": root, "LIVESHOP_DATABASE_URL": url, **settings}


def test_the_headless_demo_prints_nothing_but_its_summary(
    tmp_path: Path, first: dict[str, Any]
) -> None:
    done = subprocess.run(
        program("demo", "--headless"),
        cwd=tmp_path,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=True,
    )
    summary = json.loads(done.stdout)
    assert summary.pop("seconds") >= 0
    assert (summary, done.stderr) == (first, "")
    assert list(tmp_path.iterdir()) == []


def test_serve_answers_delivers_and_ends_cleanly(tmp_path: Path) -> None:
    port = _free_port()
    env = environment(tmp_path, LIVESHOP_BASE_URL=f"http://127.0.0.1:{port}")
    serving = subprocess.Popen(
        program("serve", "--port", str(port)),
        cwd=tmp_path,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        _await(f"http://127.0.0.1:{port}/readyz")
        taken = subprocess.run(
            program("serve", "--port", str(port)),
            cwd=tmp_path,
            env=env,
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        serving.terminate()
        out, err = serving.communicate(timeout=20)
    assert taken.returncode == 2
    assert f"Port {port} is in use" in taken.stderr
    assert (serving.returncode, out) == (0, "")
    assert "Traceback" not in err


STOREFRONT = """
from flask import Flask
from liveshop_sdk.cli.demo import stage
from liveshop_sdk.web import LiveShopFlask

def create_app(shop):
    app = Flask("storefront")
    LiveShopFlask(app, shop)
    return app

stage.find_storefront = lambda: create_app
from liveshop_sdk.cli import main
main()
"""


def test_the_served_demo_sells_and_shows_it_to_other_commands(tmp_path: Path) -> None:
    port = _free_port()
    env = environment(tmp_path)
    serving = subprocess.Popen(
        [sys.executable, "-u", "-c", STOREFRONT, "demo", "--port", str(port)],
        cwd=tmp_path,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert serving.stdout is not None
    try:
        told: list[str] = []
        while not told or "ledger verify" not in told[-1]:
            told.append(serving.stdout.readline())
            assert told[-1] != "", (serving.stderr or sys.stderr).read()
        text = "".join(told)
        url = re.search(r"LIVESHOP_DATABASE_URL=(\S+)", text)
        assert f"  export LIVESHOP_BASE_URL=http://127.0.0.1:{port}\n" in text
        link = re.search(rf"(http://127.0.0.1:{port}/l/\w+)", text)
        assert url is not None
        assert link is not None
        _await(f"http://127.0.0.1:{port}/readyz")
        cli = Cli(url[1], LIVESHOP_BASE_URL=f"http://127.0.0.1:{port}")
        before = cli.json("ledger", "balance")["as_of_seq"]
        with urllib.request.urlopen(link[1], timeout=10) as page:
            checkout = page.url.rpartition("/")[2]
        cli.json("sandbox", "pay", checkout)
        for _attempt in range(100):
            if cli.json("ledger", "balance")["as_of_seq"] > before:
                break
            time.sleep(0.1)
        assert cli.json("ledger", "balance")["as_of_seq"] == before + 1
        assert cli.json("ledger", "verify")["ok"] is True
    finally:
        serving.send_signal(signal.SIGINT)
        _out, err = serving.communicate(timeout=20)
    assert serving.returncode == 0
    assert "lk1." not in err
    assert "Traceback" not in err


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _await(url: str) -> None:
    for _attempt in range(100):
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                assert answer.status == 200
            return
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f"{url} never answered")
