"""What a creator sold, as values that terms can be simulated on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from liveshop_sdk.affiliate.service import Affiliate
from liveshop_sdk.affiliate.simulation import SimpleLine, SimpleOrder
from liveshop_sdk.checkout.orders.service import Orders
from liveshop_sdk.db import Transaction
from liveshop_sdk.events.factlog import FactLog
from liveshop_sdk.facts import OrderKey
from liveshop_sdk.registry.store import ProductStore
from liveshop_sdk.shop.recording import products_of, sale_in

_PAGE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class PastSales:
    """Reads sales back from the rooms that keep them."""

    affiliate: Affiliate
    facts: FactLog
    orders: Orders

    def since(
        self, tx: Transaction, *, brand: str, creator: str, start: datetime
    ) -> list[SimpleOrder]:
        """Return a brand's part of the orders credited to a creator and paid since.

        Oldest first. Products count as in the collection they are in today.
        """
        keys = self.affiliate.credited(tx, brand=brand, creator=creator)
        found: list[SimpleOrder] = []
        for first in range(0, len(keys), _PAGE):
            found += self._page(tx, keys[first : first + _PAGE], brand, start)
        return sorted(found, key=lambda order: (order.paid_at, order.order_ref))

    def _page(
        self, tx: Transaction, keys: Sequence[OrderKey], brand: str, start: datetime
    ) -> list[SimpleOrder]:
        known = self.facts.of_orders(tx, keys)
        found = [sale for key in keys if (sale := sale_in(known[key]))]
        sales = [sale for sale in found if sale.occurred_at >= start]
        returning = self.orders.returning(tx, [sale.order_key for sale in sales])
        products = products_of(tx, ProductStore(), sales)
        return [
            SimpleOrder(
                order_ref=sale.order_ref,
                paid_at=sale.occurred_at,
                currency=sale.currency,
                lines=tuple(
                    SimpleLine(
                        sku=product.sku,
                        base=line.base,
                        quantity=line.quantity,
                        collection=product.collection or "",
                    )
                    for line in sale.lines
                    if (product := ours.get(line.ref)) and product.brand == brand
                ),
                is_returning=returning.get(sale.order_key),
            )
            for sale, ours in zip(sales, products, strict=True)
        ]
