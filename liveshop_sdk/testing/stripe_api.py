"""Stand in for Stripe's API under a shop in test mode; needs ``[testing]``.

It answers the calls that selling makes, over ``responses``: nothing leaves the
process. It is no model of Stripe. What it holds the shop to is the rule that
every write carries an idempotency key made from an id of ours.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import responses
from requests import PreparedRequest

from liveshop_sdk.testing.stripe_stories import StripeTeller

_API = "https://api.stripe.com"
_OURS = re.compile(r"[a-z]{2,8}_[0-9a-z]{26}(:[a-z0-9_:]+)?")
_PREFIXES = {
    "/v1/checkout/sessions": "cs_test",
    "/v1/coupons": "coupon",
    "/v1/promotion_codes": "promo",
}

_CHANGE = re.compile(r"/v1/(?:promotion_codes/([^/]+)|checkout/sessions/([^/]+)/expire)")

Answer = tuple[int, Mapping[str, str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """A write the shop sent: where to, under which key, and its parameters."""

    path: str
    key: str
    params: Mapping[str, str]


class FakeStripe:
    """Answers a shop in place of Stripe, for as long as the ``with`` block lasts.

    A key used again gets its first answer again, and another request under it
    is refused, as Stripe does.
    """

    def __init__(self) -> None:
        """Know of no object yet."""
        self.writes: list[Write] = []
        self._objects: dict[str, dict[str, Any]] = {}
        self._answers: dict[str, tuple[Write, dict[str, Any]]] = {}
        self._mock = responses.RequestsMock(assert_all_requests_are_fired=False)
        self._mock.add_passthru("http://127.0.0.1")
        every = re.compile(re.escape(_API) + "/v1/.*")
        self._mock.add_callback(responses.GET, every, self._read)
        self._mock.add_callback(responses.POST, every, self._written)
        self._mock.add_callback(responses.DELETE, every, self._deleted)

    def __enter__(self) -> "FakeStripe":
        """Answer from now on."""
        self._mock.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave the network as it was."""
        self._mock.stop(allow_assert=kind is None)

    def knows(self, teller: StripeTeller) -> None:
        """Show the session of this sale as paid: the shop asks before it counts."""
        session = teller.session()
        self._objects[session["id"]] = session

    def _read(self, request: PreparedRequest) -> Answer:
        path = _path(request)
        if path == "/v1/promotion_codes":
            return _answer(200, self._codes_of(dict(parse_qsl(urlsplit(request.url or "").query))))
        found = self._objects.get(path.rpartition("/")[2])
        if found is None:
            told = f"No such object: {path}; FakeStripe.knows(teller) shows it what was paid"
            return _refused(404, "resource_missing", told)
        return _answer(200, found)

    def _codes_of(self, query: Mapping[str, str]) -> dict[str, Any]:
        """List promotion codes by their text or coupon, on one page."""
        codes = [one for one in self._objects.values() if one.get("object") == "promotion_code"]
        named = {"code": query.get("code"), "coupon": query.get("coupon")}
        shown = [
            one
            for one in codes
            if named["code"] in (None, one["code"])
            and named["coupon"] in (None, one["promotion"]["coupon"])
        ]
        return {"object": "list", "data": shown, "has_more": False, "url": "/v1/promotion_codes"}

    def _written(self, request: PreparedRequest) -> Answer:
        path, key = _path(request), request.headers.get("Idempotency-Key", "")
        if not _OURS.fullmatch(key):
            raise AssertionError(f"POST {path} carries no idempotency key of ours: {key!r}")
        write = Write(path=path, key=key, params=dict(parse_qsl(_text(request.body))))
        self.writes.append(write)
        if key in self._answers:
            first, made = self._answers[key]
            if first == write:
                return _answer(200, made)
            return _refused(400, "idempotency_error", "The key was used for another request")
        changed = self._changed(path, write.params)
        if changed is None and path not in _PREFIXES:
            return _refused(404, "resource_missing", f"FakeStripe does not answer POST {path}")
        made = changed or self._make(path, write.params)
        self._answers[key] = write, made
        return _answer(200, made)

    def _deleted(self, request: PreparedRequest) -> Answer:
        found = self._objects.pop(_path(request).rpartition("/")[2], None)
        if found is None:
            return _refused(404, "resource_missing", "No such object")
        return _answer(200, {"id": found["id"], "deleted": True})

    def _changed(self, path: str, params: Mapping[str, str]) -> dict[str, Any] | None:
        """Switch a promotion code, or end a checkout; None for any other path."""
        match = _CHANGE.fullmatch(path)
        found = self._objects.get(match[1] or match[2]) if match else None
        if found is None:
            return None
        found |= (
            {"active": params["active"] == "true"}
            if "active" in params
            else {"status": "expired", "url": None}
        )
        return dict(found)

    def _make(self, path: str, params: Mapping[str, str]) -> dict[str, Any]:
        name = params.get("id") or f"{_PREFIXES[path]}_{len(self._objects) + 1}"
        made: dict[str, Any] = {"id": name, "livemode": False}
        if path == "/v1/checkout/sessions":
            made |= {
                "object": "checkout.session",
                "client_reference_id": params.get("client_reference_id"),
                "mode": "payment",
                "payment_status": "unpaid",
                "status": "open",
                "url": f"https://checkout.stripe.com/c/pay/{name}",
            }
        if path == "/v1/promotion_codes":
            promotion = {"type": "coupon", "coupon": params.get("promotion[coupon]")}
            most = params.get("max_redemptions")
            made |= {
                "object": "promotion_code",
                "code": params.get("code"),
                "active": True,
                "promotion": promotion,
                "metadata": {
                    name[9:-1]: text
                    for name, text in params.items()
                    if name.startswith("metadata[")
                },
                "max_redemptions": int(most) if most else None,
                "times_redeemed": 0,
            }
        self._objects[name] = made
        return dict(made)


def _path(request: PreparedRequest) -> str:
    return urlsplit(request.url or "").path


def _text(body: bytes | str | None) -> str:
    return body.decode() if isinstance(body, bytes) else body or ""


def _answer(status: int, document: Mapping[str, Any]) -> Answer:
    return status, {"Content-Type": "application/json"}, json.dumps(document)


def _refused(status: int, code: str, message: str) -> Answer:
    kind = code if code == "idempotency_error" else "invalid_request_error"
    return _answer(status, {"error": {"type": kind, "code": code, "message": message}})
