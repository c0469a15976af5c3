"""The settings of payouts: who may act alone, and who pays."""

import pytest

from liveshop_sdk.errors import SettingsInvalidError
from liveshop_sdk.money import Money
from liveshop_sdk.settings import Settings

PAYER = {
    "LIVESHOP_PAYER_IBAN": "DE89 3704 0044 0532 0130 00",
    "LIVESHOP_PAYER_NAME": "Shop GmbH",
    "LIVESHOP_PAYER_TOWN": "Berlin",
    "LIVESHOP_PAYER_COUNTRY": "DE",
}


def test_limits_are_by_currency() -> None:
    read = Settings.load({"LIVESHOP_PAYOUT_ALONE_UP_TO": "500.00 EUR, 40000 JPY,"})
    assert read.payout_alone_up_to == (Money(50_000, "EUR"), Money(40_000, "JPY"))
    assert Settings.load({}).payout_alone_up_to == ()


@pytest.mark.parametrize("given", ["500", "EUR 500", "5,00 EUR", "1.00 XXX", "1.001 EUR"])
def test_what_is_no_limit_is_a_fault(given: str) -> None:
    with pytest.raises(SettingsInvalidError) as caught:
        Settings.load({"LIVESHOP_PAYOUT_ALONE_UP_TO": given})
    assert "LIVESHOP_PAYOUT_ALONE_UP_TO must look like" in str(caught.value)


def test_a_payer_is_whole_and_shows_no_account() -> None:
    read = Settings.load(PAYER)
    assert read.payer_iban is not None
    assert read.payer_iban.reveal() == "DE89370400440532013000"
    assert "3704" not in repr(read)
    with pytest.raises(SettingsInvalidError) as caught:
        Settings.load({"LIVESHOP_PAYER_IBAN": "DE89"})
    assert caught.value.count == 4
    assert "DE89" not in str(caught.value)
