"""What a worker did, in numbers."""

from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerReport:
    """How many rows ended in which way; reports add up.

    Attributes:
        done: Deliveries whose effect is stored.
        parked: Deliveries that now wait for their order's sale.
        retried: Rows that failed and come again later.
        dead: Rows given up; a person must look at them.
        sent: Outbox rows the other side has answered.
        lost: Rows that another worker had taken over; nothing of them was kept.
        waiting: Rows not finished when the worker stopped: parked, backing off,
            held by others or of a kind it cannot send.
    """

    done: int = 0
    parked: int = 0
    retried: int = 0
    dead: int = 0
    sent: int = 0
    lost: int = 0
    waiting: int = 0

    def __add__(self, other: "WorkerReport") -> "WorkerReport":
        return WorkerReport(
            **{name: n + getattr(other, name) for name, n in self.as_json().items()}
        )

    @property
    def touched(self) -> int:
        """Return how many rows were taken, whatever became of them."""
        return self.done + self.parked + self.retried + self.dead + self.sent + self.lost

    def as_json(self) -> dict[str, int]:
        """Return the numbers by name."""
        return {f.name: getattr(self, f.name) for f in fields(self)}
