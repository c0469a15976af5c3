"""The desk that has personal codes made at the platform, portion by portion."""

import time
from collections.abc import Callable, Mapping
from datetime import timedelta

from liveshop_sdk.checkout.coupons.models import END, Coupon
from liveshop_sdk.checkout.coupons.service import Coupons, coupon_request
from liveshop_sdk.checkout.personal.models import CodeBatch, PersonalCode
from liveshop_sdk.checkout.personal.ports import CodeMaker, CodeRequest
from liveshop_sdk.checkout.personal.service import PersonalCodes
from liveshop_sdk.clock import Clock
from liveshop_sdk.db import Database, Transaction
from liveshop_sdk.errors import PlatformRefusedError, PlatformUnavailableError
from liveshop_sdk.events.outbox import Outbox, OutboxRow
from liveshop_sdk.events.worker import Sender
from liveshop_sdk.facts import Json
from liveshop_sdk.shop.attempts import Attempts
from liveshop_sdk.shop.coupon_hold import CouponHold

CODES = "coupon.codes"
_PAUSE, _LONGEST = timedelta(seconds=2), timedelta(seconds=30)
"""When a platform that works by itself is asked again: later each time."""

_IDLE = 10
"""So many pauses in a row nothing may be due before somebody who waits is let go."""

Progress = Callable[[int, int], None]
"""Called with how many codes exist, and how many there are to be."""


class CodeDesk:
    """Makes the codes of batches exist, from the outbox.

    Each row of the outbox is one portion, and plans the next one in the commit
    that ends it. What a portion has made is committed before that, so whoever
    goes on after a kill begins with the numbers nobody knows of: their keys are
    the same again, and a platform without keys is looked at.
    """

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        outbox: Outbox,
        attempts: Attempts,
        rules: Coupons,
        personal: PersonalCodes,
        maker: CodeMaker,
        hold: CouponHold,
        of: tuple[str, str],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Keep where codes are made; ``sleep`` waits for what is due in a moment."""
        self._db, self._clock, self._outbox, self._attempts = db, clock, outbox, attempts
        self._rules, self._personal, self._maker = rules, personal, maker
        self._hold, self._of, self._sleep = hold, of, sleep
        self._sender = Sender(send=self.send, sent=self.sent, refused=self.refused)
        self.senders: Mapping[str, Sender] = {CODES: self._sender}

    # --- planning

    def plan(self, tx: Transaction, batch: CodeBatch) -> None:
        """Put a batch's first portion in the outbox, in the caller's transaction."""
        self._plan(tx, batch.id, batch.step)

    def go_on(self, tx: Transaction, coupon: Coupon) -> None:
        """Plan what is left of a coupon's batches; its row is locked."""
        for batch in self._personal.batches(tx, coupon.id):
            if batch.done_at is not None:
                continue
            known = self._outbox.get(tx, _key(batch.id, batch.step))
            if known is not None and known.state == "dead":
                self._outbox.replay(tx, [known.id])
            elif known is None or known.state == "done":
                self._plan(tx, batch.id, self._personal.next_step(tx, batch))

    def _plan(
        self, tx: Transaction, batch_id: str, step: int, job: str | None = None, asked: int = 0
    ) -> None:
        payload = {"batch_id": batch_id, "step": step, "job": job, "asked": asked}
        due_at = self._clock.now() + min(asked * _PAUSE, _LONGEST) if job else None
        key = _key(batch_id, step)
        self._outbox.add(tx, CODES, key, payload, of=self._of, due_at=due_at)

    # --- trying

    def try_now(self, batch_id: str) -> bool:
        """Try a batch's next portion once; False if the worker has to go on.

        Raises:
            PlatformRefusedError: The platform will not have the codes.
        """
        with self._db.reading() as tx:
            batch = self._personal.batch(tx, batch_id)
        if batch is None or batch.done_at is not None:
            return False
        return self._attempts.once(_key(batch.id, batch.step), self._sender)

    def carry(self, batch_id: str, progress: Progress | None) -> None:
        """Try portion after portion until all is done, or the worker has to go on.

        Raises:
            PlatformRefusedError: The platform will not have the codes.
        """
        idle = 0
        while idle < _IDLE:
            with self._db.reading() as tx:
                batch = self._personal.batch(tx, batch_id)
                row = None if batch is None else self._outbox.get(tx, _key(batch.id, batch.step))
            if batch is None or row is None or row.state != "pending":
                return
            if progress is not None:
                progress(batch.made, batch.size)
            if self.try_now(batch_id):
                idle = 0
            else:
                idle += 1
                self._sleep(_PAUSE.total_seconds())

    # --- sending

    def send(self, row: OutboxRow) -> Json:
        """Have one portion made, and commit what came of it.

        A row that is not its batch's turn, or whose coupon is off, does nothing.
        """
        batch_id, step = _payload(row)
        with self._db.reading() as tx:
            planned = self._personal.batch(tx, batch_id)
        assert planned is not None  # noqa: S101 - it was stored with the row
        with self._hold.of(planned.coupon_id) as coupon:
            with self._db.reading() as tx:
                batch = self._personal.batch(tx, batch_id) or planned
                codes = self._portion(tx, batch, coupon) if batch.step == step else []
            if not codes:
                return {"job": None}
            if coupon.platform_ref is None:
                raise PlatformUnavailableError(
                    platform=self._of[0], problem="the coupon is not made there yet", retry_after=2
                )
            told = self._maker.add(
                coupon_request(coupon),
                ref=coupon.platform_ref,
                codes=[_asked(code) for code in codes],
                job=_job(row.payload),
            )
            with self._db.transaction() as tx:
                self._rules.lock(tx, [coupon.id])
                _, is_stuck = self._personal.store(tx, batch, coupon, told)
        if is_stuck:
            raise PlatformRefusedError(
                platform=self._of[0],
                problem="others have the codes of this coupon, again and again",
                vendor_code="codes_taken",
            )
        return {"job": told.job}

    def _portion(self, tx: Transaction, batch: CodeBatch, coupon: Coupon) -> list[PersonalCode]:
        if not self._is_on(coupon):
            return []
        return self._personal.unmade(tx, batch, coupon, self._maker.portion)

    def sent(self, tx: Transaction, row: OutboxRow, answer: Json) -> None:
        """Plan the next portion where this one is marked done, unless it was the last.

        The coupon is locked and looked at again: whoever resumes it plans what
        is left of a batch that stopped, and must find that it did.
        """
        batch_id, step = _payload(row)
        planned = self._personal.batch(tx, batch_id)
        assert planned is not None  # noqa: S101 - it was stored with the row
        self._rules.lock(tx, [planned.coupon_id])
        batch = self._personal.batch(tx, batch_id) or planned
        coupon = self._rules.by_id(tx, batch.coupon_id)
        is_its_turn = batch.step == step and batch.done_at is None
        if coupon is not None and is_its_turn and self._is_on(coupon):
            job = _job(answer)
            asked = _asked_before(row) + 1 if job else 0
            self._plan(tx, batch_id, self._personal.next_step(tx, batch), job, asked)

    def refused(self, tx: Transaction, row: OutboxRow) -> None:
        """Note on the batch that it was given up."""
        batch_id, _ = _payload(row)
        known = self._outbox.get(tx, row.key)
        self._personal.refuse(tx, batch_id, (known and known.reason) or "refused")

    def coupon_of(self, tx: Transaction, code: str) -> Coupon:
        """Return the coupon that a code applies, its own or a personal one.

        Raises:
            CouponUnknownError: There is none of that code.
        """
        personal = self._personal.find(tx, code)
        found = None if personal is None else self._rules.by_id(tx, personal.coupon_id)
        return found or self._rules.get(tx, code)

    def _is_on(self, coupon: Coupon) -> bool:
        """Tell whether codes are made now: not before a resumption has come through."""
        is_over = coupon.ended_at is not None or coupon.ends_at <= self._clock.now()
        is_off = coupon.paused_at is not None or coupon.waiting is not None
        return not is_over and not is_off and coupon.refused_at is None

    # --- pausing and resuming

    def followed(self, coupon: Coupon, key: str, after: str) -> str:
        """Have a coupon's codes follow it; return where to go on, ``""`` if all do.

        An end needs nothing: it takes all codes along.
        """
        if coupon.wish == END or coupon.ends_at <= self._clock.now():
            return ""
        with self._db.reading() as tx:
            if not self._personal.has_any(tx, coupon.id):
                return ""
        return self._maker.switch(coupon_request(coupon), wish=coupon.wish, key=key, after=after)


def _asked(code: PersonalCode) -> CodeRequest:
    key = code.id if code.turn == 0 else f"{code.id}:t{code.turn}"
    return CodeRequest(id=code.id, key=key, text=code.text)


def _key(batch_id: str, step: int) -> str:
    return f"{CODES}:{batch_id}:{step}"


def _payload(row: OutboxRow) -> tuple[str, int]:
    payload = row.payload
    assert isinstance(payload, dict)  # noqa: S101 - we wrote it
    step = payload["step"]
    assert isinstance(step, int)  # noqa: S101 - we wrote it
    return str(payload["batch_id"]), step


def _job(told: Json) -> str | None:
    job = told.get("job") if isinstance(told, Mapping) else None
    return job if isinstance(job, str) else None


def _asked_before(row: OutboxRow) -> int:
    asked = row.payload.get("asked") if isinstance(row.payload, Mapping) else None
    return asked if isinstance(asked, int) else 0
