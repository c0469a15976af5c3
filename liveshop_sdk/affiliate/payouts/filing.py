"""Files as rails: what a file says is frozen, and made again from that alone."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from liveshop_sdk.affiliate.payouts.files.paypal import paypal_files
from liveshop_sdk.affiliate.payouts.files.sepa import sepa_file
from liveshop_sdk.affiliate.payouts.files.values import FileItem, Payer, PayoutFile
from liveshop_sdk.affiliate.payouts.files.wise import wise_files
from liveshop_sdk.affiliate.payouts.payees import RAILS
from liveshop_sdk.affiliate.payouts.ports import Order
from liveshop_sdk.clock import Clock, as_utc, parse_iso, to_iso
from liveshop_sdk.errors import PayoutFileInvalidError
from liveshop_sdk.money import Money
from liveshop_sdk.wire import canonical, loads_canonical

_ENDINGS = {"application/xml": "xml", "text/csv": "csv"}

Write = Callable[[Sequence[FileItem], str, str, datetime], Sequence[PayoutFile]]
"""Items, the currency they are paid from, the batch's id and when its file was first made."""


class FiledRail:
    """A rail that is a format of files."""

    def __init__(self, name: str, write: Write, clock: Clock, *, only: str | None = None) -> None:
        """Write with this function; only in one currency, where the format has no other."""
        self.name = name
        self._write, self._clock, self._only = write, clock, only

    def step(self, currency: str) -> int:
        """Return 1: every amount can be written, in a currency of the format."""
        if self._only not in (None, currency):
            problem = f"it carries {self._only} and not {currency[:12]}"
            raise PayoutFileInvalidError(rail=self.name, problem=problem)
        return 1

    def prepare(self, order: Order) -> str:
        """Return a row as canonical text, with the details of today.

        Raises:
            PayoutRowRefusedError: the details fit no file; naming the field.
        """
        RAILS[self.name].check(order.creator, order.payee)
        return canonical(
            {
                "amount": order.amount.amount,
                "creator": order.creator,
                "currency": order.amount.currency,
                "item": order.item_id,
                "made_at": to_iso(self._clock.now()),
                "note": f"Payout {order.brand}",
                "pay_from": order.paid_from.currency,
                "payee": dict(order.payee),
            }
        )

    def files(self, params: Sequence[str], *, batch_id: str) -> Sequence[tuple[str, bytes]]:
        """Return the end of each file's name, and the file.

        Raises:
            PayoutFileInvalidError, PayoutRowRefusedError: what cannot be written.
        """
        rows = [_row(text) for text in params]
        sources = {row["pay_from"] for row in rows}
        if len(sources) > 1:
            raise PayoutFileInvalidError(rail=self.name, problem="it is paid from two currencies")
        items = [
            FileItem(
                item_id=row["item"],
                creator=row["creator"],
                amount=Money(row["amount"], row["currency"]),
                payee=row["payee"],
                note=row["note"],
            )
            for row in rows
        ]
        made_at = max((parse_iso(row["made_at"]) for row in rows), default=self._clock.now())
        made = self._write(items, min(sources, default=""), batch_id, made_at)
        many = len(made) > 1
        return [
            (f"{f'{number}.' if many else ''}{_ENDINGS[one.media_type]}", one.content)
            for number, one in enumerate(made, 1)
        ]


def sepa_rail(payer: Payer, clock: Clock) -> FiledRail:
    """Return the rail of SEPA transfers, executed the day after the file is made."""

    def write(
        items: Sequence[FileItem], _pay_from: str, batch_id: str, made_at: datetime
    ) -> Sequence[PayoutFile]:
        execute_on = (as_utc(made_at) + timedelta(days=1)).date()
        return [
            sepa_file(
                items, batch_id=batch_id, payer=payer, created_at=made_at, execute_on=execute_on
            )
        ]

    return FiledRail("sepa", write, clock, only="EUR")


def paypal_rail(clock: Clock) -> FiledRail:
    """Return the rail of PayPal's payout files."""
    return FiledRail("paypal", lambda items, _pay_from, _batch, _at: paypal_files(items), clock)


def wise_rail(clock: Clock) -> FiledRail:
    """Return the rail of Wise's batch files."""
    return FiledRail(
        "wise", lambda items, pay_from, _batch, _at: wise_files(items, pay_from=pay_from), clock
    )


def _row(text: str) -> dict[str, Any]:
    found: Any = loads_canonical(text)
    return dict(found)
