"""What the Stripe adapter says of itself to doctor."""

from datetime import UTC, datetime, timedelta

import pytest
import responses

from liveshop_sdk.clock import ManualClock
from tests.platforms import stripe_support as support
from tests.platforms.stripe_support import Oracle, platform_at

running_oracle = support.running_oracle
oracle = support.oracle


def test_the_check_asks_once_and_shows_nothing(oracle: Oracle) -> None:
    findings = oracle.platform().check()
    assert [(one.name, one.ok) for one in findings] == [
        ("stripe key", True),
        ("stripe clock", True),
        ("stripe webhook secret", True),
    ]
    assert "2026-10-28.endive" in findings[0].text
    assert not any("tests" in one.text + one.fix for one in findings)
    bare = oracle.platform(webhook_secrets=["wrong"]).check()
    assert [one.ok for one in bare] == [True, True, False]


@pytest.mark.parametrize(
    ("seconds", "ok", "said"),
    [
        (0, True, "0 s ahead of"),
        (-30, True, "30 s behind"),
        (-31, False, "31 s behind"),
        (31, False, "31 s ahead of"),
    ],
)
@responses.activate
def test_the_check_compares_the_clocks(seconds: int, ok: bool, said: str) -> None:
    theirs = datetime(2026, 11, 22, 18, tzinfo=UTC)
    responses.add(
        responses.GET,
        "https://api.stripe.com/v1/balance",
        json={"livemode": False, "object": "balance"},
        headers={"Date": "Sun, 22 Nov 2026 18:00:00 GMT"},
    )
    platform = platform_at(None, clock=ManualClock(theirs + timedelta(seconds=seconds)))
    _, clock, _ = platform.check()
    assert (clock.name, clock.ok) == ("stripe clock", ok)
    assert said in clock.text
    assert bool(clock.fix) is not ok
    platform.close()


@pytest.mark.parametrize(("status", "ok"), [(401, False), (403, True), (500, False), (200, False)])
@responses.activate
def test_the_check_reads_what_the_key_may(status: int, ok: bool) -> None:
    body = {"livemode": True, "object": "balance"} if status == 200 else {"error": {}}
    responses.add(responses.GET, "https://api.stripe.com/v1/balance", json=body, status=status)
    platform = platform_at(None, max_network_retries=0, webhook_secrets=[])
    key, secret = platform.check()
    assert (key.ok, secret.ok) == (ok, False)
    assert ok or key.fix
    platform.close()
