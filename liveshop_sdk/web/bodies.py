"""Read a body, but never more of it than we would take."""

from flask import request

from liveshop_sdk.web.refusals import RefusedError, http_refusal


def read_body(limit: int) -> bytes:
    """Return the raw bytes of the request.

    A declared length is judged before anything is read, a chunked body once
    one byte more than the limit has come.

    Raises:
        RefusedError: 413, the body is larger.
    """
    if (request.content_length or 0) > limit:
        raise RefusedError(http_refusal(413))
    # Werkzeug cuts a chunked body at its limit without a word.
    request.max_content_length = limit + 1
    body = request.get_data(cache=False)
    if len(body) > limit:
        raise RefusedError(http_refusal(413))
    return body
