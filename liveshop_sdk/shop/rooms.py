"""The rooms of one shop, built once and handed to each other."""

import random as _random
from dataclasses import dataclass

from liveshop_sdk.affiliate.attribution import Policy
from liveshop_sdk.affiliate.ledger.checkpoints.service import Checkpoints
from liveshop_sdk.affiliate.ledger.service import Ledger
from liveshop_sdk.affiliate.service import Affiliate
from liveshop_sdk.checkout.coupons.service import Coupons as CouponRules
from liveshop_sdk.checkout.links.service import Links as LinkRules
from liveshop_sdk.checkout.orders.service import Orders
from liveshop_sdk.checkout.personal.service import PersonalCodes
from liveshop_sdk.checkout.ports import CommercePlatform, Seals
from liveshop_sdk.checkout.tokens import LinkTokens, SealedRef
from liveshop_sdk.checkout.visits.service import Visits
from liveshop_sdk.clock import Clock
from liveshop_sdk.events.factlog import FactLog
from liveshop_sdk.events.inbox import Inbox
from liveshop_sdk.events.outbox import Outbox
from liveshop_sdk.ids import Ids
from liveshop_sdk.platforms.vault.sealing import CODES, Sealing
from liveshop_sdk.shop.checkpoint_keys import CheckpointKeys
from liveshop_sdk.shop.recording import Recorder


@dataclass(frozen=True, slots=True, kw_only=True)
class Basics:
    """What every room is given: time, ids, chance, secrets, the platform."""

    clock: Clock
    ids: Ids
    random: _random.Random
    keys: tuple[str, ...]
    checkpoint_keys: CheckpointKeys
    base_url: str
    end_with_offer: bool
    refs: SealedRef
    seals: Seals
    inbox: Inbox
    outbox: Outbox
    platform: CommercePlatform
    policy: Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Rooms:
    """One instance of each room; none keeps a connection."""

    facts: FactLog
    ledger: Ledger
    checkpoints: Checkpoints
    affiliate: Affiliate
    coupons: CouponRules
    personal: PersonalCodes
    links: LinkRules
    visits: Visits
    orders: Orders
    recorder: Recorder


def build_rooms(basics: Basics) -> Rooms:
    """Build the rooms of a shop."""
    clock, ids, platform = basics.clock, basics.ids, basics.platform
    facts, ledger = FactLog(clock), Ledger(clock)
    affiliate = Affiliate(clock=clock, ledger=ledger, policy=basics.policy)
    coupons = CouponRules(clock=clock, ids=ids, platform=platform.name, account=platform.account)
    personal = PersonalCodes(
        clock=clock,
        ids=ids,
        random=basics.random,
        sealer=Sealing(basics.keys, CODES),
        platform=platform.name,
        account=platform.account,
    )
    links = LinkRules(
        clock=clock,
        ids=ids,
        random=basics.random,
        tokens=LinkTokens(basics.keys),
        base_url=basics.base_url,
    )
    visits = Visits(
        clock=clock,
        ids=ids,
        coupons=coupons,
        personal=personal,
        refs=basics.refs,
        outbox=basics.outbox,
        base_url=basics.base_url,
        end_with_offer=basics.end_with_offer,
    )
    orders = Orders(clock=clock, ids=ids, coupons=coupons, personal=personal)
    recorder = Recorder(
        facts=facts,
        inbox=basics.inbox,
        orders=orders,
        visits=visits,
        affiliate=affiliate,
        is_live=lambda: platform.mode == "live",
    )
    return Rooms(
        facts=facts,
        ledger=ledger,
        checkpoints=Checkpoints(clock, ledger, basics.checkpoint_keys.signing),
        affiliate=affiliate,
        coupons=coupons,
        personal=personal,
        links=links,
        visits=visits,
        orders=orders,
        recorder=recorder,
    )
