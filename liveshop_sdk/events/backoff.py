"""How long to wait after a failure, and when to give up."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """Waits that grow by a factor up to a cap; the defaults last 5.5 hours.

    Attributes:
        first: The wait after the first failure.
        attempts: So many failures and the row is a dead letter.
    """

    first: timedelta = timedelta(seconds=5)
    factor: int = 3
    cap: timedelta = timedelta(hours=1)
    attempts: int = 12

    def delay(self, attempt: int) -> timedelta:
        """Return the wait after the failure of this attempt, counted from 1."""
        wait = self.first
        for _ in range(attempt - 1):
            wait *= self.factor
            if wait >= self.cap:
                break
        return min(wait, self.cap)

    def is_last(self, attempt: int) -> bool:
        """Say whether there is no attempt after this one."""
        return attempt >= self.attempts
