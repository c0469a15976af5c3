"""Carry the SDK's requests, so that no call holds a thread longer than agreed.

The SDK repeats a request after connection errors, 409 and 5xx, but each
attempt may take the whole timeout. Here all attempts of one call share one
budget; when it is spent, the last answer counts.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from threading import local
from time import monotonic
from typing import Any

import requests
import stripe

_PAUSE = 1.0
"""Seconds that must be left for another attempt; the SDK sleeps up to that."""

_SIGNING = re.compile(rb'("secret"\s*:\s*")(whsec_[^"\\]+)"')

_CUT = (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError)


class _PerThread(local):
    session: requests.Session | None = None
    deadline: float | None = None
    date: str = ""
    secret: str = ""


class Transport(stripe.HTTPClient):
    """An HTTP client of the SDK with one budget of seconds a call."""

    name = "requests"

    def __init__(self, *, connect: float, read: float, is_loopback: bool) -> None:
        """Set the seconds to connect, and to wait for a whole call's answer.

        Args:
            is_loopback: The other side is on this machine: no proxy is asked.
        """
        super().__init__()
        self._connect = connect
        self._read = read
        self._is_loopback = is_loopback
        self._mine = _PerThread()

    @contextmanager
    def within_budget(self, seconds: float | None = None) -> Iterator[None]:
        """Let every request inside share one budget; an outer one wins."""
        if self._mine.deadline is not None:
            yield
            return
        self._mine.deadline = monotonic() + min(self._read, seconds or self._read)
        try:
            yield
        finally:
            self._mine.deadline = None

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        *,
        _usage: list[str] | None = None,
    ) -> tuple[Any, int, Mapping[str, str]]:
        """Send one attempt; redirects are not followed."""
        left = self._left()
        if left <= 0:
            raise _no_answer("no time is left for this call", is_final=True)
        try:
            answer = self._session().request(
                method,
                url,
                headers=headers,
                data=post_data,
                timeout=(min(self._connect, left), min(self._read, left)),
                allow_redirects=False,
            )
        except _CUT as error:
            is_final = isinstance(error, requests.exceptions.SSLError) or self._left() < _PAUSE
            raise _no_answer(type(error).__name__, is_final=is_final) from error
        except (requests.RequestException, ValueError, OSError) as error:
            raise _no_answer(type(error).__name__, is_final=True) from error
        self._mine.date = answer.headers.get("Date", "")
        if self._left() < _PAUSE:
            answer.headers["Stripe-Should-Retry"] = "false"
        return self._without_secret(_checked(answer.content)), answer.status_code, answer.headers

    def answered_at(self) -> datetime | None:
        """Return what the other side's clock said last in this thread, if it did."""
        try:
            return parsedate_to_datetime(self._mine.date).astimezone(UTC)
        except ValueError:
            return None

    def take_secret(self) -> str:
        """Return an endpoint's secret that came to this thread since, and forget it."""
        secret, self._mine.secret = self._mine.secret, ""
        return secret

    def close(self) -> None:
        """Close this thread's connections."""
        if self._mine.session is not None:
            self._mine.session.close()
            self._mine.session = None

    def _without_secret(self, content: bytes) -> bytes:
        """Keep a signing secret from the SDK, which logs whole answers when it debugs."""
        found = _SIGNING.search(content)
        if found is None:
            return content
        self._mine.secret = found[2].decode()
        return _SIGNING.sub(rb'\1***"', content)

    def _left(self) -> float:
        deadline = self._mine.deadline
        return self._read if deadline is None else deadline - monotonic()

    def _session(self) -> requests.Session:
        if self._mine.session is None:
            self._mine.session = requests.Session()
            self._mine.session.trust_env = not self._is_loopback
        return self._mine.session


def _checked(content: bytes) -> bytes:
    """Refuse bytes that are no text: the SDK falls over them."""
    try:
        content.decode()
    except UnicodeDecodeError as error:
        raise _no_answer("not UTF-8", is_final=True) from error
    return content


def _no_answer(problem: str, *, is_final: bool) -> stripe.APIConnectionError:
    return stripe.APIConnectionError(  # type: ignore[no-untyped-call]  # the SDK's own gap
        problem, should_retry=not is_final
    )
