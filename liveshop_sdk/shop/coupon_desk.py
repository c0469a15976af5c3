"""The desk that tells the platform about coupons: made, paused, resumed, ended."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from liveshop_sdk.checkout.coupons.kinds import Gives
from liveshop_sdk.checkout.coupons.models import END, PAUSE, RESUME, Coupon
from liveshop_sdk.checkout.coupons.service import Coupons as CouponRules
from liveshop_sdk.checkout.coupons.service import coupon_request
from liveshop_sdk.checkout.ports import CommercePlatform
from liveshop_sdk.db import Database, Transaction
from liveshop_sdk.errors import CouponKindUnsupportedError, LiveShopError
from liveshop_sdk.events.outbox import Outbox, OutboxRow
from liveshop_sdk.events.worker import Sender
from liveshop_sdk.facts import Json
from liveshop_sdk.registry.store import ProductStore
from liveshop_sdk.shop.attempts import Attempts
from liveshop_sdk.shop.code_desk import CodeDesk
from liveshop_sdk.shop.coupon_hold import CouponHold

CREATE, SWITCH = "coupon.create", "coupon.switch"


class CouponDesk:
    """Makes the platform have coupons as the brand wants them, from the outbox.

    Whoever tells it about a coupon does so alone, and says what is wanted by
    then, not what was when the row was planned. So the last wish wins, however
    many wait, and whichever worker is first.
    """

    def __init__(
        self,
        *,
        db: Database,
        outbox: Outbox,
        attempts: Attempts,
        rules: CouponRules,
        platform: CommercePlatform,
        codes: CodeDesk,
        hold: CouponHold,
    ) -> None:
        """Keep where coupons are made."""
        self._db, self._outbox, self._attempts = db, outbox, attempts
        self._rules, self._platform, self._products = rules, platform, ProductStore()
        self._codes, self._hold = codes, hold
        self._create = Sender(send=self.send, sent=self.sent, refused=self.refused)
        self._switch = Sender(send=self.tell, sent=self.sent, refused=self.not_resumed)
        self.senders: Mapping[str, Sender] = {CREATE: self._create, SWITCH: self._switch}

    # --- planning

    def check_kind(self, gives: Gives | None) -> None:
        """Refuse a kind of coupon that the platform does not have.

        Raises:
            CouponKindUnsupportedError: It has none of this kind.
        """
        if gives is not None and gives.kind not in self._platform.coupon_kinds:
            raise CouponKindUnsupportedError(platform=self._platform.name, kind=gives.kind)

    def plan(self, tx: Transaction, coupon: Coupon) -> None:
        """Put a coupon in the outbox, parameters fixed, in the caller's transaction.

        One that was given up or refused is asked for again as it was; one that
        has ended is not.
        """
        if coupon.ended_at is not None:
            return
        key = f"{CREATE}:{coupon.id}"
        known = self._outbox.get(tx, key)
        if known is None:
            request = replace(coupon_request(coupon), product_refs=self._refs(tx, coupon))
            params = self._platform.prepare_coupon(request)
            payload = {"coupon_id": coupon.id, "params": params}
            self._outbox.add(tx, CREATE, key, payload, of=(coupon.platform, coupon.account))
        elif known.state == "dead":
            self._outbox.replay(tx, [known.id])
            self._rules.ask_again(tx, coupon.id)

    def _refs(self, tx: Transaction, coupon: Coupon) -> dict[str, str]:
        """Return the platform's ids of the products that a coupon names."""
        skus = coupon.gives.skus if coupon.gives else ()
        name = self._platform.name
        found = self._products.known(tx, skus) if skus else {}
        refs = {sku: product.platform_refs.get(name) for sku, product in found.items()}
        return {sku: ref for sku, ref in refs.items() if ref is not None}

    def plan_wish(self, tx: Transaction, coupon: Coupon) -> None:
        """Put a coupon's last wish in the outbox, if the platform does not know it.

        One that was given up is asked for again, and so are personal codes that
        were not made while it was paused.
        """
        if coupon.waiting is None:
            self._go_on(tx, coupon)
            return
        if self._outbox.get(tx, wish_key(coupon)) is None:
            self._plan_switch(tx, coupon, after="")
            return
        named = {"coupon_id": coupon.id, "number": coupon.wish_no}
        dead = self._outbox.dead_letters(tx, None, kind=SWITCH)
        again = [row.id for row in dead if _named(row) == named]
        if again:
            self._outbox.replay(tx, again)

    def _go_on(self, tx: Transaction, coupon: Coupon) -> None:
        """Plan the personal codes that are left of a coupon that is on."""
        if coupon.wish == RESUME:
            self._codes.go_on(tx, coupon)

    def _plan_switch(self, tx: Transaction, coupon: Coupon, *, after: str) -> None:
        payload = {"coupon_id": coupon.id, "wish": coupon.wish, "number": coupon.wish_no}
        more = {"after": after} if after else {}
        key = f"{wish_key(coupon)}:{after}" if after else wish_key(coupon)
        self._outbox.add(tx, SWITCH, key, {**payload, **more}, of=(coupon.platform, coupon.account))

    def expect(self, tx: Transaction, ids: Collection[str] | None) -> None:
        """Make refused coupons pending whose rows are about to be replayed.

        Args:
            ids: Of outbox rows; None for all that were given up.
        """
        for row in self._outbox.dead_letters(tx, None, kind=CREATE):
            if ids is None or row.id in ids:
                self._rules.ask_again(tx, _text(row, "coupon_id"))

    def why_not(self, code: str, customer_key: str) -> str | None:
        """Say why a customer may not use a coupon now, for the sandbox's page."""
        with self._db.reading() as tx:
            try:
                self._rules.check_customer(tx, self._codes.coupon_of(tx, code), customer_key)
            except LiveShopError as error:
                return str(error).removesuffix(".")
        return None

    # --- trying

    def try_now(self, coupon_id: str) -> None:
        """Try a planned coupon once; a failure leaves it to the worker.

        A refusal is raised: nobody but the caller can correct it.
        """
        self._attempts.once(f"{CREATE}:{coupon_id}", self._create)

    def tell_now(self, coupon: Coupon) -> bool:
        """Try a coupon's last wish once; False if the worker has to go on."""
        return self._attempts.once(wish_key(coupon), self._switch)

    # --- sending

    def send(self, row: OutboxRow) -> Json:
        """Make the coupon at the platform; the worker stores what comes back.

        One that was paused meanwhile is switched off as soon as it exists. One
        that ended is not made, and looked for if an earlier try may have made it.
        One that was found meanwhile is there: a second try could make another.
        """
        with self._hold.of(_text(row, "coupon_id")) as coupon:
            if coupon.ended_at is not None:
                ref = None if row.attempts == 1 else self._switched(coupon, None, row)
                return {"ref": ref, "told": None}
            if coupon.platform_ref is not None:
                return {"ref": None, "told": None}
            ref = self._platform.create_coupon(_text(row, "params"), key=coupon.id)
            if coupon.wish == PAUSE:
                self._switched(coupon, ref, row)
            return {"ref": ref, "told": coupon.wish_no}

    def tell(self, row: OutboxRow) -> Json:
        """Have the platform carry out what is wanted of a coupon now.

        A wish that was overtaken before it was ever tried is dropped: the later
        one has a row of its own. Where its personal codes must be told one by
        one, a row tells some of them, and the next one goes on.
        """
        with self._hold.of(_text(row, "coupon_id")) as coupon:
            is_overtaken = _number(row) < coupon.wish_no
            if is_overtaken and row.attempts == 1:
                return {"ref": None, "told": None}
            after = "" if is_overtaken else _after(row)
            ref = coupon.platform_ref if after else self._switched(coupon, coupon.platform_ref, row)
            left = "" if ref is None else self._codes.followed(coupon, _try_key(coupon, row), after)
            told = {"told": coupon.wish_no} if not left else {"told": None, "after": left}
            return {"ref": ref, "number": coupon.wish_no, **told}

    def sent(self, tx: Transaction, row: OutboxRow, answer: Json) -> None:
        """Store the platform's id and the wish it knows, where the row is marked done."""
        told = answer if isinstance(answer, Mapping) else {}
        coupon_id, ref, number = _text(row, "coupon_id"), told.get("ref"), told.get("told")
        if isinstance(ref, str):
            self._rules.confirm(tx, coupon_id, ref)
        if not isinstance(number, int) and "after" not in told:
            return
        if isinstance(number, int):
            self._rules.told(tx, coupon_id, number)
        self._rules.lock(tx, [coupon_id])
        coupon = self._rules.by_id(tx, coupon_id)
        assert coupon is not None  # noqa: S101 - it was told about
        after = told.get("after")
        if coupon.waiting is None:
            self._go_on(tx, coupon)
        elif isinstance(after, str) and coupon.wish_no == told.get("number"):
            self._plan_switch(tx, coupon, after=after)

    def refused(self, tx: Transaction, row: OutboxRow) -> None:
        """Note on the coupon that it will not come to be."""
        self._rules.refuse(tx, _text(row, "coupon_id"))

    def not_resumed(self, tx: Transaction, row: OutboxRow) -> None:
        """Leave a coupon paused that the platform will not resume."""
        self._rules.keep_off(tx, _text(row, "coupon_id"), _number(row))

    def _switched(self, coupon: Coupon, ref: str | None, row: OutboxRow) -> str | None:
        if coupon.wish != END and coupon.ends_at <= self._rules.now():
            return ref  # its window is over there, too
        return self._platform.switch_coupon(
            coupon_request(coupon), ref=ref, wish=coupon.wish, key=_try_key(coupon, row)
        )


def wish_key(coupon: Coupon) -> str:
    """Return the outbox key of a coupon's last wish."""
    return f"{SWITCH}:{coupon.id}:{coupon.wish_no}"


def _text(row: OutboxRow, name: str) -> str:
    payload = row.payload
    assert isinstance(payload, dict)  # noqa: S101 - we wrote it
    return str(payload[name])


def _number(row: OutboxRow) -> int:
    return int(_text(row, "number"))


def _try_key(coupon: Coupon, row: OutboxRow) -> str:
    return f"{coupon.id}:{coupon.wish}:{coupon.wish_no}:{row.try_id}"


def _named(row: OutboxRow) -> dict[str, object]:
    return {"coupon_id": _text(row, "coupon_id"), "number": _number(row)}


def _after(row: OutboxRow) -> str:
    payload = row.payload
    after = payload.get("after") if isinstance(payload, dict) else None
    return after if isinstance(after, str) else ""
