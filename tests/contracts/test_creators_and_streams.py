"""Creators and the streams they host, on both engines."""

from datetime import timedelta, timezone

import pytest

from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.errors import (
    AlreadyExistsError,
    BrandAmbiguousError,
    BrandNotFoundError,
    CreatorNotFoundError,
    InstantInvalidError,
    RecordInvalidError,
    StreamNotFoundError,
)
from liveshop_sdk.facts import HostShare
from liveshop_sdk.registry.creators import Creator
from liveshop_sdk.registry.service import Brands, Creators, Streams
from liveshop_sdk.registry.store import CreatorStore
from liveshop_sdk.registry.streams import Host, Stream
from tests.contracts.registry_support import (
    CLOSES,
    OPENS,
    add_creators,
    brands_fixture,
    creators_fixture,
    streams_fixture,
)

__all__ = ["brands_fixture", "creators_fixture", "streams_fixture"]


# --- creators


def test_a_creator_and_the_name_beside(
    db: Database, clock: ManualClock, creators: Creators
) -> None:
    with db.transaction() as tx:
        mika = CreatorStore().add(tx, "mika", followers=12_000, name="Mika Ö", now=clock.now())
        assert (
            CreatorStore().add(tx, "mika", followers=12_000, name="Mika Ö", now=clock.now()) == mika
        )
        with pytest.raises(AlreadyExistsError, match="followers"):
            CreatorStore().add(tx, "mika", followers=1, name="Mika Ö", now=clock.now())
        assert CreatorStore().add(tx, "mika", now=clock.now()) == mika
    assert creators.get("mika") == mika
    assert (mika.id, mika.tier, mika.name) == ("mika", "micro", "Mika Ö")
    assert creators.update("mika", followers=2_000_000).tier == "celebrity"
    assert creators.get("mika").name == "Mika Ö"
    assert creators.update("mika", name="").name is None
    assert creators.get("mika") == Creator(
        handle="mika", followers=2_000_000, name=None, created_at=OPENS
    )


def test_an_unknown_creator_is_not_found(creators: Creators) -> None:
    with pytest.raises(CreatorNotFoundError):
        creators.get("nobody")
    with pytest.raises(CreatorNotFoundError):
        creators.update("nobody", followers=1)


# --- streams


def test_a_stream_with_shares(db: Database, clock: ManualClock, streams: Streams) -> None:
    add_creators(db, clock, "ana", "ben")
    drop = streams.schedule(
        "friday-drop", hosts=["ben:40", ("ana", 60)], opens_at=OPENS, closes_at=CLOSES
    )
    assert drop == Stream(
        code="friday-drop",
        title="friday-drop",
        opens_at=OPENS,
        closes_at=CLOSES,
        hosts=(Host(creator="ben", weight=40), Host(creator="ana", weight=60)),
        brands=("main",),
        created_at=OPENS,
    )
    assert streams.get("friday-drop") == drop
    assert drop.shares() == (
        HostShare(creator="ben", weight=40),
        HostShare(creator="ana", weight=60),
    )
    assert drop.is_host("ana")
    assert not drop.is_host("mika")


def test_a_stream_again_is_a_repeat_whatever_the_offset(
    db: Database, clock: ManualClock, streams: Streams
) -> None:
    add_creators(db, clock, "ana", "ben")
    drop = streams.schedule("drop", hosts=["ana"], opens_at=OPENS, closes_at=CLOSES)
    berlin = timezone(timedelta(hours=2))
    again = streams.schedule(
        "drop", hosts=["ana"], opens_at=OPENS.astimezone(berlin), closes_at=CLOSES
    )
    assert again == drop
    with pytest.raises(AlreadyExistsError, match="closes_at, hosts"):
        streams.schedule(
            "drop", hosts=["ana", "ben"], opens_at=OPENS, closes_at=CLOSES + timedelta(1)
        )
    assert streams.list() == (drop,)


def test_phases_of_a_stream(db: Database, clock: ManualClock, streams: Streams) -> None:
    add_creators(db, clock, "ana")
    drop = streams.schedule("drop", hosts=["ana"], opens_at=OPENS, closes_at=CLOSES)
    step = timedelta(microseconds=1)
    assert [drop.phase(at) for at in (OPENS - step, OPENS, CLOSES - step, CLOSES)] == [
        "scheduled",
        "open",
        "open",
        "over",
    ]
    assert drop.shares() == ()


@pytest.mark.parametrize(
    "wrong",
    [
        {"hosts": []},
        {"hosts": ["ana", "ana"]},
        {"hosts": ["ana:60", "ben"]},
        {"hosts": ["ana:0"]},
        {"hosts": ["ana:-1"]},
        {"hosts": ["ana:1.5"]},
        {"hosts": [("ana", 0)]},
        {"hosts": [("ana", True)]},
        {"hosts": [("ana", 1_000_001)]},
        {"closes_at": OPENS},
    ],
)
def test_what_no_stream_can_have_is_refused(
    db: Database, clock: ManualClock, streams: Streams, wrong: dict[str, object]
) -> None:
    add_creators(db, clock, "ana", "ben")
    given = {"hosts": ["ana"], "opens_at": OPENS, "closes_at": CLOSES} | wrong
    with pytest.raises(RecordInvalidError):
        streams.schedule("drop", **given)  # type: ignore[arg-type]
    assert streams.list() == ()


def test_instants_need_an_offset(streams: Streams) -> None:
    with pytest.raises(InstantInvalidError):
        streams.schedule(
            "drop", hosts=["ana"], opens_at=OPENS.replace(tzinfo=None), closes_at=CLOSES
        )


def test_unknown_hosts_and_brands_are_refused(
    db: Database, clock: ManualClock, streams: Streams, brands: Brands
) -> None:
    add_creators(db, clock, "ana")
    with pytest.raises(CreatorNotFoundError, match="ben"):
        streams.schedule("drop", hosts=["ana", "ben"], opens_at=OPENS, closes_at=CLOSES)
    with pytest.raises(BrandNotFoundError):
        streams.schedule("drop", hosts=["ana"], opens_at=OPENS, closes_at=CLOSES, brands=["x1"])
    assert streams.list() == ()
    with pytest.raises(StreamNotFoundError):
        streams.get("drop")


def test_a_stream_of_several_brands_names_them(
    db: Database, clock: ManualClock, streams: Streams, brands: Brands
) -> None:
    add_creators(db, clock, "ana")
    brands.add("north", currency="EUR")
    brands.add("south", currency="EUR")
    with pytest.raises(BrandAmbiguousError):
        streams.schedule("drop", hosts=["ana"], opens_at=OPENS, closes_at=CLOSES)
    haul = streams.schedule(
        "drop", hosts=["ana"], opens_at=OPENS, closes_at=CLOSES, brands=["south", "north"]
    )
    assert haul.brands == ("north", "south")
    assert streams.get("drop") == haul
