"""Shopify's privacy topics, on both engines."""

import json
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.errors import (
    PrivacyRequestUnknownError,
    SignatureInvalidError,
)
from liveshop_sdk.events.inbox import Stored
from liveshop_sdk.events.tables import inbox
from liveshop_sdk.shop.doctor import examine_shop
from liveshop_sdk.shop.notices import Notices
from liveshop_sdk.shop.recording import Recorder
from liveshop_sdk.web import LiveShopFlask
from tests.contracts.shopify_support import (
    BEN,
    SHOP,
    Shop,
    holds_buyer,
    order,
    refund,
    request,
)

KEY_4711 = ("shopify", SHOP, "4711")
ERASING = ("customers/redact", "shop/redact")
TOPICS = ("customers/data_request", *ERASING, "app/uninstalled")


@pytest.fixture
def shop(db: Database, clock: ManualClock) -> Shop:
    return Shop(db, clock)


@pytest.fixture
def sold(shop: Shop) -> Shop:
    """Two orders of Ada, one without an account, a refund, and an order of Ben."""
    shop.stock()
    shop.clock.advance(timedelta(days=60))
    for name, topic, payload in (
        ("named", "orders/paid", order(4711)),
        ("guest", "orders/paid", order(4712, customer=None)),
        ("back", "refunds/create", refund(4711)),
        ("update", "orders/updated", order(4711)),
        ("herself", "customers/update", {"id": 7001, "email": "ada@example.com"}),
        ("ben", "orders/paid", order(4713, email="ben@example.com", customer=BEN)),
    ):
        shop.tell(topic, payload, name=name)
    assert set(shop.states().values()) == {"done"}
    assert len(list(shop.live.ledger.entries())) == 4
    return shop


def standing(shop: Shop) -> Any:
    """Return all that must not change: the books, and the facts they were made of."""
    kept = (
        "ls_fact",
        "ls_ledger_entry",
        "ls_ledger_posting",
        "ls_commission_line",
        "ls_redemption",
    )
    report = shop.live.ledger.verify()
    assert report.ok
    return report.root_hash, shop.rows(*kept)


def hashes(shop: Shop) -> dict[str, bool]:
    return {one.order_ref: one.customer_key is not None for one in shop.live.orders()}


# --- to drop it


def test_a_customer_is_dropped_and_the_books_stay(sold: Shop) -> None:
    before, bodies = standing(sold), sold.bodies()
    assert all(hashes(sold).values())
    sold.tell("customers/redact", request("customers/redact", 4711), name="redact")

    after = sold.bodies()
    assert after["ben"] == bodies["ben"]
    assert [holds_buyer(after[name]) for name in after if name != "ben"] == [[]] * 6
    assert after["herself"] == b"{}"
    assert hashes(sold) == {"4711": False, "4712": False, "4713": True}
    (done,) = sold.live.privacy.requests(all=True)
    assert (done.kind, done.state, done.cleared) == ("customer", "done", 5)
    assert (done.orders, done.done_at) == (2, sold.clock.now())
    assert holds_buyer(sold.rows("ls_privacy_request")) == []
    assert "7001" not in repr(sold.rows("ls_privacy_request"))
    assert standing(sold) == before
    assert sold.live.privacy.requests() == []


def test_what_was_cleared_can_be_replayed(sold: Shop) -> None:
    before = standing(sold)
    sold.tell("customers/redact", request("customers/redact", 4711, 4712))
    every = [row[0] for row in sold.rows("ls_inbox")["ls_inbox"]]
    assert sold.live.replay(every) == len(every)
    assert sold.live.worker().drain().dead == 0
    assert set(sold.states().values()) == {"done"}
    assert standing(sold) == before
    assert len(sold.live.privacy.requests(all=True)) == 1
    assert sold.live.proofs.replay().ok


def test_dropping_again_changes_nothing(sold: Shop) -> None:
    asked = request("customers/redact", 4711)
    sold.tell("customers/redact", asked, name="first")
    bodies, books = sold.bodies(), standing(sold)
    record = sold.live.privacy.requests(all=True)
    assert sold.tell("customers/redact", asked, name="first").stored is Stored.SEEN
    assert (sold.bodies(), sold.live.privacy.requests(all=True)) == (bodies, record)
    sold.clock.advance(timedelta(days=1))
    sold.tell("customers/redact", asked, name="again")
    assert {name: sold.bodies()[name] for name in bodies} == bodies
    (first, again) = sold.live.privacy.requests(all=True)
    assert (first, again.cleared, again.state) == (record[0], 0, "done")
    assert standing(sold) == books


def test_all_of_a_shop_is_dropped(sold: Shop) -> None:
    before = standing(sold)
    sold.tell("shop/redact", request("shop/redact"), name="redact")
    assert holds_buyer(sold.bodies()) == []
    assert "ben@" not in repr(sold.bodies())
    assert not any(hashes(sold).values())
    assert standing(sold) == before
    (done,) = sold.live.privacy.requests(all=True)
    assert (done.kind, done.state, done.cleared, done.orders) == ("shop", "done", 6, 0)
    sold.tell("shop/redact", request("shop/redact"), name="again")
    assert [one.cleared for one in sold.live.privacy.requests(all=True)] == [6, 0]


@pytest.mark.parametrize("topic", ERASING)
def test_a_sale_that_nobody_read_yet_is_not_lost(shop: Shop, topic: str) -> None:
    shop.stock()
    shop.clock.advance(timedelta(days=60))
    for told, payload in (("orders/paid", order(4711)), (topic, request(topic, 4711))):
        delivery = shop.live._ingest.verify("shopify", *shop.signed(told, payload))
        shop.live._ingest.store(delivery)  # the worker comes late: both wait in one batch
    shop.live.worker().drain()
    assert holds_buyer(shop.bodies()) == []
    assert hashes(shop) == {"4711": False}
    assert len(list(shop.live.ledger.entries())) == 1


def test_a_worker_that_dies_in_it_leaves_it_to_the_next(
    sold: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Notices, "apply", die)
        with pytest.raises(KeyboardInterrupt):
            sold.tell("customers/redact", request("customers/redact", 4711), name="redact")
    assert holds_buyer(sold.bodies()["redact"]) != [], "it can still be done"
    assert sold.live.privacy.requests(all=True) == []
    sold.clock.advance(timedelta(minutes=5))
    sold.live.worker().drain()
    assert holds_buyer({name: body for name, body in sold.bodies().items() if name != "ben"}) == []
    assert [one.state for one in sold.live.privacy.requests(all=True)] == ["done"]


def test_what_an_operator_emptied_stays_empty(sold: Shop) -> None:
    with sold.db.transaction() as tx:
        tx.execute(sa.update(inbox).values(body=b""))
    sold.tell("shop/redact", request("shop/redact"))
    assert sold.live.privacy.requests(all=True)[0].cleared == 0


def test_books_are_locked_after_the_orders_that_are_forgotten(
    sold: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    forget, record = Notices.forget, Recorder.record

    def note_forget(*args: Any) -> None:
        seen.append("orders")
        forget(*args)

    def note_record(*args: Any) -> Any:
        seen.append("books")
        return record(*args)

    monkeypatch.setattr(Notices, "forget", note_forget)
    monkeypatch.setattr(Recorder, "record", note_record)
    sold.tell("customers/redact", request("customers/redact", 4711))
    assert seen == ["orders", "books", "orders"]


# --- to be told


def test_what_is_held_is_shown_and_never_logged(
    sold: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    sold.tell("customers/data_request", request("customers/data_request", 4711), name="ask")
    (asked,) = sold.live.privacy.requests()
    assert (asked.kind, asked.state, asked.orders) == ("data", "open", 1)
    assert asked.due_at == asked.heard_at + timedelta(days=30)
    shown = json.loads(json.dumps(sold.live.privacy.show(asked.id)))
    assert shown["asked"]["customer"]["email"] == "Ada@Example.com"
    assert [row["order_ref"] for row in shown["orders"]] == ["4711", "4712"]
    topics = [row["topic"] for row in shown["webhooks"]]
    assert sorted(topics) == [
        "customers/update",
        "orders/paid",
        "orders/paid",
        "orders/updated",
        "refunds/create",
    ]
    assert shown["webhooks"][0]["body"]["total_weight"] == "1.5"
    assert len(shown["facts"]) == 3
    assert len(shown["coupon_uses"]) == 2
    assert "ben@" not in repr(shown)
    assert holds_buyer(caplog.text) == []
    assert holds_buyer(sold.rows("ls_privacy_request")) == []


def test_what_is_held_at_another_account_is_not_shown(sold: Shop) -> None:
    """Ada is a buyer of both shops of this database; each tells her what it holds itself."""
    settings = {"LIVESHOP_SHOPIFY_SHOP": "other.myshopify.com"}
    other = Shop(sold.db, sold.clock, settings).live
    other.coupons.create("MIKA20", stream_id="drop", creator_id="mika", percent_off=20)
    for live in (sold.live, other):
        link = live.links.issue(creator_id="mika", stream_id="drop", items={"shirt": 1})
        live.links.open(link.token, customer_ref="ada@example.com")
    with sold.db.transaction() as tx:
        paid = sold.live._rooms.facts.sales(tx, [KEY_4711])[KEY_4711]
        elsewhere = replace(paid, account="other.myshopify.com", order_ref="5000")
        other._rooms.recorder.record(tx, [elsewhere])
    sold.tell("customers/data_request", request("customers/data_request", 4711), name="ask")
    (asked,) = sold.live.privacy.requests()
    shown: Any = sold.live.privacy.show(asked.id)
    assert [row["order_ref"] for row in shown["orders"]] == ["4711", "4712"]
    own = {row["id"] for row in shown["orders"]}
    assert {row["order_id"] for row in shown["coupon_uses"]} == own
    (visit,) = shown["visits"]
    assert sold.live.links.visit(visit["checkout_id"]).account == SHOP


def test_an_answered_request_is_over_and_names_nobody(sold: Shop) -> None:
    bodies = sold.bodies()
    sold.tell("customers/data_request", request("customers/data_request", 4711), name="ask")
    sold.tell("customers/data_request", request("customers/data_request", 4711), name="twice")
    (asked,) = sold.live.privacy.requests()
    sold.clock.advance(timedelta(days=1))
    done = sold.live.privacy.done(asked.id)
    assert (done.state, done.done_at) == ("done", sold.clock.now())
    sold.clock.advance(timedelta(days=1))
    assert sold.live.privacy.done(asked.id) == done
    assert sold.live.privacy.requests() == []
    after = sold.bodies()
    assert holds_buyer(after["ask"]) == []
    assert {name: after[name] for name in bodies} == bodies, "nothing else was touched"
    shown: Any = sold.live.privacy.show(asked.id)
    assert [row["order_ref"] for row in shown["orders"]] == ["4711"]


def test_a_request_nobody_made_is_unknown(shop: Shop) -> None:
    for call in (shop.live.privacy.show, shop.live.privacy.done):
        with pytest.raises(PrivacyRequestUnknownError):
            call("prv_none")


def test_doctor_names_what_waits(sold: Shop) -> None:
    def findings() -> list[bool]:
        return [one.ok for one in examine_shop(sold.live) if one.name == "privacy"]

    assert findings() == []
    sold.tell("customers/data_request", request("customers/data_request", 4711))
    assert findings() == [False]


# --- what cannot be read


def altered(topic: str, **more: Any) -> Callable[[], Any]:
    return lambda: request(topic, 4711, **more)


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        (topic, spoiled)
        for topic in TOPICS[:3]
        for spoiled in (
            b"",
            b"{not json",
            b"[1]",
            b'{"shop_id": 18446744073709551616}',
            altered(topic, shop_domain="other.myshopify.com"),
            altered(topic, shop_domain=None),
            altered(topic, shop_id=None),
            altered(topic, shop_id="954889"),
            altered(topic, shop_id=-1),
        )
    ]
    + [
        ("customers/redact", altered("customers/redact", orders_to_redact=None)),
        ("customers/redact", altered("customers/redact", orders_to_redact=[{}])),
        ("customers/redact", altered("customers/redact", orders_to_redact=["9" * 400])),
        ("customers/redact", altered("customers/redact", customer=[1])),
        ("customers/redact", altered("customers/redact", customer={"id": "x" * 900})),
        ("customers/redact", altered("customers/redact", customer={"email": "x" * 900})),
        ("customers/redact", altered("customers/redact", customer=None, orders_to_redact=[])),
        ("customers/redact", altered("customers/data_request")),
        ("customers/data_request", altered("customers/redact")),
        ("customers/data_request", altered("customers/data_request", data_request={})),
        ("customers/data_request", altered("customers/data_request", orders_requested=[0])),
        ("shop/redact", altered("customers/redact")),
        ("shop/redact", altered("customers/data_request")),
    ],
)
def test_what_cannot_be_read_is_kept_and_shown(shop: Shop, topic: str, payload: Any) -> None:
    shop.tell("orders/updated", order(4711), name="sale")
    kept = shop.bodies()["sale"]
    body = payload() if callable(payload) else payload
    shop.tell(topic, body, name="bad")
    assert shop.states()["bad"] == "done"
    assert shop.bodies()["sale"] == kept
    (one,) = shop.live.privacy.requests()
    assert one.state == "problem"
    assert one.problem
    shown: Any = shop.live.privacy.show(one.id)
    assert "asked" in shown
    shop.live.replay([one.inbox_id])
    shop.live.worker().drain()
    (again,) = shop.live.privacy.requests()
    assert again.problem == one.problem
    assert shop.live.privacy.done(again.id).state == "done"
    assert holds_buyer(shop.bodies()["bad"]) == []


@pytest.mark.parametrize("topic", TOPICS)
def test_what_is_not_signed_writes_nothing(shop: Shop, topic: str) -> None:
    headers, body = shop.signed(topic, request(topic, 4711))
    headers["X-Shopify-Hmac-SHA256"] = "bm9ib2R5"
    before = shop.rows()
    with pytest.raises(SignatureInvalidError):
        shop.live.receive("shopify", headers, body)
    assert shop.rows() == before


def test_the_door_answers_before_anything_is_done(shop: Shop) -> None:
    app = Flask("store")
    LiveShopFlask(app, shop.live)
    door = app.test_client()
    for topic in TOPICS:
        headers, body = shop.signed(topic, request(topic, 4711), name=topic)
        answers = [door.post("/webhooks/shopify", data=body, headers=headers) for _ in range(2)]
        assert [one.status_code for one in answers] == [200, 200]
        assert [one.json["status"] for one in answers] == ["stored", "seen"]  # type: ignore[index]
        headers["X-Shopify-Hmac-SHA256"] = "bm9ib2R5"
        assert door.post("/webhooks/shopify", data=body, headers=headers).status_code == 401
        assert shop.states()[topic] == "new"
    shop.live.worker().drain()
    assert set(shop.states().values()) == {"done"}
