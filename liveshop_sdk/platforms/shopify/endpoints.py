"""Keep the shop's webhook subscriptions: one a topic we understand, to our URL.

Shopify deletes a subscription after eight failed deliveries in a row, so this
is run again and again. Nothing here has a key: a pass lists what there is and
mends what differs, and after a lost answer the next pass sees what came of it.
https://shopify.dev/docs/apps/build/webhooks/subscribe
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TypeVar

from liveshop_sdk.checkout.endpoints import EndpointReport, Registration
from liveshop_sdk.checkout.ports import Finding
from liveshop_sdk.platforms.patience import patiently
from liveshop_sdk.platforms.shopify import queries
from liveshop_sdk.platforms.shopify.checks import DISPUTES_SCOPE, scopes
from liveshop_sdk.platforms.shopify.fields import Obj, flag, obj, objs, text, texts
from liveshop_sdk.platforms.shopify.graphql import GraphQL, user_errors
from liveshop_sdk.platforms.shopify.metafields import NAMESPACE, Definition
from liveshop_sdk.platforms.shopify.reading import PLATFORM
from liveshop_sdk.platforms.shopify.receiving import DISPUTES, UNDERSTOOD
from liveshop_sdk.platforms.shopify.transport import Wire, reading, refused, written

T = TypeVar("T")
Faults = Callable[[Obj], list[str]]

_JSON = "JSON"
_OF_ORDERS = "ORDERS_"
_MOST_PAGES = 50
_REGISTER = "liveshop webhooks register"
_HTTPS = (
    "Shopify delivers to https alone: set LIVESHOP_BASE_URL to such an address, a tunnel's "
    f"for this machine, then {_REGISTER}"
)
_BY_NAME = {topic.replace("/", "_").upper(): topic for topic in UNDERSTOOD}
_CLOSED = frozenset(name for name, topic in _BY_NAME.items() if topic in DISPUTES)


class ShopifyEndpoints:
    """The webhook subscriptions that this app made in one shop by the API.

    Those of other apps, of the app's configuration file and of the admin's
    settings page are not shown to us. Those to other URLs are never touched.
    """

    def __init__(
        self, wire: Wire, admin: GraphQL, *, version: str, with_metafield: bool = False
    ) -> None:
        """Ask nothing yet.

        Args:
            version: The API version that webhooks are to be written in.
            with_metafield: Whether the shop is to copy our metafield to orders,
                and so into the webhooks about them.
        """
        self._wire, self._admin, self._version = wire, admin, version
        self._definition = Definition(wire, admin) if with_metafield else None
        self._faults = partial(_faults, with_metafield=with_metafield)

    def check(self, url: str) -> EndpointReport:
        """Report topics that are missing, go elsewhere, or send another content."""
        may, listed = self._wanted(), self._listed()
        with reading("webhook subscriptions"):
            return self._report(url, may, listed, {})

    def register(self, url: str, *, replace: bool = False) -> Registration:
        """Subscribe every topic we understand to this URL.

        Effects: at Shopify alone. A repeat changes nothing. What Shopify refuses
        for one topic is told in the report and holds up no other topic.

        Args:
            replace: Delete first what is subscribed to this URL.
        """
        may, before = self._wanted(), self._listed()
        no: dict[str, str] = {}
        with reading("webhook subscriptions"):
            if replace:
                for one in _at(url, before):
                    self._patiently(partial(self._delete, one, no))
            self._patiently(partial(self._pass, url, may, no))
            after = self._listed()
            made = self._definition.make() if self._definition else None
            changes = _changes(_at(url, before), _at(url, after), self._faults)
            return Registration(
                report=self._report(url, may, after, no),
                changes=(*changes, *([made] if made else [])),
            )

    # --- asking

    def _wanted(self) -> tuple[str, ...]:
        """Return the topics by their names in the API, but for those we may not hear."""
        data = self._patiently(lambda: self._admin.execute(queries.SHOP, {}))
        with reading("shop"):
            is_closed = DISPUTES_SCOPE not in scopes(data)
        return tuple(name for name in _BY_NAME if not (is_closed and name in _CLOSED))

    def _listed(self) -> list[Obj]:
        return self._patiently(self._list)

    def _list(self) -> list[Obj]:
        found: list[Obj] = []
        after: str | None = None
        for _ in range(_MOST_PAGES):
            data = self._admin.execute(queries.WEBHOOKS, {"after": after})
            with reading("webhook subscriptions"):
                page = obj(data, "webhookSubscriptions")
                found += objs(page, "nodes")
                info = obj(page, "pageInfo")
                if not flag(info, "hasNextPage"):
                    return found
                after = text(info, "endCursor")
        raise refused("its list of webhook subscriptions does not end")

    def _patiently(self, ask: Callable[[], T]) -> T:
        return patiently(ask, sleep=self._wire.sleep)

    # --- writing

    def _pass(self, url: str, may: Sequence[str], no: dict[str, str]) -> None:
        """Mend what differs from one look at all there is; `no` keeps refusals by topic."""
        listed = _at(url, self._list())
        no.clear()
        with written("webhook subscription"):
            for topic in may:
                here = [one for one in listed if text(one, "topic") == topic]
                here.sort(key=lambda one: len(self._faults(one)))
                for one in here[1:]:
                    self._delete(one, no)
                if not here:
                    self._create(topic, url, no)
                elif self._faults(here[0]):
                    self._mend(here[0], url, no)

    def _create(self, topic: str, url: str, no: dict[str, str]) -> None:
        variables = {"topic": topic, "wanted": self._content(topic, url)}
        self._write(queries.WEBHOOK_CREATE, "webhookSubscriptionCreate", variables, topic, no)

    def _mend(self, one: Obj, url: str, no: dict[str, str]) -> None:
        """Change what a subscription sends; what Shopify does not change is made anew."""
        topic = text(one, "topic")
        wanted = {**self._content(topic, url), "filter": "", "includeFields": []}
        variables = {"id": text(one, "id"), "wanted": wanted}
        ignored: dict[str, str] = {}
        name = "webhookSubscriptionUpdate"
        answer = self._write(queries.WEBHOOK_UPDATE, name, variables, topic, ignored)
        if ignored or self._faults(obj(answer, "webhookSubscription")):
            self._delete(one, no)
            self._create(topic, url, no)

    def _content(self, topic: str, url: str) -> dict[str, object]:
        """Return what a subscription is to send, and where to."""
        named = {"metafieldNamespaces": [NAMESPACE]} if self._copies(topic) else {}
        return {"uri": url, "format": _JSON, **named}

    def _copies(self, topic: str) -> bool:
        return self._definition is not None and topic.startswith(_OF_ORDERS)

    def _delete(self, one: Obj, no: dict[str, str]) -> None:
        variables = {"id": text(one, "id")}
        name = "webhookSubscriptionDelete"
        self._write(queries.WEBHOOK_DELETE, name, variables, text(one, "topic"), no)

    def _write(
        self,
        document: str,
        name: str,
        variables: Mapping[str, object],
        topic: str,
        no: dict[str, str],
    ) -> Obj:
        answer = obj(self._admin.execute(document, variables), name)
        said = [message for message, _ in user_errors(answer)]
        if said:
            no[topic] = "; ".join(said)[:300]
        return answer

    # --- telling

    def _report(
        self, url: str, may: Sequence[str], listed: Sequence[Obj], no: Mapping[str, str]
    ) -> EndpointReport:
        here = _at(url, listed)
        findings = [
            finding for topic in may for finding in _of_topic(topic, url, listed, no, self._faults)
        ]
        findings += self._version_of(here)
        findings += [self._definition.check()] if self._definition else []
        closed = [_BY_NAME[name] for name in _BY_NAME if name not in may]
        if closed:
            told = f"Left out without the scope {DISPUTES_SCOPE}: {', '.join(closed)}."
            findings.append(Finding(name="shopify webhooks left out", ok=True, text=told))
        return EndpointReport(
            platform=PLATFORM, url=url, exists=bool(here), findings=tuple(findings)
        )

    def _version_of(self, here: Iterable[Obj]) -> Iterator[Finding]:
        """Judge the version, which the app's own settings decide and no call of ours."""
        found = sorted({text(obj(one, "apiVersion"), "handle") for one in here})
        if not found:
            return
        is_well = found == [self._version]
        yield Finding(
            name="shopify webhook version",
            ok=is_well,
            text=f"Written in API version {', '.join(found)}; this shop reads {self._version}.",
            fix="" if is_well else f"Set the app's webhook API version to {self._version}.",
        )


def _of_topic(
    topic: str, url: str, listed: Iterable[Obj], no: Mapping[str, str], faults_of: Faults
) -> Iterator[Finding]:
    """Judge the subscriptions of one topic."""
    all_ = [one for one in listed if text(one, "topic") == topic]
    here, name = _at(url, all_), f"shopify webhook {_BY_NAME[topic]}"
    others = ", ".join(text(one, "uri") for one in all_ if one not in here)
    also = f" One goes to {others}." if others else ""
    if not here:
        why = f" Shopify says: {no[topic]}" if topic in no else ""
        told = f"No subscription sends it to {url}.{also}{why}"
        fix = _REGISTER if url.startswith("https:") else _HTTPS
        yield Finding(name=name, ok=False, text=told, fix=fix)
        return
    faults = [fault for one in here for fault in faults_of(one)]
    if faults:
        yield Finding(name=name, ok=False, text=f"{'; '.join(faults)}.{also}", fix=_REGISTER)
    else:
        yield Finding(name=name, ok=True, text=f"Goes to {url}.{also}")


def _at(url: str, listed: Iterable[Obj]) -> list[Obj]:
    return [one for one in listed if text(one, "uri") == url]


def _faults(one: Obj, *, with_metafield: bool) -> list[str]:
    """Say in what a subscription sends less or other than we read."""
    said = []
    if text(one, "format") != _JSON:
        said.append(f"It sends {text(one, 'format') or 'no format'}, not JSON")
    if text(one, "filter"):
        said.append(f"It sends only what fits the filter {text(one, 'filter')[:80]!r}")
    fields = texts(one, "includeFields")
    if fields:
        said.append(f"It sends only the fields {', '.join(fields)[:80]} (includeFields)")
    is_of_order = text(one, "topic").startswith(_OF_ORDERS)
    if with_metafield and is_of_order and NAMESPACE not in texts(one, "metafieldNamespaces"):
        said.append(f"It leaves the metafields of {NAMESPACE} out")
    return said


def _changes(before: Sequence[Obj], after: Sequence[Obj], faults_of: Faults) -> Iterator[str]:
    """Say what two looks at one URL differ in, whoever's answer was lost between."""
    old = {text(one, "id"): one for one in before}
    new = {text(one, "id"): one for one in after}
    for name, one in new.items():
        if name not in old:
            yield f"created {_topic(one)}"
        elif faults_of(one) != faults_of(old[name]):
            yield f"updated {_topic(one)}"
    yield from (f"deleted {_topic(one)}" for name, one in old.items() if name not in new)


def _topic(one: Obj) -> str:
    name = text(one, "topic")
    return _BY_NAME.get(name, name)
