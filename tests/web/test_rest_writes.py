"""Writes of ``/v1``: once per ``Idempotency-Key``, whoever asks how often at once."""

import threading
from typing import Any

import pytest

from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from tests.web.rest_support import Caller, caller, two_brands, unchanged
from tests.web.support import Store, told

LINK = {"creator": "ana", "items": {"north_tee": 1}, "stream": "north-drop"}


@pytest.fixture
def shop(db: Database, clock: ManualClock) -> Store:
    return two_brands(db, clock)


def post(by: Caller, body: Any, key: str, path: str = "/links") -> Any:
    return by.post(path, body, headers={"Idempotency-Key": key})


def test_sixteen_at_once_make_one_link(shop: Store) -> None:
    by = caller(shop)
    before = shop.rows()["ls_link"]
    answers: list[tuple[int, str, str | None]] = []
    start = threading.Barrier(16)

    def ask() -> None:
        mine = Caller(shop.app.test_client(), by.text)
        start.wait()
        answer = post(mine, LINK, "once")
        answers.append(
            (answer.status_code, answer.text, answer.headers.get("Idempotency-Replayed"))
        )

    threads = [threading.Thread(target=ask) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert shop.rows()["ls_link"] == before + 1
    assert {(status, text) for status, text, _ in answers} == {(201, answers[0][1])}
    assert sorted(str(replayed) for _, _, replayed in answers) == ["None"] + ["true"] * 15


def test_a_key_stands_for_one_request(shop: Store) -> None:
    by, other = caller(shop), caller(shop)
    first = post(by, LINK, "a")
    before = unchanged(shop)
    again = post(by, LINK, "a")
    assert (again.status_code, again.text) == (first.status_code, first.text)
    for path, body in (("/links", LINK | {"channel": "chat"}), ("/coupons", LINK)):
        changed = post(by, body, "a", path)
        if path == "/links":
            assert (changed.status_code, told(changed)["error"]["code"]) == (
                422,
                "idempotency_key_reused",
            )
    assert unchanged(shop) == before
    assert told(post(other, LINK, "a"))["link"]["id"] != told(first)["link"]["id"]


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 65, "é", "a/b", "a\tb"])
def test_every_write_needs_a_key(shop: Store, key: str) -> None:
    by = caller(shop)
    before = unchanged(shop)
    answer = post(by, LINK, key)
    assert (answer.status_code, told(answer)["error"]["code"]) == (400, "idempotency_key_invalid")
    assert unchanged(shop) == before


def test_a_refused_write_leaves_its_key_free(shop: Store) -> None:
    by = caller(shop)
    before = unchanged(shop)
    refused = post(by, LINK | {"items": {"later": 1}}, "a")
    assert refused.status_code == 404
    assert unchanged(shop) == before
    shop.shop.products.add("later", title="Later", amount=100, brand="north")
    assert post(by, LINK | {"items": {"later": 1}}, "a").status_code == 201


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        (b'{"creator": "ana", "creator": "ben", "items": {}}', 400, "body_invalid"),
        (b'{"creator": NaN}', 400, "body_invalid"),
        (b'{"creator": "\\u0000"}', 400, "body_invalid"),
        (b'{"creator": "\\ud800"}', 400, "body_invalid"),
        (b'{"items": {"a": 99999999999999999999}}', 400, "body_invalid"),
        (b"[" * 5000, 400, "body_invalid"),
        (b"\xff\xfe", 400, "body_invalid"),
        (b'{"creator": "ana", "items": {"north_tee": 1.0}}', 400, "fields_invalid"),
        (b'{"creator": "ana", "items": {"north_tee": true}}', 400, "fields_invalid"),
        (b'{"creator": "ana", "items": {"north_tee": "1"}}', 400, "fields_invalid"),
        (b'{"creator": "ana", "items": {"north_tee": 1}, "more": 1}', 400, "fields_invalid"),
        (b'{"creator": "ana", "items": {}}', 400, "cart_invalid"),
        (b"[]", 400, "fields_invalid"),
        (b"", 400, "body_invalid"),
        (b" " * 70_000, 413, "too_large"),
    ],
)
def test_the_door_is_the_strict_one(shop: Store, sent: bytes, status: int, code: str) -> None:
    by = caller(shop)
    before = unchanged(shop)
    headers = by.headers({}) | {"Idempotency-Key": "a"}
    answer = shop.client.post(
        "/v1/links", data=sent, headers=headers, content_type="application/json"
    )
    assert (answer.status_code, told(answer)["error"]["code"]) == (status, code)
    assert set(told(answer)["error"]) == {"code", "message", "details", "request_id", "docs"}
    assert told(answer)["error"]["docs"].endswith(f"errors.md#{code}")
    plain = shop.client.post("/v1/links", data=b"a=b", headers=headers)
    assert plain.status_code == 415
    assert unchanged(shop) == before


def test_a_browser_gets_json_as_well(shop: Store) -> None:
    answer = shop.client.get("/v1/products", headers={"Accept": "text/html"})
    assert (answer.status_code, answer.mimetype) == (401, "application/json")


def test_a_product_is_changed_and_what_is_left_out_stays(shop: Store) -> None:
    by = caller(shop)
    old = told(by.get("/products/north_tee"))["product"]
    link = told(post(by, LINK, "before"))["link"]
    price = {"amount": 5990, "currency": "EUR"}
    changed = by.post("/products/north_tee", {"price": price, "collection": "summer"})
    assert changed.status_code == 201
    new = told(changed)["product"]
    assert new["price"] == price
    assert (new["collection"], new["title"]) == ("summer", old["title"])
    assert new["updated_at"] >= old["updated_at"]
    assert told(by.get("/products/north_tee"))["product"] == new
    assert told(by.get(f"/links/{link['id']}"))["link"] == link
    assert told(by.post("/products/north_tee", {}))["product"] == new
    before = unchanged(shop)
    for body, status, code in (
        ({"price": {"amount": 5990, "currency": "USD"}}, 400, "record_invalid"),
        ({"price": {"amount": -1, "currency": "EUR"}}, 400, "record_invalid"),
        ({"sku": "other"}, 400, "fields_invalid"),
        ({"brand": "south"}, 400, "fields_invalid"),
    ):
        refused = by.post("/products/north_tee", body)
        assert (refused.status_code, told(refused)["error"]["code"]) == (status, code)
    assert by.post("/products/nothing", {"title": "x"}).status_code == 404
    assert unchanged(shop) == before


def test_a_coupon_that_ships_for_nothing(shop: Store) -> None:
    by = caller(shop)
    body = {"code": "SHIPFREE", "stream": "north-drop", "creator": "ana", "free_shipping": True}
    made = by.post("/coupons", body)
    assert made.status_code == 201, made.text
    coupon = told(by.get("/coupons/SHIPFREE"))["coupon"]
    names = ("kind", "offer", "free_shipping", "percent_off_bps", "status")
    expected = ["free_shipping", "free shipping", True, None, "ready"]
    assert [coupon[name] for name in names] == expected
    before = unchanged(shop)
    for wrong, code in (
        ({"percent_off": "5%"}, "coupon_invalid"),
        ({"free_shipping": False}, "coupon_invalid"),
        ({"free_shipping": 1}, "fields_invalid"),
        ({"free_shipping": "yes"}, "fields_invalid"),
        ({"free_shipping": None}, "fields_invalid"),
    ):
        refused = by.post("/coupons", body | {"code": "OTHER"} | wrong)
        assert (refused.status_code, told(refused)["error"]["code"]) == (400, code), wrong
    assert unchanged(shop) == before


def test_a_coupon_for_units_for_less(shop: Store) -> None:
    by, north = caller(shop), caller(shop, brand="north")
    buy: dict[str, Any] = {"sku": "north_tee", "units": 2}
    get: dict[str, Any] = {"sku": "north_tee", "units": 1, "percent_off": "50%"}
    body = {"code": "HALF", "stream": "north-drop", "creator": "ana", "buy": buy, "get": get}
    made = north.post("/coupons", body | {"per_order": 2})
    assert made.status_code == 201, made.text
    coupon = told(by.get("/coupons/HALF"))["coupon"]
    assert coupon["offer"] == (
        "buy 2 north_tee, get 1 north_tee at 50% off, at most 2 times an order"
    )
    assert (coupon["kind"], coupon["buy"], coupon["per_order"]) == ("buy_get", buy, 2)
    assert coupon["get"] == {"sku": "north_tee", "units": 1, "percent_off_bps": 5000}
    free = by.post("/coupons", body | {"code": "FREE", "get": {"sku": "north_tee", "units": 1}})
    assert told(free)["coupon"]["get"]["percent_off_bps"] == 10_000
    before = unchanged(shop)
    for who, wrong, status, code in (
        (by, {"percent_off": "5%"}, 400, "coupon_invalid"),
        (by, {"free_shipping": True}, 400, "coupon_invalid"),
        (by, {"get": {**get, "units": 0}}, 400, "fields_invalid"),
        (by, {"get": {**get, "units": 1.0}}, 400, "fields_invalid"),
        (by, {"get": {**get, "more": 1}}, 400, "fields_invalid"),
        (by, {"get": {**get, "percent_off": "0%"}}, 400, "coupon_invalid"),
        (by, {"get": {**get, "percent_off": "half"}}, 400, "rate_invalid"),
        (by, {"get": None}, 400, "fields_invalid"),
        (by, {"buy": {**buy, "sku": "nothing"}}, 404, "product_not_found"),
        (by, {"buy": {**buy, "sku": "south_tee"}}, 409, "brand_not_on_stream"),
        (north, {"buy": {**buy, "sku": "south_tee"}}, 404, "product_not_found"),
        (north, {"get": {**get, "sku": "south_tee"}}, 404, "product_not_found"),
        (by, {"per_order": 0}, 400, "fields_invalid"),
    ):
        refused = who.post("/coupons", body | {"code": "OTHER"} | wrong)
        assert (refused.status_code, told(refused)["error"]["code"]) == (status, code), wrong
    assert unchanged(shop) == before


def test_a_coupon_is_paused_resumed_and_ended(shop: Store) -> None:
    by, north = caller(shop), caller(shop, brand="north")
    link = told(post(by, LINK | {"coupon": "NORTH20"}, "with"))["link"]

    def wish(word: str, who: Caller = north) -> tuple[str, str | None]:
        answer = who.post(f"/coupons/north20/{word}", {})
        assert answer.status_code == 201, answer.text
        coupon = told(answer)["coupon"]
        assert told(by.get("/coupons/NORTH20"))["coupon"]["waiting"] is None
        return coupon["code"], coupon["status"]

    def opened() -> int:
        return shop.client.get(link["url"], headers={"Accept": "application/json"}).status_code

    assert wish("pause") == wish("pause") == ("NORTH20", "paused")
    assert opened() == 409
    assert wish("resume") == ("NORTH20", "ready")
    assert opened() == 303
    assert wish("end", by) == wish("end") == ("NORTH20", "ended")
    assert opened() == 410
    over = by.post("/coupons/NORTH20/resume", {})
    assert (over.status_code, told(over)["error"]["code"]) == (410, "coupon_over")
    before = unchanged(shop)
    for code in ("SOUTH20", "HAUL10", "NOTHING"):
        for word in ("pause", "resume", "end"):
            hidden = north.post(f"/coupons/{code}/{word}", {})
            assert (hidden.status_code, told(hidden)["error"]["code"]) == (404, "coupon_unknown")
    assert unchanged(shop) == before


def test_a_stream_is_ended_with_its_coupons_and_open_checkouts(shop: Store) -> None:
    by, north = caller(shop), caller(shop, brand="north")
    link = told(post(by, LINK | {"coupon": "NORTH20"}, "with"))["link"]
    page = {"headers": {"Accept": "application/json"}}
    assert shop.client.get(link["url"], **page).status_code == 303
    before = unchanged(shop)
    for code, who in (("south-drop", north), ("haul", north), ("nothing", by)):
        hidden = who.post(f"/streams/{code}/end", {})
        assert (hidden.status_code, told(hidden)["error"]["code"]) == (404, "stream_not_found")
    wrong = by.post("/streams/north-drop/end", {"open_checkouts": "burn"})
    assert (wrong.status_code, told(wrong)["error"]["code"]) == (400, "fields_invalid")
    assert unchanged(shop) == before
    answer = north.post("/streams/north-drop/end", {})
    assert answer.status_code == 201, answer.text
    ended = told(answer)["ended"]
    assert (ended["stream"]["code"], ended["stream"]["phase"]) == ("north-drop", "over")
    assert (ended["open_checkouts"], ended["expiring"]) == (1, 1)
    assert [one["code"] for one in ended["coupons"]] == ["NORTH20"]
    coupon = told(by.get("/coupons/NORTH20"))["coupon"]
    assert (coupon["status"], coupon["waiting"]) == ("ended", None)
    assert shop.client.get(link["url"], **page).status_code == 410
    shop.shop.worker().drain()
    again = told(north.post("/streams/north-drop/end", {"open_checkouts": "keep"}))["ended"]
    assert again == ended | {
        "coupons": [{"code": "NORTH20", "status": "ended", "waiting": None}],
        "open_checkouts": 0,
        "expiring": 0,
    }


def test_a_query_that_a_write_would_not_heed_is_refused(shop: Store) -> None:
    by, before = caller(shop), unchanged(shop)
    for query in ("dry_run=1", "brand=north&brand=south", "x", "%00=1"):
        answer = by.post(f"/coupons/NORTH20/end?{query}", {})
        assert (answer.status_code, told(answer)["error"]["code"]) == (400, "fields_invalid")
    assert unchanged(shop) == before


def test_personal_codes_are_issued_once_and_listed(shop: Store) -> None:
    by = caller(shop)
    path = "/coupons/north20/codes"
    once = {"Idempotency-Key": "once"}
    answers = [by.post(path, {"count": 3}, headers=once) for _ in range(2)]
    assert [one.status_code for one in answers] == [201, 201]
    assert told(answers[0]) == told(answers[1])
    batch = told(answers[0])["batch"]
    assert (batch["size"], batch["made"], batch["status"]) == (3, 0, "pending")
    first = told(by.get(path, query_string={"limit": 2}))
    rest = told(by.get(path, query_string={"limit": 2, "cursor": first["next"]}))
    assert [one["n"] for one in (*first["codes"], *rest["codes"])] == [1, 2, 3]
    assert (rest["next"], first["codes"][0]["uses"]) == (None, 0)
    assert {one["batch"] for one in first["codes"]} == {batch["id"]}
    north = caller(shop, brand="north")
    assert len(told(north.get(path))["codes"]) == 3
    for code in ("SOUTH20", "HAUL10"):  # another's, and one that is not theirs alone
        for hidden in (
            north.get(f"/coupons/{code}/codes"),
            north.post(f"/coupons/{code}/codes", {"count": 1}),
        ):
            assert (hidden.status_code, told(hidden)["error"]["code"]) == (404, "coupon_unknown")
    for count in (0, 10_001, "5", 2.5, None):
        assert by.post(path, {"count": count}).status_code == 400
    assert by.get(path, query_string={"cursor": "xyz"}).status_code == 400
