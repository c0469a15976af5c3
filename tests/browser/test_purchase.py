"""Buying works: by pointer, by keyboard, without scripts, on a desk and on a phone."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESKTOP, PHONE, NewPage, Store
from tests.browser.walk import BUYER, OFFER, bought, pay, tab_to


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_page_learns_by_itself_that_the_payment_arrived(
    new_page: NewPage, store: Store, size: tuple[int, int]
) -> None:
    page = new_page(size)
    pay(page, store)
    expect(page.get_by_role("heading", level=1)).to_have_text("Your payment is on its way")
    store.settle()
    bought(page)
    assert [order.total for order in store.shop.orders()] == [6320]


def test_with_the_keyboard_alone(new_page: NewPage, store: Store) -> None:
    page = new_page()
    page.goto(f"{store.base}/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    tab_to(page, "Watch and shop", limit=3)
    page.keyboard.press("Enter")
    page.wait_for_url("**/live/friday-drop")
    tab_to(page, OFFER)
    page.keyboard.press("Enter")
    page.wait_for_url("**/sandbox/checkout/**")
    tab_to(page, "E-mail")
    page.keyboard.type(BUYER)
    tab_to(page, "Pay 63.20 EUR", limit=2)
    page.keyboard.press("Enter")
    page.wait_for_url("**/thank-you**")
    store.settle()
    bought(page)


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_without_scripts(new_page: NewPage, store: Store, size: tuple[int, int]) -> None:
    page = new_page(size, java_script_enabled=False)
    pay(page, store)
    page.get_by_role("link", name="Look again").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your payment is on its way")
    store.settle()
    page.get_by_role("link", name="Look again").click()
    bought(page)


def test_the_creator_sees_the_sale_and_finance_the_proof(new_page: NewPage, store: Store) -> None:
    page = new_page()
    pay(page, store)
    store.settle()
    bought(page)
    page.get_by_role("complementary").get_by_role("link", name="What Ana sees").click()
    expect(page.get_by_text("of the stream")).to_be_visible()
    expect(page.get_by_role("cell", name="Linen shirt")).to_be_visible()
    expect(page.get_by_role("main")).not_to_contain_text("example.com")
    page.get_by_role("contentinfo").get_by_role("link", name="What finance sees").click()
    expect(page.get_by_role("heading", name="The book holds")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download CSV").click()
    assert download.value.suggested_filename == "ledger-nordlicht.csv"


def test_a_declined_card_can_be_tried_again_from_the_link(new_page: NewPage, store: Store) -> None:
    page = new_page()
    pay(page, store, button="Decline the card")
    expect(page.get_by_role("heading", name="The card was declined")).to_be_visible()
    page.get_by_role("link", name="Open the link again").click()
    expect(page.get_by_label("E-mail")).to_be_visible()
    assert store.shop.orders() == []
