"""What tiers add to commission: a function of the sales that are left.

A tier raises the rate from an amount of sales on. What it adds is stated for
all sales of a window together and posted as a difference, so each order keeps
the commission it earned, and a full refund takes back exactly that.
"""

from collections.abc import Sequence
from itertools import accumulate

from liveshop_sdk.money import Rate, half_up

Steps = Sequence[tuple[int, Rate]]
"""From how many minor units of sales on which rate holds, rising."""


def tier_bonus(bases: Sequence[int], *, mode: str, steps: Steps, base: Rate) -> int:
    """Return what tiers add to commission at the base rate, half up once.

    Example:
        >>> twelve = ((1_000_000, Rate.percent(12)),)
        >>> tier_bonus([1_000_500], mode="retroactive", steps=twelve, base=Rate.percent(10))
        20010

    Args:
        bases: What is left of each order, in minor units, ordered by
            (paid at, order ref); the modes but ``whole_order`` take only the sum.
        mode: ``marginal``: each rate for the sales between its amount and the
            next. ``retroactive``: the rate reached, for all sales.
            ``whole_order``: for each order the rate reached with it.
    """
    if mode == "marginal":
        parts = _marginal(sum(bases), steps)
    elif mode == "retroactive":
        total = sum(bases)
        parts = [(total, rate_at(total, steps, base))]
    else:
        reached = accumulate(bases)
        parts = [
            (part, rate_at(total, steps, base)) for part, total in zip(bases, reached, strict=True)
        ]
    extra = sum(part * (rate.basis_points - base.basis_points) for part, rate in parts)
    return half_up(extra, 10_000)


def rate_at(total: int, steps: Steps, base: Rate) -> Rate:
    """Return the rate that so many sales reach; an amount itself is reached."""
    return next((rate for start, rate in reversed(steps) if start <= total), base)


def _marginal(total: int, steps: Steps) -> list[tuple[int, Rate]]:
    ends = [start for start, _ in steps[1:]] + [total]
    return [
        (max(0, min(total, end) - start), rate)
        for (start, rate), end in zip(steps, ends, strict=True)
    ]
