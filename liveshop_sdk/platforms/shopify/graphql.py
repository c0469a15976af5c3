"""Run GraphQL documents, and tell the layers of failure above HTTP apart.

An HTTP status, then ``errors`` beside HTTP 200, then ``userErrors`` in the
payload of a mutation: success is only what passed all of them.
"""

import logging
from collections.abc import Mapping
from decimal import Decimal
from typing import Protocol

from liveshop_sdk.errors import InvalidError
from liveshop_sdk.platforms.shopify.fields import Obj, ShapeError, obj, objs, text
from liveshop_sdk.platforms.shopify.transport import (
    MAX_ANSWER,
    SHORTEST_WAIT,
    Answer,
    Deadline,
    Wire,
    busy,
    check_status,
    not_ready,
    refused,
    retry_after,
    unavailable,
)
from liveshop_sdk.wire import loads

_BUSY = frozenset({429, 430})
_DEFAULT_WAIT = 1.0
_TRANSIENT = frozenset({"INTERNAL_SERVER_ERROR", "TIMEOUT", "SERVICE_UNAVAILABLE"})

_log = logging.getLogger("liveshop_sdk.platforms.shopify")


class Tokens(Protocol):
    """Where a token comes from, and whether a refused one can be replaced."""

    def token(self, deadline: Deadline) -> str:
        """Return the token to send, within the time left."""
        ...

    def renew(self, refused: str) -> bool:
        """Forget a token that was refused; say whether another try makes sense."""
        ...

    def give_up(self, refused: str) -> None:
        """Take it that no other token helps either."""
        ...


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
        headers: Mapping[str, str] | None = None,
    ) -> Obj:
        """Run a document and return its ``data``, whole.

        A throttled request is repeated while time is left, as the cost data
        or ``Retry-After`` say; a refused token is renewed once.

        Args:
            may_lack: Fields that may be denied to us; they come back as null.
            headers: Sent beside the token, for this call alone.

        Raises:
            PlatformUnavailableError: no usable answer in time.
            PlatformRefusedError: refused for good.
        """
        limit = deadline or self._wire.deadline()
        renewed, attempt = False, 0
        while True:
            token = self._tokens.token(limit)
            answer = self._wire.post(
                self._url,
                {"query": document, "variables": variables},
                {**(headers or {}), self._header: token},
                limit,
            )
            if answer.status == 401:
                if not renewed and self._tokens.renew(token):
                    renewed = True
                    continue
                self._tokens.give_up(token)
            self._note_version(answer)
            parsed = _parsed(answer)
            wait = _wait(answer, parsed, attempt)
            if wait is None:
                return _data(parsed, may_lack)
            if wait >= limit.left():
                raise busy(wait)
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


def storefront_api(
    wire: Wire, root: str, version: str, tokens: Tokens, *, private: bool
) -> GraphQL:
    """Return a shop's Storefront API; private tokens go into a header of their own."""
    return GraphQL(
        wire,
        url=f"{root}/api/{version}/graphql.json",
        version=version,
        header=(
            "Shopify-Storefront-Private-Token" if private else "X-Shopify-Storefront-Access-Token"
        ),
        tokens=tokens,
    )


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
    at_least: float = SHORTEST_WAIT * 2**attempt
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
        no = not_ready if denied else refused
        raise no(message or "it gave no reason", code)
    if not isinstance(data, Mapping):
        raise unavailable("its answer holds no data")
    return data


def user_errors(answer: Obj) -> list[tuple[str, str]]:
    """Return message and code of each ``userErrors`` entry of a mutation."""
    return [(text(row, "message"), text(row, "code")) for row in objs(answer, "userErrors")]
