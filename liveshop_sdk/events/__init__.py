"""What came in, what must go out and what happened: inbox, outbox, facts, worker."""

from liveshop_sdk.events.backoff import Backoff
from liveshop_sdk.events.factlog import FactLog, LoggedFact, Recorded
from liveshop_sdk.events.inbox import PARKED_FOR, Inbox, InboxRow, Parking, Receipt, Stored
from liveshop_sdk.events.outbox import Outbox, OutboxRow
from liveshop_sdk.events.report import WorkerReport
from liveshop_sdk.events.worker import RowHandler, Sender, Waiting, Worker

__all__ = [
    "PARKED_FOR",
    "Backoff",
    "FactLog",
    "Inbox",
    "InboxRow",
    "LoggedFact",
    "Outbox",
    "OutboxRow",
    "Parking",
    "Receipt",
    "Recorded",
    "RowHandler",
    "Sender",
    "Stored",
    "Waiting",
    "Worker",
    "WorkerReport",
]
