"""Answers cut off at every place: bounded waiting, one error, nothing half read."""

import json
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import suppress
from threading import Thread

import pytest

from liveshop_sdk.checkout.ports import CommercePlatform
from liveshop_sdk.errors import PlatformUnavailableError
from tests.platforms.stripe_support import checkout, coupon, platform_at

BODY = json.dumps({"id": "cs_test_1", "url": "https://x.example", "object": "x"}).encode()
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
WHOLE = HEAD + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % len(BODY) + BODY[:20]

CUTS = {
    "at once": b"",
    "in the status line": WHOLE[:8],
    "in the headers": WHOLE[:30],
    "after the headers": WHOLE[: -len(BODY)],
    "in the body": WHOLE[:-10],
    "before the last byte": WHOLE[:-1],
    "in a chunk": CHUNKED,
    "not HTTP": b"SSH-2.0-OpenSSH\r\n\r\n",
}


class Cutter:
    """Answers every connection with the same bytes, then closes, resets or hangs."""

    def __init__(self) -> None:
        self.answer, self.ending, self.count = b"", "close", 0
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.base = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self._held: list[socket.socket] = []
        Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                caller, _ = self._listening.accept()
                self._held.append(caller)
                self.count += 1
                caller.recv(65_536)
                caller.sendall(self.answer)
                if self.ending == "reset":
                    caller.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                if self.ending != "hang":
                    caller.close()

    def close(self) -> None:
        self._listening.close()
        for one in self._held:
            one.close()


@pytest.fixture
def cutter() -> Iterator[Cutter]:
    made = Cutter()
    yield made
    made.close()


@pytest.mark.parametrize("ending", ["close", "reset", "hang"])
@pytest.mark.parametrize("cut", CUTS)
def test_every_cut_is_an_outage_within_bounds(cutter: Cutter, cut: str, ending: str) -> None:
    cutter.answer, cutter.ending = CUTS[cut], ending
    platform = platform_at(cutter.base, timeouts=(0.3, 0.4))
    params = platform.prepare_checkout(checkout())
    began = time.monotonic()
    with pytest.raises(PlatformUnavailableError):
        platform.open_checkout(params, key="chk_1")
    assert time.monotonic() - began < 1.5
    assert cutter.count >= 1
    platform.close()


def test_reads_and_coupons_are_bounded_too(cutter: Cutter) -> None:
    cutter.answer, cutter.ending = CUTS["in the body"], "hang"
    platform = platform_at(cutter.base, timeouts=(0.3, 0.4))
    params = platform.prepare_coupon(coupon())
    for call in (
        lambda: platform.create_coupon(params, key="cpn_1"),
        lambda: platform.find_order("pi_1"),
        lambda: platform.find_order("cs_test_1"),
    ):
        began = time.monotonic()
        with pytest.raises(PlatformUnavailableError):
            call()
        assert time.monotonic() - began < 1.5
    assert [finding.ok for finding in platform.check()] == [False, True]
    platform.close()


def test_nobody_listening_is_an_outage() -> None:
    platform: CommercePlatform = platform_at("http://127.0.0.1:1", timeouts=(0.3, 0.4))
    with pytest.raises(PlatformUnavailableError, match="no answer in time"):
        platform.find_order("pi_1")
    assert (platform.name, platform.account, platform.mode) == ("stripe", "default", "test")
