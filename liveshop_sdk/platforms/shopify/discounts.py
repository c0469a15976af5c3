"""Make code discounts exist at Shopify, pause, resume and end them.

Shopify has no switch but the dates. ``discountCodeDeactivate`` sets the end to
now; ``discountCodeActivate`` would take the end away and start what has not
begun, so a paused discount gets its window back instead: one call, after which
all is as it was. One that has ended is deactivated and not deleted: Shopify keeps
what it was used for, and its code stays taken, so that nobody else gives it out.
"""

import logging
from collections.abc import Callable, Mapping

from liveshop_sdk.checkout.coupons.models import RESUME
from liveshop_sdk.checkout.ports import CouponRequest
from liveshop_sdk.errors import PlatformUnavailableError
from liveshop_sdk.platforms.shopify import queries
from liveshop_sdk.platforms.shopify.coupons import (
    currency_of_amount,
    discount_input,
    is_ours,
    kind_for,
    kind_of,
    named,
    window_of,
)
from liveshop_sdk.platforms.shopify.fields import Obj, ShapeError, as_obj, number, obj, text
from liveshop_sdk.platforms.shopify.graphql import GraphQL, user_errors
from liveshop_sdk.platforms.shopify.transport import Deadline, Wire, reading, refused, written
from liveshop_sdk.wire import loads_canonical

_log = logging.getLogger("liveshop_sdk.platforms.shopify")

Problems = list[tuple[str, str]]
"""Message and code of each user error."""

_DOCUMENTS = {
    "Basic": (queries.COUPON_CREATE, queries.COUPON_WINDOW),
    "FreeShipping": (queries.FREE_SHIPPING_CREATE, queries.FREE_SHIPPING_WINDOW),
    "Bxgy": (queries.BUY_GET_CREATE, queries.BUY_GET_WINDOW),
}
"""By kind: what creates a discount, and what gives it its window back."""


class Discounts:
    """The code discounts of one shop that are ours."""

    def __init__(self, wire: Wire, admin: GraphQL, currency: Callable[[], str]) -> None:
        """Speak through the shop's Admin API; `currency` asks what it sells in."""
        self._wire, self._admin, self._currency = wire, admin, currency

    def create(self, params: str, *, key: str) -> str:
        """Create the code discount and return its global id.

        There is no idempotency key for it: after a lost answer, or when the code
        is taken, the discount is looked up and accepted if it carries our id.
        """
        wanted = as_obj(loads_canonical(params), "params")
        _log.debug("creating the discount %s", key)
        promised = currency_of_amount(wanted)
        if promised and promised != self._currency():
            raise refused(f"the shop sells in {self._currency()}, and {promised} is promised off")
        deadline = self._wire.deadline()
        try:
            gid, errors = self._created(wanted, deadline)
        except PlatformUnavailableError:
            found = self._existing_if_heard(wanted, deadline)
            if found is None:
                raise
            return found
        if not errors:
            return gid
        if all(code != "TAKEN" for _, code in errors):
            raise refused(errors[0][0], errors[0][1])
        found = self._existing(wanted, deadline)
        if found is None:
            raise refused("the code belongs to another discount of the shop", "TAKEN")
        return found

    def switch(self, request: CouponRequest, *, ref: str | None, wish: str, key: str) -> str | None:
        """Pause, resume or end a discount; one that is gone is as good as ended."""
        wanted, deadline = named(request), self._wire.deadline()
        _log.debug("switching the discount %s", key)
        gid = ref or self._existing(wanted, deadline)
        if gid is None:
            return None
        if wish == RESUME:
            window = {"id": gid, "window": window_of(wanted)}
            kind = kind_for(request.gives)
            changed = f"discountCode{kind}Update"
            errors = self._changed(changed, _DOCUMENTS[kind][1], window, deadline)
        else:
            off = "discountCodeDeactivate"
            errors = self._changed(off, queries.COUPON_OFF, {"id": gid}, deadline)
            if errors and self._existing(wanted, deadline) is None:
                return gid
        if errors:
            raise refused(*errors[0])
        return gid

    def uses(self, gid: str) -> int | None:
        """Return how often the discount was used; Shopify counts late."""
        data = self._admin.execute(queries.COUPON_USES, {"id": gid})
        with reading("discount"):
            node = obj(data, "discountNode")
            return number(obj(node, "discount"), "asyncUsageCount") if node else None

    def _changed(
        self, name: str, document: str, variables: Mapping[str, object], deadline: Deadline
    ) -> Problems:
        data = self._admin.execute(document, variables, deadline=deadline)
        with written("discount"):
            answer = obj(data, name)
            errors = user_errors(answer)
            if not errors:
                _gid(obj(answer, "codeDiscountNode"))
            return errors

    def _created(self, wanted: Obj, deadline: Deadline) -> tuple[str, Problems]:
        kind = kind_of(wanted)
        given = {"discount": discount_input(wanted)}
        data = self._admin.execute(_DOCUMENTS[kind][0], given, deadline=deadline)
        with written("discount"):
            answer = obj(data, f"discountCode{kind}Create")
            errors = user_errors(answer)
            return ("" if errors else _gid(obj(answer, "codeDiscountNode"))), errors

    def _existing_if_heard(self, wanted: Obj, deadline: Deadline) -> str | None:
        try:
            return self._existing(wanted, deadline)
        except PlatformUnavailableError:
            return None

    def _existing(self, wanted: Obj, deadline: Deadline) -> str | None:
        """Return the id of our discount, None if there is none or it is another's."""
        data = self._admin.execute(
            queries.COUPON_BY_CODE, {"code": text(wanted, "code")}, deadline=deadline
        )
        with written("discount"):
            node = obj(data, "codeDiscountNodeByCode")
            return _gid(node) if node and is_ours(node, wanted) else None


def _gid(node: Obj) -> str:
    gid = text(node, "id")
    if not gid.startswith("gid://shopify/"):
        raise ShapeError("it has no id")
    return gid
