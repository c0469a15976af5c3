"""Write the reference of the REST API from its own description."""

import json
from collections.abc import Iterator
from typing import Any

from flask import Flask

from liveshop_sdk import LiveShop
from liveshop_sdk.web import LiveShopFlask

HEAD = """\
# REST API

Every operation of `/v1`, written from the [OpenAPI 3.1 document](openapi.json) that each
shop serves at `/v1/openapi.json`. What they have in common (keys, retries, pages, limits,
errors) stands under [HTTP](http.md#v1); a first shop in another language is the guide
[Use it from any language](../guides/any-language.md).

This page is written by `python -m docs._ext`; `make test` fails when it is out of step.
"""
_SAMPLES: dict[str, Any] = {"string": "…", "integer": 0, "boolean": False, "object": {}}


def described() -> dict[str, Any]:
    """Return the description as a shop serves it."""
    shop = LiveShop.from_env({"LIVESHOP_DATABASE_URL": "sqlite://"})
    app = Flask(__name__)
    LiveShopFlask(app, shop)
    answer: dict[str, Any] = json.loads(app.test_client().get("/v1/openapi.json").text)
    shop.close()
    return answer


def document(told: dict[str, Any]) -> str:
    """Return the description as a file."""
    return json.dumps(told, indent=1, ensure_ascii=False) + "\n"


def page(told: dict[str, Any]) -> str:
    """Return the whole page."""
    return "\n".join([HEAD, *_overview(told), *_operations(told)])


def _each(told: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, known in told["paths"].items():
        for method in ("get", "post"):
            if method in known:
                named = {"parameters": [*known.get("parameters", ())]}
                own = known[method].get("parameters", [])
                yield (
                    method.upper(),
                    path,
                    known[method] | {"parameters": [*named["parameters"], *own]},
                )


def _overview(told: dict[str, Any]) -> Iterator[str]:
    yield "| operation | scope | |\n|---|---|---|"
    for method, path, one in _each(told):
        scope = f"`{one['x-scope']}`" if "x-scope" in one else "no key"
        yield f"| [`{method} {path}`](#{one['operationId']}) | {scope} | {one['summary']} |"
    yield ""


def _operations(told: dict[str, Any]) -> Iterator[str]:
    for method, path, one in _each(told):
        yield f"## {one['operationId']}\n\n{one['summary']}\n"
        yield f"```text\n{method} {path}\n```\n"
        if one["parameters"]:
            yield "| parameter | in | | |\n|---|---|---|---|"
            yield from (_parameter(each) for each in one["parameters"])
            yield ""
        if "requestBody" in one:
            yield from _sample(told, "Body", one["requestBody"])
        status = next(each for each in ("200", "201") if each in one["responses"])
        yield from _sample(told, f"Answer ({status})", one["responses"][status])
        refusals = sorted(set(one["responses"]) - {"200", "201"})
        yield f"Refused with {', '.join(refusals)}: [HTTP](http.md#v1).\n"


def _parameter(one: dict[str, Any]) -> str:
    needed = "needed" if one.get("required") else ""
    return f"| `{one['name']}` | {one['in']} | {needed} | {one.get('description', '')} |"


def _sample(told: dict[str, Any], title: str, holder: dict[str, Any]) -> Iterator[str]:
    sample = _example(told, holder["content"]["application/json"]["schema"])
    yield f"{title}:\n\n```json\n{json.dumps(sample, indent=2, ensure_ascii=False)}\n```\n"


def _example(told: dict[str, Any], schema: dict[str, Any]) -> Any:
    """Return a value that a schema allows, with the examples it gives."""
    if "example" in schema:
        return schema["example"]
    if "$ref" in schema:
        return _example(told, told["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    for way in ("allOf", "anyOf", "oneOf"):
        if way in schema:
            return _example(told, schema[way][0])
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type")
    if isinstance(kind, list):
        return None
    if kind == "array":
        return [_example(told, schema["items"])]
    if "properties" in schema:
        return {name: _example(told, each) for name, each in schema["properties"].items()}
    return _SAMPLES.get(str(kind), "…")
