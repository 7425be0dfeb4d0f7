"""What statements add up to, whatever was booked: no account without its line, both sides equal, spans that add up."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import cash_flow as flows
from domain import currencies
from domain.calendar import compared_span
from domain.cash_flow import FLOWS, LINES_OF, CashMovement, FlowName, FlowPart, cash_flow
from domain.ledger import CHART, AccountKind
from domain.money import Money, round_half_even
from domain.positions import STATEMENT_ACCOUNTS
from domain.statements import (
    ALWAYS_SHOWN,
    LINES,
    MEMORANDUM_LINES,
    OTHER_LINES,
    PART_OF_KIND,
    BalanceSheet,
    StatementPart,
    balance_sheet,
    currencies_of,
    income_statement,
    place_of,
)
from domain.trial_balance import trial_balance

REAL = {code: kind for code, kind in CHART.items() if kind is not AccountKind.MEMORANDUM}
KINDS = {(code, of): str(kind) for code, kind in CHART.items() for of in ("EUR", "USD", "JPY")} | {
    ("currency_position", of): "asset" for of in ("EUR", "USD", "JPY")
}
RATES = {"EUR": Fraction(1), "USD": Fraction(9, 10), "JPY": Fraction(61, 100)}
"""Cents of EUR for one cent of USD, and for one yen."""


def at_rates(minor: int, currency: str) -> int | None:
    return round_half_even(minor * RATES[currency])


def at_other_rates(minor: int, currency: str) -> int | None:
    return round_half_even(minor * RATES[currency] * Fraction(11 if currency != "EUR" else 10, 10))


def no_rate(_minor: int, _currency: str) -> int | None:
    return None


@st.composite
def histories(draw: st.DrawFn, currencies: tuple[str, ...] = ("EUR",)) -> list[tuple[date, dict[tuple[str, str], int]]]:
    """Entries between real accounts, each zero in every currency that it has; some move between two currencies."""
    real = sorted(REAL)
    entries = []
    for _ in range(draw(st.integers(0, 12))):
        day = date(2025, 1, 1) + timedelta(days=draw(st.integers(0, 364)))
        minor = draw(st.integers(-(10**12), 10**12))
        if len(currencies) > 1 and draw(st.booleans()):
            one, other = draw(st.permutations(currencies))[:2]
            back = draw(st.integers(1, 10**12))
            entry = {("cash", one): -minor, ("currency_position", one): minor}
            entry |= {("cash", other): back, ("currency_position", other): -back}
        else:
            of = draw(st.sampled_from(currencies))
            debit, credit = draw(st.permutations(real))[:2]
            entry = {(debit, of): minor, (credit, of): -minor}
        entries.append((day, entry))
    return entries


def balances_on(history: list[tuple[date, dict[tuple[str, str], int]]], day: date) -> dict[tuple[str, str], int]:
    sums = dict.fromkeys(KINDS, 0)
    for booked, entry in history:
        if booked <= day:
            for account, minor in entry.items():
                sums[account] += minor
    return sums


def moved_between(
    history: list[tuple[date, dict[tuple[str, str], int]]], evening: date, last: date
) -> dict[tuple[str, str], tuple[int, int]]:
    """What was debited and what was credited on each account after an evening and up to a day."""
    postings = [one for day, entry in history if evening < day <= last for one in entry.items()]
    return {
        account: (
            sum(minor for of, minor in postings if of == account and minor > 0),
            -sum(minor for of, minor in postings if of == account and minor < 0),
        )
        for account in KINDS
    }


def capital_line(sheet: BalanceSheet, name: str) -> int:
    (total,) = [one.total for one in sheet.capital.lines if one.name == name]
    assert total is not None
    return total.minor


def test_every_account_of_the_chart_has_a_line_of_its_own_part() -> None:
    for code, kind in REAL.items():
        part, name = place_of(code, kind)
        assert part is PART_OF_KIND[kind]
        assert name != OTHER_LINES[part], f"{code} has no line; say in domain/statements.py where a reader finds it"


def test_no_account_stands_on_two_lines_and_no_line_has_two_names() -> None:
    codes = [code for lines in LINES.values() for them in lines.values() for code in them]
    names = [name for lines in (*LINES.values(), MEMORANDUM_LINES) for name in lines]
    assert len(codes) == len(set(codes)) and len(names) == len(set(names))
    assert set(names) >= ALWAYS_SHOWN
    assert all(OTHER_LINES[part] in lines for part, lines in LINES.items())


@pytest.mark.parametrize(
    ("code", "kind", "line"),
    [
        *((code, str(kind), "other_capital") for code, kind in STATEMENT_ACCOUNTS.items() if kind != "memorandum"),
        ("gold_in_the_cellar", "asset", "other_assets"),
        ("cash", "liability", "other_liabilities"),
    ],
)
def test_a_source_s_own_account_stands_on_the_other_line_of_its_kind(code: str, kind: str, line: str) -> None:
    assert place_of(code, kind)[1] == line
    found = balance_sheet({(code, "EUR"): -500, ("contributed", "EUR"): 500}, {**KINDS, (code, "EUR"): kind},
                          currencies=("EUR",), year_before={})  # fmt: skip
    (told,) = [
        one for table in (found.assets, found.liabilities, found.capital) for one in table.lines if one.name == line
    ]
    assert [one.code for one in told.accounts if one.amount.minor] == [code], "it is named by its code"


@pytest.mark.parametrize(
    ("code", "minor", "part", "shown"),
    [
        pytest.param("cash", 100, "assets", 100, id="an asset is above zero as a debit"),
        pytest.param("provisions", -100, "assets", -100, id="a provision takes off the assets"),
        pytest.param("suspense", -100, "liabilities", 100, id="a liability is above zero as a credit"),
        pytest.param("contributed", -100, "capital", 100, id="so is capital"),
        pytest.param("distributions", 100, "capital", -100, id="and what was given out is below"),
        pytest.param("interest_income", -100, "income", 100, id="income is above zero as a credit"),
        pytest.param("losses", 100, "expense", 100, id="expense as a debit"),
    ],
)
def test_signs_are_those_that_a_reader_expects(code: str, minor: int, part: str, shown: int) -> None:
    held = {(code, "EUR"): minor}
    if part in ("income", "expense"):
        found = income_statement({}, held, KINDS, currencies=("EUR",))
        table = {"income": found.income, "expense": found.expense}[part]
    else:
        sheet = balance_sheet(held, KINDS, currencies=("EUR",), year_before={})
        table = {"assets": sheet.assets, "liabilities": sheet.liabilities, "capital": sheet.capital}[part]
    assert [one.amounts[0].minor for one in table.lines if one.amounts[0].minor] == [shown]


def test_a_sheet_that_does_not_balance_says_by_how_much() -> None:
    found = balance_sheet(
        {("cash", "EUR"): 100, ("contributed", "EUR"): -99}, KINDS, currencies=("EUR",), year_before={}
    )
    assert found.difference == (Money(1, "EUR"),)


@given(histories(("EUR", "USD", "JPY")), st.integers(0, 364), st.integers(0, 364))
def test_trial_balance_and_balance_sheet_are_equal_on_both_sides_in_every_currency(
    history: list[tuple[date, dict[tuple[str, str], int]]], one_day: int, other_day: int
) -> None:
    evening, day = (date(2025, 1, 1) + timedelta(days=days) for days in sorted((one_day, other_day)))
    held, year_before = balances_on(history, day), balances_on(history, evening)
    moved = moved_between(history, evening, day)
    assert not any(one.minor for one in trial_balance(held, KINDS, opening=year_before, moved=moved).difference)
    currencies = currencies_of([held], currency="EUR")
    found = balance_sheet(held, KINDS, currencies=currencies, year_before=year_before, translate=at_rates)
    assert not any(one.minor for one in found.difference)
    if len(currencies) > 1:
        assert found.assets.sum.total and found.liabilities.sum.total and found.capital.sum.total
        assert found.assets.sum.total == found.liabilities.sum.total + found.capital.sum.total
        exact = -sum(
            (minor * RATES[of] for (code, of), minor in held.items() if code == "currency_position"), Fraction(0)
        )
        assert abs(capital_line(found, "unrealised_currency_result") - exact) <= len(held), (
            "no more than rounding is left over"
        )


@given(histories(("EUR", "USD")), st.integers(0, 363), st.integers(0, 363))
def test_the_income_of_two_spans_side_by_side_is_the_income_of_both(
    history: list[tuple[date, dict[tuple[str, str], int]]], one_day: int, other_day: int
) -> None:
    begin, middle, end = (date(2025, 1, 1) + timedelta(days=d) for d in (0, *sorted((one_day, other_day))))
    before, between, after = (balances_on(history, day) for day in (begin, middle, end))
    currencies = currencies_of([before, between, after], currency="EUR")

    def spans(*translators: object) -> list[tuple[list[int], int | None]]:
        told = []
        for (first, rates_first), (last, rates_last) in (
            ((before, at_rates), (between, at_other_rates)),
            ((between, at_other_rates), (after, at_rates)),
            ((before, at_rates), (after, at_rates)),
        ):
            found = income_statement(
                first, last, KINDS, currencies=currencies, translate_before=rates_first, translate=rates_last
            )
            total = found.result.total
            told.append(([one.minor for one in found.result.amounts], None if total is None else total.minor))
        return told

    one, other, both = spans()
    assert [a + b for a, b in zip(one[0], other[0], strict=True)] == both[0]
    if len(currencies) > 1:
        assert one[1] is not None and other[1] is not None
        assert one[1] + other[1] == both[1]


def test_what_a_currency_gained_is_a_line_of_its_own() -> None:
    """EUR 100.00 became USD 110.00 at 100/110; at EUR 0.95 they are EUR 104.50: 4.50 gained, nobody's income."""
    held = {
        ("cash", "EUR"): 900_00, ("currency_position", "EUR"): 100_00, ("contributed", "EUR"): -1_000_00,
        ("cash", "USD"): 110_00, ("currency_position", "USD"): -110_00,
    }  # fmt: skip

    def rate(minor: int, currency: str) -> int:
        return round_half_even(minor * (Fraction(95, 100) if currency == "USD" else Fraction(1)))

    found = balance_sheet(held, KINDS, currencies=("EUR", "USD"), year_before={}, translate=rate)
    assert found.assets.sum.total == Money(1_004_50, "EUR")
    assert capital_line(found, "contributed") == 1_000_00
    assert capital_line(found, "unrealised_currency_result") == 4_50
    before = {("cash", "EUR"): 1_000_00, ("contributed", "EUR"): -1_000_00}
    income = income_statement(before, held, KINDS, currencies=("EUR", "USD"), translate_before=rate, translate=rate)
    assert income.unrealised_currency_result == Money(4_50, "EUR") == income.result.total
    flow = cash_flow(
        [
            CashMovement("conversion", "currency_position", Money(-100_00, "EUR"), debited=True),
            CashMovement("conversion", "currency_position", Money(110_00, "USD"), debited=False),
        ],
        before=before, after=held, currencies=("EUR", "USD"), translate_before=rate, translate=rate,
    )  # fmt: skip
    (converted,) = [one for one in flow.lines if one.name == "conversions"]
    assert converted.amounts == (Money(-100_00, "EUR"), Money(110_00, "USD")) and converted.total == Money(4_50, "EUR")
    assert flow.closing.total == Money(1_004_50, "EUR") and flow.currency_result == Money(0, "EUR")


def test_without_a_rate_there_is_no_total_and_the_currencies_stand_by_themselves() -> None:
    held = {("cash", "USD"): 5, ("contributed", "USD"): -5}
    found = balance_sheet(held, KINDS, currencies=("EUR", "USD"), year_before={}, translate=no_rate)
    assert found.assets.sum.total is None and found.assets.sum.amounts == (Money(0, "EUR"), Money(5, "USD"))
    income = income_statement({}, held, KINDS, currencies=("EUR", "USD"), translate=no_rate)
    assert income.result.total is None and income.unrealised_currency_result is None


@given(histories(), st.integers(0, 364), st.integers(0, 364))
def test_opening_cash_and_flows_are_closing_cash(
    history: list[tuple[date, dict[tuple[str, str], int]]], one_day: int, other_day: int
) -> None:
    evening, last = (date(2025, 1, 1) + timedelta(days=d) for d in sorted((one_day, other_day)))
    moved = [
        CashMovement("receipt", code, Money(-minor, of), debited=minor > 0)
        for day, entry in history
        if evening < day <= last and any(code == "cash" for code, _ in entry)
        for (code, of), minor in entry.items()
        if code != "cash"
    ]
    found = cash_flow(
        moved, before=balances_on(history, evening), after=balances_on(history, last), currencies=("EUR",)
    )
    assert found.difference == (Money(0, "EUR"),)


def test_a_movement_that_is_missing_shows_as_a_difference() -> None:
    found = cash_flow([], before={}, after={("cash", "EUR"): 5}, currencies=("EUR",))
    assert found.difference == (Money(5, "EUR"),)


def test_flows_speak_of_accounts_that_exist() -> None:
    assert {code for code, _ in FLOWS} <= set(CHART) | {currencies.POSITION, currencies.RESULT}
    taken_back = {FlowName.OPERATING_REVERSALS, FlowName.INVESTING_REVERSALS, FlowName.FINANCING_REVERSALS}
    assert set(FLOWS.values()) | taken_back | {FlowName.OTHER} == set(FlowName)


def test_every_line_of_the_cash_flow_stands_in_one_group() -> None:
    assert sorted(name for names in LINES_OF.values() for name in names) == sorted(FlowName)
    assert set(LINES_OF) == set(FlowPart)


@pytest.mark.parametrize(
    ("kind", "code", "debited", "name"),
    [
        ("contribution", "contributed", False, FlowName.CONTRIBUTIONS),
        ("drawdown", "loan_principal", True, FlowName.LOANS_PAID_OUT),
        ("receipt", "loan_principal", False, FlowName.PRINCIPAL_RECEIVED),
        ("reversal", "loan_principal", False, FlowName.INVESTING_REVERSALS),
        ("reversal", "interest_receivable", True, FlowName.OPERATING_REVERSALS),
        ("reversal", "contributed", True, FlowName.FINANCING_REVERSALS),
        ("reversal", "currency_position", True, FlowName.CONVERSIONS),
        ("reversal", "suspense", True, FlowName.OPERATING_REVERSALS),
        ("receipt", "suspense", False, FlowName.OTHER),
    ],
)
def test_a_flow_is_told_by_the_other_side_of_the_entry(kind: str, code: str, debited: bool, name: FlowName) -> None:
    assert flows.flow_of(kind, code, debited=debited) is name


def test_a_part_s_lines_are_kept_in_their_order() -> None:
    assert list(LINES[StatementPart.ASSETS])[:3] == ["cash", "loans", "provisions"]


def test_an_account_that_does_not_add_up_is_told_by_the_trial_balance() -> None:
    opening, held = (
        {("cash", "EUR"): 100, ("contributed", "EUR"): -100},
        {("cash", "EUR"): 130, ("contributed", "EUR"): -130},
    )
    sound = {("cash", "EUR"): (50, 20), ("contributed", "EUR"): (20, 50)}
    assert not any(one.minor for one in trial_balance(held, KINDS, opening=opening, moved=sound).difference)
    lacking = trial_balance(held, KINDS, opening=opening, moved={**sound, ("cash", "EUR"): (40, 20)}).difference
    assert {one.minor for one in lacking} == {0, -10}, "the sums of the span, and the account itself"


@pytest.mark.parametrize(
    ("first", "last", "to", "found"),
    [
        ("2025-01-01", "2025-12-31", None, ("2024-01-01", "2024-12-31")),
        ("2025-01-01", "2025-03-31", "2024-12-31", ("2024-10-01", "2024-12-31")),
        ("2024-01-01", "2024-02-29", None, ("2023-01-01", "2023-02-28")),
        ("2025-03-01", "2025-03-31", None, ("2024-03-01", "2024-03-31")),
        ("2025-01-01", "2025-02-28", None, ("2024-01-01", "2024-02-29")),
        ("2025-03-10", "2025-03-20", None, ("2024-03-10", "2024-03-20")),
        ("2025-03-10", "2025-03-20", "2025-02-11", ("2025-02-01", "2025-02-11")),
        ("2025-01-01", "2025-03-31", "2024-12-30", ("2024-10-02", "2024-12-30")),
        ("0001-01-01", "0001-01-01", None, ("0001-01-01", "0001-01-01")),
        ("0001-01-01", "2025-12-31", None, ("0001-01-01", "2024-12-31")),
        ("2025-01-01", "2025-12-31", "0001-03-05", ("0001-01-01", "0001-03-05")),
    ],
)
def test_beside_a_span_stands_one_as_long(first: str, last: str, to: str | None, found: tuple[str, str]) -> None:
    days = compared_span(date.fromisoformat(first), date.fromisoformat(last), to=date.fromisoformat(to) if to else None)
    assert tuple(day.isoformat() for day in days) == found
