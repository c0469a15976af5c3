"""A small shop behind a Flask app, and a look at every row it stores."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from liveshop_sdk.checkout.links.models import IssuedLink
from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.money import Rate
from liveshop_sdk.settings import Settings
from liveshop_sdk.shop.live_shop import LiveShop
from liveshop_sdk.web import LiveShopFlask
from tests.looking import counts

BASE = "http://localhost"
HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15"
_TOKEN = re.compile(r'name="token" value="([^"]+)"')
_LOCATION = re.compile(r"^http://localhost/sandbox/checkout/(sbc_[0-9a-z]{26})$")


@dataclass
class Store:
    """A shop with one open stream, and the app it is mounted on."""

    db: Database
    clock: ManualClock
    app: Flask
    shop: LiveShop
    sent: list[int] = field(default_factory=list)

    @property
    def client(self) -> FlaskClient:
        return self.app.test_client()

    def issue(self, coupon: str | None = None, **how: Any) -> IssuedLink:
        return self.shop.links.issue(
            creator_id="mika",
            stream_id="friday-drop",
            items={"sku_tee": 1, "sku_cap": 2},
            coupon=coupon,
            **how,
        )

    def rows(self) -> dict[str, int]:
        return counts(self.db)


def open_store(db: Database, clock: ManualClock, **settings: Any) -> Store:
    """Return a store whose sandbox delivers straight into its own app."""
    app = Flask("store")
    app.testing = True
    sent: list[int] = []

    def carry(url: str, headers: Mapping[str, str], body: bytes) -> int:
        path = url.removeprefix(BASE)
        answer = app.test_client().post(path, data=body, headers=dict(headers))
        sent.append(answer.status_code)
        return answer.status_code

    shop = LiveShop.from_settings(
        Settings(base_url=BASE, **settings),
        db=db,
        clock=clock,
        random=Random(7),
        sandbox_transport=carry,
    )
    LiveShopFlask(app, shop)
    return Store(db=db, clock=clock, app=app, shop=shop, sent=sent)


def fill(store: Store) -> None:
    """Put one creator, one open stream, two products and a coupon in the shop."""
    stock(store)
    store.shop.coupons.create(
        "MIKA20", stream_id="friday-drop", creator_id="mika", percent_off=20, limit=2
    )


def stock(store: Store) -> None:
    """Put in the shop what needs no platform: all but the coupon."""
    shop, now = store.shop, store.clock.now()
    shop.products.add("sku_tee", title="Tee", amount=4990, currency="EUR")
    shop.products.add("sku_cap", title="Cap & <b>more", amount=1500, currency="EUR")
    shop.creators.add("mika", name="Mika", rate=Rate.percent("12"))
    shop.streams.schedule(
        "friday-drop",
        title="Friday drop",
        hosts=["mika"],
        opens_at=now - timedelta(minutes=5),
        closes_at=now + timedelta(hours=2),
    )


def checkout_of(answer: TestResponse) -> str:
    """Return the sandbox checkout an opened link leads to."""
    assert answer.status_code == 303, answer.text
    found = _LOCATION.match(answer.headers["Location"])
    assert found, answer.headers["Location"]
    return found[1]


def token_in(answer: TestResponse) -> str:
    """Return the form token of a page."""
    found = _TOKEN.search(answer.text)
    assert found, answer.text
    return found[1]


def told(answer: TestResponse) -> dict[str, Any]:
    """Return the object a JSON answer holds."""
    assert isinstance(answer.json, dict)
    return answer.json
