"""Read back the parameters that were stored before Stripe was asked."""

from collections.abc import Mapping

from liveshop_sdk.errors import InvalidError, PlatformRefusedError
from liveshop_sdk.platforms.stripe.fields import Obj
from liveshop_sdk.platforms.stripe.reading import PLATFORM
from liveshop_sdk.wire import loads_canonical


def stored(params: str) -> Obj:
    """Return what ``prepare`` wrote.

    Raises:
        PlatformRefusedError: it is nothing that was written there.
    """
    try:
        wanted = loads_canonical(params)
    except InvalidError:
        wanted = None
    if not isinstance(wanted, Mapping):
        raise PlatformRefusedError(
            platform=PLATFORM, problem="the stored parameters are not ours", vendor_code="params"
        )
    return wanted
