"""A purchase from the stream page to both desks, with nothing but HTTP and the worker."""

import csv
import io
import re
from html import unescape

import pytest
from flask.testing import FlaskClient
from flask_store import create_app, seed
from werkzeug.test import TestResponse

from liveshop_sdk import LiveShop
from liveshop_sdk.testing import sandbox_shop

BUYER = "kim.buyer@example.com"


@pytest.fixture
def shop() -> LiveShop:
    shop = sandbox_shop()
    seed(shop)
    return shop


@pytest.fixture
def client(shop: LiveShop) -> FlaskClient:
    return create_app(shop).test_client()


def seen(answer: TestResponse) -> str:
    assert answer.status_code == 200
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


def path_of(url: str) -> str:
    return re.sub(r"^http://127\.0\.0\.1:8000", "", url)


def checkout(client: FlaskClient) -> str:
    """Follow the first offer on the stream page to its checkout."""
    page = client.get("/live/friday-drop").text
    found = re.search(r'href="(/l/\w+)">\s*<span>Buy with Ana’s offer', page)
    assert found
    sent = client.get(found[1], headers={"Accept": "text/html", "User-Agent": "Mozilla/5.0"})
    assert sent.status_code == 303
    return path_of(sent.headers["Location"])


def buy(client: FlaskClient, button: str = "pay") -> str:
    """Press a button on the checkout page; returns where the buyer lands."""
    at = checkout(client)
    page = client.get(at, headers={"Accept": "text/html"}).text
    token = re.search(r'name="token" value="([^"]+)"', page)
    assert token
    answer = client.post(f"{at}/{button}", data={"token": token[1], "email": BUYER})
    assert answer.status_code == 303
    return path_of(answer.headers["Location"])


def test_a_sale_reaches_the_creator_and_the_book(client: FlaskClient, shop: LiveShop) -> None:
    landed = buy(client)
    assert landed.startswith("/thank-you?visit=chk_")
    assert "Your payment is on its way" in seen(client.get(landed))
    waiting = client.get(landed, headers={"Accept": "application/json"})
    assert waiting.get_json() == {"state": "processing"}
    assert "waiting.js" in client.get(landed).text

    shop.worker().drain()

    thanks = client.get(landed)
    assert "Thank you, it is yours" in seen(thanks)
    assert "<script" not in thanks.text
    # 129.00 less 20 % is 103.20; 12 % of it is 12.38, of which 60 % are Ana's.
    ana = seen(client.get("/creator/ana"))
    assert "Pending €7.43" in ana
    assert "20′ of the stream" in ana
    assert "The buyer used your code ANA20" in ana
    assert "Cable jumper €103.20 12% × 60/100 €7.43 – pending until 16 October" in ana
    assert "Your share of what the show sold" in seen(client.get("/creator/ben"))
    assert "No sale yet" in seen(client.get("/creator/mika"))
    book = seen(client.get("/finance"))
    assert "The book holds All 1 entries were recomputed" in book
    assert shop.ledger.head(brand="nordlicht").root_hash in book
    assert "brand:commission_expense €12.38" in book


def test_what_a_refund_takes_back_is_shown(client: FlaskClient, shop: LiveShop) -> None:
    visit = buy(client).rpartition("=")[2]
    shop.worker().drain()
    shop.sandbox.refund(visit)
    shop.worker().drain()
    ana = seen(client.get("/creator/ana"))
    assert "Pending €0.00" in ana
    assert "Taken back €7.43" in ana
    assert "€7.43 −€7.43 nothing left" in ana


def test_no_desk_knows_the_buyer(client: FlaskClient, shop: LiveShop) -> None:
    landed = buy(client)
    shop.worker().drain()
    key = shop.orders()[0].customer_key
    assert key
    visit = landed.rpartition("=")[2]
    for path in ("/creator/ana", "/creator/ben", "/finance", "/finance/ledger.csv", "/", landed):
        page = client.get(path).text
        assert BUYER not in page, path
        assert "kim" not in page.lower(), path
        assert key not in page, path
    assert visit not in client.get("/creator/ana").text


def test_an_abandoned_checkout_leads_nowhere(client: FlaskClient, shop: LiveShop) -> None:
    visit = checkout(client).rpartition("/")[2]
    checkout_id = shop.sandbox.checkout(visit).checkout_id
    shop.sandbox.abandon(visit)
    shop.worker().drain()
    assert "Nothing was paid" in seen(client.get(f"/thank-you?visit={checkout_id}"))


@pytest.mark.parametrize("visit", ["", "chk_1", "chk_01jt8ycvm03jr8qmgc61a7g25p", "<b>"])
def test_a_foreign_visit_is_unknown(client: FlaskClient, visit: str) -> None:
    answer = client.get("/thank-you", query_string={"visit": visit})
    assert answer.status_code == 404
    assert "This is not here" in answer.text


def test_the_csv_is_the_book(client: FlaskClient, shop: LiveShop) -> None:
    buy(client)
    shop.worker().drain()
    answer = client.get("/finance/ledger.csv?brand=nordlicht")
    assert answer.mimetype == "text/csv"
    assert "ledger-nordlicht.csv" in answer.headers["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.get_data(as_text=True))))
    assert [(row["account"], row["amount_minor"]) for row in rows] == [
        ("brand:commission_expense", "1238"),
        ("creator:ana:pending", "-743"),
        ("creator:ben:pending", "-495"),
    ]
    assert client.get("/finance/ledger.csv?brand=other").status_code == 404


def test_the_desks_are_gone_when_money_is_real(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LiveShop, "mode", property(lambda _self: "live"))
    for path in ("/creator/ana", "/finance", "/finance/ledger.csv"):
        assert client.get(path).status_code == 404
    assert "What finance sees" not in client.get("/").text
