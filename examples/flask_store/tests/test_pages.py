"""The storefront's pages answer, and say what they should, in every state."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient
from flask_store import create_app, seed

from liveshop_sdk import LiveShop, ManualClock
from liveshop_sdk.testing import sandbox_shop
from liveshop_sdk.testing.shops import START

INLINE = re.compile(r"<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=", re.IGNORECASE)
REMOTE = re.compile(r"""(?:src|href)=["'](?:https?:)?//""")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


@pytest.fixture
def shop(clock: ManualClock) -> LiveShop:
    shop = sandbox_shop(clock=clock)
    seed(shop)
    return shop


@pytest.fixture
def client(shop: LiveShop) -> FlaskClient:
    return create_app(shop).test_client()


def text_of(client: FlaskClient, path: str, status: int = 200) -> str:
    answer = client.get(path, headers={"Accept": "text/html"})
    assert answer.status_code == status, path
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


PAGES = [
    "/",
    "/live/friday-drop",
    "/live/mika-at-home",
    "/products/cable_jumper",
    "/thank-you",
    "/creator/ana",
    "/creator/mika",
    "/finance",
]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_answers_with_nothing_inline_or_remote(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert INLINE.findall(answer.text) == []
    assert REMOTE.findall(answer.text) == []
    policy = answer.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", PAGES)
def test_a_page_has_one_heading_one_main_and_a_way_past_the_header(
    client: FlaskClient, path: str
) -> None:
    page = client.get(path).text
    assert page.count("<h1") == page.count("<main") == 1
    assert '<a class="skip" href="#main">' in page
    assert "<title>" in page
    assert ">sandbox</span>" in page


@pytest.mark.parametrize(
    "path", ["/live/nothing", "/live/NOT a code", "/products/none", "/creator/nobody", "/nope"]
)
def test_what_is_not_here_says_so_without_echoing_it(client: FlaskClient, path: str) -> None:
    shown = text_of(client, path, 404)
    assert "This is not here" in shown
    assert path.rpartition("/")[2] not in shown


def test_an_empty_shop_answers_everywhere() -> None:
    shop = sandbox_shop()
    client = create_app(shop).test_client()
    assert "The shelves are empty" in text_of(client, "/")
    assert "No book yet" in text_of(client, "/finance")
    assert client.get("/finance/ledger.csv").status_code == 404
    assert shop.products.list() == ()
    assert shop.brands.list() == ()


def test_seeding_twice_changes_nothing(shop: LiveShop) -> None:
    before = (shop.products.list(), shop.streams.list(), shop.stats())
    assert seed(shop) is False
    assert (shop.products.list(), shop.streams.list(), shop.stats()) == before


def test_home_leads_with_the_stream_that_is_on(client: FlaskClient) -> None:
    shown = text_of(client, "/")
    assert "Live On until 23:00 CEST Friday drop" in shown
    assert "At home with Mika Starts Sunday 4 October, 20:00 CEST" in shown
    assert "Cable jumper €129.00" in shown


def test_home_says_when_every_stream_is_over(client: FlaskClient, clock: ManualClock) -> None:
    clock.advance(timedelta(days=5))
    assert "Ended Ended Sunday 4 October, 22:00 CEST At home with Mika" in text_of(client, "/")


def test_the_stream_page_shows_the_offers_and_the_disclosure(client: FlaskClient) -> None:
    shown = text_of(client, "/live/friday-drop")
    assert "Ana’s offer Host −20% Code ANA20 Left 25 of 25 Until 23:00 CEST" in shown
    assert "Ben’s offer Host −€5 Code BEN5 Until 23:00 CEST" in shown
    assert "Buy with Ana’s offer for Cable jumper €103.20" in shown
    assert "Buy with Ben’s offer for Cable jumper €124.00" in shown
    assert "Ana and Ben earn a commission when you buy through these links" in shown


def test_looking_again_issues_no_further_link(client: FlaskClient, shop: LiveShop) -> None:
    client.get("/live/friday-drop")
    client.get("/products/cable_jumper")
    issued = shop.stats()["links"]
    assert issued > 0
    for _ in range(3):
        client.get("/live/friday-drop")
        client.get("/products/cable_jumper")
    assert shop.stats()["links"] == issued
    assert shop.stats()["touches"] == 0


def test_a_revoked_link_is_replaced(client: FlaskClient, shop: LiveShop) -> None:
    client.get("/live/friday-drop")
    before = shop.stats()["links"]
    shop.links.revoke(shop.links.recent(stream_id="friday-drop", limit=1)[0].id)
    client.get("/live/friday-drop")
    assert shop.stats()["links"] == before + 1


def test_an_offer_without_a_price_is_told_in_words(client: FlaskClient, shop: LiveShop) -> None:
    now = shop.clock.now()
    shop.streams.schedule(
        "ship-hour",
        hosts=["ana"],
        opens_at=now,
        closes_at=now + timedelta(hours=1),
        brands=["nordlicht"],
    )
    shop.coupons.create("SHIP", stream_id="ship-hour", creator_id="ana", free_shipping=True)
    shown = text_of(client, "/live/ship-hour")
    assert "Ana’s offer Host free shipping Code SHIP" in shown
    assert "Buy with Ana’s offer for Print, A3 €25.00" in shown


def test_an_offer_of_several_units_is_told_and_not_on_the_buttons_for_one(
    client: FlaskClient, shop: LiveShop
) -> None:
    now = shop.clock.now()
    shop.streams.schedule(
        "gift-hour",
        hosts=["ana"],
        opens_at=now,
        closes_at=now + timedelta(hours=1),
        brands=["nordlicht"],
    )
    named: dict[str, Any] = {"stream_id": "gift-hour", "creator_id": "ana"}
    sku = shop.products.list()[0].sku
    shop.coupons.create("GIFT", **named, buy=(sku, 2), get=(sku, 1))
    shown = text_of(client, "/live/gift-hour")
    assert f"Ana’s offer Host buy 2 {sku}, get 1 {sku} free Code GIFT" in shown
    assert {link.coupon_id for link in shop.links.recent(stream_id="gift-hour")} == {None}


def test_a_used_up_offer_leaves_the_plain_link(client: FlaskClient, shop: LiveShop) -> None:
    shop.creators.add("solo", rate=shop.creators.agreements("ana")[0].rate, brand="nordlicht")
    now = shop.clock.now()
    shop.streams.schedule(
        "solo-hour",
        hosts=["solo"],
        opens_at=now,
        closes_at=now + timedelta(hours=1),
        brands=["nordlicht"],
    )
    shop.coupons.create(
        "ONLYONE", stream_id="solo-hour", creator_id="solo", percent_off=50, limit=1
    )
    assert "Buy with solo’s offer for Print, A3 €12.50" in text_of(client, "/live/solo-hour")
    link = next(one for one in shop.links.recent(stream_id="solo-hour") if one.coupon_id)
    shop.links.open(link.short_code)
    shown = text_of(client, "/live/solo-hour")
    assert "Every use is taken" in shown
    assert "Buy through solo for Print, A3 €25.00" in shown


def test_a_stream_that_is_over_still_sells_at_the_full_price(
    client: FlaskClient, clock: ManualClock, shop: LiveShop
) -> None:
    client.get("/live/friday-drop")
    issued = shop.stats()["links"]
    clock.advance(timedelta(hours=4))
    shown = text_of(client, "/live/friday-drop")
    assert "The stream has ended" in shown
    assert "Buy through Ana for Cable jumper €129.00" in shown
    assert shop.stats()["links"] == issued


def test_a_stream_to_come_says_when_and_sells_nothing(client: FlaskClient) -> None:
    shown = text_of(client, "/live/mika-at-home")
    assert "Starts Sunday 4 October, 20:00 CEST" in shown
    assert "On sale from 20:00 CEST" in shown
    assert "Buy with" not in shown


def test_it_runs_from_the_environment_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    monkeypatch.setenv("LIVESHOP_DATABASE_URL", f"sqlite:///{tmp_path}/shop.db")
    monkeypatch.setattr("flask_store.app.threading.Thread", lambda **_: _Idle())
    client = create_app().test_client()
    assert "Friday drop" in text_of(client, "/")


class _Idle:
    def start(self) -> None:
        """Run nothing: the worker would outlive the test's database."""
