"""Send an item at most once: claim it, ask the rail, record the answer.

The claim is committed before the rail is called, with what it will be asked;
the answer is recorded in another transaction by whoever still holds the claim.
So whatever dies in between, the next sender knows that the rail may have it,
and asks before sending again.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from liveshop_sdk.affiliate.fx.models import Conversion, FxRate
from liveshop_sdk.affiliate.fx.store import FxStore
from liveshop_sdk.affiliate.ledger.service import Ledger
from liveshop_sdk.affiliate.payouts import entries
from liveshop_sdk.affiliate.payouts.models import APPROVED, CREATED, FAILED, SENT, Item
from liveshop_sdk.affiliate.payouts.ports import Order, Outcome, PayoutRail, Rail
from liveshop_sdk.affiliate.payouts.service import undo
from liveshop_sdk.affiliate.payouts.store import PayoutStore
from liveshop_sdk.clock import Clock
from liveshop_sdk.db import Transaction
from liveshop_sdk.errors import (
    FxRateUnknownError,
    LiveShopError,
    PayeeHeldError,
    PayoutAmountError,
    PayoutBusyError,
    PayoutStateError,
)
from liveshop_sdk.ids import Ids
from liveshop_sdk.money import MAX_AMOUNT, exponent_of

LEASE = timedelta(minutes=5)
"""How long a claim lasts; a rail must answer in far less."""

MARGIN = timedelta(minutes=1)
"""What must be left of a lease when the rail is called: more than a call takes."""


class Sending:
    """The two transactions around a call of a rail, and the call."""

    def __init__(self, *, clock: Clock, ids: Ids, ledger: Ledger) -> None:
        """Take time and tokens from here."""
        self._clock, self._ids, self._ledger = clock, ids, ledger
        self._store, self._fx = PayoutStore(), FxStore()

    # --- before

    @staticmethod
    def check_terms(pay_in: str | None, fee: int) -> None:
        """Refuse a currency nobody knows, and a fee that is none."""
        if pay_in is not None:
            exponent_of(pay_in)
        if type(fee) is not int or not 0 <= fee <= MAX_AMOUNT:
            raise PayoutAmountError(what="A fee", amount=str(fee)[:24], expected="0 or more")

    def check(self, tx: Transaction, batch_id: str) -> str:
        """Return the rail of a batch that may be sent.

        Raises:
            PayoutStateError: nobody approved it.
        """
        batch = self._store.batch(tx, batch_id)
        if batch.state != APPROVED:
            raise PayoutStateError(id=batch_id, state=batch.state, step="sent")
        return batch.rail

    def claim(
        self, tx: Transaction, item_id: str, rail: Rail, *, pay_in: str | None, fee: int
    ) -> Item | None:
        """Lease an item and freeze what is asked; None when somebody else has it.

        Raises:
            PayeeHeldError, PayeeUnknownError, PayeeInvalidError: it cannot be
                asked for now; nothing was claimed.
            FxRateUnknownError, FxRateOldError: no rate of these days to pay it from
                ``pay_in`` at.
        """
        now = self._clock.now()
        item = self._store.item(tx, item_id)
        if item.params is not None:  # the rail may have it: that is asked, held or not
            payee = self._store.payee(tx, item.creator, item.rail)
            item = replace(item, is_held=bool(payee.hold))
        item = self._prepared(tx, item, rail, pay_in=pay_in, fee=fee)
        token = self._ids.new("lse")
        if not self._store.claim(tx, item, token=token, now=now, until=now + LEASE):
            return None
        return replace(item, attempts=item.attempts + 1, lease_by=token, lease_until=now + LEASE)

    def freeze(
        self, tx: Transaction, item: Item, rail: Rail, *, pay_in: str | None, fee: int
    ) -> Item:
        """Freeze what a file will say of an item; the same errors as `claim`.

        Raises:
            PayoutBusyError: somebody else filed, failed or claimed it meanwhile.
        """
        item = self._prepared(tx, item, rail, pay_in=pay_in, fee=fee, is_called=False)
        now = self._clock.now()
        if item.state == CREATED and not self._store.freeze(tx, item, now=now):
            raise PayoutBusyError(id=item.id, until=item.lease_until or now)
        return item

    def _prepared(
        self,
        tx: Transaction,
        item: Item,
        rail: Rail,
        *,
        pay_in: str | None,
        fee: int,
        is_called: bool = True,
    ) -> Item:
        """Return an item with what is asked; what was frozen stays as it is.

        Args:
            is_called: The rail moves what it is paid from, in steps of that. A file
                says what arrives, and what leaves for it may be any amount.
        """
        if item.state != CREATED or item.params is not None:
            return item
        payee = self._store.payee(tx, item.creator, item.rail)
        if payee.hold:
            raise PayeeHeldError(creator=item.creator, rail=item.rail)
        item = replace(item, conversion=None)
        if pay_in and pay_in != item.currency:
            rate = self._fx.to_pay_at(tx, item.currency, pay_in, self._clock.now())
            step = rail.step(pay_in) if is_called else 1
            conversion = Conversion.of(item.net, rate, step=step)
            item = replace(item, conversion=conversion)
            if not item.paid_from.amount:
                raise PayoutAmountError(
                    what=f"{item.net} in {pay_in}", amount="0", expected="1 minor unit or more"
                )
        order = Order(
            item_id=item.id,
            batch_id=item.batch,
            brand=item.brand,
            creator=item.creator,
            amount=item.net,
            paid_from=item.paid_from,
            payee=payee.fields,
        )
        return replace(item, fee=fee, params=rail.prepare(order))

    # --- outside of any transaction

    def ask(self, item: Item, rail: PayoutRail) -> Outcome | None:
        """Call the rail for a claimed item; None when the claim is too old to.

        An item that somebody set out to send before is looked for first.

        Raises:
            PayeeHeldError: the rail does not have it, and nothing may be paid now.
            LiveShopError: no answer; the rail may have it.
        """
        params = item.params or ""
        if item.attempts > 1:
            found = rail.find(params)
            if found is not None:
                return found
        if item.is_held:
            raise PayeeHeldError(creator=item.creator, rail=item.rail)
        if item.lease_until is None or self._clock.now() > item.lease_until - MARGIN:
            return None
        return rail.send(params, key=item.key)

    # --- after

    def record(self, tx: Transaction, item: Item, outcome: Outcome, *, by: str) -> bool:
        """Write down what the rail said; False when the claim was lost meanwhile.

        Effects: the item's state, and an entry where money moved.
        """
        if outcome.verdict == "sent":
            fee = item.fee if outcome.fee is None else outcome.fee
            return self.book(tx, item, ref=outcome.ref, fee=fee)
        if outcome.verdict == "refused":
            failed = replace(item, state=FAILED)
            done = self._store.finish(tx, item, state=FAILED, problem=outcome.problem)
            if done:
                why = outcome.problem[:200] or "the rail refused it"
                undo(tx, self._ledger, failed, by=by, at=self._clock.now(), why=why)
            return done
        # A key that was answered is of no more use; what was asked may be asked anew,
        # with today's details, only if the answer was that nothing was sent.
        asked_anew = {"params": None} if outcome.verdict == "waiting" else {}
        return self._store.finish(
            tx, item, problem=outcome.problem, round=item.round + 1, **asked_anew
        )

    def unanswered(self, tx: Transaction, item: Item, error: LiveShopError) -> None:
        """Note that the rail did not answer, and let the next sender ask it at once."""
        self._store.finish(tx, item, problem=str(error))

    def unsendable(self, tx: Transaction, item_id: str, error: LiveShopError) -> None:
        """Note why an item could not even be asked for."""
        self._store.note(tx, item_id, str(error))

    def book(self, tx: Transaction, item: Item, *, ref: str, fee: int) -> bool:
        """Mark an item sent, and book it; False when it was not ours to mark."""
        now = self._clock.now()
        loss = self._loss(tx, item)
        values = {"state": SENT, "rail_ref": ref, "fee": fee, "realised": loss, "problem": ""}
        if not self._store.finish(tx, item, **values):
            return False
        book = self._ledger.book(tx, item.brand)
        journal = self._ledger.journal(tx, book)
        journal.stage(entries.sent(item, ref=ref, fee=fee, at=now))
        if loss:
            journal.stage(entries.realised(item, loss, at=now))
        journal.flush()
        return True

    def _loss(self, tx: Transaction, item: Item) -> int:
        """Return what exchange cost since the item was reserved.

        Only money paid from the currency the book is kept in has a booked
        value in it: the rate that held when it was reserved.
        """
        if item.conversion is None:
            return 0
        paid = item.conversion.paid
        if self._ledger.book(tx, item.brand).currency != paid.currency:
            return 0
        booked = self._rate(tx, item, paid.currency, item.created_at)
        return entries.loss_of(item, booked) if booked else 0

    def _rate(self, tx: Transaction, item: Item, quote: str, at: datetime) -> FxRate | None:
        try:
            return self._fx.in_force(tx, item.currency, quote, at)
        except FxRateUnknownError:
            return None
