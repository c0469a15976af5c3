"""The one place time comes from, and its two spellings.

Everything takes a `Clock` and asks it; only `SystemClock` looks at the wall.
An instant is an aware UTC ``datetime`` in Python, a whole number of
microseconds since 1970 in the database, and RFC 3339 text at the edges.
"""

import re
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Protocol

from liveshop_sdk.errors import InstantInvalidError

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_SECOND = timedelta(seconds=1)
_ISO = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?"
    r"([Zz]|[+-][0-9]{2}:[0-9]{2})"
)


class Clock(Protocol):
    """Whatever can say what time it is."""

    def now(self) -> datetime:
        """Return the current instant, aware and in UTC."""
        ...  # pragma: no cover


class SystemClock:
    """The computer's clock."""

    def now(self) -> datetime:
        """Return the current instant, aware and in UTC."""
        return datetime.now(UTC)


class ManualClock:
    """A clock that moves only when told; for tests, demos and replays.

    Example:
        >>> clock = ManualClock(datetime(2026, 10, 2, 18, tzinfo=UTC))
        >>> clock.advance(timedelta(minutes=5))
        >>> to_iso(clock.now())
        '2026-10-02T18:05:00Z'
    """

    def __init__(self, start: datetime) -> None:
        """Start at an aware instant."""
        self._now = as_utc(start)
        self._lock = Lock()

    def now(self) -> datetime:
        """Return the instant it was last set to, in UTC."""
        return self._now

    def advance(self, by: timedelta) -> None:
        """Move by a duration; a negative one moves it back."""
        with self._lock:
            self._now += by

    def set(self, to: datetime) -> None:
        """Jump to an aware instant, earlier ones included."""
        with self._lock:
            self._now = as_utc(to)


def as_utc(instant: object) -> datetime:
    """Return the same instant in UTC; a naive datetime is a mistake."""
    if not isinstance(instant, datetime) or instant.utcoffset() is None:
        raise InstantInvalidError(value=str(instant)[:60])
    try:
        return instant.astimezone(UTC)
    except OverflowError:  # within a day of the first or the last year
        raise InstantInvalidError(value=str(instant)[:60]) from None


def to_micros(instant: datetime) -> int:
    """Return whole microseconds since 1970, exactly."""
    if instant.utcoffset() is None:
        raise InstantInvalidError(value=instant.isoformat())
    return (instant - EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """Return the UTC instant of so many microseconds since 1970, exactly."""
    return EPOCH + timedelta(microseconds=micros)


def from_seconds(seconds: int) -> datetime:
    """Return the UTC instant of so many whole seconds since 1970."""
    return EPOCH + timedelta(seconds=seconds)


def to_seconds(instant: datetime) -> int:
    """Return whole seconds since 1970, rounded down."""
    if instant.utcoffset() is None:
        raise InstantInvalidError(value=instant.isoformat())
    return (instant - EPOCH) // _SECOND


def to_iso(instant: datetime) -> str:
    """Write an instant as RFC 3339 in UTC, with microseconds only if there are any."""
    return as_utc(instant).isoformat().removesuffix("+00:00") + "Z"


def parse_iso(text: str) -> datetime:
    """Read an RFC 3339 instant; seconds may be left out, the offset may not.

    Raises:
        InstantInvalidError: anything else, dates without a time included.
    """
    if len(text) > 40 or not _ISO.fullmatch(text):
        raise InstantInvalidError(value=text[:40])
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise InstantInvalidError(value=text) from None
