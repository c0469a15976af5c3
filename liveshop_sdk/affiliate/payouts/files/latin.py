"""Names in the letters that every bank in SEPA must take.

The letters, and what stands for a sign outside them, are those of the European
Payments Council (EPC217-08). Accents are dropped; other scripts are not
guessed at, because the payee's bank compares the name.
"""

import re
import unicodedata

_ALLOWED = re.compile(r"[A-Za-z0-9/\-?:().,'+ ]*", re.ASCII)
_SIGNS = (
    str.maketrans('&_[{]}\\|;`"~', "+-(())//,''-")
    | str.maketrans("!#$%*<=>@^", "..........")
    | str.maketrans("\u2018\u2019\u201a\u201c\u201d\u201e\u00b4\u00ab\u00bb", "'" * 9)
    | str.maketrans("\u2010\u2011\u2012\u2013\u2014", "-----")
    | str.maketrans("ØøĐđÐðŁłĦħŦŧŊŋıĸ", "OoDdDdLlHhTtNnik")
)
_DOUBLE = str.maketrans(
    {"ß": "ss", "ẞ": "SS", "Æ": "AE", "æ": "ae", "Œ": "OE", "œ": "oe", "Þ": "TH", "þ": "th"}
)


def transliterate(text: str) -> str | None:
    """Return a text in the letters of SEPA, or None where one has no spelling."""
    split = unicodedata.normalize("NFKD", text.translate(_SIGNS).translate(_DOUBLE))
    bare = "".join(letter for letter in split if not unicodedata.combining(letter))
    found = " ".join(bare.split())
    return found if _ALLOWED.fullmatch(found) else None


def reference(our_id: str) -> str:
    """Return an id of ours as SEPA spells it: with ``-`` for ``_``, which it lacks."""
    return our_id.replace("_", "-")
