"""Read what Shopify tells of the app: privacy requests, and that it was removed.

The signature does not cover the topic, so a body must fit the one it came
under: else an old request to be told something could be sent again as one to
drop it.
"""

from datetime import datetime

from liveshop_sdk.checkout.privacy.models import CUSTOMER, DATA, LEFT, SHOP, Notice, Subject
from liveshop_sdk.db import Transaction
from liveshop_sdk.platforms.shopify import buyers
from liveshop_sdk.platforms.shopify.buyers import DATA_REQUEST, REDACT, REQUESTS, SHOP_REDACT
from liveshop_sdk.platforms.shopify.fields import Obj, ShapeError, number, obj, ref, text
from liveshop_sdk.platforms.shopify.reading import PLATFORM
from liveshop_sdk.platforms.shopify.receiving import UNINSTALLED, parsed, unreadable
from liveshop_sdk.platforms.vault import Vault

_KINDS = {DATA_REQUEST: DATA, REDACT: CUSTOMER, SHOP_REDACT: SHOP, UNINSTALLED: LEFT}
_OF_OTHERS = {
    REDACT: ("orders_requested", "data_request"),
    DATA_REQUEST: ("orders_to_redact",),
    SHOP_REDACT: ("customer", "orders_requested", "orders_to_redact", "data_request"),
}
_LONGEST = 320


class ShopifyNotices:
    """One shop's notices; without a vault there is no token to give up."""

    platform = PLATFORM

    def __init__(self, account: str, vault: Vault | None) -> None:
        """Keep whose notices these are."""
        self._account, self._vault = account, vault

    @property
    def topics(self) -> frozenset[str]:
        """The topics that are notices."""
        return REQUESTS | {UNINSTALLED}

    def kind_of(self, topic: str) -> str:
        """Return what a topic is about, whatever its body says."""
        return _KINDS[topic]

    def read(self, topic: str, body: bytes) -> Notice:
        """Read a notice.

        Raises:
            DeliveryUnreadableError: it is not what its topic promises.
        """
        raw = parsed(body)
        try:
            if topic == UNINSTALLED:
                self._check_shop(raw, "myshopify_domain")
                return Notice(kind=LEFT)
            return self._request(topic, raw)
        except ShapeError as error:
            raise unreadable(str(error)) from None

    def needles(self, subject: Subject) -> frozenset[bytes]:
        """Return bytes of which a webhook about this subject holds at least one."""
        return buyers.needles(subject)

    def concerns(self, topic: str, body: bytes, subject: Subject) -> bool:
        """Say whether a webhook is about one of these orders, or this customer."""
        return buyers.concerns(topic, body, subject)

    def without_buyer(self, topic: str, body: bytes) -> bytes:
        """Return a webhook with nothing left but what its facts are read from."""
        return buyers.without_buyer(topic, body)

    def leave(self, tx: Transaction, at: datetime) -> bool:
        """Give up what the shop granted the app until then."""
        return self._vault is not None and self._vault.leave(tx, at)

    def _request(self, topic: str, raw: Obj) -> Notice:
        self._check_shop(raw, "shop_domain")
        ref(raw, "shop_id")
        if any(name in raw for name in _OF_OTHERS[topic]):
            raise ShapeError("it belongs to another topic")
        if topic == SHOP_REDACT:
            return Notice(kind=SHOP)
        if topic == REDACT:
            return Notice(kind=CUSTOMER, subject=_subject(raw, "orders_to_redact"))
        key = f"data:{ref(obj(raw, 'data_request'), 'id')}"
        return Notice(kind=DATA, key=key, subject=_subject(raw, "orders_requested"))

    def _check_shop(self, raw: Obj, name: str) -> None:
        if text(raw, name).strip().lower() != self._account:
            raise ShapeError("it is about another shop")


def _subject(raw: Obj, orders: str) -> Subject:
    customer = obj(raw, "customer")
    subject = Subject(
        orders=frozenset(map(str, _refs(raw, orders))),
        customer=number(customer, "id") if customer.get("id") is not None else 0,
        email=_short(customer, "email"),
        phone=_short(customer, "phone"),
    )
    if not (subject.orders or subject.customer or subject.address):
        raise ShapeError("it names neither an order nor a customer")
    return subject


def _refs(raw: Obj, name: str) -> list[int]:
    value = raw.get(name)
    if not isinstance(value, list):
        raise ShapeError(f"{name} is not a list")
    return [ref({name: one}, name) for one in value]


def _short(holder: Obj, name: str) -> str:
    value = text(holder, name)
    if len(value) > _LONGEST:
        raise ShapeError(f"{name} is too long")
    return value
