"""Send stored events as signed webhooks over real HTTP, one at a time."""

from collections.abc import Callable, Mapping, Sequence

import requests

from liveshop_sdk.clock import Clock
from liveshop_sdk.errors import PlatformUnavailableError
from liveshop_sdk.facts import Json
from liveshop_sdk.platforms.sandbox.signature import HEADER, sign
from liveshop_sdk.wire import canonical

PATH = "/webhooks/sandbox"
"""Where a shop takes the sandbox's webhooks, below its own address."""

TIMEOUT = (3.05, 10)
"""Seconds to connect, and to wait for the next byte of the answer."""

Transport = Callable[[str, Mapping[str, str], bytes], int]
"""Takes URL, headers and body; returns the HTTP status.

Raises:
    OSError: nobody answered. ``requests``' own errors are that already.
"""


def post(url: str, headers: Mapping[str, str], body: bytes) -> int:
    """POST a webhook and return the status; follows no redirect, uses no proxy."""
    with requests.Session() as session:
        session.trust_env = False
        with session.post(
            url,
            data=body,
            headers=dict(headers),
            timeout=TIMEOUT,
            allow_redirects=False,
            stream=True,
        ) as answer:
            return answer.status_code


class WebhookSender:
    """Signs an event when it leaves, so that a late one is not out of date."""

    def __init__(
        self,
        base_url: str,
        clock: Clock,
        secrets: Callable[[], Sequence[bytes]],
        transport: Transport = post,
    ) -> None:
        """Send to the shop at this address.

        Args:
            transport: Replaces HTTP, for demos without a server.
        """
        self._base = base_url.rstrip("/")
        self._clock = clock
        self._secrets = secrets
        self._transport = transport

    def __call__(self, payload: Json) -> Json:
        """Send one event and return ``{"status": 200}``.

        Raises:
            PlatformUnavailableError: no answer, or any but 2xx; try again.
        """
        body = canonical(payload).encode()
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "liveshop-sandbox",
            HEADER: sign(body, self._secrets(), now=self._clock.now()),
        }
        try:
            status = self._transport(f"{self._base}{PATH}", headers, body)
        except (requests.ConnectionError, ConnectionError):
            raise _unavailable(
                f"nothing listens at {self._base}; is `liveshop serve` running, "
                "is LIVESHOP_BASE_URL right?"
            ) from None
        except OSError as error:
            raise _unavailable(f"the webhook had no answer: {type(error).__name__}") from None
        if not 200 <= status < 300:
            raise _unavailable(f"the webhook was answered with {status}")
        return {"status": status}


def _unavailable(problem: str) -> PlatformUnavailableError:
    return PlatformUnavailableError(platform="sandbox", problem=problem)
