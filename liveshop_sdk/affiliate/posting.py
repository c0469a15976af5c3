"""Post what items should stand at, one entry after the other, in one book."""

from collections.abc import Iterable
from dataclasses import replace

from liveshop_sdk.affiliate import accrual
from liveshop_sdk.affiliate.accrual import Item
from liveshop_sdk.affiliate.ledger.journal import Journal
from liveshop_sdk.affiliate.ledger.models import EntryDraft, Posting


class Poster:
    """Settles items on what the entries before left.

    It knows only what it was told to read.
    """

    def __init__(self, journal: Journal) -> None:
        """Work at the open end of one book."""
        self._journal = journal
        self._sums: dict[tuple[str, str, str], int] = {}
        self._balances: dict[tuple[str, str], int] = {}

    def read(self, refs: Iterable[str], accounts: Iterable[tuple[str, str]]) -> None:
        """Read what is posted for line refs, and what accounts stand at."""
        self._sums |= self._journal.posted(refs)
        self._balances |= self._journal.balances(accounts)

    def posted(self, item: Item, part: str) -> int:
        """Return what an item has on one of its creator's accounts, debit positive."""
        key = (item.line_ref, accrual.account(item.creator, part), item.currency)
        return self._sums.get(key, 0)

    def due(self, items: Iterable[Item]) -> list[Posting]:
        """Return the postings that bring items to their targets; none if they are there."""
        return accrual.settle(items, posted=self._sums, balances=self._balances)

    def post(self, items: Iterable[Item], draft: EntryDraft) -> bool:
        """Stage the draft with the postings that are due, if any."""
        postings = self.due(items)
        if postings:
            self.stage(replace(draft, postings=tuple(postings)))
        return bool(postings)

    def stage(self, draft: EntryDraft) -> None:
        """Stage a draft as it is, and settle later items on what it leaves."""
        self._journal.stage(draft)
        for posting in draft.postings:
            if posting.line_ref:
                key = (posting.line_ref, posting.account, posting.currency)
                self._sums[key] = self._sums.get(key, 0) + posting.amount
            account = (posting.account, posting.currency)
            if account in self._balances:
                self._balances[account] += posting.amount
