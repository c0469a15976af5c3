"""Every page: axe finds nothing serious, nothing scrolls sideways, motion can be off."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.browser.conftest import DESKTOP, PHONE, NewPage, Store
from tests.browser.walk import BUYER, bought, pay

GRAVE = {"serious", "critical"}


def faults(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [
        f"{page.url} {one['id']}: {node['html'][:160]}"
        for one in found
        if one["impact"] in GRAVE
        for node in one["nodes"]
    ]


def every_page(page: Page, store: Store) -> Iterator[Page]:
    """Walk through the store, the sandbox and both desks; yields at every page."""
    base, shop = store.base, store.shop
    for path in ("/", "/live/friday-drop", "/live/mika-at-home", "/products/cable_jumper"):
        page.goto(base + path)
        yield page
    at = pay(page, store)
    yield page  # on its way
    store.settle()
    bought(page)
    for address in (page.url, at, f"{base}/creator/ana", f"{base}/finance", f"{base}/thank-you"):
        page.goto(address)
        yield page
    code = next(one.short_code for one in shop.links.recent(stream_id="friday-drop"))
    page.goto(f"{base}/l/{code}")
    yield page  # to pay
    page.get_by_label("E-mail").fill(BUYER)
    page.get_by_role("button", name="Pay later").click()
    page.wait_for_url("**/thank-you**")
    shop.sandbox.refund(shop.orders()[0].order_ref, 1000)
    store.settle()
    for path in ("/sandbox", "/creator/ben", f"/embed/links/{code}"):
        page.goto(base + path)
        yield page
    page.goto(f"{base}/l/{code}")
    page.get_by_role("button", name="Leave without paying").click()
    page.get_by_role("heading", name="Left without paying").wait_for()
    yield page
    store.clock.set(shop.streams.get("mika-at-home").closes_at)
    for path in ("/", "/live/friday-drop", "/products/cable_jumper"):
        page.goto(base + path)
        yield page


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_axe_finds_nothing_serious(new_page: NewPage, store: Store, size: tuple[int, int]) -> None:
    found = [fault for page in every_page(new_page(size), store) for fault in faults(page)]
    assert found == []


def _width(page: Page) -> int:
    """Measure a page once its style sheet is there, and not a moment before."""
    page.wait_for_load_state("networkidle")
    return int(page.evaluate("document.documentElement.scrollWidth"))


def test_nothing_scrolls_sideways_on_the_smallest_phone(new_page: NewPage, store: Store) -> None:
    wide = [
        (page.url, width)
        for page in every_page(new_page((360, 780)), store)
        if (width := _width(page)) > 360
    ]
    assert wide == []


def test_text_may_be_twice_as_large(new_page: NewPage, store: Store) -> None:
    page = new_page((640, 480))  # 1280 at 200 %
    for path in ("/", "/live/friday-drop", "/products/cable_jumper", "/finance"):
        page.goto(store.base + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 640, path


@pytest.mark.parametrize(("wish", "moves"), [("reduce", "none"), ("no-preference", "breathe")])
def test_nothing_moves_for_those_who_ask(
    new_page: NewPage, store: Store, wish: str, moves: str
) -> None:
    page = new_page(reduced_motion=wish)
    page.goto(f"{store.base}/live/friday-drop")
    dot = page.locator(".badge-live .dot").first
    assert dot.evaluate("dot => getComputedStyle(dot).animationName") == moves


def test_what_can_be_pressed_is_large_enough(new_page: NewPage, store: Store) -> None:
    page = new_page(PHONE)
    page.goto(f"{store.base}/live/friday-drop")
    heights = page.locator("main .button").evaluate_all(
        "all => all.map(one => one.getBoundingClientRect().height)"
    )
    assert len(heights) == 16
    assert min(heights) >= 44


@pytest.mark.parametrize("path", ["/nope", "/l/nothing1"])
def test_a_page_that_is_not_there_is_readable_too(
    browser: Browser, store: Store, path: str
) -> None:
    # Chromium itself reports the status 404 on the console: nobody watches here.
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(store.base + path)
        assert faults(page) == []


def test_axe_would_find_a_fault(new_page: NewPage, store: Store) -> None:
    store.blog.add_url_rule(
        "/bad", view_func=lambda: '<!doctype html><html lang="en"><title>x</title><main><input>'
    )
    page = new_page()
    page.goto(f"{store.blog_url}/bad")
    assert [fault.split()[1] for fault in faults(page)] == ["label:"]
