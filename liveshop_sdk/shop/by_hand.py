"""What people post themselves: ``shop.adjustments``."""

from dataclasses import replace
from datetime import datetime, timedelta

from liveshop_sdk.affiliate import by_hand
from liveshop_sdk.affiliate.accrual import account
from liveshop_sdk.affiliate.ledger.drafting import check_people
from liveshop_sdk.affiliate.ledger.models import EntryDraft, PostedEntry
from liveshop_sdk.affiliate.ledger.service import Ledger
from liveshop_sdk.checkout.orders.service import Orders
from liveshop_sdk.clock import Clock
from liveshop_sdk.db import Database, Transaction
from liveshop_sdk.errors import EntryInvalidError
from liveshop_sdk.events.factlog import FactLog
from liveshop_sdk.facts import CommissionCorrected, OrderKey
from liveshop_sdk.ids import Ids
from liveshop_sdk.money import Money
from liveshop_sdk.registry.store import CreatorStore
from liveshop_sdk.shop.books import Books
from liveshop_sdk.shop.recording import Recorder

_INSTANT = timedelta(microseconds=1)


class Adjustments:
    """Entries by hand, in one brand's book, for ever.

    Whatever moves a creator's money needs a reason and two people: who asks
    (``by``) and who approves (``approved_by``), as your own system names them.
    ``key`` makes a call safe to repeat: the same key with the same request is
    posted once, with another it is refused.
    """

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        ids: Ids,
        ledger: Ledger,
        recorder: Recorder,
        orders: Orders,
        facts: FactLog,
    ) -> None:
        """Work on this database."""
        self._db, self._clock, self._ids, self._ledger = db, clock, ids, ledger
        self._books, self._creators, self._recorder = Books(ledger), CreatorStore(), recorder
        self._orders, self._facts = orders, facts

    def adjust(
        self,
        creator: str,
        amount: Money,
        *,
        reason: str,
        by: str,
        approved_by: str,
        brand: str | None = None,
        key: str | None = None,
    ) -> PostedEntry:
        """Owe a creator more commission, or less where the amount is negative.

        More first repays what they owe back; less first takes what is payable.
        A book holds each currency apart, so one in another than the brand's is
        owed, and paid, in that one.

        Raises:
            SelfApprovalError, PersonMissingError: It takes two people and a reason.

        Effects: one ``adjustment`` entry.
        """
        amount = by_hand.parse_amount(amount, may_be_negative=True)
        key = self._key(key, "adj")
        with self._db.transaction() as tx:
            book = self._books.open(tx, brand)
            handle = self._creators.get(tx, creator).handle
            journal = self._ledger.journal(tx, book)
            names = [account(handle, part) for part in ("payable", "clawback_receivable")]
            found = journal.balances([(name, amount.currency) for name in names])
            draft = by_hand.adjustment(
                key,
                creator=handle,
                amount=amount,
                payable=found[names[0], amount.currency],
                clawback=found[names[1], amount.currency],
                reason=reason,
                by=by,
                approved_by=approved_by,
                at=self._clock.now(),
            )
            return self._ledger.post(tx, book, draft)

    def write_off(
        self,
        creator: str,
        amount: Money,
        *,
        reason: str,
        by: str,
        approved_by: str,
        brand: str | None = None,
        key: str | None = None,
    ) -> PostedEntry:
        """Give up what a creator owes back, all or part of it.

        It is tied to no order: if the refund it came from fails later, the
        commission is owed again, until an adjustment takes it back.

        Raises:
            AccountFloorError: They owe back less than that.

        Effects: one ``write_off`` entry.
        """
        amount = by_hand.parse_amount(amount)
        key = self._key(key, "wof")
        with self._db.transaction() as tx:
            handle = self._creators.get(tx, creator).handle
            draft = by_hand.write_off(
                key,
                creator=handle,
                amount=amount,
                reason=reason,
                by=by,
                approved_by=approved_by,
                at=self._clock.now(),
            )
            return self._post(tx, brand, draft)

    def correct(
        self,
        seq: int,
        amount: Money,
        *,
        reason: str,
        by: str,
        approved_by: str,
        line_ref: str | None = None,
        brand: str | None = None,
        key: str | None = None,
    ) -> PostedEntry | None:
        """Set what a commission line should have earned; the difference is posted now.

        For a wrong rate or base found later, also when the month is closed: the
        entry is dated today and names the entry and the month it corrects.
        Refunds of the line, earlier and later ones, then count against the
        corrected amount.

        Args:
            seq: An entry of the order whose commission is wrong.
            amount: What the line should have earned before any refund.
            line_ref: Which commission line; needed when the entry has several.

        Returns:
            The correction's entry, as posted before if its key was used before; None
            where nothing was left to post.
        """
        amount, key = by_hand.parse_money(amount), self._key(key, "cor")
        by_hand.check_texts(reason=reason, created_by=by, approved_by=approved_by)
        check_people("correction", reason=reason, created_by=by, approved_by=approved_by)
        with self._db.transaction() as tx:
            book = self._books.open(tx, brand)
            entry = self._ledger.entry(tx, book, seq)
            line = _line_of(entry, line_ref)
            currency = next(x.currency for x in entry.postings if x.line_ref == line)
            if amount.currency != currency or amount.amount < 0:
                raise EntryInvalidError(field="amount", problem=f"expected 0 or more {currency}")
            meta = entry.meta
            order = (entry.source, str(meta.get("account", "")), str(meta.get("order_ref", "")))
            fact = CommissionCorrected(
                platform=order[0],
                account=order[1],
                order_ref=order[2],
                occurred_at=self._after_others(tx, order, line),
                correction_id=key,
                line_ref=line,
                amount=amount.amount,
                reason=reason,
                created_by=by,
                approved_by=approved_by,
                corrects_seq=seq,
                period=entry.period,
            )
            self._ledger.check_source(tx, book, fact.platform, fact.key)
            is_new = self._recorder.record(tx, [fact]).new
            # What terms of a period add for it are entries of their own, also before it.
            posted = self._ledger.entries_for(tx, book, fact.platform, [fact.key])
            return replace(posted[0], repeated=not is_new) if posted else None

    def dispute_fee(
        self,
        dispute_id: str,
        amount: Money,
        *,
        rail: str,
        by: str,
        brand: str | None = None,
    ) -> PostedEntry:
        """Book what a platform charged for a dispute; once per dispute.

        Effects: one ``dispute_fee`` entry against ``clearing:<rail>``.
        """
        amount = by_hand.parse_amount(amount)
        draft = by_hand.dispute_fee(
            by_hand.parse_key(dispute_id),
            dispute_id=dispute_id,
            rail=rail,
            amount=amount,
            by=by,
            at=self._clock.now(),
        )
        with self._db.transaction() as tx:
            return self._post(tx, brand, draft)

    def annotate(
        self,
        text: str,
        *,
        by: str,
        about: int | None = None,
        brand: str | None = None,
        key: str | None = None,
    ) -> PostedEntry:
        """Add a remark to the book, on one of its entries or on none; it moves nothing."""
        by_hand.check_texts(text=text)
        if not (text or "").strip():
            raise EntryInvalidError(field="text", problem="it is empty")
        key = self._key(key, "rem")
        with self._db.transaction() as tx:
            book = self._books.open(tx, brand)
            if about is not None:
                self._ledger.entry(tx, book, about)
            draft = by_hand.annotation(key, text=text, about=about, by=by, at=self._clock.now())
            return self._ledger.post(tx, book, draft)

    def _after_others(self, tx: Transaction, order: OrderKey, line: str) -> datetime:
        """Return now, or just after a line's latest correction where a clock is behind.

        The latest correction of a line holds, so this one must be it. The order
        stays locked, so that none comes between.
        """
        self._orders.lock(tx, [order])
        known = self._facts.of_orders(tx, [order])[order]
        corrections = (fact for fact in known if isinstance(fact, CommissionCorrected))
        earlier = [one.occurred_at + _INSTANT for one in corrections if one.line_ref == line]
        return max([self._clock.now(), *earlier])

    def _post(self, tx: Transaction, brand: str | None, draft: EntryDraft) -> PostedEntry:
        return self._ledger.post(tx, self._books.open(tx, brand), draft)

    def _key(self, key: str | None, prefix: str) -> str:
        return self._ids.new(prefix) if key is None else by_hand.parse_key(key)


def _line_of(entry: PostedEntry, line_ref: str | None) -> str:
    """Return the commission line meant: the one named, else the only one.

    What a period pays (a bonus, a cap, a guarantee) or a fee is no such line, and
    follows from terms and sales; only an adjustment changes it.
    """
    own = f"{entry.source}:{entry.meta.get('order_ref', '')}/"
    refs = (line.line_ref for line in entry.postings if line.line_ref.startswith(own))
    there = list(dict.fromkeys(refs))
    if line_ref is None and len(there) == 1:
        return there[0]
    if line_ref is None or line_ref not in there:
        listed = ", ".join(there)[:400] or "none"
        problem = f"entry {entry.seq} has the commission lines: {listed}"
        problem += "; name one of them" if there else ""
        raise EntryInvalidError(field="line_ref", problem=problem)
    return line_ref
