"""How badly the sandbox delivers its webhooks: twice, late, shuffled, never.

All chance comes from the event's id, so a replay with the same ids delivers
the same way.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from liveshop_sdk.errors import SandboxAmountError
from liveshop_sdk.platforms.sandbox import shapes
from liveshop_sdk.wire import canonical, loads_canonical

MAX_COPIES = 100
MAX_LATE = timedelta(days=30)
_MICRO = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deliveries:
    """What happens to webhooks on their way; by default nothing.

    Attributes:
        duplicate: So many extra copies of each event.
        drop: Every n-th event is lost; 0 loses none, 1 loses all.
        delay: Every copy leaves this much later.
        reorder: Copies leave at a moment of their own within this span, so
            that later events overtake earlier ones.
    """

    duplicate: int = 0
    drop: int = 0
    delay: timedelta = timedelta(0)
    reorder: timedelta = timedelta(0)

    def __post_init__(self) -> None:
        """Refuse counts and spans out of range."""
        if not 0 <= self.duplicate < MAX_COPIES or self.drop < 0:
            raise SandboxAmountError(
                value="these switches",
                expected=f"0 to {MAX_COPIES - 1} copies, a drop of 0 or more",
            )
        if not all(timedelta(0) <= span <= MAX_LATE for span in (self.delay, self.reorder)):
            raise SandboxAmountError(value="these switches", expected="spans of 0 to 30 days")

    def times(self, event_id: str, now: datetime) -> list[datetime]:
        """Return when each copy of an event leaves."""
        return [
            now + self.delay + _within(self.reorder, f"{event_id}:{copy}")
            for copy in range(self.duplicate + 1)
        ]

    def as_text(self) -> str:
        """Write the switches as they are stored."""
        return canonical(
            {
                "duplicate": self.duplicate,
                "drop": self.drop,
                "delay_us": self.delay // _MICRO,
                "reorder_us": self.reorder // _MICRO,
            }
        )

    @classmethod
    def from_text(cls, text: str) -> "Deliveries":
        """Read what `as_text` wrote."""
        found = shapes.as_object(loads_canonical(text))
        return cls(
            duplicate=shapes.whole(found, "duplicate"),
            drop=shapes.whole(found, "drop"),
            delay=shapes.whole(found, "delay_us") * _MICRO,
            reorder=shapes.whole(found, "reorder_us") * _MICRO,
        )


def _within(span: timedelta, seed: str) -> timedelta:
    micros = span // _MICRO
    if not micros:
        return span
    return int.from_bytes(sha256(seed.encode()).digest()[:8]) % micros * _MICRO
