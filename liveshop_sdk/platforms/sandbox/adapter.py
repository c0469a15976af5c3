"""The sandbox as a commerce platform: the port, and nothing else of it."""

import secrets as chance
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from liveshop_sdk.checkout.coupons.kinds import ALL_KINDS
from liveshop_sdk.checkout.coupons.models import END, PAUSE, RESUME
from liveshop_sdk.checkout.ports import (
    CheckoutRequest,
    CouponRequest,
    Delivery,
    Finding,
    OpenedCheckout,
    Seals,
)
from liveshop_sdk.clock import Clock
from liveshop_sdk.db import Database, Transaction
from liveshop_sdk.errors import (
    BodyInvalidError,
    DeliveryUnreadableError,
    SandboxCodeRefusedError,
)
from liveshop_sdk.events.outbox import Outbox
from liveshop_sdk.facts import Fact, Happening, Json
from liveshop_sdk.ids import Ids
from liveshop_sdk.platforms.sandbox import events, shapes, signature
from liveshop_sdk.platforms.sandbox.codes.maker import SandboxCodes
from liveshop_sdk.platforms.sandbox.codes.store import CodeStore
from liveshop_sdk.platforms.sandbox.desk import LIMITS, CheckCustomer, stored_terms
from liveshop_sdk.platforms.sandbox.fees import SandboxFees
from liveshop_sdk.platforms.sandbox.models import Cart, Checkout, Order, SandboxCoupon
from liveshop_sdk.platforms.sandbox.operations import Sandbox
from liveshop_sdk.platforms.sandbox.params import (
    read_cart,
    read_coupon,
    refused,
    write_cart,
    write_coupon,
)
from liveshop_sdk.platforms.sandbox.payments import usable
from liveshop_sdk.platforms.sandbox.pricing import price
from liveshop_sdk.platforms.sandbox.reading import ACCOUNT, NAME, happenings
from liveshop_sdk.platforms.sandbox.sender import Transport, WebhookSender, post
from liveshop_sdk.platforms.sandbox.store import SandboxStore
from liveshop_sdk.wire import loads

_PAGE = 100
_STATES = {PAUSE: "paused", RESUME: "", END: "ended"}
SECRET = "webhook_secret"  # noqa: S105 - the name it is stored under


class SandboxPlatform:
    """A commerce platform of our own that needs no account.

    Known to the rest of the SDK only by the port ``CommercePlatform`` and by
    signed webhooks; `sandbox` is what its pages and commands press.
    """

    name = NAME
    account = ACCOUNT
    mode = "sandbox"

    def __init__(
        self,
        db: Database,
        clock: Clock,
        ids: Ids,
        outbox: Outbox,
        seals: Seals,
        base_url: str,
        secret: str | Sequence[str] | None = None,
        *,
        check_customer: CheckCustomer | None = None,
        transport: Transport = post,
    ) -> None:
        """Keep the sandbox's records in `db` and its pages under `base_url`.

        Args:
            secret: Signs webhooks; several while one is replaced. Without it
                one is generated at the first use and stored.
            check_customer: Asked before a payment with a code.
            transport: Replaces HTTP for webhooks.
        """
        self._db = db
        self._clock = clock
        self._ids = ids
        self._seals = seals
        self._base_url = base_url.rstrip("/")
        self._store = SandboxStore()
        given = (secret,) if isinstance(secret, str) else tuple(secret or ())
        self._secrets = tuple(one.encode() for one in given)
        self.codes = SandboxCodes(db)
        self.sandbox = Sandbox(db, clock, ids, outbox, check_customer=check_customer)
        self.fees = SandboxFees(db, self._store)
        self._sender = WebhookSender(self._base_url, clock, self.signing_secrets, transport)

    # --- checkouts and coupons

    def prepare_checkout(self, request: CheckoutRequest) -> str:
        """Return the parameters of a hosted checkout as canonical text."""
        return write_cart(request)

    def open_checkout(
        self,
        params: str,
        *,
        key: str,
        buyer_ip: str | None = None,  # noqa: ARG002  # of no use here
    ) -> OpenedCheckout:
        """Open the hosted checkout; the same key and params, the same one.

        Raises:
            PlatformRefusedError: the coupon cannot be used, the time is over,
                or the key stands for another cart.
        """
        cart = read_cart(params)
        with self._db.transaction() as tx:
            found = self._store.checkout_by_key(tx, key)
            if found is None:
                made = self._new_checkout(tx, cart, params, key)
                added = self._store.add_checkout(tx, made)
                found = made if added else self._store.checkout_by_key(tx, key)
        if found is None or found.params != params:
            raise refused("this key was used for another checkout")
        return OpenedCheckout(
            url=f"{self._base_url}/sandbox/checkout/{found.id}", platform_ref=found.id
        )

    coupon_kinds = ALL_KINDS

    def prepare_coupon(self, request: CouponRequest) -> str:
        """Return the parameters of a coupon as canonical text."""
        return write_coupon(request)

    def create_coupon(self, params: str, *, key: str) -> str:
        """Make the coupon exist and return the sandbox's id of it.

        Raises:
            PlatformRefusedError: the code or the key stands for another one.
        """
        with self._db.transaction() as tx:
            found = self._store.coupon_by_key(tx, key)
            if found is None:
                now = self._clock.now()
                made = read_coupon(params, coupon_ref=self._ids.new("sbp"), key=key, used=0)
                if self._store.add_coupon(tx, made, now):
                    return made.id
                found = self._store.coupon_by_key(tx, key)
        if found is None:
            raise refused("the code is taken by another coupon")
        if found.params != params:
            raise refused("this key was used for another coupon")
        return found.id

    def coupon_uses(self, ref: str) -> int | None:
        """Return how often the coupon was paid with."""
        with self._db.reading() as tx:
            found = self._store.coupon(tx, ref)
        return None if found is None else found.used

    def switch_coupon(
        self,
        request: CouponRequest,
        *,
        ref: str | None,
        wish: str,
        key: str,  # noqa: ARG002  # our own database needs none
    ) -> str | None:
        """Pause, resume or end a coupon; open checkouts keep it.

        Raises:
            PlatformRefusedError: it has ended, so that nobody can resume it.
        """
        with self._db.transaction() as tx:
            found = (
                self._store.coupon_by_key(tx, request.coupon_id)
                if ref is None
                else self._store.coupon(tx, ref)
            )
            if found is None:
                return None
            if wish == RESUME and found.state == "ended":
                raise refused("the coupon has ended")
            self._store.set_coupon_state(tx, found.id, _STATES[wish])
        return found.id

    expires_checkouts = True

    def expire_checkout(self, params: str, *, ref: str | None, key: str) -> bool:  # noqa: ARG002
        """End an open checkout before its time; its webhook says so."""
        with self._db.reading() as tx:
            found = self._store.checkout(tx, ref or read_cart(params).checkout_id)
        if found is None:
            return False
        self.sandbox.expire(found.id)
        return True

    # --- webhooks

    def receive(self, headers: Mapping[str, str], body: bytes, *, now: datetime) -> Delivery:
        """Verify a webhook on its raw bytes and name it.

        Raises:
            SignatureInvalidError: not signed by us within five minutes.
            DeliveryUnreadableError: signed, but not an event.
        """
        header = signature.header_of(headers)
        signature.verify(header, body, self._known_secrets(), now=now)
        try:
            event = shapes.as_object(loads(body))
            shapes.inner(event, "data")
            event_id, topic = shapes.text(event, "id"), shapes.text(event, "type")
            created = shapes.instant(event, "created")
        except BodyInvalidError as error:
            raise _unreadable(error.reason) from None
        except shapes.ShapeError as error:
            raise _unreadable(str(error)) from None
        if not 1 <= len(event_id) <= 128 or not 1 <= len(topic) <= 64:
            raise _unreadable("its id or type is too long or empty")
        return Delivery(
            platform=NAME,
            account=ACCOUNT,
            topic=topic,
            delivery_id=event_id,
            event_id=event_id,
            occurred_at=created,
            body=body,
        )

    def read(
        self,
        delivery: Delivery,
        *,
        patience: int | None = None,  # noqa: ARG002 - asks nobody
    ) -> tuple[Happening, ...]:
        """Turn a stored delivery into what happened; asks nobody.

        Raises:
            DeliveryUnreadableError: a shape or sum that cannot be right.
        """
        try:
            event = shapes.as_object(loads(delivery.body))
            return happenings(delivery.topic, shapes.inner(event, "data"), self._seals)
        except BodyInvalidError as error:
            raise _unreadable(error.reason) from None
        except shapes.ShapeError as error:
            raise _unreadable(str(error)) from None

    def find_order(self, order_ref: str) -> tuple[Fact, ...]:
        """Return all facts of one order, as its webhooks told or would tell."""
        with self._db.reading() as tx:
            order = self._store.order(tx, order_ref)
            told = self._told(tx, order) if order else []
        return tuple(self._facts(told))

    def walk(self, since: datetime, until: datetime) -> Iterator[list[Fact]]:
        """Yield the facts of orders that something happened to, by their ids."""
        after = ""
        while True:
            with self._db.reading() as tx:
                orders = self._store.touched(tx, since, until, after=after, limit=_PAGE)
                told = [event for order in orders for event in self._told(tx, order)]
            if not orders:
                return
            yield self._facts(told)
            after = orders[-1].id

    def sees_since(self, now: datetime) -> None:  # noqa: ARG002 - the records are all there
        """Return None: the sandbox shows every order."""
        return

    def _facts(self, told: Sequence[tuple[str, dict[str, Json]]]) -> list[Fact]:
        found = [one for topic, data in told for one in happenings(topic, data, self._seals)]
        return [one for one in found if isinstance(one, Fact)]

    def send_webhook(self, payload: Json) -> Json:
        """Send one event from the outbox; see `WebhookSender`."""
        return self._sender(payload)

    def signing_secrets(self) -> tuple[bytes, ...]:
        """Return what webhooks are signed with; the first to ask makes one."""
        if not self._known_secrets():
            with self._db.transaction() as tx:
                stored = self._store.value_or(tx, SECRET, chance.token_hex(32))
            self._secrets = (stored.encode(),)
        return self._secrets

    def check(self) -> tuple[Finding, ...]:
        """Report where webhooks go, and whether they can be signed."""
        has_secret = bool(self._known_secrets())
        return (
            Finding(
                name="sandbox webhook",
                ok=True,
                text=f"goes to {self._base_url}/webhooks/sandbox, signed "
                + ("with a stored secret" if has_secret else "once a secret is generated"),
            ),
        )

    # --- parts

    def _new_checkout(self, tx: Transaction, cart: Cart, params: str, key: str) -> Checkout:
        now = self._clock.now()
        if cart.expires_at <= now:
            raise refused("the checkout would be over before it begins")
        terms = stored_terms(self._store, tx)
        coupon = self._coupon(tx, cart, now) if cart.coupon_code else None
        return Checkout(
            id=self._ids.new("sbc"),
            key=key,
            state="open",
            params=params,
            cart=cart,
            terms=terms,
            priced=price(cart.items, terms, coupon.discount if coupon else None),
            code=coupon.code if coupon else None,
            coupon_ref=coupon.id if coupon else None,
            email=None,
            opened_at=now,
            closed_at=None,
            order_id=None,
        )

    def _coupon(self, tx: Transaction, cart: Cart, now: datetime) -> SandboxCoupon:
        code = cart.coupon_code or ""
        try:
            return usable(
                CodeStore().coupon_by_code(tx, code),
                code,
                cart=cart,
                now=now,
                is_strict=self._store.value(tx, LIMITS) != "lax",
            )
        except SandboxCodeRefusedError as error:
            raise refused(f"the code {error.coupon}: {error.problem}") from None

    def _told(self, tx: Transaction, order: Order) -> list[tuple[str, dict[str, Json]]]:
        told = [(events.CHECKOUT_PAID, events.paid(order))]
        for refund in self._store.refunds(tx, order):
            told.append((events.REFUND_CREATED, events.refunded(refund)))
            if refund.state == "failed":
                told.append((events.REFUND_FAILED, events.refund_failed(refund)))
        for dispute in self._store.disputes(tx, order):
            opened = replace(dispute, state="open", closed_at=None)
            told.append((events.DISPUTE_OPENED, events.disputed(opened)))
            if dispute.state != "open":
                topic = events.DISPUTE_WON if dispute.state == "won" else events.DISPUTE_LOST
                told.append((topic, events.disputed(dispute)))
        return told

    def _known_secrets(self) -> tuple[bytes, ...]:
        """Return the secrets there are; looking never makes one."""
        if not self._secrets:
            with self._db.reading() as tx:
                stored = self._store.value(tx, SECRET)
            self._secrets = (stored.encode(),) if stored else ()
        return self._secrets


def _unreadable(problem: str) -> DeliveryUnreadableError:
    return DeliveryUnreadableError(platform=NAME, problem=problem)
