"""Account numbers of banks: ISO 13616 with its check digits, and BICs."""

import re

_OF_SEPA = """
    AD24 AL28 AT20 BE16 BG22 CH21 CY28 CZ24 DE22 DK18 EE20 ES24 FI18 FR27 GB22
    GI23 GR27 HR21 HU28 IE22 IS26 IT27 LI21 LT20 LU20 LV21 MC27 MD24 ME22 MK19
    MT31 NL18 NO15 PL28 PT25 RO24 RS22 SE24 SI19 SK24 SM27 VA22
"""

LENGTHS = {word[:2]: int(word[2:]) for word in _OF_SEPA.split()}
"""Countries of SEPA and how long their account numbers are."""

_FORM = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}", re.ASCII)
_BIC = re.compile(r"[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?", re.ASCII)


def compact(given: str) -> str:
    """Return an account number in capitals without the spaces people write."""
    return given.replace(" ", "").upper()


def iban_problem(number: str, *, sepa: bool = True) -> str:
    """Return what is wrong with a compact account number, or ``""``.

    Args:
        sepa: Only countries of SEPA will do.
    """
    length = LENGTHS.get(number[:2])
    if not _FORM.fullmatch(number) or (length and len(number) != length):
        return "has not the form of an IBAN"
    if sepa and length is None:
        return "is not of a country in SEPA"
    # ISO 7064, MOD 97-10, with letters as 10 to 35.
    digits = "".join(str(int(letter, 36)) for letter in number[4:] + number[:4])
    return "" if int(digits) % 97 == 1 else "has wrong check digits"


def is_bic(code: str) -> bool:
    """Tell whether a text has the form of a BIC, in capitals."""
    return bool(_BIC.fullmatch(code))
