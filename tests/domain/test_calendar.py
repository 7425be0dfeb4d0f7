"""Days, months and the parts of a year they make, against a calendar on the wall."""

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.calendar import DayCount, add_months, due_days, in_words, month_ends, year_fraction
from domain.deals import DayRefused

DAYS = st.dates(date(1950, 1, 1), date(2150, 12, 31))


@pytest.mark.parametrize(
    ("day_count", "start", "end", "part"),
    [
        # 31 January to 28 February: 30E/360 takes the 31st as the 30th, so 28 days
        ("30E/360", "2023-01-31", "2023-02-28", Fraction(28, 360)),
        ("30E/360", "2024-01-15", "2024-07-15", Fraction(180, 360)),
        ("30E/360", "2024-01-30", "2024-01-31", Fraction(0)),
        # January has 31 days, February 2024 has 29
        ("ACT/360", "2024-01-01", "2024-03-01", Fraction(60, 360)),
        ("ACT/365F", "2024-01-01", "2024-03-01", Fraction(60, 365)),
        # a leap year is more than a year under ACT/365F
        ("ACT/365F", "2024-01-01", "2025-01-01", Fraction(366, 365)),
        ("ACT/360", "2024-03-01", "2024-01-01", Fraction(-60, 360)),
    ],
)
def test_a_period_is_an_exact_part_of_a_year(day_count: str, start: str, end: str, part: Fraction) -> None:
    days = {"start": date.fromisoformat(start), "end": date.fromisoformat(end)}
    assert year_fraction(day_count=DayCount(day_count), **days) == part


@given(DAYS, DAYS, DAYS, st.sampled_from(DayCount))
def test_a_period_can_be_cut_at_any_day(first: date, middle: date, last: date, day_count: DayCount) -> None:
    def part(start: date, end: date) -> Fraction:
        return year_fraction(day_count=day_count, start=start, end=end)

    assert part(first, middle) + part(middle, last) == part(first, last)


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        ("2024-01-15", 1, "2024-02-15"),
        ("2024-01-31", 1, "2024-02-29"),
        ("2024-01-30", 1, "2024-02-29"),  # the 30th is not there, so the last day
        ("2025-02-28", 1, "2025-03-31"),  # the last day of a month stays the last day
        ("2024-02-28", 1, "2024-03-28"),  # in a leap year the 28th is not the last
        ("2024-11-30", 3, "2025-02-28"),
        ("2024-12-31", 12, "2025-12-31"),
    ],
)
def test_months_later_is_the_same_day_or_the_months_last(day: str, months: int, later: str) -> None:
    assert add_months(date.fromisoformat(day), months) == date.fromisoformat(later)


def test_due_days_count_from_the_first_so_a_short_month_shifts_none() -> None:
    days = due_days(first_due_on=date(2024, 1, 30), months_between=1, instalments=3)
    assert days == (date(2024, 1, 30), date(2024, 2, 29), date(2024, 3, 30))


def test_month_ends_after_a_day_and_up_to_another() -> None:
    assert month_ends(after=date(2024, 1, 31), to=date(2024, 3, 31)) == (date(2024, 2, 29), date(2024, 3, 31))
    assert month_ends(after=date(2024, 1, 30), to=date(2024, 2, 28)) == (date(2024, 1, 31),)
    assert month_ends(after=date(2024, 1, 31), to=date(2024, 1, 31)) == ()


def test_a_day_is_read_one_way_in_every_sentence() -> None:
    assert in_words(date(2026, 3, 31)) == "31 Mar 2026"
    assert in_words(date(1952, 4, 1)) == "1 Apr 1952"
    assert str(DayRefused(on=date(2026, 4, 1), why="it lies ahead")) == "1 Apr 2026 cannot be taken: it lies ahead"
