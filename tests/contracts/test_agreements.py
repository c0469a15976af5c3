"""Agreeing, accepting and following terms, and a brand's policies, on both engines."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from liveshop_sdk.affiliate import tables as t
from liveshop_sdk.affiliate.attribution import Policy
from liveshop_sdk.affiliate.terms import Guarantee, LineTerms, Terms
from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.errors import (
    AgreementBackdatedError,
    AgreementExistsError,
    AgreementInvalidError,
    AgreementNotFoundError,
    AgreementOverlapsError,
    BrandNotFoundError,
    CreatorNotFoundError,
    LiveShopError,
    PolicyInvalidError,
    PolicyOverlapsError,
    TermsDifferError,
)
from liveshop_sdk.money import Money, Rate
from tests.contracts.recording_support import coded
from tests.contracts.shop_support import START, Shop, sale
from tests.unit.test_terms import EVERYTHING, SPELLED, tiers

DAY = timedelta(days=1)
NOTICED = Terms(rate=Rate.percent("12"), notice=30 * DAY)


@pytest.fixture
def shop(db: Database, clock: ManualClock) -> Shop:
    shop = Shop(db, clock)
    shop.stock()
    shop.coupon()
    return shop


@contextmanager
def refused(shop: Shop, kind: type[LiveShopError]) -> Iterator[None]:
    before = shop.counts()
    with pytest.raises(kind):
        yield
    assert shop.counts() == before


def test_all_terms_are_kept_and_read_back(shop: Shop) -> None:
    made = shop.live.creators.agree("mika", terms=EVERYTHING)
    assert (made.version, made.terms) == (2, EVERYTHING)
    assert shop.live.creators.agreements("mika")[1] == made
    kept = {
        row["version"]: row["terms"] for row in shop.rows(t.agreement) if row["creator"] == "mika"
    }
    assert kept == {1: None, 2: SPELLED}
    assert shop.live.creators.agree("mika", terms=EVERYTHING) == made
    assert len(shop.live.creators.agreements("mika")) == 2


def test_a_rate_and_a_hold_are_terms_too(shop: Shop) -> None:
    plain = Terms(rate=Rate.percent("12"))
    assert shop.live.creators.agree("mika", terms=plain).version == 1
    assert shop.live.creators.add("mika", terms=plain).id == "mika"
    shop.live.creators.add("zoe", terms=EVERYTHING)
    assert shop.live.creators.add("zoe", terms=EVERYTHING).id == "zoe"
    with refused(shop, AgreementExistsError):
        shop.live.creators.add("zoe", rate="12%")
    with refused(shop, AgreementInvalidError):
        shop.live.creators.agree("mika", rate="12%", terms=plain)
    with refused(shop, AgreementInvalidError):
        shop.live.creators.add("new")


def test_amounts_in_a_currency_that_is_not_the_brands_are_refused(shop: Shop) -> None:
    dollars = Terms(rate=Rate.percent("12"), per_unit=Money(100, "USD"))
    with refused(shop, AgreementInvalidError):
        shop.live.creators.agree("mika", terms=dollars)
    with refused(shop, AgreementInvalidError):
        shop.live.creators.add("new", terms=dollars)
    with refused(shop, AgreementInvalidError):
        shop.live.creators.simulate(dollars, [], handle="mika")


def test_a_cut_waits_for_the_notice_and_a_raise_does_not(shop: Shop, clock: ManualClock) -> None:
    agree = shop.live.creators.agree
    assert agree("mika", terms=NOTICED).effective_from == clock.now()
    raised = agree("mika", terms=replace(NOTICED, rate=Rate.percent("14")))
    assert (raised.version, raised.effective_from) == (3, clock.now())
    cut = agree("mika", terms=NOTICED)
    assert (cut.version, cut.effective_from) == (4, clock.now() + 30 * DAY)
    clock.advance(DAY)
    assert agree("mika", terms=NOTICED) == cut
    shop.record(coded("o1", occurred_at=clock.now()))
    clock.advance(30 * DAY)
    now = clock.now()
    shop.live.streams.schedule("late", hosts=["mika"], opens_at=now, closes_at=now + DAY)
    checkout = shop.visit(stream_id="late")
    shop.record(sale("o2", checkout_id=checkout, occurred_at=now))
    # 14 % of 49.90 is 6.986, then 12 % is 5.988.
    found = {row["order_ref"]: row["amount"] for row in shop.rows(t.commission_line)}
    assert found == {"o1": 699, "o2": 599}


def test_a_raise_keeps_the_progress_of_a_running_month(shop: Shop, clock: ManualClock) -> None:
    agree, november = shop.live.creators.agree, START.replace(month=11, day=1, hour=0)
    terms = replace(NOTICED, tiers=tiers((400_000, "15")))
    assert agree("mika", terms=terms).effective_from == clock.now()
    clock.advance(DAY)
    raised = agree("mika", terms=replace(terms, rate=Rate.percent("13")))
    assert (raised.version, raised.effective_from) == (3, november)
    clock.advance(DAY)
    assert agree("mika", terms=raised.terms) == raised  # a repeat
    assert agree("mika", terms=replace(terms, rate=Rate.percent("14"))).effective_from == november


def test_terms_that_would_begin_before_the_latest_are_refused(
    shop: Shop, clock: ManualClock
) -> None:
    later = shop.live.creators.agree("mika", rate="15%", effective_from=START + 7 * DAY)
    for start in (None, START + 7 * DAY - timedelta(microseconds=1)):
        with refused(shop, AgreementOverlapsError):
            shop.live.creators.agree("mika", rate="16%", effective_from=start)
    at_once = shop.live.creators.agree("mika", rate="16%", effective_from=START + 7 * DAY)
    assert (at_once.version, at_once.effective_from) == (3, later.effective_from)


def test_a_start_before_sales_that_were_posted_is_refused(shop: Shop, clock: ManualClock) -> None:
    shop.record(coded("o1", occurred_at=START + timedelta(hours=1)))
    clock.advance(DAY)
    for start in (START, START + timedelta(hours=1)):
        with refused(shop, AgreementBackdatedError):
            shop.live.creators.agree("mika", rate="13%", effective_from=start)
    after = START + timedelta(hours=1, microseconds=1)
    assert shop.live.creators.agree("mika", rate="13%", effective_from=after).version == 2
    # Ana sold nothing, so hers may begin earlier.
    assert shop.live.creators.agree("ana", rate="13%", effective_from=START).version == 2


def test_the_guarantee_of_a_closed_month_stays(shop: Shop, clock: ManualClock) -> None:
    shop.live.brands.add("north", currency="EUR")
    shop.record(coded("o1"))
    shop.live.creators.agree("ana", rate="9%", brand="north")
    clock.advance(35 * DAY)
    for brand in ("main", "north"):
        shop.live.periods.close("2026-10", brand=brand)
    november = START.replace(month=11, day=1, hour=0)
    terms = Terms(rate=Rate.percent("12"), guarantee=Guarantee(amount=Money(50_000, "EUR")))
    early = november - timedelta(microseconds=1)
    for creator, brand in (("mika", "main"), ("mika", "north"), ("ana", "north")):
        with refused(shop, AgreementBackdatedError):
            shop.live.creators.agree(creator, terms=terms, brand=brand, effective_from=early)
    shop.live.creators.agree("ana", rate="12%", brand="main", effective_from=early)
    shop.live.creators.agree("ana", terms=terms, brand="main", effective_from=november)
    assert shop.live.ledger.verify(brand="main").ok


def test_the_first_terms_may_begin_in_the_past(shop: Shop) -> None:
    shop.live.brands.add("north", currency="EUR")
    first = shop.live.creators.agree(
        "mika", rate="9%", brand="north", effective_from=START - 90 * DAY
    )
    assert (first.version, first.effective_from) == (1, START - 90 * DAY)


def test_who_accepted_what_is_kept(shop: Shop, clock: ManualClock) -> None:
    made = shop.live.creators.agree("mika", terms=EVERYTHING)
    given: dict[str, Any] = {"version": 2, "terms_hash": made.terms_hash}
    first = shop.live.creators.accept("mika", **given, accepted_by=" mika ")
    assert (first.accepted_by, first.accepted_at) == ("mika", START)
    clock.advance(DAY)
    assert shop.live.creators.accept("mika", **given, accepted_by="mika") == first
    second = shop.live.creators.accept("mika", **given, accepted_by="agency_7")
    assert shop.live.creators.acceptances("mika") == (first, second)
    assert shop.live.creators.acceptances("ana") == ()


def test_an_acceptance_of_something_else_is_refused(shop: Shop) -> None:
    creators = shop.live.creators
    made = creators.agree("mika", terms=EVERYTHING)
    given = {"terms_hash": made.terms_hash, "accepted_by": "mika"}
    with refused(shop, TermsDifferError):
        creators.accept("mika", version=1, **given)
    with refused(shop, TermsDifferError):
        creators.accept("mika", version=2, terms_hash="0" * 64, accepted_by="mika")
    with refused(shop, AgreementNotFoundError):
        creators.accept("mika", version=3, **given)
    with refused(shop, AgreementNotFoundError):
        creators.accept("ana", version=2, **given)
    with refused(shop, CreatorNotFoundError):
        creators.accept("nobody", version=2, **given)
    for name in ("", "  ", "mika@example.com", "x" * 65, "a\nb"):
        with refused(shop, AgreementInvalidError):
            creators.accept("mika", version=2, terms_hash=made.terms_hash, accepted_by=name)


def test_both_engines_hash_the_same_terms(shop: Shop) -> None:
    made = shop.live.creators.agree("mika", terms=EVERYTHING)
    assert made.terms_hash == ("9788f987b04a9e25cd5fce34dcc1099bcecd7dee724bf2d82ef583636f38ead0")
    latest = max(shop.rows(t.agreement), key=lambda row: int(row["version"]))
    assert latest["terms_hash"] == made.terms_hash


# --- policies


FIRST_LINK = Policy(ranking=("checkout_ref", "coupon"), lookback=7 * DAY, tie="first")


def test_a_brand_without_a_policy_is_under_the_shops(shop: Shop) -> None:
    stands = shop.live.brands.policy("main")
    assert (stands.brand, stands.version, stands.policy) == (None, 0, Policy())
    assert shop.live.brands.policies("main") == ()


def test_a_policy_decides_payments_from_its_beginning(shop: Shop, clock: ManualClock) -> None:
    shop.stream("other", "ana")
    shop.coupon("ANA10", "ana", stream="other", percent_off=10)
    late = START + timedelta(hours=1)
    made = shop.live.brands.set_policy("main", FIRST_LINK, effective_from=late)
    checkout = shop.visit("MIKA20")
    again = shop.visit("MIKA20")
    before = late - timedelta(microseconds=1)
    shop.record(sale("o1", checkout_id=checkout, codes=("ANA10",), occurred_at=before))
    shop.record(sale("o2", checkout_id=again, codes=("ANA10",), occurred_at=late))
    (old,) = shop.live.explain("o1").decisions
    (new,) = shop.live.explain("o2").decisions
    assert (old.creator, old.reason) == ("ana", "coupon")
    assert old.policy == Policy().as_json() | {"brand": None, "version": 0}
    assert (new.creator, new.reason) == ("mika", "checkout_ref")
    assert new.policy == made.as_json()
    assert new.policy == FIRST_LINK.as_json() | {"brand": "main", "version": 1}


def test_policies_follow_each_other(shop: Shop, clock: ManualClock) -> None:
    brands = shop.live.brands
    first = brands.set_policy("main", FIRST_LINK)
    assert brands.set_policy("main", FIRST_LINK) == first
    second = brands.set_policy("main", Policy(), effective_from=START + DAY)
    assert (first.version, second.version) == (1, 2)
    assert brands.policies("main") == (first, second)
    assert brands.policy("main") == first
    assert brands.policy("main", at=START + DAY) == second
    assert brands.policy("main", at=START - DAY).version == 0


def test_a_policy_in_the_past_or_before_the_latest_is_refused(
    shop: Shop, clock: ManualClock
) -> None:
    brands = shop.live.brands
    with refused(shop, PolicyOverlapsError):
        brands.set_policy("main", FIRST_LINK, effective_from=START - DAY)
    brands.set_policy("main", FIRST_LINK, effective_from=START + DAY)
    with refused(shop, PolicyOverlapsError):
        brands.set_policy("main", Policy(), effective_from=START + timedelta(hours=1))
    with refused(shop, BrandNotFoundError):
        brands.set_policy("north", FIRST_LINK)
    with refused(shop, PolicyInvalidError):
        brands.set_policy("main", Policy(tie="none"))


def test_each_brand_of_an_order_is_decided_by_its_own(shop: Shop) -> None:
    shop.live.brands.add("north", currency="EUR")
    shop.live.products.add("sku_hat", title="Hat", amount=2000, brand="north")
    for handle in ("mika", "ana"):
        shop.live.creators.agree(
            handle,
            terms=Terms(rate=Rate.percent("10"), products={"sku_hat": LineTerms(rate=Rate.bps(1))}),
            brand="north",
        )
    shop.stream("haul", "mika", brands=["main", "north"])
    shop.stream("other", "ana", brands=["main", "north"])
    shop.coupon("ANA10", "ana", stream="other", percent_off=10)
    shop.live.brands.set_policy("north", FIRST_LINK)
    checkout = shop.visit(stream_id="haul")
    lines = sale("o1").lines
    hat = replace(lines[0], ref="li_2", sku="sku_hat", base=2000, gross=2000)
    shop.record(sale("o1", *lines, hat, checkout_id=checkout, codes=("ANA10",)))
    found = {x.brand: (x.creator, x.policy["version"]) for x in shop.live.explain("o1").decisions}
    assert found == {"main": ("ana", 0), "north": ("mika", 1)}
