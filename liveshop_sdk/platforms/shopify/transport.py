"""Send one request and judge its HTTP status.

Our own ``requests.Session``, since ShopifyAPI's client has no time-out, follows
redirects with the token in hand and prints error bodies. Every call ends in
bounded time, sleeping for a throttled shop included.
"""

import json
import math
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy

import requests
import urllib3

from liveshop_sdk.errors import (
    PlatformBusyError,
    PlatformNotReadyError,
    PlatformRefusedError,
    PlatformUnavailableError,
)
from liveshop_sdk.platforms.shopify.fields import ShapeError

MAX_ANSWER = 4_000_000
"""Bytes of an answer that are read; orders of hundreds of lines are far below."""

SHORTEST_WAIT = 0.25
"""Seconds; what is asked for sooner is still made to wait this long."""

_CONNECT, _READ = 2.0, 8.0
_SECRET = re.compile(r"key=[^\s&\"']+")


class Deadline:
    """The time one call of ours may take in all."""

    def __init__(self, seconds: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Start now."""
        self._monotonic = monotonic
        self._end = monotonic() + seconds

    def left(self) -> float:
        """Return the seconds left, never below 0."""
        return max(0.0, self._end - self._monotonic())


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An HTTP answer, read in full."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Wire:
    """HTTP as we allow it: no redirects, no cookies, bounded in time and size."""

    def __init__(
        self,
        *,
        timeouts: tuple[float, float] = (_CONNECT, _READ),
        patience: float = _READ,
        sleep: Callable[[float], None] = time.sleep,
        trust_env: bool = True,
    ) -> None:
        """Open no connection yet.

        Args:
            timeouts: Seconds to connect, and to wait for the next byte.
            patience: Seconds for one call of ours, retries included.
            trust_env: Whether proxies named in the environment are used.
        """
        self.sleep = sleep
        self._timeouts = timeouts
        self._patience = patience
        self._session = requests.Session()
        self._session.trust_env = trust_env
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))

    def deadline(self, patience: float | None = None) -> Deadline:
        """Start the clock of one call, which may be given less time."""
        return Deadline(min(self._patience, patience or self._patience))

    def post(
        self, url: str, body: object, headers: Mapping[str, str], deadline: Deadline
    ) -> Answer:
        """POST JSON and return whatever came back.

        Raises:
            PlatformUnavailableError: nothing, half an answer, or too much.
        """
        left = deadline.left()
        if left < 0.05:
            raise unavailable("there was no time left to ask")
        connect, read = self._timeouts
        try:
            with self._session.post(
                url,
                data=json.dumps(body, separators=(",", ":"), ensure_ascii=True).encode(),
                headers={"Content-Type": "application/json", "Accept": "application/json"}
                | dict(headers),
                timeout=(min(connect, left), min(read, left)),
                allow_redirects=False,
                stream=True,
            ) as response:
                return Answer(
                    status=response.status_code,
                    headers=response.headers,
                    body=_read(response, deadline),
                )
        except requests.Timeout:
            raise unavailable("it did not answer in time") from None
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError):
            raise unavailable("the connection broke") from None


def unavailable(problem: str, *, retry_after: float = 2) -> PlatformUnavailableError:
    """Return the error for what may work when tried again."""
    return PlatformUnavailableError(
        platform="shopify", problem=problem, retry_after=max(1, math.ceil(retry_after))
    )


def busy(retry_after: float = 2) -> PlatformBusyError:
    """Return the error for a shop that asks us to slow down."""
    return PlatformBusyError(
        platform="shopify",
        problem="it asks us to slow down",
        retry_after=max(1, math.ceil(retry_after)),
    )


def refused(problem: str, vendor_code: str = "") -> PlatformRefusedError:
    """Return the error for a no that will stay one."""
    shown = "".join(c if c.isprintable() else " " for c in _SECRET.sub("key=…", problem))
    return PlatformRefusedError(
        platform="shopify", problem=shown[:300].rstrip(". "), vendor_code=vendor_code[:80]
    )


def not_ready(problem: str, vendor_code: str) -> PlatformNotReadyError:
    """Return the error for a shop that does not let us in."""
    no = refused(problem, vendor_code)
    return PlatformNotReadyError(
        platform=no.platform, problem=no.problem, vendor_code=no.vendor_code
    )


def retry_after(answer: Answer, default: float) -> float:
    """Return how long the answer asks us to wait, in seconds from 0.25 to 300."""
    given = answer.headers.get("Retry-After", "")
    seconds = float(given) if re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,6})?", given) else default
    return min(max(seconds, SHORTEST_WAIT), 300.0)


def check_status(answer: Answer) -> None:
    """Judge the HTTP status; 200 passes.

    Raises:
        PlatformUnavailableError: 408 and 5xx.
        PlatformRefusedError: every other one but 200.
    """
    status = answer.status
    if status == 200:
        return
    if status >= 500 or status == 408:
        raise unavailable(f"HTTP {status}", retry_after=retry_after(answer, 2))
    if 300 <= status < 400:
        raise not_ready(
            "it redirects API calls, which we do not follow; check the shop", str(status)
        )
    meaning = {
        401: "the token is not accepted",
        402: "the shop is frozen",
        403: "the token may not do this",
        404: "there is no such shop or API version",
        423: "the shop is locked",
    }.get(status)
    if meaning:
        raise not_ready(meaning, str(status))
    raise refused(f"HTTP {status}", str(status))


def _read(response: requests.Response, deadline: Deadline) -> bytes:
    body = bytearray()
    for chunk in response.iter_content(65_536):
        body += chunk
        if len(body) > MAX_ANSWER:
            raise unavailable("its answer is too large")
        if not deadline.left():
            raise unavailable("it did not answer in time")
    return bytes(body)


@contextmanager
def written(what: str) -> Iterator[None]:
    """Take a shape we do not understand for no answer to a write: it may exist now."""
    try:
        yield
    except ShapeError as error:
        raise unavailable(f"its {what} cannot be read: {error}") from None


@contextmanager
def reading(what: str) -> Iterator[None]:
    """Turn a shape we do not understand in an answer into a refusal."""
    try:
        yield
    except ShapeError as error:
        raise refused(f"its {what} cannot be read: {error}") from None
