"""Steps that several browser tests take."""

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import Store

BUYER = "buyer@example.com"
OFFER = "Buy with Ana’s offer for Linen shirt"


def pay(page: Page, store: Store, *, button: str = "Pay 63.20 EUR") -> str:
    """Buy the shirt with Ana's offer by pointer; returns the checkout's address."""
    page.goto(f"{store.base}/live/friday-drop")
    page.get_by_role("link", name=OFFER).click()
    page.wait_for_url("**/sandbox/checkout/**")
    at = page.url
    page.get_by_label("E-mail").fill(BUYER)
    page.get_by_role("button", name=button).click()
    return at


def tab_to(page: Page, text: str, limit: int = 90) -> None:
    """Press Tab until the element that says this has the focus, and shows it."""
    for _ in range(limit):
        page.keyboard.press("Tab")
        now = page.evaluate(
            """() => {
                const at = document.activeElement;
                const label = at.labels?.[0]?.innerText ?? at.innerText ?? "";
                const look = getComputedStyle(at);
                return [label, look.outlineStyle, parseFloat(look.outlineWidth)];
            }"""
        )
        label, style, width = now
        if text in re.sub(r"\s+", " ", label):
            assert style != "none"
            assert width >= 2
            return
    raise AssertionError(f"no {text!r} within {limit} presses of Tab")


def bought(page: Page) -> None:
    """See that the purchase is confirmed."""
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you, it is yours")
