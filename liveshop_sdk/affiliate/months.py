"""The months and windows that terms of a period count in, in a book's time zone."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

WHOLE = "all"
"""The window of terms that count for as long as their version is in force."""


def month_of(at: datetime, zone: ZoneInfo) -> str:
    """Return the month of an instant: ``2026-10``."""
    return f"{at.astimezone(zone):%Y-%m}"


def window_of(month: str, kind: str) -> str:
    """Return the window of a month: ``2026-10``, ``2026-Q4``, ``2026``, ``all``."""
    if kind == "agreement":
        return WHOLE
    if kind == "month":
        return month
    return month[:4] if kind == "year" else f"{month[:4]}-Q{(int(month[5:]) + 2) // 3}"


def months_of(window: str) -> tuple[str, str]:
    """Return the first and the last month of a window."""
    if window == WHOLE:
        return "0000-00", "9999-99"
    year, _, rest = window.partition("-")
    if not rest:
        return f"{year}-01", f"{year}-12"
    if rest.startswith("Q"):
        last = 3 * int(rest[1:])
        return f"{year}-{last - 2:02}", f"{year}-{last:02}"
    return window, window


def months_from(first: str, last: str) -> list[str]:
    """Return every month from the first to the last one."""
    start, end = (int(month[:4]) * 12 + int(month[5:]) - 1 for month in (first, last))
    return [f"{n // 12:04}-{n % 12 + 1:02}" for n in range(start, end + 1)]


def end_of(month: str, zone: ZoneInfo) -> datetime:
    """Return the instant at which a month is over: the first of the next one."""
    year, number = int(month[:4]), int(month[5:])
    return datetime(year + number // 12, number % 12 + 1, 1, tzinfo=zone)


def next_window(at: datetime, kind: str, zone: ZoneInfo) -> datetime | None:
    """Return when the next window begins, ``at`` itself included; None if none does."""
    if kind == "agreement":
        return None
    month = month_of(at, zone)
    first, last = months_of(window_of(month, kind))
    begun = datetime(int(first[:4]), int(first[5:]), 1, tzinfo=zone)
    return at if at == begun else end_of(last, zone).astimezone(UTC)


def last_moment(month: str, zone: ZoneInfo) -> datetime:
    """Return the last instant that still counts in a month."""
    return end_of(month, zone) - timedelta(microseconds=1)
