"""Keep one webhook endpoint at Stripe that sends what we understand.

Stripe shows a signing secret once, with the answer to the creation. So an
endpoint is made as ``unseen``, under a key that follows from what it is, and
marked ``shown`` only when its secret is about to be handed on. After a lost
answer the same key brings the same answer back for a day; later the endpoint,
whose secret nobody can know, is made anew.
https://docs.stripe.com/api/webhook_endpoints
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace as replaced
from functools import partial
from hashlib import sha256

from liveshop_sdk.checkout.endpoints import EndpointReport, Registration
from liveshop_sdk.checkout.ports import Finding
from liveshop_sdk.errors import LiveShopError, PlatformNotReadyError, PlatformRefusedError
from liveshop_sdk.platforms.patience import patiently
from liveshop_sdk.platforms.stripe.client import API_VERSION, StripeCalls
from liveshop_sdk.platforms.stripe.faults import (
    StoredFailure,
    as_documented,
    as_written,
    unreadable_write,
)
from liveshop_sdk.platforms.stripe.fields import Obj, ShapeError, obj, text
from liveshop_sdk.settings import Secret
from liveshop_sdk.wire import canonical

_NAME = "stripe"
_MARK, _KEY, _SECRET = "liveshop", "liveshop_key", "liveshop_secret"
_SCOPE = "liveshop_accounts"
_OURS = {_MARK: "endpoint"}
_SHOWN = {**_OURS, _SECRET: "shown"}
_ALL = "*"
_KEYS = 20
"""How many keys are tried; each stands for an endpoint that was made and deleted in a day."""

_REGISTER = "liveshop webhooks register"


class StripeEndpoints:
    """The webhook endpoints of one account, in the mode of its key.

    What is at our URL is ours: made by hand, it is taken over with its secret.
    Endpoints at other URLs are never touched, nor are destinations of thin
    events, which are looked at all the same.

    What a connected account does is sent by endpoints of its platform, made
    for that; Stripe does not show which are, so ours say it themselves.
    """

    def __init__(
        self,
        calls: StripeCalls,
        *,
        events: Iterable[str],
        mode: str,
        account: str | None = None,
    ) -> None:
        """Ask nothing yet.

        Args:
            events: Exactly what an endpoint is to send.
            account: The connected account whose events are wanted.
        """
        self._calls, self._events, self._mode = calls, sorted(events), mode
        self._whose = account or "the key's own account"
        self._scope = {} if account is None else {_SCOPE: "connected"}

    def check(self, url: str) -> EndpointReport:
        """Report what is missing, disabled, of another version, or sends too little."""
        with as_documented():
            return self._report(url, self._all())

    def register(self, url: str, *, replace: bool = False) -> Registration:
        """Make one endpoint send our events to this URL.

        Effects: at Stripe alone. A repeat changes nothing; nothing is deleted
        but what is replaced, and what nobody has the secret of.
        """
        with as_documented():
            found = _at(url, self._all())
            here = [one for one in found if not _is_thin(one)]
            lost = [one for one in here if _is_unseen(one)]
            kept = [] if replace else [one for one in found if one not in lost]
            made, secret = (None, None) if kept else self._made(url, here, lost)
            for one in (one for one in kept if one in here):
                self._set_right(one)
            for one in here:
                if one not in kept and text(one, "id") != made:
                    patiently(partial(self._calls.delete_webhook_endpoint, text(one, "id")))
            after = self._all()
            report = self._report(url, after, made=made)
            changes = tuple(_changes(found, _at(url, after)))
        if made is not None and not self._mark_shown(made):
            report = replaced(report, findings=(*report.findings, _unmarked(made)))
        return Registration(report=report, changes=changes, secret=secret)

    def _all(self) -> list[Obj]:
        """Return endpoints and thin destinations; a key that may not see these sees none."""
        listed = self._calls.webhook_endpoints()
        try:
            return listed + self._calls.thin_destinations()
        except (PlatformRefusedError, PlatformNotReadyError):
            return listed

    # --- writing

    def _made(self, url: str, here: Sequence[Obj], lost: Sequence[Obj]) -> tuple[str, Secret]:
        """Create an endpoint, or fetch the answer that created it again.

        A key whose endpoint is gone brings back a dead one; then the next key,
        which follows from it, is used.
        """
        known = [text(obj(one, "metadata"), _KEY) for one in lost]
        key = known[0] if known and known[0] else self._key(url, *(text(o, "id") for o in here))
        for _ in range(_KEYS):
            try:
                made, secret = patiently(partial(self._create, url, key))
            except StoredFailure:
                key = self._key(key, "failed")
                continue
            except PlatformRefusedError as error:
                if error.vendor_code != "idempotency_error":
                    raise
                key = self._key(key, "changed")  # our own events or version have, since
                continue
            made_id = text(made, "id")
            if patiently(partial(self._calls.webhook_endpoint, made_id)) is not None:
                return made_id, secret
            key = self._key(key, made_id)
        raise unreadable_write("it repeats answers about endpoints that are gone")

    def _create(self, url: str, key: str) -> tuple[Obj, Secret]:
        params = {
            "api_version": API_VERSION,
            "description": "liveshop: sales, refunds and disputes",
            "enabled_events": self._events,
            "metadata": {**_OURS, **self._scope, _KEY: key, _SECRET: "unseen"},
            "url": url,
            **({"connect": True} if self._scope else {}),
        }
        with as_written():
            return self._calls.create_webhook_endpoint(params, f"endpoint:{key}")

    def _key(self, *parts: str) -> str:
        """Return what tells one creation from every other of this account."""
        content = canonical(
            {**self._scope, "events": self._events, "of": list(parts), "version": API_VERSION}
        )
        return sha256(content.encode()).hexdigest()[:32]

    def _set_right(self, endpoint: Obj) -> None:
        """Change what may be changed, if anything must be."""
        params: dict[str, object] = {}
        if set(_events(endpoint)) != set(self._events):
            params["enabled_events"] = self._events
        if _is_off(endpoint):
            params["disabled"] = False
        if not _is_ours(endpoint):
            params["metadata"] = _SHOWN  # made by hand: whoever did has the secret
        if params:
            update = self._calls.update_webhook_endpoint
            patiently(partial(update, text(endpoint, "id"), params))

    def _mark_shown(self, endpoint_id: str) -> bool:
        """Note that the secret is handed on; if that fails, it is handed on all the same."""
        update = self._calls.update_webhook_endpoint
        try:
            patiently(partial(update, endpoint_id, {"metadata": {_SECRET: "shown"}}))
        except LiveShopError:
            return False
        return True

    # --- telling

    def _report(
        self, url: str, listed: Sequence[Obj], *, made: str | None = None
    ) -> EndpointReport:
        here = _at(url, listed)
        findings = [
            *self._presence(url, here, listed),
            *(finding for one in here for finding in self._state(one, made)),
        ]
        return EndpointReport(platform=_NAME, url=url, exists=bool(here), findings=tuple(findings))

    def _presence(self, url: str, here: Sequence[Obj], listed: Sequence[Obj]) -> Iterator[Finding]:
        elsewhere = [one for one in listed if one not in here and _is_ours(one)]
        ids = ", ".join(text(one, "id") for one in here)
        if not here:
            yield _bad("stripe endpoint", f"No endpoint sends to {url}.", _REGISTER)
        elif len(here) > 1:
            text_ = f"{len(here)} send to {url}, each with a secret of its own: {ids}."
            fix = f"Delete those whose secret is not set, or: {_REGISTER} --replace"
            yield _bad("stripe endpoint", text_, fix)
        else:
            yield _good("stripe endpoint", f"{ids} sends to {url}.")
        for one in elsewhere:
            told = f"{text(one, 'id')}, made by liveshop, sends to {text(one, 'url')}."
            yield _good("stripe endpoint elsewhere", told)

    def _state(self, one: Obj, made: str | None) -> Iterator[Finding]:
        name, events = text(one, "id"), set(_events(one))
        mend = "Change it in Stripe's dashboard." if _is_thin(one) else _REGISTER
        if _is_off(one):
            yield _bad("stripe endpoint status", f"{name} is {text(one, 'status')}.", mend)
        missing = [] if _ALL in events else sorted(set(self._events) - events)
        if missing:
            yield _bad("stripe endpoint events", f"Missing: {', '.join(missing)}.", mend)
        else:
            more = len(events - set(self._events))
            extra = f"; {more} more mean nothing here" if more else ""
            yield _good("stripe endpoint events", f"All {len(self._events)} are sent{extra}.")
        version = text(one, "api_version") or "the account's own"
        told = f"{name} sends API version {version}; this package reads {API_VERSION}."
        if _is_thin(one):
            yield _good("stripe endpoint version", f"{name} sends thin events, which have none.")
        elif version == API_VERSION:
            yield _good("stripe endpoint version", told)
        else:
            yield _bad("stripe endpoint version", told, f"{_REGISTER} --replace")
        if one.get("livemode") is not (self._mode == "live"):
            told = f"{name} is of another mode than the key, which is {self._mode}."
            yield _bad("stripe endpoint mode", told, "Use the key of the endpoint's mode.")
        if not _is_thin(one) and _scope(one) != self._scope:
            told = f"{name} was not made for the events of {self._whose}."
            yield _bad("stripe endpoint account", told, f"{_REGISTER} --replace")
        if _is_unseen(one) and name != made:
            yield _bad("stripe endpoint secret", f"Nobody was shown {name}'s.", _REGISTER)


def _at(url: str, listed: Sequence[Obj]) -> list[Obj]:
    return [one for one in listed if text(one, "url") == url]


def _is_ours(endpoint: Obj) -> bool:
    return text(obj(endpoint, "metadata"), _MARK) == _OURS[_MARK]


def _scope(endpoint: Obj) -> dict[str, str]:
    named = text(obj(endpoint, "metadata"), _SCOPE)
    return {_SCOPE: named} if named else {}


def _is_thin(endpoint: Obj) -> bool:
    return text(endpoint, "event_payload") == "thin"


def _is_unseen(endpoint: Obj) -> bool:
    return text(obj(endpoint, "metadata"), _SECRET) == "unseen"


def _is_off(endpoint: Obj) -> bool:
    return text(endpoint, "status") != "enabled"


def _events(endpoint: Obj) -> list[str]:
    found = endpoint.get("enabled_events")
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise ShapeError("enabled_events is not a list of texts")
    return found


def _changes(before: Sequence[Obj], after: Sequence[Obj]) -> Iterator[str]:
    """Say what two looks at one URL differ in, whoever's answer was lost between."""
    old = {text(one, "id"): one for one in before}
    new = {text(one, "id"): one for one in after}
    for name, now in new.items():
        if name not in old:
            yield f"created {name}"
            continue
        was = old[name]
        parts = {
            "events": set(_events(was)) != set(_events(now)),
            "enabled": _is_off(was) and not _is_off(now),
            "taken over": _is_ours(now) and not _is_ours(was),
        }
        if any(parts.values()):
            yield f"updated {name}: {', '.join(part for part in parts if parts[part])}"
    yield from (f"deleted {name}" for name in old if name not in new)


def _unmarked(endpoint_id: str) -> Finding:
    told = f"Stripe did not take the note that {endpoint_id}'s was shown."
    return _bad("stripe endpoint secret", told, f"{_REGISTER}, within a day: it shows the same one")


def _good(name: str, told: str) -> Finding:
    return Finding(name=name, ok=True, text=told)


def _bad(name: str, told: str, fix: str) -> Finding:
    return Finding(name=name, ok=False, text=told, fix=fix)
