"""Facts of orders that became other ones after they were paid.

What was sold stays as it was sold. What is added and paid for later, and what
is taken off, is a fact of its own beside it.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from liveshop_sdk.facts import Fact, Json, OrderPaid, SoldLine


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderEdited(Fact):
    """Something was added to an order after it was paid, and has been paid for.

    It is paid with new money, or with the worth of what was taken off.

    Attributes:
        edit_id: The platform's id of the change.
        total: All that was added, tax and shipping included.
        paid: The new money that came in for it; the rest was exchanged.
        lines: What was added. A line that was there before, of which more
            units were added, is named ``<line>+<edit_id>``.
    """

    kind = "edited"

    edit_id: str
    currency: str
    total: int
    paid: int
    lines: tuple[SoldLine, ...]

    @property
    def key(self) -> str:
        """Name the change."""
        return f"{self.kind}:{self.edit_id}"

    def body(self) -> dict[str, Json]:
        """Return the amounts and the lines added."""
        return {
            "edit_id": self.edit_id,
            "currency": self.currency,
            "total": self.total,
            "paid": self.paid,
            "lines": [line.body() for line in self.lines],
        }

    def essence(self) -> dict[str, Json]:
        """Return the money and the lines it is for, as of the sale itself."""
        sold = sorted(self.lines, key=lambda line: line.ref)
        return self.body() | {"lines": [line.essence() for line in sold]}


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitsTakenOff(Fact):
    """Units were taken off a paid order, and nothing was paid back with that.

    Commission on them goes once money goes back, or once they are exchanged.

    Attributes:
        record_id: The platform's id of the record of it.
        worth: What the units had cost the buyer, tax included.
        lines: ``(line ref, commission base taken off)``.
    """

    kind = "taken_off"

    record_id: str
    currency: str
    worth: int
    lines: tuple[tuple[str, int], ...]

    @property
    def key(self) -> str:
        """Name the record."""
        return f"{self.kind}:{self.record_id}"

    def body(self) -> dict[str, Json]:
        """Return the worth and the lines named."""
        return {
            "record_id": self.record_id,
            "currency": self.currency,
            "worth": self.worth,
            "lines": [[ref, base] for ref, base in self.lines],
        }


def lines_of(sale: OrderPaid, known: Iterable[Fact]) -> tuple[SoldLine, ...]:
    """Return all lines of an order: those sold with it, then those added."""
    edits = sorted((one for one in known if isinstance(one, OrderEdited)), key=lambda one: one.key)
    return (*sale.lines, *(line for one in edits for line in one.lines))
