"""The queries on coupons; the cap is held by one conditional update."""

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Row, bindparam, func, insert, or_, select, update

from liveshop_sdk.checkout import tables as t
from liveshop_sdk.checkout.coupons.kinds import gives_from
from liveshop_sdk.checkout.coupons.models import Coupon
from liveshop_sdk.clock import from_micros, to_micros
from liveshop_sdk.db import Transaction
from liveshop_sdk.db.inserts import add_if_absent
from liveshop_sdk.money import Money
from liveshop_sdk.wire import loads_canonical

_FREE_UNIT = or_(
    t.coupon.c.use_limit.is_(None),
    t.coupon.c.reserved + t.coupon.c.used < t.coupon.c.use_limit,
)
_IS_ON = t.coupon.c.paused_at.is_(None) & t.coupon.c.ended_at.is_(None)
_RESERVE = (
    update(t.coupon)
    .where(t.coupon.c.id == bindparam("coupon"), _FREE_UNIT, _IS_ON)
    .values(reserved=t.coupon.c.reserved + 1)
)
_USE_FREE = (
    update(t.coupon)
    .where(t.coupon.c.id == bindparam("coupon"), _FREE_UNIT)
    .values(used=t.coupon.c.used + 1)
)
_USE_RESERVED = (
    update(t.coupon)
    .where(t.coupon.c.id == bindparam("coupon"))
    .values(reserved=t.coupon.c.reserved - 1, used=t.coupon.c.used + 1)
)
_UNRESERVE = (
    update(t.coupon)
    .where(t.coupon.c.id == bindparam("coupon"))
    .values(reserved=t.coupon.c.reserved - bindparam("units"))
)
_LAPSE = (
    update(t.checkout)
    .where(
        t.checkout.c.coupon_id == bindparam("coupon"),
        t.checkout.c.reservation == "held",
        t.checkout.c.reserved_until <= bindparam("now"),
    )
    .values(reservation="freed")
)
_SETTLE = (
    update(t.checkout)
    .where(t.checkout.c.id == bindparam("checkout"), t.checkout.c.reservation == "held")
    .values(reservation=bindparam("becomes"))
)


_HOLD = (
    update(t.coupon)
    .where(
        t.coupon.c.id == bindparam("coupon"),
        or_(t.coupon.c.busy_until.is_(None), t.coupon.c.busy_until <= bindparam("now")),
    )
    .values(busy_until=bindparam("until"))
)
_LET_GO = (
    update(t.coupon)
    .where(t.coupon.c.id == bindparam("coupon"), t.coupon.c.busy_until == bindparam("until"))
    .values(busy_until=None)
)
_TOLD = (
    update(t.coupon)
    .where(
        t.coupon.c.id == bindparam("coupon"),
        func.coalesce(t.coupon.c.told_no, 0) < bindparam("number"),
    )
    .values(told_no=bindparam("number"))
)

_BY_ID = select(t.coupon).where(t.coupon.c.id == bindparam("coupon"))
_OF_ACCOUNT = select(t.coupon).where(
    t.coupon.c.platform == bindparam("platform"), t.coupon.c.account == bindparam("account")
)
_BY_CODES = _OF_ACCOUNT.where(t.coupon.c.code.in_(bindparam("codes", expanding=True)))
_LOCK = (
    select(t.coupon.c.id)
    .where(t.coupon.c.id.in_(bindparam("coupons", expanding=True)))
    .order_by(t.coupon.c.id)
    .with_for_update()
)
_ADD_REDEMPTION = insert(t.redemption)
_USES = select(func.count()).where(
    t.redemption.c.coupon_id == bindparam("coupon"),
    t.redemption.c.customer_key == bindparam("customer"),
)


class CouponStore:
    """Reads and writes coupons, their reservations and redemptions."""

    def add(self, tx: Transaction, coupon: Coupon) -> bool:
        """Append a coupon not yet at the platform; False if its code exists."""
        off, gives = coupon.amount_off, coupon.gives
        return add_if_absent(
            tx,
            t.coupon,
            {
                "id": coupon.id,
                "platform": coupon.platform,
                "account": coupon.account,
                "code": coupon.code,
                "creator": coupon.creator,
                "stream": coupon.stream,
                "percent_bps": gives.percent_bps if gives else coupon.percent_bps,
                "amount_off": off.amount if off else None,
                "currency": off.currency if off else None,
                "starts_at": to_micros(coupon.starts_at),
                "ends_at": to_micros(coupon.ends_at),
                "use_limit": coupon.limit,
                "per_customer": coupon.per_customer,
                "reserved": 0,
                "used": 0,
                "platform_ref": None,
                "created_at": to_micros(coupon.created_at),
                "gives": gives.as_text() if gives else None,
            },
        )

    def by_id(self, tx: Transaction, coupon_id: str) -> Coupon | None:
        """Return the coupon with this id."""
        row = tx.execute(_BY_ID, {"coupon": coupon_id}).one_or_none()
        return _coupon(row) if row else None

    def by_code(self, tx: Transaction, platform: str, account: str, code: str) -> Coupon | None:
        """Return the coupon with this code at one platform account."""
        named = {"platform": platform, "account": account, "codes": [code]}
        row = tx.execute(_BY_CODES, named).one_or_none()
        return _coupon(row) if row else None

    def matching(
        self,
        tx: Transaction,
        platform: str,
        account: str,
        *,
        codes: Iterable[str],
        refs: Iterable[str],
    ) -> list[Coupon]:
        """Return our coupons among codes and platform ids; it locks none."""
        named = {"platform": platform, "account": account}
        plain = sorted(set(codes))
        rows = list(tx.execute(_BY_CODES, named | {"codes": plain})) if plain else []
        found = [_coupon(row) for row in rows]
        rest = sorted(ref for ref in set(refs) if not any(has_ref(c, ref) for c in found))
        if rest:
            is_named = or_(*(t.coupon.c.platform_ref.contains(r, autoescape=True) for r in rest))
            more = [_coupon(row) for row in tx.execute(_OF_ACCOUNT.where(is_named), named)]
            found += [coupon for coupon in more if any(has_ref(coupon, ref) for ref in rest)]
        return found

    def lock(self, tx: Transaction, coupon_ids: Iterable[str]) -> None:
        """Lock coupons, always in the order of their ids."""
        wanted = sorted(set(coupon_ids))
        if wanted:
            tx.execute(_LOCK, {"coupons": wanted}).all()

    def recent(
        self, tx: Transaction, platform: str, account: str, *, stream: str | None, limit: int
    ) -> list[Coupon]:
        """Return an account's newest coupons, of one stream if asked."""
        query = _OF_ACCOUNT.order_by(t.coupon.c.created_at.desc(), t.coupon.c.id).limit(limit)
        if stream is not None:
            query = query.where(t.coupon.c.stream == stream)
        return [
            _coupon(row) for row in tx.execute(query, {"platform": platform, "account": account})
        ]

    def page(
        self,
        tx: Transaction,
        *,
        platform: str,
        account: str,
        creator: str | None,
        stream: str | None,
        after: str | None,
        limit: int,
    ) -> list[Coupon]:
        """Return an account's coupons, the newest first, from that behind ``after``."""
        named = {"platform": platform, "account": account}
        query = _OF_ACCOUNT.order_by(t.coupon.c.id.desc()).limit(limit)
        if creator is not None:
            query = query.where(t.coupon.c.creator == creator)
        if stream is not None:
            query = query.where(t.coupon.c.stream == stream)
        if after is not None:
            query = query.where(t.coupon.c.id < after)
        return [_coupon(row) for row in tx.execute(query, named)]

    def codes(self, tx: Transaction, coupon_ids: Iterable[str]) -> dict[str, str]:
        """Return the codes of coupons by their ids."""
        query = select(t.coupon.c.id, t.coupon.c.code).where(t.coupon.c.id.in_(set(coupon_ids)))
        return {row.id: row.code for row in tx.execute(query)}

    def set_platform_ref(self, tx: Transaction, coupon_id: str, ref: str) -> None:
        """Note that the coupon exists at the platform."""
        has_come = update(t.coupon).where(t.coupon.c.id == coupon_id)
        tx.execute(has_come.values(platform_ref=ref, refused_at=None))

    def set_refused(self, tx: Transaction, coupon_id: str, at: datetime | None) -> None:
        """Note that the platform refused the coupon, or that it is asked once more."""
        is_open = (t.coupon.c.id == coupon_id) & t.coupon.c.platform_ref.is_(None)
        tx.execute(update(t.coupon).where(is_open).values(refused_at=_micros(at)))

    def set_wish(self, tx: Transaction, coupon: Coupon) -> None:
        """Store what pausing, resuming or ending made of a locked coupon."""
        changed = update(t.coupon).where(t.coupon.c.id == coupon.id)
        tx.execute(
            changed.values(
                ends_at=to_micros(coupon.ends_at),
                paused_at=_micros(coupon.paused_at),
                ended_at=_micros(coupon.ended_at),
                wish_no=coupon.wish_no,
                told_no=coupon.told_no,
            )
        )

    def set_told(self, tx: Transaction, coupon_id: str, number: int) -> None:
        """Note the last wish that the platform has carried out."""
        tx.execute(_TOLD, {"coupon": coupon_id, "number": number})

    def hold(self, tx: Transaction, coupon_id: str, *, now: datetime, until: datetime) -> bool:
        """Let nobody else tell the platform about a coupon; False if somebody does."""
        named = {"coupon": coupon_id, "now": to_micros(now), "until": to_micros(until)}
        return bool(tx.execute(_HOLD, named).rowcount)

    def let_go(self, tx: Transaction, coupon_id: str, *, until: datetime) -> None:
        """Give back what `hold` took, unless another has it by now."""
        tx.execute(_LET_GO, {"coupon": coupon_id, "until": to_micros(until)})

    def of_stream(self, tx: Transaction, platform: str, account: str, stream: str) -> list[Coupon]:
        """Return an account's coupons of one stream, by id."""
        query = _OF_ACCOUNT.where(t.coupon.c.stream == stream).order_by(t.coupon.c.id)
        rows = tx.execute(query, {"platform": platform, "account": account})
        return [_coupon(row) for row in rows]

    def recorded(
        self, tx: Transaction, platform: str, account: str, since: datetime, until: datetime
    ) -> list[tuple[Coupon, int]]:
        """Return coupons whose window meets this time, and their redemptions."""
        c = t.coupon.c
        uses = (
            select(func.count())
            .where(t.redemption.c.coupon_id == c.id)
            .correlate(t.coupon)
            .scalar_subquery()
        )
        query = (
            select(t.coupon, uses.label("uses"))
            .where(c.platform == platform, c.account == account, c.platform_ref.is_not(None))
            .where(c.starts_at <= to_micros(until), c.ends_at >= to_micros(since))
            .order_by(c.id)
        )
        return [(_coupon(row), row.uses) for row in tx.execute(query)]

    def reserve(self, tx: Transaction, coupon_id: str, *, now: datetime) -> bool:
        """Take one unit for a visit; False when none is left.

        One conditional update decides. Only when it finds no unit are lapsed
        reservations freed, under the coupon's row lock, and it tries again.
        """
        return self._take(tx, _RESERVE, coupon_id, now)

    def use_free(self, tx: Transaction, coupon_id: str, *, now: datetime) -> bool:
        """Count one use that had no reservation; False when none is left."""
        return self._take(tx, _USE_FREE, coupon_id, now)

    def _take(self, tx: Transaction, statement: Any, coupon_id: str, now: datetime) -> bool:
        if tx.execute(statement, {"coupon": coupon_id}).rowcount:
            return True
        self.free_lapsed(tx, coupon_id, now=now)
        return bool(tx.execute(statement, {"coupon": coupon_id}).rowcount)

    def free_lapsed(self, tx: Transaction, coupon_id: str, *, now: datetime) -> int:
        """Give back reservations whose time is over; returns how many."""
        self.lock(tx, [coupon_id])
        lapsed = tx.execute(_LAPSE, {"coupon": coupon_id, "now": to_micros(now)}).rowcount
        if lapsed:
            tx.execute(_UNRESERVE, {"coupon": coupon_id, "units": lapsed})
        return lapsed

    def use_reserved(self, tx: Transaction, coupon_id: str, checkout_id: str) -> bool:
        """Turn a visit's reservation into a use; False if it holds none."""
        settled = tx.execute(_SETTLE, {"checkout": checkout_id, "becomes": "used"}).rowcount
        if settled:
            tx.execute(_USE_RESERVED, {"coupon": coupon_id})
        return bool(settled)

    def free(self, tx: Transaction, coupon_id: str, checkout_id: str) -> bool:
        """Give back a visit's reservation once; False if it holds none."""
        self.lock(tx, [coupon_id])
        settled = tx.execute(_SETTLE, {"checkout": checkout_id, "becomes": "freed"}).rowcount
        if settled:
            tx.execute(_UNRESERVE, {"coupon": coupon_id, "units": 1})
        return bool(settled)

    def uses_by(self, tx: Transaction, coupon_id: str, customer_key: str) -> int:
        """Count a customer's redemptions of a coupon."""
        uses = {"coupon": coupon_id, "customer": customer_key}
        return int(tx.execute(_USES, uses).scalar_one())

    def add_redemption(
        self,
        tx: Transaction,
        *,
        coupon_id: str,
        order_id: str,
        checkout_id: str | None,
        customer_key: str | None,
        verdict: str,
        redeemed_at: datetime,
    ) -> None:
        """Append one redemption with its verdict."""
        tx.execute(
            _ADD_REDEMPTION,
            {
                "coupon_id": coupon_id,
                "order_id": order_id,
                "checkout_id": checkout_id,
                "customer_key": customer_key,
                "verdict": verdict,
                "redeemed_at": to_micros(redeemed_at),
            },
        )

    def redeemed_by(self, tx: Transaction, order_id: str) -> list[tuple[Coupon, str]]:
        """Return the coupons an order redeemed, by id, each with its verdict."""
        query = (
            select(t.coupon, t.redemption.c.verdict)
            .join(t.redemption, t.redemption.c.coupon_id == t.coupon.c.id)
            .where(t.redemption.c.order_id == order_id)
            .order_by(t.coupon.c.id)
        )
        return [(_coupon(row), row.verdict) for row in tx.execute(query)]


def has_ref(coupon: Coupon, ref: str) -> bool:
    """Tell whether the platform knows a coupon by this id; it may have several."""
    return coupon.platform_ref is not None and ref in ids_in(coupon.platform_ref)


@lru_cache(maxsize=1024)
def ids_in(ref: str) -> frozenset[str]:
    """Return what a platform's reference names: itself, and each id it is made of."""
    if not ref.startswith("{"):
        return frozenset((ref,))
    parts = loads_canonical(ref)
    values = parts.values() if isinstance(parts, dict) else ()
    return frozenset((ref, *(one for one in values if isinstance(one, str))))


def _coupon(row: Row[Any]) -> Coupon:
    off = None if row.amount_off is None else Money(row.amount_off, row.currency)
    return Coupon(
        id=row.id,
        platform=row.platform,
        account=row.account,
        code=row.code,
        creator=row.creator,
        stream=row.stream,
        percent_bps=None if row.gives else row.percent_bps,
        amount_off=off,
        starts_at=from_micros(row.starts_at),
        ends_at=from_micros(row.ends_at),
        limit=row.use_limit,
        per_customer=row.per_customer,
        reserved=row.reserved,
        used=row.used,
        platform_ref=row.platform_ref,
        created_at=from_micros(row.created_at),
        refused_at=_instant(row.refused_at),
        paused_at=_instant(row.paused_at),
        ended_at=_instant(row.ended_at),
        wish_no=row.wish_no or 0,
        told_no=row.told_no or 0,
        gives=gives_from(row.gives),
    )


def _instant(micros: int | None) -> datetime | None:
    return None if micros is None else from_micros(micros)


def _micros(instant: datetime | None) -> int | None:
    return None if instant is None else to_micros(instant)
