"""What becomes of a paid order: refunds, and disputes won or lost."""

from collections.abc import Mapping
from dataclasses import replace

from liveshop_sdk.errors import (
    SandboxAmountError,
    SandboxRefundTooLargeError,
    SandboxRefUnknownError,
    SandboxStateError,
)
from liveshop_sdk.money import Money
from liveshop_sdk.platforms.sandbox import events
from liveshop_sdk.platforms.sandbox.deliveries import Deliveries
from liveshop_sdk.platforms.sandbox.desk import Desk
from liveshop_sdk.platforms.sandbox.models import Dispute, Order, Refund
from liveshop_sdk.platforms.sandbox.refunds import RefundedLine, refund_lines


class Aftercare(Desk):
    """The buttons of the order page; money never goes back twice."""

    def refund(
        self,
        ref: str,
        amount: int | None = None,
        *,
        lines: Mapping[str, int] | None = None,
        deliveries: Deliveries | None = None,
    ) -> Refund:
        """Pay back an amount, some units, or all that is left.

        Args:
            amount: Minor units; the refund then names no line.
            lines: Units by line ref or SKU; the refund then names them.

        Raises:
            SandboxRefundTooLargeError: more than is left; what a dispute has
                taken back is not left.
            SandboxAmountError: not above zero, or both ways at once.
            SandboxStateError: nothing was paid.
        """
        if amount is not None and lines is not None:
            raise SandboxAmountError(value="both", expected="an amount or lines, not both")
        now = self._clock.now()
        with self._db.transaction() as tx:
            order = self._locked_order(tx, ref)
            left = _left(order, self._store.disputes(tx, order))
            named: tuple[RefundedLine, ...] = ()
            if lines is not None:
                made = [one for one in self._store.refunds(tx, order) if one.state == "made"]
                named = refund_lines(
                    order.lines,
                    [line for one in made for line in one.lines],
                    lines,
                    is_tax_included=order.is_tax_included,
                )
            given = sum(line.amount for line in named) if lines is not None else amount
            refund = Refund(
                id=self._ids.new("sbr"),
                order_id=order.id,
                amount=_checked(order, given, left),
                currency=order.currency,
                lines=named,
                state="made",
                created_at=now,
                failed_at=None,
            )
            self._store.add_refund(tx, refund)
            self._store.set_refunded(tx, order.id, order.refunded + refund.amount)
            self._announce(tx, events.REFUND_CREATED, events.refunded(refund), deliveries)
        return refund

    def fail_refund(self, refund_id: str, *, deliveries: Deliveries | None = None) -> Refund:
        """Have the bank send a refund back; it counts as never made.

        Raises:
            SandboxStateError: it has failed already.
        """
        now = self._clock.now()
        with self._db.transaction() as tx:
            if self._store.order_of_refund(tx, refund_id) is None:
                raise SandboxRefUnknownError(kind="refund", ref=refund_id[:64])
            order = self._locked_order(tx, refund_id)
            refund = next(one for one in self._store.refunds(tx, order) if one.id == refund_id)
            if refund.state != "made":
                raise SandboxStateError(
                    ref=refund_id,
                    step="failed",
                    problem="it has failed already",
                    remedy="Make a new refund.",
                )
            failed = replace(refund, state="failed", failed_at=now)
            self._store.fail_refund(tx, refund_id, now)
            self._store.set_refunded(tx, order.id, order.refunded - refund.amount)
            self._announce(tx, events.REFUND_FAILED, events.refund_failed(failed), deliveries)
        return failed

    def dispute(
        self, ref: str, amount: int | None = None, *, deliveries: Deliveries | None = None
    ) -> Dispute:
        """Have the buyer's bank take money back: an amount, or all that is left.

        A given amount may include what was refunded before, as banks do; it
        is at most the order's total less what earlier disputes took for good.

        Raises:
            SandboxStateError: nothing was paid, or a dispute is open.
        """
        now = self._clock.now()
        with self._db.transaction() as tx:
            order = self._locked_order(tx, ref)
            known = self._store.disputes(tx, order)
            if any(one.state == "open" for one in known):
                raise SandboxStateError(
                    ref=order.id,
                    step="disputed",
                    problem="a dispute is open",
                    remedy="Win or lose that one first.",
                )
            most = order.total - sum(one.amount for one in known if one.state == "lost")
            left = most if amount is not None else _left(order, known)
            opened = Dispute(
                id=self._ids.new("sbd"),
                order_id=order.id,
                amount=_checked(order, amount, left),
                currency=order.currency,
                state="open",
                opened_at=now,
                closed_at=None,
            )
            self._store.add_dispute(tx, opened)
            self._announce(tx, events.DISPUTE_OPENED, events.disputed(opened), deliveries)
        return opened

    def win(self, ref: str, *, deliveries: Deliveries | None = None) -> Dispute:
        """Decide the open dispute for the shop: the money comes back to it."""
        return self._decide(ref, "won", events.DISPUTE_WON, deliveries)

    def lose(self, ref: str, *, deliveries: Deliveries | None = None) -> Dispute:
        """Decide the open dispute for the buyer: the money is gone for good."""
        return self._decide(ref, "lost", events.DISPUTE_LOST, deliveries)

    def _decide(self, ref: str, becomes: str, topic: str, deliveries: Deliveries | None) -> Dispute:
        now = self._clock.now()
        with self._db.transaction() as tx:
            order = self._locked_order(tx, ref)
            opened = [one for one in self._store.disputes(tx, order) if one.state == "open"]
            if not opened or (ref.startswith("sbd_") and opened[0].id != ref):
                raise SandboxStateError(
                    ref=ref,
                    step=becomes,
                    problem="no such dispute is open",
                    remedy="Open one first: liveshop sandbox dispute REF.",
                )
            decided = replace(opened[0], state=becomes, closed_at=now)
            self._store.close_dispute(tx, decided.id, becomes, now)
            self._announce(tx, topic, events.disputed(decided), deliveries)
        return decided


def _left(order: Order, disputes: list[Dispute]) -> int:
    """Return what can still go back: not refunded, and not taken by a bank."""
    taken = sum(one.amount for one in disputes if one.state != "won")
    return max(0, order.total - order.refunded - taken)


def _checked(order: Order, amount: int | None, left: int) -> int:
    if amount is None and left < 1:
        raise SandboxStateError(
            ref=order.id,
            step="refunded or disputed",
            problem="nothing is left of it to pay back",
            remedy="Fail a refund or win a dispute first.",
        )
    wanted = left if amount is None else amount
    if type(wanted) is not int or wanted < 1:
        value = Money(wanted, order.currency) if type(wanted) is int else repr(wanted)[:40]
        raise SandboxAmountError(
            value=f"an amount of {value}", expected=f"at least {Money(1, order.currency)}"
        )
    asked, most = Money(wanted, order.currency), Money(left, order.currency)
    if asked > most:
        raise SandboxRefundTooLargeError(order_ref=order.id, amount=str(asked), left=str(most))
    return wanted
