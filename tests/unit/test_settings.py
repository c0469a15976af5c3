import pickle

import pytest

from liveshop_sdk.errors import SettingsInvalidError
from liveshop_sdk.setting_rules import StripeCheckout
from liveshop_sdk.settings import Secret, Settings

KEY = "k" * 32
STRIPE = {
    "LIVESHOP_PLATFORM": "stripe",
    "LIVESHOP_SECRET_KEYS": KEY,
    "LIVESHOP_STRIPE_API_KEY": "sk_test_4eC39HqLyjWDarjtT1zdp7dc",
    "LIVESHOP_STRIPE_WEBHOOK_SECRETS": "whsec_one,whsec_two",
}
SHOPIFY = {
    "LIVESHOP_PLATFORM": "shopify",
    "LIVESHOP_SECRET_KEYS": KEY,
    "LIVESHOP_SHOPIFY_SHOP": "drops.myshopify.com",
    "LIVESHOP_SHOPIFY_ADMIN_TOKEN": "shpat_1",
    "LIVESHOP_SHOPIFY_STOREFRONT_TOKEN": "shpsf_1",
    "LIVESHOP_SHOPIFY_WEBHOOK_SECRETS": "hush",
}


def faults(environ: dict[str, str], overrides: dict[str, object] | None = None) -> list[str]:
    with pytest.raises(SettingsInvalidError) as caught:
        Settings.load(environ, overrides)
    lines = caught.value.faults.splitlines()
    assert caught.value.count == len(lines)
    assert all(line.startswith("- LIVESHOP_") for line in lines)
    return [line.removeprefix("- ") for line in lines]


def test_nothing_set_is_a_sandbox_on_a_file() -> None:
    settings = Settings.load({})
    assert settings == Settings()
    assert settings.database_url.reveal() == "sqlite:///liveshop.db"
    assert (settings.platform, settings.mode, settings.ingest) == ("sandbox", "sandbox", "inline")
    assert settings.base_url == "http://127.0.0.1:8000"
    assert settings.shopify_api_version == "2026-10"


def test_empty_values_count_as_not_set() -> None:
    empty = dict.fromkeys([*STRIPE, *SHOPIFY, "LIVESHOP_BASE_URL", "LIVESHOP_INGEST"], " ")
    assert Settings.load(empty) == Settings()


def test_overrides_win_and_may_be_lists() -> None:
    settings = Settings.load(
        {"LIVESHOP_BASE_URL": "https://a.example", "LIVESHOP_SECRET_KEYS": KEY},
        {
            "LIVESHOP_BASE_URL": "https://b.example/shop/",
            "LIVESHOP_SECRET_KEYS": [KEY + "1", KEY + "2"],
            "DEBUG": True,
            "LIVESHOP_INGEST": None,
        },
    )
    assert settings.base_url == "https://b.example/shop"
    assert [key.reveal() for key in settings.secret_keys] == [KEY + "1", KEY + "2"]


def test_lists_keep_their_order_and_lose_blanks() -> None:
    settings = Settings.load({"LIVESHOP_SECRET_KEYS": f" {KEY}old , {KEY}new ,"})
    assert [key.reveal() for key in settings.secret_keys] == [KEY + "old", KEY + "new"]


def test_every_fault_is_named_at_once_and_no_value() -> None:
    found = faults(
        {
            "LIVESHOP_DATABASE_URL": "mysql://root:pass-word@h/x",
            "LIVESHOP_PLATFORM": "stripe",
            "LIVESHOP_SECRET_KEYS": "too-short-key",
            "LIVESHOP_BASE_URL": "shop.example",
            "LIVESHOP_INGEST": "later",
            "LIVESHOP_STRIPE_API_KEY": "pk_live_publishable",
            "LIVESHOP_STRIPE_API_BASE": "https://evil.example",
            "LIVESHOP_STRIPE_WEBHOOK_SECRET": "whsec_singular",
        }
    )
    assert found == [
        "LIVESHOP_INGEST must be one of: inline, worker",
        "LIVESHOP_DATABASE_URL must look like sqlite:///file.db or postgresql://user@host/name",
        "LIVESHOP_SECRET_KEYS must hold keys of at least 16 characters, better 32",
        "LIVESHOP_BASE_URL must look like https://shop.example, with no query, fragment or user",
        "LIVESHOP_STRIPE_API_KEY must be a secret or restricted key: sk_test_…, sk_live_…, rk_…",
        "LIVESHOP_STRIPE_API_BASE is for fakes on this machine: http://127.0.0.1:<port>, "
        "or leave it out",
        "LIVESHOP_STRIPE_WEBHOOK_SECRETS must be set: the secret of the webhook endpoint "
        "(whsec_…), which `liveshop webhooks register` prints",
        "LIVESHOP_STRIPE_WEBHOOK_SECRET is not a setting; "
        "did you mean LIVESHOP_STRIPE_WEBHOOK_SECRETS?",
    ]
    text = "\n".join(found)
    assert not any(value in text for value in ("pass-word", "too-short", "pk_live", "singular"))


@pytest.mark.parametrize(
    ("key", "mode"),
    [
        ("sk_test_1", "test"),
        ("rk_test_1", "test"),
        ("sk_live_1", "live"),
        ("rk_live_test_1", "live"),
    ],
)
def test_the_stripe_key_decides_the_mode(key: str, mode: str) -> None:
    assert Settings.load({**STRIPE, "LIVESHOP_STRIPE_API_KEY": key}).mode == mode


@pytest.mark.parametrize(
    "key",
    ["pk_test_1", "sk_1", "sk_live_", "sk_live_a b", "xsk_live_1", "sk_live_1\nx", "SK_LIVE_1"],
)
def test_other_stripe_keys_are_refused(key: str) -> None:
    (fault,) = faults({**STRIPE, "LIVESHOP_STRIPE_API_KEY": key})
    assert fault.startswith("LIVESHOP_STRIPE_API_KEY must be a secret or restricted key")


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        ("", None),
        ("automatic_tax", StripeCheckout(automatic_tax=True)),
        (" recovery , automatic_tax, ", StripeCheckout(automatic_tax=True, recovery=True)),
        ("countries:DE", StripeCheckout(countries=("DE",))),
        (
            "shipping: shr_1 + shr_Ab2, countries:DE+AT",
            StripeCheckout(countries=("DE", "AT"), shipping=("shr_1", "shr_Ab2")),
        ),
    ],
)
def test_what_a_stripe_checkout_asks_for(given: str, asked: StripeCheckout | None) -> None:
    settings = Settings.load({**STRIPE, "LIVESHOP_STRIPE_CHECKOUT": given})
    assert settings.stripe_checkout == asked


@pytest.mark.parametrize(
    "given",
    ["default", "acct_", "acct_1 x", "ACCT_1", "acct_é", "acct_1/2", "acct_" + "1" * 124],
)
def test_a_connected_account_is_named_by_its_id(given: str) -> None:
    assert (
        Settings.load({**STRIPE, "LIVESHOP_STRIPE_ACCOUNT": "acct_1Ab"}).stripe_account
        == "acct_1Ab"
    )
    assert faults({**STRIPE, "LIVESHOP_STRIPE_ACCOUNT": given}) == [
        "LIVESHOP_STRIPE_ACCOUNT must be the id of a connected account: acct_…"
    ]


@pytest.mark.parametrize(
    "given",
    [
        *("tax", "automatic_tax:yes", "recovery,recovery", "countries", "countries:", "shipping:"),
        *("countries:de", "countries:DEU", "countries:DE AT", "countries:DE+", "countries:DE+DE"),
        *("countries:DE,countries:AT", "countries:DE,shipping:shp_1", "a=b", "countries:DE;AT"),
    ],
)
def test_what_no_stripe_checkout_can_ask_for(given: str) -> None:
    assert faults({**STRIPE, "LIVESHOP_STRIPE_CHECKOUT": given}) == [
        "LIVESHOP_STRIPE_CHECKOUT must look like "
        "automatic_tax,recovery,countries:DE+AT,shipping:shr_1+shr_2"
    ]


def test_shipping_rates_need_countries_and_are_five_at_most() -> None:
    many = "+".join(f"shr_{n}" for n in range(6))
    for given, problem in (
        ("shipping:shr_1", "must name countries with its shipping rates: countries:DE+AT"),
        (f"countries:DE,shipping:{many}", "may name 5 shipping rates, which is all Stripe shows"),
    ):
        assert faults({**STRIPE, "LIVESHOP_STRIPE_CHECKOUT": given}) == [
            f"LIVESHOP_STRIPE_CHECKOUT {problem}"
        ]


def test_an_api_key_is_no_webhook_secret() -> None:
    (fault,) = faults({**STRIPE, "LIVESHOP_STRIPE_WEBHOOK_SECRETS": "whsec_1,sk_live_1"})
    assert "not an API key" in fault


def test_shopify_counts_as_live_unless_its_base_is_loopback() -> None:
    assert Settings.load(SHOPIFY).mode == "live"
    base = {"LIVESHOP_SHOPIFY_API_BASE": "http://localhost:9999/"}
    settings = Settings.load({**SHOPIFY, **base})
    assert (settings.mode, settings.shopify_api_base) == ("test", "http://localhost:9999")


def test_shopify_takes_an_app_instead_of_a_token() -> None:
    app = {
        **SHOPIFY,
        "LIVESHOP_SHOPIFY_ADMIN_TOKEN": "",
        "LIVESHOP_SHOPIFY_WEBHOOK_SECRETS": "",
        "LIVESHOP_SHOPIFY_CLIENT_ID": "id",
        "LIVESHOP_SHOPIFY_CLIENT_SECRET": "client-secret",
    }
    settings = Settings.load(app)
    assert settings.shopify_client_id == "id"
    assert settings.shopify_webhook_secrets == (Secret("client-secret"),)
    del app["LIVESHOP_SHOPIFY_CLIENT_SECRET"]
    assert faults(app) == [
        "LIVESHOP_SHOPIFY_ADMIN_TOKEN must be set, with LIVESHOP_SHOPIFY_WEBHOOK_SECRETS; "
        "or instead LIVESHOP_SHOPIFY_CLIENT_ID and LIVESHOP_SHOPIFY_CLIENT_SECRET"
    ]


INSTALLED = {
    **SHOPIFY,
    "LIVESHOP_SHOPIFY_ADMIN_TOKEN": "",
    "LIVESHOP_SHOPIFY_ACCESS": "install",
    "LIVESHOP_SHOPIFY_CLIENT_ID": "id",
    "LIVESHOP_SHOPIFY_CLIENT_SECRET": "client-secret",
}


def test_a_shopify_app_may_have_to_be_installed() -> None:
    settings = Settings.load(INSTALLED)
    assert settings.shopify_access == "install"
    assert settings.shopify_scopes == "read_orders,write_discounts"
    more = {"LIVESHOP_SHOPIFY_SCOPES": "write_discounts, read_orders ,read_all_orders"}
    loaded = Settings.load({**INSTALLED, **more})
    assert loaded.shopify_scopes == "write_discounts,read_orders,read_all_orders"
    assert Settings.load(SHOPIFY).shopify_access == "credentials"


@pytest.mark.parametrize(
    "given",
    [{"LIVESHOP_SHOPIFY_CLIENT_SECRET": ""}, {"LIVESHOP_SHOPIFY_ADMIN_TOKEN": "shpat_1"}],
)
def test_an_app_is_installed_by_its_id_and_secret(given: dict[str, str]) -> None:
    assert faults({**INSTALLED, **given}) == [
        "LIVESHOP_SHOPIFY_ACCESS install needs an app's id and secret, and no token"
    ]


@pytest.mark.parametrize("scopes", ["read_orders", "read_orders,write_discounts,", "a b", "*"])
def test_scopes_are_names_and_hold_what_is_needed(scopes: str) -> None:
    (fault,) = faults({**INSTALLED, "LIVESHOP_SHOPIFY_SCOPES": scopes})
    assert "must be scopes with commas, read_orders and write_discounts among them" in fault


def test_shopify_with_a_token_needs_the_secret_of_its_webhooks() -> None:
    assert faults({**SHOPIFY, "LIVESHOP_SHOPIFY_WEBHOOK_SECRETS": ""}) == [
        "LIVESHOP_SHOPIFY_WEBHOOK_SECRETS must be set: the app's client secret"
    ]


def test_a_platform_without_credentials_names_all_it_needs() -> None:
    assert [fault.split()[0] for fault in faults({"LIVESHOP_PLATFORM": "shopify"})] == [
        "LIVESHOP_SECRET_KEYS",
        "LIVESHOP_SHOPIFY_SHOP",
        "LIVESHOP_SHOPIFY_ADMIN_TOKEN",
    ]


@pytest.mark.parametrize(
    "host",
    [
        "drops.example",
        "-a.myshopify.com",
        "a.myshopify.com.evil.example",
        "A.myshopify.com",
        "a.myshopify.com/x",
        "a.myshopify.com\nx",
        "https://a.myshopify.com",
    ],
)
def test_only_a_permanent_shop_host_is_taken(host: str) -> None:
    (fault,) = faults({**SHOPIFY, "LIVESHOP_SHOPIFY_SHOP": host})
    assert fault.startswith("LIVESHOP_SHOPIFY_SHOP must be")


@pytest.mark.parametrize("version", ["2026-1", "2026-02", "unstable", "2026-10/..", "26-10"])
def test_only_a_quarterly_version_is_taken(version: str) -> None:
    (fault,) = faults({**SHOPIFY, "LIVESHOP_SHOPIFY_API_VERSION": version})
    assert fault.startswith("LIVESHOP_SHOPIFY_API_VERSION must be")


@pytest.mark.parametrize("name", ["STRIPE_API_BASE", "SHOPIFY_API_BASE"])
@pytest.mark.parametrize(
    "base",
    [
        "http://127.0.0.1.evil.example",
        "http://127.0.0.1@evil.example",
        "http://localhost.evil.example",
        "http://10.0.0.1:80",
        "http://127.0.0.2",
        "ftp://127.0.0.1",
        "//127.0.0.1",
        "http://127.0.0.1:99999",
        "http://127.0.0.1\\@evil.example",
        "http://127.0.0.1?x",
        "localhost:80",
        "http://[::1",
    ],
)
def test_an_api_base_elsewhere_is_refused(name: str, base: str) -> None:
    (fault,) = faults({f"LIVESHOP_{name}": base})
    assert fault.startswith(f"LIVESHOP_{name} is for fakes on this machine")


@pytest.mark.parametrize("base", ["http://127.0.0.1:1", "http://localhost", "http://[::1]:8080/"])
def test_a_loopback_api_base_is_taken(base: str) -> None:
    assert Settings.load({"LIVESHOP_STRIPE_API_BASE": base}).stripe_api_base == base.rstrip("/")


@pytest.mark.parametrize(
    "url",
    [
        "shop.example",
        "https://",
        "https://u:p@h.example",
        "https://h.example/?a=1",
        "https://h.example/#a",
        "javascript:alert(1)",
        "https://h .example",
        "https://h.example?",
    ],
)
def test_a_base_url_must_be_a_plain_address(url: str) -> None:
    (fault,) = faults({"LIVESHOP_BASE_URL": url})
    assert fault.startswith("LIVESHOP_BASE_URL must look like")


def test_names_of_others_are_left_alone() -> None:
    others = {
        "LIVESHOP_TEST_POSTGRES_URL": "x",
        "LIVESHOP_TEST_REDIS_URL": "x",
        "LIVESHOP_ORACLES": "x",
        "LIVESHOP_REQUIRE_SERVICES": "1",
        "LIVESHOP_SERVICE_HOST": "10.1.2.3",
        "LIVESHOP_SERVICE_PORT_HTTP": "80",
        "LIVESHOP_PORT": "tcp://10.1.2.3:80",
        "LIVESHOP_PORT_80_TCP_ADDR": "10.1.2.3",
        "LIVESHOP_QUITE_ELSE": "1",
        "liveshop_lower": "x",
        "PATH": "/bin",
    }
    assert Settings.load(others) == Settings()


def test_an_override_of_another_type_is_a_fault() -> None:
    assert faults({}, {"LIVESHOP_BASE_URL": 5, "LIVESHOP_SECRET_KEYS": [1]}) == [
        "LIVESHOP_SECRET_KEYS must be text, separated by commas",
        "LIVESHOP_BASE_URL must be text",
    ]


def test_secrets_do_not_show() -> None:
    settings = Settings.load({**STRIPE, "LIVESHOP_DATABASE_URL": "postgresql://u:pass-word@h/db"})
    for text in (
        repr(settings),
        str(settings),
        f"{settings.stripe_api_key}",
        repr(KeyError(settings.secret_keys)),
    ):
        assert not any(part in text for part in ("pass-word", KEY, "4eC39", "whsec_one"))
    assert f"{settings.stripe_api_key}" == "***"
    assert repr(settings.stripe_api_key) == "Secret('***')"


def test_secrets_compare_by_their_text() -> None:
    assert Secret("é") == Secret("é") != Secret("e")
    assert Secret("a") != "a"
    assert len({Secret("a"), Secret("a"), Secret("b")}) == 2


def test_a_fault_travels_between_processes() -> None:
    with pytest.raises(SettingsInvalidError) as caught:
        Settings.load({"LIVESHOP_INGEST": "x"})
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
