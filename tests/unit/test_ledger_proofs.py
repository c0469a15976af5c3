"""Proofs of inclusion and consistency are those of RFC 6962 and RFC 9162."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liveshop_sdk.affiliate.ledger.chain import EMPTY_ROOT, Frontier, leaf_hash, node_hash
from liveshop_sdk.affiliate.ledger.proofs import is_consistent, is_included, prove

# The test leaves of Certificate Transparency's reference implementation, and the
# paths its tests expect over them.
CT_LEAVES = [
    leaf_hash(bytes.fromhex(text))
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
CT_INCLUSION = {
    (1, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (6, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (3, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
    (2, 5): [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
CT_CONSISTENCY = {
    (1, 1): [],
    (1, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
LEAVES = [leaf_hash(str(number).encode()) for number in range(300)]
MOST = len(LEAVES)


def _roots() -> list[bytes]:
    frontier, roots = Frontier(), [EMPTY_ROOT]
    for leaf in LEAVES:
        frontier.append(leaf)
        roots.append(frontier.root())
    return roots


ROOTS = _roots()


def _hex(path: list[bytes]) -> list[str]:
    return [step.hex() for step in path]


@pytest.mark.parametrize(("seq", "size"), CT_INCLUSION)
def test_the_known_inclusion_paths(seq: int, size: int) -> None:
    made = prove(CT_LEAVES, size, seqs=[seq])
    assert _hex(made.inclusion[seq]) == CT_INCLUSION[seq, size]
    path = made.inclusion[seq]
    assert is_included(CT_LEAVES[seq - 1], seq=seq, size=size, path=path, root=made.root)


@pytest.mark.parametrize(("old", "size"), CT_CONSISTENCY)
def test_the_known_consistency_paths(old: int, size: int) -> None:
    made = prove(CT_LEAVES, size, olds=[old])
    assert _hex(made.consistency[old]) == CT_CONSISTENCY[old, size]


def test_the_paths_of_the_rfcs_own_tree_of_seven() -> None:
    """RFC 6962 2.1.3 names them by letter: leaves a to f and j, nodes g to l."""
    a, b, c, d, e, f, j = LEAVES[:7]
    g, h, i = node_hash(a, b), node_hash(c, d), node_hash(e, f)
    k, l_ = node_hash(g, h), node_hash(i, j)
    made = prove(LEAVES, 7, seqs=[1, 4, 5, 7], olds=[3, 4, 6])
    assert made.root == node_hash(k, l_)
    assert made.inclusion == {1: [b, h, l_], 4: [c, g, l_], 5: [f, j, k], 7: [i, k]}
    assert made.consistency == {3: [c, d, g, l_], 4: [l_], 6: [i, j, k]}


@pytest.mark.parametrize("size", range(MOST + 1))
def test_every_size_proves_all_its_leaves_and_all_that_it_extends(size: int) -> None:
    made = prove(LEAVES, size, seqs=range(1, size + 1), olds=range(size + 1))
    assert made.root == ROOTS[size]
    most = max(size - 1, 0).bit_length()
    for seq, path in made.inclusion.items():
        leaf = made.leaves[seq]
        assert leaf == LEAVES[seq - 1]
        assert len(path) <= most
        assert is_included(leaf, seq=seq, size=size, path=path, root=made.root)
    for old, path in made.consistency.items():
        assert made.roots[old] == ROOTS[old]
        assert len(path) <= most + 1
        assert is_consistent(old=old, old_root=ROOTS[old], size=size, root=ROOTS[size], path=path)


@given(st.data())
def test_nothing_else_is_included(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, MOST))
    seq = data.draw(st.integers(1, size))
    made = prove(LEAVES, size, seqs=[seq])
    leaf, path, root = made.leaves[seq], made.inclusion[seq], made.root
    for other in {data.draw(st.integers(0, MOST)), seq - 1, seq + 1} - {seq}:
        assert not is_included(leaf, seq=other, size=size, path=path, root=root)
    assert not is_included(LEAVES[seq % MOST], seq=seq, size=size, path=path, root=root)
    assert not is_included(leaf, seq=seq, size=size, path=[*path, root], root=root)
    assert not is_included(leaf, seq=seq, size=size, path=path, root=ROOTS[size - 1])
    if path:
        at = data.draw(st.integers(0, len(path) - 1))
        less = path[:at] + path[at + 1 :]
        bent = [*path[:at], leaf_hash(b"other"), *path[at + 1 :]]
        assert not is_included(leaf, seq=seq, size=size, path=less, root=root)
        assert not is_included(leaf, seq=seq, size=size, path=bent, root=root)


@given(st.data())
def test_no_other_book_is_consistent(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, MOST))
    old = data.draw(st.integers(0, size))
    made = prove(LEAVES, size, olds=[old])
    path, other = made.consistency[old], leaf_hash(b"other")

    def holds(**changed: object) -> bool:
        said = {"old": old, "old_root": ROOTS[old], "size": size, "root": made.root, "path": path}
        return is_consistent(**{**said, **changed})  # type: ignore[arg-type]

    assert holds()
    assert not holds(old_root=other)
    assert not holds(path=[*path, other])
    if old:
        assert not holds(root=other)
    if path:
        at = data.draw(st.integers(0, len(path) - 1))
        assert not holds(path=path[:at] + path[at + 1 :])
        assert not holds(path=[*path[:at], other, *path[at + 1 :]])
    assert not holds(old=size + 1)
    assert not holds(old=-1)


def test_a_rewritten_leaf_is_consistent_with_no_root_from_before() -> None:
    for old in (1, 2, 5, 64, 100):
        rewritten = [*LEAVES[: old - 1], leaf_hash(b"other"), *LEAVES[old:]]
        made = prove(rewritten, 200, olds=[old])
        path = made.consistency[old]
        assert not is_consistent(old=old, old_root=ROOTS[old], size=200, root=made.root, path=path)


def test_numbers_of_no_leaf_are_refused() -> None:
    for wanted in ({"seqs": [0]}, {"seqs": [6]}, {"olds": [-1]}, {"olds": [6]}):
        with pytest.raises(ValueError, match="no such number"):
            prove(LEAVES, 5, **wanted)
    with pytest.raises(ValueError, match="4 leaves instead of 5"):
        prove(LEAVES[:4], 5)
