"""Read what Stripe charged, from the movements of the account's balance.

A balance transaction names what it is about, its ``source``. Its amounts are in the currency the
account settles in. https://docs.stripe.com/reports/balance-transaction-types
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial

from liveshop_sdk.checkout.fees.models import CHARGE, DISPUTE, OTHER, REFUND, Fee
from liveshop_sdk.checkout.ports import Unreadable
from liveshop_sdk.clock import to_seconds
from liveshop_sdk.errors import PlatformRefusedError
from liveshop_sdk.platforms.patience import patiently
from liveshop_sdk.platforms.stripe.client import StripeCalls
from liveshop_sdk.platforms.stripe.faults import as_documented
from liveshop_sdk.platforms.stripe.fields import (
    Obj,
    ShapeError,
    currency_of,
    instant,
    moved,
    text,
)
from liveshop_sdk.platforms.stripe.happenings import OF_ONE

_KINDS = {"charge": CHARGE, "refund": REFUND, "dispute": DISPUTE}
"""Kinds by the object a movement is about; all others are of no order."""

_LONGEST_REF = 255


class StripeFees:
    """The movements of one account's balance."""

    def __init__(self, calls: StripeCalls, order_of: Callable[[Obj], str]) -> None:
        """Ask nothing yet.

        Args:
            order_of: Returns the payment intent of a charge, refund or dispute.
        """
        self._calls, self._order_of = calls, order_of

    def pages(self, since: datetime, until: datetime) -> Iterator[Sequence[Fee | Unreadable]]:
        """Yield a hundred movements at a time, newest first."""
        with as_documented():
            for page in self._calls.movements_made(None, to_seconds(since), to_seconds(until)):
                yield [self._read(one) for one in page]

    def _read(self, movement: Obj) -> Fee | Unreadable:
        order_ref = ""
        try:
            kind, order_ref = self._about(movement)
            return _fee(movement, kind, order_ref)
        except ShapeError as error:
            problem = str(error)
        except PlatformRefusedError as error:
            if error.vendor_code not in OF_ONE:
                raise
            problem = error.problem
        return Unreadable(key=text(movement, "id"), order_ref=order_ref, problem=problem)

    def _about(self, movement: Obj) -> tuple[str, str]:
        """Return the kind of a movement and the payment intent it is of."""
        about = movement.get("source") or {}
        if not isinstance(about, Mapping):
            raise ShapeError("source is not shown")
        kind = _KINDS.get(text(about, "object"), OTHER)
        if kind == OTHER:
            return OTHER, ""
        return kind, patiently(partial(self._order_of, about))


def _fee(movement: Obj, kind: str, order_ref: str) -> Fee:
    ref, currency = text(movement, "id"), currency_of(movement)
    if len(ref) > _LONGEST_REF:
        raise ShapeError("id is too long")
    gross, fee, net = (moved(movement, name, currency) for name in ("amount", "fee", "net"))
    if gross.amount - fee.amount != net.amount:
        raise ShapeError("net is not amount less fee")
    return Fee(
        ref=ref,
        order_ref=order_ref,
        kind=kind,
        gross=gross,
        fee=fee,
        net=net,
        occurred_at=instant(movement, "created"),
    )
