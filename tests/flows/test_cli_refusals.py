"""What is refused is named by its code, ends with its exit code, and writes nothing."""

import pytest

from liveshop_sdk.db import Database
from tests.flows.cli_support import EUR, FOR_MIKA, OPEN, Cli, everything, furnish

ISSUE = ("links", "issue", *FOR_MIKA)
ADD = ("products", "add", "sku_new", "--title", "New", "--brand", "main")
COUPON = ("coupons", "create", "NEW20")

REFUSED = {
    "an unknown SKU": (1, "product_not_found", (*ISSUE, "--item", "sku_none=1")),
    "an unknown creator": (
        1,
        "creator_not_found",
        ("links", "issue", "--creator", "nobody", "--item", "sku_tee=1"),
    ),
    "an unknown stream": (
        1,
        "stream_not_found",
        ("links", "issue", "--creator", "mika", "--stream", "none", "--item", "sku_tee=1"),
    ),
    "no pieces": (1, "cart_invalid", (*ISSUE, "--item", "sku_tee=0")),
    "a currency that is not the brand's": (
        1,
        "brand_currency",
        (*ADD, "--amount", "5.00", "--currency", "USD"),
    ),
    "a currency that is none": (
        1,
        "currency_unknown",
        (*ADD, "--amount", "5.00", "--currency", "EUX"),
    ),
    "two currencies in one cart": (
        1,
        "mixed_currency",
        ("links", "issue", "--creator", "mika", "--item", "sku_tee=1", "--item", "sku_usd=1"),
    ),
    "a coupon of another stream": (
        1,
        "coupon_foreign",
        (
            "links",
            "issue",
            "--creator",
            "mika",
            "--stream",
            "monday",
            "--item",
            "sku_tee=1",
            "--coupon",
            "MIKA20",
        ),
    ),
    "a link for a stream that is over": (
        1,
        "stream_over",
        ("links", "issue", "--creator", "mika", "--stream", "past", "--item", "sku_tee=1"),
    ),
    "a coupon for a stream that is over": (
        1,
        "stream_over",
        (*COUPON, "--creator", "mika", "--stream", "past", "--percent-off", "20"),
    ),
    "a creator without an agreement": (
        1,
        "no_agreement",
        ("links", "issue", "--creator", "ana", "--item", "sku_usd=1"),
    ),
    "a creator who does not host": (
        1,
        "not_host",
        ("links", "issue", "--creator", "ana", "--stream", "friday", "--item", "sku_tee=1"),
    ),
    "a negative price": (1, "record_invalid", (*ADD, "--amount", "-5.00", *EUR)),
    "a huge price": (1, "amount_invalid", (*ADD, "--amount", "99999999999999.00", *EUR)),
    "a price that is no number": (1, "amount_invalid", (*ADD, "--amount", "4,990.00", *EUR)),
    "a price with too many decimals": (1, "amount_invalid", (*ADD, "--amount", "4.999", *EUR)),
    "a negative discount": (1, "coupon_invalid", (*COUPON, *FOR_MIKA, "--amount-off", "-1", *EUR)),
    "a rate over all": (1, "rate_invalid", ("creators", "add", "zoe", "--rate", "120%")),
    "a rate without its sign": (1, "rate_invalid", ("creators", "add", "zoe", "--rate", "12")),
    "look-alike letters in a code": (
        1,
        "code_invalid",
        ("coupons", "create", "MIK\u041020", *FOR_MIKA, "--percent-off", "20"),
    ),
    "look-alike letters in a handle": (
        1,
        "name_invalid",
        ("creators", "add", "m\u0456ka", "--rate", "12%", "--brand", "main"),
    ),
    "another coupon under a code": (
        1,
        "coupon_exists",
        ("coupons", "create", "MIKA20", *FOR_MIKA, "--percent-off", "30"),
    ),
    "other terms under the same handle": (
        1,
        "agreement_exists",
        ("creators", "add", "mika", "--rate", "13%", "--brand", "main"),
    ),
    "a stream that ends before it begins": (
        1,
        "record_invalid",
        (
            "streams",
            "add",
            "odd",
            "--host",
            "mika",
            "--opens-at",
            "2026-10-02T18:00:00Z",
            "--closes-at",
            "2026-10-02T17:00:00Z",
            "--brand",
            "main",
        ),
    ),
    "a checkout nobody opened": (1, "sandbox_ref_unknown", ("sandbox", "pay", "chk_none")),
    "an order nobody paid": (1, "order_unknown", ("explain", "sbo_none")),
    "a token that is not ours": (1, "link_invalid", ("links", "verify", "lk1.x.1.y")),
    "no brand where there are two": (
        2,
        "brand_ambiguous",
        ("creators", "add", "zoe", "--rate", "12%"),
    ),
    "an instant without a zone": (
        2,
        "usage",
        (
            "streams",
            "add",
            "s",
            "--host",
            "mika",
            "--opens-at",
            "2026-10-02T18:00:00",
            "--closes-at",
            "2026-10-02T20:00:00Z",
        ),
    ),
    "a duration nobody knows": (
        2,
        "usage",
        (*ISSUE, "--item", "sku_tee=1", "--expires-in", "7w"),
    ),
    "an item without a quantity": (2, "usage", (*ISSUE, "--item", "sku_tee")),
    "the same item twice": (2, "usage", (*ISSUE, "--item", "sku_tee=1", "--item", "sku_tee=2")),
    "two discounts": (
        2,
        "usage",
        (*COUPON, *FOR_MIKA, "--percent-off", "20", "--amount-off", "5.00", *EUR),
    ),
    "a discount without its currency": (2, "usage", (*COUPON, *FOR_MIKA, "--amount-off", "5.00")),
    "an option we do not have": (2, "usage", (*ISSUE, "--item", "sku_tee=1", "--colour", "red")),
    "nothing to replay": (2, "usage", ("events", "replay")),
    "a format we do not have": (
        1,
        "export_invalid",
        ("ledger", "export", "--format", "xls", "--output", "unused.xls", "--brand", "main"),
    ),
}


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A shop with two brands, three streams and a coupon."""
    url = f"sqlite:///{tmp_path_factory.mktemp('refusals') / 'shop.db'}"
    cli = Cli(url)
    furnish(cli)
    cli.run("creators", "add", "ana", "--rate", "10%")
    cli.run("streams", "add", "monday", "--host", "mika", *OPEN)
    past = ("--opens-at", "2020-01-01T18:00:00Z", "--closes-at", "2020-01-01T20:00:00Z")
    cli.run("streams", "add", "past", "--host", "mika", *past)
    cli.run("ledger", "balance")
    cli.run("brands", "add", "us", "--currency", "USD")
    usd = ("--amount", "9.00", "--currency", "USD", "--brand", "us")
    cli.run("products", "add", "sku_usd", "--title", "Cap", *usd)
    cli.run("creators", "agree", "mika", "--rate", "12%", "--brand", "us")
    return url


@pytest.mark.parametrize("what", REFUSED)
def test_it_is_refused_by_name_and_nothing_is_written(
    what: str, furnished: str, tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(str(tmp_path))
    code, name, command = REFUSED[what]
    before = everything(furnished)
    ran = Cli(furnished).run(*command, "--json", code=code)
    assert ran.error == name
    assert ran.err != ""
    assert everything(furnished) == before


def test_without_json_code_and_text_stand_on_stderr_only(furnished: str) -> None:
    ran = Cli(furnished).run(*ISSUE, "--item", "sku_none=1", code=1)
    assert ran.out == ""
    assert ran.err == (
        "product_not_found: There is no product 'sku_none'. Add it with `liveshop products add`.\n"
    )


def test_a_refusal_carries_its_fields(furnished: str) -> None:
    refusal = Cli(furnished).json(*ISSUE, "--item", "sku_none=1", code=1)
    assert refusal["error"]["details"] == {"sku": "sku_none"}


def test_settings_that_are_wrong_are_wrong_usage(furnished: str) -> None:
    cli = Cli(furnished, LIVESHOP_PLATFORM="amazon", LIVESHOP_BASE_URL="nowhere")
    assert cli.run("brands", "list", "--json", code=2).error == "settings_invalid"


def test_a_schema_that_is_behind_is_refused(bare_db_url: str) -> None:
    db = Database.connect(bare_db_url)
    with db.transaction() as tx:
        tx.exec_driver_sql("CREATE TABLE theirs (id INTEGER)")
    db.dispose()
    assert Cli(bare_db_url).run("brands", "list", "--json", code=1).error == "migration_needed"
