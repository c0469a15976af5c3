"""Writes link-token.json from plain HMAC, without any code of the package.

Run ``python tests/vectors/make_link_token.py`` after a change of the format;
the same file comes out as long as nothing changed.
"""

import base64
import hmac
import json
from pathlib import Path

OLD, NEW = "vector-key-2025-not-a-secret", "vector-key-2026-not-a-secret"
FOREIGN = "somebody-elses-key"
SALT = "liveshop.cart-link.v1"
JTI = "06f4v0g9e8wxk5m2n7p3q1r6ts"
EXP = 1_790_964_000  # 2026-10-02T18:00:00Z
NOW = EXP - 86_400
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def sign(value: str, key: str = NEW, salt: str = SALT) -> str:
    derived = hmac.digest(key.encode(), salt.encode(), "sha256")
    return f"{value}.{b64(hmac.digest(derived, value.encode(), 'sha256'))}"


def token(jti: str = JTI, exp: object = EXP, **how: str) -> str:
    return sign(f"lk1.{jti}.{exp}", **how)


def vector(name: str, text: str, expect: str, *, now: int = NOW, **more: object) -> dict:
    says = (
        {"jti": text.split(".")[1], "exp": int(text.split(".")[2])} if expect != "invalid" else {}
    )
    return {"name": name, "token": text, "now": now, "expect": expect, **says, **more}


def authentic() -> list[dict]:
    low, high = "0" * 26, "7" + "z" * 25
    return [
        vector("valid", token(), "valid"),
        vector("valid, lowest jti", token(low), "valid"),
        vector("valid, highest jti", token(high), "valid"),
        vector("valid, ends in 2100", token(exp=4_102_444_800), "valid"),
        vector("valid, issued long ago", token(), "valid", now=1),
        vector("signed with the older key, still listed", token(key=OLD), "valid"),
        vector("one key only", token(), "valid", keys=[NEW]),
        vector("key of other letters", token(key="ключ-🔑"), "valid", keys=["ключ-🔑"]),
        vector("at its last second", token(), "valid", now=EXP),
        vector("within the leeway", token(), "valid", now=EXP + 59),
        vector("the leeway is over", token(), "expired", now=EXP + 60),
        vector("expired for a year", token(), "expired", now=EXP + 365 * 86_400),
        vector("expired, older key", token(key=OLD), "expired", now=EXP + 3_600),
    ]


def forged() -> list[dict]:
    good = token()
    head, signature = good.rsplit(".", 1)
    swapped = f"lk1.{JTI}.{EXP + 1}.{signature}"
    other = token(JTI[:-1] + "v").rsplit(".", 1)[1]
    raw = hmac.digest(NEW.encode(), head.encode(), "sha256")
    sha1 = b64(hmac.digest(hmac.digest(NEW.encode(), SALT.encode(), "sha1"), head.encode(), "sha1"))
    derived = hmac.digest(NEW.encode(), SALT.encode(), "sha256")
    cases = [
        ("foreign key", token(key=FOREIGN)),
        ("wrong purpose: sealed reference", token(salt="liveshop.checkout-ref.v1")),
        ("wrong purpose: empty salt", token(salt="")),
        ("key used without derivation", f"{head}.{b64(raw)}"),
        ("SHA-1 instead of SHA-256", f"{head}.{sha1}"),
        ("derived twice", f"{head}.{b64(hmac.digest(derived, SALT.encode(), 'sha256'))}"),
        ("end moved by a second", swapped),
        ("signature of another link", f"{head}.{other}"),
        ("signature as hex", f"{head}.{hmac.digest(derived, head.encode(), 'sha256').hex()}"),
        ("signature cut", good[:-1]),
        ("signature empty", f"{head}."),
        ("no signature", head),
        ("a sealed reference", sign(f"chk_{JTI}", salt="liveshop.checkout-ref.v1")),
    ]
    return [
        *(vector(name, text, "invalid") for name, text in cases),
        vector("signed with a retired key", token(key=OLD), "invalid", keys=[NEW]),
        vector("retired key and expired", token(key=OLD), "invalid", now=EXP * 2, keys=[NEW]),
        vector("forged and expired", swapped, "invalid", now=EXP * 2),
    ]


def misspelled() -> list[dict]:
    good = token()
    head, signature = good.rsplit(".", 1)
    last = LETTERS.index(signature[-1])
    same_bytes = [LETTERS[last | low] for low in (1, 2, 3)]
    cases = [
        ("padded", good + "="),
        ("padded twice", good + "=="),
        *((f"last letter {x}: same bytes, other spelling", good[:-1] + x) for x in same_bytes),
        ("standard base64 alphabet", f"{head}.{signature.replace('-', '+').replace('_', '/')}+"),
        ("space before", " " + good),
        ("space after", good + " "),
        ("line break after", good + "\n"),
        ("NUL after", good + "\x00"),
        ("full-width dot", good.replace(".", "．", 1)),
        ("jti in capitals, signed", token(JTI.upper())),
        ("jti too short, signed", token(JTI[:-1])),
        ("jti too long, signed", token(JTI + "0")),
        ("jti beyond 128 bits, signed", token("8" + JTI[1:])),
        ("jti with the letter u, signed", token(JTI[:-1] + "u")),
        ("end with a leading zero, signed", token(exp=f"0{EXP}")),
        ("end negative, signed", token(exp=-1)),
        ("end of zero, signed", token(exp=0)),
        ("end empty, signed", token(exp="")),
        ("end with a fraction, signed", token(exp=f"{EXP}.5")),
        ("end in Arabic digits, signed", token(exp="١٧٩٠٩٦٤٠٠٠")),
        ("end after the year 9999, signed", token(exp=253_402_300_800)),
        ("end of thirteen digits, signed", token(exp=EXP * 1000)),
        ("unknown version, signed", sign(f"lk2.{JTI}.{EXP}")),
        ("version in capitals, signed", sign(f"LK1.{JTI}.{EXP}")),
        ("a part too many, signed", sign(f"lk1.{JTI}.{EXP}.x")),
        ("a part too few, signed", sign(f"lk1.{JTI}")),
        ("twice", f"{good}.{good}"),
        ("121 letters", good + "A" * (121 - len(good))),
        ("empty", ""),
        ("only dots", "..."),
        ("a JWT", "eyJhbGciOiJub25lIn0.eyJqdGkiOiIxIn0."),
    ]
    return [vector(name, text, "invalid") for name, text in cases]


def altered() -> list[dict]:
    good = token()
    found = []
    for place, letter in enumerate(good):
        other = "0" if letter == "." else LETTERS[(LETTERS.index(letter) + 4) % 64]
        text = good[:place] + other + good[place + 1 :]
        found.append(vector(f"byte {place} altered", text, "invalid"))
    return found


def document() -> dict:
    return {
        "format": "lk1.<jti>.<exp>.<sig>",
        "salt": SALT,
        "leeway_seconds": 60,
        "keys": [OLD, NEW],
        "vectors": [*authentic(), *forged(), *misspelled(), *altered()],
    }


if __name__ == "__main__":
    text = json.dumps(document(), indent=1, ensure_ascii=True) + "\n"
    Path(__file__).with_name("link-token.json").write_text(text, encoding="ascii")
