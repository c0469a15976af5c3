"""How much refunding some units of a line pays back, to the cent.

Cumulative: what all refunded units are worth together, less what was refunded
before. So any sequence of unit refunds ends at exactly what was paid.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from liveshop_sdk.errors import SandboxAmountError
from liveshop_sdk.facts import Json
from liveshop_sdk.money import half_up
from liveshop_sdk.platforms.sandbox.pricing import Line, line_base, line_paid


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundedLine:
    """The part of one refund that names a line.

    Attributes:
        amount: What went back to the buyer for it, tax included.
        base: How much of the line's commission base that undoes.
    """

    ref: str
    quantity: int
    amount: int
    base: int

    def as_json(self) -> dict[str, Json]:
        """Return it as it is stored and as events carry it."""
        return {
            "ref": self.ref,
            "quantity": self.quantity,
            "amount": self.amount,
            "base": self.base,
        }


def refund_lines(
    lines: Sequence[Line],
    before: Sequence[RefundedLine],
    quantities: Mapping[str, int],
    *,
    is_tax_included: bool,
) -> tuple[RefundedLine, ...]:
    """Return the lines of a new refund, in the order of the order's lines.

    Args:
        before: The lines of all earlier refunds that did not fail.
        quantities: Units to refund, by line ref or by SKU.

    Raises:
        SandboxAmountError: an unknown line, no units, or more than are left.
    """
    wanted = _by_ref(lines, quantities)
    made = []
    for line in lines:
        units = wanted.get(line.ref, 0)
        if not units:
            continue
        earlier = [one for one in before if one.ref == line.ref]
        gone = sum(one.quantity for one in earlier)
        if gone + units > line.quantity:
            raise SandboxAmountError(
                value=f"{units} of {line.sku or line.ref}",
                expected=f"at most {line.quantity - gone}, the units not refunded yet",
            )
        paid, base = (
            half_up(whole * (gone + units), line.quantity)
            for whole in (
                line_paid(line, is_tax_included=is_tax_included),
                line_base(line, is_tax_included=is_tax_included),
            )
        )
        made.append(
            RefundedLine(
                ref=line.ref,
                quantity=units,
                amount=max(0, paid - sum(one.amount for one in earlier)),
                base=max(0, base - sum(one.base for one in earlier)),
            )
        )
    return tuple(made)


def _by_ref(lines: Sequence[Line], quantities: Mapping[str, int]) -> dict[str, int]:
    wanted: dict[str, int] = {}
    for name, units in quantities.items():
        refs = [line.ref for line in lines if name in (line.ref, line.sku)]
        if len(refs) != 1:
            raise SandboxAmountError(
                value=repr(name)[:40], expected="the ref or SKU of one line of the order"
            )
        if type(units) is not int or units < 1:
            raise SandboxAmountError(value=repr(units)[:40], expected="at least one unit")
        wanted[refs[0]] = wanted.get(refs[0], 0) + units
    if not wanted:
        raise SandboxAmountError(value="no line", expected="at least one line to refund")
    return wanted
