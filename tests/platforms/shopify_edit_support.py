"""A merchant who edits paid orders: the oracle's orders, kept as Shopify keeps them.

An edit leaves first quantities, prices and totals as they are, changes the
current ones, and is an agreement of its own. What it takes off is written as a
refund that paid nothing back.
"""

import copy
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from tests.platforms import shopify_support as support

_, _, PAY = support.oracle_modules()
START = datetime(2026, 11, 10, 9, tzinfo=UTC)
NOTHING = Decimal(0)
_numbers = count(901)
Event = tuple[str, Any]


@dataclass
class Merchant:
    """One order and what is done to it; every step is some time after the one before.

    Attributes:
        order: A new one by `spec`, not paid yet; or one that was paid as it was placed.
        told: The webhooks Shopify sends, each as the order was then.
        due: What the buyer owes (negative: is owed), in the buyer's money.
        added: By agreement: what it added, in the shop's money.
        paid_later: New money since the order was first paid, in the shop's money.
        settled: Agreements of which nothing is due, or was once.
    """

    spec: dict[str, Any] = field(default_factory=dict)
    start: datetime = START
    told: list[Event] = field(default_factory=list)
    due: Decimal = NOTHING
    added: dict[str, Decimal] = field(default_factory=dict)
    paid_later: Decimal = NOTHING
    settled: set[str] = field(default_factory=set)
    order: Any = None
    pace: timedelta = timedelta(hours=1)

    def __post_init__(self) -> None:
        self.now = self.start
        if self.order is None:
            self.order = PAY.build_order(created_at=self._stamp(), **self.spec)
            self.order |= {"_agreements": [], "transactions": [], "financial_status": "pending"}
            return
        self.now = datetime.fromisoformat(self.order["processed_at"])
        self.order |= {"_agreements": [], "transactions": []}
        total = self.order["total_price_set"]
        self._pay(Decimal(total["shop_money"]["amount"]), _seen(total))

    def _stamp(self) -> str:
        return self.now.isoformat(timespec="seconds")

    def _step(self) -> str:
        self.now += self.pace
        self.order["updated_at"] = self._stamp()
        return self._stamp()

    @property
    def edit_id(self) -> str:
        """The last change, as facts name it."""
        return list(self.added)[-1]

    def line(self, number: int) -> Any:
        return self.order["line_items"][number]

    # --- steps

    def sell(self) -> "Merchant":
        """The buyer pays what was ordered, and edited before."""
        self._step()
        total = self.order["current_total_price_set"]
        self._pay(Decimal(total["shop_money"]["amount"]), _seen(total))
        self._tell(("orders/paid", self.order), ("orders/updated", self.order))
        return self

    def edit(
        self,
        *,
        add: Any = (),
        off: dict[int, int] | None = None,
        by: str = "OrderEdit",
        back: str | None = None,
    ) -> "Merchant":
        """Add lines and take units off others, by their numbers, in one step.

        Args:
            back: What is paid back with the units, on the record of them.
        """
        at, order = self._step(), self.order
        sales = [self._added(spec) for spec in add]
        number = next(_numbers)
        edit_id = f"{'edit' if by == 'OrderEdit' else 'return'}-{number}"
        self.added[edit_id] = sum((sale["_worth"] for sale in sales), NOTHING)
        removals = []
        if off:
            made = self._taken_off(off, at, back)
            removals = [self._removal(row) for row in made["refund_line_items"]]
        for sale in (*sales, *removals):
            self.due += _seen(sale["_total"])
        self.due += PAY.cents(Decimal(back or 0) * _rate(order), order["presentment_currency"])
        order["_agreements"].append(
            {
                "__typename": f"{by}Agreement",
                "id": f"gid://shopify/{by}Agreement/{number}",
                "happenedAt": at,
                "sales": [*sales, *removals],
            }
        )
        order["_edited" if by == "OrderEdit" else "_return_status"] = (
            True if by == "OrderEdit" else "RETURNED"
        )
        self._mark()
        told: list[Event] = [("orders/updated", order)]
        if removals:
            told.insert(0, ("refunds/create", order["refunds"][-1]))
        if by == "OrderEdit":
            told.insert(0, ("orders/edited", self._edited(number, at, add, off or {})))
        self._tell(*told)
        return self

    def exchange(self, *, add: Any, off: dict[int, int], back: str | None = None) -> "Merchant":
        """Take units back and send others, and pay the difference back with that."""
        return self.edit(add=add, off=off, by="Return", back=back)

    def collect(self) -> "Merchant":
        """The buyer pays what is due."""
        if self.due > 0:
            self._step()
            shop = self.due / Decimal(str(self.order["_rate"]))
            self.paid_later += PAY.cents(shop, self.order["currency"])
            self._pay(PAY.cents(shop, self.order["currency"]), self.due)
            self._tell(("orders/paid", self.order), ("orders/updated", self.order))
        return self

    def pay_back(self, part: int = 1) -> "Merchant":
        """Pay back what is owed, or a part of it, for nothing named."""
        if self.due < 0:
            amount = PAY.cents(-self.due / part, self.order["presentment_currency"])
            self.due += amount
            self._back(amount=PAY.cents(amount / _rate(self.order), self.order["currency"]))
        return self

    def refund(self, items: dict[int, int], **more: Any) -> "Merchant":
        """Refund units by their lines' numbers, and what is given besides."""
        named = {self.line(number)["id"]: units for number, units in items.items()}
        self._back(items=named, **more)
        return self

    def give(self, amount: str) -> "Merchant":
        """Pay back a free amount; what is owed to the buyer is paid with it first."""
        seen = PAY.cents(Decimal(amount) * _rate(self.order), self.order["presentment_currency"])
        self.due += min(seen, max(-self.due, NOTHING))
        self._back(amount=amount)
        return self

    def live_on(self, chance: random.Random, *, gives: bool = True) -> None:
        """Do one thing more to the order, whatever it is.

        Args:
            gives: Whether other amounts may go back than are owed for goods.
        """
        lines = self.order["line_items"]
        left = {n: one["current_quantity"] for n, one in enumerate(lines)}
        left = {n: units for n, units in left.items() if units}
        price = f"{chance.randint(1, 60)}.{chance.randint(0, 99):02}"
        add = [{"price": price, "quantity": chance.randint(1, 2), "variant_id": 50001}]
        number = chance.choice(list(left)) if left else -1
        units = {number: chance.randint(1, left[number])} if left else {}
        what = chance.choice(
            ("add", "off", "swap", "exchange", "cheaper", "collect", "back", "refund", "give")
        )
        if what == "add":
            self.edit(add=add)
        elif what == "collect":
            self.collect()
        elif what == "back":
            self.pay_back(chance.choice((1, 1, 2)))
        elif what == "give" and gives:
            self.give(f"{chance.randint(0, 4)}.{chance.randint(1, 99):02}")
        elif what == "refund" and left and self.due <= 0:
            self.refund(units, **({"amount": "3.00"} if gives and chance.random() < 0.3 else {}))
        elif what == "off" and left:
            self.edit(off=units)
        elif what == "cheaper" and left and self.due <= 0 and self._is_worth_more(number):
            pin = {"price": "0.50", "quantity": 1, "variant_id": 50001}
            self.exchange(add=[pin], off=units, back=chance.choice(("0.25", "0.40")))
        elif what in ("swap", "exchange") and left:
            self.edit(add=add, off=units, by="OrderEdit" if what == "swap" else "Return")

    def dispute(self, amount: str = "", status: str = "needs_response") -> "Merchant":
        """The buyer's bank takes money back, or says how that ended."""
        self._step()
        known, order = self.order.setdefault("_chargebacks", []), self.order
        if status == "needs_response":
            known.append({"id": order["id"] * 10 + len(known), "amount": amount})
        known[-1]["status"] = status
        known[-1]["at"] = self._stamp()
        order["_disputes"] = [shown(order, one) for one in known]
        same = {"type": "chargeback", "currency": order["currency"], "finalized_on": self._stamp()}
        told = {**same, **known[-1], "order_id": order["id"], "initiated_at": order["processed_at"]}
        self._tell(("disputes/create" if status == "needs_response" else "disputes/update", told))
        return self

    @property
    def is_disputed(self) -> bool:
        """Whether the last dispute is still open."""
        known = self.order.get("_chargebacks", [])
        return bool(known) and known[-1]["status"] == "needs_response"

    def _is_worth_more(self, number: int) -> bool:
        """Say whether one unit of a line pays for a pin and what is paid back with it."""
        line = self.line(number)
        return bool(line["_net"] / line["quantity"] > 1)

    def cancel(self) -> "Merchant":
        """Cancel the order, and refund what is left of it."""
        self._step()
        before = len(self.order["refunds"])
        PAY.cancel(self.order)
        self.order["updated_at"] = self.order["cancelled_at"] = self._stamp()
        made = self.order["refunds"][before:]
        for refund in made:
            refund["created_at"] = refund["processed_at"] = self._stamp()
        told = [("refunds/create", refund) for refund in made]
        self._tell(*told, ("orders/cancelled", self.order), ("orders/updated", self.order))
        return self

    # --- what it leaves

    def _tell(self, *events: Event) -> None:
        self.told += [(topic, copy.deepcopy(payload)) for topic, payload in events]

    def _pay(self, shop: Decimal, seen: Decimal) -> None:
        order = self.order
        bag = PAY._Money(order).bag(shop)
        bag["presentment_money"]["amount"] = str(seen)
        order["transactions"].append(
            {
                "kind": "sale",
                "status": "success",
                "processed_at": self._stamp(),
                "amount": str(shop),
                "amount_set": bag,
            }
        )
        self.due = NOTHING
        self._mark()

    def _mark(self) -> None:
        back = sum((Decimal(row["amount"]) for row in self._moved()), NOTHING)
        paid = "partially_refunded" if back else "paid"
        self.order["financial_status"] = "partially_paid" if self.due > 0 else paid
        if self.due <= 0:
            self.settled |= self.added.keys()

    def _moved(self) -> list[Any]:
        return [row for refund in self.order["refunds"] for row in refund["transactions"]]

    def _back(self, **what: Any) -> None:
        at = self._step()
        made = PAY.add_refund(self.order, created_at=at, **what)
        self._mark()
        self._tell(("refunds/create", made), ("orders/updated", self.order))

    def _taken_off(self, off: dict[int, int], at: str, back: str | None) -> Any:
        named = {self.line(number)["id"]: units for number, units in off.items()}
        made = PAY.add_refund(self.order, items=named, created_at=at, amount=back)
        if back is None:
            made["transactions"] = []
        else:
            made["return"] = {"id": next(_numbers)}
        return made

    def _added(self, spec: dict[str, Any]) -> dict[str, Any]:
        order, money = self.order, PAY._Money(self.order)
        like = {
            "currency": order["currency"],
            "presentment_currency": order["presentment_currency"],
            "rate": order["_rate"],
            "taxes_included": order["taxes_included"],
            "tax_rate": self.spec.get("tax_rate", "0.19"),
        }
        (line,) = PAY.build_order(lines=[spec], shipping="0", **like)["line_items"]
        order["line_items"].append(line)
        tax = NOTHING if order["taxes_included"] else line["_tax"]
        worth = line["_net"] + tax
        for key, amount in (
            ("current_subtotal_price", line["_net"]),
            ("current_total_tax", line["_tax"]),
            ("current_total_price", worth),
        ):
            money.put(order, key, Decimal(order[key]) + amount)
        return _sale(order, line["id"], line["quantity"], worth, line["_tax"])

    def _removal(self, row: Any) -> dict[str, Any]:
        net = Decimal(row["subtotal_set"]["shop_money"]["amount"])
        tax = Decimal(row["total_tax_set"]["shop_money"]["amount"])
        worth = net + (NOTHING if self.order["taxes_included"] else tax)
        return _sale(self.order, row["line_item_id"], -row["quantity"], -worth, -tax)

    def _edited(self, number: int, at: str, add: Any, off: dict[int, int]) -> Any:
        lines = self.order["line_items"]
        new = lines[len(lines) - len(add) :]
        return {
            "order_edit": {
                "id": number,
                "order_id": self.order["id"],
                "created_at": at,
                "committed_at": at,
                "notify_customer": False,
                "staff_note": "",
                "line_items": {
                    "additions": [{"id": one["id"], "delta": one["quantity"]} for one in new],
                    "removals": [
                        {"id": lines[n]["id"], "delta": units} for n, units in off.items()
                    ],
                },
            }
        }


def shown(order: Any, dispute: dict[str, Any]) -> dict[str, Any]:
    """Return a dispute as the Admin API shows it; ``at`` is when it ended, if that is told."""
    return {
        "id": f"gid://shopify/OrderDisputeSummary/{dispute['id']}",
        "legacyResourceId": str(dispute["id"]),
        "status": dispute["status"].upper(),
        "initiatedAs": "CHARGEBACK",
        "initiatedAt": order["processed_at"],
        "finalizedOn": dispute.get("at"),
        "amount": {"amount": dispute["amount"], "currencyCode": order["currency"]},
        "type": "CHARGEBACK",
    }


def _rate(order: Any) -> Decimal:
    return Decimal(str(order["_rate"]))


def _seen(bag: Any) -> Decimal:
    return Decimal(bag["presentment_money"]["amount"])


def _sale(order: Any, line_id: int, units: int, worth: Decimal, tax: Decimal) -> dict[str, Any]:
    _, resolvers, _ = support.oracle_modules()
    total, of_tax = PAY._Money(order).bag(worth), PAY._Money(order).bag(tax)
    return {
        "__typename": "ProductSale",
        "actionType": "ORDER" if units > 0 else "RETURN",
        "lineType": "PRODUCT",
        "quantity": units,
        "totalAmount": resolvers.bag(total),
        "totalTaxAmount": resolvers.bag(of_tax),
        "lineItem": {"id": f"gid://shopify/LineItem/{line_id}"},
        "_total": total,
        "_worth": worth,
    }
