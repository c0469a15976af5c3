"""How long failures wait, and how reports add up."""

from datetime import timedelta

from liveshop_sdk.events.backoff import Backoff
from liveshop_sdk.events.report import WorkerReport


def test_waits_grow_to_the_cap() -> None:
    seconds = [Backoff().delay(attempt).total_seconds() for attempt in range(1, 13)]
    assert seconds == [5, 15, 45, 135, 405, 1215, 3600, 3600, 3600, 3600, 3600, 3600]
    assert Backoff().delay(10_000) == timedelta(hours=1)


def test_the_twelfth_attempt_is_the_last() -> None:
    assert not Backoff().is_last(11)
    assert Backoff().is_last(12)


def test_reports_add_up() -> None:
    total = WorkerReport(done=2, parked=1) + WorkerReport(done=1, retried=4, lost=1, waiting=9)
    assert total == WorkerReport(done=3, parked=1, retried=4, lost=1, waiting=9)
    assert total.touched == 9
    assert total.as_json() == {
        "done": 3,
        "parked": 1,
        "retried": 4,
        "dead": 0,
        "sent": 0,
        "lost": 1,
        "waiting": 9,
    }
