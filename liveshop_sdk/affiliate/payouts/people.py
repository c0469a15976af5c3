"""Who acts: a name that stands in the ledger beside what they decided."""

from collections.abc import Mapping

from liveshop_sdk.affiliate.payouts.models import Batch
from liveshop_sdk.errors import RecordInvalidError, SelfApprovalError
from liveshop_sdk.money import Money
from liveshop_sdk.wire import is_storable

_LONGEST = {"person": 80, "reason": 500}


def person(name: str) -> str:
    """Return the name of who acts, without space around it.

    Raises:
        RecordInvalidError: it is no name, or an address: the ledger holds none.
    """
    found = _text("person", name)
    if "@" in found:
        raise RecordInvalidError(
            kind="payout's person", problem="an address", expected="a handle or an id of yours"
        )
    return found


def reason(text: str) -> str:
    """Return why somebody acts; the same errors."""
    return _text("reason", text)


def check_second(batch: Batch, by: str, alone_up_to: Mapping[str, Money]) -> None:
    """Refuse that whoever planned a batch approves it, unless it is small enough.

    Args:
        alone_up_to: By currency, up to which total one person may do both.

    Raises:
        SelfApprovalError: the same person planned it.
    """
    limit = alone_up_to.get(batch.currency)
    is_small = limit is not None and batch.total <= limit
    if by.casefold() == batch.created_by.casefold() and not is_small:
        raise SelfApprovalError(person=by[:80], what=f"payout batch {batch.id}")


def _text(kind: str, text: object) -> str:
    found = text.strip() if isinstance(text, str) else ""
    if not 0 < len(found) <= _LONGEST[kind] or not found.isprintable() or not is_storable(found):
        raise RecordInvalidError(
            kind=f"payout's {kind}",
            problem=f"{len(found)} characters, or some that do not show",
            expected=f"1 to {_LONGEST[kind]} printable characters",
        )
    return found
