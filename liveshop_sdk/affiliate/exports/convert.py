"""Convert an entry into another currency so that it still balances."""

from collections.abc import Sequence

from liveshop_sdk.money import exponent_of, half_up


def converted(amounts: Sequence[int], *, base: str, quote: str, rate: tuple[int, int]) -> list[int]:
    """Return signed amounts of one entry in another currency, whose sum stays 0.

    Largest remainder: each is within one minor unit of its exact worth, and what
    rounding down left over goes to the largest fractions, the first among equals.
    Line by line the entry would no longer balance.

    Args:
        amounts: Minor units of `base`; they sum to 0.
        rate: How much of `quote` one whole `base` is, as a fraction above 0.
    """
    above = rate[0] * 10 ** exponent_of(quote)
    below = rate[1] * 10 ** exponent_of(base)
    if above <= 0 or below <= 0 or sum(amounts):
        raise ValueError("a rate is above 0, and an entry sums to 0")
    parts = [divmod(amount * above, below) for amount in amounts]
    missing = -sum(whole for whole, _ in parts)
    by_fraction = sorted(range(len(parts)), key=lambda number: (-parts[number][1], number))
    raised = set(by_fraction[:missing])
    return [whole + (number in raised) for number, (whole, _) in enumerate(parts)]


def worth(amount: int, *, base: str, quote: str, rate: tuple[int, int]) -> int:
    """Return what one amount is in another currency, in minor units, half up."""
    above = amount * rate[0] * 10 ** exponent_of(quote)
    return half_up(above, rate[1] * 10 ** exponent_of(base))
