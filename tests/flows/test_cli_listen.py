"""`liveshop listen`: events fetched from Stripe's list, signed and posted here."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from liveshop_sdk.checkout.ports import Delivery
from liveshop_sdk.cli.commands.listen import OVERLAP, Line
from liveshop_sdk.clock import to_iso
from liveshop_sdk.db import Database
from tests.flows import stripe_actors as actors
from tests.flows.cli_support import Cli, furnish
from tests.flows.oracle_support import MIKA
from tests.flows.stripe_actors import Stage
from tests.platforms.stripe_support import Oracle, oracle, running_oracle

__all__ = ["oracle", "running_oracle"]

AT = datetime(2026, 11, 20, 18, tzinfo=UTC)


@pytest.fixture
def on_stripe(db: Database, db_url: str, oracle: Oracle) -> Iterator[Stage]:
    with actors.stage(db, db_url, oracle) as stage:
        yield stage


def sale(stage: Stage) -> str:
    """A tee is paid, and half an euro of it paid back; nobody tells the shop."""
    link = stage.site.issue("mika", "friday-drop", None, sku_tee=1)
    order, _ = stage.pay(stage.open(link), MIKA)
    stage.refund(order, amount=50)
    return order


def listen(stage: Stage, *more: str, exit_code: int = 0) -> dict[str, object]:
    done = stage.site.cli("listen", "--forward-to", stage.site.url, *more, exit_code=exit_code)
    assert isinstance(done, dict)
    return done


def test_what_stripe_could_not_deliver_arrives(on_stripe: Stage) -> None:
    order = sale(on_stripe)
    since = to_iso(on_stripe.site.clock.now() - timedelta(minutes=5))
    assert on_stripe.site.counts()["ls_inbox"] == 0
    told = listen(on_stripe, "--once", "--since", since)
    assert told == {"to": on_stripe.site.url, "forwarded": 2, "refused": 0, "waiting": 0}
    on_stripe.site.shop.worker().drain()
    assert on_stripe.site.reason(order) == {"main": ("mika", "checkout_ref")}
    on_stripe.agree()
    rows = on_stripe.site.counts()
    assert listen(on_stripe, "--once", "--since", since)["forwarded"] == 2
    assert on_stripe.site.counts() == rows
    assert listen(on_stripe, "--once", "--since", "2090-01-01T00:00:00Z")["forwarded"] == 0


def test_events_arrive_oldest_first_and_with_the_bytes_of_stripe(on_stripe: Stage) -> None:
    order = sale(on_stripe)
    since = on_stripe.site.clock.now() - timedelta(minutes=5)
    sent = on_stripe.site.shop.webhooks.sent(since)
    assert [one.topic for one in sent] == ["checkout.session.completed", "refund.created"]
    assert all(order.encode() in one.body for one in sent)
    assert [one.delivery_id for one in sent] == [
        one["id"]
        for one in on_stripe.oracle.world.all("event")
        if one["type"] in {"checkout.session.completed", "refund.created"}
    ]


class Closed(BaseHTTPRequestHandler):
    """A server that is up and refuses, by the status its server was given."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(self.server.status)  # type: ignore[attr-defined]
        self.end_headers()

    def log_message(self, *_args: object) -> None:
        pass


@pytest.mark.parametrize(("status", "told"), [(400, (2, 0)), (503, (0, 2))])
def test_what_is_not_taken_is_counted(on_stripe: Stage, status: int, told: tuple[int, int]) -> None:
    sale(on_stripe)
    server = HTTPServer(("127.0.0.1", 0), Closed)
    server.status = status  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        address = f"http://127.0.0.1:{server.server_port}"
        done = on_stripe.site.cli(
            *("listen", "--forward-to", address, "--once"),
            *("--since", to_iso(on_stripe.site.clock.now() - timedelta(minutes=5))),
            exit_code=1,
        )
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert (done["refused"], done["waiting"], done["forwarded"]) == (*told, 0)


def event(name: str, at: datetime) -> Delivery:
    return Delivery(
        platform="stripe",
        account="default",
        topic="refund.created",
        delivery_id=name,
        event_id=name,
        occurred_at=at,
        body=b"{}",
    )


def test_an_event_that_appears_late_is_sent_and_none_twice() -> None:
    listed = [event("evt_1", AT), event("evt_3", AT + timedelta(seconds=50))]
    asked: list[datetime] = []

    def sent(since: datetime) -> list[Delivery]:
        asked.append(since)
        return [one for one in listed if one.occurred_at >= since]

    statuses: dict[str, list[int | None]] = {
        "evt_1": [200],
        "evt_2": [None, 500, 204],
        "evt_3": [404],
    }
    line = Line(sent, lambda one: statuses[one.delivery_id].pop(0), AT)
    assert [one.delivery_id for one, _ in line.advance()] == ["evt_1", "evt_3"]
    listed.insert(1, event("evt_2", AT + timedelta(seconds=10)))
    assert [(one.delivery_id, status) for one, status in line.advance()] == [("evt_2", None)]
    assert line.waiting == 1
    assert [status for _, status in line.advance()] == [500]
    assert [status for _, status in line.advance()] == [204]
    assert list(line.advance()) == []
    assert (line.forwarded, line.refused, line.waiting) == (2, 1, 0)
    assert asked[0] == AT
    assert asked[1] == max(AT, AT + timedelta(seconds=50) - OVERLAP)


def test_the_sandbox_and_another_machine_are_refused(db_url: str) -> None:
    cli = Cli(db_url)
    furnish(cli)
    to = ("--forward-to", "http://127.0.0.1:9")
    assert cli.run("listen", *to, "--once", "--json", code=1).error == "no_feed"
    far = cli.run("listen", "--forward-to", "https://shop.example", "--once", "--json", code=2)
    assert "say --yes to forward there" in far.document["error"]["message"]


def test_live_mode_is_refused(tmp_path: object) -> None:
    cli = Cli(
        f"sqlite:///{tmp_path}/shop.db",
        LIVESHOP_PLATFORM="stripe",
        LIVESHOP_SECRET_KEYS="k" * 32,
        LIVESHOP_STRIPE_API_KEY="sk_live_tests",
        LIVESHOP_STRIPE_WEBHOOK_SECRETS="whsec_tests",
    )
    cli.run("db", "upgrade")
    refused = cli.run("listen", "--forward-to", "http://127.0.0.1:9", "--once", "--json", code=2)
    assert "live mode" in refused.document["error"]["message"]
