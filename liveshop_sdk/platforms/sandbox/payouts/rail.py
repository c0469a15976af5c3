"""Pay in the sandbox: to an account that says by its name what becomes of it."""

from collections.abc import Iterable
from datetime import datetime

from liveshop_sdk.affiliate.payouts.ports import Order, Outcome, Transfer
from liveshop_sdk.clock import Clock, to_micros
from liveshop_sdk.db import Database
from liveshop_sdk.errors import PlatformRefusedError
from liveshop_sdk.ids import Ids
from liveshop_sdk.money import Money
from liveshop_sdk.platforms.sandbox.payouts.store import TransferStore
from liveshop_sdk.wire import canonical, loads_canonical

NOT_READY, REFUSED = "not_ready", "refused"
"""Accounts that cannot be paid yet, and never; any other is paid."""


class SandboxRail:
    """A rail whose transfers are rows of the same database."""

    name = "sandbox"

    def __init__(self, db: Database, clock: Clock, ids: Ids) -> None:
        """Keep transfers in this database."""
        self._db, self._clock, self._ids = db, clock, ids
        self._store = TransferStore()

    def step(self, currency: str) -> int:  # noqa: ARG002 - any amount of any currency
        """Return 1: every amount can be paid."""
        return 1

    def prepare(self, order: Order) -> str:
        """Return what is asked as canonical text."""
        return canonical(
            {
                "account": order.payee["account"],
                "amount": order.paid_from.amount,
                "batch": order.batch_id,
                "brand": order.brand,
                "currency": order.paid_from.currency,
                "item": order.item_id,
            }
        )

    def send(self, params: str, *, key: str) -> Outcome:
        """Make the transfer, unless the account says that it cannot be."""
        asked = _asked(params)
        if asked["account"] == NOT_READY:
            return Outcome(verdict="waiting", problem="the account is not ready")
        if asked["account"] == REFUSED:
            return Outcome(verdict="refused", problem="the account does not exist")
        row = {
            "id": self._ids.new("sbt"),
            "key": key,
            "item_id": asked["item"],
            "brand": asked["brand"],
            "params": params,
            "amount": asked["amount"],
            "currency": asked["currency"],
            "created_at": to_micros(self._clock.now()),
        }
        with self._db.transaction() as tx:
            made = row if self._store.add(tx, row) else self._store.by_key(tx, key)
        if made is None or made["params"] != params:
            return Outcome(verdict="unclear", problem="the key was used for another transfer")
        return Outcome(verdict="sent", ref=str(made["id"]))

    def find(self, params: str) -> Outcome | None:
        """Return what was sent for the item already."""
        with self._db.reading() as tx:
            found = self._store.of_item(tx, str(_asked(params)["item"]))
        if not found:
            return None
        if len(found) > 1 or found[0]["params"] != params:
            return Outcome(verdict="unclear", problem="another transfer carries the item's id")
        return Outcome(verdict="sent", ref=str(found[0]["id"]))

    def transfers(self, since: datetime) -> Iterable[Transfer]:
        """Return every transfer made since then."""
        with self._db.reading() as tx:
            rows = self._store.since(tx, since)
        return [
            Transfer(
                ref=row["id"],
                item_id=row["item_id"],
                brand=row["brand"],
                amount=Money(row["amount"], row["currency"]),
            )
            for row in rows
        ]


def _asked(params: str) -> dict[str, str | int]:
    found = loads_canonical(params)
    if not isinstance(found, dict):
        raise PlatformRefusedError(platform="sandbox", problem="the stored parameters are not ours")
    return {name: value for name, value in found.items() if isinstance(value, str | int)}
