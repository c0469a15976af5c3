"""Subscribing webhooks at the oracle: every topic we understand, again and again."""

from typing import Any

import pytest

from liveshop_sdk.checkout.endpoints import Endpoints
from liveshop_sdk.errors import (
    PlatformNotReadyError,
    PlatformRefusedError,
    PlatformUnavailableError,
)
from liveshop_sdk.platforms.shopify.receiving import UNDERSTOOD
from tests.platforms import shopify_support as support
from tests.platforms.shopify_adapter_support import RESOLVERS, oracle_fixture, spoiled

__all__ = ["oracle_fixture"]

URL = "https://live.shop.example/webhooks/shopify"
NAMES = [
    *("ORDERS_PAID", "ORDERS_EDITED", "REFUNDS_CREATE", "DISPUTES_CREATE", "DISPUTES_UPDATE"),
    "APP_UNINSTALLED",
]


@pytest.fixture(name="changing", autouse=True)
def changing_fixture(oracle: Any, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Let the oracle change a subscription, and the app hear of disputes.

    A test may say what Shopify keeps as it is, or refuses.
    """
    how: dict[str, Any] = {"keeps": set(), "refuses": ""}

    def update(ctx: Any, id: str, webhookSubscription: dict[str, Any]) -> Any:  # noqa: A002, N803
        one = ctx.oracle.webhooks[int(id.rsplit("/", 1)[-1])]
        if how["refuses"]:
            errors = [{"field": ["webhookSubscription"], "message": how["refuses"]}]
            return {"webhookSubscription": None, "userErrors": errors}
        one.update({k: v or None for k, v in webhookSubscription.items() if k not in how["keeps"]})
        one["includeFields"] = one["includeFields"] or []
        return {"webhookSubscription": one, "userErrors": []}

    monkeypatch.setattr(RESOLVERS, "admin_webhookSubscriptionUpdate", update, raising=False)
    scope = {"handle": "read_shopify_payments_disputes"}
    spoiled(monkeypatch, lambda s: s["accessScopes"].append(scope), "admin_currentAppInstallation")
    return how


@pytest.fixture(name="endpoints")
def endpoints_fixture(oracle: Any) -> Endpoints:
    return support.platform(oracle).endpoints


def standing(oracle: Any) -> list[dict[str, Any]]:
    return list(oracle.webhooks.values())


def topics(oracle: Any, url: str = URL) -> list[str]:
    return [one["topic"] for one in standing(oracle) if one["uri"] == url]


def of_topic(oracle: Any, topic: str) -> dict[str, Any]:
    (found,) = [one for one in standing(oracle) if one["topic"] == topic]
    return found


def by_hand(oracle: Any, topic: str, **given: Any) -> dict[str, Any]:
    wanted = {"uri": URL, **given}
    version = type("Context", (), {"oracle": oracle, "version": "2026-10"})()
    made = RESOLVERS.admin_webhookSubscriptionCreate(version, topic, wanted)
    assert made["userErrors"] == []
    return dict(made["webhookSubscription"])


def wrong(endpoints: Endpoints) -> list[str]:
    report = endpoints.check(URL)
    assert report.ok is all(one.ok for one in report.findings)
    assert all(one.fix for one in report.findings if not one.ok)
    return [one.name.removeprefix("shopify webhook ") for one in report.findings if not one.ok]


def mutations(oracle: Any) -> int:
    return sum("mutation" in entry.get("query", "") for entry in oracle.log)


# --- what is made


def test_every_topic_we_understand_is_subscribed(oracle: Any, endpoints: Endpoints) -> None:
    assert wrong(endpoints) == list(UNDERSTOOD)
    done = endpoints.register(URL)
    assert topics(oracle) == NAMES
    assert done.changes == tuple(f"created {topic}" for topic in UNDERSTOOD)
    assert (done.secret, done.report.ok) == (None, True)
    assert {(one["format"], one["filter"]) for one in standing(oracle)} == {("JSON", None)}
    assert wrong(endpoints) == []


def test_a_repeat_changes_nothing(oracle: Any, endpoints: Endpoints) -> None:
    endpoints.register(URL)
    before = mutations(oracle)
    again = endpoints.register(URL)
    assert (again.changes, again.report.ok, mutations(oracle)) == ((), True, before)


def test_what_shopify_deleted_is_made_again(oracle: Any, endpoints: Endpoints) -> None:
    endpoints.register(URL)
    for number, one in list(oracle.webhooks.items()):
        if one["topic"] in ("ORDERS_PAID", "DISPUTES_UPDATE"):
            del oracle.webhooks[number]
    assert wrong(endpoints) == ["orders/paid", "disputes/update"]
    done = endpoints.register(URL)
    assert done.changes == ("created orders/paid", "created disputes/update")
    assert sorted(topics(oracle)) == sorted(NAMES)


def test_without_the_scope_disputes_are_left_out(
    oracle: Any, endpoints: Endpoints, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoiled(monkeypatch, lambda s: s["accessScopes"].pop(), "admin_currentAppInstallation")
    done = endpoints.register(URL)
    assert topics(oracle) == [*NAMES[:3], NAMES[5]]
    assert done.report.ok
    (told,) = [one for one in done.report.findings if "left out" in one.name]
    assert "read_shopify_payments_disputes: disputes/create, disputes/update" in told.text


def test_other_urls_and_topics_are_left_alone(oracle: Any, endpoints: Endpoints) -> None:
    old = "https://old.shop.example/webhooks/shopify"
    for topic in ("ORDERS_PAID", "ORDERS_UPDATED"):
        by_hand(oracle, topic, uri=old)
    by_hand(oracle, "ORDERS_UPDATED")
    (paid,) = [one for one in endpoints.check(URL).findings if one.name.endswith("orders/paid")]
    assert (paid.ok, paid.text) == (False, f"No subscription sends it to {URL}. One goes to {old}.")
    done = endpoints.register(URL)
    assert (done.report.ok, len(done.changes)) == (True, 6)
    assert topics(oracle, old) == ["ORDERS_PAID", "ORDERS_UPDATED"]
    assert topics(oracle) == ["ORDERS_UPDATED", *NAMES]


def test_more_than_a_page_of_subscriptions_is_read(oracle: Any, endpoints: Endpoints) -> None:
    for number in range(230):
        by_hand(oracle, "PRODUCTS_UPDATE", uri=f"https://other.example/{number}")
    endpoints.register(URL)
    assert endpoints.register(URL).changes == ()
    assert topics(oracle) == NAMES


# --- what sends something else

FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "format": ({"format": "XML"}, "It sends XML, not JSON."),
    "fields": (
        {"includeFields": ["id", "name"]},
        "It sends only the fields id, name (includeFields).",
    ),
    "filter": ({"filter": "total:>10"}, "It sends only what fits the filter 'total:>10'."),
}


@pytest.mark.parametrize("kept", [False, True], ids=["changed", "made anew"])
@pytest.mark.parametrize("fault", FAULTS)
def test_one_that_sends_less_is_found_and_set_right(
    oracle: Any, endpoints: Endpoints, changing: Any, fault: str, kept: bool
) -> None:
    given, said = FAULTS[fault]
    made = by_hand(oracle, "ORDERS_PAID", **given)
    changing["keeps"] = set(given) if kept else set()
    (told,) = [one for one in endpoints.check(URL).findings if one.name.endswith("orders/paid")]
    assert (told.ok, told.text) == (False, said)
    done = endpoints.register(URL)
    assert (done.report.ok, wrong(endpoints)) == (True, [])
    assert (of_topic(oracle, "ORDERS_PAID")["id"] == made["id"]) is not kept
    assert ("updated orders/paid" in done.changes) is not kept
    assert ("deleted orders/paid" in done.changes) is kept


def test_one_whose_change_is_refused_is_made_anew(
    oracle: Any, endpoints: Endpoints, changing: Any
) -> None:
    by_hand(oracle, "ORDERS_PAID", format="XML")
    changing["refuses"] = "Format cannot be changed"
    assert endpoints.register(URL).report.ok
    assert topics(oracle).count("ORDERS_PAID") == 1


def test_of_two_for_one_topic_the_better_one_stays(oracle: Any, endpoints: Endpoints) -> None:
    first = by_hand(oracle, "ORDERS_PAID")
    twin = {**first, "id": "gid://shopify/WebhookSubscription/7", "filter": "total:>10"}
    oracle.webhooks = {7: twin, **oracle.webhooks}
    assert wrong(endpoints) == list(UNDERSTOOD)
    assert "deleted orders/paid" in endpoints.register(URL).changes
    assert of_topic(oracle, "ORDERS_PAID")["id"] == first["id"]


def test_another_version_is_told_which_no_call_changes(oracle: Any, endpoints: Endpoints) -> None:
    endpoints.register(URL)
    of_topic(oracle, "ORDERS_PAID")["apiVersion"] = {"handle": "2026-04"}
    assert wrong(endpoints) == ["version"]
    done = endpoints.register(URL)
    assert (done.changes, done.report.ok) == ((), False)
    (told,) = [one for one in done.report.findings if not one.ok]
    assert told.fix == "Set the app's webhook API version to 2026-10."


def test_they_are_made_anew_when_asked(oracle: Any, endpoints: Endpoints) -> None:
    endpoints.register(URL)
    before = {one["id"] for one in standing(oracle)}
    done = endpoints.register(URL, replace=True)
    assert (len(done.changes), done.report.ok) == (12, True)
    assert before.isdisjoint(one["id"] for one in standing(oracle))
    assert topics(oracle) == NAMES


# --- what Shopify refuses, and what gets lost


def test_what_is_refused_for_one_topic_is_told_and_holds_up_no_other(
    oracle: Any, endpoints: Endpoints, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = RESOLVERS.admin_webhookSubscriptionCreate

    def create(ctx: Any, topic: str, webhookSubscription: Any) -> Any:  # noqa: N803
        if topic != "REFUNDS_CREATE":
            return plain(ctx, topic, webhookSubscription)
        said = "This app is not approved to subscribe to protected customer data"
        errors = [{"field": ["webhookSubscription", "topic"], "message": said}]
        return {"webhookSubscription": None, "userErrors": errors}

    monkeypatch.setattr(RESOLVERS, "admin_webhookSubscriptionCreate", create)
    done = endpoints.register(URL)
    assert topics(oracle) == [name for name in NAMES if name != "REFUNDS_CREATE"]
    (told,) = [one for one in done.report.findings if not one.ok]
    assert told.name == "shopify webhook refunds/create"
    assert "Shopify says: This app is not approved" in told.text


def test_an_address_shopify_does_not_take_is_told(oracle: Any, endpoints: Endpoints) -> None:
    done = endpoints.register("http://127.0.0.1:8000/webhooks/shopify")
    assert (done.changes, done.report.ok, standing(oracle)) == ((), False, [])
    assert all("protocol http:// is not supported" in one.text for one in done.report.findings)
    assert all("LIVESHOP_BASE_URL" in one.fix for one in done.report.findings)


LOSSES = ["500", "503", "429", "THROTTLED", "INTERNAL", "drop", "lost", "html", "truncated"]


@pytest.mark.parametrize("match", ["webhookSubscriptionCreate", "webhookSubscriptions("])
@pytest.mark.parametrize("mode", LOSSES)
def test_after_a_lost_answer_it_looks_and_goes_on(
    oracle: Any, endpoints: Endpoints, mode: str, match: str
) -> None:
    oracle.fail(mode, 2, match=match)
    done = endpoints.register(URL)
    assert topics(oracle) == NAMES
    assert done.changes == tuple(f"created {topic}" for topic in UNDERSTOOD)
    assert done.report.ok


@pytest.mark.parametrize("mode", ["drop", "lost"])
def test_a_change_whose_answer_was_lost_is_judged_anew(
    oracle: Any, endpoints: Endpoints, mode: str
) -> None:
    endpoints.register(URL)
    of_topic(oracle, "ORDERS_PAID")["format"] = "XML"
    oracle.fail(mode, 1, match="webhookSubscriptionUpdate")
    assert endpoints.register(URL).changes == ("updated orders/paid",)
    oracle.fail(mode, 1, match="webhookSubscriptionDelete")
    assert len(endpoints.register(URL, replace=True).changes) == 12
    assert topics(oracle) == NAMES


def test_the_same_call_goes_on_after_one_that_was_given_up(
    oracle: Any, endpoints: Endpoints
) -> None:
    oracle.fail("drop", 50, match="DISPUTES_CREATE")
    with pytest.raises(PlatformUnavailableError):
        endpoints.register(URL)
    oracle.failures.clear()
    done = endpoints.register(URL)
    assert done.report.ok
    assert topics(oracle) == NAMES


@pytest.mark.parametrize(
    ("mode", "error"),
    [("401", PlatformNotReadyError), ("403", PlatformNotReadyError), ("400", PlatformRefusedError)],
)
def test_a_no_is_passed_on(oracle: Any, endpoints: Endpoints, mode: str, error: Any) -> None:
    oracle.fail(mode, 50)
    with pytest.raises(error):
        endpoints.check(URL)
    with pytest.raises(error):
        endpoints.register(URL)
    assert standing(oracle) == []
