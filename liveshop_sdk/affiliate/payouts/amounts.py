"""How much of what is payable is reserved, withheld and sent."""

from liveshop_sdk.money import half_up


def withheld_of(amount: int, bps: int) -> int:
    """Return the tax kept back of a payout, half up to the minor unit."""
    return half_up(amount * bps, 10_000)


def reserved(payable: int, *, bps: int, step: int) -> tuple[int, int]:
    """Return the most that can be reserved, and what of it is withheld.

    What is left to send is a whole number of the rail's steps, so the rest
    stays payable. Both are 0 when not even one step can be sent.

    Args:
        bps: Of the reserved amount, withheld.
        step: In minor units, such as 100 for forints at Stripe.
    """
    amount = payable
    while amount > 0:
        withheld = withheld_of(amount, bps)
        over = (amount - withheld) % step
        if not over:
            return (amount, withheld) if amount > withheld else (0, 0)
        # One less reserved is at most one less sent, so no amount that fits is passed over.
        amount -= over
    return 0, 0
