"""Tables of account names: what they cover, and what is refused by name."""

import json
import tomllib

import pytest

from liveshop_sdk.affiliate.exports import defaults
from liveshop_sdk.affiliate.exports.formats import FORMATS, format_of
from liveshop_sdk.affiliate.exports.mapping import Mapping
from liveshop_sdk.affiliate.ledger.accounts import CHART, describe
from liveshop_sdk.affiliate.ledger.kinds import RULES
from liveshop_sdk.errors import ExportInvalidError, MappingInvalidError

MAPPED = [name for name in FORMATS if defaults.has_mapping(name)]
WITH_ACCOUNTS = [name for name in MAPPED if name != "1099"]
A_NAME = {"hledger": "a:b", "beancount": "Assets:B"}


def test_the_chart_is_every_account_a_rule_may_touch() -> None:
    roles = {describe(path.replace("*", "xx")).role for path in CHART}
    assert {role for rule in RULES.values() for role in rule} <= roles


@pytest.mark.parametrize("name", WITH_ACCOUNTS)
def test_the_default_names_every_account(name: str) -> None:
    mapping = Mapping.default(name)
    paths = [path.replace("*", "mika") for path in CHART]
    mapping.require(paths, with_memo=name in ("hledger", "beancount"))
    assert Mapping.parse(mapping.as_toml(), name) == mapping


@pytest.mark.parametrize("name", MAPPED)
def test_what_is_printed_to_edit_is_the_default(name: str) -> None:
    mapping = Mapping.default(name)
    text = mapping.as_toml()
    assert tomllib.loads(text)["format"] == name
    assert Mapping.parse(text, name) == mapping
    sections = tomllib.loads(text)
    assert Mapping.parse(json.dumps(sections), name, is_json=True).version == mapping.version
    assert mapping.as_json() == {"accounts": {}, "options": {}, **sections}
    assert Mapping.parse(json.dumps(mapping.as_json()), name, is_json=True) == mapping


def test_the_exact_path_wins_and_a_star_is_the_party() -> None:
    text = (
        'accounts = {"creator:*:payable" = "Payables:*", "creator:mika:payable" = "Mika",'
        ' "clearing:*" = "Bank *"}'
    )
    mapping = Mapping.parse(text, "qbo")
    assert mapping.account("creator:mika:payable") == "Mika"
    assert mapping.account("creator:ana:payable") == "Payables:ana"
    assert mapping.account("clearing:wise") == "Bank wise"
    assert mapping.account("creator:ana:pending") is None


def test_another_table_has_another_version() -> None:
    first = Mapping.default("qbo")
    changed = first.as_toml().replace('prefix = "LS"', 'prefix = "X"')
    assert Mapping.parse(changed, "qbo").version != first.version
    assert len(first.version) == 12


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", None),
        ("nonsense", "cannot be read"),
        ('format = "xero"', "made for 'xero', not qbo"),
        ("[extra]", "no section 'extra'"),
        ("accounts = 1", "accounts is no table"),
        ('accounts = {"brand:gold" = "x"}', "no account 'brand:gold'"),
        ('accounts = {"creator:*:gold" = "x"}', "no account 'creator:*:gold'"),
        ('accounts = {"creator:Mika:payable" = "x"}', "no account 'creator:Mika:payable'"),
        ('accounts = {"*" = "x"}', "no account '*'"),
        ('accounts = {"fx:trading" = ""}', "fx:trading needs a name"),
        ('accounts = {"fx:trading" = 3100}', "fx:trading needs a name"),
        ('accounts = {"fx:trading" = "=1+1"}', "could be run as a formula"),
        ('accounts = {"fx:trading" = "a\\nb"}', "line break"),
        ('accounts = {"fx:trading" = "a *"}', "needs '*' in its path"),
        ("options = 1", "options is no table"),
        ('options = {colour = "red"}', "no option 'colour'"),
        ('options = {by_creator = "yes"}', "by_creator: expected true or false"),
        ('options = {date = "de"}', "date: expected one of iso, us, eu"),
        ('options = {prefix = "-1"}', "could be run as a formula"),
        ("options = {prefix = 1}", "expected a text"),
        ('options = {prefix = ""}', "prefix: expected a text that is not empty"),
        ('options = {prefix = "  "}', "prefix: expected a text that is not empty"),
        ('thresholds = {2027 = "1"}', "no option 'thresholds'"),
    ],
)
def test_what_cannot_be_used_is_named(text: str, problem: str | None) -> None:
    if problem is None:
        assert Mapping.parse(text, "qbo").accounts == {}
        return
    with pytest.raises(MappingInvalidError) as caught:
        Mapping.parse(text, "qbo")
    assert problem in str(caught.value)


@pytest.mark.parametrize(
    ("name", "called"),
    [
        ("hledger", "a  b"),
        ("hledger", "a;b"),
        ("hledger", "a "),
        ("hledger", "(a)"),
        ("beancount", "assets:b"),
        ("beancount", "Assets"),
        ("beancount", "Assets:b_c"),
        ("beancount", "Gold:B"),
    ],
)
def test_a_name_the_program_could_not_read_is_refused(name: str, called: str) -> None:
    text = 'accounts = {"fx:trading" = "%s"}'
    with pytest.raises(MappingInvalidError):
        Mapping.parse(text % called, name)
    assert Mapping.parse(text % A_NAME[name], name).account("fx:trading") == A_NAME[name]


@pytest.mark.parametrize(
    "text",
    [
        '[thresholds]\n27 = "1.00"',
        "[thresholds]\n2027 = 2000",
        '[thresholds]\n2027 = "0.00"',
        '[thresholds]\n2027 = "1,000.00"',
        '[options]\nexcluded_rails = "paypal"',
        '[options]\nexcluded_rails = ["Pay Pal"]',
        '[options.thresholds]\n2027 = "1.00"',
    ],
)
def test_thresholds_and_rails_are_checked(text: str) -> None:
    with pytest.raises(MappingInvalidError):
        Mapping.parse(text, "1099")


def test_an_unknown_format_is_refused_with_those_there_are() -> None:
    with pytest.raises(ExportInvalidError, match="csv, xlsx, parquet, qbo, xero, netsuite"):
        format_of("xls")
