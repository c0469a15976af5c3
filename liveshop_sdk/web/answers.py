"""How answers are made: JSON with its mode, pages with their headers."""

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from importlib import resources
from typing import Any

from flask import Response, json, redirect, render_template, request, url_for

from liveshop_sdk.web.state import current

Headers = Mapping[str, str]
_KINDS = ("application/json", "text/html")
REST = "liveshop_v1"
"""The blueprint of routes that ask for a key; programs call them, no browser's page."""

NO_STORE: Headers = {"Cache-Control": "no-store"}

STYLE = (resources.files("liveshop_sdk.web") / "static" / "liveshop.css").read_bytes()
_STYLE_VERSION = sha256(STYLE).hexdigest()[:12]


def wants_html() -> bool:
    """Say whether a browser asks; anything unclear gets JSON."""
    if request.blueprint == REST:
        return False
    return request.accept_mimetypes.best_match(_KINDS) == "text/html"


def json_answer(
    body: Mapping[str, object], status: int = 200, headers: Headers | None = None
) -> Response:
    """Return a JSON answer; every one of them says in which mode the shop is."""
    text = json.dumps({**body, "mode": current().mode.text}, sort_keys=False)
    answer = Response(text + "\n", status=status, mimetype="application/json")
    answer.headers.update(headers if headers is not None else NO_STORE)
    return answer


def page(
    template: str,
    status: int = 200,
    *,
    headers: Headers | None = None,
    is_embed: bool = False,
    **context: Any,
) -> Response:
    """Return one of our pages; it runs no script and loads nothing remote."""
    state = current()
    text = render_template(
        f"liveshop/{template}",
        mode=state.mode.text,
        style=url_for("liveshop.style", v=_STYLE_VERSION),
        when=when,
        **context,
    )
    answer = Response(text, status=status, mimetype="text/html")
    answer.headers.update(headers if headers is not None else NO_STORE)
    answer.headers["Content-Security-Policy"] = (
        state.embed_policy if is_embed else state.page_policy
    )
    if not is_embed:
        answer.headers["X-Frame-Options"] = "DENY"
    answer.headers["Referrer-Policy"] = "same-origin"
    return answer


def see_other(url: str) -> Response:
    """Send a browser on after a form; reloading the next page repeats nothing."""
    answer = redirect(url, 303, Response)
    assert isinstance(answer, Response)  # noqa: S101 - the class was given
    answer.headers.update(NO_STORE)
    return answer


def when(instant: datetime) -> str:
    """Write an instant for people: ``Friday 2 October 2026, 18:00 UTC``."""
    return f"{instant:%A} {instant.day} {instant:%B %Y, %H:%M} UTC"


def style() -> Response:
    """Return the one style sheet; its address changes with its content."""
    answer = Response(STYLE, mimetype="text/css")
    answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    answer.set_etag(_STYLE_VERSION)
    answer.make_conditional(request)
    return answer
