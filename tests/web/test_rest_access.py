"""Who may do what at ``/v1``: every route with every scope, and nothing changed on denial."""

import json
import logging
from datetime import timedelta
from typing import Any

import pytest

from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.registry.access.models import SCOPES
from liveshop_sdk.web.rest.routes import ROUTES, Route
from tests.web.rest_support import Caller, caller, two_brands, unchanged
from tests.web.support import Store, told

PARTS = {
    "<sku>": "north_tee",
    "<handle>": "ana",
    "<code>": "NORTH20",
    "<stream>": "north-drop",
    "<period>": "2026-10",
}
MONEY = {"amount": 100, "currency": "EUR"}
WINDOW = {"opens_at": "2026-10-02T19:00:00Z", "closes_at": "2026-10-02T20:00:00Z"}
BODIES: dict[str, dict[str, Any]] = {
    "add_brand": {"code": "west", "currency": "EUR"},
    "add_product": {"sku": "new", "title": "New", "price": MONEY, "brand": "north"},
    "update_product": {"title": "Newer"},
    "add_creator": {"handle": "cleo", "terms": {"rate": "5%"}, "brand": "north"},
    "agree": {"creator": "ana", "terms": {"rate": "15%"}, "brand": "north"},
    "schedule": {"code": "more", "hosts": [{"creator": "ana"}], "brands": ["north"], **WINDOW},
    "end_stream": {},
    "create_coupon": {
        "code": "NEW10",
        "creator": "ana",
        "stream": "north-drop",
        "percent_off": "10%",
    },
    "issue_codes": {"count": 2},
    "pause_coupon": {},
    "resume_coupon": {},
    "end_coupon": {},
    "issue_link": {"creator": "ana", "items": {"north_tee": 1}, "stream": "north-drop"},
    "revoke_link": {},
}


@pytest.fixture
def shop(db: Database, clock: ManualClock) -> Store:
    return two_brands(db, clock)


def ask(by: Caller, route: Route, store: Store) -> Any:
    path = route.path
    for part, value in PARTS.items():
        path = path.replace(part, value)
    links = store.shop.listing.links("north", creator=None, stream=None, after=None, limit=1)
    orders = store.shop.listing.orders("north", creator=None, after=None, limit=1)
    path = path.replace("<link_id>", links.items[0].link.id)
    path = path.replace("<order_ref>", orders.items[0].order.id)
    if route.writes:
        return by.post(path, BODIES[route.name])
    query = {"period": "2026-10"} if route.name == "statements" else {}
    named = {"brand": "north"} if route.name in {"balances", "entries"} else {}
    return by.get(path, query_string=query | named)


def test_each_scope_opens_its_routes_and_no_other(shop: Store) -> None:
    before = unchanged(shop)
    denied = 0
    for scope in SCOPES:
        by = caller(shop, scope)
        before = unchanged(shop)
        for route in (one for one in ROUTES if one.scope != scope):
            answer = ask(by, route, shop)
            assert (answer.status_code, told(answer)["error"]["code"]) == (403, "scope_missing")
            assert told(answer)["error"]["details"] == {"needed": route.scope}
            denied += 1
        assert unchanged(shop) == before
        for route in (one for one in ROUTES if one.scope == scope):
            answer = ask(by, route, shop)
            assert answer.status_code == (201 if route.writes else 200), answer.text
            assert told(answer)["mode"] == "sandbox"
    assert denied == len(SCOPES) * len(ROUTES) - len(ROUTES)
    assert {one.scope for one in ROUTES} == set(SCOPES)


def test_without_a_good_key_there_is_one_answer(shop: Store, clock: ManualClock) -> None:
    good = caller(shop).text
    revoked, late = (shop.shop.keys.create(n, scopes=SCOPES) for n in ("a", "b"))
    shop.shop.keys.revoke(revoked.key.id)
    expiring = shop.shop.keys.create("c", scopes=SCOPES, expires_in=timedelta(seconds=1))
    clock.advance(timedelta(seconds=1))
    before = unchanged(shop)
    sent = [
        {},
        {"Authorization": ""},
        {"Authorization": good},
        {"Authorization": f"Basic {good}"},
        {"Authorization": f"Bearer  {good}"},
        {"Authorization": f"Bearer {good} x"},
        {"Authorization": f"Bearer {good[:-1]}"},
        {"Authorization": f"Bearer {late.text[:-1]}0{late.text[-1]}"},
        {"Authorization": f"Bearer {revoked.text}"},
        {"Authorization": f"Bearer {expiring.text}"},
        {"Authorization": "Bearer " + "\xff" * 103},
        {"Authorization": "Bearer " + "9" * 60_000},
        {"X-Api-Key": good},
    ]
    answers = []
    for route in ROUTES:
        for headers in sent:
            path = f"/v1{route.path.replace('<', '').replace('>', '')}"
            answer = shop.client.open(path, method=route.method, headers=headers, json={})
            error = told(answer)["error"]
            assert error.pop("request_id") == answer.headers["X-Request-Id"]
            answers.append((answer.status_code, answer.headers["WWW-Authenticate"], str(error)))
    assert len(set(answers)) == 1
    assert answers[0][:2] == (401, "Bearer")
    assert unchanged(shop) == before


def test_a_used_up_minute_is_refused_before_anything_is_read(
    shop: Store, clock: ManualClock
) -> None:
    by = caller(shop, "products:write", per_minute=2)
    before = unchanged(shop)
    assert [by.get("/products").status_code for _ in range(2)] == [403, 403]
    answer = by.post("/products", BODIES["add_product"])
    assert (answer.status_code, told(answer)["error"]["code"]) == (429, "rate_limited")
    assert 0 < int(answer.headers["Retry-After"]) <= 60
    assert unchanged(shop) == before
    clock.advance(timedelta(seconds=int(answer.headers["Retry-After"])))
    assert by.post("/products", BODIES["add_product"]).status_code == 201


def test_no_key_and_no_buyer_reaches_a_log(
    shop: Store, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    by = caller(shop)
    monkeypatch.setattr(shop.shop.listing, "products", lambda *_a, **_k: 1 / 0)
    shop.app.testing = False
    answer = by.get("/products")
    assert (answer.status_code, told(answer)["error"]["code"]) == (500, "internal")
    assert told(answer)["error"]["request_id"] in caplog.text
    assert by.text.rpartition("_")[2] not in caplog.text + answer.text


def test_the_public_routes_ask_for_no_key(shop: Store) -> None:
    assert shop.client.get("/v1/streams/north-drop").status_code == 200
    described = shop.client.get("/v1/openapi.json")
    assert described.status_code == 200
    assert json.loads(described.text)["openapi"] == "3.1.0"
    assert "lsk_sandbox" not in described.text


def test_other_methods_are_refused_and_options_told(shop: Store) -> None:
    by = caller(shop)
    answer = shop.client.delete("/v1/products", headers=by.headers({}))
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD, POST, OPTIONS")
    asked = shop.client.options("/v1/creators/x")
    assert (asked.status_code, asked.headers["Allow"]) == (204, "GET, HEAD, OPTIONS")
    assert "Access-Control-Allow-Origin" not in by.get("/products").headers
    assert shop.client.head("/v1/products", headers=by.headers({})).status_code == 200
