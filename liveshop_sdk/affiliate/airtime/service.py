"""Pay for being on air, and share what waited for it."""

from collections.abc import Sequence

from liveshop_sdk.affiliate import accrual
from liveshop_sdk.affiliate.accrual import Item, Target
from liveshop_sdk.affiliate.agreements import in_force
from liveshop_sdk.affiliate.airtime.fees import appearance_fee
from liveshop_sdk.affiliate.airtime.store import WaitingStore
from liveshop_sdk.affiliate.commission import CommissionLine, shared
from liveshop_sdk.affiliate.ledger.models import EntryDraft, PostedEntry
from liveshop_sdk.affiliate.ledger.service import Ledger
from liveshop_sdk.affiliate.posting import Poster
from liveshop_sdk.affiliate.service import Affiliate, Trigger
from liveshop_sdk.affiliate.store import AffiliateStore
from liveshop_sdk.clock import Clock
from liveshop_sdk.db import Transaction
from liveshop_sdk.facts import OrderKey
from liveshop_sdk.registry.streams import Stream

SOURCE = "streams"
EXPENSE = "brand:appearance_fee_expense"


class AirTime:
    """Posts what a stream's air time causes, in every brand's book."""

    def __init__(self, *, clock: Clock, ledger: Ledger, affiliate: Affiliate) -> None:
        """Post to this ledger."""
        self._clock, self._ledger, self._affiliate = clock, ledger, affiliate
        self._store, self._waiting = AffiliateStore(), WaitingStore()

    def appear(self, tx: Transaction, stream: Stream) -> list[PostedEntry]:
        """Post the fees of a stream's hosts; one that was posted stays as it is.

        Each brand on the stream pays by its own terms, those in force when the
        stream opened; that is also when the fee is dated.
        """
        agreements = self._affiliate.agreements(tx, stream.air or {})
        posted: list[PostedEntry] = []
        books = [
            self._ledger.book(tx, code)
            for code in stream.brands
            if any(brand == code for brand, _ in agreements)
        ]
        for book in sorted(books, key=lambda book: book.id):
            journal = self._ledger.journal(tx, book)
            poster = Poster(journal)
            events = {creator: f"stream:{stream.code}/{creator}" for creator in stream.air or {}}
            paid = journal.seen(SOURCE, events.values())
            for creator, minutes in (stream.air or {}).items():
                event = events[creator]
                agreed = in_force(agreements.get((book.code, creator), ()), stream.opens_at)
                appearance = agreed.terms.appearance if agreed else None
                if agreed is None or appearance is None or event in paid:
                    continue
                item = Item(
                    line_ref=event,
                    creator=creator,
                    currency=appearance.amount.currency,
                    expense=EXPENSE,
                    target=Target(pending=0, disputed=0, owed=appearance_fee(appearance, minutes)),
                )
                poster.read([event], accrual.accounts_of([item]))
                template = EntryDraft(
                    kind="appearance_fee",
                    source=SOURCE,
                    event_id=event,
                    occurred_at=stream.opens_at,
                    terms_version=f"{creator}:{agreed.version}",
                    meta={"minutes": minutes},
                )
                poster.post([item], template)
            posted += journal.flush()
        return posted

    def waiting(self, tx: Transaction, stream: str, *, limit: int) -> list[OrderKey]:
        """Return orders whose commission waits for a stream's air time."""
        return self._waiting.orders(tx, stream, limit=limit)

    def share_out(
        self,
        tx: Transaction,
        stream: Stream,
        keys: Sequence[OrderKey],
        triggers: Sequence[Trigger],
    ) -> list[PostedEntry]:
        """Share what waited among the hosts, and post all facts known since.

        Called with the orders' rows locked. Effects: the commission lines and
        their holds, and the entries they would have had from the start.

        Args:
            triggers: Every fact of these orders, one after the other.
        """
        lines: dict[OrderKey, list[CommissionLine]] = {
            key: [part for line in found for part in shared(line, stream.shares())]
            for key, found in self._waiting.lines_of(tx, keys).items()
        }
        flat = [line for some in lines.values() for line in some]
        self._store.add_lines(tx, flat, at=self._clock.now())
        ours = [trigger for trigger in triggers if trigger.fact.order_key in lines]
        return self._affiliate.accrue(tx, ours, lines)
