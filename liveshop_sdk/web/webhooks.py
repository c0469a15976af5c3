"""``/webhooks/…``: raw bytes in, stored or refused; nothing is parsed here."""

from flask import Response, request

from liveshop_sdk import wire
from liveshop_sdk.errors import PlatformNotConfiguredError
from liveshop_sdk.events.inbox import Stored
from liveshop_sdk.web.answers import json_answer
from liveshop_sdk.web.bodies import read_body
from liveshop_sdk.web.state import current


def receive(platform: str) -> Response:
    """Take one delivery; 200 means that it is stored for good.

    Effects: what ``shop.receive`` writes; the same delivery again writes
    nothing. Anything but 200 makes the platform send it once more.
    """
    shop = current().shop
    if platform != shop.platform.name:
        raise PlatformNotConfiguredError(platform=platform[:20])
    body = read_body(wire.MAX_BYTES)
    receipt = shop.receive(platform, dict(request.headers), body)
    status = "stored" if receipt.stored is Stored.NEW else "seen"
    return json_answer({"status": status})
