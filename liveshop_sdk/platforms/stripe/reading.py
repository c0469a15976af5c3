"""Turn Stripe's objects into facts: pure, one function for each object."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from liveshop_sdk.checkout.ports import Seals
from liveshop_sdk.facts import (
    CheckoutClosed,
    DisputeLost,
    DisputeOpened,
    DisputeWon,
    Fact,
    OrderPaid,
    OrderRefunded,
    RefundFailed,
    SoldLine,
)
from liveshop_sdk.platforms.stripe.checkout import REFERENCE, SKU
from liveshop_sdk.platforms.stripe.coupons import ref_text
from liveshop_sdk.platforms.stripe.fields import (
    Obj,
    ShapeError,
    amount,
    currency_of,
    instant,
    is_made_by_stripe,
    obj,
    objs,
    part,
    ref,
    signed,
    text,
    whole,
)

PLATFORM = "stripe"
_PAID = ("paid", "no_payment_required")
_COUNTRY = re.compile(r"[A-Z]{2}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Reads objects of one account.

    Objects that are not as documented raise ``ShapeError``: an amount that is
    negative, too large, or in another currency than its order never counts.
    """

    account: str
    seals: Seals

    def is_paid(self, session: Obj) -> bool:
        """Say whether a session is a sale: paid, or nothing was owed."""
        return text(session, "mode") == "payment" and text(session, "payment_status") in _PAID

    def order(self, session: Obj) -> OrderPaid:
        """Return the sale of a paid session, fetched with lines and payment."""
        currency = currency_of(session)
        payment = session.get("payment_intent")
        charge = obj(payment, "latest_charge") if isinstance(payment, dict) else {}
        total = amount(session, "amount_total", currency)
        details = obj(session, "total_details")
        lines = tuple(_line(one, currency) for one in objs(obj(session, "line_items"), "data"))
        # Each line may have been rounded by half a unit: fields.part.
        if not lines or sum(line.base for line in lines) > total + len(lines):
            raise ShapeError("the lines do not fit the total")
        customer = obj(session, "customer_details")
        email = text(customer, "email") or text(session, "customer_email")
        codes, coupons = _discounts(session)
        country = text(obj(customer, "address"), "country")
        return OrderPaid(
            platform=PLATFORM,
            account=self.account,
            order_ref=ref(session, "payment_intent") or _id(session),
            occurred_at=instant(charge or session, "created"),
            currency=currency,
            total=total,
            shipping=part(details, "amount_shipping", currency),
            tax=part(details, "amount_tax", currency),
            tax_included=_is_tax_included(session),
            lines=lines,
            checkout_id=self.checkout_id(session),
            codes=codes,
            coupon_refs=coupons,
            customer_key=self.seals.customer_key(email) if email else None,
            market=country if _COUNTRY.fullmatch(country) else "",
            is_test=session.get("livemode") is not True,
        )

    def checkout_id(self, session: Obj) -> str | None:
        """Return our reference if its seal holds and names the same visit.

        Buyers write what is the ``client_reference_id`` of a session made from
        a Payment Link; the metadata that Stripe copies onto it, nobody does.
        """
        sealed = text(obj(session, "metadata"), REFERENCE)
        unsealed = self.seals.unseal(sealed) if sealed else None
        if is_made_by_stripe(session):
            return unsealed
        return unsealed if unsealed == text(session, "client_reference_id") else None

    def closed(self, session: Obj, *, reason: str, at: datetime) -> CheckoutClosed | None:
        """Return the end of one of our visits, None for somebody else's session."""
        checkout_id = self.checkout_id(session)
        if checkout_id is None:
            return None
        return CheckoutClosed(
            platform=PLATFORM,
            account=self.account,
            checkout_id=checkout_id,
            reason=reason,
            occurred_at=at,
        )

    def refund(
        self, refund: Obj, order_ref: str, *, failed_at: datetime | None = None
    ) -> tuple[Fact, ...]:
        """Return what a refund says: it names no line, and may still fail.

        While it is pending or waits for the buyer, nothing has been paid back.

        Args:
            failed_at: When the money came back; without, when it was made.
        """
        status = text(refund, "status")
        currency = currency_of(refund)
        if status in ("failed", "canceled"):
            failed = RefundFailed(
                platform=PLATFORM,
                account=self.account,
                order_ref=order_ref,
                occurred_at=failed_at or instant(refund, "created"),
                refund_id=_id(refund),
            )
            return (failed,)
        if status != "succeeded":
            return ()
        made = OrderRefunded(
            platform=PLATFORM,
            account=self.account,
            order_ref=order_ref,
            occurred_at=instant(refund, "created"),
            refund_id=_id(refund),
            amount=amount(refund, "amount", currency),
            currency=currency,
        )
        return (made,)

    def dispute_opened(self, dispute: Obj, order_ref: str) -> DisputeOpened | None:
        """Return a dispute that took money; None while it is only an inquiry."""
        if text(dispute, "status").startswith("warning_"):
            return None
        currency, turn = currency_of(dispute), _turn(dispute)
        return DisputeOpened(
            platform=PLATFORM,
            account=self.account,
            order_ref=order_ref,
            occurred_at=_taken_at(dispute) if turn > 1 else instant(dispute, "created"),
            dispute_id=_id(dispute),
            turn=turn,
            amount=amount(dispute, "amount", currency),
            currency=currency,
        )

    def dispute_closed(self, dispute: Obj, order_ref: str, *, at: datetime) -> Fact | None:
        """Return how a dispute ended; None for an inquiry or an open one."""
        kind = _end(dispute)
        if kind is None:
            return None
        return kind(
            platform=PLATFORM,
            account=self.account,
            order_ref=order_ref,
            occurred_at=at,
            dispute_id=_id(dispute),
            turn=_turn(dispute),
        )


def _end(dispute: Obj) -> type[DisputeWon] | type[DisputeLost] | None:
    """Return how a dispute stands at its end, None while nothing was decided.

    An appeal is made when one was decided: until another decision that holds,
    which shows in who has the money. So does a win of which it was taken again.
    """
    status, taken, back = text(dispute, "status"), *_movements(dispute)
    is_back = bool(back) and len(back) >= len(taken)
    if status in ("won", "prevented"):
        return DisputeWon if is_back or _turn(dispute) == 1 else None
    if status.startswith("appeal_"):
        return DisputeWon if is_back else DisputeLost
    return DisputeLost if status == "lost" else None


def _movements(dispute: Obj) -> tuple[list[Obj], list[Obj]]:
    """Return what was taken for a dispute, and what was given back."""
    moved = objs(dispute, "balance_transactions")
    taken = [one for one in moved if signed(one, "amount") < 0]
    return taken, [one for one in moved if signed(one, "amount") > 0]


def _turn(dispute: Obj) -> int:
    """Return how often money was taken that had been there, or there again."""
    taken, back = _movements(dispute)
    return max(min(len(taken), len(back) + 1), 1)


def _taken_at(dispute: Obj) -> datetime:
    return max(instant(one, "created") for one in _movements(dispute)[0])


def _line(line: Obj, currency: str) -> SoldLine:
    if currency_of(line) != currency:
        raise ShapeError("a line has another currency than its order")
    tax = part(line, "amount_tax", currency)
    total = part(line, "amount_total", currency)
    if tax > total:
        raise ShapeError("a line has more tax than total")
    return SoldLine(
        ref=_id(line),
        sku=text(obj(line, "metadata"), "sku") or _sku_of_product(line),
        item_ref=ref(line, "price"),
        title=text(line, "description"),
        quantity=whole(line, "quantity", 1),
        gross=part(line, "amount_subtotal", currency),
        discount=part(line, "amount_discount", currency),
        tax=tax,
        base=total - tax,
    )


def _sku_of_product(line: Obj) -> str:
    """Return the SKU of a product made for this line alone, where it is shown."""
    price = line.get("price")
    product = price.get("product") if isinstance(price, Mapping) else None
    return text(obj(product, "metadata"), SKU) if isinstance(product, Mapping) else ""


def _discounts(session: Obj) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return codes as spelled at Stripe, and ids: its own, and our text of both.

    The second is what ``create_coupon`` returned, so either finds the coupon.
    """
    codes: list[str] = []
    refs: list[str] = []
    for discount in objs(session, "discounts"):
        promotion = discount.get("promotion_code")
        if not promotion:
            refs += [ref(discount, "coupon")] if ref(discount, "coupon") else []
            continue
        refs.append(ref(discount, "promotion_code"))
        if isinstance(promotion, dict):
            codes.append(text(promotion, "code"))
            coupon = ref(obj(promotion, "promotion"), "coupon")
            refs += [ref_text(coupon, refs[-1])] if coupon else []
    return tuple(codes), tuple(refs)


def _is_tax_included(session: Obj) -> bool:
    """Tell from the sums: included tax is inside the subtotal already."""
    details = obj(session, "total_details")
    without_tax = (
        whole(session, "amount_subtotal", 0)
        - whole(details, "amount_discount", 0)
        + whole(details, "amount_shipping", 0)
    )
    return whole(details, "amount_tax", 0) > 0 and without_tax == whole(session, "amount_total", 0)


def _id(holder: Obj) -> str:
    value = text(holder, "id")
    if not value:
        raise ShapeError("id is missing")
    return value
