"""Look whether key, mode, clock and webhook secrets of an account are in order."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

from liveshop_sdk.checkout.ports import Finding
from liveshop_sdk.errors import LiveShopError, PlatformNotReadyError
from liveshop_sdk.platforms.stripe.client import StripeCalls
from liveshop_sdk.platforms.stripe.faults import NO_ACCESS

MOST_SKEW = timedelta(seconds=30)
"""A clock a minute slow opens no checkout; five minutes off takes no webhook."""


def findings(
    calls: StripeCalls,
    *,
    mode: str,
    secrets: Sequence[bytes],
    version: str,
    now: Callable[[], datetime],
    shipping: Sequence[str] = (),
) -> tuple[Finding, ...]:
    """Return one finding per thing looked at; never raises."""
    key = _key(calls, mode, version)
    clock = _clock(calls.answered_at(), now())
    return (key, *clock, *_shipping(calls, shipping), _secrets(secrets))


def _key(calls: StripeCalls, mode: str, version: str) -> Finding:
    well = f"{mode} key answers; API version {version}"
    try:
        balance = calls.balance()
    except PlatformNotReadyError as error:
        if error.vendor_code == "permission":  # a restricted key: known, but may not look
            return _key_finding(well)
        if error.vendor_code == NO_ACCESS:
            return _key_finding(str(error), fix="Connect the account of LIVESHOP_STRIPE_ACCOUNT.")
        return _key_finding(str(error), fix="Set LIVESHOP_STRIPE_API_KEY to a valid key.")
    except LiveShopError as error:
        return _key_finding(str(error), fix="Check that api.stripe.com can be reached.")
    if balance.get("livemode") is not (mode == "live"):
        return _key_finding(
            "Stripe answered for another mode than the key's.",
            fix="Copy LIVESHOP_STRIPE_API_KEY from the dashboard again.",
        )
    return _key_finding(well)


def _key_finding(said: str, *, fix: str = "") -> Finding:
    return Finding(name="stripe key", ok=not fix, text=said, fix=fix)


def _clock(theirs: datetime | None, ours: datetime) -> Iterator[Finding]:
    """Compare the clocks, once Stripe has answered at all; its header has whole seconds."""
    if theirs is None:
        return
    skew = ours - theirs
    seconds = abs(round(skew.total_seconds()))
    way = "behind" if skew < timedelta() else "ahead of"
    is_well = abs(skew) <= MOST_SKEW
    yield Finding(
        name="stripe clock",
        ok=is_well,
        text=f"This machine's clock is {seconds} s {way} Stripe's.",
        fix="" if is_well else "Set the clock, and keep it set: run an NTP client.",
    )


def _shipping(calls: StripeCalls, rates: Sequence[str]) -> Iterator[Finding]:
    """Look for the shipping rates that every checkout names, as far as the key may."""
    for rate in rates:
        try:
            found = calls.shipping_rate(rate)
        except LiveShopError:
            continue  # the key's own finding tells of it
        is_there = found is not None and found.get("active") is True
        yield Finding(
            name=f"stripe shipping {rate}",
            ok=is_there,
            text="Buyers can choose it." if is_there else "It does not exist, or is archived.",
            fix="" if is_there else "Name an active rate in LIVESHOP_STRIPE_CHECKOUT.",
        )


def _secrets(secrets: Sequence[bytes]) -> Finding:
    count = len(secrets)
    if count and all(secret.startswith(b"whsec_") for secret in secrets):
        return Finding(name="stripe webhook secret", ok=True, text=f"{count} configured")
    return Finding(
        name="stripe webhook secret",
        ok=False,
        text="A secret does not begin with whsec_." if count else "None is configured.",
        fix="Set LIVESHOP_STRIPE_WEBHOOK_SECRETS to the endpoint's signing secret.",
    )
