"""Turn the sandbox's events into what happened; pure, asks nobody.

A shape that is not as documented, or amounts that do not add up, raise
``ShapeError``: what we do not understand must never become money.
"""

from collections.abc import Callable

from liveshop_sdk.checkout.ports import Seals
from liveshop_sdk.errors import CurrencyUnknownError
from liveshop_sdk.facts import (
    CheckoutClosed,
    DisputeLost,
    DisputeOpened,
    DisputeWon,
    Happening,
    OrderPaid,
    OrderRefunded,
    RefundFailed,
    SoldLine,
)
from liveshop_sdk.money import exponent_of
from liveshop_sdk.platforms.sandbox import events, shapes
from liveshop_sdk.platforms.sandbox.pricing import Line, line_base, line_paid
from liveshop_sdk.platforms.sandbox.shapes import Obj, ShapeError

NAME = "sandbox"
ACCOUNT = "sandbox"

Reader = Callable[[Obj, Seals], Happening | None]


def happenings(topic: str, data: Obj, seals: Seals) -> tuple[Happening, ...]:
    """Return what an event says about money; ``()`` for any other topic.

    Raises:
        ShapeError: a field is missing or wrong, or amounts contradict.
    """
    reader = _READERS.get(topic)
    found = reader(data, seals) if reader else None
    return (found,) if found else ()


def line_of(found: Obj) -> Line:
    """Return a line from its JSON, in events as in our tables."""
    line = Line(
        ref=shapes.text(found, "ref"),
        sku=shapes.text(found, "sku"),
        item_ref=shapes.text(found, "item"),
        title=shapes.text(found, "title"),
        quantity=shapes.whole(found, "quantity"),
        gross=shapes.whole(found, "gross"),
        discount=shapes.whole(found, "discount"),
        tax=shapes.whole(found, "tax"),
    )
    if line.discount > line.gross or not line.quantity:
        raise ShapeError("a line has more discount than price, or no units")
    return line


def _paid(data: Obj, seals: Seals) -> OrderPaid:
    order = shapes.inner(data, "order")
    is_included = shapes.flag(order, "tax_included")
    lines = [line_of(one) for one in shapes.objects(order, "lines")]
    total, shipping = shapes.whole(order, "total"), shapes.whole(order, "shipping")
    if total != shipping + sum(line_paid(line, is_tax_included=is_included) for line in lines):
        raise ShapeError("the lines do not add up to the total")
    if shapes.whole(order, "tax") != sum(line.tax for line in lines):
        raise ShapeError("the lines do not add up to the tax")
    return OrderPaid(
        platform=NAME,
        account=ACCOUNT,
        order_ref=shapes.text(order, "id"),
        occurred_at=shapes.instant(order, "paid_at"),
        currency=_currency(order),
        total=total,
        shipping=shipping,
        tax=shapes.whole(order, "tax"),
        tax_included=is_included,
        lines=tuple(_sold(line, is_included=is_included) for line in lines),
        checkout_id=seals.unseal(shapes.text(order, "reference")),
        codes=shapes.texts(order, "codes"),
        coupon_refs=shapes.texts(order, "coupons"),
        customer_key=seals.customer_key(shapes.text(order, "email")),
        is_test=True,
    )


def _sold(line: Line, *, is_included: bool) -> SoldLine:
    base = line_base(line, is_tax_included=is_included)
    if base < 0:
        raise ShapeError("a line has more tax than price")
    return SoldLine(
        ref=line.ref,
        sku=line.sku,
        item_ref=line.item_ref,
        title=line.title,
        quantity=line.quantity,
        gross=line.gross,
        discount=line.discount,
        tax=line.tax,
        base=base,
    )


def _closed(data: Obj, seals: Seals) -> CheckoutClosed | None:
    checkout = shapes.inner(data, "checkout")
    checkout_id = seals.unseal(shapes.text(checkout, "reference"))
    if checkout_id is None:
        return None
    return CheckoutClosed(
        platform=NAME,
        account=ACCOUNT,
        checkout_id=checkout_id,
        reason=shapes.text(checkout, "reason"),
        occurred_at=shapes.instant(checkout, "closed_at"),
    )


def _refunded(data: Obj, _: Seals) -> OrderRefunded:
    refund = shapes.inner(data, "refund")
    lines = shapes.objects(refund, "lines")
    amount = shapes.whole(refund, "amount")
    named = sum(shapes.whole(line, "amount") for line in lines)
    if named > amount:
        raise ShapeError("the lines are more than the refund")
    return OrderRefunded(
        platform=NAME,
        account=ACCOUNT,
        order_ref=shapes.text(refund, "order"),
        occurred_at=shapes.instant(refund, "created_at"),
        refund_id=shapes.text(refund, "id"),
        amount=amount,
        currency=_currency(refund),
        lines=tuple((shapes.text(line, "ref"), shapes.whole(line, "base")) for line in lines),
        named_amount=named,
    )


def _refund_failed(data: Obj, _: Seals) -> RefundFailed:
    refund = shapes.inner(data, "refund")
    return RefundFailed(
        platform=NAME,
        account=ACCOUNT,
        order_ref=shapes.text(refund, "order"),
        occurred_at=shapes.instant(refund, "failed_at"),
        refund_id=shapes.text(refund, "id"),
    )


def _dispute_opened(data: Obj, _: Seals) -> DisputeOpened:
    dispute = shapes.inner(data, "dispute")
    return DisputeOpened(
        platform=NAME,
        account=ACCOUNT,
        order_ref=shapes.text(dispute, "order"),
        occurred_at=shapes.instant(dispute, "opened_at"),
        dispute_id=shapes.text(dispute, "id"),
        amount=shapes.whole(dispute, "amount"),
        currency=_currency(dispute),
    )


def _dispute_closed(kind: type[DisputeWon] | type[DisputeLost]) -> Reader:
    def read(data: Obj, _: Seals) -> DisputeWon | DisputeLost:
        dispute = shapes.inner(data, "dispute")
        return kind(
            platform=NAME,
            account=ACCOUNT,
            order_ref=shapes.text(dispute, "order"),
            occurred_at=shapes.instant(dispute, "closed_at"),
            dispute_id=shapes.text(dispute, "id"),
        )

    return read


def _currency(holder: Obj) -> str:
    code = shapes.text(holder, "currency")
    try:
        exponent_of(code)
    except CurrencyUnknownError:
        raise ShapeError("currency is not known") from None
    return code


_READERS: dict[str, Reader] = {
    events.CHECKOUT_PAID: _paid,
    events.CHECKOUT_CLOSED: _closed,
    events.REFUND_CREATED: _refunded,
    events.REFUND_FAILED: _refund_failed,
    events.DISPUTE_OPENED: _dispute_opened,
    events.DISPUTE_WON: _dispute_closed(DisputeWon),
    events.DISPUTE_LOST: _dispute_closed(DisputeLost),
}
