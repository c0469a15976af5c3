"""Ask Stripe by its SDK: one answer or one page at a time, and our own errors."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import stripe

from liveshop_sdk.errors import LiveShopError
from liveshop_sdk.platforms.stripe.faults import (
    is_missing,
    param_of,
    too_old,
    translate,
    translate_write,
    unreadable,
    unreadable_write,
)
from liveshop_sdk.platforms.stripe.fields import Obj, ShapeError, objs, text
from liveshop_sdk.platforms.stripe.transport import Transport

MAX_PAGES = 20
"""Pages of a list that is read while somebody waits."""

PAGE = 100
"""What Stripe puts on a page at most."""
_UNEXPECTED = (
    AttributeError,
    TypeError,
    ValueError,
    LookupError,
    ArithmeticError,
    RecursionError,
    ShapeError,
)


class Asking:
    """The ways to ask; `StripeCalls` says what for."""

    _transport: Transport

    def _write(
        self, create: Callable[..., Any], params: Obj, key: str, *, end: str | None = None
    ) -> Obj:
        """Create something; raises StoredFailure when the key is used up.

        Args:
            end: The parameter that is refused once it is too late.
        """
        try:
            return self._plain(create, params, {"idempotency_key": key}, failure=unreadable_write)
        except stripe.StripeError as error:
            if end is not None and param_of(error) == end:
                raise too_old() from None
            raise translate_write(error) from None

    def _page(self, fetch: Callable[..., Any], params: Obj) -> Obj:
        return self._call(fetch, params)

    def _find(self, retrieve: Callable[..., Any], object_id: str, params: Obj) -> Obj | None:
        try:
            return self._plain(retrieve, object_id, params)
        except stripe.InvalidRequestError as error:
            if is_missing(error):
                return None
            raise translate(error) from None
        except stripe.StripeError as error:
            raise translate(error) from None

    def _each(
        self, fetch: Callable[..., Any], params: Obj, *, pages: int = MAX_PAGES
    ) -> Iterator[Obj]:
        for page in self._pages(fetch, params, pages=pages):
            yield from page

    def _pages(
        self,
        fetch: Callable[..., Any],
        params: Obj,
        *,
        pages: int,
        ask: Callable[[Callable[[], Obj]], Obj] = lambda fetched: fetched(),
    ) -> Iterator[list[Obj]]:
        """Follow a list to its end; one that repeats itself is refused."""
        seen: set[str] = set()
        more: dict[str, Any] = {}
        for _ in range(pages):
            page = ask(partial(self._page, fetch, {**params, "limit": PAGE, **more}))
            data = objs(page, "data")
            ids = [text(one, "id") for one in data]
            if not all(ids) or len(set(ids)) < len(ids) or not seen.isdisjoint(ids):
                raise unreadable("a list repeats itself")
            seen.update(ids)
            if data:
                yield data
            if not data or page.get("has_more") is not True:
                return
            more = {"starting_after": ids[-1]}

    def _call(self, call: Callable[..., Any], *args: Any) -> Obj:
        try:
            return self._plain(call, *args)
        except stripe.StripeError as error:
            raise translate(error) from None

    def _plain(
        self,
        call: Callable[..., Any],
        *args: Any,
        failure: Callable[[str], LiveShopError] = unreadable,
    ) -> Obj:
        try:
            with self._transport.within_budget():
                answer = call(*args).to_dict()
        except _UNEXPECTED as error:
            raise failure(type(error).__name__) from None
        if not isinstance(answer, Mapping):
            raise failure("it is not an object")
        return answer
