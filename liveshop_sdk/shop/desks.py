"""The desks that tell the platform what was decided here, built once."""

from collections.abc import Mapping
from dataclasses import dataclass

from liveshop_sdk.clock import Clock
from liveshop_sdk.db import Database
from liveshop_sdk.events.outbox import Outbox
from liveshop_sdk.events.worker import Sender
from liveshop_sdk.ids import Ids
from liveshop_sdk.shop.attempts import Attempts
from liveshop_sdk.shop.code_desk import CodeDesk
from liveshop_sdk.shop.coupon_desk import CouponDesk
from liveshop_sdk.shop.coupon_hold import CouponHold
from liveshop_sdk.shop.ending import StreamEnder
from liveshop_sdk.shop.open_checkouts import CheckoutDesk
from liveshop_sdk.shop.platform import Connected
from liveshop_sdk.shop.rooms import Rooms


@dataclass(frozen=True, slots=True, kw_only=True)
class Desks:
    """One of each, and how the worker sends what they planned."""

    coupons: CouponDesk
    codes: CodeDesk
    streams: StreamEnder
    senders: Mapping[str, Sender]


def open_desks(
    db: Database, clock: Clock, ids: Ids, outbox: Outbox, rooms: Rooms, connected: Connected
) -> Desks:
    """Build the desks of a shop."""
    platform = connected.platform
    attempts = Attempts(db, ids, outbox, (platform.name, platform.account))
    hold = CouponHold(db, rooms.coupons, platform.name)
    codes = CodeDesk(
        db=db,
        clock=clock,
        outbox=outbox,
        attempts=attempts,
        rules=rooms.coupons,
        personal=rooms.personal,
        maker=connected.codes,
        hold=hold,
        of=(platform.name, platform.account),
    )
    coupons = CouponDesk(
        db=db,
        outbox=outbox,
        attempts=attempts,
        rules=rooms.coupons,
        platform=platform,
        codes=codes,
        hold=hold,
    )
    checkouts = CheckoutDesk(
        db=db,
        clock=clock,
        outbox=outbox,
        attempts=attempts,
        visits=rooms.visits,
        platform=platform,
    )
    streams = StreamEnder(
        db=db,
        clock=clock,
        coupons=rooms.coupons,
        visits=rooms.visits,
        coupon_desk=coupons,
        checkout_desk=checkouts,
    )
    senders = {**coupons.senders, **codes.senders, **checkouts.senders, **connected.senders}
    return Desks(coupons=coupons, codes=codes, streams=streams, senders=senders)
