"""Payouts as finance runs them: what ``shop.payouts`` is."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from liveshop_sdk.affiliate.ledger.service import Ledger
from liveshop_sdk.affiliate.payouts import reconcile
from liveshop_sdk.affiliate.payouts.models import (
    CREATED,
    Batch,
    Difference,
    Item,
    Payee,
    Plan,
    SendReport,
)
from liveshop_sdk.affiliate.payouts.payees import checked
from liveshop_sdk.affiliate.payouts.people import person
from liveshop_sdk.affiliate.payouts.ports import PayoutRail
from liveshop_sdk.affiliate.payouts.rails import Rails
from liveshop_sdk.affiliate.payouts.sending import Sending
from liveshop_sdk.affiliate.payouts.service import PayoutDesk
from liveshop_sdk.affiliate.payouts.store import PayoutStore
from liveshop_sdk.clock import Clock
from liveshop_sdk.db import Database, Transaction
from liveshop_sdk.errors import (
    BoundShopError,
    BrandNotFoundError,
    InvalidError,
    LiveShopError,
    NotFoundError,
    PayeeHeldError,
    PayoutStateError,
)
from liveshop_sdk.ids import Ids
from liveshop_sdk.money import Money, exponent_of
from liveshop_sdk.registry.brands import FIRST_CODE, Brand
from liveshop_sdk.registry.store import BrandStore, CreatorStore

_CLOCKS_DIFFER_BY = timedelta(days=1)
_PATIENCE = 3
"""After so many items in a row without an answer, the others wait for the next run."""


class Payouts:
    """Plans, sends and follows payouts; no item is ever sent twice."""

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        ids: Ids,
        ledger: Ledger,
        rails: Rails,
        alone_up_to: Mapping[str, Money],
    ) -> None:
        """Work on this database, by these rails."""
        self._db, self._clock, self._ledger, self._rails = db, clock, ledger, rails
        self._desk = PayoutDesk(clock=clock, ids=ids, ledger=ledger, alone_up_to=alone_up_to)
        self._sending = Sending(clock=clock, ids=ids, ledger=ledger)
        self._store, self._brands, self._creators = PayoutStore(), BrandStore(), CreatorStore()

    # --- payees

    def set_payee(
        self,
        creator: str,
        *,
        rail: str,
        fields: Mapping[str, str],
        withholding_bps: int | None = None,
        allows_offset: bool | None = None,
    ) -> Payee:
        """Store how a creator is paid by a rail, in place of what was there.

        Details stand in a table of their own, and nowhere else: not in the
        ledger, a log or an error. A hold stays, and so does what is left out.

        Args:
            fields: What the rail needs, such as ``{"account": "acct_…"}``;
                empty keeps what is stored.
            withholding_bps: Of every payout, kept back as tax.

        Raises:
            CreatorNotFoundError: nobody has this handle.
            PayeeInvalidError: naming the field that does not fit.
        """
        given = {name: value for name, value in fields.items() if value}
        with self._db.transaction() as tx:
            handle = self._creators.get(tx, creator).handle
            while True:
                was = self._store.find_payee(tx, handle, rail, lock=True)
                payee = was or Payee(creator=handle, rail=rail, fields={})
                payee = replace(payee, fields=given or payee.fields)
                if withholding_bps is not None:
                    payee = replace(payee, withholding_bps=withholding_bps)
                if allows_offset is not None:
                    payee = replace(payee, allows_offset=allows_offset)
                if self._put(tx, payee, was=was):
                    return payee

    def hold(self, creator: str, *, rail: str, reason: str) -> Payee:
        """Stop payouts to a creator by a rail; an empty reason lifts the hold."""
        with self._db.transaction() as tx:
            handle = self._creators.get(tx, creator).handle
            was = self._store.payee(tx, handle, rail, lock=True)
            payee = replace(was, hold=reason.strip())
            self._put(tx, payee, was=was)
            return payee

    def payees(self, creator: str) -> list[Payee]:
        """Return how a creator is paid, by rail."""
        with self._db.reading() as tx:
            return self._store.payees_of(tx, self._creators.get(tx, creator).handle)

    def _put(self, tx: Transaction, payee: Payee, *, was: Payee | None) -> bool:
        return self._store.put_payee(tx, checked(payee), was=was, at=self._clock.now())

    # --- plan and decide

    def plan(
        self,
        *,
        rail: str,
        by: str,
        brand: str | None = None,
        currency: str | None = None,
        minimum: int = 1,
        amounts: Mapping[str, int] | None = None,
    ) -> Plan:
        """Reserve what is payable to the payees of a rail, as one batch.

        Under the lock of the book: two plans at once never reserve the same
        cent, and a repeat finds nothing left and says so.

        Args:
            by: Who plans; another person approves.
            currency: The brand's own by default.
            minimum: In minor units; who has less waits.
            amounts: Only these creators, so much each.

        Raises:
            RailUnknownError: the shop has no such rail.
            OverPayoutError: more was asked for than is payable.
        """
        chosen = self._rails.any(rail)
        with self._db.transaction() as tx:
            found = self._brand(tx, brand)
            code = found.currency if currency is None else currency
            exponent_of(code)
            if amounts is None and found.code not in self._ledger.books(tx):
                return Plan(batch=None)  # its first agreement opens the book
            return self._desk.plan(
                tx,
                brand=found.code,
                rail=chosen,
                currency=code,
                minimum=minimum,
                by=by,
                amounts=amounts,
            )

    def approve(self, batch_id: str, *, by: str) -> Batch:
        """Let a planned batch be sent; by a second person, unless it is small enough.

        Raises:
            SelfApprovalError: whoever planned it approves it.
            PayoutStateError: it was decided before.
        """
        with self._db.transaction() as tx:
            return self._desk.approve(tx, batch_id, by=by)

    def reject(self, batch_id: str, *, by: str, reason: str) -> Batch:
        """Take a planned batch back; all of it is payable again."""
        with self._db.transaction() as tx:
            return self._desk.reject(tx, batch_id, by=by, why=reason)

    # --- send

    def send(
        self,
        batch_id: str | None = None,
        *,
        by: str,
        pay_in: str | None = None,
        fee: int = 0,
    ) -> SendReport:
        """Send what was approved and not sent yet; safe to run at any time, twice, too.

        Each item is claimed and committed before its rail is called with the
        item's id as key. An answer that was lost is asked for before anything
        is sent again. One item's trouble holds up no other.

        Args:
            batch_id: Only this batch; otherwise all that are approved, by
                rails that are called.
            pay_in: Pay from this currency, at the rate in force.
            fee: What the rail takes for each, where it does not say itself; in
                minor units of what it is paid from.

        Raises:
            PayoutStateError: the batch is not approved.
            RailUnknownError: its rail takes files, or is not set up.
        """
        by = person(by)
        self._sending.check_terms(pay_in, fee)
        if self._db.is_bound:
            raise BoundShopError(call="payouts.send")
        with self._db.reading() as tx:
            names = list(self._rails.called)
            if batch_id is not None:
                names = [self._sending.check(tx, batch_id)]
            rails = {name: self._rails.to_call(name) for name in names}
            due = self._store.due(tx, names, batch_id)
        counts: dict[str, int] = {}
        silent = 0
        for done, (item_id, name) in enumerate(due):
            if silent == _PATIENCE:
                counts["left"] = len(due) - done
                break
            what = self._send_one(item_id, rails[name], by=by, pay_in=pay_in, fee=fee)
            counts[what] = counts.get(what, 0) + 1
            silent = silent + 1 if what == "unknown" else 0
        return SendReport(**counts)

    def _send_one(
        self, item_id: str, rail: PayoutRail, *, by: str, pay_in: str | None, fee: int
    ) -> str:
        """Send one item; returns what it counts as."""
        try:
            with self._db.transaction() as tx:
                item = self._sending.claim(tx, item_id, rail, pay_in=pay_in, fee=fee)
        except (InvalidError, NotFoundError, PayeeHeldError) as error:
            with self._db.transaction() as tx:
                self._sending.unsendable(tx, item_id, error)
            return "waiting"
        if item is None:
            return "busy"
        try:
            outcome = self._sending.ask(item, rail)
        except LiveShopError as error:
            with self._db.transaction() as tx:
                self._sending.unanswered(tx, item, error)
            return "waiting" if isinstance(error, PayeeHeldError) else "unknown"
        if outcome is None:
            return "busy"
        with self._db.transaction() as tx:
            if not self._sending.record(tx, item, outcome, by=by):
                return "busy"
        return {"sent": "sent", "refused": "failed"}.get(outcome.verdict, "waiting")

    def file(
        self, batch_id: str, *, rail: str, pay_in: str | None = None, fee: int = 0
    ) -> Sequence[tuple[str, bytes]]:
        """Return the files that pay an approved batch, and mark its items sent.

        However often: the first call freezes what they say, and each gives the
        same bytes. When one item cannot be written, there is no file at all.

        Returns:
            Name and bytes of each file; several where a rail limits the rows.

        Raises:
            PayoutStateError: not approved, or planned for another rail.
            PayoutBusyError: filed by somebody else at this moment, or an item
                failed meanwhile; call again.
            RailUnknownError: not a rail that takes files.
        """
        writer = self._rails.to_file(rail)
        self._sending.check_terms(pay_in, fee)
        with self._db.transaction() as tx:
            batch = self._store.batch(tx, batch_id)
            if self._sending.check(tx, batch_id) != rail:
                raise PayoutStateError(id=batch_id, state=f"for {batch.rail}", step="filed")
            items = [
                self._sending.freeze(tx, item, writer, pay_in=pay_in, fee=fee)
                for item in self._store.items(tx, batch_id)
            ]
            params = [item.params for item in items if item.params is not None]
            made = writer.files(params, batch_id=batch_id)
            for item in items:
                if item.state == CREATED:  # as frozen above, under the lock of its row
                    self._sending.book(tx, item, ref=item.id, fee=item.fee)
            return made

    # --- what became of it

    def confirm(self, item_id: str, *, by: str) -> Item:
        """Note that the creator has the money; it moves nothing."""
        with self._db.transaction() as tx:
            return self._desk.confirm(tx, item_id, by=by)

    def fail(self, item_id: str, *, by: str, reason: str) -> Item:
        """Give up an item that never left; the rail is asked first, if it may have it.

        Raises:
            PayoutStateError: it left after all, or was given up before.
            PayoutBusyError: somebody is sending it.
            UnavailableError: the rail did not answer; nothing was changed.
        """
        with self._db.reading() as tx:
            item = self._store.item(tx, item_id)
        if item.state == CREATED and item.attempts and item.params is not None:
            if self._db.is_bound:
                raise BoundShopError(call="payouts.fail")
            found = self._rails.to_call(item.rail).find(item.params)
            if found is not None:
                raise PayoutStateError(id=item_id, state="at the rail", step="failed")
        with self._db.transaction() as tx:
            return self._desk.fail(tx, item_id, by=by, why=reason, attempts=item.attempts)

    def returned(self, item_id: str, *, by: str, reason: str, amount: int | None = None) -> Item:
        """Book that a payment came back: what was owed is owed again, in full.

        Args:
            amount: What arrived, in minor units of what it was paid from; what
                banks kept is the brand's expense.

        Raises:
            PayoutStateError: it never left, or came back before.
            PayoutAmountError: more came back than was sent.
        """
        with self._db.transaction() as tx:
            return self._desk.give_back(tx, item_id, by=by, why=reason, amount=amount)

    # --- looking

    def batch(self, batch_id: str) -> tuple[Batch, list[Item]]:
        """Return a batch with its items."""
        with self._db.reading() as tx:
            return self._store.batch(tx, batch_id), self._store.items(tx, batch_id)

    def item(self, item_id: str) -> Item:
        """Return one item."""
        with self._db.reading() as tx:
            return self._store.item(tx, item_id)

    def currency(self, *, brand: str | None = None) -> str:
        """Return the currency a brand keeps its book in."""
        with self._db.reading() as tx:
            return self._brand(tx, brand).currency

    def batches(self, *, brand: str | None = None, limit: int = 100) -> list[Batch]:
        """Return a brand's batches, the newest first."""
        with self._db.reading() as tx:
            return self._store.batches(tx, brand=self._brand(tx, brand).code, limit=limit)

    def reconcile(self, *, brand: str | None = None) -> list[Difference]:
        """Return where items, ledger and rails differ; empty when all agree.

        Rails that are called are asked for their own list. Wait until no
        sender is at work: an item between the two looks like a difference.

        Raises:
            UnavailableError: a rail did not answer.
        """
        with self._db.reading() as tx:
            code = self._brand(tx, brand).code
            if code not in self._ledger.books(tx):
                return []
            book = self._ledger.book(tx, code)
            items = self._store.all_items(tx, code)
            rows = self._ledger.balances(tx, book)
            balances = {(row.account, row.currency): row.amount for row in rows}
            found = [*reconcile.of_ledger(items, self._store.booked(tx, book.id), balances)]
        for name, rail in self._rails.called.items():
            own = [item for item in items if item.rail == name]
            if own:
                since = min(item.created_at for item in own) - _CLOCKS_DIFFER_BY
                listed = [one for one in rail.transfers(since) if one.brand in ("", code)]
                found += reconcile.of_rail(own, listed)
        return found

    def rails(self) -> tuple[str, ...]:
        """Return the rails this shop has."""
        return self._rails.names

    # --- finding

    def _brand(self, tx: Transaction, code: str | None) -> Brand:
        found = self._brands.find(tx, code)
        if found is None:
            raise BrandNotFoundError(brand=FIRST_CODE)
        return found
