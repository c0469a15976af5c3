"""Personal codes at Stripe, whatever becomes of its answers."""

import csv
import json
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.flows.oracle_support import BEN, coupons
from tests.flows.stripe_actors import Stage
from tests.flows.test_stripe_coupon_life import drained
from tests.flows.test_stripe_faults import fail, hasty, heal, hurried, on_stripe, some
from tests.platforms.stripe_support import oracle, running_oracle

__all__ = ["coupons", "hasty", "hurried", "on_stripe", "oracle", "running_oracle"]

CREATION, CODES = "^/v1/promotion_codes$", "^/v1/promotion_codes/"


def codes_at(stage: Stage) -> dict[str, Any]:
    """Return the personal codes at Stripe by batch and number: one each."""
    codes = [
        one
        for one in stage.oracle.world.all("promotion_code")
        if "liveshop_code" in one["metadata"]
    ]
    found = {one["metadata"]["liveshop_code"]: one for one in codes}
    assert len(found) == len(codes)
    return found


def assert_whole(stage: Stage, *sizes: int) -> None:
    """Each number of each batch has one code there, and it is the one that is listed."""
    site = stage.site
    batches = site.shop.coupons.batches("BEN15")
    assert [(one.size, one.made, one.status) for one in batches] == [(n, n, "ready") for n in sizes]
    listed = {one.id: one for one in site.shop.coupons.codes("BEN15")}
    there = codes_at(stage)
    texts = {key: (one.text, one.platform_ref) for key, one in listed.items()}
    assert texts == {key: (one["code"], one["id"]) for key, one in there.items()}
    assert len(listed) == sum(sizes)


def test_codes_by_command_line_and_a_sale_with_one(on_stripe: Stage, tmp_path: Path) -> None:
    site, file = on_stripe.site, tmp_path / "ben.csv"
    made = site.cli("coupons", "issue-codes", "ben15", "--count", "3")
    assert (made["size"], made["made"], made["status"]) == (3, 3, "ready")
    assert_whole(on_stripe, 3)
    listed = site.cli("coupons", "codes", "BEN15")
    assert [one["n"] for one in listed["codes"]] == [1, 2, 3]
    assert [one["id"] for one in listed["batches"]] == [made["id"]]
    written = site.cli("coupons", "codes", "BEN15", "--csv", str(file))
    assert (written["codes_written"], "codes" in written) == (3, False)
    with file.open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert [row["code"] for row in rows] == [one["code"] for one in listed["codes"]]
    link = site.issue("ben", "friday-drop", None, sku_cap=1)
    address = f"{link}?code={rows[0]['code'].lower()}"
    order = on_stripe.sell(address, BEN)
    on_stripe.agree()
    decision = next(
        one for one in site.cli("explain", order)["decisions"] if one["brand"] == "main"
    )
    claim = decision["claim"]
    assert (decision["creator"], decision["reason"], claim["code"]) == ("ben", "coupon", "BEN15")
    used = site.cli("coupons", "codes", "BEN15")["codes"]
    assert [one["uses"] for one in used] == [1, 0, 0]
    assert site.coupon("BEN15") == (0, 1)
    again = site.get(address)
    assert (again.status, again.json["error"]["code"]) == (409, "personal_code_used")
    found = site.cli("reconcile")
    assert found["coupons"] == []


def test_a_process_of_its_own_makes_them_all(on_stripe: Stage) -> None:
    made = on_stripe.site.process("coupons", "issue-codes", "BEN15", "--count", "60")
    assert (made["made"], made["status"]) == (60, "ready")
    assert_whole(on_stripe, 60)


@some("loses the answer", "hangs up afterwards", "is busy")
def test_every_number_has_one_code_whatever_stripe_does(
    hurried: Stage, faults: tuple[str, ...]
) -> None:
    site, sizes = hurried.site, []
    for fault in faults:
        for count in (1, 99):  # some answers are lost, or all until somebody mends it
            fail(hurried, fault, CREATION, "POST", count=count)
            sizes.append(4)
            batch = site.shop.coupons.issue_codes("BEN15", count=4)
            heal(hurried)
            for n in range(1, 6):
                drained(hurried, timedelta(minutes=3 * n))
            assert site.shop.inbox_state().outbox["pending"] == 0, (fault, count, batch)
    assert_whole(hurried, *sizes)
    assert len({one["code"] for one in codes_at(hurried).values()}) == sum(sizes)


@some("loses the answer", "hangs up afterwards")
def test_all_codes_follow_the_last_wish(hurried: Stage, faults: tuple[str, ...]) -> None:
    site = hurried.site
    site.shop.coupons.make_codes(site.shop.coupons.issue_codes("BEN15", count=5).id)
    for fault in faults:
        fail(hurried, fault, CODES, "POST", count=99)
        assert site.shop.coupons.pause("BEN15").waiting == "pause"
        heal(hurried)
        for n in range(1, 4):
            drained(hurried, timedelta(minutes=3 * n))
        assert active(hurried) == {False: 5}, fault
        assert site.shop.coupons.get("BEN15").waiting is None
        assert site.shop.coupons.resume("BEN15").waiting is None
        assert active(hurried) == {True: 5}, fault
    assert site.shop.coupons.end("BEN15").waiting is None
    world = hurried.oracle.world
    assert site.shop.coupons.get("BEN15").id not in world.objs  # no code of it works any more
    assert site.shop.inbox_state().outbox["dead"] == 0


def active(stage: Stage) -> dict[bool, int]:
    return dict(Counter(one["active"] for one in codes_at(stage).values()))


def test_no_code_is_told_in_a_log_or_an_error(on_stripe: Stage, caplog: Any, capsys: Any) -> None:
    site = on_stripe.site
    site.shop.coupons.issue_codes("BEN15", count=1)
    (code,) = site.shop.coupons.codes("BEN15")
    link = site.issue("ben", "friday-drop", None, sku_cap=1)
    on_stripe.sell(f"{link}?code={code.text}", BEN)
    refused = site.get(f"{link}?code={code.text}")
    told = json.dumps(refused.json) + caplog.text + repr(code) + repr(capsys.readouterr())
    assert code.text.rpartition("-")[2] not in told
