"""Send one GraphQL request and tell its four layers of failure apart.

Our own ``requests.Session``, since ShopifyAPI's client has no time-out, follows
redirects with the token in hand and prints error bodies. Every call ends in
bounded time, sleeping for a throttled shop included.
"""

import json
import logging
import math
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from http.cookiejar import DefaultCookiePolicy
from typing import Protocol

import requests
import urllib3

from liveshop_sdk.errors import InvalidError, PlatformRefusedError, PlatformUnavailableError
from liveshop_sdk.platforms.shopify.fields import Obj, ShapeError, obj, objs, text
from liveshop_sdk.wire import loads

MAX_ANSWER = 4_000_000
"""Bytes of an answer that are read; orders of hundreds of lines are far below."""

_CONNECT, _READ = 2.0, 8.0
_BUSY = frozenset({429, 430})
_DEFAULT_WAIT = 1.0
_SHORTEST_WAIT = 0.25
_SECRET = re.compile(r"key=[^\s&\"']+")
_TRANSIENT = frozenset({"INTERNAL_SERVER_ERROR", "TIMEOUT", "SERVICE_UNAVAILABLE"})

_log = logging.getLogger("liveshop_sdk.platforms.shopify")


class Tokens(Protocol):
    """Where a token comes from, and whether a refused one can be replaced."""

    def token(self) -> str:
        """Return the token to send."""
        ...

    def renew(self, refused: str) -> bool:
        """Forget a token that was refused; say whether another try makes sense."""
        ...


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

    def deadline(self) -> Deadline:
        """Start the clock of one call."""
        return Deadline(self._patience)

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


class GraphQL:
    """One GraphQL endpoint of one shop, with the token for it."""

    def __init__(
        self,
        wire: Wire,
        *,
        url: str,
        version: str,
        header: str,
        tokens: Tokens,
    ) -> None:
        """Open no connection yet."""
        self._wire = wire
        self._url = url
        self._version = version
        self._header = header
        self._tokens = tokens
        self.served_version = ""

    def execute(
        self,
        document: str,
        variables: Mapping[str, object],
        *,
        deadline: Deadline | None = None,
        may_lack: frozenset[str] = frozenset(),
    ) -> Obj:
        """Run a document and return its ``data``, whole.

        A throttled request is repeated while time is left, as the cost data
        or ``Retry-After`` say; a refused token is renewed once.

        Args:
            may_lack: Fields that may be denied to us; they come back as null.

        Raises:
            PlatformUnavailableError: no usable answer in time.
            PlatformRefusedError: refused for good.
        """
        limit = deadline or self._wire.deadline()
        renewed, attempt = False, 0
        while True:
            token = self._tokens.token()
            answer = self._wire.post(
                self._url,
                {"query": document, "variables": variables},
                {self._header: token},
                limit,
            )
            if answer.status == 401 and not renewed and self._tokens.renew(token):
                renewed = True
                continue
            self._note_version(answer)
            parsed = _parsed(answer)
            wait = _wait(answer, parsed, attempt)
            if wait is None:
                return _data(parsed, may_lack)
            if wait >= limit.left():
                raise unavailable("it asks us to slow down", retry_after=wait)
            self._wire.sleep(wait)
            attempt += 1

    def _note_version(self, answer: Answer) -> None:
        served = answer.headers.get("X-Shopify-API-Version", "")
        if served and served not in (self._version, self.served_version):
            _log.warning("Shopify answered with API %s instead of %s", served, self._version)
        self.served_version = served or self.served_version


def admin_api(wire: Wire, root: str, version: str, tokens: Tokens) -> GraphQL:
    """Return a shop's Admin API."""
    return GraphQL(
        wire,
        url=f"{root}/admin/api/{version}/graphql.json",
        version=version,
        header="X-Shopify-Access-Token",
        tokens=tokens,
    )


def storefront_api(wire: Wire, root: str, version: str, tokens: Tokens) -> GraphQL:
    """Return a shop's Storefront API; private tokens go into a header of their own."""
    private = tokens.token().startswith("shp")
    return GraphQL(
        wire,
        url=f"{root}/api/{version}/graphql.json",
        version=version,
        header=(
            "Shopify-Storefront-Private-Token" if private else "X-Shopify-Storefront-Access-Token"
        ),
        tokens=tokens,
    )


def unavailable(problem: str, *, retry_after: float = 2) -> PlatformUnavailableError:
    """Return the error for what may work when tried again."""
    return PlatformUnavailableError(
        platform="shopify", problem=problem, retry_after=max(1, math.ceil(retry_after))
    )


def refused(problem: str, vendor_code: str = "") -> PlatformRefusedError:
    """Return the error for a no that will stay one."""
    shown = "".join(c if c.isprintable() else " " for c in _SECRET.sub("key=…", problem))
    return PlatformRefusedError(
        platform="shopify", problem=shown[:300].rstrip(". "), vendor_code=vendor_code[:80]
    )


def retry_after(answer: Answer, default: float) -> float:
    """Return how long the answer asks us to wait, in seconds from 0.25 to 300."""
    given = answer.headers.get("Retry-After", "")
    seconds = float(given) if re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,6})?", given) else default
    return min(max(seconds, _SHORTEST_WAIT), 300.0)


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
        raise refused("it redirects API calls, which we do not follow; check the shop", str(status))
    meaning = {
        401: "the token is not accepted",
        402: "the shop is frozen",
        403: "the token may not do this",
        404: "there is no such shop or API version",
        423: "the shop is locked",
    }.get(status, f"HTTP {status}")
    raise refused(meaning, str(status))


def _read(response: requests.Response, deadline: Deadline) -> bytes:
    body = bytearray()
    for chunk in response.iter_content(65_536):
        body += chunk
        if len(body) > MAX_ANSWER:
            raise unavailable("its answer is too large")
        if not deadline.left():
            raise unavailable("it did not answer in time")
    return bytes(body)


def _parsed(answer: Answer) -> Obj:
    """Return the JSON object of an answer; ``{}`` when we are to slow down."""
    if answer.status in _BUSY:
        return {}
    check_status(answer)
    try:
        parsed = loads(answer.body, limit=MAX_ANSWER)
    except InvalidError:
        parsed = None
    if not isinstance(parsed, Mapping):
        raise unavailable("its answer is not JSON")
    return parsed


def _wait(answer: Answer, parsed: Obj, attempt: int) -> float | None:
    """Return the seconds to wait before asking again, None to go on."""
    at_least: float = _SHORTEST_WAIT * 2**attempt
    if answer.status in _BUSY:
        return max(retry_after(answer, _DEFAULT_WAIT), at_least)
    if "THROTTLED" not in {code for _, code, _ in _errors(parsed)}:
        return None
    return max(_refill(parsed), at_least)


def _refill(parsed: Obj) -> float:
    """Return how long the shop's bucket needs to hold what the query costs."""
    try:
        cost = obj(obj(parsed, "extensions"), "cost")
        status = obj(cost, "throttleStatus")
    except ShapeError:
        return _DEFAULT_WAIT
    numbers = (
        cost.get("requestedQueryCost"),
        status.get("currentlyAvailable"),
        status.get("restoreRate"),
    )
    asked, there, rate = (
        Decimal(one) if isinstance(one, int | Decimal) and not isinstance(one, bool) else None
        for one in numbers
    )
    if asked is None or there is None or not rate or rate < 0:
        return _DEFAULT_WAIT
    return float(min(max((asked - there) / rate, Decimal(0)), Decimal(300)))


def _errors(parsed: Obj) -> list[tuple[str, str, object]]:
    """Return message, code and path of each top-level error; text is one, too."""
    errors = parsed.get("errors")
    if not errors:
        return []
    if not isinstance(errors, list):
        return [(str(errors), "", None)]
    found: list[tuple[str, str, object]] = []
    for one in errors:
        if not isinstance(one, Mapping):
            found.append((str(one), "", None))
            continue
        extensions = one.get("extensions")
        code = extensions.get("code") if isinstance(extensions, Mapping) else None
        found.append((str(one.get("message", "")), str(code or ""), one.get("path")))
    return found


def _data(parsed: Obj, may_lack: frozenset[str]) -> Obj:
    """Return ``data`` if nothing is missing from it."""
    data = parsed.get("data")
    for message, code, path in _errors(parsed):
        denied = code == "ACCESS_DENIED"
        if denied and data and isinstance(path, list) and path and path[-1] in may_lack:
            continue
        if code in _TRANSIENT:
            raise unavailable(f"it failed inside ({code})")
        raise refused(message or "it gave no reason", code)
    if not isinstance(data, Mapping):
        raise unavailable("its answer holds no data")
    return data


@contextmanager
def reading(what: str) -> Iterator[None]:
    """Turn a shape we do not understand in an answer into a refusal."""
    try:
        yield
    except ShapeError as error:
        raise refused(f"its {what} cannot be read: {error}") from None


def user_errors(answer: Obj) -> list[tuple[str, str]]:
    """Return message and code of each ``userErrors`` entry of a mutation."""
    return [(text(row, "message"), text(row, "code")) for row in objs(answer, "userErrors")]
