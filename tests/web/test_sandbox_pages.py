"""The sandbox's pages: a checkout without money, and the merchant's desk."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from liveshop_sdk.money import Money
from liveshop_sdk.web import LiveShopFlask
from tests.looking import contents
from tests.web.support import HTML, Store, checkout_of, token_in, told


def opened(store: Store, coupon: str | None = None) -> tuple[FlaskClient, str]:
    """Open a link and return the browser that did, with its checkout's path."""
    client = store.client
    return client, f"/sandbox/checkout/{checkout_of(client.get(store.issue(coupon).url))}"


def press(client: FlaskClient, path: str, step: str, **form: str) -> TestResponse:
    page = client.get(path)
    return client.post(f"{path}/{step}", data={"token": token_in(page), **form}, headers=HTML)


def desk(client: FlaskClient, path: str, **form: str) -> TestResponse:
    token = token_in(client.get("/sandbox"))
    return client.post(f"/sandbox{path}", data={"token": token, **form}, headers=HTML)


def test_pay_leads_back_to_the_shop_and_the_ledger_knows(store: Store) -> None:
    client, path = opened(store, "MIKA20")
    page = client.get(path)
    assert page.status_code == 200
    # 49.90 + 2 × 15.00 = 79.90, less 20 % = 15.98
    for shown in ("79.90 EUR", "−15.98 EUR", "63.92 EUR", "MIKA20", 'lang="en"', "sandbox"):
        assert shown in page.text
    paid = press(client, path, "pay", email="buyer@example.com")
    assert paid.status_code == 303
    thanks = paid.headers["Location"]
    assert re.fullmatch(r"http://localhost/thank-you\?visit=chk_[0-9a-z]{26}", thanks)
    assert "being confirmed" in client.get(thanks, headers=HTML).text
    delivered = desk(client, "/deliver")
    assert delivered.headers["Location"] == "/sandbox?said=deliver"
    assert store.sent == [200]
    assert "has arrived" in client.get(thanks, headers=HTML).text
    assert client.get(thanks).json == {"visit": {"state": "paid"}, "mode": "sandbox"}
    balance = store.shop.ledger.balance(creator="mika")
    # 12 % of 63.92, rounded per line
    assert sum(one.amount for one in balance.balances if "pending" in one.account) in {-767, -768}
    assert "Paid" in client.get(path).text


def test_a_typed_code_is_applied_and_removed(store: Store) -> None:
    client, path = opened(store)
    wrong = press(client, path, "code", code="NOPE")
    assert wrong.status_code == 409
    assert 'role="alert"' in wrong.text
    assert 'aria-invalid="true"' in wrong.text
    assert press(client, path, "code", code=" mika20 ").status_code == 303
    assert "63.92 EUR" in client.get(path).text
    assert press(client, path, "code", remove="1").status_code == 303
    assert "63.92 EUR" not in client.get(path).text


def test_free_shipping_is_shown_where_it_comes_off(store: Store) -> None:
    store.shop.sandbox.terms(shipping=490)
    named = {"stream_id": "friday-drop", "creator_id": "mika"}
    store.shop.coupons.create("SHIPFREE", **named, free_shipping=True)  # type: ignore[arg-type]
    client, path = opened(store)
    assert ("84.80 EUR" in client.get(path).text, "Free" in client.get(path).text) == (True, False)
    assert press(client, path, "code", code="shipfree").status_code == 303
    page = client.get(path).text
    assert "79.90 EUR" in page
    assert 'Free shipping <span class="tag">SHIPFREE</span>' in page
    assert "−4.90 EUR" in page


def test_a_wrong_address_is_shown_and_nothing_changes(store: Store) -> None:
    client, path = opened(store)
    client.get(path)
    before = contents(store.db)
    answer = press(client, path, "pay", email="nobody<script>")
    assert answer.status_code == 400
    assert "e-mail address" in answer.text
    assert "<script" not in answer.text
    assert contents(store.db) == before


@pytest.mark.parametrize(
    ("step", "said"), [("decline", "The card was declined"), ("abandon", "Left without paying")]
)
def test_it_ends_without_payment(store: Store, step: str, said: str) -> None:
    client, path = opened(store)
    token = token_in(client.get(path))
    answer = press(client, path, step)
    assert answer.headers["Location"] == path
    page = client.get(path)
    assert said in page.text
    late = client.post(f"{path}/pay", data={"token": token, "email": "b@example.com"})
    assert late.status_code == 409


def test_pay_later_settles_or_fails(store: Store) -> None:
    for step, said in (("settle", "Paid"), ("fail", "The payment failed")):
        client, path = opened(store)
        assert press(client, path, "pay-later", email="b@example.com").status_code == 303
        page = client.get(path)
        assert "Payment is on its way" in page.text
        press(client, path, step)
        assert said in client.get(path).text


def test_an_expired_checkout_says_so(store: Store) -> None:
    client, path = opened(store)
    token = token_in(client.get(path))
    store.clock.advance(timedelta(minutes=32))
    assert "This checkout has ended" in client.get(path).text
    late = client.post(f"{path}/pay", data={"token": token, "email": "b@example.com"})
    assert late.status_code == 409


def test_a_form_of_another_page_browser_or_checkout_is_refused(store: Store) -> None:
    client, path = opened(store)
    other, other_path = opened(store)
    token = token_in(client.get(path))
    foreign = token_in(other.get(other_path))
    before = contents(store.db)
    form = {"email": "b@example.com"}
    answers = [
        client.post(f"{path}/pay", data=form),
        client.post(f"{path}/pay", data={**form, "token": "é"}),
        client.post(f"{path}/pay", data={**form, "token": foreign}),
        client.post(f"{other_path}/pay", data={**form, "token": token}),
        store.client.post(f"{path}/pay", data={**form, "token": token}),
        client.post("/sandbox/deliver", data={"token": token}),
    ]
    assert [one.status_code for one in answers] == [403] * 6
    assert told(answers[0])["error"]["code"] == "form_outdated"
    assert contents(store.db) == before


def test_the_cookie_stays_at_home(store: Store) -> None:
    client, path = opened(store)
    cookie = client.get(path).headers["Set-Cookie"]
    for word in ("HttpOnly", "SameSite=Lax", "Path=/sandbox"):
        assert word in cookie


def test_the_desk_refunds_and_disputes(store: Store) -> None:
    client, path = opened(store)
    press(client, path, "pay", email="secret-buyer@example.com")
    order = store.shop.sandbox.orders()[0]
    page = client.get("/sandbox")
    assert order.id in page.text
    assert "secret-buyer" not in page.text
    orders = f"/orders/{order.id}"
    assert desk(client, f"{orders}/refund", amount="10.00").status_code == 303
    assert store.shop.sandbox.order(order.id).refunded == 1000
    assert desk(client, f"{orders}/refund", amount="1000").status_code == 409
    assert desk(client, f"{orders}/refund", amount="1.234").status_code == 400
    refund = store.shop.sandbox.refunds(order.id)[0]
    assert desk(client, f"/refunds/{refund.id}/fail").status_code == 303
    assert store.shop.sandbox.order(order.id).refunded == 0
    assert desk(client, f"{orders}/dispute", amount="").status_code == 303
    assert "Win the dispute" in client.get("/sandbox").text
    assert desk(client, f"{orders}/win").status_code == 303
    assert desk(client, f"{orders}/lose").status_code == 409
    assert desk(client, f"{orders}/refund", amount="").status_code == 303
    assert Money(store.shop.sandbox.order(order.id).refunded, "EUR") == Money(7990, "EUR")
    assert desk(client, "/deliver").status_code == 303
    assert set(store.sent) == {200}


def test_switches_are_set_and_kept(store: Store) -> None:
    client = store.client
    given = {"duplicate": "2", "drop": "0", "delay": "60", "reorder": "5"}
    assert desk(client, "/switches", **given).status_code == 303
    now = store.shop.sandbox.deliveries()
    assert (now.duplicate, now.drop) == (2, 0)
    assert (now.delay, now.reorder) == (timedelta(seconds=60), timedelta(seconds=5))
    for wrong in ("x", "-1", "1" * 9, "٣", "1e3"):
        assert desk(client, "/switches", duplicate=wrong).status_code == 400
    assert store.shop.sandbox.deliveries() == now


def test_a_said_text_cannot_be_written_from_outside(store: Store) -> None:
    page = store.client.get("/sandbox?said=<script>").text
    assert "script" not in page


def test_another_platform_has_no_sandbox(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    app = Flask("other")
    app.testing = True
    LiveShopFlask(app, store.shop)
    monkeypatch.setattr(store.shop, "_connected", _Real())
    for path in ("/sandbox", "/sandbox/checkout/sbc_" + "0" * 26):
        assert app.test_client().get(path).status_code == 404
    for path in ("deliver", "switches", "orders/x/refund", "refunds/x/fail", "checkout/x/pay"):
        assert app.test_client().post(f"/sandbox/{path}").status_code == 404


class _Real:
    sandbox = None
