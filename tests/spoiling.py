"""Inputs that are valid, and what becomes of them on the way: bent, broken, spoilt."""

import json
from collections.abc import Iterator, Mapping
from random import Random
from typing import Any

_MONEY = {"amount": "68.74", "currency_code": "EUR"}
_BAG = {"shop_money": _MONEY, "presentment_money": _MONEY}
VALID: Mapping[str, list[Any]] = {
    "sandbox": [
        {
            "id": "sbe_1",
            "type": "checkout.paid",
            "created": "2026-10-02T18:00:00.000000Z",
            "data": {
                "order": {
                    "id": "sbo_1",
                    "checkout": "sbc_1",
                    "reference": "sealed",
                    "currency": "EUR",
                    "total": 4990,
                    "shipping": 0,
                    "tax": 0,
                    "tax_included": True,
                    "codes": ["MIKA20"],
                    "coupons": ["sbp_1"],
                    "email": "buyer@example.com",
                    "paid_at": "2026-10-02T18:00:00.000000Z",
                    "lines": [
                        {
                            "ref": "1",
                            "sku": "sku_tee",
                            "title": "Tee",
                            "quantity": 1,
                            "item": "",
                            "gross": 4990,
                            "discount": 0,
                            "tax": 0,
                        }
                    ],
                }
            },
        },
        {
            "id": "sbe_2",
            "type": "refund.created",
            "created": "2026-10-02T18:00:00.000000Z",
            "data": {
                "refund": {
                    "id": "sbr_1",
                    "order": "sbo_1",
                    "amount": 10,
                    "currency": "EUR",
                    "created_at": "2026-10-02T18:00:00.000000Z",
                    "lines": [{"ref": "1", "quantity": 1, "amount": 10, "base": 9}],
                }
            },
        },
    ],
    "stripe": [
        {
            "id": "evt_1",
            "object": "event",
            "api_version": "2026-10-28.endive",
            "created": 1_790_000_000,
            "livemode": False,
            "type": "checkout.session.completed",
            "data": {"object": {"id": "cs_test_1", "object": "checkout.session"}},
        },
        {
            "id": "evt_2",
            "object": "v2.core.event",
            "type": "v1.refund.created",
            "created": "2026-10-02T18:00:00.000Z",
            "livemode": False,
            "related_object": {"id": "re_1", "type": "refund", "url": "/v1/refunds/re_1"},
        },
    ],
    "shopify": [
        {
            "id": 4711,
            "currency": "EUR",
            "processed_at": "2026-10-02T18:00:00+01:00",
            "email": "buyer@example.com",
            "discount_codes": [{"code": "MIKA20", "amount": "15.96", "type": "percentage"}],
            "note_attributes": [{"name": "_liveshop", "value": "sealed"}],
            "line_items": [{"id": 11, "quantity": 2, "price_set": _BAG, "tax_lines": []}],
            "total_price_set": _BAG,
        }
    ],
}
HOSTILE: tuple[Any, ...] = (
    None,
    True,
    "",
    "x" * 300,
    "٣",
    "\u202e",
    "sbo_é",
    "1e9",
    "2026-02-30T00:00:00Z",
    "0001-01-01T00:00:00+23:59",
    [],
    {},
    [[]],
    -1,
    0,
    2**31,
    2**63 - 1,
    2**63,
    10**40,
    1.5,
    1e308,
)
PIECES = (
    b"NaN",
    b"-Infinity",
    b"1e999",
    b"\xff\xfe",
    b"\xed\xa0\x80",
    b"\\ud800",
    b"\\u0000",
    b"\x00",
    b"\xef\xbb\xbf",
    b"[" * 40,
    b'{"a":' * 40,
    b'"id":1,"id":2,',
    b"9" * 30,
    b"\xd9\xa3",
    b"\r\n",
    b"=",
    b".",
    b",",
)


def bent(value: Any, chance: Random) -> Any:
    """Return a JSON value with one part of it put wrong."""
    if not isinstance(value, dict | list) or not value or chance.random() < 0.1:
        return chance.choice(HOSTILE)
    if isinstance(value, list):
        at = chance.randrange(len(value))
        return [*value[:at], bent(value[at], chance), *value[at + 1 :]]
    name = chance.choice(sorted(value))
    if chance.random() < 0.2:
        return {key: inner for key, inner in value.items() if key != name}
    return value | {name: bent(value[name], chance)}


def broken(raw: bytes, chance: Random) -> bytes:
    """Return bytes with one to three wounds."""
    for _ in range(chance.randint(1, 3)):
        at, to = chance.randrange(len(raw) + 1), chance.randrange(len(raw) + 1)
        wound = chance.randrange(6)
        if wound == 0 and at < len(raw):
            raw = raw[:at] + bytes([raw[at] ^ 1 << chance.randrange(8)]) + raw[at + 1 :]
        elif wound == 1:
            raw = raw[: min(at, to)] + raw[max(at, to) :]
        elif wound == 2:
            raw = raw[:at] + chance.choice(PIECES) + raw[at:]
        elif wound == 3:
            raw = raw[:at] + raw[min(at, to) : max(at, to)] + raw[at:]
        elif wound == 4:
            raw = raw[:at] + chance.randbytes(chance.randrange(1, 5)) + raw[at:]
        else:
            raw = raw[:at]
    return raw


def spoilt(valid: list[Any], chance: Random) -> Iterator[bytes]:
    """Yield hostile inputs without end: bent values, broken spellings."""
    while True:
        value = chance.choice(valid)
        if isinstance(value, bytes):
            yield broken(value, chance)
        elif chance.random() < 0.5:
            yield json.dumps(bent(value, chance)).encode()
        else:
            yield broken(json.dumps(value).encode(), chance)
