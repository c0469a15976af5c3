"""The tree over the entries is RFC 6962's, the chain is one-way."""

from hashlib import sha256

import pytest

from liveshop_sdk.affiliate.ledger.chain import (
    EMPTY_ROOT,
    Frontier,
    chain_hash,
    genesis_hash,
    leaf_hash,
    node_hash,
)


def _rfc_root(leaves: list[bytes]) -> bytes:
    """Merkle tree hash as RFC 6962 section 2.1 defines it."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return sha256(b"\x00" + leaves[0]).digest()
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    return sha256(b"\x01" + _rfc_root(leaves[:split]) + _rfc_root(leaves[split:])).digest()


def test_the_frontier_gives_the_rfc_root_at_every_size_up_to_300() -> None:
    leaves = [str(number).encode() for number in range(300)]
    frontier = Frontier()
    assert frontier.root() == EMPTY_ROOT == _rfc_root([])
    for size, leaf in enumerate(leaves, 1):
        frontier.append(leaf_hash(leaf))
        assert frontier.root() == _rfc_root(leaves[:size])
        assert Frontier.read(size, frontier.stored()).root() == frontier.root()
        assert len(frontier.stored()) == 32 * size.bit_count()


def test_the_well_known_tree_of_eight() -> None:
    # The test leaves of Certificate Transparency's reference implementation.
    leaves = [
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    ]
    frontier = Frontier()
    for leaf in leaves:
        frontier.append(leaf_hash(bytes.fromhex(leaf)))
    assert frontier.root().hex() == (
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"
    )


def test_a_frontier_that_does_not_fit_its_size_is_refused() -> None:
    with pytest.raises(ValueError, match="peaks"):
        Frontier.read(3, b"x" * 32)
    with pytest.raises(ValueError, match="32-byte"):
        Frontier.read(1, b"x" * 33)


def test_the_four_uses_of_the_hash_never_meet() -> None:
    first, second = b"a" * 32, b"b" * 32
    made = {
        leaf_hash(first + second),
        node_hash(first, second),
        chain_hash("", first, second),
        genesis_hash(first + second),
    }
    assert len(made) == 4


def test_the_chain_binds_the_book_and_its_length() -> None:
    first, second = b"a" * 32, b"b" * 32
    assert chain_hash("main", first, second) != chain_hash("mai", first, second)
    assert (
        chain_hash("main", first, second)
        == sha256(b"\x02\x00\x00\x00\x04main" + first + second).digest()
    )
