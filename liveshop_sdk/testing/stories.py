"""Stories that webhooks tell, each in a word: ``paid``, ``dispute-won``.

A story begins with the payment, unless its order is paid already.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from types import MappingProxyType

from liveshop_sdk.errors import StoryRefusedError
from liveshop_sdk.testing.webhooks import Webhook


class Teller(ABC):
    """Tells what becomes of one sale, in the webhooks of one platform."""

    platform: str

    @property
    @abstractmethod
    def ref(self) -> str:
        """The platform's id of the order, or of the checkout while unpaid."""

    @property
    @abstractmethod
    def is_paid(self) -> bool:
        """Whether the sale was told, or recorded, before."""

    @property
    @abstractmethod
    def total(self) -> int:
        """What the buyer pays, in minor units."""

    @abstractmethod
    def paid(self) -> Webhook:
        """Tell of the payment."""

    @abstractmethod
    def expired(self) -> Webhook:
        """Tell that the checkout ended without payment."""

    @abstractmethod
    def refunded(self, amount: int | None = None) -> Webhook:
        """Tell of a refund: of an amount in minor units, or of everything."""

    @abstractmethod
    def refund_failed(self) -> list[Webhook]:
        """Tell of a refund of everything that the bank sends back."""

    @abstractmethod
    def disputed(self) -> Webhook:
        """Tell that the buyer's bank takes the money back for now."""

    @abstractmethod
    def won(self) -> Webhook:
        """Tell that the shop won the dispute told of before."""

    @abstractmethod
    def lost(self) -> Webhook:
        """Tell that the shop lost the dispute told of before."""

    def tell(self, story: str) -> list[Webhook]:
        """Return the webhooks of a story, in the order a platform sends them.

        Args:
            story: One of `STORIES`.

        Raises:
            StoryRefusedError: no story of ours, or not one of this sale.
        """
        if story not in STORIES:
            raise StoryRefusedError(story=story[:40], problem=f"take one of {', '.join(STORIES)}")
        if self.is_paid and story in _BEFORE:
            raise StoryRefusedError(story=story, problem=f"{self.ref} is paid already")
        begun = [] if self.is_paid or story in _BEFORE else [self.paid()]
        return [*begun, *STORIES[story](self)]


def _half(teller: Teller) -> int:
    return max(1, teller.total // 2)


STORIES: Mapping[str, Callable[[Teller], list[Webhook]]] = MappingProxyType(
    {
        "paid": lambda teller: [teller.paid()],
        "partial-refund": lambda teller: [teller.refunded(_half(teller))],
        "refund": lambda teller: [teller.refunded()],
        "refund-failed": lambda teller: teller.refund_failed(),
        "dispute": lambda teller: [teller.disputed()],
        "dispute-won": lambda teller: [teller.disputed(), teller.won()],
        "dispute-lost": lambda teller: [teller.disputed(), teller.lost()],
        "expired": lambda teller: [teller.expired()],
    }
)
"""What each story tells of a paid sale, or of one that is not paid yet."""

_BEFORE = ("paid", "expired")
