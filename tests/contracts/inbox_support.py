"""What the tests of inbox and worker share: deliveries as they come, and rows as they lie."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest

from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.events import Inbox, InboxRow
from liveshop_sdk.facts import OrderPaid
from liveshop_sdk.ids import Ids

NOW = datetime(2026, 10, 2, 18, tzinfo=UTC)
LEASE = timedelta(minutes=5)


@dataclass(frozen=True)
class Came:
    delivery_id: str
    body: bytes = b"{}"
    platform: str = "sandbox"
    account: str = "acct_1"
    topic: str = "order.paid"
    event_id: str = "evt_1"
    occurred_at: datetime = NOW


@pytest.fixture(name="inbox")
def inbox_fixture(clock: ManualClock, ids: Ids) -> Inbox:
    return Inbox(clock, ids)


def store(db: Database, inbox: Inbox, *ids: str) -> list[str]:
    with db.transaction() as tx:
        return [inbox.store(tx, Came(one, body=one.encode())).id for one in ids]


def claim(db: Database, inbox: Inbox, limit: int = 100, by: str = "w1") -> list[InboxRow]:
    with db.transaction() as tx:
        return inbox.claim(tx, limit=limit, by=by, lease_for=LEASE)


def counts(db: Database, inbox: Inbox) -> dict[str, int]:
    with db.reading() as tx:
        return inbox.counts(tx)


def paid(order_ref: str) -> OrderPaid:
    return OrderPaid(
        platform="sandbox",
        account="acct_1",
        order_ref=order_ref,
        occurred_at=NOW,
        currency="EUR",
        total=100,
        shipping=0,
        tax=0,
        tax_included=True,
        lines=(),
    )


def in_threads(jobs: Sequence[Callable[[], None]]) -> None:
    faults: list[BaseException] = []

    def run(job: Callable[[], None]) -> None:
        try:
            job()
        except BaseException as error:
            faults.append(error)

    threads = [Thread(target=run, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
