"""The app gets into its shop: begun and ended in one browser, signed by Shopify."""

import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.settings import Settings
from liveshop_sdk.shop.live_shop import LiveShop
from liveshop_sdk.web import LiveShopFlask
from liveshop_sdk.web.installing import COOKIE
from tests.looking import contents
from tests.platforms import shopify_support as support
from tests.web.support import HTML, told

SETTINGS = {
    "LIVESHOP_PLATFORM": "shopify",
    "LIVESHOP_SECRET_KEYS": "a-key-for-the-tests-of-installing",
    "LIVESHOP_BASE_URL": "https://live.shop.example",
    "LIVESHOP_SHOPIFY_SHOP": support.SHOP,
    "LIVESHOP_SHOPIFY_CLIENT_ID": "client",
    "LIVESHOP_SHOPIFY_CLIENT_SECRET": "hush",
    "LIVESHOP_SHOPIFY_STOREFRONT_TOKEN": "sfpub_oracle",
    "LIVESHOP_SHOPIFY_ACCESS": "install",
}
Query = dict[str, str]


@dataclass
class Place:
    """A shop to be installed in, and a browser of its owner."""

    oracle: Any
    db: Database
    clock: ManualClock
    app: Flask
    shop: LiveShop
    browser: FlaskClient

    def begin(self, browser: FlaskClient | None = None) -> Query:
        """Go to the install page; return what Shopify is asked."""
        answer = (browser or self.browser).get(
            f"/shopify/install?shop={support.SHOP}", base_url="https://live.shop.example"
        )
        assert answer.status_code == 302
        parts = urlsplit(answer.headers["Location"])
        assert f"{parts.scheme}://{parts.netloc}" == self.oracle.url
        assert parts.path == "/admin/oauth/authorize"
        return {name: values[0] for name, values in parse_qs(parts.query).items()}

    def query(self, **given: str) -> Query:
        """Return what Shopify sends the owner back with, unsigned."""
        stamp = str(int(self.clock.now().timestamp()))
        return {"code": "abc", "shop": support.SHOP, "timestamp": stamp, "host": "aG9zdA"} | given

    def come_back(self, query: str, **how: Any) -> Any:
        how.setdefault("base_url", "https://live.shop.example")
        return self.browser.get(f"/shopify/callback?{query}", **how)


def signed(query: Query, secret: str = "hush") -> str:
    message = "&".join(f"{name}={value}" for name, value in sorted(query.items()))
    digest = hmac.new(secret.encode(), message.encode(), hashlib.sha256).hexdigest()
    return urlencode({**query, "hmac": digest})


def place_at(oracle: Any, db: Database, clock: ManualClock, **settings: str) -> Place:
    environ = {**SETTINGS, "LIVESHOP_SHOPIFY_API_BASE": oracle.url, **settings}
    shop = LiveShop.from_settings(Settings.load(environ), db=db, clock=clock)
    app = Flask("store")
    app.testing = True
    LiveShopFlask(app, shop)
    return Place(oracle, db, clock, app, shop, app.test_client())


@pytest.fixture
def place(db: Database, clock: ManualClock) -> Iterator[Place]:
    with support.running_oracle() as oracle:
        yield place_at(oracle, db, clock)


def asked(place: Place) -> int:
    return sum(entry["path"] == "/admin/oauth/access_token" for entry in place.oracle.log)


def test_an_owner_installs_the_app_and_it_works(place: Place) -> None:
    wanted = place.begin()
    assert wanted == {
        "client_id": "client",
        "scope": "read_orders,write_discounts",
        "redirect_uri": "https://live.shop.example/shopify/callback",
        "state": wanted["state"],
    }
    before = place.shop.platform.check()[0]
    assert (before.ok, "not installed" in before.text) == (False, True)
    assert "/shopify/install?shop=demo-live.myshopify.com" in before.fix
    answer = place.come_back(signed(place.query(state=wanted["state"])), headers=HTML)
    assert answer.status_code == 200
    assert "The app is installed" in answer.text
    assert "no-store" in answer.headers["Cache-Control"]
    assert place.shop.platform.find_order("1") == ()
    assert [one for one in place.shop.platform.check() if not one.ok] == []
    place.clock.advance(timedelta(hours=2))
    assert place.shop.platform.find_order("1") == (), "the pair renews itself"
    stored = repr(contents(place.db)) + repr(vars(place.shop.platform)) + repr(place.shop.settings)
    assert not [token for token in place.oracle.tokens if token in stored]
    assert not [token for token in place.oracle.refresh_tokens if token in stored]


def test_the_cookie_is_for_the_way_back_alone(place: Place) -> None:
    answer = place.browser.get(f"/shopify/install?shop={support.SHOP}")
    cookie = answer.headers["Set-Cookie"]
    for part in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/shopify/callback", "Max-Age=600"):
        assert part in cookie
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize(
    "shop",
    [
        "",
        "other.myshopify.com",
        "demo-live.myshopify.com.evil.example",
        "evil.example/demo-live.myshopify.com",
        "demo-live.myshopify.com%23",
        "Demo-Live.myshopify.com",
        "demo-live.myshopify.com%0a",
        "demo-live",
    ],
)
def test_no_other_shop_is_gone_to(place: Place, shop: str) -> None:
    answer = place.browser.get(f"/shopify/install?shop={shop}")
    assert (answer.status_code, told(answer)["error"]["code"]) == (400, "install_refused")
    assert "Location" not in answer.headers


def test_another_browser_cannot_finish_what_this_one_began(place: Place) -> None:
    state = place.begin()["state"]
    theirs = place.app.test_client()
    other = place.begin(theirs)["state"]
    assert state != other
    before = contents(place.db)
    for given in ({"state": other}, {"state": ""}, {}, {"state": state + "A"}, {"state": "é"}):
        answer = place.come_back(signed(place.query(**given)))
        assert (answer.status_code, answer.json["error"]["code"]) == (403, "install_outdated")
    stranger = place.app.test_client().get(
        f"/shopify/callback?{signed(place.query(state=state))}",
        base_url="https://live.shop.example",
    )
    assert stranger.status_code == 403
    assert contents(place.db) == before
    assert asked(place) == 0


def test_what_shopify_did_not_sign_is_refused_and_changes_nothing(place: Place) -> None:
    state = place.begin()["state"]
    good = place.query(state=state)
    late = str(int((place.clock.now() - timedelta(days=2)).timestamp()))
    early = str(int((place.clock.now() + timedelta(days=2)).timestamp()))
    queries = [
        urlencode(good),
        signed(good, secret="another"),
        signed(good).replace("code=abc", "code=abd"),
        signed(good).replace("hmac=", "hmac=%C3%A9"),
        signed({**good, "timestamp": late}),
        signed({**good, "timestamp": early}),
        signed({**good, "timestamp": "soon"}),
        signed({**good, "shop": "other.myshopify.com"}),
        signed({**good, "code": ""}),
        signed({**good, "code": "x" * 600}),
        signed({**good, "code": "a\nb"}),
    ]
    before = contents(place.db)
    for query in queries:
        answer = place.come_back(query)
        assert (answer.status_code, answer.json["error"]["code"]) == (400, "install_refused"), query
        assert place.come_back(query, headers=HTML).status_code == 400
    twice = place.come_back(signed(good) + "&shop=other.myshopify.com")
    assert twice.status_code == 403
    assert contents(place.db) == before
    assert asked(place) == 0


def test_what_came_back_once_installs_nothing_again(place: Place, monkeypatch: Any) -> None:
    """The browser forgets how it began; whoever kept that meets a code that is used up."""
    query = signed(place.query(state=place.begin()["state"]))
    where: dict[str, Any] = {"domain": "live.shop.example", "path": "/shopify/callback"}
    kept = place.browser.get_cookie(COOKIE, **where)
    assert kept is not None
    assert place.come_back(query).status_code == 200
    before, calls = contents(place.db), asked(place)
    assert place.come_back(query).status_code == 403
    assert place.come_back(query, headers=HTML).status_code == 403
    assert asked(place) == calls
    used_up: Any = (400, {"error": "invalid_request"}, {})
    monkeypatch.setattr(support.oracle_modules()[1], "other", lambda *_: used_up)
    place.browser.set_cookie(COOKIE, kept.value, **where)
    assert place.come_back(query).status_code == 503
    assert contents(place.db) == before


def test_both_secrets_are_good_while_they_change(db: Database, clock: ManualClock) -> None:
    with support.running_oracle() as oracle:
        more = {"LIVESHOP_SHOPIFY_WEBHOOK_SECRETS": "hush-old,hush"}
        place = place_at(oracle, db, clock, **more)
        state = place.begin()["state"]
        answer = place.come_back(signed(place.query(state=state), secret="hush-old"))
        assert answer.json == {"installed": support.SHOP, "mode": "test"}


def test_fewer_scopes_than_asked_for_install_nothing(db: Database, clock: ManualClock) -> None:
    with support.running_oracle() as oracle:
        scopes = "read_orders,write_discounts,read_all_orders,read_discounts"
        place = place_at(oracle, db, clock, LIVESHOP_SHOPIFY_SCOPES=scopes)
        answer = place.come_back(signed(place.query(state=place.begin()["state"])))
        assert answer.status_code == 400
        assert "not granted: read_all_orders." in answer.json["error"]["message"]
        assert contents(db)["ls_platform_access"] == []


def test_a_code_that_shopify_does_not_take_stores_nothing(
    place: Place, monkeypatch: Any, caplog: Any
) -> None:
    state = place.begin()["state"]
    resolvers = support.oracle_modules()[1]
    for status in (400, 503, 429):
        monkeypatch.setattr(resolvers, "other", lambda *_, s=status: (s, {"error": "canary"}, {}))
        answer = place.come_back(signed(place.query(state=state)))
        assert answer.status_code == 503
        assert "canary" not in answer.text + caplog.text
    assert contents(place.db)["ls_platform_access"] == []


def test_a_shop_with_credentials_has_no_such_pages(db: Database, clock: ManualClock) -> None:
    with support.running_oracle() as oracle:
        place = place_at(oracle, db, clock, LIVESHOP_SHOPIFY_ACCESS="credentials")
        for path in (f"/shopify/install?shop={support.SHOP}", "/shopify/callback?code=x"):
            assert place.browser.get(path).status_code == 404
        assert oracle.log == []
