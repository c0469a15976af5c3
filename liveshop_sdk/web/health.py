"""``/healthz`` and ``/readyz``: am I alive, and may you send me work?"""

from flask import Response

from liveshop_sdk.db import migrate
from liveshop_sdk.errors import LiveShopError
from liveshop_sdk.shop.live_shop import LiveShop
from liveshop_sdk.web.answers import json_answer
from liveshop_sdk.web.state import current


def alive(_page: str) -> Response:
    """Say that the process answers; looks at nothing else."""
    return json_answer({"status": "ok"})


def ready(_page: str) -> Response:
    """Say whether requests would be served, with a reason for each no."""
    checks = _checks(current().shop)
    is_ready = all(check["ok"] for check in checks)
    body = {"status": "ready" if is_ready else "not_ready", "checks": checks}
    return json_answer(body, 200 if is_ready else 503)


def _checks(shop: LiveShop) -> list[dict[str, object]]:
    """Return what was looked at; no platform is asked, no secret is told."""
    platform: dict[str, object] = {
        "name": "platform",
        "ok": True,
        "text": f"{shop.platform.name} is configured",
    }
    try:
        problems = migrate.check(shop.db)
    except LiveShopError as error:
        return [_no("database", error.code), platform]
    reached: dict[str, object] = {"name": "database", "ok": True, "text": "reachable"}
    schema: dict[str, object] = {"name": "schema", "ok": True, "text": "up to date"}
    if problems:
        schema = _no("schema", "; ".join(problems)[:500])
    return [reached, schema, platform]


def _no(name: str, text: str) -> dict[str, object]:
    return {"name": name, "ok": False, "text": text}
