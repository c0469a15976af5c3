"""The two routes of ``/v1`` that ask for no key, as the description has them."""

from typing import Any

from flask import Flask

from liveshop_sdk.web import api


def describe(spec: Any, app: Flask) -> None:
    """Add them to a description, from where they stand in an app."""
    spec.path(
        rule=next(app.url_map.iter_rules("liveshop.v1_verify_link")),
        operations={
            "post": {
                "operationId": "verify_link",
                "summary": "Say what a token or short code is; whoever holds it may open it.",
                "tags": ["links"],
                "security": [],
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": api.VERIFY}},
                },
                "responses": _answers(api.LINK_ANSWER, 400, 404, 413, 415, 503),
            }
        },
    )
    spec.path(
        rule=next(app.url_map.iter_rules("liveshop.v1_stream")),
        operations={
            "get": {
                "operationId": "stream",
                "summary": "Return what is public of a stream.",
                "tags": ["streams"],
                "security": [],
                "responses": _answers(api.STREAM_ANSWER, 404, 503),
            }
        },
    )


def _answers(schema: Any, *refusals: int) -> dict[str, Any]:
    shown = {"application/json": {"schema": schema}}
    refused = {"application/json": {"schema": api.REFUSED}}
    return {
        "200": {"description": "OK", "content": shown},
        **{str(one): {"description": "Refused.", "content": refused} for one in refusals},
    }
