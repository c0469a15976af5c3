"""A real Chromium in front of the sample storefront, watched at every step."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask_store import create_app, seed
from playwright.sync_api import Browser, Page, Request, Route, sync_playwright
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from liveshop_sdk import LiveShop, ManualClock
from liveshop_sdk.testing import sandbox_shop
from liveshop_sdk.testing.shops import START
from tests import databases

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
LOOPBACK = {"127.0.0.1", "localhost"}

DESKTOP, PHONE = (1280, 860), (390, 844)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(item.path).parent == Path(__file__).parent:
            item.add_marker(pytest.mark.browser)


@dataclass
class Store:
    """A shop that is being served."""

    shop: LiveShop
    clock: ManualClock
    blog: Flask
    blog_url: str

    @property
    def base(self) -> str:
        return self.shop.settings.base_url

    def settle(self) -> None:
        """Deliver every webhook that is due."""
        self.shop.worker().drain()


@dataclass
class Watch:
    """What went wrong in the browser, and where it tried to go."""

    complaints: list[str] = field(default_factory=list)

    def on(self, page: Page) -> None:
        page.on("console", lambda said: self._heard(said.type, said.text))
        page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        page.on("requestfailed", self._failed)
        page.context.route("**/*", self._gate)

    def _heard(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"}:
            self.complaints.append(f"console: {text}")

    def _failed(self, request: Request) -> None:
        # A look that a reload cuts short is no fault.
        if request.failure != "net::ERR_ABORTED":
            self.complaints.append(f"failed: {request.url} {request.failure}")

    def _gate(self, route: Route) -> None:
        if urlsplit(route.request.url).hostname in LOOPBACK:
            route.continue_()
        else:
            self.complaints.append(f"left this machine: {route.request.url}")
            route.abort()


class _Quiet(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None: ...


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not Path(CHROMIUM).exists():
        databases.skip_or_fail(f"there is no Chromium at {CHROMIUM} (CHROMIUM)")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@contextmanager
def serving(app: Flask) -> Iterator[BaseWSGIServer]:
    """Serve an app on a free port; its ``app`` may be exchanged meanwhile."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    clock, blog = ManualClock(START), Flask("blog")
    with serving(Flask("starting")) as server, serving(blog) as elsewhere:
        shop = sandbox_shop(
            clock=clock,
            base_url=f"http://127.0.0.1:{server.server_port}",
            database_url=f"sqlite:///{tmp_path / 'shop.db'}",
        )
        seed(shop)
        blog_url = f"http://127.0.0.1:{elsewhere.server_port}"
        server.app = create_app(shop, embed_origins=[blog_url])
        yield Store(shop, clock, blog, blog_url)
    shop.close()


NewPage = Callable[..., Page]


@pytest.fixture
def new_page(browser: Browser, store: Store) -> Iterator[NewPage]:
    """Open watched pages; at the end nothing may have gone wrong in any of them.

    It needs the store so that pages are closed before the server is.
    """
    watch, contexts = Watch(), []

    def make(size: tuple[int, int] = DESKTOP, **options: Any) -> Page:
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]}, has_touch=size[0] < 600, **options
        )
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        watch.on(page)
        return page

    yield make
    for context in contexts:
        context.close()
    assert watch.complaints == []
