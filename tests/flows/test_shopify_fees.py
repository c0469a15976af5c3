"""What Shopify charged is not read: whoever asks is told so, and nothing is asked or written."""

from collections.abc import Iterator

import pytest

from liveshop_sdk.db import Database
from tests.flows import shopify_actors as actors
from tests.flows.oracle_support import MIKA
from tests.looking import contents
from tests.platforms import shopify_support


@pytest.fixture
def on_shopify(db: Database, db_url: str) -> Iterator[actors.Stage]:
    with shopify_support.running_oracle() as shop, actors.stage(db, db_url, shop) as stage:
        yield stage


def test_what_shopify_charged_is_not_shown(on_shopify: actors.Stage, db: Database) -> None:
    site = on_shopify.site
    order = on_shopify.pay(
        on_shopify.open(site.issue("mika", "friday-drop", None, sku_tee=2)), MIKA
    )
    on_shopify.deliver(on_shopify.sold(order), "ok")
    before = contents(db)
    assert site.cli("fees", "sync", exit_code=1)["error"]["code"] == "fees_not_shown"
    found = site.cli("fees", "list")
    assert (found["shown"], found["fees"], found["sums"]) == (False, [], [])
    assert found["unknown"] == [str(order["id"])]
    assert site.cli("explain", str(order["id"]))["fees"] == []
    assert contents(db) == before
