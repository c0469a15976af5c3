"""Agree terms, accept them, and set how a brand's sales are credited."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from liveshop_sdk.affiliate.agreed.store import AgreementStore, PolicyStore
from liveshop_sdk.affiliate.agreements import Acceptance, Agreement, first_possible
from liveshop_sdk.affiliate.airtime.store import WaitingStore
from liveshop_sdk.affiliate.attribution import Policy, PolicyVersion, policy_at
from liveshop_sdk.affiliate.ledger.drafting import zone
from liveshop_sdk.affiliate.ledger.service import Ledger
from liveshop_sdk.affiliate.months import end_of
from liveshop_sdk.affiliate.terms import Terms
from liveshop_sdk.affiliate.windows.store import WindowStore
from liveshop_sdk.clock import Clock, as_utc
from liveshop_sdk.db import Transaction
from liveshop_sdk.errors import (
    AgreementBackdatedError,
    AgreementInvalidError,
    AgreementNotFoundError,
    AgreementOverlapsError,
    PolicyOverlapsError,
    TermsDifferError,
)
from liveshop_sdk.registry.brands import Brand

MAX_PERSON = 64


class Agreements:
    """Versions of terms, and who accepted them."""

    def __init__(self, *, clock: Clock, ledger: Ledger) -> None:
        """Keep the ledger, whose books begin with an agreement."""
        self._clock, self._ledger = clock, ledger
        self._store, self._windows, self._waiting = AgreementStore(), WindowStore(), WaitingStore()

    def agree(
        self,
        tx: Transaction,
        *,
        brand: Brand,
        creator: str,
        terms: Terms,
        effective_from: datetime | None = None,
    ) -> Agreement:
        """Append a version of the terms; the same terms again are a repeat.

        Effects: one version, and the brand's book with its first agreement.

        Version 1 covers every sale before version 2, so that an order paid a
        moment before it was written down still has terms. Sales already posted
        keep theirs for ever. A cut begins once the notice agreed before is over;
        what replaces tiers within one of their windows, then or with the next.

        Raises:
            AgreementOverlapsError: It would begin before the latest version.
            AgreementBackdatedError: It would begin before sales already posted, or
                change the guarantee of a month that was closed.
            AgreementInvalidError: Its amounts are not in the brand's currency.
        """
        check_currency(terms, brand)
        now = self._clock.now()
        asked = now if effective_from is None else as_utc(effective_from)
        self._ledger.open_book(tx, brand.code, brand.currency, brand.timezone)
        while True:
            versions = self.versions(tx, [creator]).get((brand.code, creator), ())
            latest = versions[-1] if versions else None
            start = first_possible(versions, terms, asked=asked, now=now, zone=zone(brand.timezone))
            if latest is not None and latest.covers(terms, start):
                return latest
            if latest is not None:
                self._refuse_early(tx, versions, start, now)
            self._refuse_guarantee(tx, brand, creator, terms, start, latest)
            agreement = Agreement.on(
                terms,
                brand=brand.code,
                creator=creator,
                version=latest.version + 1 if latest else 1,
                effective_from=start,
            )
            if self._store.add_agreement(tx, agreement, at=now):
                return agreement

    def versions(
        self, tx: Transaction, creators: Iterable[str]
    ) -> dict[tuple[str, str], tuple[Agreement, ...]]:
        """Return all versions by (brand, creator), oldest first."""
        return self._store.agreements(tx, creators)

    def accept(
        self,
        tx: Transaction,
        *,
        brand: str,
        creator: str,
        version: int,
        terms_hash: str,
        accepted_by: str,
    ) -> Acceptance:
        """Note that a person accepted a version; the same again is a repeat.

        Raises:
            AgreementNotFoundError: There is no such version.
            TermsDifferError: The hash is not that of its terms.
            AgreementInvalidError: Nobody is named, or by an address.
        """
        person = _person(accepted_by)
        versions = self.versions(tx, [creator]).get((brand, creator), ())
        found = next((one for one in versions if one.version == version), None)
        if found is None:
            raise AgreementNotFoundError(creator=creator, brand=brand, version=version)
        if found.terms_hash != terms_hash:
            raise TermsDifferError(
                creator=creator,
                brand=brand,
                version=version,
                expected=found.terms_hash,
                given=terms_hash[:64],
            )
        given = Acceptance(
            brand=brand,
            creator=creator,
            version=version,
            terms_hash=terms_hash,
            accepted_by=person,
            accepted_at=self._clock.now(),
        )
        return self._store.accept(tx, given)

    def acceptances(self, tx: Transaction, creator: str) -> list[Acceptance]:
        """Return what was accepted for a creator, by brand and version."""
        return self._store.acceptances(tx, creator)

    def _refuse_early(
        self, tx: Transaction, versions: tuple[Agreement, ...], start: datetime, now: datetime
    ) -> None:
        latest = versions[-1]
        if start < latest.effective_from:
            raise AgreementOverlapsError(
                creator=latest.creator,
                brand=latest.brand,
                version=latest.version,
                starts_at=start,
                latest_at=latest.effective_from,
            )
        if start < now and self._has_sales_since(tx, versions, start):
            raise AgreementBackdatedError(
                creator=latest.creator, brand=latest.brand, starts_at=start
            )

    def _has_sales_since(
        self, tx: Transaction, versions: Sequence[Agreement], start: datetime
    ) -> bool:
        """Tell whether a sale paid at ``start`` or later was rated under these versions."""
        held_since = {one.version: start + one.hold for one in versions}
        latest = versions[-1]
        waiting = self._waiting.credited_to(tx, latest.brand, latest.creator)
        return self._store.has_sales_since(tx, versions, start) or any(
            line.hold_until >= held_since[line.terms_version]
            for line in waiting
            if line.terms_version in held_since
        )

    def _refuse_guarantee(
        self,
        tx: Transaction,
        brand: Brand,
        creator: str,
        terms: Terms,
        start: datetime,
        latest: Agreement | None,
    ) -> None:
        """Refuse another guarantee for the end of a month that was closed by an older one."""
        if terms.guarantee == (latest.terms.guarantee if latest else None):
            return
        self._ledger.journal(tx, self._ledger.book(tx, brand.code))  # no month is closed meanwhile
        done = self._windows.trued_up(tx, brand.code)
        if any(start < end_of(month, zone(brand.timezone)) for month in done):
            raise AgreementBackdatedError(creator=creator, brand=brand.code, starts_at=start)


class Policies:
    """How each brand's sales are credited, in versions."""

    def __init__(self, *, clock: Clock, default: Policy) -> None:
        """Keep the shop's own policy, for brands without one."""
        self._clock, self._store = clock, PolicyStore()
        self._default = PolicyVersion(brand=None, version=0, policy=default, effective_from=None)

    def set_policy(
        self, tx: Transaction, *, brand: str, policy: Policy, effective_from: datetime | None
    ) -> PolicyVersion:
        """Append a version; the same policy again is a repeat.

        Raises:
            PolicyOverlapsError: It would begin before now, or before the
                latest version.
        """
        now = self._clock.now()
        start = now if effective_from is None else as_utc(effective_from)
        while True:
            versions = self.versions(tx, [brand]).get(brand, ())
            latest = versions[-1] if versions else None
            if latest is not None and latest.policy == policy and _begun(latest) <= start:
                return latest
            earliest = max(now, _begun(latest)) if latest else now
            if start < earliest:
                raise PolicyOverlapsError(brand=brand, starts_at=start, earliest=earliest)
            made = PolicyVersion(
                brand=brand,
                version=latest.version + 1 if latest else 1,
                policy=policy,
                effective_from=start,
            )
            if self._store.add_policy(tx, made, at=now):
                return made

    def versions(
        self, tx: Transaction, brands: Iterable[str]
    ) -> dict[str, tuple[PolicyVersion, ...]]:
        """Return all versions by brand, oldest first; the shop's own is not among them."""
        return self._store.policies(tx, brands)

    def at(
        self, versions: Mapping[str, tuple[PolicyVersion, ...]], brand: str, at: datetime
    ) -> PolicyVersion:
        """Return the policy of a payment: the brand's at that time, else the shop's."""
        return policy_at(versions.get(brand, ()), at) or self._default


def check_currency(terms: Terms, brand: Brand) -> None:
    """Refuse amounts that the brand's book is not kept in.

    Raises:
        AgreementInvalidError: They are in another currency.
    """
    if terms.currency not in (None, brand.currency):
        raise AgreementInvalidError(
            problem=f"amounts in {terms.currency}",
            expected=f"{brand.currency}, the currency of {brand.code}",
        )


def _begun(version: PolicyVersion) -> datetime:
    if version.effective_from is None:
        raise ValueError("the shop's own policy has no beginning")
    return version.effective_from


def _person(name: object) -> str:
    text = name.strip() if isinstance(name, str) else ""
    if not text or len(text) > MAX_PERSON or not text.isprintable() or "@" in text:
        raise AgreementInvalidError(
            problem="that name as who accepted it",
            expected=f"1 to {MAX_PERSON} printable characters and no address",
        )
    return text
