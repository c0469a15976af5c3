"""Files of payments: exact bytes, limits, and what is refused."""

import csv
import io
import shutil
import subprocess
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import sepaxml
import xmlschema
from hypothesis import given
from hypothesis import strategies as st

from liveshop_sdk.affiliate.payouts.files import paypal, sepa, wise
from liveshop_sdk.affiliate.payouts.files.cells import short_id
from liveshop_sdk.affiliate.payouts.files.latin import reference
from liveshop_sdk.affiliate.payouts.files.values import FileItem, Payer, PayoutFile
from liveshop_sdk.errors import PayoutFileInvalidError, PayoutRowRefusedError
from liveshop_sdk.ids import ALPHABET
from liveshop_sdk.money import Money

BODY = "06f4m2k8q0abcdefghjkmnpqr"
BATCH = f"pob_{BODY}0"
XSD = Path(sepaxml.__file__).parent / "schemas" / "pain.001.001.09.xsd"
AT = datetime(2026, 11, 2, 9, 30, 15, 999, tzinfo=UTC)
PAYER = Payer(
    name="Böhm & Söhne GmbH",
    iban="DE89 3704 0044 0532 0130 00",
    bic="COBADEFFXXX",
    town="Köln",
    country="DE",
    street="Domplatz",
    building="1",
    postcode="50667",
)
BANKED = {"name": "Ana Núñez", "iban": "ES9121000418450200051332", "town": "León", "country": "ES"}
PAYPAL = {"recipient": "ana@example.org"}
WISE = {"name": "Ana Núñez", "email": "ana@example.org", "iban": "ES91 2100 0418 4502 0005 1332"}
HOSTILE = [
    "=1+1",
    "+49",
    "-x",
    "@x",
    " =1",
    "\uff1d1",
    "a\tb",
    "a\rb",
    "a\nb",
    "\x00",
    "\ud800",
    "\u202e",
]


def item(
    payee: dict[str, str], *, amount: int = 1250, currency: str = "EUR", no: int = 1
) -> FileItem:
    return FileItem(
        item_id=f"pit_{BODY}{ALPHABET[no]}",
        creator="ana",
        amount=Money(amount, currency),
        payee=payee,
        note="October 2026",
    )


def sepa_file(*items: FileItem, payer: Payer = PAYER) -> PayoutFile:
    return sepa.sepa_file(
        items, batch_id=BATCH, payer=payer, created_at=AT, execute_on=date(2026, 11, 3)
    )


EXPECTED = f"""<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"><CstmrCdtTrfInitn><GrpHdr>
<MsgId>pob-{BODY}0</MsgId><CreDtTm>2026-11-02T09:30:15Z</CreDtTm><NbOfTxs>2</NbOfTxs>
<CtrlSum>100.05</CtrlSum><InitgPty><Nm>Bohm + Sohne GmbH</Nm></InitgPty></GrpHdr><PmtInf>
<PmtInfId>pob-{BODY}0</PmtInfId><PmtMtd>TRF</PmtMtd><BtchBookg>true</BtchBookg>
<NbOfTxs>2</NbOfTxs><CtrlSum>100.05</CtrlSum><PmtTpInf><SvcLvl><Cd>SEPA</Cd></SvcLvl></PmtTpInf>
<ReqdExctnDt><Dt>2026-11-03</Dt></ReqdExctnDt><Dbtr><Nm>Bohm + Sohne GmbH</Nm><PstlAdr>
<StrtNm>Domplatz</StrtNm><BldgNb>1</BldgNb><PstCd>50667</PstCd><TwnNm>Koln</TwnNm>
<Ctry>DE</Ctry></PstlAdr></Dbtr><DbtrAcct><Id><IBAN>DE89370400440532013000</IBAN></Id></DbtrAcct>
<DbtrAgt><FinInstnId><BICFI>COBADEFFXXX</BICFI></FinInstnId></DbtrAgt><ChrgBr>SLEV</ChrgBr>
<CdtTrfTxInf><PmtId><EndToEndId>pit-{BODY}1</EndToEndId></PmtId><Amt>
<InstdAmt Ccy="EUR">100.00</InstdAmt></Amt><Cdtr><Nm>Ana Nunez</Nm><PstlAdr><TwnNm>Leon</TwnNm>
<Ctry>ES</Ctry></PstlAdr></Cdtr><CdtrAcct><Id><IBAN>ES9121000418450200051332</IBAN></Id></CdtrAcct>
<RmtInf><Ustrd>October 2026</Ustrd></RmtInf></CdtTrfTxInf>
<CdtTrfTxInf><PmtId><EndToEndId>pit-{BODY}2</EndToEndId></PmtId><Amt>
<InstdAmt Ccy="EUR">0.05</InstdAmt></Amt><CdtrAgt><FinInstnId><BICFI>INGBNL2A</BICFI>
</FinInstnId></CdtrAgt><Cdtr><Nm>Ben O'Hara</Nm><PstlAdr><TwnNm>Utrecht</TwnNm><Ctry>NL</Ctry>
</PstlAdr></Cdtr><CdtrAcct><Id><IBAN>NL91ABNA0417164300</IBAN></Id></CdtrAcct>
<RmtInf><Ustrd>October 2026</Ustrd></RmtInf></CdtTrfTxInf></PmtInf></CstmrCdtTrfInitn></Document>
"""


def test_a_sepa_file_has_these_bytes_and_is_valid() -> None:
    ben = {"name": "Ben O’Hara", "iban": "NL91ABNA0417164300", "bic": "ingbnl2a"}
    ben |= {"town": "Utrecht", "country": "NL"}
    made = sepa_file(item(BANKED, amount=10_000), item(ben, amount=5, no=2))
    head, body = EXPECTED.split("\n", 1)
    assert made.content.decode() == head + "\n" + body.replace("\n", "") + "\n"
    assert made.item_ids == (f"pit_{BODY}1", f"pit_{BODY}2")
    assert made.total == Money(10_005, "EUR")
    xmlschema.XMLSchema(XSD).validate(made.content.decode())


@pytest.mark.skipif(shutil.which("xmllint") is None, reason="xmllint is not installed")
def test_another_validator_agrees(tmp_path: Path) -> None:
    file = tmp_path / "out.xml"
    file.write_bytes(sepa_file(item(BANKED), payer=replace(PAYER, bic="")).content)
    command = ["xmllint", "--noout", "--nonet", "--schema", str(XSD), str(file)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr


def test_the_same_batch_is_the_same_sepa_file() -> None:
    assert sepa_file(item(BANKED)) == sepa_file(item(BANKED))


def test_a_payer_without_bic_names_no_bank() -> None:
    content = sepa_file(item(BANKED), payer=replace(PAYER, bic="")).content
    assert b"<FinInstnId><Othr><Id>NOTPROVIDED</Id></Othr></FinInstnId>" in content


def test_ids_of_sepa_have_no_underscore_and_fit() -> None:
    assert reference(item(BANKED).item_id) == f"pit-{BODY}1"
    assert len(reference(f"{'a' * 8}_{BODY}1")) == 35


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("iban", "ES9121000418450200051333", "has wrong check digits"),
        ("iban", "ES912100041845020005133", "has not the form of an IBAN"),
        ("iban", "ES91", "has not the form of an IBAN"),
        ("iban", "US91210004184502000513", "is not of a country in SEPA"),
        ("iban", "", "is missing"),
        ("bic", "ABC", "has not the form of a BIC"),
        ("country", "es", "is not two capitals"),
        ("country", "", "is missing"),
        ("town", "", "is missing"),
        ("town", "x" * 36, "is longer than 35 letters"),
        ("name", "", "is missing"),
        ("name", "a" * 71, "is longer than 70 letters"),
        ("name", "陳大文", "has a letter that SEPA does not have"),
        ("name", "Ana 🎉", "has a letter that SEPA does not have"),
    ],
)
def test_what_sepa_cannot_carry_is_refused_by_handle(field: str, value: str, problem: str) -> None:
    with pytest.raises(PayoutRowRefusedError) as refused:
        sepa_file(item(BANKED), item(BANKED | {field: value}, no=2))
    assert refused.value.details() == {"creator": "ana", "field": field, "problem": problem}
    assert len(value) < 4 or value not in str(refused.value)


def test_only_euro_and_only_what_a_transfer_may_carry() -> None:
    with pytest.raises(PayoutFileInvalidError, match="only EUR"):
        sepa_file(item(BANKED, currency="USD"))
    assert b"999999999.99" in sepa_file(item(BANKED, amount=sepa.MOST)).content
    with pytest.raises(PayoutRowRefusedError, match=r"above 999,999,999\.99"):
        sepa_file(item(BANKED, amount=sepa.MOST + 1))


def test_the_payer_is_checked_as_well() -> None:
    with pytest.raises(PayoutRowRefusedError, match="the payer cannot be paid by this file: iban"):
        sepa_file(item(BANKED), payer=replace(PAYER, iban="DE00"))


def test_a_paypal_file_has_these_bytes() -> None:
    venmo = {"recipient": "4155550100", "wallet": "VENMO", "privacy": "FRIENDS_ONLY"}
    (made,) = paypal.paypal_files(
        [
            replace(item(PAYPAL, amount=123456, currency="USD"), note='Thanks, "Ana"'),
            item(venmo, amount=5, currency="USD", no=2),
        ]
    )
    assert (
        made.content
        == (
            f'ana@example.org,1234.56,USD,{BODY}1,"Thanks, ""Ana""",PAYPAL\r\n'
            f"4155550100,0.05,USD,{BODY}2,October 2026,VENMO,FRIENDS_ONLY\r\n"
        ).encode()
    )
    assert made.total == Money(123461, "USD")
    assert len(f"{BODY}1") == 26


def test_paypal_yen_have_no_decimals() -> None:
    (made,) = paypal.paypal_files([item(PAYPAL, amount=500, currency="JPY")])
    assert made.content.startswith(b"ana@example.org,500,JPY,")


def many(payee: dict[str, str], count: int) -> list[FileItem]:
    ids = (f"pit_{number:026d}" for number in range(count))
    return [replace(item(payee, amount=at + 1), item_id=id_) for at, id_ in enumerate(ids)]


@pytest.mark.parametrize(("count", "files"), [(5000, [5000]), (5001, [5000, 1])])
def test_a_paypal_file_has_at_most_5000_rows(count: int, files: list[int]) -> None:
    made = paypal.paypal_files(many(PAYPAL, count))
    assert [file.content.count(b"\r\n") for file in made] == files
    assert sum(file.total.amount for file in made) == count * (count + 1) // 2


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("field", ["recipient", "note"])
def test_paypal_texts_are_refused_not_altered(field: str, text: str) -> None:
    bad = item(PAYPAL, no=2)
    bad = replace(bad, note=text) if field == "note" else replace(bad, payee={field: text})
    with pytest.raises(PayoutRowRefusedError) as refused:
        paypal.paypal_files([item(PAYPAL), bad])
    assert (refused.value.creator, refused.value.field) == ("ana", field)


@pytest.mark.parametrize(
    ("payee", "field"),
    [
        ({}, "recipient"),
        ({"recipient": "x" * 128}, "recipient"),
        (PAYPAL | {"wallet": "CASH"}, "wallet"),
        (PAYPAL | {"privacy": "PUBLIC"}, "privacy"),
        (PAYPAL | {"wallet": "VENMO"}, "wallet"),
    ],
)
def test_paypal_payees_that_no_row_can_name(payee: dict[str, str], field: str) -> None:
    with pytest.raises(PayoutRowRefusedError) as refused:
        paypal.paypal_files([item(payee)])
    assert refused.value.field == field


def test_a_note_for_paypal_has_at_most_400_letters() -> None:
    assert paypal.paypal_files([replace(item(PAYPAL), note="n" * 400)])
    with pytest.raises(PayoutRowRefusedError, match="longer than 400"):
        paypal.paypal_files([replace(item(PAYPAL), note="n" * 401)])


def test_a_wise_file_has_these_bytes() -> None:
    company = WISE | {"type": "INSTITUTION", "name": "Núñez, S.L."}
    (made,) = wise.wise_files([item(WISE), item(company, no=2)], pay_from="USD")
    assert made.content.decode() == (
        "name,recipientEmail,paymentReference,receiverType,amountCurrency,amount,"
        "sourceCurrency,targetCurrency,IBAN\r\n"
        "Ana Núñez,ana@example.org,October 2026,PERSON,target,12.50,USD,EUR,"
        "ES9121000418450200051332\r\n"
        '"Núñez, S.L.",ana@example.org,October 2026,INSTITUTION,target,12.50,USD,EUR,'
        "ES9121000418450200051332\r\n"
    )


def test_a_wise_template_keeps_its_own_columns() -> None:
    heads = "recipientId;name;amount;referenceNumber;amountCurrency;targetCurrency;city"
    template = f"\ufeff{heads}\r\nold row".encode()
    payee = {"name": "Ana", "recipientId": "4711", "city": "León"}
    (made,) = wise.wise_files([item(payee, currency="USD")], template=template)
    assert made.content.decode() == (f"{heads}\r\n4711;Ana;12.50;{BODY}1;target;USD;León\r\n")


@pytest.mark.parametrize(
    "template",
    [
        b"",
        b"\xff\xfe",
        b"name,amount\r\n",
        b"amount,targetCurrency,amountCurrency\n",
        b"name,name,amount,targetCurrency,amountCurrency\n",
    ],
)
def test_a_template_that_is_none_is_refused(template: bytes) -> None:
    with pytest.raises(PayoutFileInvalidError, match="the template"):
        wise.wise_files([item(WISE)], template=template)


@pytest.mark.parametrize(("count", "files"), [(1000, [1000]), (1001, [1000, 1])])
def test_a_wise_file_has_at_most_1000_rows(count: int, files: list[int]) -> None:
    made = wise.wise_files(many(WISE, count))
    assert [file.content.count(b"\r\n") - 1 for file in made] == files


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("field", ["name", "email"])
def test_wise_texts_are_refused_not_altered(field: str, text: str) -> None:
    with pytest.raises(PayoutRowRefusedError) as refused:
        wise.wise_files([item(WISE | {field: text})])
    assert (refused.value.creator, refused.value.field) == ("ana", field)


@pytest.mark.parametrize(
    ("payee", "field"),
    [({"name": "Ana"}, "iban"), (WISE | {"iban": "ES00"}, "iban"), (WISE | {"type": "x"}, "type")],
)
def test_wise_payees_that_no_row_can_name(payee: dict[str, str], field: str) -> None:
    with pytest.raises(PayoutRowRefusedError) as refused:
        wise.wise_files([item(payee)])
    assert refused.value.field == field


MAKERS = [paypal.paypal_files, wise.wise_files, lambda items: (sepa_file(*items),)]
PAYEES = [PAYPAL, WISE, BANKED]


@pytest.mark.parametrize(("make", "payee"), list(zip(MAKERS, PAYEES, strict=True)))
def test_items_that_cannot_be_together(make, payee: dict[str, str]) -> None:  # type: ignore[no-untyped-def]
    for items in ([], [item(payee), item(payee)], [item(payee), item(payee, currency="USD", no=2)]):
        with pytest.raises(PayoutFileInvalidError):
            make(items)
    for amount in (0, -5):
        with pytest.raises(PayoutRowRefusedError, match="amount is not positive"):
            make([item(payee, amount=amount)])
    with pytest.raises(PayoutFileInvalidError, match="not one of ours"):
        make([replace(item(payee), item_id="pit 1")])


def test_payees_are_checked_before_any_file() -> None:
    for module, payee in ((paypal, PAYPAL), (wise, WISE), (sepa, BANKED)):
        module.check_payee("ana", payee)
        with pytest.raises(PayoutRowRefusedError):
            module.check_payee("ana", {})


def test_bank_data_is_in_no_repr() -> None:
    assert "ES91" not in repr(item(BANKED))
    assert "DE89" not in repr(PAYER)
    assert "COBA" not in repr(PAYER)
    assert "ES91" not in repr(sepa_file(item(BANKED)))


amounts = st.lists(st.integers(1, sepa.MOST), min_size=1, max_size=12)
names = st.text(st.characters(codec="ascii", categories=["L", "N", "P", "S", "Zs"]), max_size=60)


@given(amounts, names)
def test_rows_add_up_to_the_total_and_no_name_breaks_out(paid: list[int], name: str) -> None:
    payee = BANKED | PAYPAL | WISE | {"name": f"Ana {name}"}
    items = [item(payee, amount=amount, no=no) for no, amount in enumerate(paid)]
    (by_mail,), (by_wise,) = paypal.paypal_files(items), wise.wise_files(items)
    by_bank = sepa_file(*items)
    cells = list(csv.reader(io.StringIO(by_mail.content.decode(), newline="")))
    named = list(csv.DictReader(io.StringIO(by_wise.content.decode(), newline="")))
    root = ET.fromstring(by_bank.content)
    space = f"{{urn:iso:std:iso:20022:tech:xsd:{sepa.SCHEMA}}}"
    sent = [
        [(row[3], row[1]) for row in cells],
        [(short_id(one.item_id), row["amount"]) for one, row in zip(items, named, strict=True)],
        [
            (
                node.findtext(f".//{space}EndToEndId", "")[4:],
                node.findtext(f".//{space}InstdAmt", ""),
            )
            for node in root.iter(f"{space}CdtTrfTxInf")
        ],
    ]
    for rows, made in zip(sent, (by_mail, by_wise, by_bank), strict=True):
        assert len({id_ for id_, _ in rows}) == len(paid)
        assert sum(Money.parse(text, "EUR").amount for _, text in rows) == sum(paid)
        assert made.total == Money(sum(paid), "EUR")
    assert [row["name"] for row in named] == [payee["name"]] * len(paid)
    assert root.findtext(f".//{space}GrpHdr/{space}CtrlSum") == made.total.decimal_text()
