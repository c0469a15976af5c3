"""A way to a platform on which calls and answers get lost, cut and exchanged.

It stands before an oracle, hands requests on, and spoils one now and then: each
kind of call meets every fault, one after the other, once or three times running.
"""

import http.client
import random
import re
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

FAULTS = (
    *("silent", "silent after", "reset", "reset after", "cut after", "429"),
    *("500", "500 after", "html", "html after", "truncated after", "redirect"),
)
"""What happens to a call; ``after`` says that the platform has done its work."""

SILENCE = 1.5
_OPERATION = re.compile(rb"(?:query|mutation) (\w+)")
_ID = re.compile(r"/(?=[^/?]*[A-Z0-9])(?:[a-z]+_)[A-Za-z0-9_]{8,}")
_KEYS = (
    "Authorization",
    "Stripe-Account",
    "X-Shopify-Access-Token",
    "X-Shopify-Storefront-Access-Token",
)
_HTML = b"<html><title>Please wait</title></html>"


class FaultyWay(ThreadingHTTPServer):
    """Hands requests on to a platform, or does not; counts what it did by call and fault.

    ``share`` of the calls are spoiled; ``first`` of a kind that has not met every fault yet.
    """

    daemon_threads = True

    def __init__(self, target: str, chance: random.Random) -> None:
        super().__init__(("127.0.0.1", 0), _Way)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.target = urlsplit(target).netloc
        self.share = self.first = 0.0
        self.done = Counter[tuple[str, str]]()
        self.strays: list[str] = []
        self.credentials: set[str] = set()
        self._chance, self._lock = chance, threading.Lock()
        self._left: dict[str, list[str]] = {}
        self._running: dict[str, tuple[str, int]] = {}

    def fault(self, call: str) -> str:
        """Return what is to happen to this call, ``""`` for nothing."""
        with self._lock:
            fault, more = self._running.pop(call, ("", 0))
            left = self._left.setdefault(call, self._chance.sample(FAULTS, len(FAULTS)))
            # What is seldom called meets every fault all the same: some oftener at first.
            share = max(self.share, self.first) if left else self.share
            if not more and self._chance.random() < share:
                fault = left.pop() if left else self._chance.choice(FAULTS)
                more = self._chance.choice((1, 3))
            if more > 1:
                self._running[call] = (fault, more - 1)
            self.done[call, fault if more else ""] += 1
            return fault if more else ""

    def heal(self) -> None:
        with self._lock:
            self.share = self.first = 0.0
            self._running.clear()


class _Way(BaseHTTPRequestHandler):
    protocol_version, disable_nagle_algorithm = "HTTP/1.1", True
    server: FaultyWay

    def log_message(self, *args: object) -> None:
        """Say nothing."""

    def _any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path.startswith("/elsewhere"):
            self.server.strays.append(self.path)
        self.server.credentials |= {self.headers[name] for name in _KEYS if name in self.headers}
        fault = self.server.fault(self._call(body))
        kind, _, after = fault.partition(" ")
        answer = self._handed_on(body) if after or not fault else None
        if kind == "silent":
            time.sleep(SILENCE)
        if kind in ("silent", "reset"):
            self.close_connection = True
            self.connection.close()
        elif kind == "cut":
            self._answer(answer, cut=True)
        elif kind == "truncated":
            assert answer
            self._answer((200, answer[1], answer[2][: len(answer[2]) // 2]))
        elif kind == "html":
            self._answer((200, {"Content-Type": "text/html"}, _HTML))
        elif kind in ("429", "500"):
            self._answer((int(kind), {"Retry-After": "1"}, b'{"error": {"message": "no"}}'))
        elif kind == "redirect":
            self._answer((302, {"Location": f"{self.server.url}/elsewhere"}, b""))
        else:
            self._answer(answer)

    do_GET = do_POST = do_DELETE = _any  # noqa: N815  # the names of http.server

    def _call(self, body: bytes) -> str:
        named = _OPERATION.search(body)
        path = urlsplit(self.path).path
        return named[1].decode() if named else f"{self.command} {_ID.sub('/*', path)}"

    def _handed_on(self, body: bytes) -> Any:
        given = {k: v for k, v in self.headers.items() if k.lower() not in ("host", "connection")}
        connection = http.client.HTTPConnection(self.server.target, timeout=30)
        try:
            connection.request(self.command, self.path, body, given)
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            connection.close()

    def _answer(self, answer: Any, *, cut: bool = False) -> None:
        status, headers, body = answer
        self.send_response(status)
        for name, value in headers.items():
            if name.lower() not in ("content-length", "connection", "date", "server"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if cut else body)
        if cut:
            self.close_connection = True
            self.wfile.flush()
            self.connection.close()


@contextmanager
def faulty_way(target: str, seed: int) -> Iterator[FaultyWay]:
    """Stand before a platform; nothing is spoiled until ``share`` says so."""
    way = FaultyWay(target, random.Random(seed))
    thread = threading.Thread(target=way.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield way
    finally:
        way.shutdown()
        thread.join()
        way.server_close()
