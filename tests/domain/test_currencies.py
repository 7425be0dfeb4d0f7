"""Rates, translations and positions, with the arithmetic beside every figure."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from babel.numbers import list_currencies
from hypothesis import given
from hypothesis import strategies as st

from domain.currencies import (
    ConversionResult,
    Rate,
    RateTooOld,
    RateUnknown,
    currency_problems,
    position_result,
    rate_problems,
    settle,
    translate,
    usable_rate,
)
from domain.money import CURRENCY_CODES, MINOR_DIGITS, minor_digits

DAY = date(2026, 3, 31)


def rate(units: str, currency: str = "USD", base: str = "EUR", on: date = DAY) -> Rate:
    return Rate(currency, base, Decimal(units), on, "test")


def test_every_currency_is_one_that_others_know_too() -> None:
    assert set(list_currencies()) >= CURRENCY_CODES >= {"EUR", "USD", "GBP", "JPY", *MINOR_DIGITS}
    assert not CURRENCY_CODES & {"QQQ", "XXX", "XAU", "XTS", "DEM"}


@pytest.mark.parametrize(
    ("minor", "one", "other", "found"),
    [
        # 1,000.00 EUR at 1.0850 USD for one EUR is 1,085.00 USD; back it is 1,000.00 EUR.
        (1_000_00, "EUR", rate("1.0850"), 1_085_00),
        (1_085_00, "USD", rate("1.0850"), 1_000_00),
        # 10.00 USD / 1.0850 = 9.21658… EUR
        (10_00, "USD", rate("1.0850"), 9_22),
        # Half a cent goes to the even neighbour: 0.05 * 0.5 = 0.025 is 0.02, 0.15 * 0.5 = 0.075 is 0.08.
        (5, "EUR", rate("0.5"), 2),
        (15, "EUR", rate("0.5"), 8),
        (-5, "EUR", rate("0.5"), -2),
        # A yen has no digits after the point: 12.34 EUR * 161.50 = 1,992.91 JPY; 1,993 JPY / 161.50 = 12.3405… EUR
        (12_34, "EUR", rate("161.50", "JPY"), 1_993),
        (1_993, "JPY", rate("161.50", "JPY"), 12_34),
        # A dinar of Kuwait has three: 100.00 EUR * 0.3321 = 33.210 KWD
        (100_00, "EUR", rate("0.3321", "KWD"), 33_210),
        (7, "EUR", rate("1.0850"), 8),
        (0, "USD", rate("1.0850"), 0),
    ],
)
def test_an_amount_is_translated_exactly_and_rounded_once(minor: int, one: str, other: Rate, found: int) -> None:
    into = other.currency if one == other.base else other.base
    assert translate(minor, one, into, other) == found
    assert translate(minor, one, one, other) == minor


RATES = st.decimals(min_value="0.0001", max_value="25000", places=6).filter(lambda units: units > 0)
CURRENCIES = st.sampled_from(["USD", "JPY", "KWD", "GBP"])


@given(st.integers(-(10**15), 10**15), RATES, CURRENCIES)
def test_there_and_back_loses_at_most_a_unit_of_the_coarser_currency(minor: int, units: Decimal, currency: str) -> None:
    """Half a minor unit there, at what it is worth, and half a unit back."""
    stated = Rate(currency, "EUR", units, DAY, "test")
    there = translate(minor, "EUR", currency, stated)
    back = translate(there, currency, "EUR", stated)
    worth = 1 / (Fraction(units) * Fraction(10) ** (minor_digits(currency) - 2))
    assert abs(back - minor) <= worth / 2 + Fraction(1, 2)
    if worth <= 1:
        assert abs(back - minor) <= 1
    assert translate(-minor, "EUR", currency, stated) == -there


@pytest.mark.parametrize(
    ("cost", "held", "base", "foreign", "settled"),
    [
        # 1,000.00 EUR buy 1,085.00 USD: kept at what they cost.
        (0, 0, -1_000_00, 1_085_00, ConversionResult(1_000_00, 0)),
        (1_000_00, 1_085_00, -500_00, 550_00, ConversionResult(500_00, 0)),
        # 1,635.00 USD cost 1,500.00 EUR; 545.00 of them had cost 500.00 and bring 520.00: a gain of 20.00.
        (1_500_00, 1_635_00, 520_00, -545_00, ConversionResult(-500_00, 20_00)),
        (1_500_00, 1_635_00, 480_00, -545_00, ConversionResult(-500_00, -20_00)),
        # All of it, at average cost 1,000.00: what is left costs nothing.
        (1_000_00, 1_085_00, 990_00, -1_085_00, ConversionResult(-1_000_00, -10_00)),
        # A third of 1.00 at cost: 0.33, half to even.
        (1_00, 3_00, 50, -1_00, ConversionResult(-33, 17)),
        # 100.00 USD earned and never bought are sold for 92.00: a position the other way round, bought back for 90.00.
        (0, 0, 92_00, -100_00, ConversionResult(-92_00, 0)),
        (-92_00, -100_00, -90_00, 100_00, ConversionResult(92_00, 2_00)),
        # 200.00 sold where 100.00 are held at 90.00: half the 190.00 is for them, a gain of 5.00; the rest opens anew.
        (90_00, 100_00, 190_00, -200_00, ConversionResult(-185_00, 5_00)),
    ],
)
def test_a_position_is_kept_at_cost_and_the_result_is_what_came_back_beyond_it(
    cost: int, held: int, base: int, foreign: int, settled: ConversionResult
) -> None:
    found = settle(cost_minor=cost, held_minor=held, base_minor=base, foreign_minor=foreign)
    assert found == settled
    # In the fund's own currency the entry sums to zero: cash, position, result (credit).
    assert base + found.position_minor - found.result_minor == 0


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 10**12), st.integers(1, 10**12)), max_size=30))
def test_a_position_that_is_empty_has_no_cost(moves: list[tuple[bool, int, int]]) -> None:
    """However money went there and back, what is realised is what cash gained once nothing is held."""
    cost = held = cash = realised = 0
    for out, given_minor, taken_minor in moves:
        base, foreign = (-given_minor, taken_minor) if out else (given_minor, -taken_minor)
        found = settle(cost_minor=cost, held_minor=held, base_minor=base, foreign_minor=foreign)
        cost, held, cash = cost + found.position_minor, held + foreign, cash + base
        realised += found.result_minor
        assert cash + cost == realised
    if held:
        base, foreign = (1 if held > 0 else -1) * 7_00, -held
        found = settle(cost_minor=cost, held_minor=held, base_minor=base, foreign_minor=foreign)
        assert cost + found.position_minor == 0
        assert realised + found.result_minor == cash + base


def test_the_unrealised_result_is_what_is_held_at_the_rate_less_its_cost() -> None:
    """1,085.00 USD that cost 1,000.00 EUR: at 1.0500 they are worth 1,033.33, at 1.1000 986.36."""
    assert position_result(1_000_00, -1_085_00, rate("1.0500")) == 33_33
    assert position_result(1_000_00, -1_085_00, rate("1.1000")) == -13_64


def test_a_conversion_rests_on_a_rate_of_the_week() -> None:
    stated = rate("1.0850", on=date(2026, 3, 24))
    assert usable_rate(stated, currency="USD", base="EUR", on=DAY) is stated
    with pytest.raises(RateTooOld, match=r"1 EUR = 1\.085 USD of 23 Mar 2026, is 8 days old and may be 7"):
        usable_rate(rate("1.0850", on=date(2026, 3, 23)), currency="USD", base="EUR", on=DAY)
    with pytest.raises(RateUnknown, match="no rate of USD for EUR is known on 31 Mar 2026 or before"):
        usable_rate(None, currency="USD", base="EUR", on=DAY)


@pytest.mark.parametrize(
    ("units", "source", "where"),
    [
        ("1.0850", "ECB reference rates", []),
        ("0", "a", ["units"]),
        ("-1", "a", ["units"]),
        ("NaN", "a", ["units"]),
        ("1e13", "a", ["units"]),
        ("0.0000000000001", "a", ["units"]),
        ("0", " ", ["units", "source"]),
    ],
)
def test_a_rate_is_above_zero_and_names_its_source(units: str, source: str, where: list[str]) -> None:
    assert [problem.where for problem in rate_problems(units=Decimal(units), source=source)] == where


@pytest.mark.parametrize(
    ("currency", "right"), [("USD", True), ("QQQ", False), ("EUR", False), ("usd", False), ("US", False)]
)
def test_another_currency_is_a_code_of_three_letters(currency: str, right: bool) -> None:
    assert (currency_problems(currency, base="EUR") == []) is right
