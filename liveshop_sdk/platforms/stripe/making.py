"""Make something at Stripe once, or find that it was made."""

from collections.abc import Callable

from liveshop_sdk.errors import PlatformRefusedError
from liveshop_sdk.platforms.stripe.faults import StoredFailure
from liveshop_sdk.platforms.stripe.fields import Obj


def made(make: Callable[[str], Obj], *, key: str, find: Callable[[], Obj | None]) -> Obj:
    """Make something once, or find that it was made.

    Stripe stores the first answer for a key, a failure too, and repeats it
    for a day. Then the key is spent: look for the thing, and only if it
    is not there use the next key, which is again derived from ours.
    """
    try:
        return make(key)
    except StoredFailure:
        pass
    except PlatformRefusedError as error:
        if error.vendor_code == "resource_already_exists" and (found := find()) is not None:
            return found
        raise
    try:
        return find() or make(f"{key}:2")
    except StoredFailure as failure:
        raise failure.error from None
