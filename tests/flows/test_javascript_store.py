"""The storefront of the guide, in JavaScript, in front of a shop that is served."""

import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.serving import make_server

from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.settings import Settings
from liveshop_sdk.shop.live_shop import LiveShop
from liveshop_sdk.web import LiveShopFlask

STORE = Path(__file__).parents[2] / "examples/javascript_store/store.mjs"
NODE = shutil.which("node")
SCOPES = ["products:read", "links:write"]


@pytest.fixture
def shop(db: Database, clock: ManualClock) -> Iterator[LiveShop]:
    app = Flask("served")
    server = make_server("127.0.0.1", 0, app, threaded=True)
    base_url = f"http://127.0.0.1:{server.port}"
    made = LiveShop.from_settings(Settings(base_url=base_url), db=db, clock=clock)
    made.products.add("sku_tee", title="Tee & <b>more", amount=4990, currency="EUR")
    made.creators.add("mika", rate="12%")
    LiveShopFlask(app, made)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


def get(port: int, path: str) -> tuple[int, str | None, str]:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", path)
    answer = connection.getresponse()
    found = answer.status, answer.getheader("Location"), answer.read().decode()
    connection.close()
    return found


def serve(shop: LiveShop, key: str) -> tuple["subprocess.Popen[str]", int]:
    assert NODE is not None
    named = {"LIVESHOP_URL": shop.settings.base_url, "LIVESHOP_KEY": key, "PORT": "0"}
    store = subprocess.Popen(
        [NODE, str(STORE)],
        env={"PATH": os.environ["PATH"], **named},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert store.stdout is not None
    return store, int(store.stdout.readline())


def end(store: "subprocess.Popen[str]") -> None:
    store.terminate()
    store.communicate()


@pytest.mark.skipif(NODE is None, reason="no node is installed")
def test_it_lists_products_and_sends_a_buyer_to_the_checkout(shop: LiveShop) -> None:
    made = shop.keys.create("store", scopes=SCOPES)
    store, port = serve(shop, made.text)
    try:
        status, _, page = get(port, "/")
        assert status == 200
        assert page == '<ul><li><a href="/buy/sku_tee">Tee &#38; &#60;b&#62;more</a> €49.90</ul>'
        status, link, _ = get(port, "/buy/sku_tee")
        assert status == 303
        assert link is not None
        assert link.startswith(f"{shop.settings.base_url}/l/lk1.")
        assert get(port, "/buy/nothing")[::2] == (502, "product_not_found")
        shop.keys.revoke(made.key.id)
        assert get(port, "/")[::2] == (502, "api_key_invalid")
    finally:
        end(store)
    opened = shop.links.open(link.rpartition("/")[2])
    assert opened.url.startswith(f"{shop.settings.base_url}/sandbox/checkout/")


def test_the_storefront_is_as_short_as_the_guide_says() -> None:
    lines = STORE.read_text(encoding="utf-8").splitlines()
    assert len([line for line in lines if line.strip() and not line.startswith("//")]) <= 40
