"""Writes ledger-bundle.jsonl and ledger-proofs.json, without any code of the package.

Run ``python tests/vectors/make_ledger_bundle.py`` after a change of a format;
the same files come out as long as nothing changed. It needs `cryptography`.
"""

import json
from base64 import b64encode
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

SEED = b"a seed for vectors, not a secret"
HERE = Path(__file__).parent
START = 1_790_964_000_000_000  # 2026-10-02T18:00:00Z
BOOK = {
    "code": "main",
    "created_at": str(START),
    "functional_currency": "EUR",
    "hash_version": "1",
    "timezone": "Europe/Berlin",
}
SIGNED = (0, 3, 7)
# kind, fact, lines (account, amount); the third moves nothing, the fourth is of another currency.
STORY = [
    ("sale", "order:1", [("brand:commission_expense", 599), ("creator:mika:pending", -599)]),
    ("refund", "refund:ü", [("brand:commission_expense", -120), ("creator:mika:pending", 120)]),
    ("payout_paid", "item:1:paid", []),
    ("sale", "order:2", [("brand:commission_expense", 50), ("creator:ben:pending", -50)]),
    ("release", "release:1", [("creator:mika:pending", 479), ("creator:mika:payable", -479)]),
    (
        "refund",
        "refund:2",
        [
            ("brand:commission_expense", -500),
            ("creator:mika:payable", 479),
            ("creator:mika:clawback_receivable", 21),
        ],
    ),
    ("seeding", "seed:1", [("memo:seeding_given", 3200), ("memo:ana:seeded", -3200)]),
]


def spelled(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def root(leaves: list[bytes]) -> bytes:
    """Merkle tree hash, as RFC 9162 2.1.1 defines it by recursion."""
    if len(leaves) < 2:
        return leaves[0] if leaves else sha256(b"").digest()
    at = split(len(leaves))
    return sha256(b"\x01" + root(leaves[:at]) + root(leaves[at:])).digest()


def split(count: int) -> int:
    return 1 << ((count - 1).bit_length() - 1)


def path(at: int, leaves: list[bytes]) -> list[bytes]:
    """PATH(m, D[n]), as RFC 9162 2.1.3.1 defines it by recursion."""
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if at < k:
        return [*path(at, leaves[:k]), root(leaves[k:])]
    return [*path(at - k, leaves[k:]), root(leaves[:k])]


def subproof(old: int, leaves: list[bytes], *, is_whole: bool = True) -> list[bytes]:
    """SUBPROOF(m, D[n], b), as RFC 9162 2.1.4.1 defines it by recursion."""
    if old == len(leaves):
        return [] if is_whole else [root(leaves)]
    k = split(len(leaves))
    if old <= k:
        return [*subproof(old, leaves[:k], is_whole=is_whole), root(leaves[k:])]
    return [*subproof(old - k, leaves[k:], is_whole=False), root(leaves[:k])]


def entry(seq: int) -> str:
    kind, fact, lines = STORY[seq - 1]
    at = str(START + seq * 60_000_000)
    fields = dict.fromkeys(
        ("applies_to_period", "approved_by", "corrects_seq", "created_by", "reason")
    )
    fields |= {
        "book": "main",
        "effective_date": "2026-10-02",
        "event_id": fact,
        "hash_version": "1",
        "kind": kind,
        "line_count": str(len(lines)),
        "lines": [
            {
                "account": account,
                "amount": str(amount),
                "currency": "JPY" if seq == 4 else "EUR",
                "line_no": str(number),
                "line_ref": f"{seq}/L1",
                "memo": None,
                "payout_item_id": None,
            }
            for number, (account, amount) in enumerate(lines, 1)
        ],
        "meta": spelled({"größe": seq}),
        "occurred_at": at,
        "period": "2026-10",
        "recorded_at": str(START),
        "request_hash": bytes([seq] * 32).hex(),
        "reverses_seq": None,
        "seq": str(seq),
        "source": "stripe",
        "terms_version": "mika:1",
    }
    return spelled(fields)


def note(origin: str, size: int, tree: bytes, chain: bytes) -> str:
    key = Ed25519PrivateKey.from_private_bytes(SEED)
    number = sha256(origin.encode() + b"\n\x01" + key.public_key().public_bytes_raw()).digest()[:4]
    text = (
        f"{origin}\n{size}\n{b64encode(tree).decode()}\nchain {b64encode(chain).decode()}\n"
        f"recorded_at {START}\nanchors []\n"
    )
    signature = b64encode(number + key.sign(text.encode())).decode()
    return f"{text}\n\u2014 {origin} {signature}\n"


def made() -> dict[str, str]:
    """Return the text of each file."""
    genesis = sha256(b"\x03" + spelled(BOOK).encode()).digest()
    origin = f"liveshop/{genesis[:8].hex()}/main"
    entries = [entry(seq) for seq in range(1, len(STORY) + 1)]
    leaves = [sha256(b"\x00" + text.encode()).digest() for text in entries]
    chains = [genesis]
    for leaf in leaves:
        chains.append(sha256(b"\x02\x00\x00\x00\x04main" + chains[-1] + leaf).digest())
    notes = {size: note(origin, size, root(leaves[:size]), chains[size]) for size in SIGNED}
    public = Ed25519PrivateKey.from_private_bytes(SEED).public_key().public_bytes_raw()
    number = sha256(origin.encode() + b"\n\x01" + public).digest()[:4].hex()
    balances: dict[tuple[str, str], int] = {}
    for seq, (_kind, _fact, lines) in enumerate(STORY, 1):
        for account, amount in lines:
            key = (account, "JPY" if seq == 4 else "EUR")
            balances[key] = balances.get(key, 0) + amount
    bundle = [
        {
            "bundle": "liveshop-ledger",
            "version": 1,
            "book": BOOK,
            "genesis_hash": genesis.hex(),
            "size": len(entries),
            "root_hash": root(leaves).hex(),
            "chain_hash": chains[-1].hex(),
            "keys": [f"{origin}+{number}+{b64encode(bytes([1]) + public).decode()}"],
        },
        *({"checkpoint": notes[size]} for size in SIGNED),
        *(
            {"entry": text, "chain_hash": chain.hex()}
            for text, chain in zip(entries, chains[1:], strict=True)
        ),
        {
            "end": len(entries),
            "balances": [
                {"account": account, "currency": currency, "amount": amount}
                for (account, currency), amount in sorted(balances.items())
            ],
        },
    ]
    proofs = [
        {
            "proof": "inclusion",
            "book": "main",
            "seq": seq,
            "size": size,
            "entry": entries[seq - 1],
            "leaf_hash": leaves[seq - 1].hex(),
            "path": [step.hex() for step in path(seq - 1, leaves[:size])],
            "root_hash": root(leaves[:size]).hex(),
            "checkpoint": notes.get(size),
        }
        for size in (1, 3, 6, 7)
        for seq in range(1, size + 1)
    ] + [
        {
            "proof": "consistency",
            "book": "main",
            "from": old,
            "to": size,
            "from_root_hash": root(leaves[:old]).hex(),
            "root_hash": root(leaves[:size]).hex(),
            "path": [step.hex() for step in (subproof(old, leaves[:size]) if old else [])],
            "from_checkpoint": notes.get(old),
            "checkpoint": notes.get(size),
        }
        for size in (1, 3, 6, 7)
        for old in range(size + 1)
    ]
    spelled_lines = [json.dumps(line, ensure_ascii=False, separators=(",", ":")) for line in bundle]
    told = json.dumps({"key": b64encode(public).decode(), "proofs": proofs}, indent=1)
    return {
        "ledger-bundle.jsonl": "\n".join(spelled_lines) + "\n",
        "ledger-proofs.json": told + "\n",
    }


if __name__ == "__main__":
    for name, text in made().items():
        (HERE / name).write_text(text, encoding="utf-8")
