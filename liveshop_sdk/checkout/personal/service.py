"""Plan personal codes, find the one that was used, and count its one use."""

import logging
import random as _random
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from liveshop_sdk.checkout.coupons.models import Coupon
from liveshop_sdk.checkout.personal import spelling
from liveshop_sdk.checkout.personal.models import CodeBatch, PersonalCode
from liveshop_sdk.checkout.personal.ports import CodesMade, Sealer
from liveshop_sdk.checkout.personal.store import PersonalStore
from liveshop_sdk.clock import Clock, from_micros, to_micros
from liveshop_sdk.db import Transaction
from liveshop_sdk.errors import CodesUnreadableError, CouponInvalidError, CursorInvalidError
from liveshop_sdk.ids import Ids

BATCH = "cbt"
MAX_BATCH = 10_000
MAX_TURNS = 5
"""So often a number gets another code before a person must look."""

_PLACE = re.compile(rf"({BATCH}_[0-9a-z]{{26}}):([0-9]{{1,5}})")
_log = logging.getLogger("liveshop.shop")


class PersonalCodes:
    """The personal codes of one platform account, as far as no platform is needed.

    Every code of a coupon follows from the coupon's one seed. It is stored
    encrypted, so that a copy of the database gives nobody a discount.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        ids: Ids,
        random: _random.Random,
        sealer: Sealer,
        platform: str,
        account: str,
    ) -> None:
        """Keep whose codes these are; ``random`` makes seeds."""
        self._clock, self._ids, self._random, self._sealer = clock, ids, random, sealer
        self._platform, self._account = platform, account
        self._store = PersonalStore()

    # --- batches

    def plan(self, tx: Transaction, coupon: Coupon, count: int) -> CodeBatch:
        """Store a batch of codes to be made; the coupon's row is locked.

        Raises:
            CouponInvalidError: Not 1 to 10,000 of them.
            CodesUnreadableError: The coupon has codes, and no secret key reads them.
        """
        if type(count) is not int or not 1 <= count <= MAX_BATCH:
            raise CouponInvalidError(
                problem=f"{str(count)[:20]} personal codes at once",
                expected=f"a whole number from 1 to {MAX_BATCH}",
            )
        earlier = self._store.of_coupon(tx, coupon.id)
        sealed = earlier[0].seed if earlier else self._new_seed(coupon)
        batch = CodeBatch(
            id=self._ids.new(BATCH),
            coupon_id=coupon.id,
            prefix=spelling.prefix_of(coupon.code),
            seed=sealed,
            size=count,
            made=0,
            step=0,
            problem=None,
            created_at=self._clock.now(),
            done_at=None,
        )
        numbers = dict.fromkeys(range(1, count + 1), 0)
        self._store.add(tx, batch, self._free(tx, batch, coupon.code, numbers))
        return batch

    def batch(self, tx: Transaction, batch_id: str) -> CodeBatch | None:
        """Return a batch by its id."""
        return self._store.batch(tx, batch_id)

    def batches(self, tx: Transaction, coupon_id: str) -> list[CodeBatch]:
        """Return a coupon's batches, the oldest first."""
        return self._store.of_coupon(tx, coupon_id)

    def has_any(self, tx: Transaction, coupon_id: str) -> bool:
        """Tell whether a coupon has personal codes, or is to have some."""
        return self._store.has_any(tx, coupon_id)

    def unmade(
        self, tx: Transaction, batch: CodeBatch, coupon: Coupon, most: int
    ) -> list[PersonalCode]:
        """Return the first codes of a batch that are not at the platform yet."""
        seed = self._seed(batch.coupon_id, batch.seed, coupon.code)
        rows = self._store.unmade(tx, batch.id, most)
        return [_code(row, self._text(seed, batch, row)) for row in rows]

    def store(
        self, tx: Transaction, batch: CodeBatch, coupon: Coupon, told: CodesMade
    ) -> tuple[CodeBatch, bool]:
        """Note what became of codes; those that others have get another turn.

        Returns:
            The batch, and whether a number had its turns for now.
        """
        now = self._clock.now()
        self._store.set_made(tx, told.made, now)
        rows = filter(None, (self._store.by_id(tx, one) for one in sorted(told.taken)))
        numbers = {row.n: row.turn + 1 for row in rows}
        for n, turn, lookup in self._free(tx, batch, coupon.code, numbers):
            self._store.renew(tx, f"{batch.id}:{n}", turn, lookup)
        made = self._store.count_made(tx, batch.id)
        is_done = made >= batch.size
        done_at = (batch.done_at or now) if is_done else None
        self._store.set_batch(
            tx, batch.id, made=made, problem=None, done_at=done_at and to_micros(done_at)
        )
        changed = replace(batch, made=made, problem=None, done_at=done_at)
        return changed, any(turn % MAX_TURNS == 0 for turn in numbers.values())

    def next_step(self, tx: Transaction, batch: CodeBatch) -> int:
        """Give the turn to a batch's next row of the outbox, and return its number."""
        self._store.set_batch(tx, batch.id, step=batch.step + 1)
        return batch.step + 1

    def refuse(self, tx: Transaction, batch_id: str, problem: str) -> None:
        """Note that a batch was given up; what exists of it stays good."""
        self._store.set_batch(tx, batch_id, problem=problem[:300])

    # --- codes

    def page(
        self, tx: Transaction, coupon: Coupon, *, after: str | None, limit: int
    ) -> list[PersonalCode]:
        """Return a coupon's codes that exist at the platform, behind the id of one.

        Raises:
            CodesUnreadableError: No secret key reads them.
            CursorInvalidError: ``after`` is no id of a code.
        """
        batches = {one.id: one for one in self._store.of_coupon(tx, coupon.id)}
        if not batches:
            return []
        seed = self._seed(coupon.id, next(iter(batches.values())).seed, coupon.code)
        rows = self._store.page(tx, coupon.id, after=_place(after), limit=limit)
        return [_code(row, self._text(seed, batches[row.batch_id], row)) for row in rows]

    def find(self, tx: Transaction, text: str) -> PersonalCode | None:
        """Return a personal code in any case; None if it is none of ours."""
        return self._spelled(tx, [text]).get(text)

    def by_id(self, tx: Transaction, code_id: str, coupon: Coupon) -> PersonalCode | None:
        """Return a personal code by its batch and number."""
        row = self._store.by_id(tx, code_id)
        batch = None if row is None else self._store.batch(tx, row.batch_id)
        if row is None or batch is None:
            return None
        seed = self._seed(coupon.id, batch.seed, coupon.code)
        return _code(row, self._text(seed, batch, row))

    def used(
        self, tx: Transaction, codes: Sequence[str], refs: Sequence[str]
    ) -> dict[str, PersonalCode]:
        """Return which of these codes and platform ids are personal codes of ours.

        A code that cannot be read, since its secret key is gone, is left out.
        """
        found = dict(self._spelled(tx, codes))
        for row in self._store.by_refs(tx, self._platform, self._account, refs):
            found[row.platform_ref] = _code(row, "")
        return found

    def unreadable(self, tx: Transaction) -> list[str]:
        """Return the ids of coupons whose seed no secret key opens."""
        seeds = self._store.seeds(tx, self._platform, self._account)
        return [one for one, sealed in seeds.items() if self._sealer.open(sealed, one) is None]

    def is_taken(self, tx: Transaction, code: PersonalCode) -> bool:
        """Tell whether a code is used, or held by a visit; its coupon is locked."""
        row = self._store.by_id(tx, code.id)
        is_used = row is None or row.uses > 0
        return is_used or self._store.is_held(tx, code.coupon_id, code.id, self._clock.now())

    def use(self, tx: Transaction, code: PersonalCode, order_id: str, at: datetime) -> bool:
        """Count a use; False if another order was first. Its coupon is locked."""
        return self._store.use(tx, code.id, order_id, at)

    # --- seeds

    def _new_seed(self, coupon: Coupon) -> str:
        return self._sealer.seal(self._random.getrandbits(256).to_bytes(32, "big").hex(), coupon.id)

    def _seed(self, coupon_id: str, sealed: str, code: str) -> bytes:
        text = self._sealer.open(sealed, coupon_id)
        if text is None:
            raise CodesUnreadableError(coupon=code)
        return bytes.fromhex(text)

    def _free(
        self, tx: Transaction, batch: CodeBatch, coupon: str, numbers: Mapping[int, int]
    ) -> list[tuple[int, int, str]]:
        """Return number, turn and lookup, so that no two codes of a coupon are alike."""
        seed = self._seed(batch.coupon_id, batch.seed, coupon)
        free: dict[str, tuple[int, int, str]] = {}
        left = dict(numbers)
        while left:
            new: dict[str, tuple[int, int, str]] = {}
            for n, turn in left.items():
                text = spelling.code_of(seed, batch.prefix, f"{batch.id}:{n}", turn)
                new.setdefault(spelling.lookup_of(seed, text), (n, turn, text))
            known = {one.lookup for one in self._store.by_lookups(tx, batch.coupon_id, new.keys())}
            for lookup in new.keys() - known - free.keys():
                n, turn, _ = new[lookup]
                free[lookup] = (n, turn, lookup)
                del left[n]
            left = {n: turn + 1 for n, turn in left.items()}
        return sorted(free.values())

    def _spelled(self, tx: Transaction, codes: Iterable[str]) -> dict[str, PersonalCode]:
        """Return the personal codes among these, by how they were spelled."""
        spelled: dict[str, set[str]] = {}
        prefixes: set[str] = set()
        for given in codes:
            prefix = spelling.prefix_in(given.upper()) if given.isascii() else None
            if prefix is not None:
                prefixes.add(prefix)
                spelled.setdefault(given.upper(), set()).add(given)
        found: dict[str, PersonalCode] = {}
        seeds = self._store.seeds(tx, self._platform, self._account, prefixes)
        for coupon_id, sealed in seeds.items():
            opened = self._sealer.open(sealed, coupon_id)
            if opened is None:
                _log.warning("personal codes of %s cannot be read: a secret key is gone", coupon_id)
                continue
            seed = bytes.fromhex(opened)
            texts = {spelling.lookup_of(seed, text): text for text in spelled}
            for row in self._store.by_lookups(tx, coupon_id, texts.keys()):
                text = texts[row.lookup]
                found |= dict.fromkeys(spelled[text], _code(row, text))
        return found

    def _text(self, seed: bytes, batch: CodeBatch, row: Any) -> str:
        return spelling.code_of(seed, batch.prefix, row.id, row.turn)


def _place(after: str | None) -> tuple[str, int]:
    if after is None:
        return "", 0
    match = _PLACE.fullmatch(after)
    if match is None:
        raise CursorInvalidError()
    return match[1], int(match[2])


def _code(row: Any, text: str) -> PersonalCode:
    return PersonalCode(
        id=row.id,
        batch_id=row.batch_id,
        coupon_id=row.coupon_id,
        n=row.n,
        turn=row.turn,
        text=text,
        platform_ref=row.platform_ref,
        made_at=None if row.made_at is None else from_micros(row.made_at),
        uses=row.uses,
        order_id=row.order_id,
        used_at=None if row.used_at is None else from_micros(row.used_at),
    )
