"""Pages of ``/v1``: complete, in order, and stable while records are added."""

from base64 import urlsafe_b64encode

import pytest

from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.shop import listing
from liveshop_sdk.web.rest.routes import ROUTES
from tests.web.rest_support import all_pages, caller, two_brands
from tests.web.support import Store, told

LISTS = [one.path[1:] for one in ROUTES if one.method == "GET" and "<" not in one.path]


@pytest.fixture
def shop(db: Database, clock: ManualClock) -> Store:
    return two_brands(db, clock)


@pytest.mark.parametrize("nouns", LISTS)
def test_pages_add_up(shop: Store, nouns: str, monkeypatch: pytest.MonkeyPatch) -> None:
    by = caller(shop)
    query = {"period": "2026-10"} if nouns == "statements" else {}
    named = {"brand": "north"} if nouns in {"balances", "entries"} else {}
    whole = all_pages(by, f"/{nouns}", nouns, **query, **named)
    assert len(whole) >= 2
    assert all_pages(by, f"/{nouns}", nouns, limit=1, **query, **named) == whole
    monkeypatch.setattr(listing, "BATCH", 1)
    monkeypatch.setattr(listing, "BATCHES", 1)
    assert all_pages(by, f"/{nouns}", nouns, limit=2, **query, **named) == whole


def test_what_is_added_meanwhile_moves_no_page(shop: Store) -> None:
    by = caller(shop)
    for nouns, name in (("products", "sku"), ("links", "id")):
        before = all_pages(by, f"/{nouns}", nouns)
        first = told(by.get(f"/{nouns}", query_string={"limit": 1}))
        shop.shop.products.add("aaa", title="First", amount=1, brand="north")
        shop.shop.links.issue(creator_id="ana", items={"north_tee": 1})
        rest = all_pages(by, f"/{nouns}", nouns, cursor=first["next"])
        seen = [one[name] for one in (*first[nouns], *rest)]
        assert [one for one in seen if one != "aaa"] == [one[name] for one in before]


def made_up(text: str) -> str:
    return urlsafe_b64encode(text.encode("utf-8", "surrogatepass")).decode().rstrip("=")


@pytest.mark.parametrize("nouns", LISTS)
def test_a_cursor_made_up_is_refused_or_harmless(shop: Store, nouns: str) -> None:
    by = caller(shop)
    query = {"period": "2026-10"} if nouns == "statements" else {}
    named = {"brand": "north"} if nouns in {"balances", "entries"} else {}
    wrong = ["x", "====", "é", "%00", "A" * 401, made_up("[]"), made_up('["other","a"]')]
    wrong += [made_up(f'["{nouns}",5]'), made_up(f'["{nouns}", "a"]'), made_up(f'["{nouns}","a"]')]
    wrong += [made_up(f'["{nouns}","\\u0000"]'), made_up(f'["{nouns}","\ud800"]')]
    statuses = [
        by.get(f"/{nouns}", query_string={"cursor": one, **query, **named}).status_code
        for one in wrong
    ]
    assert set(statuses[:9]) == {400}, statuses
    assert set(statuses) <= {200, 400}
    for number in ("-1", "9" * 30, "1.5", ""):
        given = {"cursor": made_up(f'["{nouns}","north ana {number}"]')}
        assert by.get(f"/{nouns}", query_string=given | query | named).status_code in {200, 400}


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=201",
        "limit=x",
        "limit=1&limit=2",
        "limit=",
        "brand=",
        "nothing=1",
        "brand=%00",
        "cursor=%ED%A0%80",
        "brand=" + "x" * 65,
        "limit=" + "9" * 5000,
        "limit=%2B1",
        "limit=%201",
        "limit=1_0",
        "limit=%D9%A3",
    ],
)
def test_a_query_is_read_strictly(shop: Store, query: str) -> None:
    answer = caller(shop).get(f"/products?{query}")
    assert answer.status_code == 400, answer.text


def test_filters_name_what_exists_or_find_nothing(shop: Store) -> None:
    by = caller(shop)
    assert all_pages(by, "/links", "links", creator="nobody") == []
    assert len(all_pages(by, "/links", "links", creator="ben", stream="haul")) == 1
    assert len(all_pages(by, "/coupons", "coupons", creator="ben", limit=1)) == 2
    assert len(all_pages(by, "/orders", "orders", creator="ben", brand="south")) == 2
    assert len(all_pages(by, "/agreements", "agreements", creator="ben", brand="north")) == 1
    assert by.get("/balances").status_code == 400
