"""Turn what went wrong into an answer, on our own routes only."""

import logging
import traceback

from flask import Blueprint, Response, current_app, g, request
from werkzeug.exceptions import HTTPException

from liveshop_sdk.errors import LiveShopError, PlatformNotReadyError, PlatformRefusedError
from liveshop_sdk.web.answers import REST, json_answer, page, wants_html
from liveshop_sdk.web.refusals import Refusal, RefusedError, http_refusal, refusal_of
from liveshop_sdk.web.state import current

_log = logging.getLogger("liveshop.web")


def register_handlers(blueprint: Blueprint) -> None:
    """Register the handlers; a host's own stay in force outside our routes."""
    blueprint.register_error_handler(LiveShopError, _on_error)
    blueprint.register_error_handler(RefusedError, _on_refused)
    blueprint.register_error_handler(HTTPException, _on_http)
    blueprint.register_error_handler(Exception, _on_defect)
    blueprint.after_request(_finish)


_SAID_OF_US = (PlatformNotReadyError, PlatformRefusedError)


def answer_to(refusal: Refusal) -> Response:
    """Return a refusal as a page for a browser, as JSON for anybody else."""
    headers = {"Cache-Control": "no-store", "Vary": "Accept"}
    if refusal.retry_after is not None:
        headers["Retry-After"] = str(refusal.retry_after)
    if refusal.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if request.blueprint == REST:
        return json_answer(refusal.as_json(request_id=_request_id()), refusal.status, headers)
    if not wants_html():
        return json_answer(refusal.as_json(), refusal.status, headers)
    retries = refusal.retry_after is not None and request.method in {"GET", "HEAD"}
    return page("error.html", refusal.status, headers=headers, refusal=refusal, retries=retries)


def _request_id() -> str:
    """Return what this request is called in answers and in the log."""
    if "liveshop_request_id" not in g:
        g.liveshop_request_id = current().shop.ids.new("req")
    found: str = g.liveshop_request_id
    return found


def _named() -> str:
    """Return what the log calls this request."""
    also = f" {_request_id()}" if request.blueprint == REST else ""
    return f"{request.endpoint}{also}"


def _on_error(error: LiveShopError) -> Response:
    refusal = refusal_of(error)
    if isinstance(error, _SAID_OF_US):  # the buyer is not told, so it must stand here
        _log.warning("mode=%s %s: %s", current().mode.text, _named(), error)
    elif refusal.status >= 500:
        _log.warning("mode=%s %s: %s", current().mode.text, _named(), error.code)
    return answer_to(refusal)


def _on_refused(error: RefusedError) -> Response:
    return answer_to(error.refusal)


def _on_http(error: HTTPException) -> Response:
    status = error.code or 500
    if not 400 <= status < 600:  # a redirect of the router
        return Response(error.get_response().get_data(), status=status)
    return answer_to(http_refusal(status))


def _on_defect(error: Exception) -> Response:
    if current_app.testing or current_app.debug:
        raise error
    # The message of a foreign exception may hold buyer data; where it was raised does not.
    frames = traceback.extract_tb(error.__traceback__)
    _log.error(
        "mode=%s %s: %s\n%s",
        current().mode.text,
        _named(),
        type(error).__name__,
        "\n".join(f"  {at.filename}:{at.lineno} {at.name}" for at in frames),
    )
    return answer_to(http_refusal(500))


def _finish(answer: Response) -> Response:
    answer.headers["X-Content-Type-Options"] = "nosniff"
    if request.blueprint == REST:
        answer.headers["X-Request-Id"] = _request_id()
    origins = current().embed_origins
    if origins and (request.endpoint or "").startswith("liveshop.v1_"):
        answer.headers.add("Vary", "Origin")
        origin = request.headers.get("Origin", "")
        if origin in origins:
            answer.headers["Access-Control-Allow-Origin"] = origin
            answer.headers["Access-Control-Allow-Methods"] = "GET, POST"
            answer.headers["Access-Control-Allow-Headers"] = "Content-Type"
    return answer
