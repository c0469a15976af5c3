"""Plan and decide payouts, and book what became of them.

Every step changes the workflow row and appends its entry in one transaction.
The order of locks is batch, items, book.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from liveshop_sdk.affiliate.ledger.accounts import PAYABLE, creator_of
from liveshop_sdk.affiliate.ledger.models import EntryDraft
from liveshop_sdk.affiliate.ledger.service import Ledger
from liveshop_sdk.affiliate.payouts import entries
from liveshop_sdk.affiliate.payouts.amounts import reserved
from liveshop_sdk.affiliate.payouts.models import (
    APPROVED,
    CANCELLED,
    CREATED,
    FAILED,
    PAID,
    PLANNED,
    REJECTED,
    RETURNED,
    SENT,
    Batch,
    Item,
    Payee,
    Plan,
)
from liveshop_sdk.affiliate.payouts.people import check_second, person, reason
from liveshop_sdk.affiliate.payouts.ports import Rail
from liveshop_sdk.affiliate.payouts.store import PayoutStore
from liveshop_sdk.clock import Clock
from liveshop_sdk.db import Transaction
from liveshop_sdk.errors import (
    OverPayoutError,
    PayeeUnknownError,
    PayoutAmountError,
    PayoutBusyError,
    PayoutStateError,
)
from liveshop_sdk.ids import Ids
from liveshop_sdk.money import MAX_AMOUNT, Money
from liveshop_sdk.registry.names import key


class PayoutDesk:
    """What people decide about payouts; a rail is never called from here."""

    def __init__(
        self, *, clock: Clock, ids: Ids, ledger: Ledger, alone_up_to: Mapping[str, Money]
    ) -> None:
        """Keep up to which total one person may plan and approve a batch."""
        self._clock, self._ids, self._ledger = clock, ids, ledger
        self._alone_up_to = alone_up_to
        self._store = PayoutStore()

    # --- plan and decide

    def plan(
        self,
        tx: Transaction,
        *,
        brand: str,
        rail: Rail,
        currency: str,
        minimum: int,
        by: str,
        amounts: Mapping[str, int] | None = None,
    ) -> Plan:
        """Reserve what is payable to every payee of a rail, and plan its payout.

        Under the lock of the book, so that two plans never reserve the same
        cent: a repeat finds nothing left.

        Args:
            minimum: In minor units; who has less waits.
            amounts: Only these creators, and of each so much, in minor units.

        Raises:
            OverPayoutError: more was asked for than is payable.
            PayeeUnknownError: a creator named has no details for the rail.

        Effects: one batch, one item and one entry a creator; nothing at all
        when nothing is left.
        """
        by, step = person(by), rail.step(currency)
        self._check_amounts(minimum, amounts)
        journal = self._ledger.journal(tx, self._ledger.book(tx, brand))
        payees = self._payees(tx, rail.name, amounts)
        balances = journal.balances([_payable(payee, currency) for payee in payees])
        batch_id, at, seq = self._ids.new("bat"), self._clock.now(), journal.seq
        items: list[Item] = []
        skipped: list[tuple[str, str]] = []
        for payee in payees:
            payable = Money(-balances[_payable(payee, currency)], currency)
            amount, withheld, why = _share(payee, payable, minimum, amounts, step)
            if why:
                skipped.append((payee.creator, why))
            if not amount:
                continue
            item = Item(
                id=self._ids.new("pay"),
                batch=batch_id,
                brand=brand,
                rail=payee.rail,
                creator=payee.creator,
                currency=currency,
                amount=amount,
                withheld=withheld,
                as_of_seq=seq,
                created_at=at,
            )
            items.append(item)
            journal.stage(entries.created(item, by=by, at=at))
        skipped += [] if amounts is not None else self._without_payee(tx, brand, currency)
        batch = self._new_batch(tx, items, by=by) if items else None
        journal.flush()
        return Plan(batch=batch, items=tuple(items), skipped=tuple(skipped))

    def _payees(self, tx: Transaction, rail: str, amounts: Mapping[str, int] | None) -> list[Payee]:
        """Return the payees of a rail, and refuse an amount for somebody else."""
        payees = self._store.payees(tx, rail)
        for creator in sorted(set(amounts or ()) - {payee.creator for payee in payees}):
            raise PayeeUnknownError(creator=creator[:32], rail=rail)
        return payees

    def _without_payee(self, tx: Transaction, brand: str, currency: str) -> list[tuple[str, str]]:
        """Return creators who have something payable, and no details for any rail."""
        known = self._store.creators_paid(tx)
        owed = (
            creator_of(row.account)
            for row in self._ledger.balances(tx, self._ledger.book(tx, brand), "creator:")
            if row.account.endswith(f":{PAYABLE}") and row.currency == currency and row.amount < 0
        )
        return [(creator, "no_payee") for creator in sorted(owed) if creator not in known]

    def _new_batch(self, tx: Transaction, items: Sequence[Item], *, by: str) -> Batch:
        first = items[0]
        batch = Batch(
            id=first.batch,
            brand=first.brand,
            rail=first.rail,
            currency=first.currency,
            amount=sum(item.amount for item in items),
            items=len(items),
            as_of_seq=first.as_of_seq,
            created_by=by,
            created_at=first.created_at,
        )
        self._store.add(tx, batch, items)
        return batch

    def approve(self, tx: Transaction, batch_id: str, *, by: str) -> Batch:
        """Let a planned batch be sent; a second person does, or a small batch it is.

        Raises:
            SelfApprovalError: who planned it approves it.
            PayoutStateError: it was decided before.

        Effects: the batch is approved, and an entry says by whom.
        """
        by = person(by)
        check_second(self._store.batch(tx, batch_id), by, self._alone_up_to)
        batch = self._decide(tx, batch_id, APPROVED, by)
        self._post(tx, batch.brand, entries.decided(batch, by=by, at=self._clock.now()))
        return batch

    def reject(self, tx: Transaction, batch_id: str, *, by: str, why: str) -> Batch:
        """Take a planned batch back: all of it is payable again.

        Raises:
            PayoutStateError: it was decided before.
        """
        by, why = person(by), reason(why)
        batch = self._decide(tx, batch_id, REJECTED, by)
        for item in self._store.items(tx, batch_id):
            self._undo(tx, item, CANCELLED, by=by, why=why)
        return batch

    def _decide(self, tx: Transaction, batch_id: str, state: str, by: str) -> Batch:
        if not self._store.decide(tx, batch_id, state, by=by, at=self._clock.now()):
            was = self._store.batch(tx, batch_id).state
            raise PayoutStateError(id=batch_id, state=was, step=state)
        return self._store.batch(tx, batch_id)

    # --- what became of an item

    def fail(self, tx: Transaction, item_id: str, *, by: str, why: str, attempts: int) -> Item:
        """Give up an item that never left: the money is payable again.

        Args:
            attempts: How often somebody had set out to send it when its rail
                was asked whether it left; more since then, and it stays.

        Raises:
            PayoutStateError: it left, or was given up before.
            PayoutBusyError: somebody is sending it.
        """
        item = self._store.item(tx, item_id)
        batch = self._store.batch(tx, item.batch)
        if batch.state == PLANNED:
            raise PayoutStateError(id=item_id, state=PLANNED, step=FAILED)
        return self._undo(tx, item, FAILED, by=person(by), why=reason(why), attempts=attempts)

    def confirm(self, tx: Transaction, item_id: str, *, by: str) -> Item:
        """Note that the creator has the money.

        Raises:
            PayoutStateError: it was not sent, or confirmed before.
        """
        by, at = person(by), self._clock.now()
        item = self._move(tx, item_id, PAID, was=(SENT,), step="confirmed")
        self._post(tx, item.brand, entries.paid(item, by=by, at=at))
        return item

    def give_back(
        self, tx: Transaction, item_id: str, *, by: str, why: str, amount: int | None = None
    ) -> Item:
        """Book that a payment came back: what was owed is owed again, in full.

        Args:
            amount: What arrived, in minor units of the currency it was paid
                from; banks keep fees, which are the brand's expense.

        Raises:
            PayoutStateError: it never left, or came back before.
            PayoutAmountError: more came back than was sent, or nothing did.
        """
        by, why, at = person(by), reason(why), self._clock.now()
        gone = self._store.item(tx, item_id).paid_from
        arrived = gone.amount if amount is None else amount
        if type(arrived) is not int or not 0 < arrived <= gone.amount:
            raise PayoutAmountError(
                what=f"The return of {item_id}",
                amount=_shown(arrived, gone.currency),
                expected=f"more than 0 and at most {gone}",
            )
        item = self._move(
            tx, item_id, RETURNED, was=(SENT, PAID), step="returned", returned=arrived
        )
        journal = self._ledger.journal(tx, self._ledger.book(tx, item.brand))
        balances = journal.balances(entries.accounts_of(item))
        journal.stage(entries.returned(item, arrived, balances, by=by, at=at, reason=why))
        if item.realised:
            journal.stage(entries.realised(item, item.realised, at=at, back=True))
        journal.flush()
        return item

    def _undo(
        self,
        tx: Transaction,
        item: Item,
        state: str,
        *,
        by: str,
        why: str,
        attempts: int | None = None,
    ) -> Item:
        step = f"made {state}"
        found = self._move(
            tx, item.id, state, was=(CREATED,), step=step, attempts=attempts, problem=why
        )
        undo(tx, self._ledger, found, by=by, at=self._clock.now(), why=why)
        return found

    def _move(
        self,
        tx: Transaction,
        item_id: str,
        state: str,
        *,
        was: tuple[str, ...],
        step: str,
        attempts: int | None = None,
        **values: int | str,
    ) -> Item:
        now = self._clock.now()
        if not self._store.move(tx, item_id, state, was=was, now=now, attempts=attempts, **values):
            item = self._store.item(tx, item_id)
            if item.state in was:
                raise PayoutBusyError(id=item_id, until=item.lease_until or now)
            raise PayoutStateError(id=item_id, state=item.state, step=step)
        return self._store.item(tx, item_id)

    def _post(self, tx: Transaction, brand: str, draft: EntryDraft) -> None:
        self._ledger.post(tx, self._ledger.book(tx, brand), draft)

    @staticmethod
    def _check_amounts(minimum: int, amounts: Mapping[str, int] | None) -> None:
        given = {"The minimum": minimum}
        for creator, amount in (amounts or {}).items():
            given[f"For {key(creator, 'handle')[:32]}"] = amount
        for what, amount in given.items():
            if type(amount) is not int or not 0 < amount <= MAX_AMOUNT:
                raise PayoutAmountError(
                    what=what, amount=str(amount)[:24], expected="1 minor unit or more"
                )


def undo(tx: Transaction, ledger: Ledger, item: Item, *, by: str, at: datetime, why: str) -> None:
    """Book that an item failed or was cancelled: what is owed back is netted first."""
    journal = ledger.journal(tx, ledger.book(tx, item.brand))
    balances = journal.balances(entries.accounts_of(item))
    kind = f"payout_{item.state}"
    journal.stage(entries.undone(kind, item, balances, by=by, at=at, reason=why))
    journal.flush()


def _payable(payee: Payee, currency: str) -> tuple[str, str]:
    return f"creator:{payee.creator}:{PAYABLE}", currency


def _share(
    payee: Payee, payable: Money, minimum: int, amounts: Mapping[str, int] | None, step: int
) -> tuple[int, int, str]:
    """Return what to reserve for a payee, what of it is withheld, and else why not.

    All of it is 0 and empty for who has nothing payable, or was not asked for.
    """
    wanted = payable.amount if amounts is None else amounts.get(payee.creator, 0)
    if wanted > payable.amount:
        raise OverPayoutError(
            creator=payee.creator,
            amount=str(Money(wanted, payable.currency)),
            payable=str(payable),
        )
    if not wanted:
        return 0, 0, ""
    if payee.hold:
        return 0, 0, "held"
    if payable.amount < minimum:
        return 0, 0, "below_minimum"
    amount, withheld = reserved(wanted, bps=payee.withholding_bps, step=step)
    return amount, withheld, "" if amount else "below_step"


def _shown(amount: object, currency: str) -> str:
    if isinstance(amount, int) and abs(amount) <= MAX_AMOUNT:
        return str(Money(int(amount), currency))
    return str(amount)[:24]
