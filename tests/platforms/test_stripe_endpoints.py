"""Registering the webhook endpoint at the oracle: one of ours, whatever gets lost."""

import logging
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from liveshop_sdk.checkout.endpoints import Endpoints
from liveshop_sdk.errors import (
    PlatformBusyError,
    PlatformNotReadyError,
    PlatformRefusedError,
    PlatformUnavailableError,
)
from liveshop_sdk.platforms.stripe.client import API_VERSION
from tests.platforms import stripe_support as support
from tests.platforms.stripe_support import Oracle

running_oracle = support.running_oracle
oracle = support.oracle

URL = "https://live.shop.example/webhooks/stripe"
PLACE = "/v1/webhook_endpoints"
ONE = "/v1/webhook_endpoints/{webhook_endpoint}"
CREATE = {"path": f"^{PLACE}$", "method": "POST"}
EVENTS = [
    "charge.dispute.closed",
    "charge.dispute.created",
    "charge.dispute.funds_reinstated",
    "charge.dispute.funds_withdrawn",
    "charge.refund.updated",
    "checkout.session.async_payment_failed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.completed",
    "checkout.session.expired",
    "refund.created",
    "refund.failed",
    "refund.updated",
]


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    pauses: list[float] = []
    ours = SimpleNamespace(sleep=pauses.append)
    monkeypatch.setattr("liveshop_sdk.platforms.patience.time", ours)
    return pauses


@pytest.fixture
def endpoints(oracle: Oracle, monkeypatch: pytest.MonkeyPatch) -> Endpoints:
    """Ours, at an oracle that also switches endpoints on and off."""

    def update(world: Any, params: Any, ids: list[str]) -> Any:
        found = world.get(ids[0], "webhook_endpoint", status=404)
        spec = sys.modules["stripe_spec"]
        if "disabled" in params:
            found["status"] = "disabled" if params["disabled"] else "enabled"
        return spec.merge(found, spec.SCHEMAS["webhook_endpoint"], params)

    rules = sys.modules["stripe_sim"].RULES
    monkeypatch.setitem(rules, ("post", ONE), update)
    return oracle.platform(timeouts=(1.0, 2.0), max_network_retries=0).endpoints


def standing(oracle: Oracle) -> list[dict[str, Any]]:
    return list(oracle.world.all("webhook_endpoint"))


def by_hand(oracle: Oracle, name: str = "we_hand", **given: Any) -> dict[str, Any]:
    made = {
        "id": name,
        "object": "webhook_endpoint",
        "url": URL,
        "status": "enabled",
        "livemode": False,
        "api_version": API_VERSION,
        "enabled_events": EVENTS,
        "metadata": {},
        "created": 1,
        **given,
    }
    oracle.tell("seed", object=made)
    return made


def wrong(endpoints: Endpoints) -> list[str]:
    report = endpoints.check(URL)
    assert report.ok is not any(not one.ok for one in report.findings)
    assert all(one.fix for one in report.findings if not one.ok)
    return [
        one.name.removeprefix("stripe endpoint").strip() for one in report.findings if not one.ok
    ]


# --- what is made


def test_one_endpoint_is_made_with_our_events_and_its_secret_shown(
    oracle: Oracle, endpoints: Endpoints
) -> None:
    assert wrong(endpoints) == [""]
    assert standing(oracle) == []
    done = endpoints.register(URL)
    (made,) = standing(oracle)
    assert (made["url"], made["api_version"], made["status"]) == (URL, API_VERSION, "enabled")
    assert sorted(made["enabled_events"]) == EVENTS
    assert (made["metadata"]["liveshop"], made["metadata"]["liveshop_secret"]) == (
        "endpoint",
        "shown",
    )
    assert done.changes == (f"created {made['id']}",)
    assert done.secret is not None
    assert done.secret.reveal().startswith("whsec_")
    assert done.report.ok
    assert wrong(endpoints) == []


def test_a_repeat_changes_nothing(oracle: Oracle, endpoints: Endpoints) -> None:
    endpoints.register(URL)
    before, writes = [dict(one) for one in standing(oracle)], len(oracle.sent(PLACE))
    again = endpoints.register(URL)
    assert (again.changes, again.secret, again.report.ok) == ((), None, True)
    assert (standing(oracle), len(oracle.sent(PLACE))) == (before, writes)


def test_the_secret_is_in_no_log_error_or_repr(
    endpoints: Endpoints, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    done = endpoints.register(URL)
    assert done.secret is not None
    shown = done.secret.reveal()
    assert "API response body" in caplog.text
    assert shown not in caplog.text
    assert shown not in repr(done)
    assert shown not in repr(done.as_json())


def test_each_thing_that_differs_is_found_and_set_right(
    oracle: Oracle, endpoints: Endpoints
) -> None:
    endpoints.register(URL)
    (made,) = standing(oracle)
    made["enabled_events"] = ["refund.created", "charge.succeeded"]
    made["status"] = "disabled"
    assert wrong(endpoints) == ["status", "events"]
    done = endpoints.register(URL)
    assert done.changes == (f"updated {made['id']}: events, enabled",)
    assert (done.secret, done.report.ok) == (None, True)
    assert (sorted(made["enabled_events"]), made["status"]) == (EVENTS, "enabled")
    assert wrong(endpoints) == []


def test_more_events_do_no_harm_and_are_taken_off(oracle: Oracle, endpoints: Endpoints) -> None:
    by_hand(oracle, enabled_events=["*"])
    assert wrong(endpoints) == []
    assert endpoints.register(URL).changes == ("updated we_hand: events, taken over",)
    assert sorted(standing(oracle)[0]["enabled_events"]) == EVENTS


def test_what_was_made_by_hand_is_taken_over_with_its_secret(
    oracle: Oracle, endpoints: Endpoints
) -> None:
    by_hand(oracle)
    done = endpoints.register(URL)
    assert (done.changes, done.secret) == (("updated we_hand: taken over",), None)
    assert endpoints.register(URL).changes == ()
    assert len(standing(oracle)) == 1


def test_others_are_left_alone_however_many(oracle: Oracle, endpoints: Endpoints) -> None:
    """Also our own of another place, which is told of: it may be a shop beside this one."""
    theirs = [by_hand(oracle, f"we_{n}", url=f"https://other.example/{n}") for n in range(120)]
    other = "https://old.shop.example/webhooks/stripe"
    elsewhere = by_hand(oracle, "we_else", url=other, metadata={"liveshop": "endpoint"})
    endpoints.register(URL)
    endpoints.register(URL, replace=True)
    assert [one for one in standing(oracle) if one["url"] != URL] == [*theirs, elsewhere]
    assert len(standing(oracle)) == 122
    told = [one.text for one in endpoints.check(URL).findings]
    assert f"we_else, made by liveshop, sends to {other}." in told


# --- what cannot be changed


def test_another_version_is_told_and_replaced_only_when_asked(
    oracle: Oracle, endpoints: Endpoints
) -> None:
    by_hand(oracle, api_version="2025-01-27.acacia")
    kept = endpoints.register(URL)
    assert (kept.secret, kept.report.ok, wrong(endpoints)) == (None, False, ["version"])
    done = endpoints.register(URL, replace=True)
    (made,) = standing(oracle)
    assert done.changes == (f"created {made['id']}", "deleted we_hand")
    assert done.secret is not None
    assert (made["api_version"], done.report.ok) == (API_VERSION, True)
    again = endpoints.register(URL, replace=True)
    assert again.secret not in (None, done.secret)
    assert [one["id"] for one in standing(oracle)] != [made["id"]]


def test_an_endpoint_without_a_version_has_the_accounts(
    oracle: Oracle, endpoints: Endpoints
) -> None:
    by_hand(oracle, api_version=None)
    (version,) = [one for one in endpoints.check(URL).findings if not one.ok]
    assert "the account's own" in version.text


def test_another_mode_and_a_second_endpoint_are_told(oracle: Oracle, endpoints: Endpoints) -> None:
    by_hand(oracle, livemode=True)
    assert wrong(endpoints) == ["mode"]
    by_hand(oracle, "we_twin")
    assert wrong(endpoints) == ["", "mode"]
    endpoints.register(URL)
    assert len(standing(oracle)) == 2  # either secret may be the one that is set
    assert endpoints.register(URL, replace=True).report.ok
    assert len(standing(oracle)) == 1


# --- what gets lost

FAULTS: dict[str, dict[str, Any]] = {
    "fails": {"status": 500},
    "is busy": {"status": 429},
    "hangs up": {"drop": True},
    "fails afterwards": {"status": 500, "after": True},
    "loses the answer": {"drop": True, "after": True},
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_lost_answer_is_fetched_again(
    oracle: Oracle, endpoints: Endpoints, fault: Any, pauses: list[float]
) -> None:
    oracle.tell("fail", **CREATE, **fault)
    done = endpoints.register(URL)
    assert done.secret is not None
    assert [one["id"] for one in standing(oracle)] == [done.changes[0].removeprefix("created ")]
    assert len(pauses) == 1
    assert endpoints.register(URL).secret is None


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_the_same_call_goes_on_after_one_that_was_given_up(
    oracle: Oracle, endpoints: Endpoints, fault: Any
) -> None:
    oracle.tell("fail", **CREATE, **fault, count=7)
    with pytest.raises(PlatformUnavailableError):
        endpoints.register(URL)
    is_there = "after" in fault
    assert (len(standing(oracle)), wrong(endpoints)) == (
        int(is_there),
        ["secret"] if is_there else [""],
    )
    done = endpoints.register(URL)
    assert done.secret is not None
    assert (len(standing(oracle)), done.report.ok, wrong(endpoints)) == (1, True, [])
    assert endpoints.register(URL).secret is None


def test_after_a_day_an_endpoint_nobody_has_the_secret_of_is_made_anew(
    oracle: Oracle, endpoints: Endpoints
) -> None:
    oracle.tell("fail", **CREATE, drop=True, after=True, count=7)
    with pytest.raises(PlatformUnavailableError):
        endpoints.register(URL)
    (lost,) = standing(oracle)
    oracle.tell("clock", offset=25 * 60 * 60)
    done = endpoints.register(URL)
    (made,) = standing(oracle)
    assert made["id"] != lost["id"]
    assert done.changes == (f"created {made['id']}", f"deleted {lost['id']}")
    assert done.secret is not None
    assert done.report.ok


def test_other_events_since_the_lost_answer_make_it_anew(
    oracle: Oracle, endpoints: Endpoints
) -> None:
    oracle.is_provoked = True  # one key with other parameters
    oracle.tell("fail", **CREATE, drop=True, after=True, count=7)
    with pytest.raises(PlatformUnavailableError):
        endpoints.register(URL)
    endpoints._events.remove("refund.failed")  # type: ignore[attr-defined]
    done = endpoints.register(URL)
    assert done.secret is not None
    assert (len(standing(oracle)), done.report.ok) == (1, True)


@pytest.mark.parametrize("deletions", [1, 3])
def test_one_deleted_by_hand_is_made_again_the_same_day(
    oracle: Oracle, endpoints: Endpoints, deletions: int
) -> None:
    """The key would bring back the answer about the one that is gone."""
    seen = set()
    for _ in range(deletions + 1):
        done = endpoints.register(URL)
        (made,) = standing(oracle)
        assert done.changes == (f"created {made['id']}",)
        assert done.secret not in seen
        seen.add(done.secret)
        assert wrong(endpoints) == []
        del oracle.world.objs[made["id"]]


def test_a_failure_stripe_stored_for_the_key_is_no_end(
    oracle: Oracle, endpoints: Endpoints
) -> None:
    stored = {"status": 500, "headers": {"Idempotent-Replayed": "true"}}
    oracle.tell("fail", **CREATE, **stored)
    assert endpoints.register(URL).secret is not None
    assert len(standing(oracle)) == 1


def test_a_secret_is_handed_on_though_its_mark_fails(oracle: Oracle, endpoints: Endpoints) -> None:
    oracle.tell("fail", path=f"^{PLACE}/", method="POST", status=500, count=7)
    first = endpoints.register(URL)
    assert first.secret is not None
    (told,) = [one for one in first.report.findings if not one.ok]
    assert "did not take the note" in told.text
    second = endpoints.register(URL)
    assert (second.secret, second.report.ok) == (first.secret, True)
    assert endpoints.register(URL).secret is None
    assert len(standing(oracle)) == 1


def test_a_replacement_whose_answer_was_lost_is_finished(
    oracle: Oracle, endpoints: Endpoints
) -> None:
    by_hand(oracle)
    oracle.tell("fail", **CREATE, drop=True, after=True, count=7)
    with pytest.raises(PlatformUnavailableError):
        endpoints.register(URL, replace=True)
    assert len(standing(oracle)) == 2
    oracle.tell("fail", path=f"^{PLACE}/", method="DELETE", status=500, count=7)
    with pytest.raises(PlatformUnavailableError):
        endpoints.register(URL, replace=True)
    done = endpoints.register(URL, replace=True)
    assert done.secret is not None
    assert [one["id"] for one in standing(oracle)] != ["we_hand"]
    assert (len(standing(oracle)), done.report.ok) == (1, True)


def test_a_replacement_given_up_for_good_leaves_the_old_one(
    oracle: Oracle, endpoints: Endpoints
) -> None:
    by_hand(oracle)
    oracle.tell("fail", **CREATE, drop=True, after=True, count=7)
    with pytest.raises(PlatformUnavailableError):
        endpoints.register(URL, replace=True)
    done = endpoints.register(URL)
    assert done.secret is None
    assert [one["id"] for one in standing(oracle)] == ["we_hand"]


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, PlatformRefusedError),
        (401, PlatformNotReadyError),
        (403, PlatformNotReadyError),
        (429, PlatformBusyError),
    ],
)
def test_a_no_is_passed_on_and_nothing_was_made(
    oracle: Oracle, endpoints: Endpoints, status: int, error: type[Exception]
) -> None:
    said = {"error": {"type": "invalid_request_error", "message": "Invalid URL", "param": "url"}}
    oracle.tell("fail", **CREATE, status=status, body=said, count=7)
    with pytest.raises(error):
        endpoints.register(URL)
    assert standing(oracle) == []


def test_a_list_that_cannot_be_had_or_read_is_no_empty_one(
    oracle: Oracle, endpoints: Endpoints
) -> None:
    oracle.tell("fail", path=f"^{PLACE}$", method="GET", status=500, count=7)
    with pytest.raises(PlatformUnavailableError):
        endpoints.register(URL)
    by_hand(oracle, enabled_events="all")
    with pytest.raises(PlatformRefusedError, match="not as documented"):
        endpoints.check(URL)
    assert oracle.sent(PLACE) == []
