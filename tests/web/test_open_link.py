"""``/l/…``: buyers are sent on, looks are answered, refusals have their status."""

from datetime import timedelta

import pytest

from liveshop_sdk.checkout.ports import OpenedCheckout
from liveshop_sdk.errors import (
    PlatformNotReadyError,
    PlatformRefusedError,
    PlatformUnavailableError,
)
from tests.looking import contents, counts
from tests.web.support import HTML, PHONE, Store, checkout_of, told

LOOKS = [
    {"User-Agent": "facebookexternalhit/1.1"},
    {"User-Agent": "Twitterbot/1.0"},
    {"User-Agent": "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)"},
    {"User-Agent": "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)"},
    {"User-Agent": "TelegramBot (like TwitterBot)"},
    {"User-Agent": "WhatsApp/2.23.20.0"},
    {"User-Agent": "LinkedInBot/1.0 (compatible; Mozilla/5.0)"},
    {"User-Agent": "Mozilla/5.0 (compatible; Pinterestbot/1.0)"},
    {"User-Agent": "Mozilla/5.0 (compatible; redditbot/1.0)"},
    {"User-Agent": "SkypeUriPreview Preview/0.5"},
    {"User-Agent": "Viber/13.3.0"},
    {"User-Agent": "facebookexternalhit/1.1;line-poker/1.0"},
    {"User-Agent": "http.rb/5 (Mastodon/4.2; +https://mastodon.example/)"},
    {"User-Agent": "Mozilla/5.0 (compatible; Googlebot/2.1)"},
    {"User-Agent": "Mozilla/5.0 (compatible; bingbot/2.0)"},
    {"User-Agent": "Mozilla/5.0 (X11) Iframely/1.3"},
    {"User-Agent": "Mozilla/5.0 (compatible; Embedly/0.2)"},
    {"User-Agent": "GPTBot/1.2"},
    {"User-Agent": PHONE, "Purpose": "prefetch"},
    {"User-Agent": PHONE, "Sec-Purpose": "prefetch;prerender"},
    {"User-Agent": PHONE, "X-Moz": "prefetch"},
    {"User-Agent": PHONE, "X-Purpose": "preview"},
]


@pytest.mark.parametrize("form", ["url", "short_url"])
def test_a_buyer_is_sent_to_the_checkout(store: Store, form: str) -> None:
    link = store.issue()
    before = store.rows()
    answer = store.client.get(getattr(link, form), headers={"User-Agent": PHONE})
    assert checkout_of(answer).startswith("sbc_")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    after = store.rows()
    changed = {name: after[name] - before[name] for name in after if after[name] != before[name]}
    assert changed == {"ls_touch": 1, "ls_checkout": 1, "ls_sandbox_checkout": 1}


def test_a_look_writes_nothing_and_shows_a_card(store: Store) -> None:
    link = store.issue("MIKA20")
    before = contents(store.db)
    for headers in LOOKS:
        answer = store.client.get(link.url, headers=headers)
        assert answer.status_code == 200, headers
        assert '<meta property="og:title" content="Friday drop with Mika">' in answer.text
        assert "Cap &amp; &lt;b&gt;more" in answer.text
        assert "<b>more" not in answer.text
    assert len(LOOKS) >= 20
    head = store.client.head(link.url, headers={"User-Agent": PHONE})
    assert (head.status_code, head.data) == (200, b"")
    assert contents(store.db) == before


def test_a_look_at_a_link_that_is_over_says_so(store: Store) -> None:
    link = store.issue()
    store.shop.links.revoke(link.id)
    assert store.client.head(link.url).status_code == 410
    assert store.client.head(link.url[:-1] + "!").status_code == 404


def test_unknown_foreign_and_altered_links_get_one_answer(store: Store) -> None:
    token = store.issue().token
    unknown = (
        "lk1.06f4v0g9e8wxk5m2n7p3q1r6ts.1790964000.gAoY9-ebdhjU0EJqs5vNBxpDcWlYMbrFGztkettpNYM"
    )
    texts = [
        token[:-1],
        token + "=",
        token.upper(),
        unknown,
        "zzzzzzzz",
        "x",
        "%00",
        "lk1.%EF%BC%91",
    ]
    texts += [
        f"{token[:at]}{'0' if token[at] != '0' else '1'}{token[at + 1 :]}" for at in (5, 40, 60)
    ]
    for headers in (HTML, {}):
        answers = [store.client.get(f"/l/{text}", headers=headers) for text in texts]
        assert {one.status_code for one in answers} == {404}
        assert len({one.data for one in answers}) == 1


def test_over_revoked_and_expired_are_gone(store: Store) -> None:
    revoked, late = store.issue(), store.issue("MIKA20")
    store.shop.links.revoke(revoked.id)
    assert told(store.client.get(revoked.url))["error"]["code"] == "link_revoked"
    store.clock.advance(timedelta(hours=3))
    over = store.client.get(late.url)
    assert (over.status_code, told(over)["error"]["code"]) == (410, "coupon_over")
    store.clock.advance(timedelta(days=8))
    ended = store.client.get(late.url, headers=HTML)
    assert ended.status_code == 410
    assert "This link has ended" in ended.text


def test_too_early_says_when(store: Store) -> None:
    opens_at = store.clock.now() + timedelta(days=1)
    store.shop.streams.schedule(
        "later", hosts=["mika"], opens_at=opens_at, closes_at=opens_at + timedelta(hours=1)
    )
    link = store.shop.links.issue(creator_id="mika", stream_id="later", items={"sku_tee": 1})
    before = store.rows()
    page = store.client.get(link.url, headers=HTML)
    assert page.status_code == 409
    assert "Saturday 3 October 2026, 18:00 UTC" in page.text
    assert "not_open_yet" in page.text
    assert "docs" not in page.text
    early = store.client.get(link.url)
    assert told(early)["error"]["details"]["opens_at"] == "2026-10-03T18:00:00Z"
    assert told(early)["mode"] == "sandbox"
    assert store.rows() == before


def test_sold_out_is_a_conflict_and_writes_nothing(store: Store) -> None:
    link = store.issue("MIKA20")
    for _ in range(2):
        checkout_of(store.client.get(link.url))
    before = contents(store.db)
    answer = store.client.get(link.url, headers=HTML)
    assert answer.status_code == 409
    assert "Sold out" in answer.text
    assert contents(store.db) == before


def test_a_silent_platform_keeps_the_place(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    link = store.issue("MIKA20")
    works = store.shop.platform.open_checkout

    def silent(params: str, *, key: str, buyer_ip: str | None) -> OpenedCheckout:
        raise PlatformUnavailableError(platform="sandbox", problem="timed out", retry_after=3)

    monkeypatch.setattr(store.shop.platform, "open_checkout", silent)
    page = store.client.get(link.url, headers=HTML)
    assert (page.status_code, page.headers["Retry-After"]) == (503, "3")
    delayed = told(store.client.get(link.url))["error"]
    assert delayed["code"] == "checkout_delayed"
    again = delayed["details"]["again"]
    before = counts(store.db)
    assert store.client.get(link.url, query_string={"again": again}).status_code == 503
    monkeypatch.setattr(store.shop.platform, "open_checkout", works)
    first = store.client.get(link.url, query_string={"again": again})
    second = store.client.get(link.url, query_string={"again": again})
    assert checkout_of(first) == checkout_of(second)
    after = counts(store.db)
    assert after["ls_touch"] == before["ls_touch"]
    assert after["ls_sandbox_checkout"] == before["ls_sandbox_checkout"] + 1


@pytest.mark.parametrize(
    ("error", "status", "retry_after"),
    [(PlatformNotReadyError, 503, "60"), (PlatformRefusedError, 409, None)],
)
def test_what_the_platform_says_of_us_is_for_the_log_alone(
    store: Store,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: type[PlatformNotReadyError | PlatformRefusedError],
    status: int,
    retry_after: str | None,
) -> None:
    def refusing(params: str, *, key: str, buyer_ip: str | None) -> OpenedCheckout:
        raise error(platform="sandbox", problem="the API key is not accepted", vendor_code="auth")

    monkeypatch.setattr(store.shop.platform, "open_checkout", refusing)
    link = store.issue("MIKA20")
    for headers in (HTML, {}):
        answer = store.client.get(link.url, headers=headers)
        assert (answer.status_code, answer.headers.get("Retry-After")) == (status, retry_after)
        assert error.code in answer.text
        for word in ("API key", "auth", "sandbox refused", "credentials"):
            assert word not in answer.text.replace("mode", "")
    told_of = {"retry_after": int(retry_after)} if retry_after else {}
    assert told(answer)["error"]["details"] == told_of
    assert "the API key is not accepted" in caplog.text
    assert store.shop.coupons.get("MIKA20").reserved == 0


def test_the_retry_page_comes_back_by_itself(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(params: str, *, key: str, buyer_ip: str | None) -> OpenedCheckout:
        raise PlatformUnavailableError(platform="sandbox", problem="timed out")

    monkeypatch.setattr(store.shop.platform, "open_checkout", silent)
    page = store.client.get(store.issue().url, headers=HTML).text
    assert '<meta http-equiv="refresh" content="2;url=?again=chk_' in page
    assert 'href="?again=chk_' in page


def test_the_buyers_address_is_handed_on_and_kept_nowhere(
    store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    works, seen = store.shop.platform.open_checkout, []

    def heeding(params: str, *, key: str, buyer_ip: str | None) -> OpenedCheckout:
        seen.append(buyer_ip)
        return works(params, key=key)

    monkeypatch.setattr(store.shop.platform, "open_checkout", heeding)
    buyer = {"REMOTE_ADDR": "203.0.113.7"}
    checkout_of(store.client.get(store.issue().url, environ_base=buyer))
    assert seen == ["203.0.113.7"]
    assert "203.0.113.7" not in str(contents(store.db)) + caplog.text


def test_a_foreign_again_is_not_known(store: Store) -> None:
    before = counts(store.db)
    link = store.issue()
    before = counts(store.db)
    answer = store.client.get(link.url, query_string={"again": "chk_x"})
    assert (answer.status_code, told(answer)["error"]["code"]) == (404, "visit_unknown")
    assert counts(store.db) == before


def test_qr_pictures_show_the_short_address(store: Store) -> None:
    link = store.issue()
    short = link.short_url.removeprefix("http://localhost")
    before = contents(store.db)
    svg = store.client.get(f"{short}/qr.svg")
    assert (svg.status_code, svg.mimetype) == (200, "image/svg+xml")
    assert "max-age" in svg.headers["Cache-Control"]
    same = store.client.get(f"/l/{link.token}/qr.svg")
    assert same.data == svg.data
    again = store.client.get(f"{short}/qr.svg", headers={"If-None-Match": svg.headers["ETag"]})
    assert again.status_code == 304
    small = store.client.get(f"{short}/qr.png?scale=2").data
    assert small.startswith(b"\x89PNG")
    assert len(store.client.get(f"{short}/qr.png?scale=99").data) > len(small)
    assert store.client.get("/l/zzzzzzzz/qr.png").status_code == 404
    assert contents(store.db) == before


def test_two_slashes_lead_nowhere_else(store: Store) -> None:
    """The router would answer them with a redirect to the host that was named."""
    short = store.issue().short_url.rpartition("/")[2]
    before = contents(store.db)
    for path in (f"/l//{short}", f"//l/{short}", "/webhooks//sandbox", "//evil.example/l/x"):
        answer = store.client.get(path, headers={"Host": "evil.example"})
        assert answer.status_code in (404, 405), path
        assert "evil" not in answer.headers.get("Location", "")
    assert contents(store.db) == before


def test_a_personal_code_in_the_address_is_applied_once(store: Store) -> None:
    store.shop.coupons.issue_codes("MIKA20", count=1)
    (code,) = store.shop.coupons.codes("MIKA20")
    link = store.issue()
    address = f"{link.url}?code={code.text.lower()}"
    headers = {"User-Agent": PHONE}
    page = store.shop.sandbox.checkout(checkout_of(store.client.get(address, headers=headers)))
    assert page.code == code.text
    held = store.client.get(address, headers=headers)
    assert (held.status_code, told(held)["error"]["code"]) == (409, "personal_code_used")
    assert code.text.encode() not in held.data
    unknown = store.client.get(f"{link.url}?code=MIKA20-2222222222", headers=headers)
    assert (unknown.status_code, told(unknown)["error"]["code"]) == (404, "personal_code_unknown")
    html = store.client.get(address, headers=headers | HTML)
    assert (html.status_code, "Already used" in html.text) == (409, True)
