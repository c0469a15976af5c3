"""Destinations of thin events, which people make in Stripe's dashboard."""

import sys
from typing import Any

import pytest

from liveshop_sdk.checkout.endpoints import Endpoints
from liveshop_sdk.platforms.stripe.client import API_VERSION
from tests.platforms import stripe_support as support
from tests.platforms.stripe_support import Oracle
from tests.platforms.test_stripe_endpoints import EVENTS, URL, standing

running_oracle = support.running_oracle
oracle = support.oracle


@pytest.fixture
def endpoints(oracle: Oracle) -> Endpoints:
    return oracle.platform(timeouts=(1.0, 2.0), max_network_retries=0).endpoints


def thin(oracle: Oracle, url: str = URL, **over: Any) -> str:
    """A destination as Stripe has it once it is enabled."""
    params = {
        "name": "shop",
        "type": "webhook_endpoint",
        "event_payload": "thin",
        "enabled_events": [f"v1.{name}" for name in EVENTS],
        "webhook_endpoint": {"url": url},
    }
    made = oracle.sdk(2).core.event_destinations.create({**params, **over})
    oracle.world.objs[made.id]["status"] = "enabled"
    return str(made.id)


def test_a_thin_destination_is_enough(endpoints: Endpoints, oracle: Oracle) -> None:
    name = thin(oracle)
    report = endpoints.check(URL)
    assert (report.ok, report.exists) == (True, True)
    assert [(one.name, one.text) for one in report.findings] == [
        ("stripe endpoint", f"{name} sends to {URL}."),
        ("stripe endpoint events", "All 12 are sent."),
        ("stripe endpoint version", f"{name} sends thin events, which have none."),
    ]
    done = endpoints.register(URL)
    assert (done.report.ok, done.changes, done.secret, standing(oracle)) == (True, (), None, [])


def test_a_thin_destination_that_sends_too_little_is_for_the_dashboard(
    endpoints: Endpoints, oracle: Oracle
) -> None:
    name = thin(oracle, enabled_events=["v1.refund.created"])
    oracle.world.objs[name]["status"] = "disabled"
    for report in (endpoints.check(URL), endpoints.register(URL).report):
        fixes = {one.name: one.fix for one in report.findings if not one.ok}
        assert fixes == {
            "stripe endpoint status": "Change it in Stripe's dashboard.",
            "stripe endpoint events": "Change it in Stripe's dashboard.",
        }
    assert oracle.world.objs[name]["enabled_events"] == ["v1.refund.created"]


def test_replacing_makes_an_endpoint_and_leaves_a_thin_destination(
    endpoints: Endpoints, oracle: Oracle
) -> None:
    name = thin(oracle)
    done = endpoints.register(URL, replace=True)
    (made,) = standing(oracle)
    assert done.secret is not None
    assert done.changes == (f"created {made['id']}",)
    assert not done.report.ok
    assert name in oracle.world.objs
    assert "2 send to" in done.report.findings[0].text


def test_destinations_that_are_none_of_ours_are_passed_over(
    endpoints: Endpoints, oracle: Oracle
) -> None:
    thin(oracle, url="https://other.example/hooks")
    thin(oracle, event_payload="snapshot", snapshot_api_version=API_VERSION)
    assert not endpoints.check(URL).exists


def test_a_key_that_may_not_see_destinations_sees_the_endpoints(
    endpoints: Endpoints, oracle: Oracle
) -> None:
    endpoints.register(URL)
    oracle.tell("fail", path="^/v2/core/event_destinations", status=403, count=9)
    assert endpoints.check(URL).ok


def test_every_page_of_destinations_is_read(
    endpoints: Endpoints, oracle: Oracle, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [thin(oracle, url=f"https://{number}.example/hooks") for number in range(2)]
    names.append(thin(oracle))
    oracles = sys.modules["stripe_oracle"]
    listing = oracles.dispatch

    def paged(w: Any, method: str, path: str, tmpl: str, op: Any, ids: Any, p: Any) -> Any:
        page = listing(w, method, path, tmpl, op, ids, p)
        if method == "get" and tmpl == "/v2/core/event_destinations":
            at = int(p.get("page", 0))
            more = f"{tmpl}?page={at + 1}" if at < len(names) - 1 else None
            return {"data": page["data"][at : at + 1], "next_page_url": more} | {
                "previous_page_url": None
            }
        return page

    monkeypatch.setattr(oracles, "dispatch", paged)
    assert endpoints.check(URL).exists
    pages = [one for one in oracle.world.log if one["path"] == "/v2/core/event_destinations"]
    assert len([one for one in pages if one["method"] == "GET"]) == 3
