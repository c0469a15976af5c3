"""Carry our reference in a cart's metafield too, which goes on to the order.

Attributes get lost now and then. A metafield of the cart is copied where the
shop has a definition for orders, of the same namespace and key, that says so;
elsewhere it stays with the cart, and the attribute alone counts.
https://shopify.dev/docs/apps/build/metafields/use-metafield-capabilities
"""

from collections.abc import Iterator
from functools import partial

from liveshop_sdk.checkout.ports import Finding
from liveshop_sdk.facts import Json
from liveshop_sdk.platforms.patience import patiently
from liveshop_sdk.platforms.shopify import queries
from liveshop_sdk.platforms.shopify.fields import Obj, flag, obj, objs, text
from liveshop_sdk.platforms.shopify.graphql import GraphQL, user_errors
from liveshop_sdk.platforms.shopify.transport import Wire, reading, written

NAMESPACE, KEY = "liveshop", "ref"
"""Any app may write here; what is written counts if its seal holds."""

REFUSED = "INVALID_METAFIELDS"
"""The code of a cart that is not made because of its metafields."""

_TYPE = "single_line_text_field"
_OWNER = {"ownerType": "ORDER", "namespace": NAMESPACE, "key": KEY}
_COPIED = {"capabilities": {"cartToOrderCopyable": {"enabled": True}}}


def metafield(sealed_ref: str) -> dict[str, Json]:
    """Return the ``CartInputMetafieldInput`` of a visit."""
    return {"key": f"{NAMESPACE}.{KEY}", "type": _TYPE, "value": sealed_ref}


def copied_values(raw: Obj) -> Iterator[object]:
    """Yield what was copied to an order, in the shape of its webhook."""
    for one in objs(raw, "metafields"):
        if (one.get("namespace"), one.get("key")) == (NAMESPACE, KEY):
            yield one.get("value")


class Definition:
    """The shop's definition, which makes it copy."""

    def __init__(self, wire: Wire, admin: GraphQL) -> None:
        """Ask nothing yet."""
        self._wire, self._admin = wire, admin
        self._no = ""

    def check(self) -> Finding:
        """Tell whether the shop copies our metafield from carts to orders."""
        found = self._found()
        name, is_well = "shopify metafield", _is_copied(found)
        if is_well:
            return Finding(name=name, ok=True, text="Carts' references are copied to orders.")
        told = "The shop copies it to no order." if found else "The shop has no definition of it."
        why = f" Shopify says: {self._no}" if self._no else ""
        return Finding(name=name, ok=False, text=told + why, fix="liveshop webhooks register")

    def make(self) -> str | None:
        """Make or mend the definition; returns what was done, None if nothing.

        Effects: at Shopify alone. It needs the scope ``write_orders``; what Shopify
        refuses is told by the next `check`.
        """
        found = self._found()
        if _is_copied(found):
            return None
        document, name, named = (
            (queries.METAFIELD_MEND, "metafieldDefinitionUpdate", {})
            if found
            else (
                queries.METAFIELD_CREATE,
                "metafieldDefinitionCreate",
                {"name": "Live shopping reference", "type": _TYPE},
            )
        )
        wanted = {"definition": {**_OWNER, **_COPIED, **named}}
        data = patiently(partial(self._admin.execute, document, wanted), sleep=self._wire.sleep)
        with written("metafield definition"):
            errors = user_errors(obj(data, name))
        self._no = "; ".join(message for message, _ in errors)[:300]
        return None if errors else f"{'updated' if found else 'created'} metafield"

    def _found(self) -> Obj:
        ask = partial(self._admin.execute, queries.METAFIELD, {"identifier": _OWNER})
        data = patiently(ask, sleep=self._wire.sleep)
        with reading("metafield definition"):
            return obj(data, "metafieldDefinition")


def _is_copied(definition: Obj) -> bool:
    copying = obj(obj(definition, "capabilities"), "cartToOrderCopyable")
    return bool(text(definition, "id")) and flag(copying, "enabled")
