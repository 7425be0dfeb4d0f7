"""Promises by hand arithmetic: what is expected on a day, whether it was kept, what becomes of a breach."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import covenants
from domain.covenants import (
    NEXT_BREACH_STATES,
    BreachState,
    BreachStateNotReachable,
    Covenant,
    CovenantDirection,
    CovenantTest,
    Outcome,
    StandingFinding,
    TrajectoryPoint,
    advance_breach,
    covenant_problems,
    expected_value,
    last_day_to_report,
    limit_value,
    remedy_end,
    remedying_finding,
    trajectory_problems,
    value_problem,
    with_unit,
)
from domain.errors import InputRefused

D = Decimal
TEST = CovenantTest(date(2024, 1, 1), date(2024, 12, 31), date(2025, 1, 31))

# 100 homes at the end of 2023, 400 at the end of 2024 (366 days on), 700 at the end of 2026 (730 days on).
LINE = (
    TrajectoryPoint(date(2023, 12, 31), D(100)),
    TrajectoryPoint(date(2024, 12, 31), D(400)),
    TrajectoryPoint(date(2026, 12, 31), D(700)),
)


def covenant(
    *, direction: str = "at_least", tolerance: str = "0", line: tuple[TrajectoryPoint, ...] = LINE
) -> Covenant:
    return Covenant("C-1", "Homes renovated", CovenantDirection(direction), D(tolerance), 14, 90, "homes", line)


def flat(value: str) -> tuple[TrajectoryPoint, ...]:
    return (TrajectoryPoint(date(2024, 12, 31), D(value)),)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2020, 1, 1), "100"),  # before the first point: the first value
        (date(2023, 12, 31), "100"),
        (date(2024, 7, 1), "250"),  # 183 of 366 days: 100 + 300 / 2
        (date(2024, 1, 1), "100.819672"),  # 100 + 300 / 366 = 100.8196721…
        (date(2024, 12, 31), "400"),
        (date(2025, 12, 31), "550"),  # 365 of 730 days: 400 + 300 / 2
        (date(2026, 12, 31), "700"),
        (date(2040, 1, 1), "700"),  # after the last point: the last value
    ],
)
def test_the_trajectory_is_a_straight_line_between_its_points(day: date, expected: str) -> None:
    assert expected_value(LINE, on=day) == D(expected)


def test_the_order_in_which_points_are_given_does_not_matter() -> None:
    assert expected_value(tuple(reversed(LINE)), on=date(2024, 7, 1)) == 250


def test_a_value_is_rounded_once_and_half_to_even() -> None:
    # Two days, 0 to 0.000005: the middle is 0.0000025, a tie between 0.000002 and 0.000003.
    line = (TrajectoryPoint(date(2024, 1, 1), D(0)), TrajectoryPoint(date(2024, 1, 3), D("0.000005")))
    assert expected_value(line, on=date(2024, 1, 2)) == D("0.000002")
    # The limit rounds the exact value, not the rounded one: 0.0000025 × (1 − 0.5) = 0.00000125 → 0.000001.
    assert limit_value(covenant(tolerance="0.5", line=line), on=date(2024, 1, 2)) == D("0.000001")


@pytest.mark.parametrize(
    ("direction", "tolerance", "expected", "limit"),
    [
        ("at_least", "0", "400", "400"),
        ("at_least", "0.05", "400", "380"),  # 400 × 0.95
        ("at_most", "0.05", "400", "420"),  # 400 × 1.05
        ("at_least", "0.1", "-100", "-110"),  # below zero the tolerance eases too
        ("at_most", "0.1", "-100", "-90"),
        ("at_least", "0.3", "0", "0"),
    ],
)
def test_the_limit_is_the_expected_value_eased_by_the_tolerance(
    direction: str, tolerance: str, expected: str, limit: str
) -> None:
    promise = covenant(direction=direction, tolerance=tolerance, line=flat(expected))
    assert limit_value(promise, on=TEST.period_end) == D(limit)


@pytest.mark.parametrize(
    ("direction", "measured", "outcome", "headroom", "percent", "margin"),
    [
        # 412 − 380 = 32; 32 / 380 = 8.42 %
        ("at_least", "412", "met", "32", "8.4", "met, headroom 32 homes (8.4 %)"),
        ("at_least", "380", "met", "0", "0.0", "met, headroom 0 homes (0.0 %)"),
        ("at_least", "379.9", "missed", "-0.1", "0.0", "missed by 0.1 homes (0.0 %)"),
        # 420 − 901 = −481; 481 / 420 = 114.52 %
        ("at_most", "901", "missed", "-481", "-114.5", "missed by 481 homes (114.5 %)"),
        ("at_most", "420", "met", "0", "0.0", "met, headroom 0 homes (0.0 %)"),
    ],
)  # fmt: skip
def test_a_reported_value_is_met_or_missed_with_its_headroom(
    direction: str, measured: str, outcome: str, headroom: str, percent: str, margin: str
) -> None:
    promise = covenant(direction=direction, tolerance="0.05")
    found = covenants.test_covenant(covenant=promise, test=TEST, reported=True, measured=D(measured))
    assert (found.outcome, found.measured, found.headroom) == (outcome, D(measured), D(headroom))
    assert found.headroom_percent == D(percent)
    against = {"at_least": "at least 380", "at_most": "at most 420"}[direction]
    assert found.sentence == f"reported {measured} homes against {against} by 31 Dec 2024: {margin}"


def test_large_figures_are_written_with_commas_and_without_idle_zeros() -> None:
    assert covenants.number(D("1234567.500")) == "1,234,567.5"
    assert covenants.number(D("-1000")) == "-1,000"


def test_a_limit_of_zero_has_no_per_cent() -> None:
    promise = covenant(direction="at_most", line=flat("0"))
    found = covenants.test_covenant(covenant=promise, test=TEST, reported=True, measured=D(3))
    assert found.headroom_percent is None
    assert found.sentence == "reported 3 homes against at most 0 by 31 Dec 2024: missed by 3 homes"


def test_no_report_is_neither_met_nor_missed() -> None:
    found = covenants.test_covenant(covenant=covenant(), test=TEST, reported=False, measured=None)
    assert found.outcome is Outcome.NOT_REPORTED
    assert (found.measured, found.headroom, str(found.limit)) == (None, None, "400.000000")
    # Due 31 January 2025, 14 days of grace.
    assert found.sentence == (
        "no report for 1 Jan 2024 to 31 Dec 2024 by 14 Feb 2025, 14 days after it was due: not reported"
    )


def test_a_report_that_leaves_the_figure_open_is_unknown() -> None:
    found = covenants.test_covenant(covenant=covenant(), test=TEST, reported=True, measured=None)
    assert (found.outcome, found.measured) == (Outcome.UNKNOWN, None)
    assert found.sentence == (
        "reported without a figure in homes against at least 400 by 31 Dec 2024: unknown, an officer has to ask"
    )
    assert Outcome.UNKNOWN not in covenants.OPENS_A_BREACH


@pytest.mark.parametrize(
    ("value", "wrong"),
    [
        ("1000000000000000", ""),
        ("-1000000000000000", ""),
        ("0.000001", ""),
        ("1.500000000", ""),  # idle zeros are no digits
        ("1000000000000000.000001", "is larger than any value this book holds"),
        ("1e400", "is larger than any value this book holds"),
        ("0.0000001", "has more than 6 digits after the decimal point"),
        ("1.0000000000000000000000000000000001", "has more than 6 digits after the decimal point"),
        ("NaN", "is not a number"),
        ("sNaN", "is not a number"),
        ("-Infinity", "is not a number"),
    ],
)
def test_a_value_that_cannot_be_kept_is_told_in_words(value: str, wrong: str) -> None:
    assert value_problem(D(value)) == wrong


def test_everything_wrong_with_a_trajectory_is_told_at_once() -> None:
    points = [
        TrajectoryPoint(date(2024, 1, 1), D("NaN")),
        TrajectoryPoint(date(2024, 1, 1), D(1)),
        TrajectoryPoint(date(2024, 1, 2), D("0.1234567")),
    ]
    assert [str(problem) for problem in trajectory_problems(points)] == [
        "trajectory on 1 Jan 2024: is not a number",
        "trajectory on 1 Jan 2024: is given twice",
        "trajectory on 2 Jan 2024: has more than 6 digits after the decimal point",
    ]
    with pytest.raises(InputRefused, match="the trajectory has 1 problem: trajectory: names no day and value"):
        expected_value((), on=date(2024, 1, 1))


def test_everything_wrong_with_a_promise_is_told_at_once() -> None:
    wrong = Covenant(" ", "", CovenantDirection.AT_LEAST, D(1), -1, 4000, "homes", ())
    assert [str(problem) for problem in covenant_problems(wrong)] == [
        "code: it is empty; expected letters, digits and . _ - (1 to 64), beginning with a letter or digit",
        "clause: is empty",
        "tolerance: is a share of the expected value: from 0 to less than 1",
        "grace_days: is a number of days from 0 to 3660",
        "remedy_days: is a number of days from 0 to 3660",
        "trajectory: names no day and value",
    ]
    assert not covenant_problems(covenant())


def test_everything_wrong_with_test_days_is_told_at_once() -> None:
    tests = [
        CovenantTest(date(2024, 7, 1), date(2024, 6, 30), date(2024, 6, 1)),
        CovenantTest(date(2024, 1, 1), date(2024, 6, 30), date(2024, 7, 31)),
        CovenantTest(date(2022, 1, 1), date(2022, 6, 30), date(2022, 7, 31)),
    ]
    assert [str(problem) for problem in covenants.test_day_problems(tests, agreed_on=date(2023, 1, 1))] == [
        "test of 30 Jun 2024: its period begins on 1 Jul 2024, after it ends",
        "test of 30 Jun 2024: its report is due on 1 Jun 2024, before the period ends",
        "test of 30 Jun 2024: is given twice",
        "test of 30 Jun 2022: its period ends before the promise was agreed on 1 Jan 2023",
    ]
    assert covenants.test_day_problems([], agreed_on=date(2023, 1, 1))


def test_exactly_the_last_day_still_counts() -> None:
    assert last_day_to_report(due_on=date(2024, 1, 31), grace_days=30) == date(2024, 3, 1)  # 29 days in February
    assert remedy_end(opened_on=date(2024, 3, 2), remedy_days=90) == date(2024, 5, 31)  # 29 + 30 + 31 days
    assert remedy_end(opened_on=date(2024, 3, 2), remedy_days=0) == date(2024, 3, 2)


JUNE, DECEMBER, MARCH = date(2024, 6, 30), date(2024, 12, 31), date(2024, 3, 31)
UNTIL = date(2024, 10, 31)


@pytest.mark.parametrize(
    ("why", "finding", "remedies"),
    [
        ("the same test, corrected and met", (8, "met", JUNE, UNTIL), True),
        ("a later test of the same covenant", (8, "met", DECEMBER, UNTIL), True),
        ("an earlier test says nothing about this one", (8, "met", MARCH, UNTIL), False),
        ("a day too late", (8, "met", JUNE, UNTIL + timedelta(days=1)), False),
        ("still missed", (8, "missed", JUNE, UNTIL), False),
        ("a report without the figure", (8, "unknown", JUNE, UNTIL), False),
        ("found before the breach opened", (6, "met", DECEMBER, date(2024, 8, 1)), False),
        ("no report at all", (8, "not_reported", DECEMBER, None), False),
    ],
)
def test_a_breach_is_remedied_by_a_met_finding_that_came_in_time(
    why: str, finding: tuple[int, str, date, date | None], remedies: bool
) -> None:
    number, outcome, period_end, submitted_on = finding
    standing = StandingFinding(number, Outcome(outcome), period_end, submitted_on)
    found = remedying_finding([standing], opened_by=7, period_end=JUNE, remedy_until=UNTIL)
    assert (found is standing) is remedies, why


def test_of_several_remedies_the_first_one_found_counts() -> None:
    late, early = (StandingFinding(number, Outcome.MET, JUNE, UNTIL) for number in (9, 8))
    assert remedying_finding([late, early], opened_by=7, period_end=JUNE, remedy_until=UNTIL) is early


@pytest.mark.parametrize(("here", "wanted"), list(product(BreachState, BreachState)))
def test_every_pair_of_breach_states_is_allowed_or_refused(here: BreachState, wanted: BreachState) -> None:
    allowed = {("open", "remedied"), ("open", "waived"), ("open", "unremedied"), ("remedied", "open")}
    if (here.value, wanted.value) in allowed:
        assert advance_breach(here, to=wanted) is wanted
    else:
        with pytest.raises(BreachStateNotReachable, match=f"a breach that is {here} cannot become {wanted}"):
            advance_breach(here, to=wanted)


def test_the_table_names_every_breach_state() -> None:
    assert set(NEXT_BREACH_STATES) == set(BreachState)


@given(
    value=st.decimals("-1e15", "1e15", places=6, allow_nan=False),
    tolerance=st.decimals("0", "0.99", places=2),
    direction=st.sampled_from(["at_least", "at_most"]),
)
def test_what_is_exactly_expected_always_keeps_the_promise(value: Decimal, tolerance: Decimal, direction: str) -> None:
    promise = covenant(direction=direction, tolerance=str(tolerance), line=flat(str(value)))
    found = covenants.test_covenant(covenant=promise, test=TEST, reported=True, measured=value)
    assert found.outcome is Outcome.MET


def test_one_of_what_is_counted_is_singular() -> None:
    table = [(1, "places", "1 place"), (62, "places", "62 places"), (-1, "homes", "-1 home"), (1, "people", "1 person"),
             (1, "t CO2e", "1 t CO2e"), (0, "days", "0 days"), (1, "kWh", "1 kWh"), (1, "days", "1 day")]  # fmt: skip
    for value, unit, words in table:
        assert with_unit(value, unit) == words
