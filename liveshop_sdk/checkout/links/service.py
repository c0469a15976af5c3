"""Issue links, find them again, revoke them."""

import random as _random
from collections.abc import Callable, Mapping
from datetime import timedelta

from liveshop_sdk.checkout.codes import parse_short_code, short_code
from liveshop_sdk.checkout.coupons.models import Coupon
from liveshop_sdk.checkout.links import issuing
from liveshop_sdk.checkout.links.labels import check_label
from liveshop_sdk.checkout.links.models import IssuedLink, Link, LinkName
from liveshop_sdk.checkout.links.store import LinkStore
from liveshop_sdk.checkout.tokens import LEEWAY, LinkTokens
from liveshop_sdk.clock import Clock
from liveshop_sdk.db import Transaction
from liveshop_sdk.errors import (
    LinkExpiredError,
    LinkNotFoundError,
    LinkRevokedError,
    LinkUnknownError,
)
from liveshop_sdk.ids import Ids, body_of
from liveshop_sdk.registry.names import key
from liveshop_sdk.registry.products import Product
from liveshop_sdk.registry.streams import Stream

LINK = "lnk"


class Links:
    """Everything about links that needs no platform."""

    def __init__(
        self,
        *,
        clock: Clock,
        ids: Ids,
        random: _random.Random,
        tokens: LinkTokens,
        base_url: str,
    ) -> None:
        """Keep what issuing needs; ``random`` feeds short codes only."""
        self._clock, self._ids, self._random = clock, ids, random
        self._tokens, self._base_url = tokens, base_url
        self._store = LinkStore()

    def issue(
        self,
        tx: Transaction,
        *,
        creator: str,
        stream: Stream | None,
        items: Mapping[str, int],
        products: Mapping[str, Product],
        coupon: Coupon | None,
        channel: str,
        placement: str,
        expires_in: timedelta | None,
        check: Callable[[Link], object],
    ) -> IssuedLink:
        """Check and store a new link.

        Args:
            check: Raises if the platform could not sell what it holds.

        Effects: one row. Issuing twice gives two links, on purpose: each
        channel and placement gets its own.
        """
        now = self._clock.now()
        if stream is not None:
            issuing.check_host(stream, creator, now)
            issuing.check_brands(stream, products)
        total = issuing.check_items(items, products)
        if coupon is not None:
            issuing.check_coupon(
                coupon, creator=creator, stream=stream, items=items, total=total, now=now
            )
        link = Link(
            id=self._ids.new(LINK),
            short_code=self._free_short_code(tx),
            creator=creator,
            stream=stream.code if stream else None,
            coupon_id=coupon.id if coupon else None,
            items=dict(items),
            channel=check_label(channel),
            placement=check_label(placement),
            expires_at=issuing.expiry(stream=stream, expires_in=expires_in, now=now),
            revoked_at=None,
            created_at=now,
        )
        check(link)
        self._store.add(tx, link)
        return self.texts(link)

    def texts(self, link: Link) -> IssuedLink:
        """Return what is shared of a link; its token is the same each time."""
        token = self._tokens.issue(body_of(link.id), link.expires_at)
        return IssuedLink(
            id=link.id,
            url=f"{self._base_url}/l/{token}",
            short_url=f"{self._base_url}/l/{link.short_code}",
            token=token,
            expires_at=link.expires_at,
        )

    def named(self, text: str) -> LinkName:
        """Return which link a token or a short code names.

        Asks no database, so that guessing at tokens costs us one HMAC each.

        Raises:
            LinkTokenInvalidError: A token that is not ours.
            LinkExpiredError: The token's time is over.
            LinkUnknownError: Neither a token nor a short code.
        """
        if text.startswith("lk1."):
            return LinkName(link_id=self._tokens.read(text, self._clock.now()).link_id)
        code = parse_short_code(text)
        if code is None:
            raise LinkUnknownError()
        return LinkName(short_code=code)

    def find(self, tx: Transaction, name: LinkName) -> Link:
        """Return the live link of that name.

        Raises:
            LinkUnknownError: Not in this database.
            LinkExpiredError: Its time is over.
            LinkRevokedError: The brand took it back.
        """
        if name.link_id is not None:
            link = self._store.by_id(tx, name.link_id)
        else:
            link = self._store.by_short_code(tx, name.short_code or "")
        if link is None:
            raise LinkUnknownError()
        if link.revoked_at is not None:
            raise LinkRevokedError(link_id=link.id, revoked_at=link.revoked_at)
        if link.expires_at + LEEWAY <= self._clock.now():
            raise LinkExpiredError(link_id=link.id, expired_at=link.expires_at)
        return link

    def get(self, tx: Transaction, link_id: str) -> Link:
        """Return a link by its id, whatever its state, or raise LinkNotFoundError."""
        link = self._store.by_id(tx, key(link_id, "link id"))
        if link is None:
            raise LinkNotFoundError(link_id=link_id[:64])
        return link

    def recent(
        self, tx: Transaction, *, creator: str | None, stream: str | None, limit: int
    ) -> list[Link]:
        """Return the newest links, of one creator or stream if asked."""
        return self._store.recent(tx, creator=creator, stream=stream, limit=limit)

    def revoke(self, tx: Transaction, link_id: str) -> Link:
        """Take a link back for good; repeating it changes nothing."""
        self.get(tx, link_id)
        self._store.revoke(tx, link_id, at=self._clock.now())
        return self.get(tx, link_id)

    def _free_short_code(self, tx: Transaction) -> str:
        while True:
            code = short_code(self._random)
            if self._store.by_short_code(tx, code) is None:
                return code
