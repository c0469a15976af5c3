"""``/v1/…``, health, embed and the extension itself."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database, migrate
from liveshop_sdk.errors import SettingsInvalidError
from liveshop_sdk.web import LiveShopFlask
from tests.looking import contents
from tests.web.support import BASE, HTML, Store, fill, open_store, told


def test_a_token_says_what_it_is(store: Store) -> None:
    link = store.issue("MIKA20")
    before = contents(store.db)
    for text in (link.token, link.short_url.rpartition("/")[2]):
        answer = store.client.post("/v1/links/verify", json={"token": text})
        assert answer.status_code == 200
        assert answer.json == {
            "link": {
                "id": link.id,
                "creator": "mika",
                "stream": "friday-drop",
                "expires_at": "2026-10-09T20:00:00Z",
                "state": "open",
            },
            "mode": "sandbox",
        }
    assert contents(store.db) == before


def test_a_token_that_is_over_still_says_whose_it_is(store: Store) -> None:
    revoked, late = store.issue(), store.issue()
    store.shop.links.revoke(revoked.id)
    asked = store.client.post("/v1/links/verify", json={"token": revoked.token})
    assert told(asked)["link"]["state"] == "revoked"
    store.clock.advance(timedelta(days=30))
    asked = store.client.post("/v1/links/verify", json={"token": late.token})
    assert told(asked)["link"]["state"] == "expired"


def test_a_link_of_another_database_is_like_any_unknown_one(store: Store) -> None:
    known = store.shop.links.get(store.issue().id)
    over = store.clock.now() - timedelta(days=1)
    other = replace(known, id="lnk_" + "0" * 26, expires_at=over)
    asked = {"token": store.shop.links.texts(other).token}
    answers = [
        store.client.post("/v1/links/verify", json=body) for body in (asked, {"token": "lk1.x"})
    ]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert told(answers[0]) == told(answers[1])


@pytest.mark.parametrize(
    ("how", "status", "code"),
    [
        ({"json": {"token": "lk1.x"}}, 404, "link_unknown"),
        ({"json": {}}, 400, "fields_invalid"),
        ({"json": {"token": 5}}, 400, "fields_invalid"),
        ({"json": {"token": "x", "more": 1}}, 400, "fields_invalid"),
        ({"json": [1]}, 400, "fields_invalid"),
        ({"data": "token=x"}, 415, "unsupported_media_type"),
        ({"data": b"{", "content_type": "application/json"}, 400, "body_invalid"),
        ({"data": b" " * 70_000, "content_type": "application/json"}, 413, "too_large"),
    ],
)
def test_the_door_is_strict(store: Store, how: dict[str, Any], status: int, code: str) -> None:
    answer = store.client.post("/v1/links/verify", **how)
    assert (answer.status_code, told(answer)["error"]["code"]) == (status, code)
    assert set(told(answer)["error"]) == {"code", "message", "details"}
    assert told(answer)["mode"] == "sandbox"


def test_unknown_fields_are_named(store: Store) -> None:
    answer = store.client.post("/v1/links/verify", json={"token": "x", "tokne": "x"})
    assert told(answer)["error"]["details"] == {"fields": {"tokne": ["Unknown field."]}}


def test_a_stream_is_public(store: Store) -> None:
    answer = store.client.get("/v1/streams/friday-drop")
    assert answer.json == {
        "stream": {
            "code": "friday-drop",
            "title": "Friday drop",
            "opens_at": "2026-10-02T17:55:00Z",
            "closes_at": "2026-10-02T20:00:00Z",
            "phase": "open",
            "hosts": [{"handle": "mika", "name": "Mika"}],
            "brands": ["main"],
        },
        "mode": "sandbox",
    }
    for code in ("none", "Friday", "%00", "x" * 500, "%F0%9F%98%80"):
        missing = store.client.get(f"/v1/streams/{code}")
        assert (missing.status_code, told(missing)["error"]["code"]) == (404, "stream_not_found")


def test_health_and_readiness(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    assert store.client.get("/healthz").json == {"status": "ok", "mode": "sandbox"}
    ready = store.client.get("/readyz")
    assert ready.status_code == 200
    assert [one["name"] for one in told(ready)["checks"]] == ["database", "schema", "platform"]
    monkeypatch.setattr(migrate, "check", lambda _db: ["table ls_link is missing"])
    behind = store.client.get("/readyz")
    assert (behind.status_code, told(behind)["status"]) == (503, "not_ready")
    assert "ls_link is missing" in behind.text


def test_thank_you_says_only_how_it_stands(store: Store) -> None:
    assert store.client.get("/thank-you").json == {"visit": {"state": "unknown"}, "mode": "sandbox"}
    for visit in ("", "x", "chk_" + "0" * 26, "\x00", "chk_\udcff"):
        answer = store.client.get(
            "/thank-you", query_string={"visit": visit.encode("utf-8", "replace")}
        )
        assert answer.status_code == 404


def test_pages_are_closed_and_embeds_open_to_named_origins(store: Store) -> None:
    app = Flask("embedding")
    LiveShopFlask().init_app(app, store.shop, embed_origins=["https://shop.example"])
    client, code = app.test_client(), store.issue().short_url.rpartition("/")[2]
    page = client.get(f"/l/{code}", headers={**HTML, "Purpose": "prefetch"})
    policy = page.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'self'")
    assert "frame-ancestors 'none'" in policy
    assert page.headers["X-Frame-Options"] == "DENY"
    embed = client.get(f"/embed/links/{code}", headers=HTML)
    assert "frame-ancestors 'self' https://shop.example" in embed.headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in embed.headers
    assert f'src="/l/{code}/qr.svg"' in embed.text
    origin = {"Origin": "https://shop.example"}
    allowed = client.get("/v1/streams/friday-drop", headers=origin)
    assert allowed.headers["Access-Control-Allow-Origin"] == "https://shop.example"
    assert "Access-Control-Allow-Credentials" not in allowed.headers
    asked = client.options("/v1/links/verify", headers=origin)
    assert (asked.status_code, asked.headers["Access-Control-Allow-Headers"]) == (
        204,
        "Content-Type",
    )
    foreign = client.get("/v1/streams/friday-drop", headers={"Origin": "https://evil.example"})
    assert "Access-Control-Allow-Origin" not in foreign.headers
    for answer in (page, embed, allowed):
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "origin", ["shop.example", "https://a.example/x", "https://a; *", "*", "https://"]
)
def test_an_origin_is_an_origin(store: Store, origin: str) -> None:
    with pytest.raises(ValueError, match="is not an origin"):
        LiveShopFlask().init_app(Flask("x"), store.shop, embed_origins=[origin])


def test_several_apps_keep_apart(store: Store, clock: ManualClock) -> None:
    database = Database.connect("sqlite://")
    migrate.upgrade(database)
    other = open_store(database, clock)
    fill(other)
    link = store.issue()
    assert other.client.get(link.url).status_code == 404
    assert store.client.get(link.url).status_code == 303
    assert store.app.extensions["liveshop"].shop is store.shop
    assert other.app.extensions["liveshop"].shop is other.shop
    with pytest.raises(RuntimeError, match="already"):
        LiveShopFlask(store.app, store.shop)
    database.dispose()


def test_a_prefix_moves_every_route_and_the_host_keeps_its_pages(store: Store) -> None:
    app = Flask("host")

    @app.errorhandler(404)
    def missing(_error: Exception) -> tuple[str, int]:
        return "host page", 404

    LiveShopFlask(app, store.shop, url_prefix="/live")
    client = app.test_client()
    assert client.get("/live/healthz").status_code == 200
    assert client.get("/healthz").text == "host page"
    assert told(client.get("/live/l/zzzzzzzz"))["error"]["code"] == "link_unknown"
    page = client.get("/live/l/zzzzzzzz", headers=HTML).text
    style = page.partition('<link rel="stylesheet" href="')[2].partition('"')[0]
    assert style.startswith("/live/liveshop.css")
    assert client.get(style).mimetype == "text/css"


def test_pages_of_the_host_go_before_ours(store: Store) -> None:
    @store.app.get("/thank-you")
    def thank_you() -> str:
        return "thanks from the host"

    @store.app.get("/healthz")
    def healthz() -> str:
        return "host is fine"

    assert store.client.get("/thank-you?visit=x").text == "thanks from the host"
    assert store.client.get("/healthz").text == "host is fine"
    assert store.client.get("/readyz").status_code == 200


def test_settings_come_from_the_app(tmp_path: object) -> None:
    app = Flask("configured")
    app.config.update(LIVESHOP_DATABASE_URL=f"sqlite:///{tmp_path}/own.db", LIVESHOP_BASE_URL=BASE)
    LiveShopFlask(app)
    shop = app.extensions["liveshop"].shop
    assert shop.settings.base_url == BASE
    assert app.test_client().get("/readyz").status_code == 200
    shop.close()
    wrong = Flask("wrong")
    wrong.config.update(LIVESHOP_PLATFORM="paypal", LIVESHOP_BASE_URL="ftp://x")
    with pytest.raises(SettingsInvalidError) as refusal:
        LiveShopFlask(wrong)
    assert refusal.value.count == 2


def test_a_defect_says_nothing_and_is_logged_without_its_message(
    store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_text: str) -> None:
        raise ValueError("buyer@example.com whsec_1")

    monkeypatch.setattr(store.shop.links, "verify", broken)
    store.app.testing = False
    answer = store.client.get("/l/zzzzzzzz/qr.svg", headers=HTML)
    assert answer.status_code == 500
    assert "buyer@example.com" not in answer.text + caplog.text
    assert "ValueError" in caplog.text
