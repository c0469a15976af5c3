"""Inbox, outbox and the log of facts."""

from dataclasses import dataclass
from datetime import datetime

from liveshop_sdk.errors.base import (
    ConflictError,
    InvalidError,
    NotFoundError,
)


@dataclass(kw_only=True, eq=False)
class WaitingForOrderError(ConflictError):
    """A delivery about an order whose sale is not here yet; it is parked."""

    code = "waiting_for_order"
    text = "The sale of order {order_ref!r} is not known yet; this waits for it."
    order_ref: str


@dataclass(kw_only=True, eq=False)
class NotReplayableError(NotFoundError):
    """Ids under which nothing is to be made due again; nothing was changed."""

    code = "not_replayable"
    text = (
        "Nothing was replayed, since these are unknown or due already: {ids}. "
        "`liveshop events dead` lists what was given up."
    )
    ids: str


@dataclass(kw_only=True, eq=False)
class LeaseLostError(ConflictError):
    """Work was finished after its lease had gone to another worker."""

    code = "lease_lost"
    text = "{count} row(s) of {table} now belong to another worker; nothing of this was kept."
    table: str
    count: int


@dataclass(kw_only=True, eq=False)
class KeyReusedError(ConflictError):
    """An idempotency key came again with other content."""

    code = "key_reused"
    text = "The key {key!r} was used before with other content. Use a new key for a new request."
    key: str


@dataclass(kw_only=True, eq=False)
class FactConflictError(ConflictError):
    """A fact came again and contradicts what is recorded under its key."""

    code = "fact_conflict"
    text = (
        "{key} of {platform} {account} is recorded with other content. The first one stands; "
        "this one is kept as a dead letter for a person to compare."
    )
    platform: str
    account: str
    key: str


@dataclass(kw_only=True, eq=False)
class ReconcileWindowError(InvalidError):
    """A time the platform cannot be asked about; nothing was asked or changed."""

    code = "reconcile_window"
    text = "From {since} to {until} the platform cannot be asked: {problem}."
    since: datetime
    until: datetime
    problem: str
