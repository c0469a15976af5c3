"""Hashing: the leaf of an entry, the chain through them, the tree over them.

SHA-256 with a leading byte that keeps the four uses apart: 0 leaf, 1 tree
node (both as RFC 6962 and RFC 9162 have it), 2 chain link, 3 book genesis.
"""

from collections.abc import Iterable
from hashlib import sha256

EMPTY_ROOT = sha256(b"").digest()
HASH_BYTES = 32


def leaf_hash(canonical: bytes) -> bytes:
    """Return the leaf of an entry's canonical bytes."""
    return sha256(b"\x00" + canonical).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the tree node above two nodes."""
    return sha256(b"\x01" + left + right).digest()


def chain_hash(book_code: str, previous: bytes, leaf: bytes) -> bytes:
    """Return the link that ties an entry to everything before it."""
    return sha256(chain_prefix(book_code) + previous + leaf).digest()


def chain_prefix(book_code: str) -> bytes:
    """Return what every link of a book starts with; its length is in front."""
    code = book_code.encode()
    return b"\x02" + len(code).to_bytes(4, "big") + code


def genesis_hash(canonical: bytes) -> bytes:
    """Return what the first entry links to: the hash of the book itself."""
    return sha256(b"\x03" + canonical).digest()


class Frontier:
    """The right edge of a Merkle tree: enough to append and to know the root.

    One hash per set bit of the size, the largest subtree first; so at most 64
    hashes whatever the size, and less than one node hash per append.
    """

    __slots__ = ("_peaks", "size")

    def __init__(self, size: int = 0, peaks: Iterable[bytes] = ()) -> None:
        """Continue a tree of `size` leaves, or start an empty one."""
        self.size = size
        self._peaks = list(peaks)
        if len(self._peaks) != size.bit_count():
            raise ValueError(f"a tree of {size} leaves has {size.bit_count()} peaks")

    @classmethod
    def read(cls, size: int, stored: bytes) -> "Frontier":
        """Return the frontier that `stored` spells.

        Raises:
            ValueError: its length does not fit the size.
        """
        if len(stored) % HASH_BYTES:
            raise ValueError("a frontier is a whole number of 32-byte hashes")
        return cls(size, (stored[at : at + 32] for at in range(0, len(stored), HASH_BYTES)))

    def append(self, leaf: bytes) -> None:
        """Add the hash of the next leaf."""
        node, size, peaks = leaf, self.size, self._peaks
        while size & 1:
            node = node_hash(peaks.pop(), node)
            size >>= 1
        peaks.append(node)
        self.size += 1

    def root(self) -> bytes:
        """Return the tree's root, as RFC 6962 defines it."""
        if not self._peaks:
            return EMPTY_ROOT
        root = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            root = node_hash(peak, root)
        return root

    def stored(self) -> bytes:
        """Return the bytes that `read` takes."""
        return b"".join(self._peaks)
