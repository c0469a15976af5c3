"""A plain page elsewhere carries a link, its picture and, if allowed, the stream's state."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import NewPage, Store
from tests.browser.walk import OFFER
from tests.house.source import ROOT

PAGE = (ROOT / "examples/embed.html").read_text(encoding="utf-8")


def show(page: Page, store: Store) -> None:
    store.shop.links.issue(
        creator_id="ana", stream_id="friday-drop", items={"linen_shirt": 1}, coupon="ANA20"
    )
    code = store.shop.links.recent(limit=1)[0].short_code
    text = PAGE.replace("http://127.0.0.1:8000", store.base).replace("LINKCODE", code)
    store.blog.add_url_rule("/post", view_func=lambda: text)
    page.goto(f"{store.blog_url}/post")


def test_the_embedded_link_leads_to_the_checkout(new_page: NewPage, store: Store) -> None:
    page = new_page()
    show(page, store)
    expect(page.get_by_text("Friday drop: live now, until")).to_be_visible()
    picture = page.get_by_role("img", name="QR code")
    assert picture.evaluate("one => one.complete && one.naturalWidth > 0")
    page.get_by_role("link", name="Buy with my offer").click()
    page.wait_for_url("**/sandbox/checkout/**")
    expect(page.get_by_role("heading", level=1)).to_contain_text("63.20 EUR")


def test_it_works_without_scripts(new_page: NewPage, store: Store) -> None:
    page = new_page(java_script_enabled=False)
    show(page, store)
    expect(page.get_by_text("From the Friday drop.")).to_be_visible()
    page.get_by_role("link", name="Buy with my offer").click()
    page.wait_for_url("**/sandbox/checkout/**")


def test_the_store_itself_refuses_to_be_framed(new_page: NewPage, store: Store) -> None:
    page = new_page()
    answer = page.goto(f"{store.base}/live/friday-drop")
    assert answer is not None
    assert answer.headers["x-frame-options"] == "DENY"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    expect(page.get_by_role("link", name=OFFER)).to_be_visible()
