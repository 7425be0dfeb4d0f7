"""Several currencies in one fund: rates that somebody stated, conversions through position accounts, currency results.

A rate says how many units of a currency one unit of the fund's own was worth on a day. An amount is translated exactly
and rounded once, half to even. A conversion is one entry in which each currency sums to zero by itself: what leaves the
fund's own currency stays on its position account at cost until it comes back; what came back above or below cost is the
realised result. ``docs/rules/ledger.md`` works an example through by hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from domain.calendar import in_words
from domain.errors import Problem, Refusal
from domain.money import CURRENCY_CODES, Money, minor_digits, round_half_even

POSITION = "currency_position"
"""The account, one per currency of a fund, through which each currency of a conversion sums to zero."""

RESULT = "currency_result"
"""The income account of what was gained or lost on money that was converted back."""

RATE_DAYS_MAX = 7
"""A rate that is older at a conversion is refused: weekends and holidays pass, a forgotten month does not."""

RATE_DIGITS_MAX = 12

OFF_RATE_PERCENT_MAX = 5
"""What came for an amount may be so far off what the known rate makes of it: banks differ, a comma slips further."""


class RateUnknown(Refusal):
    """No rate of a currency is known on or before a day."""

    def __init__(self, currency: str, base: str, on: date) -> None:
        super().__init__(f"no rate of {currency} for {base} is known on {in_words(on)} or before; record one first")
        self.currency, self.base, self.on = currency, base, on


class RateTooOld(Refusal):
    """The last known rate is older than a conversion may rest on."""

    def __init__(self, rate: Rate, on: date) -> None:
        super().__init__(
            f"no rate of {rate.currency} is known for {in_words(on)}; the last one, {rate.in_words()}, is "
            f"{(on - rate.on).days} days old and may be {RATE_DAYS_MAX}"
        )
        self.currency, self.on, self.last_on, self.last_units = rate.currency, on, rate.on, str(rate.units)


class FarFromRate(Refusal):
    """What is said to have come for an amount lies too far off what the known rate makes of it."""

    def __init__(self, *, bought: Money, expected: Money, rate: Rate) -> None:
        super().__init__(
            f"{bought} is more than {OFF_RATE_PERCENT_MAX} % off the {expected} that the known rate makes of it "
            f"({rate.in_words()}); state a newer rate where this one is wrong"
        )
        self.bought, self.expected, self.rate_on, self.rate_units = bought, expected, rate.on, str(rate.units)


@dataclass(frozen=True, slots=True)
class Rate:
    """One unit of ``base``, the fund's own currency, was worth ``units`` of ``currency`` on a day, says the source."""

    currency: str
    base: str
    units: Decimal
    on: date
    source: str

    def in_words(self) -> str:
        """Write the rate as people read it: ``1 EUR = 1.085 USD of 31 Mar 2026``."""
        return f"1 {self.base} = {self.units.normalize():f} {self.currency} of {in_words(self.on)}"


@dataclass(frozen=True, slots=True)
class ConversionResult:
    """What a conversion does in the fund's own currency: to the position at cost, and the result that it realises."""

    position_minor: int
    result_minor: int


def rate_problems(*, units: Decimal, source: str) -> list[Problem]:
    """Return what is wrong with a rate as somebody states it."""
    wrong = []
    if not units.is_finite() or not 0 < units < 10**RATE_DIGITS_MAX:
        wrong.append(Problem("units", "a rate above zero is expected, such as 1.0850"))
    elif -int(units.as_tuple().exponent) > RATE_DIGITS_MAX:
        wrong.append(Problem("units", f"at most {RATE_DIGITS_MAX} digits after the decimal point are kept"))
    if not source.strip():
        wrong.append(Problem("source", "say where the rate comes from"))
    return wrong


def currency_problems(currency: str, *, base: str) -> list[Problem]:
    """Return what is wrong with a currency that a fund is to hold beside its own."""
    if currency not in CURRENCY_CODES:
        return [Problem("currency", "an ISO 4217 code such as USD is expected")]
    if currency == base:
        return [Problem("currency", f"{base} is the fund's own currency")]
    return []


def translate(minor: int, from_currency: str, to_currency: str, rate: Rate) -> int:
    """Return what an amount is worth in the other currency of a rate, in whole minor units, rounded once half to even.

    There and back at one rate loses at most half a minor unit of the way there, at its worth, and half a unit back: no
    more than one minor unit of the coarser currency.
    """
    if from_currency == to_currency:
        return minor
    assert {from_currency, to_currency} == {rate.base, rate.currency}, "a rate translates between its two currencies"
    units = Fraction(rate.units) * Fraction(10) ** (minor_digits(rate.currency) - minor_digits(rate.base))
    return round_half_even(minor * units if from_currency == rate.base else minor / units)


def usable_rate(rate: Rate | None, *, currency: str, base: str, on: date) -> Rate:
    """Return a rate that a conversion on a day may rest on. Refused: none, one that is too old."""
    if rate is None:
        raise RateUnknown(currency, base, on)
    if (on - rate.on).days > RATE_DAYS_MAX:
        raise RateTooOld(rate, on)
    return rate


def check_bought(sold: Money, bought: Money, rate: Rate) -> None:
    """Refuse an amount that came for another one and is too far off the known rate: more than rounding, and the share.

    It bounds what a person can give away by typing a figure; what is left is what banks' own prices differ by.
    """
    expected = translate(sold.minor, sold.currency, bought.currency, rate)
    off = abs(bought.minor - expected)
    if off > 1 and off * 100 > expected * OFF_RATE_PERCENT_MAX:
        raise FarFromRate(bought=bought, expected=Money(expected, bought.currency), rate=rate)


def amount_judged(sold: Money, bought: Money, settled: ConversionResult, rate: Rate) -> Money:
    """Return the amount that a conversion is measured by in the fund's own currency: the greatest of three.

    That is the side in the own currency, the other side at the known rate, and the cost that the position changes by.
    """
    own, foreign = (sold, bought) if sold.currency == rate.base else (bought, sold)
    at_rate = translate(foreign.minor, foreign.currency, rate.base, rate)
    return Money(max(own.minor, at_rate, abs(settled.position_minor)), rate.base)


def settle(*, cost_minor: int, held_minor: int, base_minor: int, foreign_minor: int) -> ConversionResult:
    """Return what a conversion does to a position that holds ``held_minor`` of a currency at ``cost_minor``.

    ``base_minor`` and ``foreign_minor`` are what comes in (> 0) and goes out of cash in either currency. What adds to
    the position is kept at what it cost. What takes from it goes at average cost; the difference is the result, a gain
    above zero. What takes more than there is opens a position the other way round, at its own price.
    """
    assert base_minor * foreign_minor < 0, "a conversion gives one currency and takes the other"
    if held_minor * foreign_minor >= 0:
        return ConversionResult(-base_minor, 0)
    closed = min(abs(foreign_minor), abs(held_minor))
    cost = round_half_even(Fraction(cost_minor * closed, abs(held_minor)))
    proceeds = round_half_even(Fraction(base_minor * closed, abs(foreign_minor)))
    result = proceeds - cost
    return ConversionResult(result - base_minor, result)


def position_result(base_minor: int, foreign_minor: int, rate: Rate) -> int:
    """Return the unrealised result of a position in the fund's own currency, a gain above zero.

    Both amounts are balances of the position accounts as the ledger has them (debit above zero): in the fund's own
    currency what the money held had cost, in the other what came for it, below zero.
    """
    return -(base_minor + translate(foreign_minor, rate.currency, rate.base, rate))
