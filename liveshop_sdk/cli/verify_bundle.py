"""Verify a ledger bundle or proof, with the standard library alone.

Stands alone on purpose: it needs Python 3.11 or newer, no package, no database
and no network, and shares no code with what wrote the files. Read it, then run:

    python -I -S verify.py [--key KEY] [--checkpoint FILE] FILE...

Exit codes: 0 all of it holds, 2 wrong usage, 3 something does not hold.
"""

import argparse
import base64
import hashlib
import json
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, TextIO

ENTRY_FIELDS = (
    "applies_to_period approved_by book corrects_seq created_by effective_date event_id "
    "hash_version kind line_count lines meta occurred_at period reason recorded_at "
    "request_hash reverses_seq seq source terms_version"
)
LINE_FIELDS = "account amount currency line_no line_ref memo payout_item_id"
NEVER_DEBIT = ("pending", "payable", "in_transit", "disputed", "tax_withheld")
NOTE_LINES = ("chain ", "recorded_at ", "anchors ")


class NotHeldError(Exception):
    """Something that does not hold; its text says what and where."""


# --- hashes, as RFC 6962 and the ledger's own page have them


def sha(*parts: bytes) -> bytes:
    """Return SHA-256 of these bytes."""
    return hashlib.sha256(b"".join(parts)).digest()


def spelled(value: object) -> str:
    """Return the canonical spelling of a JSON value."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


class Tree:
    """The right edge of a Merkle tree."""

    def __init__(self) -> None:
        self.size = 0
        self.peaks: list[bytes] = []

    def add(self, leaf: bytes) -> None:
        """Append a leaf."""
        size = self.size
        while size & 1:
            leaf = sha(b"\x01", self.peaks.pop(), leaf)
            size >>= 1
        self.peaks.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        """Return the root over all leaves."""
        if not self.peaks:
            return sha()
        root = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            root = sha(b"\x01", peak, root)
        return root


def walked(at: int, last: int, node: bytes, path: Sequence[bytes]) -> tuple[bytes, bytes]:
    """Return the old and new root a path leads to (RFC 9162, 2.1.3.2, 2.1.4.2)."""
    was = now = node
    for step in path:
        if last == 0:
            raise NotHeldError("the path is too long")
        if at & 1 or at == last:
            was, now = sha(b"\x01", step, was), sha(b"\x01", step, now)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            now = sha(b"\x01", now, step)
        at, last = at >> 1, last >> 1
    if last:
        raise NotHeldError("the path is too short")
    return was, now


def is_extended(old: int, was: bytes, size: int, root: bytes, path: Sequence[bytes]) -> bool:
    """Tell whether a path shows the book at `size` to extend that at `old`."""
    if not 0 < old < size:
        return not path and was == (root if old == size else sha())
    steps = [was, *path] if old & (old - 1) == 0 else list(path)
    at, last = old - 1, size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    return bool(steps) and walked(at, last, steps[0], steps[1:]) == (was, root)


# --- Ed25519, verification only (RFC 8032, 5.1)

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
Point = tuple[int, int, int, int]


def _added(one: Point, two: Point) -> Point:
    a = (one[1] - one[0]) * (two[1] - two[0]) % P
    b = (one[1] + one[0]) * (two[1] + two[0]) % P
    c, d = 2 * one[3] * two[3] * D % P, 2 * one[2] * two[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def _times(number: int, point: Point) -> Point:
    total: Point = (0, 1, 1, 0)
    while number:
        if number & 1:
            total = _added(total, point)
        point = _added(point, point)
        number >>= 1
    return total


def _point(raw: bytes) -> Point | None:
    y = int.from_bytes(raw, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if len(raw) != 32 or y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


_BASE_Y = 4 * pow(5, P - 2, P) % P
_BASE = _point(_BASE_Y.to_bytes(32, "little"))


def is_signature(public: bytes, message: bytes, signature: bytes) -> bool:
    """Tell whether an Ed25519 key signed a message."""
    key, nonce = _point(public), _point(signature[:32])
    number = int.from_bytes(signature[32:], "little")
    if len(signature) != 64 or not key or not nonce or not _BASE or number >= ORDER:
        return False
    digest = hashlib.sha512(signature[:32] + public + message).digest()
    one = _times(number, _BASE)
    two = _added(nonce, _times(int.from_bytes(digest, "little") % ORDER, key))
    return all((one[at] * two[2] - two[at] * one[2]) % P == 0 for at in (0, 1))


# --- checkpoints: a tlog-checkpoint in a signed-note, both as c2sp.org has them


def key_of(text: str) -> bytes:
    """Return a public key: 44 characters of base64, or ``name+id+base64``."""
    raw = base64.b64decode(text.strip().split("+", 2)[-1] if len(text) > 50 else text)
    return raw[1:] if len(raw) == 33 else raw


class Checkpoint:
    """A signed note, read and verified."""

    def __init__(self, note: str, keys: Sequence[bytes]) -> None:
        body, gap, tail = note.rpartition("\n\n")
        lines = body.split("\n")
        if not gap or len(lines) != 6 or not all(map(str.startswith, lines[3:], NOTE_LINES)):
            raise NotHeldError("a checkpoint is no signed note")
        self.origin, self.size = lines[0], int(lines[1])
        self.root = base64.b64decode(lines[2])
        self.chain = base64.b64decode(lines[3].removeprefix("chain "))
        text, name = f"{body}\n".encode(), self.origin.encode()
        self.signer = b""
        for line in tail.splitlines():
            signer, _, raw = line.removeprefix("\u2014 ").partition(" ")
            signature = base64.b64decode(raw)
            for key in keys:
                number = sha(name, b"\n\x01", key)[:4]
                if signer != self.origin or signature[:4] != number:
                    continue
                if not is_signature(key, text, signature[4:]):
                    raise NotHeldError(f"the signature of the checkpoint at {self.size} is wrong")
                self.signer = key
        if not self.signer:
            raise NotHeldError(f"no known key signed the checkpoint at {self.size}; give --key")


# --- a book


class Book:
    """Recomputes a bundle, line after line."""

    def __init__(self, head: dict[str, Any]) -> None:
        self.head, self.tree = head, Tree()
        self.code = str(head["book"]["code"])
        self.chain = sha(b"\x03", spelled(head["book"]).encode())
        if self.chain.hex() != head["genesis_hash"]:
            raise NotHeldError("the book is not the one of its genesis hash")
        self.origin = f"liveshop/{self.chain[:8].hex()}/{self.code}"
        self.balances: dict[tuple[str, str], int] = {}
        self.checkpoints: dict[int, list[Checkpoint]] = defaultdict(list)

    def expect(self, checkpoint: Checkpoint) -> None:
        """Compare the book with a checkpoint once it gets there."""
        if checkpoint.origin != self.origin:
            raise NotHeldError(f"a checkpoint is of another book, {checkpoint.origin}")
        self.checkpoints[checkpoint.size].append(checkpoint)

    def entry(self, text: str, chain: str) -> None:
        """Take the next entry in its canonical form."""
        seq = self.tree.size + 1
        try:
            self._entry(seq, text)
        except (NotHeldError, KeyError, TypeError, ValueError, AttributeError) as error:
            raise NotHeldError(f"entry {seq} does not hold: {error}") from None
        leaf, code = sha(b"\x00", text.encode()), self.code.encode()
        self.tree.add(leaf)
        self.chain = sha(b"\x02", len(code).to_bytes(4, "big"), code, self.chain, leaf)
        if self.chain.hex() != chain:
            raise NotHeldError(f"entry {seq} does not hold: its chain hash is another")
        self.here()

    def here(self) -> None:
        """Compare the book up to here with the checkpoints of this size."""
        for one in self.checkpoints.pop(self.tree.size, []):
            if (one.root, one.chain) != (self.tree.root(), self.chain):
                raise NotHeldError(f"the book up to entry {one.size} is not the one signed there")

    def _entry(self, seq: int, text: str) -> None:
        entry = json.loads(text)
        if spelled(entry) != text or " ".join(sorted(entry)) != ENTRY_FIELDS:
            raise NotHeldError("it is not in canonical form")
        said = (entry["seq"], entry["book"], entry["hash_version"], entry["line_count"])
        if said != (str(seq), self.code, "1", str(len(entry["lines"]))):
            raise NotHeldError("it is of another place, book or version, or has other lines")
        if entry["period"] != entry["effective_date"][:7]:
            raise NotHeldError("its period is not that of its date")
        totals: dict[tuple[str, bool], int] = defaultdict(int)
        for number, line in enumerate(entry["lines"], 1):
            if " ".join(sorted(line)) != LINE_FIELDS or line["line_no"] != str(number):
                raise NotHeldError("its lines are not numbered one by one")
            path, currency, amount = line["account"], line["currency"], int(line["amount"])
            totals[currency, path.startswith("memo:")] += amount
            self.balances[path, currency] = self.balances.get((path, currency), 0) + amount
        if any(totals.values()):
            raise NotHeldError("it does not balance")
        for line in entry["lines"]:
            self._standing(line["account"], line["currency"])

    def _standing(self, path: str, currency: str) -> None:
        balance, (party, _, role) = self.balances[path, currency], path.rpartition(":")
        if not party.startswith("creator:"):
            return
        if (role in NEVER_DEBIT and balance > 0) or (role == "clawback_receivable" and balance < 0):
            raise NotHeldError(f"{path} stands at {balance} {currency}, beyond its floor")
        pair = ("payable", "clawback_receivable")
        if role in pair and all(self.balances.get((f"{party}:{r}", currency)) for r in pair):
            raise NotHeldError(f"{party} is owed and owes in {currency}")

    def end(self, last: dict[str, Any]) -> None:
        """Compare what the entries came to with what the bundle says they do."""
        size, root = self.tree.size, self.tree.root().hex()
        if size != last["end"] or size != self.head["size"]:
            raise NotHeldError(f"there are {size} entries instead of {self.head['size']}")
        if (root, self.chain.hex()) != (self.head["root_hash"], self.head["chain_hash"]):
            raise NotHeldError("the root or the chain over all entries is another")
        shown = {(one["account"], one["currency"]): one["amount"] for one in last["balances"]}
        if shown != self.balances:
            both = {*shown, *self.balances}
            wrong = min(key for key in both if shown.get(key) != self.balances.get(key))
            raise NotHeldError(f"the balance of {wrong[0]} in {wrong[1]} is shown as another")
        if self.checkpoints:
            further = max(self.checkpoints)
            raise NotHeldError(f"entry {size + 1} is missing: a checkpoint was signed at {further}")


def verify_bundle(
    head: dict[str, Any], lines: TextIO, keys: Sequence[bytes], notes: Sequence[str]
) -> Iterator[str]:
    """Yield what holds of a bundle; keys and notes are those from elsewhere."""
    book = Book(head)
    trusted = keys or [key_of(text) for text in head["keys"]]
    for note in notes:
        book.expect(Checkpoint(note, trusted))
    own = 0
    for line in lines:
        item = json.loads(line)
        if "checkpoint" in item:
            own += 1
            book.expect(Checkpoint(item["checkpoint"], trusted))
            continue
        book.here()
        if "end" in item:
            book.end(item)
            break
        book.entry(item["entry"], item["chain_hash"])
    else:
        raise NotHeldError(f"it breaks off after entry {book.tree.size}")
    if lines.readline():
        raise NotHeldError("something follows its end")
    root = book.tree.root().hex()
    yield f"holds: {book.tree.size} entries of book {book.code}, each balanced, root {root}"
    yield f"holds: {len(book.balances)} balances, and every floor after every entry"
    yield f"holds: {own} checkpoints of the bundle, {len(notes)} from elsewhere"
    if not own and not notes:
        yield "not proved: that nobody made the book anew, since no checkpoint is there"
    elif not notes:
        yield "not proved: that nobody made book and checkpoints anew; give --checkpoint FILE"
    if not keys:
        yield "not proved: who signed, since the key is the bundle's own; give --key KEY"
    yield "not proved: that no fact was posted twice, and that what was recorded is true"


def verify_proof(proof: dict[str, Any], keys: Sequence[bytes]) -> Iterator[str]:
    """Yield what holds of a proof of inclusion or consistency."""
    path, root = [bytes.fromhex(step) for step in proof["path"]], bytes.fromhex(proof["root_hash"])
    if proof["proof"] == "inclusion":
        entry, seq, size = json.loads(proof["entry"]), proof["seq"], proof["size"]
        if (entry["seq"], entry["book"]) != (str(seq), proof["book"]):
            raise NotHeldError("the entry shown is another one")
        leaf = sha(b"\x00", proof["entry"].encode())
        if not 1 <= seq <= size or walked(seq - 1, size - 1, leaf, path)[1] != root:
            raise NotHeldError(f"entry {seq} is not in the book of that root")
        yield f"holds: entry {seq} is in book {proof['book']} at size {size}"
    else:
        old, size = proof["from"], proof["to"]
        was = bytes.fromhex(proof["from_root_hash"])
        if not is_extended(old, was, size, root, path):
            raise NotHeldError(f"the book at {size} does not extend the book at {old}")
        yield f"holds: book {proof['book']} at size {size} extends what it was at {old}"
        yield from _signed(proof["from_checkpoint"], old, was, keys)
    yield from _signed(proof["checkpoint"], size, root, keys)


def _signed(note: str | None, size: int, root: bytes, keys: Sequence[bytes]) -> Iterator[str]:
    if note is None:
        yield f"not proved: that root {root.hex()} at {size} is the book's; no checkpoint is there"
    elif not keys:
        yield f"not proved: who signed the checkpoint at {size}; give --key KEY"
    else:
        one = Checkpoint(note, keys)
        if (one.size, one.root) != (size, root):
            raise NotHeldError(f"the checkpoint is not that of root {root.hex()} at {size}")
        yield f"holds: the root at {size} was signed as that of {one.origin}"


def verify_file(name: str, keys: Sequence[bytes], notes: Sequence[str]) -> Iterator[str]:
    """Yield what holds of a file, whichever kind it is."""
    with open(name, encoding="utf-8", newline="\n") as lines:  # noqa: PTH123 - as plain as can be
        first = lines.readline()
        if first.startswith('{"bundle":'):
            head = json.loads(first)
            if (head["bundle"], head["version"]) != ("liveshop-ledger", 1):
                raise NotHeldError("it is a bundle of another version")
            yield from verify_bundle(head, lines, keys, notes)
            return
        document = json.loads(first + lines.read())
    for proof in document.get("proofs", [document]):
        yield from verify_proof(proof, keys)


def main(arguments: Sequence[str] | None = None) -> int:
    """Verify the files named, and return the exit code."""
    parser = argparse.ArgumentParser(description="Verify ledger bundles and proofs.")
    parser.add_argument("--key", action="append", default=[], help="who must have signed")
    parser.add_argument("--checkpoint", action="append", default=[], help="a note kept elsewhere")
    parser.add_argument("files", nargs="+", help="bundles, and proofs of inclusion or consistency")
    given = parser.parse_args(arguments)
    is_held = True
    try:
        keys = [key_of(text) for text in given.key]
        notes = []
        for name in given.checkpoint:
            with open(name, encoding="utf-8", newline="\n") as note:  # noqa: PTH123 - see above
                notes.append(note.read())
    except (OSError, ValueError) as error:
        parser.error(str(error))
    for name in given.files:
        try:
            for line in verify_file(name, keys, notes):
                sys.stdout.write(f"{line}\n")
        except (NotHeldError, OSError, KeyError, TypeError, ValueError, AttributeError) as error:
            is_held = False
            kind = "" if isinstance(error, NotHeldError) else f"{type(error).__name__}: "
            sys.stdout.write(f"DOES NOT HOLD: {name}: {kind}{error}\n")
    return 0 if is_held else 3


if __name__ == "__main__":
    sys.exit(main())
