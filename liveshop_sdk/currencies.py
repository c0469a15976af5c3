"""Currencies in use and how many decimals each has, here and at platforms.

Our own table (ISO 4217, list one, read November 2026) and not a library's:
Babel gives IQD no decimals and LAK none, ISO says three and two. Fund codes,
metals and test codes are left out; nothing is sold in them.
"""

_TWO = """
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN
    BWP BYN BZD CAD CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD
    FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR
    KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN
    MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD
    SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD
    TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG
"""
_NONE = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
_THREE = "BHD IQD JOD KWD LYD OMR TND"

EXPONENTS: dict[str, int] = {
    **dict.fromkeys(_TWO.split(), 2),
    **dict.fromkeys(_NONE.split(), 0),
    **dict.fromkeys(_THREE.split(), 3),
}
"""Decimals of a currency's minor unit, by ISO 4217 code.

ANG and BGN were withdrawn in 2025 and 2026 and stay: refunds still come in.
"""

# Where a platform's integers differ from ISO: code -> (exponent, step). Stripe
# sends MGA without decimals; ISK and UGX with two that must be 00; thousandths
# only in tens. https://docs.stripe.com/currencies#special-cases
SCALES: dict[str, dict[str, tuple[int, int]]] = {
    "sandbox": {},
    "stripe": {
        "MGA": (0, 1),
        "ISK": (2, 100),
        "UGX": (2, 100),
        **dict.fromkeys(("BHD", "JOD", "KWD", "OMR", "TND"), (3, 10)),
    },
}
"""Platforms that write amounts as integers, and their special currencies."""

# Charged in any amount, paid out only in whole hundreds.
PAYOUT_SCALES: dict[str, dict[str, tuple[int, int]]] = {
    "stripe": {"HUF": (2, 100), "TWD": (2, 100)},
}
"""Further special currencies when a platform pays out."""
