"""Wait for a platform where nobody waits for us: long work, not a request."""

import time
from collections.abc import Callable
from typing import TypeVar

from liveshop_sdk.errors import PlatformUnavailableError

T = TypeVar("T")

PAUSES = (1, 2, 4, 8, 16, 32)
"""Seconds between tries, at least; a platform that names its own is heard."""

_LONGEST = 60


def patiently(ask: Callable[[], T], *, sleep: Callable[[float], None] | None = None) -> T:
    """Return what the platform answers, asking again while it is busy or away.

    Raises:
        PlatformUnavailableError: it did not answer the last time either.
    """
    for pause in PAUSES:
        try:
            return ask()
        except PlatformUnavailableError as error:
            wait = time.sleep if sleep is None else sleep
            wait(min(max(pause, error.retry_after), _LONGEST))
    return ask()
