"""Digits after the decimal point, held against the list of the standard's maintenance agency."""

from __future__ import annotations

import pytest

from domain.money import CURRENCY_CODES, MINOR_DIGITS, AmountUnreadable, Money, minor_digits, parse_minor

# ISO 4217, list one of 1 January 2026 (SIX): currencies whose minor unit is not 2.
WITHOUT_CENTS = {
    "BIF": "Burundi Franc",
    "CLP": "Chilean Peso",
    "DJF": "Djibouti Franc",
    "GNF": "Guinean Franc",
    "ISK": "Iceland Krona",
    "JPY": "Yen",
    "KMF": "Comorian Franc",
    "KRW": "Won",
    "PYG": "Guarani",
    "RWF": "Rwanda Franc",
    "UGX": "Uganda Shilling",
    "VND": "Dong",
    "VUV": "Vatu",
    "XAF": "CFA Franc BEAC",
    "XOF": "CFA Franc BCEAO",
    "XPF": "CFP Franc",
}
IN_THOUSANDTHS = {
    "BHD": "Bahraini Dinar",
    "IQD": "Iraqi Dinar",
    "JOD": "Jordanian Dinar",
    "KWD": "Kuwaiti Dinar",
    "LYD": "Libyan Dinar",
    "OMR": "Rial Omani",
    "TND": "Tunisian Dinar",
}


def test_digits_are_those_of_the_standard() -> None:
    digits = {code: minor_digits(code) for code in CURRENCY_CODES}
    assert {code for code, count in digits.items() if count == 0} == set(WITHOUT_CENTS)
    assert {code for code, count in digits.items() if count == 3} == set(IN_THOUSANDTHS)
    assert all(count == 2 for code, count in digits.items() if code not in WITHOUT_CENTS | IN_THOUSANDTHS)
    assert set(MINOR_DIGITS) <= CURRENCY_CODES


@pytest.mark.parametrize(
    ("text", "currency", "minor", "amount"),
    [
        ("1250", "XOF", 1_250, "1250"),
        ("1250", "UGX", 1_250, "1250"),
        ("1250.5", "IQD", 1_250_500, "1250.500"),
        ("-0.005", "LYD", -5, "-0.005"),
        ("1250.50", "EUR", 1_250_50, "1250.50"),
    ],
)
def test_an_amount_is_read_and_written_with_its_currency_s_digits(
    text: str, currency: str, minor: int, amount: str
) -> None:
    assert parse_minor(text, currency) == minor
    assert Money(minor, currency).amount == amount


def test_a_currency_without_cents_takes_none() -> None:
    with pytest.raises(AmountUnreadable, match="XOF has 0 digits after the decimal point"):
        parse_minor("1250.50", "XOF")
