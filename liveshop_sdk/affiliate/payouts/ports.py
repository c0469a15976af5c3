"""What a rail is: a way by which money leaves for a creator."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from liveshop_sdk.money import Money

Verdict = Literal["sent", "waiting", "refused", "unclear"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a rail is to pay, and to whom.

    Attributes:
        amount: What the creator is owed and gets.
        paid_from: The same in the currency it is paid from.
    """

    item_id: str
    batch_id: str
    brand: str
    creator: str
    amount: Money
    paid_from: Money
    payee: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a rail said.

    Attributes:
        verdict: ``sent``; ``waiting``: nothing was sent, and it may be later;
            ``refused``: nothing was sent, and never will be; ``unclear``: the key
            is used up, or another transfer has it; it must be asked again.
        ref: The rail's own name of what was sent.
        fee: What the rail took for it, None when it does not say.
    """

    verdict: Verdict
    ref: str = ""
    fee: int | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """One transfer as the rail lists it.

    Attributes:
        brand: Whose payout it was, empty when the rail does not say.
        reversed: How much of it the rail took back.
    """

    ref: str
    item_id: str
    amount: Money
    brand: str = ""
    reversed: int = 0


class Rail(Protocol):
    """A way by which money leaves: what all of them know."""

    @property
    def name(self) -> str:
        """The rail's word; its account is ``clearing:<name>``."""
        ...

    def step(self, currency: str) -> int:
        """Return the step, in minor units, that amounts of this rail keep to.

        Raises:
            InvalidError: the rail does not carry the currency.
        """
        ...

    def prepare(self, order: Order) -> str:
        """Return what will be asked, as text that is frozen before the first try.

        Raises:
            PayeeInvalidError: the payment details are not the rail's.
        """
        ...


class PayoutRail(Rail, Protocol):
    """A rail that is called; its errors are ours.

    A call that raises says nothing of what became of it: the transfer may
    exist. Only an `Outcome` is an answer.
    """

    def send(self, params: str, *, key: str) -> Outcome:
        """Send it, or say why not; the same key and text are one transfer.

        Raises:
            UnavailableError: no answer: it may have been sent.
        """
        ...

    def find(self, params: str) -> Outcome | None:
        """Return what was sent for this item already, None if nothing was.

        Raises:
            UnavailableError: no answer.
        """
        ...

    def transfers(self, since: datetime) -> Iterable[Transfer]:
        """Yield every transfer of ours since then, as the rail has them."""
        ...


class FileRail(Rail, Protocol):
    """A rail that takes files: an item is sent when its file was made."""

    def files(self, params: Sequence[str], *, batch_id: str) -> Sequence[tuple[str, bytes]]:
        """Return the files that pay these, each with the end of its name.

        The same arguments give the same bytes.

        Args:
            params: What `prepare` returned for each item, in one order.
        """
        ...
