"""What people do at the sandbox: its pages, its commands and tests call this."""

from datetime import datetime, timedelta

from liveshop_sdk.clock import EPOCH
from liveshop_sdk.errors import SandboxAmountError, SandboxRefUnknownError
from liveshop_sdk.platforms.sandbox.aftercare import Aftercare
from liveshop_sdk.platforms.sandbox.deliveries import Deliveries
from liveshop_sdk.platforms.sandbox.desk import (
    DELIVERIES,
    LIMITS,
    TERMS,
    stored_deliveries,
    stored_terms,
)
from liveshop_sdk.platforms.sandbox.models import CheckoutPage, Dispute, Order, Refund
from liveshop_sdk.platforms.sandbox.payments import Payments
from liveshop_sdk.platforms.sandbox.pricing import Terms

MAX_SHIPPING = 99_999_999


class Sandbox(Payments, Aftercare):
    """A shop without money: look at checkouts, press buttons, set switches.

    REF is our checkout id (``chk_…``), the sandbox's checkout (``sbc_…``) or
    its order (``sbo_…``). Every step checks the state it starts from and is
    one transaction with the webhooks it causes; a refusal changes nothing.
    """

    def checkout(self, ref: str) -> CheckoutPage:
        """Return what the checkout page shows.

        Raises:
            SandboxRefUnknownError: there is no such checkout.
        """
        with self._db.reading() as tx:
            found = self._store.checkout(tx, ref)
        if found is None:
            raise SandboxRefUnknownError(kind="checkout", ref=ref[:64])
        is_over = found.state == "open" and found.expires_at <= self._clock.now()
        return CheckoutPage(
            id=found.id,
            checkout_id=found.cart.checkout_id,
            state="expired" if is_over else found.state,
            lines=found.priced.lines,
            subtotal=found.money(found.priced.subtotal),
            discount=found.money(found.priced.discount),
            tax=found.money(found.priced.tax),
            is_tax_included=found.priced.is_tax_included,
            shipping=found.money(found.priced.shipping),
            shipping_off=found.money(found.priced.shipping_off),
            total=found.money(found.priced.total),
            code=found.code,
            expires_at=found.expires_at,
            success_url=found.cart.success_url,
            cancel_url=found.cart.cancel_url,
            order_id=found.order_id,
        )

    def order(self, ref: str) -> Order:
        """Return a paid order.

        Raises:
            SandboxRefUnknownError: there is none, or it was not paid.
        """
        with self._db.reading() as tx:
            checkout = self._store.checkout(tx, ref)
            order_id = checkout.order_id if checkout else None
            found = self._store.order(tx, order_id) if order_id else None
        if found is None:
            raise SandboxRefUnknownError(kind="order", ref=ref[:64])
        return found

    def orders(self, since: datetime = EPOCH) -> tuple[Order, ...]:
        """Return the orders paid since then, oldest first."""
        with self._db.reading() as tx:
            return tuple(self._store.orders(tx, since))

    def refunds(self, ref: str) -> tuple[Refund, ...]:
        """Return the refunds of an order, failed ones included, oldest first."""
        order = self.order(ref)
        with self._db.reading() as tx:
            return tuple(self._store.refunds(tx, order))

    def disputes(self, ref: str) -> tuple[Dispute, ...]:
        """Return the disputes of an order, oldest first."""
        order = self.order(ref)
        with self._db.reading() as tx:
            return tuple(self._store.disputes(tx, order))

    # --- switches, stored until changed

    def deliveries(
        self,
        *,
        duplicate: int | None = None,
        drop: int | None = None,
        delay: timedelta | None = None,
        reorder: timedelta | None = None,
    ) -> Deliveries:
        """Change how webhooks are delivered from now on; returns all switches.

        Those not given stay as they are; see `Deliveries` for what they mean.
        """
        with self._db.transaction() as tx:
            now = stored_deliveries(self._store, tx)
            changed = Deliveries(
                duplicate=now.duplicate if duplicate is None else duplicate,
                drop=now.drop if drop is None else drop,
                delay=now.delay if delay is None else delay,
                reorder=now.reorder if reorder is None else reorder,
            )
            if changed != now:
                self._store.put_value(tx, DELIVERIES, changed.as_text())
        return changed

    def terms(
        self,
        *,
        tax_bps: int | None = None,
        is_tax_included: bool | None = None,
        shipping: int | None = None,
    ) -> Terms:
        """Change tax and shipping of checkouts opened from now on; returns them.

        Args:
            tax_bps: Basis points, 1900 is 19 %.
            shipping: A flat amount per checkout, in minor units.
        """
        with self._db.transaction() as tx:
            now = stored_terms(self._store, tx)
            changed = Terms(
                tax_bps=now.tax_bps if tax_bps is None else tax_bps,
                is_tax_included=(
                    now.is_tax_included if is_tax_included is None else is_tax_included
                ),
                shipping=now.shipping if shipping is None else shipping,
            )
            if not 0 <= changed.tax_bps <= 10_000 or not 0 <= changed.shipping <= MAX_SHIPPING:
                raise SandboxAmountError(
                    value="these terms", expected="a tax of 0 to 10000 and a shipping of 0 or more"
                )
            flag = int(changed.is_tax_included)
            self._store.put_value(tx, TERMS, f"{changed.tax_bps} {flag} {changed.shipping}")
        return changed

    def keep_limits(self, *, is_strict: bool) -> None:
        """Say whether a used-up coupon is refused here, as it is by default.

        A lax shop lets buyers through beyond the limit, as real ones do for
        codes typed into a checkout that was open already.
        """
        with self._db.transaction() as tx:
            self._store.put_value(tx, LIMITS, "strict" if is_strict else "lax")
