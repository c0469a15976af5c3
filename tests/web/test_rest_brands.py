"""A key of one brand sees and writes that brand's rows alone."""

import json
from typing import Any

import pytest

from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.web.rest.routes import ROUTES
from tests.web.rest_support import SOUTH, Caller, all_pages, caller, two_brands, unchanged
from tests.web.support import Store, told

WINDOW = {"opens_at": "2026-10-02T19:00:00Z", "closes_at": "2026-10-02T20:00:00Z"}
MONEY = {"amount": 100, "currency": "EUR"}


@pytest.fixture
def shop(db: Database, clock: ManualClock) -> Store:
    return two_brands(db, clock)


@pytest.fixture
def north(shop: Store) -> Caller:
    return caller(shop, brand="north")


def test_lists_hold_the_brands_own_rows(shop: Store, north: Caller) -> None:
    seen = {}
    for route in ROUTES:
        if route.method == "GET" and "<" not in route.path:
            nouns = route.path[1:]
            query = {"period": "2026-10"} if nouns == "statements" else {}
            seen[nouns] = all_pages(north, route.path, nouns, limit=1, **query)
    assert [one["code"] for one in seen["brands"]] == ["north"]
    assert [one["sku"] for one in seen["products"]] == ["north_tee"]
    assert [one["handle"] for one in seen["creators"]] == ["ana", "ben"]
    assert {one["brand"] for one in seen["agreements"]} == {"north"}
    assert [(one["code"], one["brands"]) for one in seen["streams"]] == [
        ("haul", ["north"]),
        ("north-drop", ["north"]),
    ]
    assert [one["code"] for one in seen["coupons"]] == ["NORTH20"]
    assert [one["items"] for one in seen["links"]] == [{"north_tee": 1}]
    assert [one["total"] is None for one in seen["orders"]] == [True, False]
    assert {credit["brand"] for one in seen["orders"] for credit in one["credits"]} == {"north"}
    assert {line["brand"] for one in seen["orders"] for line in one["commission"]} == {"north"}
    assert {one["book"] for one in seen["entries"]} == {"north"}
    text = json.dumps(seen).replace(f"{SOUTH} ben", "")  # ben has terms with north as well
    assert "south" not in text.lower()
    assert "buyer.secret" not in text


def test_the_whole_shops_key_sees_all_and_no_buyer(shop: Store) -> None:
    by = caller(shop)
    assert [one["total"] is None for one in all_pages(by, "/orders", "orders")] == [False] * 3
    assert len(all_pages(by, "/links", "links", limit=2)) == 3
    assert {one["sku"] for one in all_pages(by, "/products", "products", brand="south")} == {
        "south_tee"
    }
    with shop.db.reading() as tx:
        keys = [row[0] for row in tx.exec_driver_sql("SELECT customer_key FROM ls_order")]
    told_of = json.dumps([by.get(path).json for path in ("/orders", "/links", "/streams")])
    assert all(key and key not in told_of for key in keys)
    assert "buyer.secret" not in told_of


def foreign(shop: Store) -> list[str]:
    """Return paths to what north does not see."""
    links = shop.shop.listing.links(None, creator="ben", stream=None, after=None, limit=9)
    orders = shop.shop.listing.orders("south", creator=None, after=None, limit=9)
    mine = shop.shop.listing.orders("north", creator=None, after=None, limit=9)
    hidden = {one.order.id for one in orders.items} - {one.order.id for one in mine.items}
    assert (len(links.items), len(hidden)) == (2, 1)
    return [
        "/products/south_tee",
        "/coupons/SOUTH20",
        "/coupons/HAUL10",
        *(f"/links/{one.link.id}" for one in links.items),
        *(f"/orders/{one}" for one in hidden),
    ]


def test_what_is_not_seen_is_not_there(shop: Store, north: Caller) -> None:
    for path in foreign(shop):
        answer = north.get(path)
        assert answer.status_code == 404, path
        own = path.rpartition("/")[2]
        missing = north.get(path[: -len(own)] + "NOTHING-AT-ALL")
        told_of = answer.text.replace(own.lower(), "x").replace(own, "x")
        never = missing.text.replace("NOTHING-AT-ALL", "x")
        first, second = (json.loads(text)["error"] for text in (told_of, never))
        assert first | {"request_id": ""} == second | {"request_id": ""}
    for path in ("/products", "/creators", "/agreements", "/streams", "/orders", "/balances"):
        answer = north.get(path, query_string={"brand": "south"})
        assert (answer.status_code, told(answer)["error"]["code"]) == (404, "brand_not_found")
    statement = north.get("/statements/ben/2026-10")
    assert [one["brand"] for one in told(statement)["statement"]["brands"]] == ["north"]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/brands", {"code": "west", "currency": "EUR"}, 403),
        ("/products", {"sku": "a", "title": "A", "price": MONEY, "brand": "south"}, 404),
        ("/products", {"sku": "south_tee", "title": f"{SOUTH} tee", "price": MONEY}, 409),
        ("/products/south_tee", {"title": "ours"}, 404),
        ("/creators", {"handle": "dora", "terms": {"rate": "5%"}, "brand": "south"}, 404),
        ("/creators", {"handle": "eve", "terms": {"rate": "5%"}}, 409),
        ("/agreements", {"creator": "eve", "terms": {"rate": "5%"}}, 404),
        ("/agreements", {"creator": "ana", "terms": {"rate": "5%"}, "brand": "south"}, 404),
        ("/streams", {"code": "more", "hosts": [{"creator": "eve"}], **WINDOW}, 404),
        (
            "/streams",
            {"code": "more", "hosts": [{"creator": "ana"}], "brands": ["south"], **WINDOW},
            404,
        ),
        ("/streams", {"code": "south-drop", "hosts": [{"creator": "ana"}], **WINDOW}, 409),
        (
            "/coupons",
            {"code": "X10", "stream": "south-drop", "creator": "ben", "percent_off": "5%"},
            404,
        ),
        ("/coupons", {"code": "X10", "stream": "haul", "creator": "ben", "percent_off": "5%"}, 404),
        ("/links", {"creator": "ben", "items": {"south_tee": 1}}, 404),
        ("/links", {"creator": "ben", "items": {"north_tee": 1, "south_tee": 1}}, 404),
        ("/links", {"creator": "eve", "items": {"north_tee": 1}}, 404),
        (
            "/links",
            {"creator": "ben", "items": {"north_tee": 1}, "stream": "south-drop"},
            404,
        ),
        (
            "/links",
            {"creator": "ben", "items": {"north_tee": 1}, "stream": "haul", "coupon": "HAUL10"},
            404,
        ),
    ],
)
def test_a_brand_writes_for_itself_alone(
    shop: Store, north: Caller, path: str, body: dict[str, Any], status: int
) -> None:
    shop.shop.creators.add("eve", name=f"{SOUTH} eve", rate="7%", brand="south")
    before = unchanged(shop)
    answer = north.post(path, body)
    assert answer.status_code == status, answer.text
    assert SOUTH not in answer.text
    assert "7%" not in answer.text
    assert unchanged(shop) == before


def test_a_link_of_another_brand_is_not_taken_back(shop: Store, north: Caller) -> None:
    before = unchanged(shop)
    for path in (one for one in foreign(shop) if one.startswith("/links")):
        assert north.post(f"{path}/revoke", {}).status_code == 404
    assert unchanged(shop) == before


def test_a_platforms_id_names_no_product_of_another(shop: Store, north: Caller) -> None:
    shop.shop.products.update("south_tee", stripe_price="price_1")
    body = {"sku": "mine", "title": "Mine", "price": MONEY, "stripe_price": "price_1"}
    before = unchanged(shop)
    for answer in (
        north.post("/products", body),
        north.post("/products/north_tee", {"stripe_price": "price_1"}),
    ):
        assert (answer.status_code, told(answer)["error"]["code"]) == (409, "platform_ref_taken")
        assert "south" not in answer.text
    assert unchanged(shop) == before


def test_a_brand_sells_by_its_own_key(shop: Store, north: Caller) -> None:
    made = [
        north.post("/products", {"sku": "cap", "title": "Cap", "price": MONEY}),
        north.post("/creators", {"handle": "finn", "name": "Finn", "terms": {"rate": "9%"}}),
        north.post("/agreements", {"creator": "finn", "terms": {"rate": "10%", "hold": "7d"}}),
        north.post(
            "/streams", {"code": "sun", "hosts": [{"creator": "finn", "share": 1}], **WINDOW}
        ),
        north.post(
            "/coupons",
            {"code": "FINN5", "stream": "sun", "creator": "finn", "amount_off": MONEY},
        ),
        north.post(
            "/links",
            {"creator": "finn", "items": {"north_tee": 1, "cap": 2}, "stream": "sun"}
            | {"coupon": "FINN5", "expires_in_seconds": 3600},
        ),
    ]
    assert [one.status_code for one in made] == [201] * 6, [one.text for one in made]
    assert told(made[3])["stream"]["brands"] == ["north"]
    assert told(north.get("/coupons/finn5"))["coupon"]["status"] == "ready"
    link = told(made[5])["link"]
    assert (link["items"], link["coupon"]) == ({"north_tee": 1, "cap": 2}, "FINN5")
    taken = told(north.post(f"/links/{link['id']}/revoke", {}))["link"]
    assert taken["revoked_at"] == "2026-10-02T18:00:00Z"
