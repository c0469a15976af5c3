"""T16, T17: what our routes cost beside an empty Flask view, in one process.

Requests go straight into the WSGI application, so neither server nor network
hides the difference. Ours does more than redirect: a look reads the link and
draws a card, an opening stores the touch and opens a checkout.
"""

import hmac
import json
from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any

from flask import Flask, Response, request

from bench.measure import Case, Result, Size, interleave, main, per_item, result
from bench.scene import Delivery, Scene
from bench.stores import Bare, Store, stores
from liveshop_sdk.web import LiveShopFlask

BENCH = "redirect"
SECRET = "for measuring only"
NOOP, STORE = "an empty Flask view, 204", "a Flask view storing the same raw"
PHONE = {"HTTP_USER_AGENT": "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X)"}
LOOK = {"HTTP_USER_AGENT": "facebookexternalhit/1.1"}
_GOAL = 0.65


def measure(size: Size) -> list[Result]:
    found: list[Result] = []
    with stores() as opened:
        for store in opened:
            found += _engine(store, size)
    return found


def _engine(store: Store, size: Size) -> list[Result]:
    scene, app = Scene(store.db, ingest="worker"), Flask("bench")
    LiveShopFlask(app, scene.shop)
    _add_views(app, store.bare)
    token = scene.link.token
    forged = f"/l/{token[:-43]}{'A' * 43}"
    calls = size.pick(tiny=2, quick=60, full=200)
    cases: dict[str, Case] = {
        NOOP: _asked(app, "/noop", PHONE, 204, calls * 5),
        "a forged token refused": _asked(app, forged, PHONE, 404, calls),
        "HEAD of a link": _asked(app, f"/l/{token}", PHONE, 200, calls, method="HEAD"),
        "a card for an unfurler": _asked(app, f"/l/{token}", LOOK, 200, calls),
        "a visit opened": _asked(app, f"/l/{token}", PHONE, 303, max(calls // 4, 2)),
        STORE: _delivered(app, scene, "/store", calls // 2),
        "a webhook stored": _delivered(app, scene, "/webhooks/sandbox", calls // 2),
    }
    times = interleave(cases, size.rounds)
    lines: list[tuple[str, str, str, float | None]] = [
        ("T16", "a forged token refused", NOOP, _GOAL),
        ("T16", "HEAD of a link", NOOP, None),
        ("", "a card for an unfurler", NOOP, None),
        ("T16", "a visit opened", NOOP, None),
        ("T17", "a webhook stored", STORE, 0.6),
    ]
    return [
        result(
            times,
            ours,
            limit,
            bench=BENCH,
            sense="rate",
            key=key,
            what=f"{store.name}: {ours}",
            target=goal,
        )
        for key, ours, limit, goal in lines
    ]


def _add_views(app: Flask, bare: Bare) -> None:
    numbers = iter(range(1, 10**9))

    def noop() -> Response:
        return Response(status=204)

    def stored() -> Response:
        """Do what must be done at least: HMAC, parse, one committed row."""
        body = request.get_data()
        hmac.digest(SECRET.encode(), body, "sha256")
        event, number = json.loads(body), next(numbers)
        row: Mapping[str, Any] = {
            "id": f"inb_{number:026d}",
            "platform": "sandbox",
            "account": "sandbox",
            "topic": event["type"],
            "delivery_id": f"{event['id']}{number}",
            "event_id": event["id"],
            "body": body,
            "body_sha256": "0" * 64,
            "occurred_at": 1,
            "received_at": 1,
            "state": "new",
            "attempts": 0,
            "next_at": 1,
            "conflicts": 0,
        }
        bare.begin()
        bare.insert("ls_inbox", [row])
        bare.commit()
        return Response(status=200)

    app.add_url_rule("/noop", "noop", noop)
    app.add_url_rule("/store", "stored", stored, methods=["POST"])


def _environ(path: str, extra: Mapping[str, Any], method: str = "GET") -> dict[str, Any]:
    return {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "SCRIPT_NAME": "",
        "QUERY_STRING": "",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "127.0.0.1:8000",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(),
        "wsgi.errors": BytesIO(),
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        **extra,
    }


def _ask(app: Flask, environ: dict[str, Any], expected: int) -> None:
    seen: list[str] = []

    def start(status: str, _headers: object, _fault: object = None) -> Callable[..., None]:
        seen.append(status)
        return lambda _data: None

    body: Any = app.wsgi_app(environ, start)
    for _ in body:
        pass
    if hasattr(body, "close"):
        body.close()
    if not seen[0].startswith(str(expected)):
        raise RuntimeError(f"{environ['PATH_INFO'][:20]} was answered with {seen[0]}")


def _asked(
    app: Flask, path: str, extra: Mapping[str, Any], expected: int, calls: int, method: str = "GET"
) -> Case:
    def ask() -> int:
        for _ in range(calls):
            _ask(app, _environ(path, extra, method), expected)
        return calls

    return per_item(ask)


def _delivered(app: Flask, scene: Scene, path: str, calls: int) -> Case:
    def run() -> float:
        sales = scene.sales(max(calls, 2))

        def deliver() -> int:
            for one in sales:
                _ask(app, _posted(path, one), 200)
            return len(sales)

        return per_item(deliver)()

    return run


def _posted(path: str, delivery: Delivery) -> dict[str, Any]:
    headers = {f"HTTP_{name.upper().replace('-', '_')}": v for name, v in delivery.headers.items()}
    extra = {
        "wsgi.input": BytesIO(delivery.body),
        "CONTENT_LENGTH": str(len(delivery.body)),
        "CONTENT_TYPE": "application/json",
        **headers,
    }
    return _environ(path, extra, "POST")


if __name__ == "__main__":
    main(measure, __doc__)
