"""Every way Shopify can fail, at every call: bounded, typed, and nothing lost."""

import json
import random
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from liveshop_sdk.errors import (
    DeliveryUnreadableError,
    LiveShopError,
    PlatformBusyError,
    PlatformNotReadyError,
    PlatformRefusedError,
    PlatformUnavailableError,
    SignatureInvalidError,
    UnavailableError,
)
from liveshop_sdk.platforms.shopify import ShopifyPlatform
from liveshop_sdk.platforms.shopify.transport import Wire
from tests.platforms import shopify_support as support

_, RESOLVERS, PAY = support.oracle_modules()


@pytest.fixture
def oracle() -> Iterator[Any]:
    with support.running_oracle(clean=False) as running:
        yield running


CALLS = {
    "cart": lambda shop: shop.open_checkout(
        shop.prepare_checkout(support.checkout_request()), key="chk_1"
    ),
    "coupon": lambda shop: shop.create_coupon(
        shop.prepare_coupon(support.coupon_request()), key="cpn_1"
    ),
    "order": lambda shop: shop.find_order("1"),
}
UNAVAILABLE = ["500", "502", "503", "hang", "drop", "lost", "html", "truncated", "INTERNAL"]
REFUSED = ["401", "402", "403", "423", "ACCESS_DENIED", "redirect"]


@pytest.mark.parametrize("call", ["coupon", "order"])
@pytest.mark.parametrize("mode", [*UNAVAILABLE, "partial"])
def test_what_may_pass_is_unavailable_and_the_next_call_works(
    oracle: Any, call: str, mode: str
) -> None:
    hasty = Wire(timeouts=(0.5, 0.3), patience=0.5, sleep=support.Sleeps(), trust_env=False)
    given = {"wire": hasty} if mode == "hang" else {}
    oracle.fail(mode, 2)
    start = time.monotonic()
    with pytest.raises(PlatformUnavailableError) as caught:
        CALLS[call](support.platform(oracle, **given))
    assert time.monotonic() - start < 3
    assert caught.value.retry_after >= 1
    oracle.failures.clear()
    CALLS[call](support.platform(oracle))
    assert len(oracle.discounts) == (call == "coupon")


@pytest.mark.parametrize("call", ["coupon", "order"])
@pytest.mark.parametrize("mode", REFUSED)
def test_what_will_not_pass_is_refused(oracle: Any, call: str, mode: str) -> None:
    shop = support.platform(oracle)
    oracle.fail(mode, 5)
    with pytest.raises(PlatformNotReadyError):
        CALLS[call](shop)
    assert len(oracle.log) == 1
    assert not any(entry["path"] == "/_elsewhere" for entry in oracle.log)


@pytest.mark.parametrize("call", CALLS)
def test_an_answer_that_is_only_slow_is_waited_for(oracle: Any, call: str) -> None:
    oracle.fail("slow", seconds=0.2)
    CALLS[call](support.platform(oracle))


@pytest.mark.parametrize("mode", ["429", "430", "THROTTLED"])
@pytest.mark.parametrize("call", CALLS)
def test_a_throttled_call_waits_and_goes_on(oracle: Any, call: str, mode: str) -> None:
    sleeps = support.Sleeps()
    wire = Wire(timeouts=(2.0, 5.0), patience=8.0, sleep=sleeps, trust_env=False)
    oracle.fail(mode, 2)
    CALLS[call](support.platform(oracle, wire=wire))
    assert len(sleeps) == 2
    assert sleeps == {"429": [2.0, 2.0], "430": [1.0, 1.0], "THROTTLED": [0.25, 0.5]}[mode]


def test_the_wait_is_what_the_bucket_needs(oracle: Any) -> None:
    sleeps = support.Sleeps()

    def sleep(seconds: float) -> None:
        sleeps(seconds)
        oracle.points = 2000.0

    wire = Wire(timeouts=(2.0, 5.0), patience=8.0, sleep=sleep, trust_env=False)
    oracle.config |= {"throttle": True, "restoreRate": 100.0}
    oracle.points, oracle.points_at = 0.0, time.monotonic()
    support.platform(oracle, wire=wire).find_order("1")
    cost = next(
        entry["response"]["extensions"]["cost"]["requestedQueryCost"]
        for entry in oracle.log
        if "extensions" in entry["response"]
    )
    assert 300 < cost <= 1000
    (waited,) = sleeps
    assert abs(waited - cost / 100) < 1


def test_a_wait_beyond_our_patience_is_handed_to_the_caller(oracle: Any) -> None:
    sleeps = support.Sleeps()
    wire = Wire(timeouts=(2.0, 5.0), patience=2.0, sleep=sleeps, trust_env=False)
    oracle.config |= {"throttle": True, "restoreRate": 10.0}
    oracle.points, oracle.points_at = 0.0, time.monotonic()
    with pytest.raises(PlatformBusyError, match="slow down") as caught:
        support.platform(oracle, wire=wire).find_order("1")
    assert 30 <= caught.value.retry_after <= 100
    assert sleeps == []


def test_a_shop_that_throttles_for_ever_ends(oracle: Any) -> None:
    wire = Wire(timeouts=(2.0, 5.0), patience=1.5, trust_env=False)
    oracle.fail("THROTTLED", 50)
    start = time.monotonic()
    with pytest.raises(PlatformUnavailableError, match="slow down"):
        support.platform(oracle, wire=wire).find_order("1")
    assert time.monotonic() - start < 4
    assert len(oracle.log) <= 4


def test_retry_after_of_an_unavailable_shop_is_passed_on(oracle: Any) -> None:
    oracle.fail("503", 2, retry_after="17")
    with pytest.raises(PlatformUnavailableError) as caught:
        support.platform(oracle).find_order("1")
    assert caught.value.retry_after == 17
    oracle.failures.clear()
    oracle.fail("503", 2, retry_after="Wed, 21 Oct 2099 07:28:00 GMT")
    with pytest.raises(PlatformUnavailableError) as caught:
        support.platform(oracle).find_order("1")
    assert caught.value.retry_after == 2


def test_buyer_fields_may_be_withheld(oracle: Any, monkeypatch: Any) -> None:
    plain = oracle.graphql

    def withheld(*args: Any) -> Any:
        status, body, headers = plain(*args)
        order = (body.get("data") or {}).get("order")
        if order and "email" in order:
            order["email"] = None
            error = {
                "message": "This app is not approved to use the email field.",
                "path": ["order", "email"],
                "extensions": {"code": "ACCESS_DENIED"},
            }
            body = {**body, "errors": [error]}
        return status, body, headers

    monkeypatch.setattr(oracle, "graphql", withheld)
    order = PAY.build_order()
    oracle.orders[order["id"]] = order
    (fact,) = support.platform(oracle).find_order(str(order["id"]))
    assert fact.customer_key is None  # type: ignore[attr-defined]


# --- answers cut or changed at every place


class Canned(BaseHTTPRequestHandler):
    """Answers with whatever bytes the server holds."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        answer: bytes = self.server.answer  # type: ignore[attr-defined]
        self.close_connection = True
        self.wfile.write(answer)

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def canned() -> Iterator[Any]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Canned)
    server.daemon_threads = True
    server.url = f"http://127.0.0.1:{server.server_port}"  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def http(body: bytes, status: str = "200 OK", **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def recorded(call: str) -> bytes:
    with support.running_oracle() as oracle:
        order = PAY.build_order(id=1, discounts=[{"code": "A", "percent": "10"}])
        oracle.orders[1] = order
        PAY.add_refund(order, {order["line_items"][0]["id"]: 1}, shipping="4.90")
        CALLS[call](support.platform(oracle))
        return json.dumps(oracle.log[0]["response"]).encode()


@pytest.mark.parametrize("call", ["coupon", "order"])
def test_an_answer_cut_anywhere_is_unavailable(canned: Any, call: str) -> None:
    whole = http(recorded(call))
    shop = support.platform(canned)
    for end in sorted({*range(40), *random.Random(5).sample(range(len(whole)), 60)}):
        canned.answer = whole[:end]
        with pytest.raises(PlatformUnavailableError):
            CALLS[call](shop)


def mutated(value: Any, chance: random.Random) -> Any:
    """Change one place of a JSON value."""
    odd: list[Any] = [None, -1, 2**63, "", "-1.00", "1e99", [], {}, True, "x" * 300, "USD", 0.5]
    if isinstance(value, dict) and value and chance.random() < 0.9:
        key = chance.choice(sorted(value))
        rest = {k: v for k, v in value.items() if k != key}
        return rest if chance.random() < 0.1 else rest | {key: mutated(value[key], chance)}
    if isinstance(value, list) and value and chance.random() < 0.9:
        index = chance.randrange(len(value))
        return [mutated(v, chance) if i == index else v for i, v in enumerate(value)]
    return chance.choice(odd)


@pytest.mark.parametrize("call", CALLS)
def test_an_answer_changed_anywhere_is_read_or_refused(canned: Any, call: str) -> None:
    answer = json.loads(recorded(call))
    shop = support.platform(canned)
    for seed in range(250):
        canned.answer = http(json.dumps(mutated(answer, random.Random(seed))).encode())
        try:
            CALLS[call](shop)
        except LiveShopError as error:
            assert isinstance(error, UnavailableError | PlatformRefusedError)  # noqa: PT017


def test_too_much_is_not_read(canned: Any) -> None:
    canned.answer = http(b'{"data":"' + b"x" * 5_000_000 + b'"}')
    with pytest.raises(PlatformUnavailableError, match="too large"):
        support.platform(canned).find_order("1")


def test_no_redirect_is_followed_and_no_cookie_kept(canned: Any, oracle: Any) -> None:
    shop = support.platform(canned)
    canned.answer = http(
        b"", "307 Temporary Redirect", Location=oracle.url + "/x", Set_Cookie="a=b"
    )
    with pytest.raises(PlatformNotReadyError, match="redirects"):
        shop.find_order("1")
    assert oracle.log == []
    assert len(shop._wire._session.cookies) == 0


# --- deliveries, as they come over the wire


class Door(BaseHTTPRequestHandler):
    """Takes webhooks the way the web room does."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        shop: ShopifyPlatform = self.server.shop  # type: ignore[attr-defined]
        status = 200
        try:
            delivery = shop.receive(dict(self.headers), body, now=support.NOW)
            self.server.facts += shop.read(delivery)  # type: ignore[attr-defined]
        except SignatureInvalidError:
            status = 401
        except DeliveryUnreadableError:
            status = 400
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


@pytest.mark.parametrize(
    ("mode", "status", "facts"),
    [
        ("ok", 200, 1),
        ("duplicate", 200, 2),
        ("stale", 200, 1),
        ("wrong_topic", 200, 0),
        ("bad_hmac", 401, 0),
        ("hex_hmac", 401, 0),
        ("no_hmac", 401, 0),
        ("non_ascii_hmac", 401, 0),
        ("tampered", 401, 0),
        ("wrong_secret", 401, 0),
        ("wrong_shop", 400, 0),
        ("empty", 400, 0),
        ("not_json", 400, 0),
        ("array", 400, 0),
    ],
)
def test_every_kind_of_delivery(oracle: Any, mode: str, status: int, facts: int) -> None:
    assert mode in PAY.MODES
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    server.daemon_threads = True
    server.shop, server.facts = support.platform(oracle), []
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        url = f"http://127.0.0.1:{server.server_port}/webhooks/shopify"
        answers = PAY.deliver(url, "orders/paid", PAY.build_order(), mode=mode)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert {answer[0] for answer in answers} == {status}
    assert len(server.facts) == facts
    assert len({fact.key for fact in server.facts}) == min(facts, 1)
