"""What a statement calls things: the same words on the page and in the PDF."""

from datetime import date

from liveshop_sdk.affiliate.statements.model import Held, Line, Parts, Section, Statement
from liveshop_sdk.money import Money, Rate

_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
PARTS = {
    "pending": "Pending",
    "payable": "Payable",
    "in_transit": "Being paid",
    "disputed": "Disputed",
    "tax_withheld": "Tax withheld",
    "clawback_receivable": "Owed back",
}
GROUPS = {
    "earned": "Earned",
    "taken_back": "Taken back",
    "disputes": "Disputes",
    "released": "Released",
    "bonuses": "Bonuses, caps and guarantees",
    "fees": "Fees for appearing",
    "adjustments": "Adjustments",
    "payouts": "Payouts",
    "other": "Other",
}
_KINDS = {
    "sale": "Sale",
    "order_changed": "Order changed",
    "refund": "Refund",
    "refund_failed": "Refund failed",
    "dispute_opened": "Dispute opened",
    "dispute_won": "Dispute won",
    "dispute_lost": "Dispute lost",
    "release": "Hold over",
    "tier_true_up": "Tier bonus",
    "cap_true_up": "Cap of the month",
    "guarantee_true_up": "Guarantee",
    "appearance_fee": "Fee for appearing",
    "adjustment": "Adjustment",
    "correction": "Correction",
    "write_off": "Written off",
    "payout_created": "Payout planned",
    "payout_sent": "Payout sent",
    "payout_failed": "Payout failed",
    "payout_cancelled": "Payout cancelled",
    "payout_returned": "Payout came back",
    "tax_remitted": "Tax paid on",
}
_WHY = {
    "coupon": "Coupon",
    "checkout_ref": "Link",
    "cart_token": "Cart link",
}
STATUS = {
    "pending": "In hold",
    "review": "In review",
    "disputed": "Disputed",
    "released": "Released",
    "taken_back": "Taken back",
}
_HELD = {
    "hold": "In hold until {until}",
    "review": "Waits for review by a person",
    "window": "Waits for the end of its period or stream",
    "dispute": "Disputed by the buyer, until the bank decides",
}
PAYOUTS = {
    "created": "Planned",
    "sent": "Sent",
    "paid": "Arrived",
    "failed": "Failed",
    "cancelled": "Cancelled",
    "returned": "Came back",
}
PERIODS = {
    "open": "open: entries may still be added to it",
    "closing": "being closed",
    "closed": "closed",
    "locked": "locked",
}
SIGNS = "Amounts are what is owed to you; with a minus sign, what you owe back."
SIGNED = "What was signed of the book then; keep it, it can be compared with the book for ever:"
NOTHING = "Nothing was earned or moved in this month, and nothing was left from before."


def month(period: str) -> str:
    """Return a month for people: ``October 2026``."""
    return f"{_MONTHS[int(period[5:]) - 1]} {period[:4]}"


def day(on: date) -> str:
    """Return a day for people: ``2 October 2026``."""
    return f"{on.day} {_MONTHS[on.month - 1]} {on.year}"


def who(statement: Statement) -> str:
    """Return whose statement it is: the name and the handle, or the handle."""
    handle = statement.creator
    return f"{statement.name} ({handle})" if statement.name else handle


def amount(section: Section, minor: int) -> str:
    """Return an amount with all decimals of its currency, without the code."""
    return Money(minor, section.currency).decimal_text()


def sums(section: Section) -> list[tuple[str, Parts, bool]]:
    """Return the rows of a summary: name, amounts, and whether it is a total."""
    rows: list[tuple[str, Parts, bool]] = [("When the month began", section.opening, True)]
    rows += [(GROUPS[group], moved, False) for group, moved in section.movements.items()]
    rows.append(("When the month ended", section.closing, True))
    if any(section.later.values()):
        rows += [("Dated later", section.later, False), ("Now", section.balance, True)]
    return rows


def kind(line: Line) -> str:
    """Return what a movement is called; a kind without a word says its own name."""
    return _KINDS.get(line.kind, line.kind.replace("_", " ").capitalize())


def thing(section: Section, line: Line) -> str:
    """Return the product, or the cap of a month, that a movement is about.

    A product by its title, else its SKU, else the order's line.
    """
    if line.month_cap is not None:
        most = amount(section, line.month_cap.amount)
        return f"{month(line.month_cap.period)}: at most {most} in the month"
    if line.sale is None:
        return ""
    return line.title or line.sku or line.sale.order_line


def reference(line: Line) -> str:
    """Return the order, or the payout, that a movement is about."""
    return line.sale.order_ref if line.sale else line.payout_item


def base(section: Section, line: Line) -> str:
    """Return what the commission was computed on; only the sale's own line says it."""
    return amount(section, line.sale.base) if line.sale else ""


def rate(section: Section, line: Line) -> str:
    """Return the rate, flat amounts, what a cap took, and the share in a split sale."""
    sale = line.sale
    if sale is None:
        return ""
    flat = f"{sale.quantity} \u00d7 {amount(section, sale.per_unit)}" if sale.per_unit else ""
    of_net = str(Rate.bps(sale.rate_bps)) if sale.rate_bps or not flat else ""
    found = " + ".join(filter(None, (of_net, flat)))
    if line.cut and sale.uncapped is not None:
        before, left = amount(section, sale.uncapped), amount(section, sale.uncapped - line.cut)
        found += f", cut from {before} to {left} by the order's cap"
    weight, whole = sale.weight, sale.weight_total
    return found if weight == whole else f"{found}, {weight} of {whole}"


def why(line: Line) -> str:
    """Return why the order was credited."""
    return _WHY.get(line.why, line.why.replace("_", " "))


def status(section: Section, line: Line) -> str:
    """Return what a commission line stands at now, and what is left where not all is."""
    if line.sale is None:
        return ""
    found = STATUS[line.status]
    if line.kept in (0, line.sale.amount):
        return found
    left, whole = amount(section, line.kept), amount(section, line.sale.amount)
    return f"{found}, {left} of {whole} left"


def held(one: Held) -> str:
    """Return why commission is held back."""
    return _HELD[one.why].format(until=day(one.until) if one.until else "")
