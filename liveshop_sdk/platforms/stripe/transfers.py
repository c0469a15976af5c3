"""Pay connected accounts by Stripe's transfers, each at most once.

The item's id is the idempotency key, the transfer group and a piece of
metadata: the key makes a repeat the same transfer for a day, the group finds
it for ever. https://docs.stripe.com/connect/separate-charges-and-transfers
"""

from collections.abc import Iterable
from datetime import datetime

from liveshop_sdk.affiliate.payouts.ports import Order, Outcome, Transfer
from liveshop_sdk.clock import to_seconds
from liveshop_sdk.errors import PlatformRefusedError
from liveshop_sdk.money import Money, money_step, to_platform
from liveshop_sdk.platforms.stripe.client import StripeCalls
from liveshop_sdk.platforms.stripe.faults import StoredFailure, as_documented, as_written
from liveshop_sdk.platforms.stripe.fields import (
    Obj,
    ShapeError,
    amount,
    currency_of,
    obj,
    ref,
    text,
)
from liveshop_sdk.platforms.stripe.stored import stored
from liveshop_sdk.wire import canonical

# The recipient is not through its onboarding, or the balance is short: nothing was sent,
# and the same may be sent later.
_PASSING = frozenset(
    {
        "account_closed_temporarily",
        "balance_insufficient",
        "insufficient_capabilities_for_transfer",
        "insufficient_funds",
        "transfers_not_allowed",
    }
)
_OF_THE_KEY = "idempotency_error"


class StripeRail:
    """Transfers from one account's balance to its connected accounts."""

    name = "stripe"

    def __init__(self, calls: StripeCalls) -> None:
        """Call by this client, which holds the key and never shows it."""
        self._calls = calls

    def step(self, currency: str) -> int:
        """Return the step that Stripe pays a currency out in."""
        return money_step("stripe", currency, payout=True)

    def prepare(self, order: Order) -> str:
        """Return the transfer's parameters as canonical text.

        Raises:
            MoneyStepError: Stripe cannot carry the amount.
        """
        paid = order.paid_from
        return canonical(
            {
                "amount": to_platform(paid, "stripe", payout=True),
                "currency": paid.currency.lower(),
                "description": f"Payout {order.batch_id}",
                "destination": order.payee["account"],
                "metadata": {
                    "liveshop_batch": order.batch_id,
                    "liveshop_brand": order.brand,
                    "liveshop_item": order.item_id,
                },
                "transfer_group": order.item_id,
            }
        )

    def send(self, params: str, *, key: str) -> Outcome:
        """Create the transfer; the same key and parameters are the same one."""
        try:
            with self._calls.within_budget(), as_written():
                return _sent(self._calls.create_transfer(stored(params), key))
        except StoredFailure:
            return Outcome(verdict="unclear", problem="Stripe repeats a failure it stored")
        except PlatformRefusedError as error:
            return _refusal(error)

    def find(self, params: str) -> Outcome | None:
        """Return the transfer of the item's group, if there is one."""
        wanted = stored(params)
        with self._calls.within_budget(), as_documented():
            found = self._calls.transfers_of(text(wanted, "transfer_group"))
            if not found:
                return None
            if len(found) > 1 or not _is_same(found[0], wanted):
                return Outcome(verdict="unclear", problem="another transfer has the item's group")
            return _sent(found[0])

    def transfers(self, since: datetime) -> Iterable[Transfer]:
        """Yield the transfers that carry an item of ours."""
        with as_documented():
            for one in self._calls.transfers_since(to_seconds(since)):
                metadata = obj(one, "metadata")
                if not text(metadata, "liveshop_item"):
                    continue
                currency = currency_of(one)
                yield Transfer(
                    ref=text(one, "id"),
                    item_id=text(metadata, "liveshop_item"),
                    brand=text(metadata, "liveshop_brand"),
                    amount=Money(amount(one, "amount", currency), currency),
                    reversed=amount(one, "amount_reversed", currency),
                )


def _sent(transfer: Obj) -> Outcome:
    found = text(transfer, "id")
    if not found:
        raise ShapeError("the transfer has no id")
    return Outcome(verdict="sent", ref=found)


def _is_same(transfer: Obj, wanted: Obj) -> bool:
    names = ("amount", "currency", "transfer_group")
    same = all(transfer.get(name) == wanted.get(name) for name in names)
    return same and ref(transfer, "destination") == text(wanted, "destination")


def _refusal(error: PlatformRefusedError) -> Outcome:
    """Return what a 400 means: not yet, never, or nothing about the transfer at all."""
    problem = f"{error.vendor_code}: {error.problem}" if error.vendor_code else error.problem
    if error.vendor_code in _PASSING:
        return Outcome(verdict="waiting", problem=problem)
    if error.vendor_code == _OF_THE_KEY:
        return Outcome(verdict="unclear", problem=problem)
    return Outcome(verdict="refused", problem=problem)
