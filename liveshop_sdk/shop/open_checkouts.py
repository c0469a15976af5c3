"""The desk that ends open checkouts at the platform, one row of the outbox each."""

from collections.abc import Iterable, Mapping

from liveshop_sdk.checkout.ports import CommercePlatform
from liveshop_sdk.checkout.visits.models import Visit
from liveshop_sdk.checkout.visits.service import EXPIRE, SETTLES, Visits
from liveshop_sdk.clock import Clock
from liveshop_sdk.db import Database, Transaction
from liveshop_sdk.events.outbox import Outbox, OutboxRow
from liveshop_sdk.events.worker import Sender
from liveshop_sdk.facts import CheckoutClosed, Json
from liveshop_sdk.shop.attempts import Attempts


class CheckoutDesk:
    """Ends checkouts before their time, where the platform lets us.

    What a visit reserved is freed as ever: by the platform's webhook about the
    end of its checkout. Only one of which no webhook will tell is closed here:
    it never got a checkout, or a link that nobody followed.
    """

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        outbox: Outbox,
        attempts: Attempts,
        visits: Visits,
        platform: CommercePlatform,
    ) -> None:
        """Keep where checkouts are ended."""
        self._db, self._clock, self._outbox = db, clock, outbox
        self._attempts, self._visits, self._platform = attempts, visits, platform
        self._expire = Sender(send=self.send, sent=self.sent)
        self.senders: Mapping[str, Sender] = {EXPIRE: self._expire}

    @property
    def is_able(self) -> bool:
        """Say whether the platform lets us end a checkout."""
        return self._platform.expires_checkouts

    def plan(self, tx: Transaction, visits: Iterable[Visit]) -> None:
        """Put the end of each visit's checkout in the outbox; a repeat adds none."""
        later = self._clock.now() + SETTLES
        for visit in visits:
            known = self._outbox.get(tx, _key(visit))
            if known is None:
                due_at = None if visit.platform_ref else later
                payload = {"checkout_id": visit.checkout_id}
                of = (visit.platform, visit.account)
                self._outbox.add(tx, EXPIRE, _key(visit), payload, of=of, due_at=due_at)
            elif known.state == "dead":
                self._outbox.replay(tx, [known.id])

    def try_now(self, visit: Visit) -> bool:
        """Try to end a visit's checkout once; False if the worker has to go on."""
        return self._attempts.once(_key(visit), self._expire)

    def send(self, row: OutboxRow) -> Json:
        """End the checkout; says whether a webhook tells of that."""
        with self._db.reading() as tx:
            visit = self._visits.get(tx, _checkout_id(row))
        if visit is None or visit.state not in ("opening", "open"):
            return {"found": True}
        key = f"{visit.checkout_id}:expire:{row.try_id}"
        return {
            "found": self._platform.expire_checkout(visit.params, ref=visit.platform_ref, key=key)
        }

    def sent(self, tx: Transaction, row: OutboxRow, answer: Json) -> None:
        """Close a visit where no webhook will."""
        visit = self._visits.get(tx, _checkout_id(row))
        if visit is not None and answer == {"found": False}:
            self._visits.close(
                tx,
                CheckoutClosed(
                    platform=visit.platform,
                    account=visit.account,
                    checkout_id=visit.checkout_id,
                    reason="expired",
                    occurred_at=self._clock.now(),
                ),
            )


def _key(visit: Visit) -> str:
    return f"{EXPIRE}:{visit.checkout_id}"


def _checkout_id(row: OutboxRow) -> str:
    payload = row.payload
    assert isinstance(payload, dict)  # noqa: S101 - we wrote it
    return str(payload["checkout_id"])
