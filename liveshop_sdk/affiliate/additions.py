"""Commission lines of what was added to an order after it was paid.

The order was decided once, and so were its terms and who shares it: what is
added later to a brand's part of it earns the same way. A brand that the order
did not have when it was paid was never decided, and credits nobody. What was
added for free earns nothing: nobody paid for it, whatever else came with it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from liveshop_sdk.affiliate.agreed.service import Agreements
from liveshop_sdk.affiliate.agreements import Agreement
from liveshop_sdk.affiliate.airtime.store import WaitingStore
from liveshop_sdk.affiliate.attribution import Attribution
from liveshop_sdk.affiliate.commission import CommissionLine, shared, whole_lines
from liveshop_sdk.affiliate.store import AffiliateStore
from liveshop_sdk.clock import Clock
from liveshop_sdk.db import Transaction
from liveshop_sdk.edits import OrderEdited
from liveshop_sdk.facts import Claim, HostShare, OrderPaid, SoldLine
from liveshop_sdk.registry.products import Product

NOT_IN_SALE = "not_in_sale"
"""Why a brand of which something was added later credits nobody."""

UNKNOWN = "product_unknown"
"""Why what is of no brand here credits nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Addition:
    """What was added to an order, by brand (``""`` for none here)."""

    order: OrderPaid
    fact: OrderEdited
    sold: Mapping[str, Sequence[SoldLine]]
    products: Mapping[str, Product]
    is_returning: bool | None


class Additions:
    """Credits what was added to orders, as the orders were credited."""

    def __init__(self, *, clock: Clock, agreed: Agreements) -> None:
        """Keep what crediting needs."""
        self._clock, self._agreed = clock, agreed
        self._store, self._waiting = AffiliateStore(), WaitingStore()

    def credit(self, tx: Transaction, addition: Addition) -> list[CommissionLine]:
        """Freeze the commission lines of what was added, and return them.

        Called once per addition, with its order's row locked and the order
        credited. Effects: commission lines and their holds; lines that wait for
        their stream's air time, while the order's own do, which are not
        returned; a decision for a brand that the order did not have.
        """
        key = addition.order.order_key
        own = self._store.lines_of(tx, [key])[key]
        waiting = self._waiting.lines_of(tx, [key]).get(key, [])
        now = self._clock.now()
        found: list[CommissionLine] = []
        for brand, added in sorted(addition.sold.items()):
            sold = [line for line in added if line.base]
            like = [line for line in own if line.brand == brand]
            held = [line for line in waiting if line.brand == brand]
            if not sold:
                continue
            if like:
                whole = self._whole(tx, addition, sold, like)
                found += [part for line in whole for part in shared(line, _shares(like))]
            elif held:
                self._waiting.add(tx, self._whole(tx, addition, sold, held), at=now)
            else:
                self._note_undecided(tx, addition, brand, now)
        self._store.add_lines(tx, found, at=now)
        return found

    def _whole(
        self,
        tx: Transaction,
        addition: Addition,
        sold: Sequence[SoldLine],
        like: Sequence[CommissionLine],
    ) -> list[CommissionLine]:
        """Return what was added as the credited creator alone earns it.

        That is before the order's cap: what it leaves changes with the order
        (``caps.py``).
        """
        first = like[0]
        versions = self._agreed.versions(tx, [first.credited])[first.brand, first.credited]
        agreement = next(one for one in versions if one.version == first.terms_version)
        lines = whole_lines(
            replace(addition.order, occurred_at=addition.fact.occurred_at),
            sold,
            brand=first.brand,
            claim=Claim(
                source="",
                creator=first.credited,
                stream=first.stream,
                touched_at=addition.order.occurred_at,
            ),
            agreement=_without_cap(agreement),
            withheld=first.withheld,
            products=addition.products,
            is_returning=addition.is_returning,
            month=next((line.month for line in like if line.month), None),
        )
        return [replace(line, cap=first.cap) for line in lines]

    def _note_undecided(
        self, tx: Transaction, addition: Addition, brand: str, now: datetime
    ) -> None:
        decisions = self._store.attributions(tx, addition.order.order_key)
        if not decisions or brand in {one.brand for one in decisions}:
            return
        nobody = Attribution(
            platform=addition.order.platform,
            account=addition.order.account,
            order_ref=addition.order.order_ref,
            brand=brand,
            creator=None,
            stream=None,
            reason=NOT_IN_SALE if brand else UNKNOWN,
            stream_offset_us=None,
            channel="",
            placement="",
            claim=None,
            lost=[],
            policy=decisions[0].policy,
            decided_at=now,
        )
        self._store.add_attributions(tx, [nobody])


def _shares(like: Sequence[CommissionLine]) -> list[HostShare]:
    """Return how hosts share the order, as its first line is shared."""
    parts = [line for line in like if line.order_line == like[0].order_line]
    if len(parts) == 1 and parts[0].creator == parts[0].credited:
        return []
    return [HostShare(creator=part.creator, weight=part.weight) for part in parts]


def _without_cap(agreement: Agreement) -> Agreement:
    return replace(agreement, more=replace(agreement.terms, cap_per_order=None))
