"""What a creator is owed and owes back: one figure, kept on two accounts."""


def route(delta: int, *, payable: int, clawback: int) -> tuple[int, int]:
    """Return the changes of payable and clawback that a change of their sum comes to.

    All amounts are debit positive. What is owed less is taken from `payable`
    and the rest becomes a receivable; what is owed more repays the receivable
    first. So the two are never both non-zero.
    """
    if delta == 0:
        return 0, 0
    net = payable + clawback + delta
    return min(net, 0) - payable, max(net, 0) - clawback
