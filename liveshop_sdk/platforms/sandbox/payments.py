"""From an open checkout to an order, or to its end without one."""

import re
from dataclasses import replace
from datetime import datetime

from liveshop_sdk.db import Transaction
from liveshop_sdk.errors import SandboxAmountError, SandboxCodeRefusedError, SandboxStateError
from liveshop_sdk.platforms.sandbox import events
from liveshop_sdk.platforms.sandbox.deliveries import Deliveries
from liveshop_sdk.platforms.sandbox.desk import LIMITS, Desk, must_be
from liveshop_sdk.platforms.sandbox.models import Cart, Checkout, Order, SandboxCoupon
from liveshop_sdk.platforms.sandbox.pricing import Discount, Priced, price, units_of

BUYER = "buyer@example.com"
_EMAIL = re.compile(r"[^@\s\x00-\x1f\x7f]{1,64}@[^@\s\x00-\x1f\x7f]{1,189}")
_CODE = re.compile(r"[A-Z0-9-]{3,32}")


class Payments(Desk):
    """The buttons of the checkout page."""

    def apply_code(self, ref: str, code: str | None) -> Checkout:
        """Apply a code typed at the shop in place of any other; None removes it.

        Raises:
            SandboxCodeRefusedError: not a coupon here, over, used up, or in
                another currency.
            SandboxStateError: the checkout is not open.
        """
        now = self._clock.now()
        with self._db.transaction() as tx:
            checkout = self._locked_checkout(tx, ref)
            must_be(checkout, "open", "given a code", now)
            coupon = None
            if code is not None:
                typed = code.strip()
                spelled = typed.upper() if typed.isascii() else ""
                found = (
                    self._codes.coupon_by_code(tx, spelled) if _CODE.fullmatch(spelled) else None
                )
                coupon = usable(
                    found,
                    typed,
                    cart=checkout.cart,
                    now=now,
                    is_strict=self._strict(tx),
                )
            changed = replace(
                checkout,
                code=coupon.code if coupon else None,
                coupon_ref=coupon.id if coupon else None,
                priced=priced_with(checkout, coupon),
            )
            self._store.save_checkout(tx, changed)
        return changed

    def pay(self, ref: str, *, email: str = BUYER, deliveries: Deliveries | None = None) -> Order:
        """Pay an open checkout in full and return its order.

        Effects:
            One transaction: the order, one use of its coupon, and the webhook
            ``checkout.paid`` in the outbox.

        Raises:
            SandboxStateError: it is paid, over, or has ended.
            SandboxCodeRefusedError: its coupon is used up, or this customer
                may not use it again. The code can be removed.
        """
        return self._complete(ref, email, "open", deliveries)

    def settle(self, ref: str, *, deliveries: Deliveries | None = None) -> Order:
        """Let the payment of a pending checkout arrive, at whatever time."""
        return self._complete(ref, None, "pending", deliveries)

    def pay_later(
        self, ref: str, *, email: str = BUYER, deliveries: Deliveries | None = None
    ) -> Checkout:
        """Complete an open checkout with a payment that takes days."""
        now = self._clock.now()
        address = _address(email)
        vetted = self._vet(ref, address)
        with self._db.transaction() as tx:
            checkout = self._locked_checkout(tx, ref)
            must_be(checkout, "open", "paid later", now)
            _same_code(checkout, vetted)
            changed = replace(checkout, state="pending", email=address, closed_at=now)
            self._take_coupon(tx, changed)
            self._store.save_checkout(tx, changed)
            self._announce(tx, events.CHECKOUT_PENDING, events.pending(changed), deliveries)
        return changed

    def fail_later(self, ref: str, *, deliveries: Deliveries | None = None) -> Checkout:
        """Let the payment of a pending checkout fail after all."""
        return self._close(ref, "pending", "failed", deliveries)

    def decline(self, ref: str, *, deliveries: Deliveries | None = None) -> Checkout:
        """Have the card refused; the checkout ends."""
        return self._close(ref, "open", "declined", deliveries)

    def abandon(self, ref: str, *, deliveries: Deliveries | None = None) -> Checkout:
        """Leave the checkout page for good."""
        return self._close(ref, "open", "abandoned", deliveries)

    def expire_due(self, *, deliveries: Deliveries | None = None) -> tuple[str, ...]:
        """End every open checkout whose time is over; returns their ids."""
        now = self._clock.now()
        ended = []
        with self._db.transaction() as tx:
            for checkout_id in self._store.overdue(tx, now):
                checkout = self._locked_checkout(tx, checkout_id)
                if checkout.state == "open":
                    self._end(tx, checkout, "expired", deliveries, now)
                    ended.append(checkout_id)
        return tuple(ended)

    def expire(self, ref: str, *, deliveries: Deliveries | None = None) -> Checkout:
        """End an open checkout before its time; any other is left as it is."""
        with self._db.transaction() as tx:
            checkout = self._locked_checkout(tx, ref)
            if checkout.state != "open":
                return checkout
            return self._end(tx, checkout, "expired", deliveries, self._clock.now())

    def _complete(
        self, ref: str, email: str | None, state: str, deliveries: Deliveries | None
    ) -> Order:
        now = self._clock.now()
        given = None if email is None else _address(email)
        vetted = None if given is None else self._vet(ref, given)
        with self._db.transaction() as tx:
            checkout = self._locked_checkout(tx, ref)
            must_be(checkout, state, "paid" if state == "open" else "settled", now)
            if given is not None:
                _same_code(checkout, vetted)
                self._take_coupon(tx, checkout)
            order = _order(self._ids.new("sbo"), checkout, given or checkout.email or BUYER, now)
            paid = replace(
                checkout, state="paid", email=order.email, closed_at=now, order_id=order.id
            )
            self._store.save_checkout(tx, paid)
            self._store.add_order(tx, order)
            self._announce(tx, events.CHECKOUT_PAID, events.paid(order), deliveries)
        return order

    def _close(self, ref: str, state: str, becomes: str, deliveries: Deliveries | None) -> Checkout:
        now = self._clock.now()
        with self._db.transaction() as tx:
            checkout = self._locked_checkout(tx, ref)
            must_be(checkout, state, becomes, now)
            return self._end(tx, checkout, becomes, deliveries, now)

    def _end(
        self,
        tx: Transaction,
        checkout: Checkout,
        becomes: str,
        deliveries: Deliveries | None,
        now: datetime,
    ) -> Checkout:
        if checkout.state == "pending" and checkout.coupon_ref:
            self._store.free_coupon(tx, checkout.coupon_ref)
            self._codes.free(tx, checkout.code)
        changed = replace(checkout, state=becomes, closed_at=now)
        self._store.save_checkout(tx, changed)
        self._announce(tx, events.CHECKOUT_CLOSED, events.closed(changed, becomes, now), deliveries)
        return changed

    def _vet(self, ref: str, email: str) -> str | None:
        """Ask whether this customer may use the checkout's code; returns the code."""
        with self._db.reading() as tx:
            checkout = self._store.checkout(tx, ref)
        code = checkout.code if checkout else None
        if checkout is None or code is None or self._check_customer is None:
            return code
        must_be(checkout, "open", "paid", self._clock.now())
        problem = self._check_customer(code, email)
        if problem is not None:
            raise SandboxCodeRefusedError(coupon=code, problem=problem)
        return code

    def _take_coupon(self, tx: Transaction, checkout: Checkout) -> None:
        if checkout.coupon_ref is None:
            return
        is_strict = self._strict(tx)
        is_free = self._store.use_coupon(tx, checkout.coupon_ref, is_strict=is_strict)
        if not is_free or not self._codes.use(tx, checkout.code, is_strict=is_strict):
            raise SandboxCodeRefusedError(coupon=checkout.code or "", problem="it is used up")

    def _strict(self, tx: Transaction) -> bool:
        return self._store.value(tx, LIMITS) != "lax"


def usable(
    coupon: SandboxCoupon | None, typed: str, *, cart: Cart, now: datetime, is_strict: bool
) -> SandboxCoupon:
    """Return the coupon if it can be applied to this cart now.

    Raises:
        SandboxCodeRefusedError: it cannot; the text says why.
    """
    problem = None
    if coupon is None:
        problem = "there is no such code here"
    elif not coupon.starts_at <= now:
        problem = "it has not begun"
    elif not now < coupon.ends_at or coupon.state == "ended":
        problem = "it is over"
    elif coupon.state == "paused":
        problem = "it is paused"
    elif coupon.currency not in (None, cart.currency):
        problem = f"it is for {coupon.currency} only"
    elif is_strict and (
        coupon.is_spent or (coupon.limit is not None and coupon.used >= coupon.limit)
    ):
        problem = "it is used up"
    elif (gives := coupon.discount.gives) is not None and not gives.fits(units_of(cart.items)):
        problem = f"the cart has not what it asks for: {gives.words}"
    if coupon is None or problem is not None:
        raise SandboxCodeRefusedError(coupon=typed[:32], problem=problem or "")
    return coupon


def priced_with(checkout: Checkout, coupon: SandboxCoupon | None) -> Priced:
    """Return the checkout's cart, priced with this coupon or without one."""
    discount: Discount | None = coupon.discount if coupon else None
    return price(checkout.cart.items, checkout.terms, discount)


def _address(email: str) -> str:
    trimmed = email.strip()
    if not _EMAIL.fullmatch(trimmed):
        raise SandboxAmountError(value="this e-mail address", expected="name@example.com")
    return trimmed


def _same_code(checkout: Checkout, vetted: str | None) -> None:
    if checkout.code != vetted:
        raise SandboxStateError(
            ref=checkout.id, step="paid", problem="its code was changed", remedy="Pay again."
        )


def _order(order_id: str, checkout: Checkout, email: str, now: datetime) -> Order:
    return Order(
        id=order_id,
        checkout_id=checkout.id,
        reference=checkout.cart.sealed_ref,
        currency=checkout.cart.currency,
        total=checkout.priced.total,
        shipping=checkout.priced.shipping,
        tax=checkout.priced.tax,
        is_tax_included=checkout.priced.is_tax_included,
        lines=checkout.priced.lines,
        code=checkout.code,
        coupon_ref=checkout.coupon_ref,
        email=email,
        paid_at=now,
        refunded=0,
    )
