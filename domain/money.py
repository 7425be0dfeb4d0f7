"""Money as whole minor units of one currency. This module is where an amount is read, rounded, split and written."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

from domain.errors import Refusal

MINOR_DIGITS = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV"), 0),
    **dict.fromkeys(("XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}
"""Digits after the decimal point by ISO 4217 code; every other currency has two.

Source: ISO 4217, list one as published on 1 January 2026 by its maintenance agency (SIX), column minor unit. The SDR
(XDR) has no minor unit there; it is kept with two digits. Units of account of one country, in which no
money is kept (CLF, UYI, UYW), are not in ``CURRENCY_CODES``.
"""

CURRENCY_CODES = frozenset(
    [
        "AED", "AFN", "ALL", "AMD", "AOA", "ARS", "AUD", "AWG", "AZN", "BAM", "BBD", "BDT", "BGN", "BHD", "BIF",
        "BMD", "BND", "BOB", "BRL", "BSD", "BTN", "BWP", "BYN", "BZD", "CAD", "CDF", "CHF", "CLP", "CNY", "COP",
        "CRC", "CUP", "CVE", "CZK", "DJF", "DKK", "DOP", "DZD", "EGP", "ERN", "ETB", "EUR", "FJD", "FKP", "GBP",
        "GEL", "GHS", "GIP", "GMD", "GNF", "GTQ", "GYD", "HKD", "HNL", "HTG", "HUF", "IDR", "ILS", "INR", "IQD",
        "IRR", "ISK", "JMD", "JOD", "JPY", "KES", "KGS", "KHR", "KMF", "KPW", "KRW", "KWD", "KYD", "KZT", "LAK",
        "LBP", "LKR", "LRD", "LSL", "LYD", "MAD", "MDL", "MGA", "MKD", "MMK", "MNT", "MOP", "MRU", "MUR", "MVR",
        "MWK", "MXN", "MYR", "MZN", "NAD", "NGN", "NIO", "NOK", "NPR", "NZD", "OMR", "PAB", "PEN", "PGK", "PHP",
        "PKR", "PLN", "PYG", "QAR", "RON", "RSD", "RUB", "RWF", "SAR", "SBD", "SCR", "SDG", "SEK", "SGD", "SHP",
        "SLE", "SOS", "SRD", "SSP", "STN", "SVC", "SYP", "SZL", "THB", "TJS", "TMT", "TND", "TOP", "TRY", "TTD",
        "TWD", "TZS", "UAH", "UGX", "USD", "UYU", "UZS", "VED", "VES", "VND", "VUV", "WST", "XAF", "XCD", "XCG",
        "XDR", "XOF", "XPF", "YER", "ZAR", "ZMW", "ZWG",
    ]
)  # fmt: skip
"""The currencies that money is kept in, by their ISO 4217 codes: no metals, no bonds, no codes of countries gone."""

AMOUNT_MINOR_MAX = 10**17
"""No amount in the book is larger (a thousand million million cents): what is larger is a mistyped figure."""

_PLAIN_NUMBER = re.compile(r"[+-]?[0-9]{1,30}(\.[0-9]{1,30})?")


class AmountUnreadable(Refusal):
    """A text that is no amount of money in plain digits."""

    def __init__(self, text: str, why: str) -> None:
        super().__init__(
            f"“{text[:40]}” is not an amount of money: {why}" if text.strip() else "give an amount, such as 1,250.00"
        )
        self.text, self.why = text[:40], why


class CurrenciesDiffer(Refusal):
    """Two amounts of different currencies cannot be added or compared; nor is one taken for the ``wanted`` other."""

    def __init__(self, one: str, other: str, *, wanted: bool = False) -> None:
        super().__init__(f"this is in {one}: give it in {other}" if wanted else f"{one} and {other} cannot be added up")
        self.one, self.other = one, other


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An exact amount, e.g. ``Money(1_250_00, "EUR")`` is EUR 1,250.00."""

    minor: int
    currency: str

    def __add__(self, other: Money) -> Money:
        if self.currency != other.currency:
            raise CurrenciesDiffer(self.currency, other.currency)
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        return self + Money(-other.minor, other.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    @property
    def amount(self) -> str:
        """The amount as a decimal string with the currency's digits, e.g. ``"1250.00"``."""
        return minor_to_text(self.minor, self.currency)

    def __str__(self) -> str:
        """The amount as the bank's people read it, e.g. ``EUR 1,250.00``."""
        digits = minor_digits(self.currency)
        return f"{self.currency} {Decimal(self.minor).scaleb(-digits):,.{digits}f}"


def minor_digits(currency: str) -> int:
    """Return how many digits a currency has after the decimal point (ISO 4217)."""
    return MINOR_DIGITS.get(currency, 2)


def minor_to_text(minor: int, currency: str) -> str:
    """Write minor units as a plain decimal string: ``minor_to_text(-5, "EUR")`` is ``"-0.05"``."""
    digits = minor_digits(currency)
    return f"{Decimal(minor).scaleb(-digits):.{digits}f}"


def parse_minor(text: str, currency: str) -> int:
    """Read a plain decimal text as whole minor units, exactly.

    Refused (``AmountUnreadable``), in this order: anything but digits with one decimal point, more digits after the
    point than the currency has, more than ``AMOUNT_MINOR_MAX``.
    """
    cleaned = text.strip()
    if not _PLAIN_NUMBER.fullmatch(cleaned):
        raise AmountUnreadable(text, "write plain digits with a decimal point, such as 1250.00")
    scaled = Decimal(cleaned).scaleb(minor_digits(currency))
    if scaled != scaled.to_integral_value():
        raise AmountUnreadable(text, f"{currency} has {minor_digits(currency)} digits after the decimal point")
    if abs(scaled) > AMOUNT_MINOR_MAX:
        raise AmountUnreadable(text, "it is larger than any amount this book holds")
    return int(scaled)


def round_half_even(exact: Fraction) -> int:
    """Round an exact quantity of minor units to whole ones, ties to the even neighbour. The one place that rounds."""
    return round(exact)


def to_places(exact: Fraction, places: int) -> Decimal:
    """Round an exact figure to a number of decimal places, ties to the even neighbour."""
    return Decimal(round(exact * 10**places)).scaleb(-places)


def share_of(minor: int, share: Decimal) -> int:
    """Return a share of an amount in whole minor units, rounded half to even once."""
    return int((Decimal(minor) * share).quantize(Decimal(1), ROUND_HALF_EVEN))


def share_out(total: int, weights: Sequence[int]) -> list[int]:
    """Split ``total`` over ``weights`` without losing a unit.

    Each part is its exact share rounded down; what is left over goes, a unit each, to the largest remainders, ties to
    the earlier weight. With ``0 <= total <= sum(weights)`` no part exceeds its weight.
    """
    whole = sum(weights)
    assert total >= 0 and whole > 0 and all(w >= 0 for w in weights), "caller splits a positive total over weights"
    parts = [total * weight // whole for weight in weights]
    remainders = sorted(range(len(weights)), key=lambda i: (-(total * weights[i] % whole), i))
    for i in remainders[: total - sum(parts)]:
        parts[i] += 1
    return parts
