"""Prove that an entry is in a book, and that a longer book extends a shorter one.

The proofs are those of RFC 9162, whose sections are named below (the same as in
RFC 6962), over the leaf hashes that entries are stored with. A proof holds O(log n) hashes;
making one goes through all leaves once, whatever the number of proofs wanted,
and keeps only the nodes that some proof names.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from liveshop_sdk.affiliate.ledger.chain import EMPTY_ROOT, node_hash

Node = tuple[int, int]
"""A complete subtree: its height, and how many of that height stand left of it."""

Span = tuple[int, int]
"""Leaves from the first number (counted from 0) up to, but without, the second."""


@dataclass(frozen=True, slots=True)
class Proofs:
    """Proofs made in one pass over the leaves of a tree.

    Attributes:
        size: How many leaves there were.
        root: The root over all of them.
        leaves: The leaf of each number that was asked for.
        inclusion: By number from 1: the path from that leaf up to the root.
        consistency: By smaller size: the path that leads from its root to this one.
        roots: By smaller size: the root the tree had there.
    """

    size: int
    root: bytes
    leaves: dict[int, bytes]
    inclusion: dict[int, list[bytes]]
    consistency: dict[int, list[bytes]]
    roots: dict[int, bytes]


def prove(
    leaves: Iterable[bytes],
    size: int,
    *,
    seqs: Iterable[int] = (),
    olds: Iterable[int] = (),
) -> Proofs:
    """Return proofs for many numbers and many older sizes in one pass.

    Args:
        leaves: The leaf hashes in order; `size` of them are read.
        size: The size of the tree the proofs lead to.
        seqs: Numbers of leaves, from 1 to `size`.
        olds: Sizes from 0 to `size`.

    Raises:
        ValueError: a number or size is not of this tree, or leaves are missing.
    """
    seqs, olds = sorted(set(seqs)), sorted(set(olds))
    if (seqs and not 1 <= seqs[0] <= seqs[-1] <= size) or (
        olds and not 0 <= olds[0] <= olds[-1] <= size
    ):
        raise ValueError(f"a tree of {size} leaves has no such number")
    paths = {seq: inclusion_spans(seq - 1, size) for seq in seqs}
    steps = {old: consistency_spans(old, size) for old in olds}
    spans = [
        (0, size),
        *((seq - 1, seq) for seq in seqs),
        *((0, old) for old in olds),
        *(span for some in (*paths.values(), *steps.values()) for span in some),
    ]
    wanted = {node for span in spans for node in _nodes(*span)}
    found = _complete(leaves, size, wanted)

    def root(span: Span) -> bytes:
        return _folded([found[node] for node in _nodes(*span)])

    return Proofs(
        size=size,
        root=root((0, size)),
        leaves={seq: found[0, seq - 1] for seq in seqs},
        inclusion={seq: [root(span) for span in some] for seq, some in paths.items()},
        consistency={old: [root(span) for span in some] for old, some in steps.items()},
        roots={old: root((0, old)) for old in olds},
    )


def inclusion_spans(index: int, size: int) -> list[Span]:
    """Return the subtrees beside the way from a leaf to the root (2.1.3.1)."""
    spans, start, end = [], 0, size
    while end - start > 1:
        split = start + _split(end - start)
        if index < split:
            spans.append((split, end))
            end = split
        else:
            spans.append((start, split))
            start = split
    return spans[::-1]


def consistency_spans(old: int, size: int) -> list[Span]:
    """Return the subtrees that show an old tree within a new one (2.1.4.1)."""
    if old in {0, size}:
        return []
    spans, start, end = [], 0, size
    is_whole = True  # the old tree is a complete subtree of the new one, and known already
    while old != end:
        split = start + _split(end - start)
        if old <= split:
            spans.append((split, end))
            end = split
        else:
            spans.append((start, split))
            start, is_whole = split, False
    if not is_whole:
        spans.append((start, end))
    return spans[::-1]


def is_included(leaf: bytes, *, seq: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Tell whether a path leads from leaf `seq` to the root (2.1.3.2)."""
    if not 1 <= seq <= size:
        return False
    at, last, node = seq - 1, size - 1, leaf
    for step in path:
        if last == 0:
            return False
        if at & 1 or at == last:
            node = node_hash(step, node)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            node = node_hash(node, step)
        at, last = at >> 1, last >> 1
    return last == 0 and node == root


def is_consistent(
    *, old: int, old_root: bytes, size: int, root: bytes, path: Sequence[bytes]
) -> bool:
    """Tell whether a path shows a tree to extend that at `old` (2.1.4.2)."""
    if not 0 <= old <= size:
        return False
    if old == size:
        return not path and old_root == root
    if old == 0:
        return not path and old_root == EMPTY_ROOT
    steps = list(path)
    if old & (old - 1) == 0:
        steps.insert(0, old_root)
    if not steps:
        return False
    at, last = old - 1, size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    was = now = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            was, now = node_hash(step, was), node_hash(step, now)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            now = node_hash(now, step)
        at, last = at >> 1, last >> 1
    return last == 0 and was == old_root and now == root


def _split(count: int) -> int:
    """Return the largest power of two below `count`, where its tree is split."""
    return 1 << ((count - 1).bit_length() - 1)


def _nodes(start: int, end: int) -> Iterator[Node]:
    """Yield the complete subtrees that a subtree is made of, the largest first."""
    while start < end:
        height = (end - start).bit_length() - 1
        yield height, start >> height
        start += 1 << height


def _folded(peaks: Sequence[bytes]) -> bytes:
    if not peaks:
        return EMPTY_ROOT
    node = peaks[-1]
    for peak in reversed(peaks[:-1]):
        node = node_hash(peak, node)
    return node


def _complete(leaves: Iterable[bytes], size: int, wanted: set[Node]) -> dict[Node, bytes]:
    """Return the hashes of complete subtrees, in one pass that keeps the right edge only."""
    found: dict[Node, bytes] = {}
    peaks: list[bytes] = []
    count = 0
    for leaf in leaves:
        if count == size:
            break
        height, at, node = 0, count, leaf
        if (height, at) in wanted:
            found[height, at] = node
        while at & 1:
            node = node_hash(peaks.pop(), node)
            height, at = height + 1, at >> 1
            if (height, at) in wanted:
                found[height, at] = node
        peaks.append(node)
        count += 1
    if count < size:
        raise ValueError(f"there are {count} leaves instead of {size}")
    return found
