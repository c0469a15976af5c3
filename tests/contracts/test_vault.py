"""What platforms granted: sealed, kept whole, renewed by one at a time, on both engines."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.platforms.vault import Grant, Vault
from liveshop_sdk.platforms.vault.sealing import Sealing
from liveshop_sdk.platforms.vault.tables import access

OLD, NEW = "the-oldest-of-all-our-keys", "the-newest-of-all-our-keys"
A_WHILE = timedelta(seconds=20)
SECRETS = ("shpat_canary", "shprt_canary")


@pytest.fixture
def vault(db: Database, clock: ManualClock) -> Vault:
    return opened(db, clock, OLD, NEW)


def opened(db: Database, clock: ManualClock, *keys: str, account: str = "a.example") -> Vault:
    return Vault(db, clock, keys, platform="shopify", account=account, app="client")


def granted(clock: ManualClock, name: str = "canary") -> Grant:
    return Grant(
        token=f"shpat_{name}",
        ends_at=clock.now() + timedelta(hours=1),
        renewal=f"shprt_{name}",
        renewal_ends_at=clock.now() + timedelta(days=90),
        scopes="read_orders",
    )


def stored(db: Database) -> str:
    with db.reading() as tx:
        return repr([dict(row) for row in tx.execute(sa.select(access)).mappings()])


def test_a_pair_comes_back_whole_and_cannot_be_read_in_the_database(
    db: Database, vault: Vault, clock: ManualClock
) -> None:
    assert vault.look().state == "none"
    vault.put(granted(clock))
    held = vault.look()
    assert (held.state, held.grant, held.granted_at) == ("granted", granted(clock), clock.now())
    for text in (stored(db), repr(held), repr(held.grant), repr(vault)):
        assert not [secret for secret in SECRETS if secret in text]


def test_one_renews_at_a_time_and_who_comes_late_keeps_nothing(
    db: Database, vault: Vault, clock: ManualClock
) -> None:
    other = opened(db, clock, OLD, NEW)
    first = vault.lease(vault.look(), A_WHILE)
    assert first is not None
    assert other.look().is_leased
    assert other.lease(other.look(), A_WHILE) is None
    clock.advance(A_WHILE)
    seen = other.look()
    second = other.lease(seen, A_WHILE)
    assert second is not None
    assert vault.lease(seen, A_WHILE) is None, "as it was seen it is no more"
    assert not vault.keep(granted(clock, "late"), first)
    assert other.keep(granted(clock, "second"), second)
    assert not vault.keep(granted(clock, "late"), first)
    assert vault.look().grant == granted(clock, "second")


def test_a_lease_given_back_is_free_at_once(vault: Vault) -> None:
    lease = vault.lease(vault.look(), A_WHILE)
    assert lease is not None
    vault.release(lease)
    assert vault.lease(vault.look(), A_WHILE) is not None


def test_a_token_that_is_called_over_ends_and_whoever_renews_it_goes_on(
    vault: Vault, clock: ManualClock
) -> None:
    vault.put(granted(clock))
    lease = vault.lease(vault.look(), A_WHILE)
    assert lease is not None
    vault.outdate(vault.look())
    found = vault.look()
    assert found.grant is not None
    assert found.grant.ends_at is not None
    assert found.grant.ends_at < clock.now()
    assert found.is_leased
    assert vault.keep(granted(clock, "next"), lease)


def test_an_installation_wins_over_a_renewal_under_way(vault: Vault, clock: ManualClock) -> None:
    lease = vault.lease(vault.look(), A_WHILE)
    assert lease is not None
    vault.put(granted(clock, "installed"))
    assert not vault.keep(granted(clock, "late"), lease)
    assert vault.look().grant == granted(clock, "installed")


def test_a_refusal_is_marked_and_taken_back(vault: Vault, clock: ManualClock) -> None:
    vault.put(granted(clock))
    vault.refuse(vault.look().version, "no")
    held = vault.look()
    assert (held.state, held.reason, held.state_at) == ("refused", "no", clock.now())
    assert held.grant is not None, "what renews it may still be good"
    vault.again()
    assert vault.look().state == "none"


def test_a_removed_app_leaves_no_secret_behind(
    db: Database, vault: Vault, clock: ManualClock
) -> None:
    vault.put(granted(clock))
    with db.transaction() as tx:
        assert not vault.leave(tx, clock.now() - timedelta(seconds=1)), "an old piece of news"
    assert vault.look().state == "granted"
    clock.advance(timedelta(days=1))
    with db.transaction() as tx:
        assert vault.leave(tx, clock.now())
    held = vault.look()
    assert (held.state, held.grant, held.is_sealed) == ("left", None, False)


def test_an_app_that_is_removed_while_its_token_is_renewed_has_none(
    db: Database, vault: Vault, clock: ManualClock
) -> None:
    vault.put(granted(clock))
    lease = vault.lease(vault.look(), A_WHILE)
    assert lease is not None
    with db.transaction() as tx:
        assert vault.leave(tx, clock.now())
    assert not vault.keep(granted(clock, "late"), lease)
    assert (vault.look().state, vault.look().is_sealed) == ("left", False)


def test_keys_change_one_after_the_other(db: Database, clock: ManualClock) -> None:
    opened(db, clock, OLD).put(granted(clock))
    both = opened(db, clock, OLD, NEW)
    assert both.look().grant == granted(clock)
    alone = opened(db, clock, NEW).look()
    assert (alone.grant, alone.is_sealed) == (None, True)
    both.put(granted(clock))
    assert opened(db, clock, NEW).look().grant == granted(clock)


def test_what_is_sealed_opens_in_its_own_row_alone(db: Database, clock: ManualClock) -> None:
    opened(db, clock, NEW).put(granted(clock))
    with db.transaction() as tx:
        tx.execute(sa.update(access).values(account="b.example"))
    moved = opened(db, clock, NEW, account="b.example").look()
    assert (moved.grant, moved.is_sealed) == (None, True)


@pytest.mark.parametrize("spoiled", ["", "v1.", "v1.é", "v1.AAAA", "v2.abc", "v1." + "A" * 64])
def test_what_was_spoiled_does_not_open(spoiled: str) -> None:
    assert Sealing([OLD, NEW]).open(spoiled, "about") is None
    whole = Sealing([NEW]).seal("text", "about")
    assert Sealing([NEW]).open(whole[:-2] + ("A" if whole[-2] != "A" else "B") + "=", "about") in {
        None,
        "text",
    }
    assert Sealing([OLD, NEW]).open(whole, "about") == "text"
    assert Sealing([OLD]).open(whole, "about") is None
