"""Ask Shopify for tokens: by client credentials, by refresh token, by code.

ShopifyAPI knows only the last of them, without a time-out and without
``expiring``. All answers have one shape, which is read here.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from liveshop_sdk.clock import Clock
from liveshop_sdk.errors import InvalidError
from liveshop_sdk.platforms.shopify.fields import Obj
from liveshop_sdk.platforms.shopify.transport import (
    Answer,
    Deadline,
    Wire,
    busy,
    check_status,
    not_ready,
    unavailable,
)
from liveshop_sdk.platforms.vault import Grant
from liveshop_sdk.wire import loads

_LONGEST = timedelta(days=7)
_LONGEST_RENEWAL = timedelta(days=400)
_HOUR = timedelta(hours=1)
_NOT_FOR_GOOD = (429, 430)


class Exchange:
    """One app's door to the token endpoint of one shop."""

    def __init__(
        self, wire: Wire, root: str, *, client_id: str, client_secret: str, clock: Clock
    ) -> None:
        """Ask for nothing yet."""
        self._wire, self._clock = wire, clock
        self._url = f"{root}/admin/oauth/access_token"
        self._app = {"client_id": client_id, "client_secret": client_secret}

    def trade(self, _held: Grant | None, deadline: Deadline) -> Grant:
        """Trade the app's id and secret for a token; for shops of its own organisation.

        Raises:
            PlatformUnavailableError: no answer in time.
            PlatformNotReadyError: id and secret are not accepted.
        """
        answer = self._post({"grant_type": "client_credentials"}, deadline)
        if answer.status in (400, 401, 403):
            raise not_ready("the client id and secret are not accepted", str(answer.status))
        return self._grant(answer, expiring=True)

    def refresh(self, held: Grant | None, deadline: Deadline) -> Grant:
        """Trade the refresh token for a new pair; the old one works until that is used.

        Raises:
            PlatformUnavailableError: no answer in time.
            PlatformNotReadyError: nothing to refresh, or the refresh token is over.
        """
        if held is None or not held.renewal:
            raise not_ready("it granted no token that can be renewed; install the app again", "")
        wanted = {"grant_type": "refresh_token", "refresh_token": held.renewal}
        answer = self._post(wanted, deadline)
        if answer.status in (400, 401, 403):
            raise not_ready(
                "the refresh token is not accepted; install the app again", str(answer.status)
            )
        return self._grant(answer, expiring=True)

    def redeem(self, code: str, deadline: Deadline) -> Grant:
        """Trade the code of an installation for a pair that expires.

        Raises:
            PlatformUnavailableError: no answer in time.
            PlatformNotReadyError: the code, or the app's id and secret.
        """
        answer = self._post({"code": code, "expiring": "1"}, deadline)
        if answer.status in (400, 401, 403):
            raise not_ready(
                "the code of the installation is not accepted; start it anew", str(answer.status)
            )
        return self._grant(answer, expiring=False)

    def _post(self, wanted: Mapping[str, str], deadline: Deadline) -> Answer:
        return self._wire.post(self._url, {**self._app, **wanted}, {}, deadline)

    def _grant(self, answer: Answer, *, expiring: bool) -> Grant:
        """Read a grant; one that must expire does so after an hour if it does not say."""
        if answer.status in _NOT_FOR_GOOD:
            raise busy()
        check_status(answer)
        try:
            given = loads(answer.body)
        except InvalidError:
            given = None
        if not isinstance(given, Mapping):
            raise unavailable("its answer is not JSON")
        now, renewal, scopes = self._clock.now(), given.get("refresh_token"), given.get("scope")
        ends_at = _end(given, "expires_in", now, _LONGEST)
        return Grant(
            token=_secret(given, "access_token"),
            ends_at=ends_at or (now + _HOUR if expiring else None),
            renewal="" if renewal is None else _secret(given, "refresh_token"),
            renewal_ends_at=_end(given, "refresh_token_expires_in", now, _LONGEST_RENEWAL),
            scopes=scopes[:2000] if isinstance(scopes, str) and scopes.isprintable() else "",
        )


def _secret(given: Obj, name: str) -> str:
    value = given.get(name)
    if not isinstance(value, str) or not value or not value.isascii() or not value.isprintable():
        raise unavailable(f"its answer holds no {name.replace('_', ' ')}")
    return value


def _end(given: Obj, name: str, now: datetime, longest: timedelta) -> datetime | None:
    seconds = given.get(name)
    if type(seconds) is not int or not 0 < seconds <= longest.total_seconds():
        return None
    return now + timedelta(seconds=seconds)
