"""What answers a known path with a method it does not have."""

from collections.abc import Callable, Collection

from flask import Response, request

from liveshop_sdk.web.handlers import answer_to
from liveshop_sdk.web.refusals import http_refusal

EVERY_METHOD = frozenset(
    {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"}
)
# `//` is no other spelling of `/`: the router would answer it with a redirect to
# whatever host the request named.
AS_WRITTEN: dict[str, bool] = {"provide_automatic_options": False, "merge_slashes": False}


def otherwise(known: Collection[str]) -> Callable[..., Response]:
    """Return what answers a path that has these methods."""
    allowed = ", ".join([*(name for name in ("GET", "HEAD", "POST") if name in known), "OPTIONS"])

    def wrong_method(**_parts: str) -> Response:
        answer = (
            Response(status=204) if request.method == "OPTIONS" else answer_to(http_refusal(405))
        )
        answer.headers["Allow"] = allowed
        return answer

    return wrong_method
