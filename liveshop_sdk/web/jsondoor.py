"""The strict door for JSON from outside: bytes, then shape, then a dict."""

from typing import Any

from flask import request
from marshmallow import RAISE, Schema, ValidationError

from liveshop_sdk import wire
from liveshop_sdk.web.bodies import read_body
from liveshop_sdk.web.refusals import RefusedError, http_refusal, refused

MAX_BODY = 64 * 1024


class StrictSchema(Schema):
    """A schema that refuses fields it does not know."""

    class Meta:
        """Refuse, rather than ignore."""

        unknown = RAISE


def read_json(schema: Schema) -> dict[str, Any]:
    """Return the body as the schema has it.

    Raises:
        RefusedError: 415 not sent as JSON, or 400 with every wrong field.
        BodyInvalidError: not the strict JSON that ``wire.loads`` takes.
    """
    if not request.is_json:
        raise RefusedError(http_refusal(415))
    body = wire.loads(read_body(MAX_BODY), limit=MAX_BODY)
    try:
        loaded: dict[str, Any] = schema.load(body)  # type: ignore[arg-type]  # refuses non-objects
    except ValidationError as error:
        raise refused(
            400,
            "fields_invalid",
            "Some fields are wrong",
            "See details.",
            fields=error.messages,
        ) from None
    return loaded
