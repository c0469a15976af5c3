"""Hold the Admin API token: one that was given, or one of the client's own.

Since January 2026 merchants get no permanent token by hand; an app for its own
shops trades client id and secret for one that lives a day.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from threading import Lock

from liveshop_sdk.clock import Clock
from liveshop_sdk.errors import InvalidError
from liveshop_sdk.platforms.shopify.transport import (
    Deadline,
    Wire,
    busy,
    check_status,
    not_ready,
    unavailable,
)
from liveshop_sdk.wire import loads

_MARGIN = timedelta(minutes=5)
_LONGEST = 7 * 86_400


class GivenToken:
    """A token from the settings; when it is refused, that is the end."""

    def __init__(self, token: str) -> None:
        """Keep the token."""
        self._token = token

    def token(self, deadline: Deadline) -> str:  # noqa: ARG002  # nothing to wait for
        """Return the token."""
        return self._token

    def renew(self, refused: str) -> bool:
        """Say no: there is no other one than the one `refused`."""
        return refused != self._token


class ClientCredentials:
    """Trades client id and secret for a token, and keeps it until it is old.

    One request at a time, however many threads ask; none waits for another
    longer than its own call may take.
    """

    def __init__(
        self, wire: Wire, *, url: str, client_id: str, client_secret: str, clock: Clock
    ) -> None:
        """Ask for nothing yet."""
        self._wire = wire
        self._url = url
        self._client_id = client_id
        self._client_secret = client_secret
        self._clock = clock
        self._lock = Lock()
        self._held: tuple[str, datetime] | None = None

    def token(self, deadline: Deadline) -> str:
        """Return a token with some minutes left to live.

        Raises:
            PlatformUnavailableError: no answer in time.
            PlatformRefusedError: the credentials are not accepted.
        """
        if not self._lock.acquire(timeout=deadline.left()):
            raise unavailable("it did not give a token in time")
        try:
            held = self._held
            if held is None or self._clock.now() >= held[1]:
                held = self._held = self._trade(deadline)
            return held[0]
        finally:
            self._lock.release()

    def renew(self, refused: str) -> bool:
        """Drop a refused token, unless another thread has replaced it already."""
        held = self._held
        if held is not None and held[0] == refused:
            self._held = None
        return True

    def _trade(self, deadline: Deadline) -> tuple[str, datetime]:
        body = {
            "client_id": self._client_id,
            "client_secret": self._client_secret,
            "grant_type": "client_credentials",
        }
        answer = self._wire.post(self._url, body, {}, deadline)
        if answer.status in (400, 401, 403):
            raise not_ready("the client id and secret are not accepted", str(answer.status))
        if answer.status in (429, 430):
            raise busy()
        check_status(answer)
        try:
            given = loads(answer.body)
        except InvalidError:
            given = None
        if not isinstance(given, Mapping):
            raise unavailable("its answer is not JSON")
        token, seconds = given.get("access_token"), given.get("expires_in")
        if (
            not isinstance(token, str)
            or not token.isascii()
            or not token.isprintable()
            or not token
        ):
            raise unavailable("its answer holds no token")
        life = seconds if type(seconds) is int and 0 < seconds <= _LONGEST else 3600
        ends = self._clock.now() + timedelta(seconds=life)
        return token, max(ends - _MARGIN, self._clock.now())
