"""Days and the parts of a year they make, exactly.

A day count is a difference of running counts: the interest days from a to c are those from a to b and those from b to
c. So interest can be cut at any day without gaining or losing anything, and every count here keeps that property.
A day that a person reads is written here too, one way everywhere.
"""

from __future__ import annotations

import calendar
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class DayCount(StrEnum):
    """How the days of a period are reckoned into a year (ISDA 2006, section 4.16: d, e and g)."""

    ACT_365F = "ACT/365F"
    ACT_360 = "ACT/360"
    THIRTY_E_360 = "30E/360"


def in_words(day: date) -> str:
    """Write a day as people read it in sentences: ``31 Mar 2026``."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def running_days(day: date, *, day_count: DayCount) -> int:
    """Return the number that a day has in its count; interest days are differences of two such numbers."""
    if day_count is DayCount.THIRTY_E_360:
        return 360 * day.year + 30 * day.month + min(day.day, 30)
    return day.toordinal()


def year_days(day_count: DayCount) -> int:
    """Return how many days a year has in a count: 360 or 365."""
    return 365 if day_count is DayCount.ACT_365F else 360


def year_fraction(*, day_count: DayCount, start: date, end: date) -> Fraction:
    """Return the exact part of a year from ``start`` to ``end``: the first day counts, the last one does not.

    Negative where ``end`` lies before ``start``.
    """
    days = running_days(end, day_count=day_count) - running_days(start, day_count=day_count)
    return Fraction(days, year_days(day_count))


def month_end(day: date) -> date:
    """Return the last day of the day's month."""
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def add_months(day: date, months: int) -> date:
    """Return the day ``months`` later, or the last day of that month where it is shorter.

    The last day of a month stays the last day: a month after 28 February 2025 is 31 March 2025.
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, last if day == month_end(day) else min(day.day, last))


def months_beside(day: date, months: int) -> date:
    """Return the day some months earlier or later, as ``add_months`` has it; before the calendar lies its first day."""
    return date.min if day.year * 12 + day.month + months < 13 else add_months(day, months)


def compared_span(first: date, last: date, *, to: date | None = None) -> tuple[date, date]:
    """Return the span that stands beside another: the same a year earlier, or as long a one that ends on ``to``.

    Whole months stay whole months (beside the first quarter stands a first quarter, leap year or not), so that spans
    side by side have neighbours that are side by side; another span has as many days.
    """
    months = -12 if to is None else (to.year - last.year) * 12 + to.month - last.month
    end = months_beside(last, months)
    if to is not None and end != to:
        length = last - first
        return (to - length if to - date.min > length else date.min), to
    if first == date.min or (begin := months_beside(first - timedelta(days=1), months)) == date.min:
        return date.min, end
    return begin + timedelta(days=1), end


def due_days(*, first_due_on: date, months_between: int, instalments: int) -> tuple[date, ...]:
    """Return the days of equal steps; each is counted from the first, so that no short month shifts the next."""
    return tuple(add_months(first_due_on, months_between * step) for step in range(instalments))


def month_ends(*, after: date, to: date) -> tuple[date, ...]:
    """Return the last days of months that lie after ``after`` and not after ``to``, in order."""
    ends = []
    day = month_end(after + timedelta(days=1))
    while day <= to:
        ends.append(day)
        day = month_end(day + timedelta(days=1))
    return tuple(ends)
