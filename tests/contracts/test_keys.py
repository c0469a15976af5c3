"""API keys: shown once, stored as a hash, refused with one constant answer."""

import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa

from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database, Transaction, metadata
from liveshop_sdk.errors import (
    ApiKeyInvalidError,
    ApiKeyOverError,
    ApiKeyUnknownError,
    BrandNotFoundError,
    IdempotencyKeyReusedError,
    RateLimitedError,
    RecordInvalidError,
    ScopeMissingError,
)
from liveshop_sdk.ids import Ids
from liveshop_sdk.registry.access.models import SCOPES, IssuedKey
from liveshop_sdk.registry.access.store import StoredAnswer
from liveshop_sdk.registry.service import Brands
from liveshop_sdk.shop.keys import ANSWERS_KEPT, Keys

PRINT = "0" * 64


@pytest.fixture(name="keys")
def keys_fixture(db: Database, clock: ManualClock, ids: Ids) -> Keys:
    return Keys(db, clock, ids, "sandbox")


def everything(db: Database) -> str:
    with db.reading() as tx:
        rows = [tx.execute(sa.select(table)).all() for table in metadata.sorted_tables]
    return repr(rows)


def refused(keys: Keys, text: str) -> str:
    with pytest.raises(ApiKeyInvalidError) as caught:
        keys.authenticate(text)
    return str(caught.value)


def altered(text: str) -> list[str]:
    """Return a key with each of its letters changed, and some that were cut or grown."""
    swapped = [
        text[:at] + ("1" if text[at] != "1" else "2") + text[at + 1 :] for at in range(len(text))
    ]
    return [*swapped, text[:-1], text + "0", text.upper(), " " + text, text + "\n", text + "\0", ""]


def test_a_key_opens_and_its_secret_is_nowhere(db: Database, keys: Keys) -> None:
    made = keys.create("site", scopes=["products:read", "links:write", "products:read"])
    assert made.text.startswith(f"lsk_sandbox_{made.key.id[4:]}_")
    assert len(made.text.rpartition("_")[2]) == 64
    assert keys.authenticate(made.text) == made.key
    assert made.key.scopes == ("links:write", "products:read")
    secret = made.text.rpartition("_")[2]
    assert secret not in everything(db) + repr(made) + repr(keys.list())


def test_every_other_text_gets_one_answer(clock: ManualClock, keys: Keys) -> None:
    good, other = (keys.create(name, scopes=["links:read"]) for name in ("a", "b"))
    crossed = good.text[:38] + other.text[38:]
    texts = [*altered(good.text), crossed, "lsk_test_" + good.text[12:], "Ω" * 103]
    gone = keys.create("gone", scopes=["links:read"])
    keys.revoke(gone.key.id)
    late = keys.create("late", scopes=["links:read"], expires_in=timedelta(days=1))
    clock.advance(timedelta(days=1))
    answers = {refused(keys, text) for text in (*texts, gone.text, late.text)}
    assert len(answers) == 1
    assert keys.authenticate(good.text) == good.key


def test_a_key_of_another_mode_is_none(db: Database, clock: ManualClock, ids: Ids) -> None:
    made = Keys(db, clock, ids, "sandbox").create("site", scopes=["links:read"])
    refused(Keys(db, clock, ids, "live"), made.text)


def test_the_old_secret_works_for_the_grace(clock: ManualClock, keys: Keys) -> None:
    first = keys.create("site", scopes=["links:read"])
    second = keys.rotate(first.key.id, grace=timedelta(hours=1))
    assert second.key.id == first.key.id
    for made in (first, second):
        assert keys.authenticate(made.text).scopes == ("links:read",)
    third = keys.rotate(first.key.id, grace=timedelta(hours=1))
    refused(keys, first.text)
    assert keys.authenticate(second.text).id == first.key.id
    clock.advance(timedelta(hours=1))
    refused(keys, second.text)
    assert keys.authenticate(third.text).old_until == clock.now()
    now = keys.rotate(first.key.id, grace=timedelta(0))
    refused(keys, third.text)
    keys.revoke(first.key.id)
    refused(keys, now.text)


def test_a_key_that_is_over_stays_so(db: Database, clock: ManualClock, keys: Keys) -> None:
    made = keys.create("site", scopes=["links:read"])
    revoked = keys.revoke(made.key.id)
    clock.advance(timedelta(hours=1))
    before = everything(db)
    assert keys.revoke(made.key.id) == revoked
    with pytest.raises(ApiKeyOverError):
        keys.rotate(made.key.id)
    for unknown in ("key_0", "", "lsk"):
        with pytest.raises(ApiKeyUnknownError):
            keys.rotate(unknown)
        with pytest.raises(ApiKeyUnknownError):
            keys.revoke(unknown)
    assert everything(db) == before


@pytest.mark.parametrize(
    "how",
    [
        {"scopes": []},
        {"scopes": ["links"]},
        {"scopes": ["orders:write"]},
        {"scopes": ["links:read\n"]},
        {"scopes": ["links:read"], "per_minute": 0},
        {"scopes": ["links:read"], "per_minute": 2**40},
        {"scopes": ["links:read"], "expires_in": timedelta(0)},
        {"scopes": ["links:read"], "expires_in": timedelta(days=99_999)},
        {"scopes": ["brands:write"], "brand": "main"},
    ],
)
def test_what_no_key_can_be(
    db: Database, clock: ManualClock, keys: Keys, how: dict[str, object]
) -> None:
    Brands(db, clock).add("main", currency="EUR")
    before = everything(db)
    with pytest.raises(RecordInvalidError):
        keys.create("site", **how)  # type: ignore[arg-type]
    with pytest.raises(RecordInvalidError):
        keys.create("\0", scopes=["links:read"])
    with pytest.raises(BrandNotFoundError):
        keys.create("site", scopes=["links:read"], brand="other")
    assert everything(db) == before


def test_scopes_are_those_documented() -> None:
    assert len(SCOPES) == len(set(SCOPES)) == 18


def test_a_minute_is_counted_by_all_workers(
    db: Database, clock: ManualClock, ids: Ids, keys: Keys
) -> None:
    made = keys.create("site", scopes=["links:read"], per_minute=3).key
    other = Keys(db, clock, ids, "sandbox")
    clock.advance(timedelta(seconds=50))
    keys.admit(made, "links:read")
    other.admit(made, "links:read")
    with pytest.raises(ScopeMissingError, match="links:write"):
        keys.admit(made, "links:write")
    for worker in (keys, other, keys, other):
        with pytest.raises(RateLimitedError) as caught:
            worker.admit(made, "links:read")
        assert (caught.value.retry_after, caught.value.per_minute) == (10, 3)
    clock.advance(timedelta(seconds=10))
    other.admit(made, "links:read")
    keys.admit(made, "links:read")


def test_a_clock_that_was_far_ahead_shuts_nobody_out(clock: ManualClock, keys: Keys) -> None:
    made = keys.create("site", scopes=["links:read"], per_minute=3).key
    clock.advance(timedelta(hours=5))
    keys.admit(made, "links:read")
    clock.advance(-timedelta(hours=5))
    for _minute in range(2):
        for _ in range(3):
            keys.admit(made, "links:read")
        with pytest.raises(RateLimitedError):
            keys.admit(made, "links:read")
        clock.advance(timedelta(minutes=1))


def test_a_clock_behind_opens_no_second_minute(
    db: Database, clock: ManualClock, ids: Ids, keys: Keys
) -> None:
    made = keys.create("site", scopes=["links:read"], per_minute=1).key
    behind = Keys(db, ManualClock(clock.now() - timedelta(minutes=1)), ids, "sandbox")
    keys.admit(made, "links:read")
    with pytest.raises(RateLimitedError):
        behind.admit(made, "links:read")


def test_sixteen_at_once_work_once(db: Database, keys: Keys) -> None:
    made = keys.create("site", scopes=["links:write"])
    worked: list[int] = []
    found: list[tuple[StoredAnswer, bool]] = []
    start = threading.Barrier(16)

    def work(_tx: Transaction) -> StoredAnswer:
        worked.append(1)
        return StoredAnswer(status=201, body=f"{len(worked)}")

    def ask() -> None:
        start.wait()
        found.append(keys.once(made.key, "a", PRINT, work))

    threads = [threading.Thread(target=ask) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(worked) == 1
    assert {answer.body for answer, _ in found} == {"1"}
    assert sorted(repeated for _, repeated in found) == [False] + [True] * 15


def test_an_idempotency_key_stands_for_one_request(
    db: Database, clock: ManualClock, keys: Keys
) -> None:
    made, other = (keys.create(name, scopes=["links:write"]) for name in ("a", "b"))
    answer = StoredAnswer(status=201, body="{}")

    def fail(_tx: Transaction) -> StoredAnswer:
        raise RecordInvalidError(kind="key", problem="x", expected="y")

    with pytest.raises(RecordInvalidError):
        keys.once(made.key, "a", PRINT, fail)
    assert keys.once(made.key, "a", PRINT, lambda _tx: answer) == (answer, False)
    assert keys.once(made.key, "a", PRINT, fail) == (answer, True)
    with pytest.raises(IdempotencyKeyReusedError):
        keys.once(made.key, "a", "1" * 64, lambda _tx: answer)
    assert keys.once(other.key, "a", "1" * 64, lambda _tx: answer) == (answer, False)
    assert keys.daily() == 0
    clock.advance(ANSWERS_KEPT + timedelta(seconds=1))
    assert keys.daily() == 2
    assert keys.once(made.key, "a", "1" * 64, lambda _tx: answer) == (answer, False)


def test_an_issued_key_is_never_printed(keys: Keys) -> None:
    made: IssuedKey = keys.create("site", scopes=["links:read"])
    assert made.text not in f"{made} {made.key} {made.key.as_json(made.key.created_at)}"
