"""What happens on the evening and in the two weeks after it, by seed.

All chance comes from one seeded source and all time from one hand-set clock,
so a seed tells the same story on every machine and every database.
"""

import random as _random
from collections.abc import Callable
from datetime import datetime, timedelta

from liveshop_sdk.checkout.ports import CheckoutItem, CheckoutRequest
from liveshop_sdk.cli.demo.cast import SHELVES, Evening
from liveshop_sdk.clock import ManualClock
from liveshop_sdk.errors import ConflictError
from liveshop_sdk.shop.live_shop import LiveShop

_MINUTE, _DAY = timedelta(minutes=1), timedelta(days=1)
LATE = 3 * _MINUTE
"""Webhooks leave within this span, so that later ones overtake earlier ones."""

VISITS = (
    *["pay"] * 17,
    *["pay_code"] * 3,
    *["pay_later"] * 2,
    "pay_later_fail",
    *["decline"] * 2,
    *["abandon"] * 3,
    *["look"] * 11,
    *["direct"] * 2,
)
"""What the visitors of one evening do, in an order that the seed decides."""


class Story:
    """Tells one evening to a shop, visit by visit, delivering as it goes."""

    def __init__(
        self, shop: LiveShop, clock: ManualClock, random: _random.Random, evening: Evening
    ) -> None:
        """Play with these; the shop is furnished and the links are issued."""
        self._shop, self._clock, self._random, self._evening = shop, clock, random, evening
        self._sandbox = shop.sandbox
        self._pending: list[str] = []
        self._refunded: set[str] = set()
        self.orders: list[str] = []
        self.turned_away = 0

    def evening(self, links: list[str], visits: tuple[str, ...] = VISITS) -> None:
        """Let the visitors come, spread over the stream."""
        plays: dict[str, Callable[[str, str], None]] = {
            "pay": self._pay,
            "pay_code": self._pay_code,
            "pay_later": self._pay_later,
            "pay_later_fail": self._pay_later,
            "decline": lambda ref, _email: self._end(ref, self._sandbox.decline),
            "abandon": lambda ref, _email: self._end(ref, self._sandbox.abandon),
            "look": lambda _ref, _email: None,
        }
        order = list(visits)
        self._random.shuffle(order)
        span = self._evening.lasts * 9 // 10 // len(order)
        for number, what in enumerate(order):
            jitter = timedelta(seconds=self._random.randrange(20))
            self._at(self._evening.opens_at + _MINUTE + number * span + jitter)
            email = f"buyer{self._random.randrange(1, 25):02}@example.com"
            if what == "direct":
                self._buy_directly(email)
                continue
            link = links[self._pick()]
            try:
                visit = self._shop.links.open(link, customer_ref=email).checkout_id
                plays[what](visit, email)
            except ConflictError:  # the coupon is sold out, or this customer had theirs
                self.turned_away += 1
            if number % 6 == 5:
                self._refund_at_once()

    def aftercare(self) -> None:
        """Refund, fail, dispute and settle in the days after, then release what is due.

        Only with orders of which nothing was refunded during the evening.
        """
        after = self._evening.opens_at + self._evening.lasts
        sandbox = self._sandbox
        orders = [order for order in self.orders if order not in self._refunded]
        self._at(after + _DAY)
        sandbox.expire_due()
        sandbox.refund(orders[1], 700)
        sandbox.refund(orders[2])
        first = sandbox.order(orders[3]).lines[0]
        sandbox.refund(orders[3], lines={first.ref: 1})
        failing = sandbox.refund(orders[4], 500)
        self._at(after + 2 * _DAY)
        for number, ref in enumerate(self._pending):
            if number == 0:
                self._end(ref, sandbox.fail_later)
            else:
                self.orders.append(sandbox.settle(ref).id)
        sandbox.fail_refund(failing.id)
        sandbox.dispute(orders[5])
        sandbox.dispute(orders[6])
        self._at(after + 9 * _DAY)
        sandbox.win(orders[5])
        sandbox.lose(orders[6])
        self._at(after + 14 * _DAY)
        self._shop.releases.due()
        self._at(after + 15 * _DAY)
        sandbox.refund(orders[7], 900)  # after its commission became payable
        self._at(after + 17 * _DAY)
        self._shop.releases.due()
        self.settle_down()

    def settle_down(self) -> None:
        """Let every webhook still under way arrive."""
        self._at(self._clock.now() + LATE)

    # --- what visitors do

    def _pay(self, ref: str, email: str) -> None:
        self.orders.append(self._sandbox.pay(ref, email=email).id)

    def _pay_code(self, ref: str, email: str) -> None:
        """Pay with a code heard from another creator: the code decides who earns."""
        self._sandbox.apply_code(ref, self._evening.code("MIKA15"))
        self._pay(ref, email)

    def _pay_later(self, ref: str, email: str) -> None:
        self._sandbox.pay_later(ref, email=email)
        self._pending.append(ref)

    def _end(self, ref: str, how: Callable[[str], object]) -> None:
        how(ref)

    def _refund_at_once(self) -> None:
        """Refund the newest order at once: its webhook may overtake the sale's."""
        if self.orders:
            self._refunded.add(self.orders[-1])
            self._sandbox.refund(self.orders[-1], 100)

    def _buy_directly(self, email: str) -> None:
        """Buy at the shop itself, past every link: nobody is credited."""
        product = self._shop.products.get("ceramic_mug")
        key = self._shop.ids.new("chk")
        request = CheckoutRequest(
            checkout_id=key,
            sealed_ref="none",
            items=(
                CheckoutItem(
                    sku=product.sku,
                    title=product.title,
                    quantity=1,
                    unit=product.price,
                    platform_refs=product.platform_refs,
                ),
            ),
            coupon_code=None,
            coupon_ref=None,
            expires_at=self._clock.now() + 30 * _MINUTE,
            success_url=self._shop.settings.base_url,
            cancel_url=self._shop.settings.base_url,
        )
        platform = self._shop.platform
        opened = platform.open_checkout(platform.prepare_checkout(request), key=key)
        self._sandbox.pay(opened.platform_ref, email=email)

    # --- time

    def _pick(self) -> int:
        """Choose a link; pinned ones, which come with a coupon, twice as often."""
        weighted = [n for n, shelf in enumerate(SHELVES) for _ in range(2 if shelf.coupon else 1)]
        return weighted[self._random.randrange(len(weighted))]

    def _at(self, moment: datetime) -> None:
        """Move on to a moment; whatever webhook is due by then arrives, one at a time."""
        worker = self._shop.worker(batch=1)
        worker.drain()
        quiet = self._clock.now() + LATE  # nothing is under way any more by then
        while self._clock.now() < moment:
            soon = self._clock.now() + _MINUTE
            self._clock.set(min(moment, soon if soon <= quiet else moment))
            worker.drain()
