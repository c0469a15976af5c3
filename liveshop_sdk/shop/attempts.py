"""Try what was just planned in the outbox once, while the caller waits."""

from datetime import timedelta

from liveshop_sdk.db import Database
from liveshop_sdk.errors import (
    PlatformNotReadyError,
    PlatformRefusedError,
    PlatformUnavailableError,
)
from liveshop_sdk.events.outbox import Outbox
from liveshop_sdk.events.worker import Sender
from liveshop_sdk.ids import Ids

_LEASE = timedelta(seconds=30)


class Attempts:
    """Sends one row of the outbox as the worker would, and only once."""

    def __init__(self, db: Database, ids: Ids, outbox: Outbox, of: tuple[str, str]) -> None:
        """Keep where rows are planned, and the platform and account they are tried at."""
        self._db, self._ids, self._outbox, self._of = db, ids, outbox, of

    def once(self, key: str, sender: Sender) -> bool:
        """Try the row of this key if it is due; False if it was left to the worker.

        The call to the platform is made outside any transaction. A refusal
        is raised: nobody but the caller can correct it.
        """
        with self._db.transaction() as tx:
            planned = self._outbox.get(tx, key)
            row = planned and self._outbox.claim_one(
                tx, planned.id, by=self._ids.new("wrk"), lease_for=_LEASE, of=self._of
            )
        if not row:
            return False
        try:
            answer = sender.send(row)
        except (PlatformUnavailableError, PlatformNotReadyError) as error:
            with self._db.transaction() as tx:
                wait = timedelta(seconds=error.retry_after)
                self._outbox.retry(tx, row, str(error), after=wait, is_final=False)
            if isinstance(error, PlatformNotReadyError):
                raise  # it waits, but only a person ends that
            return False
        except PlatformRefusedError as error:
            with self._db.transaction() as tx:
                self._outbox.dead(tx, row, str(error))
                sender.refused(tx, row)
            raise
        with self._db.transaction() as tx:
            sender.sent(tx, row, answer)
            self._outbox.done(tx, row, answer)
        return True
