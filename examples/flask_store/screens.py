"""Take the pictures for the documentation: a staged evening, in a real browser.

Run ``python screens.py FOLDER``. It needs Playwright and a Chromium, named by
``CHROMIUM`` or found at /usr/bin/chromium. Nothing leaves this machine.
"""

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from socket import socket
from tempfile import TemporaryDirectory

from flask import Flask
from flask_store import create_app, seed
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import WSGIRequestHandler, make_server

from liveshop_sdk import LiveShop, ManualClock
from liveshop_sdk.testing import sandbox_shop
from liveshop_sdk.testing.shops import START

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--hide-scrollbars",
)
SIZES = {"desktop": (1280, 860), "phone": (390, 844)}


class _Quiet(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing of what was asked."""


def _port() -> int:
    """Return the usual port, which looks best in pictures, or else any."""
    with socket() as asked:
        return 0 if asked.connect_ex(("127.0.0.1", 8000)) == 0 else 8000


@contextmanager
def served(folder: Path, clock: ManualClock) -> Iterator[LiveShop]:
    """Serve a furnished shop on a free port of this machine."""
    server = make_server("127.0.0.1", 0, Flask("starting"), threaded=True, request_handler=_Quiet)
    base = f"http://127.0.0.1:{server.server_port}"
    shop = sandbox_shop(clock=clock, base_url=base, database_url=f"sqlite:///{folder / 'shop.db'}")
    seed(shop)
    server.app = create_app(shop)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield shop
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        shop.close()


def play(shop: LiveShop, clock: ManualClock) -> None:
    """Sell for a quarter of an hour, then let something come back."""
    links = {
        (link.creator, next(iter(link.items))): link.short_code
        for link in shop.links.recent(stream_id="friday-drop", limit=100)
        if link.placement == "live" and link.coupon_id
    }
    story = (
        *(("ana", "linen_shirt"), ("ben", "ceramic_mug"), ("ana", "cable_jumper")),
        *(("ana", "canvas_tote"), ("ben", "print_a3"), ("ana", "wool_beanie")),
        *(("ben", "ribbed_vase"), ("ana", "linen_shirt")),
    )
    visits: list[str] = []
    for number, (creator, sku) in enumerate(story):
        clock.advance(timedelta(seconds=97))
        visits.append(shop.links.open(links[creator, sku]).checkout_id)
        shop.sandbox.pay(visits[-1], email=f"buyer{number}@example.com")
    shop.worker().drain()
    shop.sandbox.refund(visits[2])
    shop.sandbox.dispute(visits[6])
    shop.worker().drain()
    clock.advance(timedelta(minutes=3))


def take(page: Page, folder: Path, name: str, *, height: int | None = None) -> None:
    """Take one picture of a page as it stands, taller than the window if asked."""
    size = page.viewport_size
    assert size is not None  # noqa: S101 - every page here has one
    if height and size["width"] > 1000:
        page.set_viewport_size({"width": size["width"], "height": height})
    page.screenshot(path=folder / f"{name}.png", animations="disabled")
    page.set_viewport_size(size)


def tour(browser: Browser, shop: LiveShop, folder: Path, size: str) -> None:
    """Walk through the shop as a buyer, then look over both desks."""
    width, height = SIZES[size]
    context = browser.new_context(viewport={"width": width, "height": height})
    page, base = context.new_page(), shop.settings.base_url
    page.goto(f"{base}/")
    take(page, folder, f"home-{size}", height=1250)
    page.goto(f"{base}/live/friday-drop")
    take(page, folder, f"live-{size}", height=1400)
    page.get_by_role("link", name="Buy with Ana’s offer for Linen shirt").click()
    page.get_by_label("E-mail").fill("buyer@example.com")
    take(page, folder, f"checkout-{size}")
    page.locator("form[action$='/pay'] button").first.click()
    page.wait_for_url("**/thank-you**")
    shop.worker().drain()
    page.goto(page.url)
    take(page, folder, f"thank-you-{size}")
    page.goto(f"{base}/creator/ana")
    take(page, folder, f"creator-{size}", height=1250)
    page.goto(f"{base}/finance")
    take(page, folder, f"finance-{size}", height=1400)
    page.goto(f"{base}/products/cable_jumper")
    take(page, folder, f"product-{size}")
    context.close()


def main(folder: Path) -> None:
    """Stage the evening and take every picture in both sizes."""
    folder.mkdir(parents=True, exist_ok=True)
    clock = ManualClock(START)
    with TemporaryDirectory() as scratch, served(Path(scratch), clock) as shop:
        create_app(shop).test_client().get("/live/friday-drop")  # issues the links
        play(shop, clock)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
            for size in SIZES:
                tour(browser, shop, folder, size)
            browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
