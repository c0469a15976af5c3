"""A batch of personal codes, and one code of it."""

from dataclasses import dataclass, field
from datetime import datetime

from liveshop_sdk.clock import to_iso
from liveshop_sdk.facts import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeBatch:
    """So many codes of one coupon, asked for at once.

    Attributes:
        made: How many exist at the platform.
        step: Of the rows of the outbox that carry it out, the one whose turn it is.
        problem: Why it was given up.
        seed: Encrypted.
    """

    id: str
    coupon_id: str
    prefix: str
    seed: str = field(repr=False)
    size: int
    made: int
    step: int
    problem: str | None
    created_at: datetime
    done_at: datetime | None

    @property
    def status(self) -> str:
        """``ready`` once every code exists, else ``pending`` or ``refused``."""
        if self.done_at is not None:
            return "ready"
        return "pending" if self.problem is None else "refused"

    def as_json(self) -> dict[str, Json]:
        """Return the batch as commands and the API show it; no code is in it."""
        return {
            "id": self.id,
            "size": self.size,
            "made": self.made,
            "status": self.status,
            "problem": self.problem,
            "created_at": to_iso(self.created_at),
            "done_at": to_iso(self.done_at) if self.done_at else None,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalCode:
    """A code for one use; whoever has it may use it, so it never shows in repr.

    Attributes:
        id: Its batch and number, ``cbt_…:17``.
        turn: How many codes of this number the platform would not have.
        platform_ref: The platform's own id of it, where it has one.
        uses: By how many orders it was used; beyond the first is one too many.
        order_id: Our id of the first of them.
    """

    id: str
    batch_id: str
    coupon_id: str
    n: int
    turn: int
    text: str = field(repr=False)
    platform_ref: str | None
    made_at: datetime | None
    uses: int
    order_id: str | None
    used_at: datetime | None

    def as_json(self) -> dict[str, Json]:
        """Return the code as commands and the API show it."""
        return {
            "code": self.text,
            "batch": self.batch_id,
            "n": self.n,
            "uses": self.uses,
            "order_id": self.order_id,
            "used_at": to_iso(self.used_at) if self.used_at else None,
        }
