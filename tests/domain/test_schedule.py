"""Schedules, each row worked out by hand; amounts in cents."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.calendar import DayCount
from domain.schedule import Instalment, LoanTerms, Repayment, schedule


def terms(
    repayment: str,
    *,
    rate: str = "0.03",
    day_count: str = "30E/360",
    first: str = "2024-02-01",
    months: int = 1,
    n: int,
) -> LoanTerms:
    first_due_on = date.fromisoformat(first)
    return LoanTerms(Decimal(rate), DayCount(day_count), Repayment(repayment), first_due_on, months, n)


def rows(instalments: tuple[Instalment, ...]) -> list[tuple[int, int, int]]:
    return [(i.principal_minor, i.interest_minor, i.balance_minor) for i in instalments]


def test_an_annuity_of_100000_at_3_percent_over_a_year_of_months() -> None:
    # i = 0.03 / 12 = 0.0025; 1.0025^12 = 1.030415957; instalment 100,000 x 0.0025 / (1 - 1/1.030415957) = 8,469.37
    # row 1: interest 250.00, principal 8,219.37; row 2: 91,780.63 x 0.0025 = 229.451575 -> 229.45; ...
    # the last row clears 8,448.25 with 21.12 of interest: 8,469.37
    drawn = schedule(terms=terms("annuity", n=12), drawdowns=[(date(2024, 1, 1), 100_000_00)])
    assert rows(drawn) == [
        (8_219_37, 250_00, 91_780_63),
        (8_239_92, 229_45, 83_540_71),
        (8_260_52, 208_85, 75_280_19),
        (8_281_17, 188_20, 66_999_02),
        (8_301_87, 167_50, 58_697_15),
        (8_322_63, 146_74, 50_374_52),
        (8_343_43, 125_94, 42_031_09),
        (8_364_29, 105_08, 33_666_80),
        (8_385_20, 84_17, 25_281_60),
        (8_406_17, 63_20, 16_875_43),
        (8_427_18, 42_19, 8_448_25),
        (8_448_25, 21_12, 0),
    ]
    assert [i.due_on.month for i in drawn] == [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 1]
    assert {i.total_minor for i in drawn} == {8_469_37}


def test_a_linear_loan_leaves_the_odd_cent_to_the_last_instalment() -> None:
    # 1,000.00 in three quarters at 4 %: 333.33, 333.33, 333.34; interest is 1 % of 1,000.00, of 666.67, of 333.34
    drawn = schedule(
        terms=terms("linear", rate="0.04", first="2024-04-01", months=3, n=3),
        drawdowns=[(date(2024, 1, 1), 1_000_00)],
    )
    assert rows(drawn) == [(333_33, 10_00, 666_67), (333_33, 6_67, 333_34), (333_34, 3_33, 0)]


def test_a_bullet_pays_interest_by_actual_days_and_all_principal_at_the_end() -> None:
    # 36,000.00 at 5 % ACT/360 is 5.00 a day; 1 Jan to 1 Jul 2024 has 182 days, 1 Jul to 1 Jan 2025 has 184
    drawn = schedule(
        terms=terms("bullet", rate="0.05", day_count="ACT/360", first="2024-07-01", months=6, n=2),
        drawdowns=[(date(2024, 1, 1), 36_000_00)],
    )
    assert rows(drawn) == [(0, 910_00, 36_000_00), (36_000_00, 920_00, 0)]


def test_a_second_drawdown_sets_the_level_parts_anew() -> None:
    # 900.00 over three months without interest: 300.00 each; 300.00 more after the first: (600 + 300) / 2 = 450.00
    drawn = schedule(
        terms=terms("annuity", rate="0", n=3),
        drawdowns=[(date(2024, 1, 1), 900_00), (date(2024, 2, 15), 300_00)],
    )
    assert rows(drawn) == [(300_00, 0, 600_00), (450_00, 0, 450_00), (450_00, 0, 0)]


def test_interest_on_a_drawdown_runs_from_its_day() -> None:
    # 36,000.00 at 10 % 30E/360 is 10.00 a day: 1 to 16 January nothing, 16 January to 1 February 15 days
    drawn = schedule(terms=terms("bullet", rate="0.10", n=1), drawdowns=[(date(2024, 1, 16), 36_000_00)])
    assert rows(drawn) == [(36_000_00, 150_00, 0)]


def test_due_days_before_the_first_drawdown_are_no_instalments() -> None:
    drawn = schedule(terms=terms("linear", rate="0", n=4), drawdowns=[(date(2024, 2, 1), 300_00)])
    assert [(i.number, i.due_on, i.principal_minor) for i in drawn] == [
        (1, date(2024, 3, 1), 100_00),
        (2, date(2024, 4, 1), 100_00),
        (3, date(2024, 5, 1), 100_00),
    ]


def test_too_small_a_loan_still_has_every_instalment() -> None:
    # 1 cent in three parts: a third of a cent rounds to nothing, the last instalment takes it
    drawn = schedule(terms=terms("annuity", n=3), drawdowns=[(date(2024, 1, 1), 1)])
    assert rows(drawn) == [(0, 0, 1), (0, 0, 1), (1, 0, 0)]


def test_a_long_first_period_pays_its_interest_and_the_level_is_set_anew() -> None:
    # 1,200.00 at 12 %, 1 January to 1 February 2025: 13 months of 12.00 are 156.00, more than a level instalment of
    # about 119; then 1,200.00 over 12 months at 1 %: 1,200 x 0.01 / (1 - 1/1.12682503) = 106.6185 -> 106.62
    drawn = schedule(
        terms=terms("annuity", rate="0.12", first="2025-02-01", n=13), drawdowns=[(date(2024, 1, 1), 1_200_00)]
    )
    assert rows(drawn)[:2] == [(0, 156_00, 1_200_00), (94_62, 12_00, 1_105_38)]
    assert {i.total_minor for i in drawn[1:-1]} == {106_62}


@given(
    repayment=st.sampled_from(Repayment),
    day_count=st.sampled_from(DayCount),
    rate=st.integers(0, 10_000).map(lambda n: Decimal(n) / 10_000),
    months=st.sampled_from([1, 3, 6, 12]),
    n=st.integers(1, 120),
    first=st.integers(1, 10**12),
    further=st.lists(st.tuples(st.integers(0, 20_000), st.integers(1, 10**12)), max_size=3),
)
def test_no_schedule_ends_but_at_zero_and_no_principal_is_lost(
    repayment: Repayment,
    day_count: DayCount,
    rate: Decimal,
    months: int,
    n: int,
    first: int,
    further: list[tuple[int, int]],
) -> None:
    agreed = LoanTerms(rate, day_count, repayment, date(2024, 1, 31), months, n)
    start = date(2024, 1, 1)
    span = (agreed.due_days[-1] - start).days
    draws = [(start, first)] + [(date.fromordinal(start.toordinal() + at % span), minor) for at, minor in further]
    drawn = schedule(terms=agreed, drawdowns=draws)
    assert len(drawn) == n
    assert drawn[-1].balance_minor == 0
    assert sum(i.principal_minor for i in drawn) == sum(minor for _, minor in draws)
    assert all(i.principal_minor >= 0 and i.interest_minor >= 0 and i.balance_minor >= 0 for i in drawn)


@pytest.mark.parametrize("day_count", DayCount)
@pytest.mark.parametrize("rate", ["0.0001", "0.0325", "0.17"])
def test_an_annuity_is_level_up_to_the_cents_of_rounding(rate: str, day_count: DayCount) -> None:
    agreed = terms("annuity", rate=rate, day_count=day_count.value, first="2024-02-05", n=120)
    drawn = schedule(terms=agreed, drawdowns=[(date(2024, 1, 5), 750_000_00)])
    assert len({i.total_minor for i in drawn[:-1]}) == 1
    # each row rounds by half a cent at most and carries it on at the rate: the last one is off by under two euros
    assert abs(drawn[-1].total_minor - drawn[0].total_minor) < 2_00
